import { join as pathOf } from 'node:path'
import type { Connection, QueryOptions } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { FileBegin } from './file-begins.ts'
import type { Readable } from '../inspect.ts'
import { refuse, refusedIn } from '../refused/refused.ts'
import { linesAndCells } from './originals.ts'

/** Of several files that are read as one table: on which line the rows of one begin, and its place in the order in which they were given. */
export interface FileStart {
  readonly line: number
  readonly place: number
}

/** Of files that follow one another as they were given. */
export const inGivenOrder = (begins: readonly FileBegin[]): FileStart[] =>
  begins.map(({ line }, place) => ({ line, place }))

/** Of mended rows: where rows begin that were refused of a file, and what it is called. */
export interface MendedFile extends FileStart {
  readonly name: string
}

/** Of mended rows of several files, whose first column names the file of each: where each of these begins, in the order in which they were given. */
export async function mendedFiles({
  opening,
  inspection,
}: Pick<Readable, 'opening' | 'inspection'>): Promise<MendedFile[]> {
  const names: string[] = []
  const starts: MendedFile[] = []
  for await (const records of linesAndCells(inspection.fileName, { opening, inspection }, [0]))
    for (const { line, cells } of records) {
      if (line <= inspection.headerLine) continue
      const name = cells[0] ?? ''
      const place = names.includes(name) ? names.indexOf(name) : names.push(name) - 1
      if (starts.at(-1)?.place !== place) starts.push({ line, place, name })
    }
  return starts
}

/** Relation of rows with the place of the file in which each stands. */
function placedRows(rows: Sql, starts: readonly FileStart[]): Sql {
  const inLines = starts.toSorted((a, b) => a.line - b.line)
  // mended rows may have been put in another order, so that each begins a run of its own
  if (starts.length > mostLooked)
    return sql`(select line.row_number, order_id, content_hash, ordered_at, start.place from ${rows} as line
      asof join (select unnest(from_json(${JSON.stringify(inLines)}, '[{"line":"BIGINT","place":"BIGINT"}]'), recursive := true)) as start
        on line.row_number >= start.line)`
  const firstLines = JSON.stringify(inLines.map(({ line }) => line))
  const places = JSON.stringify(inLines.map(({ place }) => place))
  return sql`(select row_number, order_id, content_hash, ordered_at, list_extract(cast(${places} as json)::bigint[],
      len(list_filter(cast(${firstLines} as json)::bigint[], first -> first <= line.row_number))) as place
    from ${rows} as line)`
}

/** So many starts are looked through for each row sooner than all rows are sorted. */
const mostLooked = 2_000

/** What several files come to as one. */
export interface Folded {
  /** Relation of the rows that hold. */
  readonly rows: Sql
  /** Accepted rows that do not: another file tells them too, or tells their order otherwise. */
  readonly repeated: number
  /** Orders of which a later file told more or otherwise than an earlier one. */
  readonly superseded: number
}

/**
 * Several files as one, as if each had been imported by itself, in the order in which they were given: the fold of
 * DEFINITIONS, "The order is the unit of version". `rows` are accepted ones, with `order_id`, `content_hash`,
 * `ordered_at` and `row_number`, in which the lines of all files are counted through; `starts` says which are whose. With
 * `replace` fewer lines of an order replace more. Where orders are `dated`, one of which a file tells no time is refused there.
 */
export async function foldFiles(
  engine: Connection,
  rows: Sql,
  starts: readonly FileStart[],
  { replace, dated }: { readonly replace: boolean; readonly dated: boolean },
  folder: string,
  options: QueryOptions,
): Promise<Folded> {
  const placed = placedRows(rows, starts)
  await engine.run(
    sql`create table told as select * from ${placed} as placed where order_id in (
      select order_id from ${placed} as placed group by order_id having min(place) <> max(place))`,
    options,
  )
  await engine.run(sql`create table left_out (row_number bigint not null)`, options)
  if (dated) {
    const timeless = sql`(select order_id, place from told group by all having count(ordered_at) = 0)`
    await refuse(
      engine,
      folder,
      sql`select row_number, 'no-date', 'orderedAt', null::varchar from told
        semi join ${timeless} as timeless using (order_id, place)`,
      options,
    )
    await engine.run(sql`delete from told where (order_id, place) in ${timeless}`, options)
    await engine.run(
      sql`insert into left_out select row_number from ${refusedIn(folder)} as row where reason = 'no-date'`,
      options,
    )
  }
  const [refused] = await engine.rows(sql`select count(*) as n from left_out`, options)
  const superseded = await heldFiles(engine, starts, replace, options)
  await engine.run(
    sql`insert into left_out select row_number from told join held using (order_id) where told.place <> held.place`,
    options,
  )
  await engine.run(
    // rows that no id names only add what is not there: as many equal ones as the file has that has most of them
    sql`insert into left_out
      with nameless as (
        select *, row_number() over (partition by content_hash, place order by row_number) as nth
        from ${placed} as placed where order_id is null
      )
      select row_number from nameless
      qualify row_number() over (partition by content_hash, nth order by place) > 1`,
    options,
  )
  const [counted] = await engine.rows(sql`select count(*) as n from left_out`, options)
  const all = Number(counted!.n)
  const repeated = all - Number(refused!.n)
  if (all === 0) return { rows, repeated, superseded }
  const to = pathOf(folder, 'left-out.parquet')
  await engine.run(sql`copy left_out to (${to}) (format parquet)`, options)
  return {
    rows: sql`(select * from ${rows} as line where row_number not in (select row_number from read_parquet(${to})))`,
    repeated,
    superseded,
  }
}

/** Into the table `held`: of each order in `told` the file whose lines are its current ones. Answers of how many orders that changed. */
async function heldFiles(
  engine: Connection,
  starts: readonly FileStart[],
  replace: boolean,
  options: QueryOptions,
): Promise<number> {
  await engine.run(
    sql`create table held as select order_id, min(place) as place, false as changed from told group by order_id`,
    options,
  )
  await engine.run(
    sql`create table told_lines as select order_id, place, content_hash, count(*) as n from told group by all`,
    options,
  )
  const [, ...later] = [...new Set(starts.map(({ place }) => place))].toSorted((a, b) => a - b)
  for (const place of later) {
    const more = sql`coming.n > coalesce(current.n, 0)`
    const fewer = sql`sum(coming.n) < any_value((
      select sum(n) from told_lines as other where other.order_id = coming.order_id and other.place = held.place))`
    await engine.run(
      sql`create or replace table taken as
        select coming.order_id
        from told_lines as coming
        join held on held.order_id = coming.order_id and held.place < ${place}
        left join told_lines as current on current.order_id = coming.order_id
          and current.place = held.place and current.content_hash = coming.content_hash
        where coming.place = ${place}
        group by coming.order_id having bool_or(${more}) ${replace ? sql`or ${fewer}` : sql``}`,
      options,
    )
    await engine.run(
      sql`update held set place = ${place}, changed = true where order_id in (select order_id from taken)`,
      options,
    )
  }
  const [changed] = await engine.rows(sql`select count(*) filter (where changed) as n from held`, options)
  return Number(changed!.n)
}
