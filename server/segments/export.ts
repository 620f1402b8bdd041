import { randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Row } from '../../analytics/engine/engine.ts'
import { join as sqlJoin, name, sql } from '../../analytics/sql/sql.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { csvRow } from '../csv/csv.ts'
import { importRuns } from '../import/runs.ts'
import type { Platform } from '../platform.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment, type SegmentError } from './evaluation.ts'
import { columnsAt, type SegmentColumn, type SegmentExportFormat } from './export-columns.ts'

export type SegmentExportOutcome =
  | { kind: 'exported'; asOf: string; members: number; content: Readable }
  | { kind: 'refused'; errors: readonly SegmentError[] }

const timeoutMs = 10 * 60_000

/**
 * All members of a rule with the columns asked for, in the order of their ids. They are set aside as Parquet
 * in one transaction of the data that the rule was evaluated on, and sent from there, so that a large segment
 * stands in no memory and an import meanwhile changes no row. CSV is UTF-8 with a byte order mark and safe in a
 * spreadsheet; JSON Lines has one object to a line, unknown values null. Phones are whole only for `unmasked`.
 * Noted under `actor`. What was set aside goes when `content` closes.
 */
export async function exportSegment(
  platform: Platform,
  workspace: Workspace,
  request: {
    expression: string
    asOf?: string | undefined
    format: SegmentExportFormat
    columns: readonly SegmentColumn[]
    unmasked: boolean
    actor: string
  },
  signal: AbortSignal,
): Promise<SegmentExportOutcome> {
  const { store, clock } = platform
  const { columns, format } = request
  const folder = join(importRuns(platform).temporaryFolder, `export-${randomUUID()}`)
  const aside = join(folder, 'members.parquet')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    for (;;) {
      const outcome = await evaluateSegment(store, workspace, request, signal)
      if (outcome.kind === 'refused') {
        remove()
        return outcome
      }
      const { asOf, dataVersion, members, memberKeys } = outcome.evaluation
      const { tables } = await tablesAt(store, workspace, asOf, signal)
      const known = columnsAt(asOf, workspace, request.unmasked)
      const chosen = sqlJoin(columns.map((column) => sql`${known[column]} as ${name(column)}`))
      const written = await workspace.engine.scratch(
        async (session) => {
          const [state] = await session.rows(sql`select data_version from workspace_state`)
          if (Number(state!.dataVersion) !== dataVersion) return null // the data moved in between
          await session.run(
            sql`copy (select ${chosen} from ${memberKeys} as chosen
                join members on members.member_key = chosen.member_key
                join ${tables.memberFacts} as facts on facts.member_key = chosen.member_key
                order by members.member_id)
              to (${aside}) (format parquet, compression zstd)`,
            { signal, timeoutMs },
          )
          const [row] = await session.rows(sql`select count(*) as n from read_parquet(${aside})`, { signal })
          return Number(row!.n)
        },
        { signal },
      )
      if (written === null) continue
      if (written !== members) throw new Error(`${written} of ${members} members were written`)
      const audited = { workspaceId: workspace.id, actor: request.actor, at: clock.now() }
      await recordAudit(store, { ...audited, action: 'members-exported', subject: asOf })
      const rows = () =>
        workspace.engine.stream(sql`select * from read_parquet(${aside})`, { signal, timeoutMs })
      const content =
        format === 'parquet' ? createReadStream(aside) : Readable.from(text[format](columns, rows()))
      content.once('close', remove)
      return { kind: 'exported', asOf, members, content }
    }
  } catch (error) {
    remove()
    throw error
  }
}

const text = {
  async *csv(columns: readonly SegmentColumn[], chunks: AsyncIterable<Row[]>) {
    yield `\uFEFF${csvRow(columns)}`
    for await (const chunk of chunks) yield chunk.map((row) => csvRow(valuesOf(columns, row))).join('')
  },
  async *jsonl(columns: readonly SegmentColumn[], chunks: AsyncIterable<Row[]>) {
    for await (const chunk of chunks)
      yield chunk
        .map((row) => {
          const values = valuesOf(columns, row)
          return `${JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, values[i]])))}\n`
        })
        .join('')
  },
}

/** A row's values in the order of the columns: none of them is a truth value. */
const valuesOf = (columns: readonly SegmentColumn[], row: Row) =>
  columns.map((column) => row[camelCase(column)] as string | number | null)

const camelCase = (column: string) => column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
