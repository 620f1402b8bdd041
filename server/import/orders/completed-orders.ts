import type { Connection, Session } from '../../../analytics/engine/engine.ts'
import { join, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { ImportKind } from '../import-kinds.ts'

/** What a mended file of refused rows is the rest of. */
export interface Completed {
  /** The beginnings of hashes: of the file of which they were refused; where that was a mended file, of which its rows had been, and so on. */
  readonly marks: readonly string[]
  /** That was several files, read as one. */
  readonly ofSeveral: boolean
}

/** SQL: a line stands in its import's own file; others were taken along. */
export const isOwnLine = sql`row_number > 0`

/**
 * Mended rows are parts of their orders: what the import that they are the rest of (the nearest before theirs that is
 * not undone and tells the order) has of an order of theirs becomes lines of their import too, before its first row. So the order is what the whole mended file would have made it. With `among`
 * (a relation with one column `order_id`) what was taken along of these orders is taken anew, because another import, `undone`, goes.
 */
export async function takeAlong(
  session: Session,
  importSeq: number,
  { marks, ofSeveral }: Completed,
  among?: Sql,
  undone?: number,
): Promise<void> {
  const asked = among ? sql`order_id in (select order_id from ${among})` : sql`true`
  await session.run(
    sql`delete from import_lines where import_seq = ${importSeq} and not ${isOwnLine} and ${asked}`,
  )
  const before = await importsBefore(session, importSeq, marks, { kinds: ['orders'], undone })
  if (before.length === 0) return
  const ranks = JSON.stringify(before.map((seq, rank) => ({ seq, rank })))
  await session.run(sql`create or replace temp table of_rest as
    select order_id, arg_min(line.import_seq, rank) as import_seq
    from import_lines as line
    join (select unnest(from_json(${ranks}, '[{"seq":"INTEGER","rank":"INTEGER"}]'), recursive := true)) as ranked on seq = line.import_seq
    where order_id in (select order_id from import_lines where import_seq = ${importSeq} and ${asked})
    group by order_id`)
  // of several files an order may stand in more than one: the parts of one order then are what either says
  const alike = sql`partition by line.order_id, line.content_hash, coalesce(line.piece, 1) order by line.row_number`
  const own = sql`(select count(*) from import_lines as own where own.import_seq = ${importSeq} and own.row_number > 0
    and own.order_id = line.order_id and own.content_hash = line.content_hash and coalesce(own.piece, 1) = coalesce(line.piece, 1))`
  await session.run(sql`insert into import_lines by name
    with taken as (
      select line.* from import_lines as line
      join of_rest on of_rest.order_id = line.order_id and of_rest.import_seq = line.import_seq
      ${ofSeveral ? sql`qualify row_number() over (${alike}) > ${own}` : sql``}
    )
    select * replace (cast(${importSeq} as integer) as import_seq,
      dense_rank() over (order by taken.import_seq, taken.row_number)
        - (select count(*) from taken)
        - (select coalesce(-min(row_number), 0) from import_lines where import_seq = ${importSeq} and row_number <= 0)
        - 1 as row_number)
    from taken`)
  await session.run(sql`drop table of_rest`)
}

/** Whether the amounts of what mended rows are the rest of were net of refunds; undefined: nothing says so. */
export async function netBefore(engine: Connection, marks: readonly string[]): Promise<boolean | undefined> {
  for (const mark of marks) {
    const [found] = await engine.rows(sql`
      select cast(json_extract_string(report, '$.refundCheck.amountsAreNet') as boolean) as is_net from imports
      where kind = 'orders' and undone_at is null and starts_with(file_hash, ${mark}) order by import_seq desc limit 1`)
    if (typeof found?.isNet === 'boolean') return found.isNet
  }
  return undefined
}

/** The newest import of each file before one that stays, the nearest file first. `undone`: one that goes. */
export async function importsBefore(
  session: Session,
  importSeq: number,
  marks: readonly string[],
  { kinds, undone = 0 }: { readonly kinds: readonly ImportKind[]; readonly undone: number | undefined },
): Promise<number[]> {
  const found: number[] = []
  for (const mark of marks) {
    const rows = await session.rows(sql`select import_seq from imports
      where kind in (${join(kinds)}) and undone_at is null and import_seq < ${importSeq} and import_seq <> ${undone} and starts_with(file_hash, ${mark})
      order by import_seq desc limit 1`)
    for (const row of rows) found.push(Number(row.importSeq))
  }
  return found
}
