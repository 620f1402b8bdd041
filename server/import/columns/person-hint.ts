import { dateOrderOf } from '../values/dates.ts'
import { type PersonValue, personValues } from './fields.ts'
import type { Mapping, Sample } from './mapping.ts'
import { isNumber } from '../values/numbers.ts'
import { isMaskedText } from '../values/person-values.ts'

/** In the sample the members' column has another value for every order; `other`: a column that may tell people apart. */
export interface PersonHint {
  readonly header: string
  readonly other: string | null
  /** What `other` is read as already: without a member's number it tells who people are. */
  readonly otherIs: PersonValue | null
}

/** Fewer orders than these may well all be by different people. */
const enoughOrders = 50
/** Fewer do where a phone or the like comes back beside numbers that do not. */
const enoughBeside = 10

/**
 * Some exports number the customer anew with every order and keep the person in another column: read like
 * that, nobody ever comes back. Null where somebody does, and where orders are few.
 */
export function personHint({ headers, records }: Sample, { columns }: Mapping): PersonHint | null {
  const { memberId, orderId } = columns
  if (memberId === undefined) return null
  const valuesOf = (position: number) => records.map((record) => (record[position] ?? '').trim())
  const orders = orderId === undefined ? records.map((_, row) => String(row)) : valuesOf(orderId)
  /** How many values a column has, and in how many orders one comes back. */
  const repeats = (position: number) => {
    const ordersOf = new Map<string, Set<string>>()
    let filled = 0
    for (const [row, value] of valuesOf(position).entries()) {
      if (value === '') continue
      filled++
      ordersOf.set(value, (ordersOf.get(value) ?? new Set()).add(orders[row]!))
    }
    const again = [...ordersOf.values()].reduce((sum, { size }) => sum + size - 1, 0)
    return { again, distinct: ordersOf.size, filled }
  }
  const members = repeats(memberId)
  if (members.again > 0 || members.distinct < enoughBeside) return null
  const header = headers[memberId]!
  // What a person has is one's own, whatever else comes back.
  for (const kind of personValues) {
    const position = columns[kind]
    if (position === undefined || position === memberId) continue
    const { again } = repeats(position)
    // two members may well share one
    if (again < 2 || again * 10 < members.distinct) continue
    const values = valuesOf(position).filter((value) => value !== '')
    // a masked one finds nobody
    if (values.filter((value) => isMaskedText(value)).length * 2 < values.length)
      return { header, other: headers[position]!, otherIs: kind }
  }
  if (members.distinct < enoughOrders) return null
  const taken = new Set(Object.values(columns))
  const others = headers
    .map((name, position) => ({ name, position, ...repeats(position) }))
    .filter(
      ({ position, again, distinct, filled }) =>
        !taken.has(position) &&
        again > 0 &&
        // a person buys a few times; a city, a store or a status is shared by many
        distinct * 10 >= members.distinct &&
        filled * 10 >= records.length * 9 &&
        looksLikeKey(valuesOf(position)),
    )
    .toSorted((a, b) => b.distinct - a.distinct)
  return { header, other: others[0]?.name ?? null, otherIs: null }
}

/** Neither dates nor amounts. */
export function looksLikeKey(values: readonly string[]): boolean {
  const some = values.filter((value) => value !== '').slice(0, 200)
  const dates = dateOrderOf(some)
  const amounts = some.filter((value) => isNumber(value) && /[.,]\d{1,2}$/.test(value))
  return (dates === null || dates.share < 0.5) && amounts.length * 2 < some.length
}
