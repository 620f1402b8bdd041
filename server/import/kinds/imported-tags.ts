import type { Session } from '../../../analytics/engine/engine.ts'
import { memberNames } from '../../../analytics/relations/member-names.ts'
import { sql } from '../../../analytics/sql/sql.ts'

/**
 * Puts the tags on members that the live imports say of the touched rows, and takes off those that no import says
 * any more. What people set stands: a tag that they took off stays off, one that they put on stays on. A tag that
 * they gave another name is put on under that. Without a day of its own a tag was put on when it first came.
 */
export async function importedTags(session: Session): Promise<void> {
  await session.run(sql`create or replace temp table tagged as
    select distinct names.identity_key as member_key, row.member_id, coalesce(tag_names.tag, row.tag) as tag
    from (select member_id, tag from kind_before union select member_id, tag from kind_after) as row
    join ${memberNames} as names on names.named = row.member_id
    left join tag_names on tag_names.said = row.tag`)
  await session.run(sql`create or replace temp table tagged_now as
    select tagged.member_key, tagged.tag, min(coalesce(current_row.added_day, first_said.day)) as added_day
    from imported_tags as current_row
    left join tag_names on tag_names.said = current_row.tag
    join tagged on tagged.member_id = current_row.member_id
      and tagged.tag = coalesce(tag_names.tag, current_row.tag)
    left join (
      select member_id, tag,
        min(cast(timezone(state.time_zone, timezone('UTC', imports.imported_at)) as date)) as day
      from import_tags join imports on imports.import_seq = import_tags.import_seq
      cross join workspace_state as state
      where member_id in (select member_id from tagged) group by all
    ) as first_said on first_said.member_id = current_row.member_id and first_said.tag = current_row.tag
    left join tags_set on tags_set.member_id = tagged.member_id and tags_set.tag = tagged.tag
    where tags_set.carries is distinct from false
    group by all`)
  await session.run(sql`delete from member_tags using tagged
    where source = 'imported' and member_tags.member_key = tagged.member_key and member_tags.tag = tagged.tag`)
  await session.run(sql`insert into member_tags (member_key, tag, source, added_day)
    select member_key, tag, 'imported', added_day from tagged_now
    where not exists (select 1 from member_tags as carried
      where carried.member_key = tagged_now.member_key and carried.tag = tagged_now.tag)
    order by member_key, tag`)
}
