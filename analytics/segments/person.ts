import { addDays } from '../calendar/calendar.ts'
import type { DormancyThresholds } from '../relations/scope.ts'

/** A member with everything the rules can ask about, as plain data: what the slow oracle reads. */
export interface Person {
  readonly id: string
  readonly joined: string | null
  readonly region: string | null
  readonly channel: string | null
  readonly gender: string | null
  readonly tier: string | null
  readonly birthday: string | null
  readonly points: number | null
  readonly storedValueMinor: number | null
  readonly consent: 'granted' | 'denied' | 'unknown'
  /** `removedDay`: the first day without it; null while it is on. */
  readonly tags: readonly {
    readonly tag: string
    readonly addedDay: string
    readonly removedDay: string | null
  }[]
  readonly arms: readonly { readonly campaign: string; readonly arm: string; readonly day: string }[]
  /** In order of time. */
  readonly orders: readonly Purchase[]
  /** Refunds that no order is named for. */
  readonly looseRefunds: readonly { readonly day: string; readonly amountMinor: number }[]
}

export interface Purchase {
  readonly day: string
  readonly store: string | null
  readonly channel: string | null
  readonly state: 'paid' | 'unpaid' | 'closed'
  readonly netMinor: number
  readonly lines: readonly {
    readonly category: string | null
    readonly product: string | null
    readonly sku: string | null
    readonly netMinor: number
  }[]
  readonly refunds: readonly { readonly day: string; readonly amountMinor: number }[]
}

/** When and under which rules a person is looked at. */
export interface Moment {
  readonly asOf: string
  readonly dormancy: DormancyThresholds
  /** Local day of the shop's first paid order. */
  readonly dataStart: string | null
  readonly openedAtStart: boolean
  /** asOf is the workspace's newest day: tags and campaigns count as they stand now, whatever their date. */
  readonly newest: boolean
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Paid, visible, and something is left after its linked refunds that are visible. */
export const qualifyingOrders = (person: Person, { asOf }: Moment): readonly Purchase[] =>
  person.orders.filter(
    (order) =>
      order.state === 'paid' &&
      order.day <= asOf &&
      order.netMinor -
        sum(order.refunds.filter(({ day }) => day <= asOf).map(({ amountMinor }) => amountMinor)) >
        0,
  )

export const purchaseDays = (person: Person, moment: Moment): readonly string[] => [
  ...new Set(qualifyingOrders(person, moment).map(({ day }) => day)),
]

/** Charged minus refunded, of what is visible on `asOf` and happened on or after `since`. */
export function netMinor(person: Person, { asOf }: Moment, since = '0001-01-01'): number {
  const seen = ({ day }: { day: string }) => day >= since && day <= asOf
  const paid = person.orders.filter(({ state }) => state === 'paid')
  const refunds = [...paid.flatMap((order) => order.refunds), ...person.looseRefunds]
  return (
    sum(paid.filter(seen).map((order) => order.netMinor)) -
    sum(refunds.filter(seen).map((refund) => refund.amountMinor))
  )
}

/** Net from 364 days before the last order's day, at least 0; 0 without an order. */
export function yearlyNetMinor(person: Person, moment: Moment): number {
  const newest = purchaseDays(person, moment).at(-1)
  return newest === undefined ? 0 : Math.max(0, netMinor(person, moment, addDays(newest, -364)))
}

/** The store with most qualifying orders; of equals the one with the latest order. */
export function mainStore(person: Person, moment: Moment): string | null {
  const orders = qualifyingOrders(person, moment)
  const stores = [...new Set(orders.flatMap(({ store }) => store ?? []))]
  const count = (store: string) => orders.filter((order) => order.store === store).length
  const latest = (store: string) => orders.findLastIndex((order) => order.store === store)
  return stores.toSorted((a, b) => count(b) - count(a) || latest(b) - latest(a))[0] ?? null
}

/** First order within 90 days of the start of the data, unless the member joined on or after that start. */
export function isFirstSeen(person: Person, moment: Moment): boolean {
  const first = purchaseDays(person, moment)[0]
  if (first === undefined || moment.dataStart === null || moment.openedAtStart) return false
  const joinedHere = person.joined !== null && person.joined >= moment.dataStart
  return first <= addDays(moment.dataStart, 90) && !joinedHere
}

/** The fixed rule: by days since the last order. */
export function status(person: Person, moment: Moment): string {
  const newest = purchaseDays(person, moment).at(-1)
  if (newest === undefined) return 'never bought'
  const { active, cooling, dormant } = moment.dormancy
  if (addDays(newest, active) >= moment.asOf) return 'active'
  if (addDays(newest, cooling) >= moment.asOf) return 'cooling'
  return addDays(newest, dormant) >= moment.asOf ? 'dormant' : 'lost'
}

/** Days until the next birthday, 0 on the day itself; 29 February is kept on the 28th in other years. */
export function daysToBirthday(birthday: string, asOf: string): number {
  const leapDay = birthday.endsWith('-02-29')
  for (let days = 0; ; days++) {
    const day = addDays(asOf, days)
    const lastOfFebruary = day.endsWith('-02-28') && addDays(day, 1).endsWith('-03-01')
    if (day.slice(5) === birthday.slice(5) || (leapDay && lastOfFebruary)) return days
  }
}

/** A member is known from the earliest day that speaks of them: joining, an order in any state, a refund; without any, always. */
export function visibleOn({ joined, orders, looseRefunds }: Person, asOf: string): boolean {
  const events = [...orders, ...orders.flatMap(({ refunds }) => refunds), ...looseRefunds]
  const dates = [...(joined === null ? [] : [joined]), ...events.map(({ day }) => day)]
  return dates.length === 0 || dates.some((date) => date <= asOf)
}
