import { addDays, daysBetween } from '../calendar/calendar.ts'
import type { PersonCoupon, PointsEntry } from './person-coupons.ts'
import type { RfmRule } from '../relations/rfm.ts'
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
  readonly coupons: readonly PersonCoupon[]
  /** The points ledger, in order of time. */
  readonly pointsEntries: readonly PointsEntry[]
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
  /** Local hour. */
  readonly hour: number
  /** Null: the file has no list price. */
  readonly discountMinor: number | null
  readonly lines: readonly {
    readonly category: string | null
    readonly product: string | null
    readonly sku: string | null
    /** Null: the file does not say. */
    readonly quantity: number | null
    readonly netMinor: number
  }[]
  readonly refunds: readonly { readonly day: string; readonly amountMinor: number }[]
}

/** When and under which rules a person is looked at. */
export interface Moment {
  readonly asOf: string
  readonly dormancy: DormancyThresholds
  readonly rfm: RfmRule
  /** Local day of the shop's first paid order. */
  readonly dataStart: string | null
  readonly openedAtStart: boolean
  /** asOf is the workspace's newest day: tags and campaigns count as they stand now, whatever their date. */
  readonly newest: boolean
  /** Everyone in the shop: the rhythm of one member is told beside what is usual. */
  readonly people: readonly Person[]
  /** What the models, fitted to everyone in the shop as of a day, foretell of people, by their ids; of nobody where they are refused. */
  readonly foretold: (asOf: string) => ReadonlyMap<string, Foretold>
}

export interface Foretold {
  /** P(alive) in millionths. */
  readonly alive: number
  /** Net within a year; null where amounts are not foretold. */
  readonly clvMinor: number | null
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

/** Where in the day an hour lies. */
export function daypartAt(hour: number): string {
  if (hour >= 22 || hour < 5) return 'night'
  if (hour >= 17) return 'evening'
  if (hour >= 14) return 'afternoon'
  return hour >= 11 ? 'noon' : 'morning'
}

/** The part of the day with most qualifying orders; of equals the one with the latest order. */
export function mainDaypart(person: Person, moment: Moment): string | null {
  const parts = qualifyingOrders(person, moment).map(({ hour }) => daypartAt(hour))
  const count = (part: string) => parts.filter((one) => one === part).length
  return (
    parts.toSorted((a, b) => count(b) - count(a) || parts.lastIndexOf(b) - parts.lastIndexOf(a))[0] ?? null
  )
}

const logGaps = (person: Person, moment: Moment): number[] => {
  const days = purchaseDays(person, moment)
  return days.slice(1).map((day, i) => Math.log(daysBetween(days[i]!, day)))
}

const mean = (values: readonly number[]) => sum(values) / values.length

/** The rhythm rule of DEFINITIONS, "Dormancy"; null where it is refused or the person never bought. */
export function rhythmOf(
  person: Person,
  moment: Moment,
): { readonly expectedDay: string; readonly limit: (z: number) => number } | null {
  const last = purchaseDays(person, moment).at(-1)
  const gaps = moment.people.map((one) => logGaps(one, moment)).filter(({ length }) => length > 0)
  const freedom = sum(gaps.map(({ length }) => length - 1))
  if (last === undefined || freedom < 30) return null
  const sigma = Math.sqrt(sum(gaps.map((own) => sum(own.map((gap) => (gap - mean(own)) ** 2)))) / freedom)
  const store = mainStore(person, moment)
  const there = moment.people
    .filter((one) => store !== null && mainStore(one, moment) === store)
    .flatMap((one) => logGaps(one, moment))
  const usual = mean(there.length >= 100 ? there : gaps.flat())
  const own = logGaps(person, moment)
  const expected = (sum(own) + 4 * usual) / (own.length + 4)
  return {
    expectedDay: addDays(last, Math.round(Math.exp(expected))),
    limit: (z) => Math.round(Math.exp(expected + z * sigma) * 1000) / 1000,
  }
}

/** The status by the rhythm rule. */
export function rhythmStatus(person: Person, moment: Moment): string | null {
  const last = purchaseDays(person, moment).at(-1)
  if (last === undefined) return 'never bought'
  const rhythm = rhythmOf(person, moment)
  if (rhythm === null) return null
  const silent = daysBetween(last, moment.asOf)
  if (silent <= rhythm.limit(0.842)) return 'active'
  if (silent <= rhythm.limit(1.645)) return 'cooling'
  return silent <= rhythm.limit(2.326) ? 'dormant' : 'lost'
}

/** Days until the next birthday, 0 on the day itself; 29 February is kept on the 28th in other years. */
export function daysToBirthday(birthday: string, asOf: string): number {
  for (let days = 0; ; days++) if (isSameDay(birthday, addDays(asOf, days))) return days
}

/** Whether a yearly day returns on the day: in a later year than its own. */
export const returnsOn = (yearly: string, day: string): boolean =>
  day.slice(0, 4) > yearly.slice(0, 4) && isSameDay(yearly, day)

/** How many birthdays there were after the day of birth; null before it. */
export function ageOn(birthday: string, asOf: string): number | null {
  if (birthday > asOf) return null
  const years = Number(asOf.slice(0, 4)) - Number(birthday.slice(0, 4))
  return daysToBirthday(birthday, `${asOf.slice(0, 4)}-01-01`) <=
    daysBetween(`${asOf.slice(0, 4)}-01-01`, asOf)
    ? years
    : years - 1
}

/** Whether `day` is the day of the year of `date`; 29 February is kept on the 28th in other years. */
function isSameDay(date: string, day: string): boolean {
  const lastOfFebruary = day.endsWith('-02-28') && addDays(day, 1).endsWith('-03-01')
  return day.slice(5) === date.slice(5) || (date.endsWith('-02-29') && lastOfFebruary)
}

/** A member is known from the earliest day that speaks of them: joining, an order in any state, a refund; without any, always. */
export function visibleOn({ joined, orders, looseRefunds }: Person, asOf: string): boolean {
  const events = [...orders, ...orders.flatMap(({ refunds }) => refunds), ...looseRefunds]
  const dates = [...(joined === null ? [] : [joined]), ...events.map(({ day }) => day)]
  return dates.length === 0 || dates.some((date) => date <= asOf)
}
