import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { Metric } from '../../analytics/metrics/metric.ts'
import { type TableColumn, tableColumns } from '../../analytics/metrics/table.ts'
import { column, join as sqlJoin, type Sql, sql } from '../../analytics/sql/sql.ts'
import { csvRow } from '../csv/csv.ts'
import { importRuns } from '../import/runs.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { AnswerFormat } from './answer-formats.ts'

type Rows = readonly Readonly<Record<string, unknown>>[]

/** Rows that are made text before others get a turn. */
const sliceRows = 500
const timeoutMs = 10 * 60_000

/**
 * The rows of a metric's answer as a file, made while it is read. Columns as `tableColumns` has them; money in minor
 * units, days as ISO. CSV is UTF-8 with a byte order mark and safe in a spreadsheet, unknown values are empty; JSON Lines
 * has one object to a line, unknown values null; Parquet is typed. `signal` ends the making of Parquet.
 */
export async function answerFile(
  platform: Platform,
  workspace: Workspace,
  metric: Metric,
  rows: Rows,
  format: AnswerFormat,
  signal: AbortSignal,
): Promise<Readable> {
  const columns = tableColumns(metric.row)
  switch (format) {
    case 'csv':
      return Readable.from(csvText(columns, rows))
    case 'jsonl':
      return Readable.from(jsonLines(columns, rows))
    case 'parquet':
      return parquet(platform, workspace, columns, rows, signal)
  }
}

async function* csvText(columns: readonly TableColumn[], rows: Rows) {
  yield `\uFEFF${csvRow(columns.map(({ name }) => name))}`
  for await (const slice of slices(rows))
    yield slice
      .map((row) =>
        csvRow(
          columns.map(({ read }) => {
            const cell = read(row)
            return typeof cell === 'boolean' ? String(cell) : cell
          }),
        ),
      )
      .join('')
}

async function* jsonLines(columns: readonly TableColumn[], rows: Rows) {
  for await (const slice of slices(rows))
    yield slice
      .map(
        (row) =>
          `${JSON.stringify(Object.fromEntries(columns.map(({ name, read }) => [name, read(row)])))}\n`,
      )
      .join('')
}

async function* slices(rows: Rows) {
  for (let at = 0; at < rows.length; at += sliceRows) {
    yield rows.slice(at, at + sliceRows)
    await turn()
  }
}

const types: Readonly<Record<TableColumn['kind'], Sql>> = {
  integer: sql`'BIGINT'`,
  number: sql`'DOUBLE'`,
  text: sql`'VARCHAR'`,
  json: sql`'VARCHAR'`,
  day: sql`'DATE'`,
  boolean: sql`'BOOLEAN'`,
}

/** By way of JSON lines, which the engine reads by the columns' types. What stands on the disk goes when the file was read. */
async function parquet(
  platform: Platform,
  workspace: Workspace,
  columns: readonly TableColumn[],
  rows: Rows,
  signal: AbortSignal,
): Promise<Readable> {
  const folder = join(importRuns(platform).temporaryFolder, `answer-${randomUUID()}`)
  const [lines, file] = [join(folder, 'rows.jsonl'), join(folder, 'rows.parquet')]
  const remove = () => rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    await pipeline(jsonLines(columns, rows), createWriteStream(lines, { mode: 0o600 }), { signal })
    const typed = sqlJoin(columns.map(({ name, kind }) => sql`${column(name)}: ${types[kind]}`))
    const read = sql`select * from read_json(${lines}, format = 'newline_delimited', columns = {${typed}})`
    await workspace.engine.scratch(
      (session) => session.run(sql`copy (${read}) to (${file}) (format parquet, compression zstd)`),
      { signal, timeoutMs },
    )
    const content = createReadStream(file)
    content.once('close', remove)
    return content
  } catch (error) {
    remove()
    throw error
  }
}
