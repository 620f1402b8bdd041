import {
  categoriesOf,
  inPlace,
  isAsked,
  isFirstSeen,
  qualifyingOrders,
  type Question,
  sum,
} from '../../oracle/meaning.ts'
import { dayOf, type PlainShop } from '../../oracle/shop.ts'

/** What each place sold between two days, order by order and refund by refund; 'all' beside the places. */
export function placesOracle(
  shop: PlainShop,
  question: Question,
  by: 'store' | 'channel' | 'region',
  from: string,
  to: string,
) {
  const within = (day: string) => day >= from && day <= to && day <= question.asOf
  const counts = (thing: {
    member: number | null
    store: string | null
    channel: string | null
    categories: readonly (string | null)[]
    day: string
  }) => within(thing.day) && inPlace(question, thing) && isAsked(question, thing.member)
  const placeOf = (thing: { member: number | null; store: string | null; channel: string | null }) =>
    by === 'region' ? (shop.members.find(({ key }) => key === thing.member)?.region ?? null) : thing[by]

  const all = qualifyingOrders(shop, question.asOf)
  const orders = all.filter(counts)
  const paid = shop.orders
    .filter(({ state }) => state === 'paid')
    .map((order) => ({ ...order, day: dayOf(shop, order.orderedAt), categories: categoriesOf(order) }))
    .filter(counts)
  const unpaid = new Set(shop.orders.filter(({ state }) => state !== 'paid').map(({ key }) => key))
  const refunds = shop.refunds
    .filter(({ order }) => order === null || !unpaid.has(order))
    .map((refund) => ({
      ...refund,
      day: dayOf(shop, refund.refundedAt),
      categories: categoriesOf(shop.orders.find(({ key }) => key === refund.order)),
    }))
    .filter(counts)

  const told = (
    there: (thing: { member: number | null; store: string | null; channel: string | null }) => boolean,
  ) => {
    const side = (guest: boolean) => {
      const mine = (thing: { member: number | null; store: string | null; channel: string | null }) =>
        there(thing) && (thing.member === null) === guest
      const charged = sum(paid.filter(mine).map(({ net }) => net))
      const refunded = sum(refunds.filter(mine).map(({ amount }) => amount))
      const priced = paid.filter((order) => mine(order) && order.discounted !== undefined)
      const off = 100 * priced.filter(({ discounted }) => discounted).length
      return {
        orders: orders.filter(mine).length,
        net: charged - refunded,
        charged,
        refunded,
        off,
        list: sum(priced.map(({ net }) => net)) + off,
      }
    }
    const buyers = [...new Set(orders.filter(there).flatMap(({ member }) => member ?? []))]
    const isNew = (key: number) => {
      const first = all.find(({ member }) => member === key)!.day
      const person = shop.members.find((member) => member.key === key)!
      return first >= from && !isFirstSeen(shop, person, first)
    }
    return {
      members: side(false),
      guests: side(true),
      buyers: buyers.length,
      newBuyers: buyers.filter(isNew).length,
      repeated: buyers.filter(
        (key) => orders.filter((order) => there(order) && order.member === key).length >= 2,
      ).length,
    }
  }
  const names = new Set([...orders, ...paid, ...refunds].map(placeOf))
  return {
    all: told(() => true),
    places: Object.fromEntries(
      [...names].map((name) => [name ?? '–', told((thing) => placeOf(thing) === name)]),
    ),
  }
}
