import { daysBetween } from '../../calendar/calendar.ts'
import {
  firstDays,
  inPlace,
  isAsked,
  isFirstSeen,
  qualifyingOrders,
  type Question,
} from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** The window's rates and the ladder, member by member. */
export function repurchaseOracle(
  shop: PlainShop,
  question: Question,
  {
    from,
    to,
    withinDays,
    steps,
  }: { from: string | null; to: string | null; withinDays: number; steps: number },
) {
  const all = qualifyingOrders(shop, question.asOf)
  const first = firstDays(shop, question.asOf)
  const asked = shop.members.filter(({ key }) => isAsked(question, key))
  const bought = asked
    .map((member) => ({
      member,
      orders: all.filter(
        (order) =>
          order.member === member.key &&
          inPlace(question, order) &&
          (from === null || order.day >= from) &&
          (to === null || order.day <= to),
      ),
    }))
    .filter(({ orders }) => orders.length > 0)
  const isNew = ({ key }: { key: number }) => from === null || first.get(key)! >= from
  const split = {
    members: bought.length,
    newMembers: bought.filter(
      ({ member }) => isNew(member) && !isFirstSeen(shop, member, first.get(member.key)!),
    ).length,
    firstSeenMembers: bought.filter(
      ({ member }) => isNew(member) && isFirstSeen(shop, member, first.get(member.key)!),
    ).length,
    returningMembers: bought.filter(({ member }) => !isNew(member)).length,
  }
  const distinctDays = (orders: readonly { day: string }[]) => [...new Set(orders.map(({ day }) => day))]

  const ladder = Array.from({ length: steps }, (_, i) => i + 1).flatMap((n) => {
    const observed = asked.flatMap(({ key }) => {
      const own = all.filter((order) => order.member === key)
      const nth = distinctDays(own)[n - 1]
      if (nth === undefined || daysBetween(nth, question.asOf) < withinDays) return []
      const next = distinctDays(own)[n]
      const counted = own.some((order) => order.day === next && inPlace(question, order))
      return [next !== undefined && counted && daysBetween(nth, next) <= withinDays]
    })
    if (observed.length === 0) return []
    return [
      {
        measure: 'ladder',
        n,
        members: observed.length,
        repeated: observed.filter(Boolean).length,
        newMembers: null,
        firstSeenMembers: null,
        returningMembers: null,
      },
    ]
  })
  return [
    {
      measure: 'orders',
      n: null,
      repeated: bought.filter(({ orders }) => orders.length >= 2).length,
      ...split,
    },
    {
      measure: 'purchase-days',
      n: null,
      repeated: bought.filter(({ orders }) => distinctDays(orders).length >= 2).length,
      ...split,
    },
    ...ladder,
  ]
}
