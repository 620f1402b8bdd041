import { addDays, daysBetween } from '../../calendar/calendar.ts'
import { countedLines, inPlace, isAsked, qualifyingOrders, type Question, sum } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** Each category or product and, under null, everything: counted member by member. */
export function productsOracle(
  shop: PlainShop,
  question: Question,
  by: 'category' | 'product',
  withinDays: number,
  windowDays: number,
) {
  const all = qualifyingOrders(shop, question.asOf).filter(
    (order) => order.member !== null && isAsked(question, order.member),
  )
  const there = all.filter((order) => inPlace(question, order))
  const members = [...new Set(there.map(({ member }) => member!))].map((member) => {
    const days = [...new Set(all.filter((order) => order.member === member).map(({ day }) => day))]
    const own = there.filter((order) => order.member === member)
    return {
      days,
      own,
      observed: daysBetween(days[0]!, question.asOf) >= withinDays,
      again:
        days.length > 1 &&
        daysBetween(days[0]!, days[1]!) <= withinDays &&
        own.some(({ day }) => day === days[1]),
    }
  })
  const since = addDays(question.asOf, -windowDays)
  const before = addDays(since, -windowDays)
  const items = [
    ...new Set(there.flatMap((order) => countedLines(question, order).flatMap((line) => line[by] ?? []))),
  ]
  const netOf = (orders: typeof there, item: string | null) =>
    sum(
      orders.flatMap((order) =>
        countedLines(question, order)
          .filter((line) => (item === null ? line[by] !== null : line[by] === item))
          .map(({ net }) => net),
      ),
    )
  return [null, ...items].map((item) => {
    const withIt = (orders: typeof there) =>
      orders.filter(
        (order) => item === null || countedLines(question, order).some((line) => line[by] === item),
      )
    const its = members
      .map((member) => ({ ...member, its: withIt(member.own) }))
      .filter((member) => member.its.length > 0)
    const began = its.filter(
      (member) => member.observed && (item === null || member.its[0]!.day === member.days[0]),
    )
    const left = its.filter((member) => {
      const last = member.its.at(-1)!.day
      return item !== null && last <= since && last > before
    })
    const boughtSince = (member: (typeof its)[number]) => member.own.some(({ day }) => day > since)
    return {
      item,
      members: its.length,
      orders: sum(its.map((member) => member.its.length)),
      netMinor: netOf(there, item),
      repeated: its.filter((member) => member.its.length >= 2).length,
      began: began.length,
      returned: began.filter(({ again }) => again).length,
      switchedAway: left.filter(boughtSince).length,
      gone: left.filter((member) => !boughtSince(member)).length,
      cameOver: its.filter(
        (member) => item !== null && member.its[0]!.day > since && member.own[0]!.day <= since,
      ).length,
    }
  })
}
