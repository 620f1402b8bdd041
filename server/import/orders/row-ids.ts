import type { Session } from '../../../analytics/engine/engine.ts'
import { join, sql } from '../../../analytics/sql/sql.ts'
import { isNote, notePrefix } from '../refunds/note.ts'
import { importsBefore, isOwnLine } from './completed-orders.ts'

/** SQL over lines: what stands before the content in an id that is made of it: nothing, of a row of a refunds file what begins its id. */
export const beforeContent = sql`case when ${isNote(sql`order_id`)} then ${notePrefix} else '' end`

const stem = sql`(${beforeContent} || printf('row-%016x-', content_hash))`

/** SQL over lines: an id that names a row by its content, in a file without ids. */
export const namesContent = sql`starts_with(order_id, ${stem})`

/**
 * Mended rows of a file without ids count on from the equal rows that came in before: those of the imports that they are
 * the rest of (`marks`, as of `Completed`). Otherwise a row that is mended to what another one says would be taken for
 * that one. Leaves in the temporary table `counted_on` which ids that changed (`old_id`, `new_id`). `undone`: an import that goes.
 */
export async function countOn(
  session: Session,
  importSeq: number,
  marks: readonly string[],
  undone?: number,
): Promise<void> {
  const before = await importsBefore(session, importSeq, marks, { kinds: ['orders', 'refunds'], undone })
  const others = before.length === 0 ? sql`false` : sql`import_seq in (${join(before)})`
  await session.run(sql`create or replace temp table counted_on as
    with own as (
      select row_number, order_id, content_hash, ${stem} as stem from import_lines
      where import_seq = ${importSeq} and ${isOwnLine} and ${namesContent}
    ),
    earlier as (
      select ${stem} as stem, max(cast(substr(order_id, length(${stem}) + 1) as bigint)) as counted
      from import_lines
      where ${others} and ${namesContent} and content_hash in (select content_hash from own)
      group by all
    )
    select row_number, order_id as old_id, new_id from (
      select own.row_number, own.order_id, own.stem || cast(coalesce(counted, 0)
        + row_number() over (partition by own.stem order by own.row_number) as varchar) as new_id
      from own left join earlier on earlier.stem = own.stem
    ) as numbered where new_id <> order_id`)
  await session.run(sql`update import_lines set order_id = new_id from counted_on
    where import_lines.import_seq = ${importSeq} and import_lines.row_number = counted_on.row_number`)
}
