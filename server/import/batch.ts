import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { MapOverrides } from './mapping.ts'
import type { Receipt } from './receipt.ts'
import type { Refusal } from './refusal.ts'
import { hasEnded, importRuns } from './runs.ts'

/** An order as a shop's system sends it. Money in minor units, instants as ISO text with their zone. */
export interface SentOrder {
  readonly orderId: string
  readonly memberId?: string | undefined
  readonly orderedAt: string
  readonly state?: 'paid' | 'unpaid' | 'closed' | undefined
  readonly store?: string | undefined
  readonly channel?: string | undefined
  readonly region?: string | undefined
  /** The whole order as charged; without it, the sum of its lines. */
  readonly amountMinor?: number | undefined
  readonly refundedMinor?: number | undefined
  readonly refundedAt?: string | undefined
  readonly lines?: readonly SentLine[] | undefined
}
export interface SentLine {
  readonly sku?: string | undefined
  readonly product?: string | undefined
  readonly category?: string | undefined
  readonly quantity?: number | undefined
  readonly amountMinor: number
}

/** What became of a batch: rows are order lines. */
export interface BatchAnswer {
  readonly importId: string | null
  readonly read: number
  readonly imported: number
  readonly unchanged: number
  readonly refused: number
}

export type BatchOutcome =
  | { readonly kind: 'taken'; readonly answer: BatchAnswer }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** How long a batch waits for another import of its workspace. */
const patienceMs = 20_000
const pollMs = 50

/**
 * Takes orders in as an import of its own, which can be undone like a file's. The same key with the same
 * orders gets the first answer again; orders that are there already change nothing in any case.
 */
export async function takeOrders(
  platform: Platform,
  workspace: Workspace,
  batch: { key: string; orders: readonly SentOrder[]; actor: string; name: string },
): Promise<BatchOutcome> {
  const { store, clock } = platform
  const fingerprint = createHash('sha256').update(JSON.stringify(batch.orders)).digest('base64url')
  const until = performance.now() + patienceMs
  const runs = importRuns(platform)
  for (;;) {
    const before = await store
      .selectFrom('order_batches')
      .select(['fingerprint', 'answer'])
      .where('workspace_id', '=', workspace.id)
      .where('key', '=', batch.key)
      .executeTakeFirst()
    if (before)
      return before.fingerprint === fingerprint
        ? { kind: 'taken', answer: JSON.parse(before.answer) as BatchAnswer }
        : { kind: 'key-reused' }
    if (!runs.current(workspace.id)) {
      const receipt = await importedBatch(platform, workspace, batch)
      if (receipt !== 'busy') {
        if ('id' in receipt) return { kind: 'refused', refusal: receipt }
        const { importId, read, imported, unchanged, refused } = receipt
        const answer = { importId, read, imported, unchanged, refused }
        await store
          .insertInto('order_batches')
          .values({
            workspace_id: workspace.id,
            key: batch.key,
            fingerprint,
            answer: JSON.stringify(answer),
            at: clock.now().toISOString(),
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        return { kind: 'taken', answer }
      }
    }
    if (performance.now() > until) return { kind: 'busy' }
    await pause(pollMs)
  }
}

async function importedBatch(
  platform: Platform,
  workspace: Workspace,
  { orders, actor, name }: { orders: readonly SentOrder[]; actor: string; name: string },
): Promise<Receipt | Refusal | 'busy'> {
  const runs = importRuns(platform)
  const folder = join(runs.temporaryFolder, randomUUID())
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'orders.jsonl')
  try {
    writeFileSync(path, rowsOf(orders, decimalsOf(workspace.currency)), { mode: 0o600 })
    const started = await runs.start(workspace, {
      path,
      fileName: name,
      map: canonical,
      dryRun: false,
      replace: false,
      language: 'en',
      actor,
    })
    if (started.kind === 'refused') return started.id === 'import-running' ? 'busy' : started
    for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal))
      if (hasEnded(state)) {
        if (state.receipt) return state.receipt
        if (state.refusal) return state.refusal
        throw new Error(`A batch of orders was ${state.phase}.`)
      }
    throw new Error('The import of a batch was forgotten.')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const columns = [
  'orderId',
  'memberId',
  'orderedAt',
  'state',
  'store',
  'channel',
  'region',
  'orderTotal',
  'refundAmount',
  'refundedAt',
  'sku',
  'product',
  'category',
  'quantity',
  'amount',
] as const

/** Every column stands in every row, so that one mapping reads any batch. */
const canonical: MapOverrides = {
  columns: {
    ...Object.fromEntries(columns.map((column) => [column, column])),
    unitPrice: null,
    paidAt: null,
    listPrice: null,
    discount: null,
    currency: null,
    cancelled: null,
    refundsOrderId: null,
  },
  dates: 'year-first',
  decimalMark: '.',
  timeZone: 'UTC',
}

function rowsOf(orders: readonly SentOrder[], decimals: number): string {
  const money = (minor: number | undefined) => (minor === undefined ? '' : decimalText(minor, decimals))
  const rows = orders.flatMap(({ lines = [], ...order }) => {
    const whole = {
      orderId: order.orderId,
      memberId: order.memberId ?? '',
      orderedAt: order.orderedAt,
      state: order.state ?? 'paid',
      store: order.store ?? '',
      channel: order.channel ?? '',
      region: order.region ?? '',
      orderTotal: money(order.amountMinor),
      refundAmount: money(order.refundedMinor),
      refundedAt: order.refundedAt ?? '',
    }
    const none = { sku: '', product: '', category: '', quantity: '', amount: money(order.amountMinor) }
    if (lines.length === 0) return [{ ...whole, ...none }]
    return lines.map(({ amountMinor, ...line }, i) => ({
      ...whole,
      // Of the order, not of each line.
      refundAmount: i === 0 ? whole.refundAmount : '',
      sku: line.sku ?? '',
      product: line.product ?? '',
      category: line.category ?? '',
      quantity: line.quantity === undefined ? '' : String(line.quantity),
      amount: money(amountMinor),
    }))
  })
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

/** Minor units as an exact decimal number. */
function decimalText(minor: number, decimals: number): string {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0')
  const sign = minor < 0 ? '-' : ''
  return decimals === 0
    ? `${sign}${digits}`
    : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
