import { type Sql, sql } from '../sql/sql.ts'

/** Every identity of a member who has several, the member's own first one included, by its key. */
export const mergedIdentities = sql`(
  select member_aliases.identity_key, members.member_key, alias as named
  from member_aliases join members on members.member_id = member_aliases.member_id
  union all
  select member_key, member_key, member_id from members where member_id in (select member_id from member_aliases))`

const enteredAt = sql`coalesce(entered_at, cast(launched_day + 1 as timestamp))`

/** Tags and arms of members, over all identities of each. */
export const memberViews: readonly Sql[] = [
  // A tag stands when it stands on one identity, since the earliest of them; what people set says so first.
  sql`create or replace view every_tag_of_members as
    with set_or_imported as (
      select member_key, tag, source, added_day from member_tags
      where member_key not in (select identity_key from ${mergedIdentities} as merged)
      union all
      select merged.member_key, tag, case when bool_or(source = 'manual') then 'manual' else 'imported' end,
        min(added_day)
      -- the few of merged members are picked out first: joined as they are, a table is made of all
      from (
        select * from member_tags where member_key in (select identity_key from ${mergedIdentities} as merged)
      ) as member_tags join ${mergedIdentities} as merged on merged.identity_key = member_tags.member_key
      group by merged.member_key, tag
    )
    select member_key, tag, source, added_day from set_or_imported
    union all
    select member_key, tag, 'automatic', added_day from automatic_tags
    where not exists (select 1 from set_or_imported as other
      where other.member_key = automatic_tags.member_key and other.tag = automatic_tags.tag)`,
  // Of an exclusive group a member carries one: what people set, else the newest. Each of the others ended, at the
  // latest, when one that goes before it began.
  sql`create or replace view covered_tags_of_members as
    select member_key, tag, added_day, covered_day from (
      select every_tag.member_key, every_tag.tag, every_tag.added_day, row_number() over own as place,
        min(every_tag.added_day) over (own rows between unbounded preceding and 1 preceding) as covered_day
      from every_tag_of_members as every_tag join exclusive_tags on exclusive_tags.tag = every_tag.tag
      left join (
        select coalesce(merged.member_key, tags_said.member_key) as member_key, tag,
          max(newest_day) as newest_day, arg_max(newest_seq, (newest_day, newest_seq)) as newest_seq
        from tags_said left join ${mergedIdentities} as merged on merged.identity_key = tags_said.member_key
        where tag in (select tag from exclusive_tags) group by all
      ) as said on said.member_key = every_tag.member_key and said.tag = every_tag.tag and every_tag.source = 'imported'
      window own as (partition by every_tag.member_key, exclusive_tags.tag_group
        order by every_tag.source <> 'manual', coalesce(said.newest_day, every_tag.added_day) desc,
          coalesce(said.newest_seq, 0) desc, every_tag.tag)
    ) as ranked where place > 1`,
  sql`create or replace view tags_of_members as
    select member_key, tag, source, added_day from every_tag_of_members as every_tag
    where not exists (select 1 from covered_tags_of_members as covered
      where covered.member_key = every_tag.member_key and covered.tag = every_tag.tag)`,
  sql`create or replace view removed_tags_of_members as
    select coalesce(merged.member_key, removed_tags.member_key) as member_key, tag, added_day, removed_day
    from removed_tags left join ${mergedIdentities} as merged on merged.identity_key = removed_tags.member_key
    union all
    select member_key, tag, added_day, covered_day from covered_tags_of_members where added_day < covered_day`,
  // Once a campaign: the arm of the first entry, of one day's that of the first id. Of arms that were told before their
  // instant was, it is after the end of the day.
  sql`create or replace view arms_of_members as
    select campaign_id, member_key, arm, launched_day, ${enteredAt} as entered_at from campaign_arms
    where member_key not in (select identity_key from ${mergedIdentities} as merged)
    union all
    select campaign_id, merged.member_key, arg_min(arm, (launched_day, named)), min(launched_day),
      arg_min(${enteredAt}, (launched_day, named))
    from campaign_arms join ${mergedIdentities} as merged on merged.identity_key = campaign_arms.member_key
    group by campaign_id, merged.member_key`,
  // All identities' coupons are the member's: each was issued to one of them.
  sql`create or replace view coupons_of_members as
    select coalesce(merged.member_key, issued_coupons.member_key) as member_key, issued_coupons.* exclude (member_key)
    from issued_coupons left join (
      select identity_key, members.member_key
      from member_aliases join members on members.member_id = member_aliases.member_id
    ) as merged on merged.identity_key = issued_coupons.member_key`,
]
