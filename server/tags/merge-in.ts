import type { Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { regroupTags } from './exclusive.ts'

/**
 * Makes one tag of two in the engine: who carries `from` carries `into`, by hand where either was put on by hand, since
 * the earlier day; what was decided and what files say of `from` is of `into` from then on. That `from` was taken off a
 * member says nothing against an `into` that they carry. Where there is no `into` that is a renaming. To be repeated.
 */
export async function mergeTagsIn(session: Session, from: string, into: string): Promise<void> {
  const namesOf = (tag: string) => sql`(select names.named from member_tags
    join ${memberNames} as names on names.identity_key = member_tags.member_key where member_tags.tag = ${tag})`
  await session.run(
    sql`delete from tags_set where tag = ${into} and not carries and member_id in ${namesOf(from)}`,
  )
  await session.run(
    sql`delete from tags_set where tag = ${from} and not carries and member_id in ${namesOf(into)}`,
  )
  await session.run(sql`delete from tags_set where tag = ${from}
    and member_id in (select member_id from tags_set where tag = ${into})`)
  await session.run(sql`update tags_set set tag = ${into} where tag = ${from}`)
  await session.run(sql`update member_tags as kept set
      source = case when gone.source = 'manual' then 'manual' else kept.source end,
      added_day = least(kept.added_day, gone.added_day)
    from member_tags as gone
    where gone.tag = ${from} and kept.tag = ${into} and gone.member_key = kept.member_key`)
  await session.run(sql`update tags_said as kept set
      newest_seq = case when (gone.newest_day, gone.newest_seq) > (kept.newest_day, kept.newest_seq) then gone.newest_seq else kept.newest_seq end,
      newest_day = greatest(kept.newest_day, gone.newest_day)
    from tags_said as gone
    where gone.tag = ${from} and kept.tag = ${into} and gone.member_key = kept.member_key`)
  for (const table of [sql`member_tags`, sql`tags_said`, sql`automatic_tags`]) {
    await session.run(sql`delete from ${table} where tag = ${from}
      and member_key in (select member_key from ${table} where tag = ${into})`)
    await session.run(sql`update ${table} set tag = ${into} where tag = ${from}`)
  }
  for (const table of [sql`removed_tags`, sql`tag_rule_runs`, sql`tag_names`])
    await session.run(sql`update ${table} set tag = ${into} where tag = ${from}`)
  await session.run(sql`delete from tag_names where said = ${from}`)
  await session.run(sql`insert into tag_names values (${from}, ${into})`)
  await session.run(sql`delete from tag_groups_set where tag = ${from}`)
  await regroupTags(session)
}
