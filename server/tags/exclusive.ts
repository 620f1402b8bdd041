import type { Session } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'

/** Relation (`tag`, `tag_group`): the group that most rows of the live files give a tag, of several the last by name. */
export const groupsOfFiles: Sql = sql`(
  select tag, arg_max(tag_group, (members, tag_group)) as tag_group from (
    select coalesce(tag_names.tag, imported_tags.tag) as tag, tag_group, count(*) as members
    from imported_tags left join tag_names on tag_names.said = imported_tags.tag
    where tag_group is not null group by all
  ) as said group by tag)`

/** Tells again which tags exclude each other, after groups or what files say of them changed. */
export async function regroupTags(session: Session): Promise<void> {
  await session.run(sql`delete from exclusive_tags`)
  await session.run(sql`insert into exclusive_tags
    select tag, tag_group from (
      select tag, tag_group from tag_groups_set
      union all
      select tag, tag_group from ${groupsOfFiles} as said where tag not in (select tag from tag_groups_set)
    ) as grouped
    where tag_group in (select tag_group from exclusive_groups)`)
}
