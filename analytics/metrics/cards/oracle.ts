import { daysBetween } from '../../calendar/calendar.ts'
import {
  inPlace,
  isAsked,
  isKnown,
  netEvents,
  qualifyingOrders,
  type Question,
  sum,
} from '../../oracle/meaning.ts'
import type { PlainMember, PlainShop } from '../../oracle/shop.ts'

/** The first of the limits that the value does not pass, as text. */
const band = (value: number | null | undefined, limits: readonly number[]): string => {
  if (value === null || value === undefined) return 'unknown'
  const most = limits.find((limit) => value <= limit)
  return most === undefined ? 'more' : `≤ ${most}`
}

const drawers: readonly ((member: PlainMember) => string)[] = [
  ({ tier }) => `tier ${tier ?? 'unknown'}`,
  ({ points }) => `points ${band(points, [-1, 0, 99, 499, 999, 4999])}`,
  ({ storedValue }) => `stored ${band(storedValue, [-1, 0, 4999, 19_999, 49_999, 99_999])}`,
]

/** Every member put into three drawers, one by one, and what each drawer then holds. Fees and limits in minor units. */
export function cardsOracle(
  shop: PlainShop,
  question: Question,
  { quietDays, fees }: { quietDays: number; fees: Readonly<Record<string, number>> },
) {
  const orders = qualifyingOrders(shop, question.asOf).filter((order) => inPlace(question, order))
  const events = netEvents(shop, question.asOf).filter((event) => inPlace(question, event))
  const counts: Record<string, Record<string, number | null>> = {}
  for (const member of shop.members) {
    if (!isKnown(shop, member, question.asOf) || !isAsked(question, member.key)) continue
    const own = orders.filter((order) => order.member === member.key)
    const quiet = own.every((order) => daysBetween(order.day, question.asOf) > quietDays)
    const lastYear = own.filter((order) => daysBetween(order.day, question.asOf) < 365)
    const known = lastYear.filter(({ discounted }) => discounted !== undefined)
    const saved = 100 * known.filter(({ discounted }) => discounted).length
    for (const drawer of drawers) {
      const name = drawer(member)
      const held = name.startsWith('points') ? member.points : member.storedValue
      const fee = name.startsWith('tier') && member.tier ? fees[member.tier] : undefined
      const before = counts[name] ?? {}
      const add = (key: string, amount: number) => (before[key] = (before[key] ?? 0) + amount)
      add('members', 1)
      add('buyers', own.length > 0 ? 1 : 0)
      add('orders', own.length)
      // who has no counted order has no counted net: refunds alone make nobody a buyer
      add(
        'net',
        own.length > 0 ? sum(events.filter((e) => e.member === member.key).map(({ net }) => net)) : 0,
      )
      add('quiet', quiet ? 1 : 0)
      if (!name.startsWith('tier') && held !== null && held !== undefined) {
        add('held', held)
        add('quietHeld', quiet ? held : 0)
      }
      if (fee !== undefined) {
        add('knownOrders', known.length)
        add('saved', saved)
        add('paidOff', saved >= fee ? 1 : 0)
        add('fees', fee)
      }
      counts[name] = before
    }
  }
  return counts
}
