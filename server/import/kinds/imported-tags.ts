import type { Session } from '../../../analytics/engine/engine.ts'
import { memberNames } from '../../../analytics/relations/member-names.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import { regroupTags } from '../../tags/exclusive.ts'
import { ofRowPeople } from '../../identity/match.ts'
import { contestedIds } from '../../identity/row-people.ts'

/** Relation (`member_id`, `tag`, `carries`): what people decided of a tag of an id, or of the member whom the row under it tells. */
export const decidedTags: Sql = sql`(
  select member_id, tag, carries from tags_set
  union all
  select told.named, theirs.tag, theirs.carries
  from ${ofRowPeople} as told join tags_set as theirs on theirs.member_id = told.person
  left join tags_set as own on own.member_id = told.named and own.tag = theirs.tag
  where told.person <> told.named and own.member_id is null)`

/**
 * Puts the tags on members that the live imports say of `touched` (`member_id`, `tag`), and takes off those that no
 * import says any more or that nobody can be told to have. What people set stands: a tag that they took off stays off, one that they put on stays on. A tag that
 * they gave another name is put on under that. Without a day of its own a tag was put on when it first came.
 */
export async function importedTags(session: Session, touched: Sql): Promise<void> {
  await session.run(sql`create or replace temp table tagged as
    select distinct names.identity_key as member_key, row.member_id, coalesce(tag_names.tag, row.tag) as tag
    from ${touched} as row
    join ${memberNames} as names on names.named = row.member_id
    left join tag_names on tag_names.said = row.tag`)
  await session.run(sql`create or replace temp table tagged_now as
    select tagged.member_key, tagged.tag, min(coalesce(current_row.added_day, first_said.day)) as added_day,
      max(first_said.newest.day) as newest_day, arg_max(first_said.newest.seq, first_said.newest) as newest_seq
    from imported_tags as current_row
    left join tag_names on tag_names.said = current_row.tag
    join tagged on tagged.member_id = current_row.member_id
      and tagged.tag = coalesce(tag_names.tag, current_row.tag)
    left join (
      select member_id, tag,
        min(cast(timezone(state.time_zone, timezone('UTC', imports.imported_at)) as date)) as day,
        max({
          day: coalesce(added_day, cast(timezone(state.time_zone, timezone('UTC', imports.imported_at)) as date)),
          seq: imports.import_seq
        }) as newest
      from import_tags join imports on imports.import_seq = import_tags.import_seq
      cross join workspace_state as state
      where member_id in (select member_id from tagged) group by all
    ) as first_said on first_said.member_id = current_row.member_id and first_said.tag = current_row.tag
    left join ${decidedTags} as decided on decided.member_id = tagged.member_id and decided.tag = tagged.tag
    where decided.carries is distinct from false and tagged.member_id not in ${contestedIds}
    group by all`)
  await session.run(sql`delete from member_tags using tagged
    where source = 'imported' and member_tags.member_key = tagged.member_key and member_tags.tag = tagged.tag`)
  await session.run(sql`delete from tags_said using tagged
    where tags_said.member_key = tagged.member_key and tags_said.tag = tagged.tag`)
  await session.run(sql`insert into tags_said select member_key, tag, newest_day, newest_seq from tagged_now
    order by member_key, tag`)
  await session.run(sql`insert into member_tags (member_key, tag, source, added_day)
    select member_key, tag, 'imported', added_day from tagged_now
    where not exists (select 1 from member_tags as carried
      where carried.member_key = tagged_now.member_key and carried.tag = tagged_now.tag)
    order by member_key, tag`)
  await regroupTags(session)
}
