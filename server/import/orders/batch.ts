import { createHash, createHmac, randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import type { Platform } from '../../platform.ts'
import type { StoreSchema } from '../../store/schema.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { decimalsOf } from '../../messages/money.ts'
import { rowsAsSent } from '../refused/malformed-items.ts'
import type { MapOverrides } from '../columns/mapping.ts'
import type { DoubtfulValue } from '../members/doubts.ts'
import type { RowReason } from '../values/normalise.ts'
import type { Refusal } from '../refusal.ts'
import type { JudgedRow } from '../refused/refused.ts'
import { hasEnded } from '../run-state.ts'
import { importRuns } from '../runs.ts'

/** What a shop's system sent, as rows of a file whose columns are all named, and the mapping that reads them. */
export interface SentRows {
  readonly map: MapOverrides
  readonly rows: readonly Readonly<Record<string, string>>[]
  /** Which of the sent items a row is of. */
  readonly indexOf: (row: number) => number | null
  /** Names of what was sent, where a field is called otherwise. */
  readonly sentAs: Readonly<Record<string, string>>
  /** Columns that each line of an item has, not the item. */
  readonly lineColumns?: readonly string[]
}

/** A batch as it came. */
export interface Batch {
  readonly key: string
  /** What the key stands for: the same key with another body is refused. */
  readonly body: unknown
  readonly sent: SentRows
  /** What was sent besides and is no item of its kind: its sender is told, the history counts it in so many rows. */
  readonly malformed: {
    readonly rows: number
    readonly items: readonly {
      readonly index: number
      readonly field: string | null
      readonly item: unknown
    }[]
  }
  /** Who sent it, for the audit. */
  readonly actor: string
  /** What the history calls it. */
  readonly name: string
  /** Written together with its answer, once: what else follows from what was taken. */
  readonly onTaken?: (tx: Transaction<StoreSchema>, answer: BatchAnswer) => Promise<void>
}

/** What became of a batch. A refused item is named by its place among those sent, from 0, and never by its content. */
export interface BatchAnswer {
  readonly importId: string | null
  readonly read: number
  readonly imported: number
  readonly unchanged: number
  readonly refused: number
  readonly refusedRows: readonly RefusedItem[]
  readonly warnings: readonly DoubtfulItem[]
}
/** An item that was taken, of which a value is not as it should be. */
export interface DoubtfulItem {
  readonly index: number
  readonly field: string
  readonly doubt: DoubtfulValue['doubt']
}
export interface RefusedItem {
  readonly index: number
  readonly reason: RowReason
  readonly field: string | null
}

export type BatchOutcome =
  | { readonly kind: 'taken'; readonly answer: BatchAnswer }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'busy' }
  /** Not one of its items is of its kind. */
  | { readonly kind: 'nothing-fits' }
  /** Nothing of it was taken; `refusedRows` where it was read at all. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly refusedRows: readonly RefusedItem[] }

/** How long a batch waits for another import of its workspace. */
const patienceMs = 20_000
const pollMs = 50

/** Keys whose batch is being taken: whoever asks with one of them again waits for its answer. */
const underWay = new Set<string>()

/**
 * Takes a batch in as an import of its own, which can be undone like a file's. The same key with the same
 * body gets the first answer again; what is there already changes nothing in any case. Of key and body
 * only digests are kept.
 */
export async function takeBatch(
  platform: Platform,
  workspace: Workspace,
  batch: Batch,
): Promise<BatchOutcome> {
  const key = createHash('sha256').update(batch.key).digest('base64url')
  // Keyed with what is not kept: no guess at the body can be tried on it.
  const fingerprint = createHmac('sha256', batch.key).update(JSON.stringify(batch.body)).digest('base64url')
  // Before keys were kept as digests, of orders alone.
  const fingerprintBefore = createHash('sha256').update(JSON.stringify(batch.body)).digest('base64url')
  const until = performance.now() + patienceMs
  const runs = importRuns(platform)
  const holds = `${workspace.id} ${key}`
  for (;;) {
    if (!underWay.has(holds)) {
      underWay.add(holds)
      try {
        const before = await answered(platform, workspace, key)
        if (before)
          return [fingerprint, fingerprintBefore].includes(before.fingerprint)
            ? { kind: 'taken', answer: answerOf(before.answer) }
            : { kind: 'key-reused' }
        if (batch.sent.rows.length === 0) return { kind: 'nothing-fits' }
        if (!runs.current(workspace.id)) {
          const outcome = await imported(platform, workspace, batch)
          if (outcome === 'busy') continue
          if (outcome.kind === 'taken')
            await platform.store.transaction().execute(async (tx) => {
              await batch.onTaken?.(tx, outcome.answer)
              await tx
                .insertInto('order_batches')
                .values({
                  workspace_id: workspace.id,
                  key,
                  fingerprint,
                  answer: JSON.stringify(outcome.answer),
                  at: platform.clock.now().toISOString(),
                })
                .execute()
            })
          return outcome
        }
      } finally {
        underWay.delete(holds)
      }
    }
    if (performance.now() > until) return { kind: 'busy' }
    await pause(pollMs)
  }
}

const answered = ({ store }: Platform, workspace: Workspace, key: string) =>
  store
    .selectFrom('order_batches')
    .select(['fingerprint', 'answer'])
    .where('workspace_id', '=', workspace.id)
    .where('key', '=', key)
    .executeTakeFirst()

/** Answers from before refused items and warnings were named have none. */
const answerOf = (kept: string): BatchAnswer => {
  const answer = JSON.parse(kept) as Omit<BatchAnswer, 'refusedRows' | 'warnings'> & Partial<BatchAnswer>
  return { ...answer, refusedRows: answer.refusedRows ?? [], warnings: answer.warnings ?? [] }
}

async function imported(
  platform: Platform,
  workspace: Workspace,
  { sent, malformed, actor, name }: Batch,
): Promise<Extract<BatchOutcome, { kind: 'taken' | 'refused' }> | 'busy'> {
  const runs = importRuns(platform)
  const folder = join(runs.temporaryFolder, randomUUID())
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'batch.jsonl')
  const refusedRows: RefusedItem[] = []
  const warnings: DoubtfulItem[] = []
  const onRefused = (rows: readonly JudgedRow[]) => {
    for (const { line, reason, field } of rows) {
      const index = sent.indexOf(line - 1)
      if (index !== null)
        refusedRows.push({ index, reason, field: field === null ? null : (sent.sentAs[field] ?? field) })
    }
  }
  try {
    writeFileSync(path, sent.rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 })
    const started = await runs.start(workspace, {
      path,
      fileName: name,
      map: sent.map,
      dryRun: false,
      replace: false,
      language: 'en',
      actor,
      onRefused,
      onDoubtful: (values) => {
        for (const { line, ...value } of values) {
          const index = sent.indexOf(line - 1)
          if (index !== null) warnings.push({ index, ...value })
        }
      },
      malformed: malformed.rows,
      items: {
        indexOf: (line) => sent.indexOf(line - 1),
        malformed: malformed.items.map(({ index, field, item }) => ({
          index,
          field,
          rows: rowsAsSent(item, sent, decimalsOf(workspace.currency)),
        })),
      },
    })
    if (started.kind === 'refused')
      return started.id === 'import-running' ? 'busy' : { kind: 'refused', refusal: started, refusedRows }
    for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal)) {
      if (!hasEnded(state)) continue
      const receipt = state.receipt ?? state.membersReceipt ?? state.kindReceipt
      if (receipt) {
        const { importId, read, imported, unchanged, refused } = receipt
        return {
          kind: 'taken',
          answer: { importId, read, imported, unchanged, refused, refusedRows, warnings },
        }
      }
      if (state.refusal) return { kind: 'refused', refusal: state.refusal, refusedRows }
      throw new Error(`A batch was ${state.phase}.`)
    }
    throw new Error('The import of a batch was forgotten.')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
