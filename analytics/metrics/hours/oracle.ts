import { weekday } from '../../calendar/calendar.ts'
import { inPlace, isAsked, qualifyingOrders, type Question } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Orders by weekday (1 = Monday) and local hour between two days, read off a clock in the shop's zone. */
export function hoursOracle(shop: PlainShop, question: Question, from: string, to: string) {
  const counts = new Map<string, number>()
  for (const order of qualifyingOrders(shop, question.asOf)) {
    if (order.day < from || order.day > to || !isAsked(question, order.member) || !inPlace(question, order))
      continue
    const clock = order.orderedAt.toLocaleTimeString('en-GB', { timeZone: shop.calendar.timeZone })
    const key = `${weekday(order.day)} ${Number(clock.slice(0, 2))}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}
