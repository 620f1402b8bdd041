import { decimalText } from '../../messages/money.ts'
import type { SentRows } from './batch.ts'
import type { MapOverrides } from '../columns/mapping.ts'

/** An order as a shop's system sends it. Money in minor units, instants as ISO text with their zone. */
export interface SentOrder {
  readonly orderId: string
  readonly memberId?: string | undefined
  readonly phone?: string | undefined
  readonly openid?: string | undefined
  readonly email?: string | undefined
  readonly orderedAt: string
  readonly state?: 'paid' | 'unpaid' | 'closed' | undefined
  readonly currency?: string | undefined
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

/** Whether an order was cancelled, or all of it was given back: what was charged, or its lines that are not. */
export function isTakenBack({ state, amountMinor, refundedMinor = 0, lines = [] }: SentOrder): boolean {
  if (state === 'closed') return true
  if (state === 'unpaid') return false
  const amounts = amountMinor === undefined ? lines.map((line) => line.amountMinor) : [amountMinor]
  const leftMinor = amounts.reduce((sum, amount) => sum + amount, -refundedMinor)
  return leftMinor <= 0 && (refundedMinor > 0 || amounts.some((amount) => amount < 0))
}

/** The orders of a batch as rows: one of each line, or of an order without lines. Amounts in minor units have `decimals` digits. */
export function orderRows(orders: readonly SentOrder[], decimals: number): SentRows {
  const rows = orders.flatMap((order, index) => rowsOf(order, decimals).map((row) => ({ index, row })))
  return {
    map: canonical,
    rows: rows.map(({ row }) => row),
    indexOf: (row) => rows[row]?.index ?? null,
    lineColumns: ['sku', 'product', 'category', 'quantity', 'amount'],
    sentAs: {
      orderTotal: 'amountMinor',
      amount: 'amountMinor',
      refundAmount: 'refundedMinor',
    },
  }
}

const columns = [
  'orderId',
  'memberId',
  'phone',
  'openid',
  'email',
  'orderedAt',
  'state',
  'currency',
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
    cancelled: null,
    refundsOrderId: null,
  },
  dates: 'year-first',
  decimalMark: '.',
  timeZone: 'UTC',
}

function rowsOf({ lines = [], ...order }: SentOrder, decimals: number): Record<string, string>[] {
  const money = (minor: number | undefined) => (minor === undefined ? '' : decimalText(minor, decimals))
  const whole = {
    orderId: order.orderId,
    memberId: order.memberId ?? '',
    phone: order.phone ?? '',
    openid: order.openid ?? '',
    email: order.email ?? '',
    orderedAt: order.orderedAt,
    state: order.state ?? 'paid',
    currency: order.currency ?? '',
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
}
