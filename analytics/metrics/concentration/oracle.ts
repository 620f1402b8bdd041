import { inPlace, isAsked, netEvents, qualifyingOrders, type Question, sum } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** What each asked buyer brought, the biggest first, less than nothing as nothing. */
export function amounts(shop: PlainShop, question: Question): number[] {
  const buyers = new Set(
    qualifyingOrders(shop, question.asOf)
      .filter((order) => isAsked(question, order.member) && inPlace(question, order))
      .flatMap(({ member }) => member ?? []),
  )
  const events = netEvents(shop, question.asOf).filter((event) => inPlace(question, event))
  return [...buyers]
    .map((buyer) => Math.max(0, sum(events.filter(({ member }) => member === buyer).map(({ net }) => net))))
    .toSorted((a, b) => b - a)
}

/** The Gini coefficient as half the mean difference between two of them, over the mean. */
export function giniOf(values: readonly number[]): number | null {
  const whole = sum(values)
  if (whole === 0) return null
  const differences = sum(values.flatMap((one) => values.map((other) => Math.abs(one - other))))
  return differences / (2 * values.length * whole)
}
