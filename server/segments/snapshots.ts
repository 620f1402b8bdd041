import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Engine } from '../../analytics/engine/engine.ts'
import { camelCase } from '../../analytics/engine/rows.ts'
import type { DerivedTables } from '../../analytics/schema/derived.ts'
import { name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import type { Clock } from '../platform.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Evaluation, evaluateSegment, type SegmentError } from './evaluation.ts'
import { memberRows, type SegmentColumn } from './export-columns.ts'
import { readSegment } from './saved.ts'

/** A page of a saved segment's members, all pages from one moment. */
export interface SnapshotPage {
  readonly segmentId: string
  /** Of the rule, when the first page was asked for. */
  readonly version: number
  readonly expression: string
  readonly asOf: string
  readonly dataVersion: number
  /** How many members all pages hold together. */
  readonly members: number
  readonly items: readonly SnapshotItem[]
  /** What asks for the next page; null on the last. */
  readonly nextCursor: string | null
  /** Until when the cursor is good unless it is used. */
  readonly expiresAt: string
  /** The first page of a snapshot that this reader had not seen. */
  readonly isNew: boolean
}

/** A member's id and the columns asked for beside it, unknown ones null. */
export type SnapshotItem = { memberId: string } & Partial<Record<SegmentColumn, string | number | null>>

export type SnapshotOutcome =
  | { kind: 'page'; page: SnapshotPage }
  | { kind: 'no-such-segment' }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  /** No cursor of this segment. */
  | { kind: 'no-cursor' }
  /** The snapshot is gone: unused for long, pushed out by others, or with a server that ended. */
  | { kind: 'expired' }

/** So long after its last page a snapshot can be read on. */
export const keptForMs = 15 * 60_000
/** So many snapshots of a workspace are kept; the one used longest ago goes first. */
export const mostKept = 8

interface Snapshot {
  readonly id: string
  /** The set it was made of. */
  readonly of: Sql
  readonly columns: readonly SegmentColumn[]
  readonly table: Sql
  readonly filled: Promise<number | null>
  readonly expression: string
  readonly asOf: string
  readonly dataVersion: number
  readonly readers: Set<string>
  reading: number
  usedAt: number
}

const Cursor = z.object({
  snapshot: z.uuid(),
  segmentId: z.uuid(),
  version: z.int(),
  after: z.int().nonnegative(),
})

const snapshotsOf = new WeakMap<Engine, Map<string, Snapshot>>()

/**
 * A page of a saved segment's members by id, in the order of the ids, with the columns asked for, contacts masked.
 * Without a cursor the rule is evaluated and what it selects is set down; each further page is read from that, with
 * the columns of the first, whatever imports, merges or edits of the rule come in between. Answers `expired` rather
 * than a page of another moment. `reader` says who reads.
 */
export async function snapshotPage(
  store: Store,
  clock: Clock,
  workspace: Workspace,
  asked: {
    segmentId: string
    cursor?: string | undefined
    columns: readonly SegmentColumn[]
    limit: number
    reader: string
  },
  signal?: AbortSignal,
): Promise<SnapshotOutcome> {
  const { engine } = workspace
  const kept = snapshotsOf.get(engine) ?? new Map<string, Snapshot>()
  snapshotsOf.set(engine, kept)
  const now = clock.now().getTime()
  await dropOld(engine, kept, now)
  if (asked.cursor !== undefined) {
    const cursor = readCursor(asked.cursor)
    if (cursor?.segmentId !== asked.segmentId) return { kind: 'no-cursor' }
    const snapshot = kept.get(cursor.snapshot)
    const page = snapshot && (await pageOf(engine, snapshot, cursor, asked, now, signal))
    return page ? { kind: 'page', page } : { kind: 'expired' }
  }
  const segment = await readSegment(store, workspace, asked.segmentId)
  const newest = segment?.versions[0]
  if (!newest) return { kind: 'no-such-segment' }
  for (;;) {
    const outcome = await evaluateSegment(store, workspace, { expression: newest.expression }, signal)
    if (outcome.kind === 'refused') return outcome
    const { evaluation } = outcome
    const { tables } = await tablesAt(store, workspace, evaluation.asOf, signal)
    const { columns } = asked
    const known = [...kept.values()].find(
      (one) => one.of === evaluation.memberKeys && one.columns.join() === columns.join(),
    )
    const snapshot = known ?? begin(workspace, kept, evaluation, { tables, columns, now })
    await dropOld(engine, kept, now)
    const from = { segmentId: asked.segmentId, version: newest.version, after: 0 }
    const page = await pageOf(engine, snapshot, from, asked, now, signal)
    if (page) return { kind: 'page', page }
  }
}

/** Takes away what is set down of a workspace's members, after a member was deleted. */
export async function dropSnapshots({ engine }: Workspace): Promise<void> {
  const kept = snapshotsOf.get(engine)
  for (const snapshot of kept?.values() ?? []) await drop(engine, kept!, snapshot)
}

function begin(
  workspace: Workspace,
  kept: Map<string, Snapshot>,
  evaluation: Evaluation,
  { tables, columns, now }: { tables: DerivedTables; columns: readonly SegmentColumn[]; now: number },
): Snapshot {
  const { memberKeys, expression, asOf, dataVersion } = evaluation
  const { engine } = workspace
  const id = randomUUID()
  const table = name(`scratch.main.snapshot_${id.replaceAll('-', '_')}`)
  // asked of the newest day, the only one that pages are made of
  const told = memberRows(
    columns,
    {
      asOf,
      newest: true,
      tables,
      memberKeys,
      unmasked: false,
      first: [
        sql`row_number() over (order by members.member_id) as place`,
        sql`members.member_id as listed_id`,
      ],
    },
    workspace,
  )
  const filled = engine.scratch(async (session) => {
    const [state] = await session.rows(sql`select data_version from workspace_state`)
    if (Number(state!.dataVersion) !== dataVersion) return null // the data moved in between
    await session.run(sql`create table ${table} as ${told}`)
    const [row] = await session.rows(sql`select count(*) as n from ${table}`)
    return Number(row!.n)
  })
  const snapshot: Snapshot = {
    id,
    of: memberKeys,
    columns,
    table,
    filled,
    expression,
    asOf,
    dataVersion,
    readers: new Set(),
    reading: 0,
    usedAt: now,
  }
  kept.set(id, snapshot)
  const forget = () => kept.delete(id)
  filled.then((members) => members ?? forget(), forget)
  return snapshot
}

/** Null: the data had moved before the snapshot was made. */
async function pageOf(
  engine: Engine,
  snapshot: Snapshot,
  { segmentId, version, after }: { segmentId: string; version: number; after: number },
  { limit, reader }: { limit: number; reader: string },
  now: number,
  signal: AbortSignal | undefined,
): Promise<SnapshotPage | null> {
  const { id, columns, table, filled, expression, asOf, dataVersion, readers } = snapshot
  snapshot.reading++
  snapshot.usedAt = now
  try {
    const members = await filled
    if (members === null) return null
    const rows = await engine.rows(
      sql`select * from ${table} where place > ${after} order by place limit ${limit}`,
      { signal },
    )
    const isNew = !readers.has(reader)
    readers.add(reader)
    const end = after + rows.length
    const cursor = { snapshot: id, segmentId, version, after: end }
    return {
      segmentId,
      version,
      expression,
      asOf,
      dataVersion,
      members,
      items: rows.map((row) => ({
        memberId: String(row.listedId),
        ...Object.fromEntries(columns.map((column) => [column, row[camelCase(column)]])),
      })),
      nextCursor: end < members ? Buffer.from(JSON.stringify(cursor)).toString('base64url') : null,
      expiresAt: new Date(now + keptForMs).toISOString(),
      isNew,
    }
  } finally {
    snapshot.reading--
  }
}

async function dropOld(engine: Engine, kept: Map<string, Snapshot>, now: number): Promise<void> {
  const idle = [...kept.values()]
    .filter(({ reading }) => reading === 0)
    .toSorted((a, b) => a.usedAt - b.usedAt)
  for (const snapshot of idle)
    if (now - snapshot.usedAt >= keptForMs || kept.size > mostKept) await drop(engine, kept, snapshot)
}

async function drop(engine: Engine, kept: Map<string, Snapshot>, snapshot: Snapshot): Promise<void> {
  kept.delete(snapshot.id)
  await snapshot.filled.catch(() => null)
  await engine.scratch((session) => session.run(sql`drop table if exists ${snapshot.table}`))
}

function readCursor(text: string): z.output<typeof Cursor> | null {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
  } catch {
    return null // not one of ours
  }
}
