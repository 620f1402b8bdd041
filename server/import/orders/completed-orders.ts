import { createHash } from 'node:crypto'
import type { Connection, Session } from '../../../analytics/engine/engine.ts'
import { join, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { ImportKind } from '../import-kinds.ts'

/** What a mended file of refused rows is the rest of. */
export interface Completed {
  /** The beginnings of hashes: of the file of which they were refused; where that was a mended file, of which its rows had been, and so on. */
  readonly marks: readonly string[]
  /** That was several files, read as one: of which of them the rows were refused, from which line on. Empty: it was one file. */
  readonly files: readonly { readonly line: number; readonly file: string }[]
}

/** Tells the files of one import apart, without their names, which may be a person's. */
export const fileMark = (name: string): string => createHash('md5').update(name).digest('hex').slice(0, 4)

/** SQL: a line stands in its import's own file; others were taken along. */
export const isOwnLine = sql`row_number > 0`

/**
 * Mended rows are parts of their orders: what the import that they are the rest of (the nearest before theirs that is
 * not undone and tells the order) has of an order of theirs becomes lines of their import too, before its first row. So
 * the order is what the whole mended file would have made it. With `among` (a relation with one column `order_id`) what
 * was taken along of these orders is taken anew, because another import, `undone`, goes.
 */
export async function takeAlong(
  session: Session,
  importSeq: number,
  { marks, files }: Completed,
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
  if (files.length > 0) await readFiles(session, importSeq, files, before)
  // an order may stand in several files: then its parts are what either says, so that an equal line of another is the same
  const alike = sql`partition by line.order_id, line.content_hash, coalesce(line.piece, 1) order by line.row_number`
  const own = sql`(select count(*) from own_lines as own where own.order_id = line.order_id
    and own.content_hash = line.content_hash and own.piece = coalesce(line.piece, 1) and own.name is distinct from line.file)`
  const apart = sql`(select * exclude (file) from (
    select line.*, coalesce(told.name, of_order.name) as file from taken as line
    asof left join file_of_lines as told on told.import_seq = line.import_seq and line.row_number >= told.line
    left join file_of_orders as of_order on of_order.order_id = line.order_id) as line
    qualify row_number() over (${alike}) > ${own})`
  await session.run(sql`insert into import_lines by name
    with taken as (
      select line.* from import_lines as line
      join of_rest on of_rest.order_id = line.order_id and of_rest.import_seq = line.import_seq
    ), lacking as (select * from ${files.length > 0 ? apart : sql`taken`})
    select * replace (cast(${importSeq} as integer) as import_seq,
      dense_rank() over (order by lacking.import_seq, lacking.row_number)
        - (select count(*) from lacking)
        - (select coalesce(-min(row_number), 0) from import_lines where import_seq = ${importSeq} and row_number <= 0)
        - 1 as row_number)
    from lacking`)
  await session.run(sql`drop table of_rest`)
}

/**
 * Makes `file_of_lines` (`import_seq`, `line`, `name`), from which line on the rows of an import are a file's (`fileMark`), of several
 * that were read as one; `own_lines` of an import with the `name` of their file; and `file_of_orders` (`order_id`,
 * `name`): of one file all lines of an order were taken.
 */
async function readFiles(
  session: Session,
  importSeq: number,
  files: Completed['files'],
  before: readonly number[],
): Promise<void> {
  const marked = '[{"line":"BIGINT","file":"VARCHAR"}]'
  const named = '[{"line":"BIGINT","name":"VARCHAR"}]'
  const those = sql`import_seq in (select unnest(from_json(${JSON.stringify(before)}, '["INTEGER"]')))`
  await session.run(sql`create or replace temp table file_of_lines as
    select cast(${importSeq} as integer) as import_seq, part.line, part.file as name
    from (select unnest(from_json(${JSON.stringify(files)}, ${marked})) as part)
    union all
    select import_seq, part.line, part.file
    from (select import_seq, unnest(from_json(json_extract(mapping, '$.completes.files'), ${marked})) as part from imports where ${those})
    union all
    select import_seq, part.line, left(md5(part.name), 4)
    from (select import_seq, unnest(from_json(json_extract(report, '$.files'), ${named})) as part from imports where ${those})`)
  await session.run(sql`create or replace temp table file_of_orders as
    select order_id, arg_min(file.name, (line.import_seq, line.row_number)) as name from import_lines as line
    asof join file_of_lines as file on file.import_seq = line.import_seq and line.row_number >= file.line
    where line.import_seq <> ${importSeq} and line.row_number > 0 group by order_id`)
  await session.run(sql`create or replace temp table own_lines as
    select order_id, content_hash, coalesce(piece, 1) as piece, file.name from import_lines as line
    asof left join file_of_lines as file on file.import_seq = line.import_seq and line.row_number >= file.line
    where line.import_seq = ${importSeq} and ${isOwnLine}`)
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
