import { endOfMonth } from '../calendar/calendar.ts'
import type { Scope } from './scope.ts'

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** What of a scope restricts which orders count. */
type OrderFilter = 'stores' | 'channels' | 'categories'

/**
 * In the segment language: has at least so many counted orders between two days, inclusive, with the
 * question's own stores, channels and categories.
 */
export function boughtBetween(
  scope: Pick<Scope, OrderFilter>,
  from: string,
  to: string,
  atLeast = 1,
): string {
  return `orders(${[...places(scope), `between ${from} and ${to}`].join(', ')}) >= ${atLeast}`
}

/** In the segment language: counted orders, in the question's own stores, channels and categories, that meet the conditions. */
export const countedOrdersSaid = (
  scope: Pick<Scope, OrderFilter>,
  ...conditions: readonly string[]
): string => {
  const all = [...conditions, ...places(scope)]
  return all.length === 0 ? 'orders' : `orders(${all.join(', ')})`
}

/** In the segment language: a field or a condition has this text. */
export const isText = (field: string, text: string): string => `${field} = ${quoted(text)}`

const places = ({ stores, channels, categories }: Pick<Scope, OrderFilter>): string[] =>
  Object.entries({ store: stores, channel: channels, category: categories }).flatMap(([field, values]) =>
    values ? [`${field} in (${values.map(quoted).join(', ')})`] : [],
  )

/**
 * In the segment language: came back from the n-th purchase day to the next within so many days, the n-th
 * being on or before a day, the next with an order in the question's own stores, channels and categories.
 */
export function cameBack(
  scope: Pick<Scope, OrderFilter>,
  n: number,
  withinDays: number,
  onOrBefore: string,
): string {
  const there = places(scope)
  return [
    `orders(purchase_day = ${n}, day <= ${onOrBefore}) >= 1`,
    `orders(purchase_day = ${n + 1}, days_after_previous <= ${withinDays}) >= 1`,
    ...(there.length === 0 ? [] : [`orders(${[`purchase_day = ${n + 1}`, ...there].join(', ')}) >= 1`]),
  ].join(' and ')
}

/** In the segment language: the members of a monthly cohort, by its first day. */
export const inMonthlyCohort = (month: string): string =>
  `first_order between ${month} and ${endOfMonth(month)}`
