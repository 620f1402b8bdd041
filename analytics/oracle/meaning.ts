import { addDays, daysBetween } from '../calendar/calendar.ts'
import { dayOf, linesOf, type PlainLine, type PlainMember, type PlainOrder, type PlainShop } from './shop.ts'

/**
 * What counts, over plain arrays: slow, obvious, and written from DEFINITIONS alone. The metrics'
 * oracles stand on these and the SQL is held against them.
 */
export interface Question {
  readonly asOf: string
  /** Only these members; null: all. */
  readonly audience: readonly number[] | null
  readonly stores: readonly string[] | null
  readonly channels: readonly string[] | null
  readonly categories: readonly string[] | null
}

/** Something that changed net on a local day. */
export interface NetEvent {
  readonly member: number | null
  readonly day: string
  readonly store: string | null
  readonly channel: string | null
  /** Of the lines of the order that it is, or that was refunded; of no order there are none. */
  readonly categories: readonly (string | null)[]
  readonly net: number
}

/** A qualifying order with its local day and the categories of its lines. */
export type QualifyingOrder = PlainOrder & { day: string; categories: readonly (string | null)[] }

/** The categories of an order's lines; of no order none. */
export const categoriesOf = (order: PlainOrder | undefined) =>
  order ? linesOf(order).map(({ category }) => category) : []

/** Qualifying = paid, net of its linked visible refunds above 0; visible = local day ≤ asOf. In order of time. */
export function qualifyingOrders(shop: PlainShop, asOf: string): QualifyingOrder[] {
  return shop.orders
    .map((order) => ({ ...order, day: dayOf(shop, order.orderedAt), categories: categoriesOf(order) }))
    .filter((order) => order.day <= asOf && order.state === 'paid')
    .filter((order) => {
      const refunded = shop.refunds
        .filter((refund) => refund.order === order.key && dayOf(shop, refund.refundedAt) <= asOf)
        .reduce((sum, refund) => sum + refund.amount, 0)
      return order.net - refunded > 0
    })
    .toSorted((a, b) => a.orderedAt.getTime() - b.orderedAt.getTime() || a.key - b.key)
}

/** Paid orders on their day and refunds on theirs; a refund of an unpaid or closed order counts for nothing. */
export function netEvents(shop: PlainShop, asOf: string): NetEvent[] {
  const orderOf = new Map(shop.orders.map((order) => [order.key, order]))
  return [
    ...shop.orders
      .filter((order) => order.state === 'paid')
      .map((order) => ({ ...order, day: dayOf(shop, order.orderedAt), categories: categoriesOf(order) })),
    ...shop.refunds
      .filter((refund) => refund.order === null || orderOf.get(refund.order)?.state === 'paid')
      .map((refund) => ({
        ...refund,
        day: dayOf(shop, refund.refundedAt),
        categories: refund.order === null ? [] : categoriesOf(orderOf.get(refund.order)),
        net: -refund.amount,
      })),
  ]
    .map(({ member, day, store, channel, categories, net }) => ({
      member,
      day,
      store,
      channel,
      categories,
      net,
    }))
    .filter(({ day }) => day <= asOf)
}

/** Order filters: only activity in these stores and channels, of orders with a line in one of these categories. */
export const inPlace = (
  question: Question,
  activity: Pick<NetEvent, 'store' | 'channel' | 'categories'>,
): boolean =>
  (question.categories === null ||
    activity.categories.some((category) => category !== null && question.categories!.includes(category))) &&
  (question.stores === null || (activity.store !== null && question.stores.includes(activity.store))) &&
  (question.channels === null || (activity.channel !== null && question.channels.includes(activity.channel)))

/** Of the lines of an order that counts, those of which goods are told: with a category filter those in it alone. */
export const countedLines = (question: Question, order: PlainOrder): readonly PlainLine[] =>
  linesOf(order).filter(
    ({ category }) =>
      question.categories === null || (category !== null && question.categories.includes(category)),
  )

/** Member filters: only these members; a guest is none. */
export const isAsked = (question: Question, member: number | null): boolean =>
  question.audience === null || (member !== null && question.audience.includes(member))

/** The local day of the first paid order in the data, whatever asOf. */
export const dataStart = (shop: PlainShop): string | null =>
  shop.orders
    .filter((order) => order.state === 'paid')
    .map((order) => dayOf(shop, order.orderedAt))
    .toSorted()[0] ?? null

/** Local day of each member's first qualifying order. */
export function firstDays(shop: PlainShop, asOf: string): Map<number, string> {
  const first = new Map<number, string>()
  for (const order of qualifyingOrders(shop, asOf))
    if (order.member !== null && !first.has(order.member)) first.set(order.member, order.day)
  return first
}

/** First order within 90 days of the start of the data, and not joined on or after that start. */
export function isFirstSeen(shop: PlainShop, member: PlainMember, firstDay: string): boolean {
  const start = dataStart(shop)!
  if (shop.openedAtStart) return false
  if (member.joinedDay !== null && member.joinedDay >= start) return false
  return daysBetween(start, firstDay) <= 90
}

/** A cohort that begins before the day 90 days after the start of the data. */
export const isFirstSeenCohort = (shop: PlainShop, begins: string): boolean =>
  !shop.openedAtStart && begins < addDays(dataStart(shop)!, 90)

/** Known on a day: joined by then, or any order or refund by then; someone without any date is always known. */
export function isKnown(shop: PlainShop, member: PlainMember, asOf: string): boolean {
  const dates = [
    ...(member.joinedDay === null ? [] : [member.joinedDay]),
    ...shop.orders.filter((o) => o.member === member.key).map((o) => dayOf(shop, o.orderedAt)),
    ...shop.refunds.filter((r) => r.member === member.key).map((r) => dayOf(shop, r.refundedAt)),
  ]
  return dates.length === 0 || dates.some((day) => day <= asOf)
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0)
