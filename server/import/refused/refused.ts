import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Connection, QueryOptions } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import { type FileBegin, type Place, placeIn } from '../reading/file-begins.ts'
import type { RowReason } from '../values/normalise.ts'

/** A refused row as it was judged. */
export interface JudgedRow {
  readonly line: number
  readonly reason: RowReason
  readonly field: string | null
  readonly value: string | null
}

/** Where refused rows are to be read: a staging engine, and the relation there of those that `refuse` put aside. */
export interface Refused {
  readonly engine: Connection
  readonly refused: Sql
  /** Of several files that are read as one: where each begins. */
  readonly files: readonly FileBegin[]
}

/**
 * The relation of what `refuse` puts aside in a folder, after `openRefused`: files, because a file may have millions of
 * refused rows, which a table in memory would hold at their full length.
 */
export const refusedIn = (folder: string): Sql => sql`read_parquet(${join(folder, 'refused-*.parquet')})`

/** Begins with none, so that the relation is one. */
export async function openRefused(engine: Connection, folder: string): Promise<void> {
  await refuse(engine, folder, sql`select 0::bigint, '', null::varchar, null::varchar limit 0`)
}

/** Refuses rows: `row_number`, `reason`, `reason_field` and `reason_value`, in this order, whatever they are called. */
export async function refuse(
  engine: Connection,
  folder: string,
  rows: Sql,
  options: QueryOptions = {},
): Promise<void> {
  const to = join(folder, `refused-${randomUUID()}.parquet`)
  // as a reader: blocks are judged side by side
  await engine.rows(
    sql`copy (select * from (${rows}) as row (row_number, reason, reason_field, reason_value)) to (${to}) (format parquet)`,
    options,
  )
}

/** Why rows were refused and how many for each reason and field, the most frequent first; of several files also where the first one stands. */
export async function refusedReasons({ engine, refused, files }: Refused): Promise<
  readonly {
    readonly reason: RowReason
    readonly field: string | null
    readonly rows: number
    readonly first?: Place
  }[]
> {
  const reasons = await engine.rows(
    sql`select reason, reason_field, count(*) as n, min(row_number) as first from ${refused} as row group by all order by n desc, reason`,
    { timeoutMs: 60 * 60 * 1000 },
  )
  return reasons.map((row) => ({
    reason: row.reason as RowReason,
    field: row.reasonField as string | null,
    rows: Number(row.n),
    ...(files.length > 0 ? { first: placeIn(files, Number(row.first)) } : {}),
  }))
}

/**
 * Refused rows in the order of the file, in pieces. Some tens of thousands are put in order at a time, and pieces of them
 * come as one text each: of millions of rows an order of all, and a value of its own for each, took most of the time
 * and memory.
 */
export async function* refusedRows(
  { engine, refused }: Refused,
  signal: AbortSignal,
): AsyncGenerator<JudgedRow[]> {
  const options = { timeoutMs: 60 * 60 * 1000, signal }
  const pieces = await engine.rows(
    sql`select row_number // ${linesOfPiece} as piece, count(*) as rows from ${refused} as row group by piece order by piece`,
    options,
  )
  for (let at = 0; at < pieces.length;) {
    const first = Number(pieces[at]!.piece)
    let rows = 0
    while (at < pieces.length && rows < rowsAtOnce) rows += Number(pieces[at++]!.rows)
    const texts = await engine.rows(
      sql`select string_agg(concat_ws(${inRow}, cast(row_number as varchar), reason, coalesce(reason_field, ''), reason_value),
          ${betweenRows} order by row_number) as rows
        from (select *, row_number // ${linesOfPiece} as piece from ${refused} as row
          where row_number >= ${first * linesOfPiece} and row_number < ${(Number(pieces[at - 1]!.piece) + 1) * linesOfPiece}) as row
        group by piece order by piece`,
      options,
    )
    for (const text of texts) yield String(text.rows).split(betweenRows).map(judgedRow)
  }
}

const rowsAtOnce = 30_000
const linesOfPiece = 2_000
// what no value of a record holds (records.ts)
const inRow = '\x1f'
const betweenRows = '\x1d'

function judgedRow(text: string): JudgedRow {
  const [line, reason, field, value] = text.split(inRow)
  return { line: Number(line), reason: reason as RowReason, field: field || null, value: value ?? null }
}
