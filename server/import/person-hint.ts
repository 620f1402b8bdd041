import { dateOrderOf } from './dates.ts'
import type { Mapping, Sample } from './mapping.ts'
import { isNumber } from './numbers.ts'

/** In the sample the members' column has another value for every order; `other`: a column that may tell people apart. */
export interface PersonHint {
  readonly header: string
  readonly other: string | null
}

/** Fewer orders than these may well all be by different people. */
const enoughOrders = 50

/**
 * Some exports number the customer anew with every order and keep the person in another column: read like
 * that, nobody ever comes back. Null where somebody does, and where orders are few.
 */
export function personHint({ headers, records }: Sample, { columns }: Mapping): PersonHint | null {
  const { memberId, orderId } = columns
  if (memberId === undefined) return null
  const valuesOf = (position: number) => records.map((record) => (record[position] ?? '').trim())
  const orders = orderId === undefined ? records.map((_, row) => String(row)) : valuesOf(orderId)
  const repeats = (position: number) => {
    const firstOrder = new Map<string, string>()
    let filled = 0
    let again = false
    for (const [row, value] of valuesOf(position).entries()) {
      if (value === '') continue
      filled++
      const known = firstOrder.get(value)
      if (known === undefined) firstOrder.set(value, orders[row]!)
      else if (known !== orders[row]) again = true
    }
    return { again, distinct: firstOrder.size, filled }
  }
  const members = repeats(memberId)
  if (members.again || members.distinct < enoughOrders) return null
  const taken = new Set(Object.values(columns))
  const others = headers
    .map((header, position) => ({ header, position, ...repeats(position) }))
    .filter(
      ({ position, again, distinct, filled }) =>
        !taken.has(position) &&
        again &&
        // a person buys a few times; a city, a store or a status is shared by many
        distinct * 10 >= members.distinct &&
        filled * 10 >= records.length * 9 &&
        looksLikeKey(valuesOf(position)),
    )
    .toSorted((a, b) => b.distinct - a.distinct)
  return { header: headers[memberId]!, other: others[0]?.header ?? null }
}

/** Neither dates nor amounts. */
export function looksLikeKey(values: readonly string[]): boolean {
  const some = values.filter((value) => value !== '').slice(0, 200)
  const dates = dateOrderOf(some)
  const amounts = some.filter((value) => isNumber(value) && /[.,]\d{1,2}$/.test(value))
  return (dates === null || dates.share < 0.5) && amounts.length * 2 < some.length
}
