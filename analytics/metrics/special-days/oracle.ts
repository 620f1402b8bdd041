import { addDays } from '../../calendar/calendar.ts'
import { inPlace, isAsked, qualifyingOrders, type Question } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Orders by day. */
export function ordersByDay(shop: PlainShop, question: Question): Map<string, number> {
  const counts = new Map<string, number>()
  for (const order of qualifyingOrders(shop, question.asOf))
    if (isAsked(question, order.member) && inPlace(question, order))
      counts.set(order.day, (counts.get(order.day) ?? 0) + 1)
  return counts
}

/** The index of spans of days in a series that begins on a day, by the definition, one day after the other. */
export function indexOf(series: readonly number[], start: string, spans: readonly (readonly string[])[]) {
  const place = new Map(series.map((_, i) => [addDays(start, i), i]))
  const usualOf = (day: string): number | undefined => {
    const seen: number[] = []
    for (const weeks of [2, 3, 4])
      for (const sign of [-1, 1]) {
        const value = series[place.get(addDays(day, 7 * weeks * sign)) ?? -1]
        if (value !== undefined) seen.push(value)
      }
    seen.sort((a, b) => a - b)
    if (seen.length < 3) return undefined
    return (seen[Math.floor((seen.length - 1) / 2)]! + seen[Math.ceil((seen.length - 1) / 2)]!) / 2
  }
  const measured = spans.flatMap((days) => {
    let [orders, usual] = [0, 0]
    for (const day of days) {
      const one = usualOf(day)
      if (one === undefined) return []
      usual += one
      orders += series[place.get(day)!]!
    }
    return { orders, usual, ratio: (orders + 0.5) / (usual + 0.5) }
  })
  const product = measured.reduce((all, { ratio }) => all * ratio, 1)
  return {
    times: measured.length,
    orders: measured.reduce((sum, { orders }) => sum + orders, 0),
    usual: measured.reduce((sum, { usual }) => sum + usual, 0),
    index: product ** (1 / measured.length),
  }
}
