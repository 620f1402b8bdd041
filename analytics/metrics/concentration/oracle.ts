import { inPlace, isAsked, netEvents, qualifyingOrders, type Question, sum } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** What each asked buyer brought, the biggest first, less than nothing as nothing. */
function amounts(shop: PlainShop, question: Question): number[] {
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
function giniOf(values: readonly number[]): number | null {
  const whole = sum(values)
  if (whole === 0) return null
  const differences = sum(values.flatMap((one) => values.map((other) => Math.abs(one - other))))
  return differences / (2 * values.length * whole)
}

/** What the room answers, by sorting and adding up. */
export function concentrationOracle(shop: PlainShop, question: Question) {
  const sorted = amounts(shop, question)
  if (sorted.length === 0) return []
  const whole = sum(sorted)
  const first = (members: number) => ({
    members,
    netMinor: sum(sorted.slice(0, members)),
    atLeastMinor: sorted[members - 1]!,
    whole,
  })
  const fewest = (percent: number) =>
    sorted.findIndex((_, at) => 100 * sum(sorted.slice(0, at + 1)) >= percent * whole) + 1
  return [
    { kind: 'all', percent: 100, ...first(sorted.length), gini: giniOf(sorted) },
    ...(whole === 0 ? [] : [20, 40, 50, 60, 80, 90]).map((percent) => ({
      kind: 'part',
      percent,
      ...first(fewest(percent)),
      gini: null,
    })),
    ...[1, 2, ...Array.from({ length: 20 }, (_, i) => 5 * (i + 1))].map((percent) => ({
      kind: 'top',
      percent,
      ...first(Math.floor((sorted.length * percent + 99) / 100)),
      gini: null,
    })),
  ]
}
