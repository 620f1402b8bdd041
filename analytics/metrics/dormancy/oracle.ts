import { addDays, daysBetween } from '../../calendar/calendar.ts'
import {
  inPlace,
  isAsked,
  isKnown,
  netEvents,
  qualifyingOrders,
  type Question,
  sum,
} from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Each member's days of silence and yearly net before it, then who is where. */
export function dormancyOracle(shop: PlainShop, question: Question, every: number, until: number) {
  const orders = qualifyingOrders(shop, question.asOf).filter((order) => inPlace(question, order))
  const events = netEvents(shop, question.asOf).filter((event) => inPlace(question, event))
  const members = shop.members
    .filter((member) => isAsked(question, member.key) && isKnown(shop, member, question.asOf))
    .map(({ key }) => {
      const last = orders.findLast(({ member }) => member === key)?.day
      if (last === undefined) return { silent: null, value: 0 }
      const yearly = events.filter(({ member, day }) => member === key && day >= addDays(last, -364))
      return {
        silent: daysBetween(last, question.asOf),
        value: Math.max(0, sum(yearly.map(({ net }) => net))),
      }
    })
  const total = (some: (silent: number | null) => boolean) => {
    const chosen = members.filter(({ silent }) => some(silent))
    return { members: chosen.length, valueAtRiskMinor: sum(chosen.map(({ value }) => value)) }
  }
  const between = (from: number, to: number) =>
    total((silent) => silent !== null && silent >= from && silent <= to)
  return [
    { kind: 'status', status: 'active', ...between(0, 30) },
    { kind: 'status', status: 'cooling', ...between(31, 90) },
    { kind: 'status', status: 'dormant', ...between(91, 180) },
    { kind: 'status', status: 'lost', ...between(181, Infinity) },
    { kind: 'status', status: 'never bought', ...total((silent) => silent === null) },
    ...Array.from({ length: Math.floor(until / every) + 1 }, (_, i) => ({
      kind: 'silence',
      status: null,
      ...between(i * every, Infinity),
    })),
  ]
}
