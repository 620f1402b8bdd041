import {
  firstDays,
  inPlace,
  isAsked,
  isFirstSeen,
  netEvents,
  qualifyingOrders,
  type Question,
  sum,
} from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'

/** One period's figures, counted one by one. */
export function overviewOracle(shop: PlainShop, question: Question, from: string, to: string) {
  const within = ({ day }: { day: string }) => day >= from && day <= to
  const asked = ({ member }: { member: number | null }) => isAsked(question, member)
  const orders = qualifyingOrders(shop, question.asOf).filter(
    (o) => within(o) && asked(o) && inPlace(question, o),
  )
  const events = netEvents(shop, question.asOf).filter((e) => within(e) && asked(e) && inPlace(question, e))
  const first = firstDays(shop, question.asOf)

  const kindOf = (key: number) => {
    const day = first.get(key)
    if (day === undefined || day > to) return 'other'
    if (day < from) return 'returning'
    return isFirstSeen(
      shop,
      shop.members.find((member) => member.key === key)!,
      day,
    )
      ? 'firstSeen'
      : 'new'
  }
  const buyers = [...new Set(orders.flatMap(({ member }) => (member === null ? [] : [member])))]
  const netOf = (kind: string) =>
    sum(events.filter(({ member }) => member !== null && kindOf(member) === kind).map(({ net }) => net))
  const guests = <T extends { member: number | null }>(rows: T[]) =>
    rows.filter(({ member }) => member === null)
  return {
    from,
    to,
    state: to <= question.asOf ? 'complete' : 'in-progress',
    netMinor: sum(events.map(({ net }) => net)),
    orders: orders.length,
    guestNetMinor: sum(guests(events).map(({ net }) => net)),
    guestOrders: guests(orders).length,
    buyers: buyers.length,
    newBuyers: buyers.filter((key) => kindOf(key) === 'new').length,
    firstSeenBuyers: buyers.filter((key) => kindOf(key) === 'firstSeen').length,
    returningBuyers: buyers.filter((key) => kindOf(key) === 'returning').length,
    newNetMinor: netOf('new'),
    firstSeenNetMinor: netOf('firstSeen'),
    returningNetMinor: netOf('returning'),
    otherNetMinor: netOf('other'),
  }
}
