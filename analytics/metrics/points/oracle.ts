import { daysBetween } from '../../calendar/calendar.ts'
import { inPlace, isAsked, qualifyingOrders, type Question, sum } from '../../oracle/meaning.ts'
import { dayOf, type PlainShop } from '../../oracle/shop.ts'

/** What is left of a member's points with a last day: each point that went is taken, one after the other, from those that go first. */
function leftOf(shop: PlainShop, member: number, asOf: string): Map<string, number> {
  const own = (shop.points ?? []).filter(
    (entry) => entry.member === member && dayOf(shop, entry.changedAt) <= asOf,
  )
  const lots = own
    .filter(({ change, expiresDay }) => change > 0 && expiresDay !== null)
    .map(({ change, expiresDay }) => ({ left: change, day: expiresDay! }))
    .toSorted((a, b) => a.day.localeCompare(b.day))
  let gone = sum(own.filter(({ change }) => change < 0).map(({ change }) => -change))
  for (const lot of lots) {
    const taken = Math.min(lot.left, gone)
    lot.left -= taken
    gone -= taken
  }
  const left = new Map<string, number>()
  for (const lot of lots)
    if (lot.left > 0 && lot.day >= asOf) left.set(lot.day, (left.get(lot.day) ?? 0) + lot.left)
  return left
}

/** What expires, by windows of days, and what entries gave and took, by reason; told member by member, entry by entry. */
export function pointsOracle(
  shop: PlainShop,
  question: Question,
  { quietDays, from, to }: { quietDays: number; from: string; to: string },
) {
  const orders = qualifyingOrders(shop, question.asOf).filter((order) => inPlace(question, order))
  const counts: Record<string, Record<string, number>> = {}
  const add = (name: string, key: string, amount: number) => {
    counts[name] ??= {}
    counts[name][key] = (counts[name][key] ?? 0) + amount
  }
  const members = shop.members.filter(({ key }) => isAsked(question, key))
  for (const { key } of members) {
    const quiet = orders
      .filter(({ member }) => member === key)
      .every(({ day }) => daysBetween(day, question.asOf) > quietDays)
    const windows = new Map<string, number>()
    for (const [day, left] of leftOf(shop, key, question.asOf)) {
      const ahead = daysBetween(question.asOf, day)
      const window = [30, 60, 90, 180, 365].find((end) => ahead <= end) ?? 'later'
      windows.set(`≤ ${window}`, (windows.get(`≤ ${window}`) ?? 0) + left)
    }
    for (const [window, left] of windows) {
      add(window, 'points', left)
      add(window, 'members', 1)
      add(window, 'quietMembers', quiet ? 1 : 0)
      add(window, 'quietPoints', quiet ? left : 0)
    }
  }
  for (const entry of shop.points ?? []) {
    const day = dayOf(shop, entry.changedAt)
    if (!members.some(({ key }) => key === entry.member) || entry.change === 0) continue
    if (day < from || day > to || day > question.asOf) continue
    const words = (entry.reason ?? '').toLowerCase()
    const over = ['expir', 'lapse', '过期', '到期', '失效', '清零'].some((word) => words.includes(word))
    const use = entry.change > 0 ? 'given' : over ? 'expired' : 'redeemed'
    for (const name of [use, `${use}: ${entry.reason ?? '–'}`]) {
      add(name, 'points', Math.abs(entry.change))
      add(name, 'entries', 1)
    }
  }
  return counts
}
