import {
  addDays,
  addMonths,
  daysBetween,
  endOfMonth,
  startOfMonth,
  startOfWeek,
} from '../../calendar/calendar.ts'
import {
  dataStart,
  firstDays,
  inPlace,
  isAsked,
  isFirstSeen,
  qualifyingOrders,
  type Question,
} from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Asked members whose last order there by a day lies at most so many days before it, by what is known on another day. */
function activeMembers(shop: PlainShop, question: Question, day: string, known: string, threshold: number) {
  const last = new Map<number, string>()
  for (const order of qualifyingOrders(shop, known))
    if (
      order.member !== null &&
      order.day <= day &&
      isAsked(question, order.member) &&
      inPlace(question, order)
    )
      last.set(order.member, order.day)
  return new Set([...last].filter(([, latest]) => daysBetween(latest, day) <= threshold).map(([key]) => key))
}

/** The ledger period by period, by sets of members. */
export function growthOracle(
  shop: PlainShop,
  question: Question,
  step: 'week' | 'month',
  steps: number,
  threshold: number,
) {
  const start = dataStart(shop)
  return Array.from({ length: steps }, (_, i) => {
    const begin =
      step === 'month'
        ? addMonths(startOfMonth(question.asOf), i - steps + 1)
        : addDays(startOfWeek(question.asOf, shop.calendar.firstWeekday), 7 * (i - steps + 1))
    return { begin, end: step === 'month' ? endOfMonth(begin) : addDays(begin, 6) }
  }).flatMap(({ begin, end }) => {
    const closed = end < question.asOf ? end : question.asOf
    if (start === null || closed < start) return []
    const opened = addDays(begin, -1)
    const was = activeMembers(shop, question, opened, opened, threshold)
    const still = activeMembers(shop, question, opened, closed, threshold)
    const is = activeMembers(shop, question, closed, closed, threshold)
    const first = firstDays(shop, closed)
    const fresh = [...is].filter((key) => first.get(key)! > opened)
    const seen = fresh.filter((key) =>
      isFirstSeen(
        shop,
        shop.members.find((member) => member.key === key)!,
        first.get(key)!,
      ),
    )
    return [
      {
        from: begin,
        to: end,
        state: end <= question.asOf ? 'complete' : 'in-progress',
        start: was.size,
        restated: was.size - still.size,
        new: fresh.length - seen.length,
        'first seen': seen.length,
        reactivated: [...is].filter((key) => !still.has(key) && first.get(key)! <= opened).length,
        lapsed: [...still].filter((key) => !is.has(key)).length,
        end: is.size,
      },
    ]
  })
}
