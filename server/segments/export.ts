import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { Row } from '../../analytics/engine/engine.ts'
import { camelCase } from '../../analytics/engine/rows.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { csvRow } from '../csv/csv.ts'
import type { Platform } from '../platform.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { setAside } from './aside.ts'
import type { SegmentError } from './evaluation.ts'
import { memberRows, type SegmentColumn, type SegmentExportFormat } from './export-columns.ts'

export type SegmentExportOutcome =
  | { kind: 'exported'; asOf: string; members: number; content: Readable }
  | { kind: 'refused'; errors: readonly SegmentError[] }

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
  const { columns, format } = request
  const outcome = await setAside(
    platform,
    workspace,
    request,
    async ({ asOf, memberKeys }, tables) => {
      const own = await tablesAt(platform.store, workspace, undefined, signal)
      const { unmasked } = request
      return memberRows(columns, { asOf, newest: asOf >= own.asOf, tables, memberKeys, unmasked }, workspace)
    },
    signal,
  )
  if (outcome.kind === 'refused') return outcome
  const { evaluation, file, rows, stream, remove } = outcome.aside
  const { asOf, members } = evaluation
  try {
    if (rows !== members) throw new Error(`${rows} of ${members} members were written`)
    const { store, clock } = platform
    const audited = { workspaceId: workspace.id, actor: request.actor, at: clock.now() }
    await recordAudit(store, { ...audited, action: 'members-exported', subject: asOf })
    const content =
      format === 'parquet' ? createReadStream(file) : Readable.from(text[format](columns, stream()))
    content.once('close', remove)
    return { kind: 'exported', asOf, members, content }
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
