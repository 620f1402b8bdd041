import { type FieldName, fields } from './fields.ts'
import type { Column } from './column-guesses.ts'
import type { Sample } from './mapping.ts'
import type { AnyField } from '../import-kinds.ts'

/** Of this share of its values a column is of a type, whatever its name. */
export const sure = 0.9

export const amountFields = ['amount', 'orderTotal', 'unitPrice'] as const satisfies FieldName[]
export const isAmount = (field: FieldName): boolean => (amountFields as readonly FieldName[]).includes(field)

/** Fields with their columns by position, and how sure that is. */
export type Assigned = Map<FieldName, { position: number; confidence: number }>

/**
 * An amount that repeats on all rows of an order, or stands on the first alone, is the order's total.
 * What a platform is known to write as a total is none where rows of an order have amounts of their own.
 * Beside an amount a unit price is not needed, but is kept when the amount is the order's.
 */
export function settleAmounts(
  assigned: Assigned,
  sample: Sample,
  chosen: ReadonlyMap<AnyField, number>,
  byPreset: boolean,
  amountsByRow: boolean,
): void {
  const order = assigned.get('orderId')
  const total = assigned.get('orderTotal')
  if (byPreset && order && total && !assigned.has('amount') && !assigned.has('unitPrice')) {
    if (withinOrders(sample, order.position, total.position) === 'own') {
      assigned.delete('orderTotal')
      assigned.set('amount', total)
    }
    return
  }
  const amount = assigned.get('amount')
  if (!amount) return
  const repeated = sample.ofOrders?.includes(amount.position)
    ? 'alike'
    : order && !amountsByRow
      ? withinOrders(sample, order.position, amount.position)
      : null
  if (!total && (repeated === 'first' || (repeated === 'alike' && !chosen.has('amount')))) {
    assigned.delete('amount')
    assigned.set('orderTotal', amount)
  } else if (!chosen.has('unitPrice')) assigned.delete('unitPrice')
}

/** Stored value counts beside the amount only where that is without it: with both no order exceeds its total. */
export function settleBalance(
  assigned: Assigned,
  { records }: Sample,
  charged: readonly (readonly number[])[],
  leftOut: Set<AnyField>,
): void {
  const balance = assigned.get('balancePaid')
  const paid = assigned.get('orderTotal') ?? assigned.get('amount')
  const whole = charged.find((sum) => sum.length === 1)?.[0]
  if (!balance || !paid || whole === undefined) return
  const valueOf = (record: readonly string[], position: number) =>
    Number((record[position] ?? '').replace(/[^\d.-]/g, ''))
  const used = records.filter((record) => valueOf(record, balance.position) > 0)
  const within = used.filter(
    (record) =>
      valueOf(record, paid.position) + valueOf(record, balance.position) > valueOf(record, whole) + 0.005,
  )
  if (within.length * 2 <= used.length) return
  assigned.delete('balancePaid')
  leftOut.add('balancePaid')
}

/** Shipping counts beside the price of a row: amounts hold it, and one that all rows of an order repeat is the whole order's. */
export function settleShipping(
  assigned: Assigned,
  sample: Sample,
  chosen: ReadonlyMap<AnyField, number>,
): void {
  const shipping = assigned.get('shipping')
  if (!shipping || chosen.has('shipping')) return
  const order = assigned.get('orderId')
  const ofRows = assigned.has('unitPrice') && !assigned.has('amount') && !assigned.has('orderTotal')
  const repeated =
    sample.ofOrders?.includes(shipping.position) ||
    (order && withinOrders(sample, order.position, shipping.position) === 'alike')
  if (!ofRows || repeated) assigned.delete('shipping')
}

/** A column of times is read beside one of days; where that has its own times, it is not. */
export function settleTimeOfDay(
  assigned: Assigned,
  columns: readonly Column[],
  chosen: ReadonlyMap<AnyField, number>,
): void {
  const day = assigned.get('orderedAt')
  if (chosen.has('timeOfDay') || !assigned.has('timeOfDay')) return
  if (!day || columns[day.position]!.values.some((value) => /\d:\d/.test(value))) assigned.delete('timeOfDay')
}

/** What an amount beside refunds can be compared with: as was said, as the platform has it, or as a header names it. */
export function settleCharged(
  assigned: Assigned,
  columns: readonly Column[],
  leftOut: ReadonlySet<AnyField>,
  known: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  if (!assigned.has('refundAmount')) {
    assigned.delete('chargedTotal')
    return []
  }
  const said = assigned.get('chargedTotal')
  if (said) return [[said.position]]
  if (leftOut.has('chargedTotal')) return []
  const amount = assigned.get('orderTotal') ?? assigned.get('amount')
  const compared = known.filter((sum) => !sum.includes(amount?.position ?? -1))
  if (compared.length > 0 || !amount) return compared
  const taken = new Set([...assigned.values()].map(({ position }) => position))
  const aliases: readonly string[] = fields.chargedTotal.aliases
  const named = columns
    .filter(
      ({ position, plain, numeric }) => !taken.has(position) && aliases.includes(plain) && numeric >= sure,
    )
    .sort((a, b) => aliases.indexOf(a.plain) - aliases.indexOf(b.plain))
  const [first] = named
  if (!first) return []
  assigned.set('chargedTotal', { position: first.position, confidence: 0.8 })
  return [[first.position]]
}

/**
 * Looks at neighbouring rows of one order. `alike`: on three orders or more, and on all, the value
 * stands on the first row alone or is the same on all; `first`: it stands on first rows alone; `own`: on
 * some orders each row has another.
 */
function withinOrders(
  { records }: Sample,
  idColumn: number,
  position: number,
): 'first' | 'alike' | 'own' | null {
  let groups = 0
  let alone = 0
  let alike = 0
  let own = 0
  for (let i = 0; i < records.length;) {
    const id = records[i]![idColumn]
    let end = i + 1
    while (end < records.length && records[end]![idColumn] === id) end++
    const [first, ...others] = records.slice(i, end).map((record) => (record[position] ?? '').trim())
    i = end
    if (others.length === 0 || id === '') continue
    groups++
    if (first !== '' && others.every((value) => value === '')) alone++
    else if (first !== '' && others.every((value) => value === '' || value === first)) alike++
    else if (first !== '' && others.some((value) => value !== '' && value !== first)) own++
  }
  if (groups > 0 && alone === groups) return 'first'
  if (own > 0) return 'own'
  return groups >= 3 && alone + alike === groups ? 'alike' : null
}
