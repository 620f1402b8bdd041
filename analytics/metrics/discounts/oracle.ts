import { daysBetween } from '../../calendar/calendar.ts'
import { inPlace, isAsked, qualifyingOrders, type Question } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Every member's habit, and what followed the first purchase day, told one by one: how many of each. */
export function discountsOracle(
  shop: PlainShop,
  question: Question,
  leastOrders: number,
  withinDays: number,
): Record<string, number> {
  const counts: Record<string, number> = {}
  const count = (what: string) => (counts[what] = (counts[what] ?? 0) + 1)
  const all = qualifyingOrders(shop, question.asOf).filter(
    (order) => order.member !== null && isAsked(question, order.member),
  )
  for (const member of new Set(all.map((order) => order.member))) {
    const own = all.filter((order) => order.member === member)
    const days = [...new Set(own.map(({ day }) => day))]
    const there = own.filter((order) => inPlace(question, order))
    const known = there.filter(({ discounted }) => discounted !== undefined)
    const cheap = known.filter(({ discounted }) => discounted).length
    if (known.length >= leastOrders) {
      const ratio = cheap / known.length
      count(
        cheap === 0
          ? 'never'
          : cheap === known.length
            ? 'always'
            : ratio <= 1 / 3 + 1e-12
              ? 'up to a third'
              : ratio <= 2 / 3 + 1e-12
                ? 'up to two thirds'
                : 'more',
      )
    }
    const first = there.filter(({ day }) => day === days[0])
    if (first.every(({ discounted }) => discounted === undefined)) continue
    if (daysBetween(days[0]!, question.asOf) < withinDays) continue
    const second = there.filter(({ day }) => day === days[1])
    const inTime = second.length > 0 && daysBetween(days[0]!, days[1]!) <= withinDays
    if (inTime && second.every(({ discounted }) => discounted === undefined)) continue
    const price = (orders: typeof there) =>
      orders.some(({ discounted }) => discounted) ? 'discount' : 'full price'
    count(`${price(first)}, ${inTime ? price(second) : 'none'}`)
  }
  return counts
}
