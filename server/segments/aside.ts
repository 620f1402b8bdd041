import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Row } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import { importRuns } from '../import/runs.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Evaluation, evaluateSegment, type SegmentError } from './evaluation.ts'

/** Rows about the members of a rule, set aside as one Parquet file. */
export interface Aside {
  readonly evaluation: Evaluation
  /** The Parquet file; nothing changes it. */
  readonly file: string
  readonly rows: number
  /** The rows as they were ordered, in chunks. */
  stream(): AsyncIterable<Row[]>
  /** Takes the file away. */
  remove(): void
}

export type AsideOutcome =
  | { kind: 'aside'; aside: Aside }
  | { kind: 'refused'; errors: readonly SegmentError[] }

const timeoutMs = 10 * 60_000
/** Rows that are made text before others get a turn. */
const sliceRows = 500

async function* slices(chunks: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += sliceRows) {
      yield chunk.slice(at, at + sliceRows)
      await turn()
    }
}

/**
 * Evaluates a rule and sets aside what `select` asks of its members, both of one state of the data: a large segment
 * stands in no memory, and an import meanwhile changes no row. Nothing is left when it throws or refuses.
 */
export async function setAside(
  platform: Platform,
  workspace: Workspace,
  request: { expression: string; asOf?: string | undefined },
  select: (evaluation: Evaluation, tables: TablesAt['tables']) => Sql | Promise<Sql>,
  signal: AbortSignal,
): Promise<AsideOutcome> {
  const { store } = platform
  const folder = join(importRuns(platform).temporaryFolder, `export-${randomUUID()}`)
  const file = join(folder, 'members.parquet')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    for (;;) {
      const outcome = await evaluateSegment(store, workspace, request, signal)
      if (outcome.kind === 'refused') {
        remove()
        return outcome
      }
      const { evaluation } = outcome
      const { asOf, dataVersion } = evaluation
      const { tables } = await tablesAt(store, workspace, asOf, signal)
      const selected = await select(evaluation, tables)
      const rows = await workspace.engine.scratch(
        async (session) => {
          const [state] = await session.rows(sql`select data_version from workspace_state`)
          if (Number(state!.dataVersion) !== dataVersion) return null // the data moved in between
          await session.run(sql`copy (${selected}) to (${file}) (format parquet, compression zstd)`, {
            signal,
            timeoutMs,
          })
          const [row] = await session.rows(sql`select count(*) as n from read_parquet(${file})`, { signal })
          return Number(row!.n)
        },
        { signal },
      )
      if (rows === null) continue
      const stream = () =>
        slices(workspace.engine.stream(sql`select * from read_parquet(${file})`, { signal, timeoutMs }))
      return { kind: 'aside', aside: { evaluation, file, rows, stream, remove } }
    }
  } catch (error) {
    remove()
    throw error
  }
}
