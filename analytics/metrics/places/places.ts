import { z } from 'zod'
import { addDays, daysBetween, yearBefore } from '../../calendar/calendar.ts'
import { AskedDay } from '../../calendar/day.ts'
import { countedOrdersSaid, isText } from '../../relations/expressions.ts'
import { countedCube, countedOrdersWithin, inAudience, inPlace } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { qualifiesOn } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Average, average, Share, share } from '../ratio.ts'

const Settings = z.object({
  /** What activity is divided by: the store or channel of the order, or the region of the member. */
  by: z.enum(['store', 'channel', 'region']).default('store'),
  /** The window, both days inclusive, cut at asOf. Default: the 90 days to asOf. */
  from: AskedDay.optional(),
  to: AskedDay.optional(),
  /** What net is held against: as many days before the window, or the same days a year before. */
  against: z.enum(['previous', 'last year']).default('previous'),
})

const Row = z.object({
  kind: z.enum(['all', 'place']),
  /** Null: not known, and of all together. Guests have no region. */
  place: z.string().nullable(),
  /** Qualifying orders and net of the window, refunds on their own day. */
  memberOrders: z.int(),
  memberNetMinor: z.int(),
  guestOrders: z.int(),
  guestNetMinor: z.int(),
  netMinor: z.int(),
  /** Of the net of all places. */
  netShare: Share,
  /** Guests' part of net. */
  guestShare: Share,
  /** Net ÷ qualifying orders. */
  memberAverage: Average,
  guestAverage: Average,
  /** Discounts ÷ list prices of paid orders, where they are known. */
  memberDiscount: Share,
  guestDiscount: Share,
  /** Refunds ÷ what was charged. */
  memberRefunded: Share,
  guestRefunded: Share,
  /** Members with a qualifying order there in the window; of them those whose first order ever falls in it and is known to be the first; those with two orders there or more. */
  buyers: z.int(),
  newBuyers: z.int(),
  repeated: Share,
  /** Net of the days it is held against; null where the data begins after their first day. */
  beforeFrom: z.iso.date(),
  beforeTo: z.iso.date(),
  beforeNetMinor: z.int().nullable(),
  /** Net ÷ net before − 1; null over nothing, or less. */
  change: z.number().nullable(),
  membersExpression: z.string(),
  newExpression: z.string(),
  repeatedExpression: z.string(),
})

export type PlacesRow = z.output<typeof Row>

const Sums = z.object({
  what: z.literal('sums'),
  period: z.enum(['now', 'before']),
  guest: z.boolean(),
  place: z.string().nullable(),
  orders: z.int(),
  netMinor: z.int(),
  chargedMinor: z.int(),
  grossMinor: z.int(),
  discountMinor: z.int(),
  refundedMinor: z.int(),
})
const Buyers = z.object({
  what: z.enum(['buyers', 'all buyers']),
  place: z.string().nullable(),
  buyers: z.int(),
  newBuyers: z.int(),
  repeatedBuyers: z.int(),
})
const Counted = z.discriminatedUnion('what', [Sums, Buyers])

interface Window {
  readonly from: string
  readonly to: string
  readonly beforeFrom: string
  readonly beforeTo: string
}

/** The window that is asked about, and the days that it is held against. */
export function placesWindow(
  { from: asked, to: until, against }: z.output<typeof Settings>,
  { asOf }: Scope,
): Window {
  const to = until !== undefined && until < asOf ? until : asOf
  const from = asked ?? addDays(to, -89)
  const length = daysBetween(from, to) + 1
  return against === 'previous'
    ? { from, to, beforeFrom: addDays(from, -length), beforeTo: addDays(from, -1) }
    : { from, to, beforeFrom: yearBefore(from), beforeTo: yearBefore(to) }
}

/**
 * What paid orders and refunds did on each day, with the place: from the kept sums of the shop's days, or from the
 * orders of the members asked about. A member's region stands with the member.
 */
function activity(by: 'store' | 'channel' | 'region', scope: Scope, days: Sql, d: Dialect): Sql {
  const placeOf = by === 'store' ? sql`store` : sql`channel`
  if (by !== 'region' && !scope.audience)
    return sql`(select local_day, guest, ${placeOf} as place, orders, net_minor, net_minor + refunded_minor as charged_minor,
          gross_minor, discount_minor, refunded_minor
        from ${countedCube(scope, sql`(${days})`, d)} as sold)`
  const counts = sql`(${days}) and ${inPlace(scope)} and ${inAudience(scope, sql`member_key`)}`
  const asOf = d.date(scope.asOf)
  const events = sql`(
        select local_day, member_key, store, channel, case when ${qualifiesOn(asOf)} then 1 else 0 end as orders,
          net_minor, net_minor as charged_minor, gross_minor, discount_minor, 0 as refunded_minor
        from orders where state = 'paid' and local_day <= ${asOf} and ${counts}
        union all
        select local_day, member_key, store, channel, 0, -amount_minor, 0, null, null, amount_minor
        from refunds where counts and local_day <= ${asOf} and ${counts}
      )`
  return by === 'region'
    ? sql`(select event.*, event.member_key is null as guest, member.region as place
        from ${events} as event left join ${scope.tables.memberFacts} as member on member.member_key = event.member_key)`
    : sql`(select *, member_key is null as guest, ${placeOf} as place from ${events} as event)`
}

/** Orders of members that count in the window, with the place. */
function placedOrders(by: 'store' | 'channel' | 'region', scope: Scope, within: Sql): Sql {
  const orders = sql`(select member_key, first_day, first_seen, store, channel from ${countedOrdersWithin(scope, within)} as counted)`
  return by === 'region'
    ? sql`(select placed.*, member.region as place from ${orders} as placed
        join ${scope.tables.memberFacts} as member on member.member_key = placed.member_key)`
    : sql`(select *, ${by === 'store' ? sql`store` : sql`channel`} as place from ${orders} as placed)`
}

/**
 * Where is sold how much, to members and to guests: qualifying orders and net of a window by store, channel or the
 * member's region, beside as many days before or the same days of last year. Discounts and refunds are told apart for
 * members and guests; list prices count where they are known. *Buyers* are members with a qualifying order there in the
 * window, *new* those whose first order ever falls in the window and who are not first seen, *repeated* those with two
 * or more there. With a member filter guests are left out. Order filters restrict the orders and refunds that count; a
 * member's first order stays that of all. Regions are kept as they are now and have no past. Source: DEFINITIONS,
 * "People" (guest orders), "Money", "Repurchase", "Filters".
 */
export const places = defineMetric({
  name: 'places',
  version: 1,
  title: { en: 'Stores, channels, regions; members and guests', 'zh-CN': '门店、渠道、地区；会员与非会员' },
  description: {
    en: 'What each store, channel or region sells to members and guests, against the time before or last year.',
    'zh-CN': '各门店、渠道、地区对会员与非会员的销售，并与上一时段或去年同期对比。',
  },
  settings: Settings,
  row: Row,
  knownOnlyNow: ({ by }) => by === 'region',

  build(settings, scope, d) {
    const { from, to, beforeFrom, beforeTo } = placesWindow(settings, scope)
    const between = (first: string, last: string) =>
      sql`local_day >= ${d.date(first)} and local_day <= ${d.date(last)}`
    const [now, before] = [between(from, to), between(beforeFrom, beforeTo)]
    const sums = (period: 'now' | 'before', days: Sql) => sql`
      select 'sums' as what, ${period} as period, guest, place, ${d.sum(sql`orders`)} as orders, ${d.sum(sql`net_minor`)} as net_minor,
        ${d.sum(sql`charged_minor`)} as charged_minor, ${d.sum(sql`gross_minor`)} as gross_minor,
        ${d.sum(sql`discount_minor`)} as discount_minor, ${d.sum(sql`refunded_minor`)} as refunded_minor,
        0 as buyers, 0 as new_buyers, 0 as repeated_buyers
      from ${activity(settings.by, scope, days, d)} as ${period === 'now' ? sql`sold` : sql`sold_before`} group by guest, place`
    const buyers = (what: string, members: Sql) => sql`
      select ${what}, null, null, place, 0, 0, 0, 0, 0, 0, count(*), ${d.countIf(sql`new`)}, ${d.countIf(sql`orders >= 2`)}
      from ${members} as member group by place`
    return sql`
      with buyer as (
        select member_key, place, count(*) as orders, max(first_day) >= ${d.date(from)} and not bool_or(first_seen) as new
        from ${placedOrders(settings.by, scope, now)} as placed_order
        group by member_key, place
      ),
      buyer_anywhere as (
        select member_key, cast(null as varchar) as place, sum(orders) as orders, bool_or(new) as new
        from buyer group by member_key
      )
      ${sums('now', now)}
      union all ${sums('before', before)}
      union all ${buyers('buyers', sql`buyer`)}
      union all ${buyers('all buyers', sql`buyer_anywhere`)}`
  },

  finish(rows, settings, scope) {
    const counted = z.array(Counted).parse(rows)
    const window = placesWindow(settings, scope)
    const sums = counted.filter((row) => row.what === 'sums')
    const sumOf = (some: readonly z.output<typeof Sums>[], what: 'orders' | 'netMinor') =>
      some.reduce((sum, row) => sum + row[what], 0)
    const now = sums.filter(({ period }) => period === 'now')
    const before = sums.filter(({ period }) => period === 'before')
    const covered = scope.dataStart !== null && window.beforeFrom >= scope.dataStart
    const all = sumOf(now, 'netMinor')
    const rowOf = (
      kind: PlacesRow['kind'],
      place: string | null,
      sold: readonly z.output<typeof Sums>[],
      soldBefore: readonly z.output<typeof Sums>[],
      buyers: z.output<typeof Buyers> | undefined,
    ): PlacesRow => {
      const [members, guests] = [false, true].map((guest) =>
        addedUp(sold.filter((row) => row.guest === guest)),
      )
      const netMinor = sumOf(sold, 'netMinor')
      const beforeNetMinor = covered ? sumOf(soldBefore, 'netMinor') : null
      return {
        kind,
        place,
        memberOrders: members!.orders,
        memberNetMinor: members!.netMinor,
        guestOrders: guests!.orders,
        guestNetMinor: guests!.netMinor,
        netMinor,
        netShare: share(netMinor, all),
        guestShare: share(guests!.netMinor, netMinor),
        memberAverage: average(members!.netMinor, members!.orders),
        guestAverage: average(guests!.netMinor, guests!.orders),
        memberDiscount: share(members!.discountMinor, members!.grossMinor),
        guestDiscount: share(guests!.discountMinor, guests!.grossMinor),
        memberRefunded: share(members!.refundedMinor, members!.chargedMinor),
        guestRefunded: share(guests!.refundedMinor, guests!.chargedMinor),
        buyers: buyers?.buyers ?? 0,
        newBuyers: buyers?.newBuyers ?? 0,
        repeated: share(buyers?.repeatedBuyers ?? 0, buyers?.buyers ?? 0),
        beforeFrom: window.beforeFrom,
        beforeTo: window.beforeTo,
        beforeNetMinor,
        change: beforeNetMinor === null || beforeNetMinor <= 0 ? null : netMinor / beforeNetMinor - 1,
        ...said(kind === 'all' ? null : { by: settings.by, place }, window, scope),
      }
    }
    const names = [...new Set(counted.filter(({ what }) => what !== 'all buyers').map(({ place }) => place))]
    const there = names.map((place) =>
      rowOf(
        'place',
        place,
        now.filter((row) => row.place === place),
        before.filter((row) => row.place === place),
        counted.find((row) => row.what === 'buyers' && row.place === place) as z.output<typeof Buyers>,
      ),
    )
    const everybody = counted.find(({ what }) => what === 'all buyers') as z.output<typeof Buyers> | undefined
    return [
      rowOf('all', null, now, before, everybody),
      ...there.toSorted(
        (a, b) =>
          Number(a.place === null) - Number(b.place === null) ||
          b.netMinor - a.netMinor ||
          ((a.place ?? '') < (b.place ?? '') ? -1 : 1),
      ),
    ]
  },
})

const addedUp = (rows: readonly z.output<typeof Sums>[]) => {
  const of = (
    what: 'orders' | 'netMinor' | 'chargedMinor' | 'grossMinor' | 'discountMinor' | 'refundedMinor',
  ) => rows.reduce((sum, row) => sum + row[what], 0)
  return {
    orders: of('orders'),
    netMinor: of('netMinor'),
    chargedMinor: of('chargedMinor'),
    grossMinor: of('grossMinor'),
    discountMinor: of('discountMinor'),
    refundedMinor: of('refundedMinor'),
  }
}

/** In the segment language: the buyers of the window there, the new and the repeated among them. `there` null: anywhere. */
function said(
  there: { by: 'store' | 'channel' | 'region'; place: string | null } | null,
  { from, to }: Window,
  scope: Scope,
) {
  const is = (field: string, place: string | null) =>
    place === null ? `${field} is unknown` : isText(field, place)
  const orders = countedOrdersSaid(
    scope,
    ...(there === null || there.by === 'region' ? [] : [is(there.by, there.place)]),
    `between ${from} and ${to}`,
  )
  const who = there?.by === 'region' ? ` and ${is('region', there.place)}` : ''
  const bought = `${orders} >= 1${who}`
  return {
    membersExpression: bought,
    newExpression: `${bought} and first_order between ${from} and ${to} and first_seen = false`,
    repeatedExpression: `${orders} >= 2${who}`,
  }
}

/** The place that gained or lost most net against the time before; what members and guests bring an order. */
export function placesFindings(rows: readonly PlacesRow[]): Finding[] {
  const [all, ...others] = rows
  if (!all) return []
  const known = others.filter(({ place }) => place !== null)
  const moved = known
    .flatMap(({ place, netMinor, beforeNetMinor }) =>
      beforeNetMinor === null || netMinor === beforeNetMinor
        ? []
        : [{ place: place!, movedMinor: netMinor - beforeNetMinor }],
    )
    .toSorted((a, b) => Math.abs(b.movedMinor) - Math.abs(a.movedMinor))[0]
  return [
    ...(moved && known.length > 1
      ? [
          {
            id: moved.movedMinor > 0 ? 'places.gained' : 'places.lost',
            values: { place: moved.place, movedMinor: Math.abs(moved.movedMinor) },
          },
        ]
      : []),
    ...(all.memberAverage.minor !== null && all.guestAverage.minor !== null && all.guestShare.value !== null
      ? [
          {
            id: 'places.guests',
            values: {
              share: all.guestShare.value,
              membersMinor: all.memberAverage.minor,
              guestsMinor: all.guestAverage.minor,
            },
          },
        ]
      : []),
  ]
}
