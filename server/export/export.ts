import { randomUUID } from 'node:crypto'
import { appendFileSync, createReadStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Session } from '../../analytics/engine/engine.ts'
import type { DescribedTable, ValueType } from '../../analytics/schema/described.ts'
import { exportedTables } from '../../analytics/schema/exported.ts'
import type { ExportedTable } from '../../analytics/schema/exported-table.ts'
import { join as sqlJoin, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { campaignTurns } from '../campaigns/campaigns.ts'
import { tellWaitingArms } from '../campaigns/launch-steps.ts'
import { csvRow } from '../csv/csv.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import {
  type Cell,
  type ExportedStoreTable,
  exportedStoreTables,
  type StoreSnapshot,
  storeSnapshot,
} from '../store/exported.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { dictionaryCsv } from '../dictionary/dictionary.ts'
import type { Sink } from './sink.ts'

export const exportFormats = ['csv', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** What was exported: rows by table. */
export interface Exported {
  readonly format: ExportFormat
  readonly asOf: string | null
  readonly dataVersion: number
  readonly tables: Readonly<Record<string, number>>
}

const timeoutMs = 6 * 60 * 60 * 1000
/** Rows that are read at once. */
const pageRows = 50_000
/** Rows that are made text before others get a turn. */
const sliceRows = 2_000
/** A Parquet file holds at most so many rows: they are sorted in memory, and what is written aside before it is sent stays small. */
const partRows = 250_000

interface Run {
  readonly platform: Platform
  readonly session: Session
  readonly snapshot: StoreSnapshot
  readonly sink: Sink
  /** Folder of what is written aside; at most one part of one table at a time. */
  readonly folder: string
  readonly signal: AbortSignal
}

/**
 * Writes everything of a workspace into the sink: the dictionary, each table as one CSV file or as
 * Parquet files, and a manifest with the rows of each. All of it is of one moment: the engine's tables
 * are read in one transaction, the Store's within bounds that were taken at its begin. Throws when
 * `signal` aborts; what was written aside is gone then.
 */
export async function exportWorkspace(
  platform: Platform,
  workspace: Workspace,
  { format, sink, temporaryFolder }: { format: ExportFormat; sink: Sink; temporaryFolder: string },
  signal: AbortSignal,
): Promise<Exported> {
  const folder = join(temporaryFolder, `export-${randomUUID()}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    return await workspace.engine.scratch(
      async (session) => {
        // In the campaigns' turn: a launch is in it with coupons and arms, or not at all.
        const { state, snapshot } = await campaignTurns.take(workspace.id, async () => {
          await tellWaitingArms(platform, workspace.id)
          await drainEvents(platform.store, workspace)
          const [first] = await session.rows(sql`select as_of, data_version from workspace_state`, { signal })
          return { state: first!, snapshot: await storeSnapshot(platform.store, workspace.id) }
        })
        const run: Run = { platform, session, snapshot, sink, folder, signal }
        await sink.file('dictionary.csv', one(dictionaryCsv(workspace.currency)))
        const tables: Record<string, number> = {}
        for (const table of exportedTables)
          tables[table.name] = await (format === 'csv' ? engineCsv : engineParquet)(run, table)
        for (const table of exportedStoreTables)
          tables[table.name] = await (format === 'csv' ? storeCsv : storeParquet)(run, table)
        const exported: Exported = {
          format,
          asOf: state.asOf as string | null,
          dataVersion: Number(state.dataVersion),
          tables,
        }
        const { name: shop, currency, calendar } = workspace
        const manifest = {
          workspace: shop,
          currency,
          minorDigits: decimalsOf(currency),
          timeZone: calendar.timeZone,
          exportedAt: platform.clock.now().toISOString(),
          ...exported,
        }
        await sink.file('manifest.json', one(`${JSON.stringify(manifest, null, 2)}\n`))
        await sink.end()
        return exported
      },
      { signal },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function* one(text: string): AsyncGenerator<string> {
  yield text
}

/** The rows of the table's base table whose row ids lie in [from, to), in their order. */
const rowsOf = ({ columns, relation }: ExportedTable, from: number, to: number): Sql =>
  sql`select ${sqlJoin(columns.map((column) => sql`${column.from} as ${name(column.name)}`))} from ${relation}
    where base.rowid >= ${from} and base.rowid < ${to} order by base.rowid`

/** Row ids go up to here, exclusive. */
async function rowIds({ session, signal }: Run, { base }: ExportedTable): Promise<number> {
  const [found] = await session.rows(sql`select coalesce(max(rowid) + 1, 0) as n from ${name(base)}`, {
    signal,
    timeoutMs,
  })
  return Number(found!.n)
}

const header = ({ columns }: DescribedTable): string =>
  `\uFEFF${csvRow(columns.map(({ name: column }) => column))}`
const asText = (value: string | number | boolean | null): Cell =>
  typeof value === 'boolean' ? String(value) : value

async function engineCsv(run: Run, table: ExportedTable): Promise<number> {
  const { session, signal } = run
  const end = await rowIds(run, table)
  const keys = table.columns.map((column) => camelCase(column.name))
  let written = 0
  await run.sink.file(
    `${table.name}.csv`,
    (async function* () {
      yield header(table)
      for (let from = 0; from < end; from += pageRows) {
        const rows = await session.rows(rowsOf(table, from, from + pageRows), { signal, timeoutMs })
        for (let at = 0; at < rows.length; at += sliceRows) {
          yield rows
            .slice(at, at + sliceRows)
            .map((row) => csvRow(keys.map((key) => asText(row[key]!))))
            .join('')
          await turn()
        }
        written += rows.length
      }
    })(),
  )
  return written
}

async function storeCsv({ platform, snapshot, sink }: Run, table: ExportedStoreTable): Promise<number> {
  let written = 0
  await sink.file(
    `${table.name}.csv`,
    (async function* () {
      yield header(table)
      for await (const page of table.pages(platform.store, snapshot)) {
        yield page.map(csvRow).join('')
        written += page.length
      }
    })(),
  )
  return written
}

async function engineParquet(run: Run, table: ExportedTable): Promise<number> {
  const end = await rowIds(run, table)
  const parts = Math.max(1, Math.ceil(end / partRows))
  let written = 0
  for (let part = 0; part < parts; part++)
    written += await parquetFile(
      run,
      partName(table.name, part, parts),
      rowsOf(table, part * partRows, (part + 1) * partRows),
    )
  return written
}

const jsonTypes: Readonly<Record<ValueType, Sql>> = {
  text: sql`'VARCHAR'`,
  json: sql`'VARCHAR'`,
  integer: sql`'BIGINT'`,
  decimal: sql`'DECIMAL(18, 4)'`,
  boolean: sql`'BOOLEAN'`,
  day: sql`'DATE'`,
  instant: sql`'TIMESTAMP'`,
}

/** Rows of the Store go by way of JSON lines, a part at a time. */
async function storeParquet(run: Run, table: ExportedStoreTable): Promise<number> {
  const lines = join(run.folder, 'rows.jsonl')
  const columns = table.columns.map(({ name: column, type }) => sql`${name(column)}: ${jsonTypes[type]}`)
  const rows = sql`select * from read_json(${lines}, format = 'newline_delimited', columns = {${sqlJoin(columns)}})`
  let part = 0
  let waiting = 0
  let written = 0
  const begin = () => {
    rmSync(lines, { force: true })
    appendFileSync(lines, '', { mode: 0o600 })
    waiting = 0
  }
  const send = async (only: boolean) => {
    written += await parquetFile(run, partName(table.name, part++, only ? 1 : 2), rows)
    begin()
  }
  begin()
  for await (const page of table.pages(run.platform.store, run.snapshot)) {
    run.signal.throwIfAborted()
    appendFileSync(lines, page.map((row) => asJsonLine(table, row)).join(''))
    waiting += page.length
    if (waiting >= partRows / 2) await send(false)
  }
  if (part === 0 || waiting > 0) await send(part === 0)
  return written
}

const asJsonLine = ({ columns }: DescribedTable, row: readonly Cell[]): string =>
  `${JSON.stringify(Object.fromEntries(columns.map(({ name: column }, i) => [column, row[i]])))}\n`

/** `orders.parquet`; of several parts `orders-1.parquet`, `orders-2.parquet`. */
const partName = (table: string, part: number, parts: number): string =>
  `${table}${parts === 1 ? '' : `-${part + 1}`}.parquet`

async function parquetFile(
  { session, sink, folder, signal }: Run,
  fileName: string,
  rows: Sql,
): Promise<number> {
  const aside = join(folder, 'part.parquet')
  try {
    await session.run(sql`copy (${rows}) to (${aside}) (format parquet, compression zstd)`, {
      signal,
      timeoutMs,
    })
    await sink.file(fileName, createReadStream(aside))
    const [counted] = await session.rows(sql`select count(*) as n from read_parquet(${aside})`, { signal })
    return Number(counted!.n)
  } finally {
    rmSync(aside, { force: true })
  }
}

const camelCase = (column: string) =>
  column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
