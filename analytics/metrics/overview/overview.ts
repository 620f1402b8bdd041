import { z } from 'zod'
import {
  addDays,
  addMonths,
  daysBetween,
  endOfMonth,
  startOfMonth,
  startOfWeek,
} from '../../calendar/calendar.ts'
import { boughtBetween } from '../../relations/expressions.ts'
import { countedOrders, everywhere, inAudience, inPlace } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { netEvents } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { join, type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Average, average, Share, share } from '../ratio.ts'

const Settings = z.object({
  /** The window, both days inclusive. Default: the 30 days to asOf. Cut at asOf. */
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  /** The chart's steps: so many whole weeks or months, the last one holding the window's end. */
  step: z.enum(['week', 'month']).default('week'),
  steps: z.coerce.number().int().min(0).max(120).default(13),
})

const Counts = z.object({
  /** Everything charged minus refunds, guests included. */
  netMinor: z.int(),
  /** Qualifying orders, guests included. */
  orders: z.int(),
  guestNetMinor: z.int(),
  guestOrders: z.int(),
  /** Members with a qualifying order in the period = new + first seen + returning. */
  buyers: z.int(),
  newBuyers: z.int(),
  firstSeenBuyers: z.int(),
  returningBuyers: z.int(),
  /** Net of members whose first order ever falls in the period … */
  newNetMinor: z.int(),
  firstSeenNetMinor: z.int(),
  /** … of those whose first order was before it … */
  returningNetMinor: z.int(),
  /** … and of members without a qualifying order by then. The four and the guests' make up net. */
  otherNetMinor: z.int(),
})

const Row = Counts.extend({
  kind: z.enum(['current', 'previous', 'step']),
  from: z.iso.date(),
  to: z.iso.date(),
  state: z.enum(['complete', 'in-progress']),
  /** Net ÷ qualifying orders. */
  averageOrder: Average,
  /** Guests' share of net. */
  guestShare: Share,
  /** The buyers of the period, in the segment language. */
  membersExpression: z.string(),
})

export type OverviewRow = z.output<typeof Row>

interface Period {
  readonly kind: OverviewRow['kind']
  readonly from: string
  readonly to: string
}

/** The window, the period of equal elapsed length before it, and the chart's steps. */
function periodsOf(settings: z.output<typeof Settings>, scope: Scope): Period[] {
  const to = settings.to !== undefined && settings.to < scope.asOf ? settings.to : scope.asOf
  const from = settings.from ?? addDays(to, -29)
  const length = daysBetween(from, to) + 1
  return [
    { kind: 'current', from, to },
    { kind: 'previous', from: addDays(from, -length), to: addDays(from, -1) },
    ...Array.from({ length: settings.steps }, (_, i) =>
      stepBefore(settings.steps - 1 - i, settings.step, to, scope),
    ),
  ]
}

function stepBefore(count: number, step: 'week' | 'month', day: string, scope: Scope): Period {
  if (step === 'month') {
    const from = addMonths(startOfMonth(day), -count)
    return { kind: 'step', from, to: endOfMonth(from) }
  }
  const from = addDays(startOfWeek(day, scope.calendar.firstWeekday), -7 * count)
  return { kind: 'step', from, to: addDays(from, 6) }
}

/**
 * What was sold in a window, to whom, and beside the period of equal elapsed length before it; and the
 * same by week or month for the chart. Net is everything charged minus refunds dated in the period;
 * orders and buyers count qualifying orders. A buyer is new when the first qualifying order ever
 * falls in the period (first seen when that lies within 90 days of the start of the data and the
 * member had not joined by then), returning when it lies before. Guests are in net and orders and in
 * no member figure; with a member filter they are left out. Order filters restrict the orders and
 * refunds that are counted; the first order stays that of all orders.
 * Source: DEFINITIONS, "Money", "Repurchase", "Filters".
 */
export const overview = defineMetric({
  name: 'overview',
  version: 1,
  title: { en: 'Overview', 'zh-CN': '概览' },
  description: {
    en: "Net, orders, buyers, average order and the guests' share, new against returning, beside the period before.",
    'zh-CN': '净销售额、有效订单、购买会员、客单价、非会员占比，新客与老客，并与上一个等长时段对比。',
  },
  settings: Settings,
  row: Row,

  build(settings, scope, d) {
    const periods = periodsOf(settings, scope)
    const earliest = periods.map(({ from }) => from).toSorted()[0]!
    const inReach = sql`local_day >= ${d.date(earliest)} and local_day <= ${d.date(scope.asOf)}`
    const asked = inAudience(scope, sql`member_key`)
    return sql`
      with period(kind, from_day, to_day) as (
        values ${join(periods.map(({ kind, from, to }) => sql`(${kind}, ${d.date(from)}, ${d.date(to)})`))}
      ),
      -- purchases counted by their day and the one before it, which says whose first they are in a period
      purchase as (${purchases(scope, inReach, d)}),
      buyer as (
        select kind, from_day,
          ${d.sumIf(sql`buyers`, sql`first_day >= from_day and not first_seen`)} as new_buyers,
          ${d.sumIf(sql`buyers`, sql`first_day >= from_day and first_seen`)} as first_seen_buyers,
          ${d.sumIf(sql`buyers`, sql`first_day < from_day`)} as returning_buyers
        from period join purchase on local_day >= from_day and local_day <= to_day
        where previous_day is null or previous_day < from_day
        group by kind, from_day
      ),
      event as (
        select * from (${netEvents(d.date(scope.asOf))}) as any_event
        where ${inReach} and ${inPlace(scope)} and ${asked}
      ),
      -- who had not bought before the earliest day is new, first seen or no buyer in some period; all others are returning
      newcomer_net as (
        select event.local_day, newcomer.first_day, newcomer.first_seen, ${d.sum(sql`event.net_minor`)} as net_minor
        from event
        join (
          select member_key, first_day, first_seen from ${scope.tables.memberFacts}
          where first_day >= ${d.date(earliest)} or first_day is null
        ) as newcomer on newcomer.member_key = event.member_key
        group by event.local_day, newcomer.first_day, newcomer.first_seen
      ),
      newcomer as (
        select kind, from_day,
          ${d.sumIf(sql`net_minor`, sql`first_day >= from_day and first_day <= to_day and not first_seen`)} as new_net,
          ${d.sumIf(sql`net_minor`, sql`first_day >= from_day and first_day <= to_day and first_seen`)} as first_seen_net,
          ${d.sumIf(sql`net_minor`, sql`first_day is null or first_day > to_day`)} as other_net
        from period join newcomer_net on local_day >= from_day and local_day <= to_day
        group by kind, from_day
      ),
      shop_day as (${shopDays(scope, inReach, d)}),
      sold as (
        select kind, from_day, to_day, ${d.sum(sql`orders`)} as orders, ${d.sum(sql`guest_orders`)} as guest_orders,
          ${d.sum(sql`guest_net`)} as guest_net, ${d.sum(sql`member_net`)} as member_net
        from period left join shop_day on local_day >= from_day and local_day <= to_day
        group by kind, from_day, to_day
      )
      select sold.kind, sold.from_day, sold.to_day, sold.orders, sold.guest_orders,
        sold.guest_net as guest_net_minor, sold.member_net as member_net_minor,
        coalesce(new_buyers, 0) as new_buyers, coalesce(first_seen_buyers, 0) as first_seen_buyers,
        coalesce(returning_buyers, 0) as returning_buyers,
        coalesce(new_net, 0) as new_net_minor, coalesce(first_seen_net, 0) as first_seen_net_minor,
        coalesce(other_net, 0) as other_net_minor
      from sold
      left join buyer on buyer.kind = sold.kind and buyer.from_day = sold.from_day
      left join newcomer on newcomer.kind = sold.kind and newcomer.from_day = sold.from_day
      order by case sold.kind when 'current' then 0 when 'previous' then 1 else 2 end, sold.from_day`
  },

  finish: (rows, _settings, scope) =>
    z
      .array(Measured)
      .parse(rows)
      .map(({ fromDay, toDay, memberNetMinor, ...row }) => {
        const netMinor = memberNetMinor + row.guestNetMinor
        return {
          ...row,
          from: fromDay,
          to: toDay,
          state: toDay <= scope.asOf ? 'complete' : 'in-progress',
          netMinor,
          buyers: row.newBuyers + row.firstSeenBuyers + row.returningBuyers,
          returningNetMinor: memberNetMinor - row.newNetMinor - row.firstSeenNetMinor - row.otherNetMinor,
          averageOrder: average(netMinor, row.orders),
          guestShare: share(row.guestNetMinor, netMinor),
          membersExpression: boughtBetween(scope, fromDay, toDay),
        }
      }),
})

/** Counted orders, and those that open a purchase day, with the same day, day before, first day and first-seen mark. */
const purchases = (scope: Scope, inReach: Sql, d: Dialect): Sql =>
  everywhere(scope)
    ? // Of a member's later purchases only the first in a period is asked for, and then the day before tells as much as the first day.
      sql`
        select local_day, previous_day, coalesce(previous_day, local_day) as first_day,
          previous_day is null and first_seen as first_seen, count(*) as orders, ${d.countIf(sql`opens_day`)} as buyers
        from ${scope.tables.memberOrders}
        where ${inReach} and ${inAudience(scope, sql`member_key`)}
        group by all`
    : sql`
        select local_day, previous_day, first_day, first_seen, count(*) as orders, count(*) as buyers
        from (
          select local_day, first_day, first_seen,
            lag(local_day) over (partition by member_key order by order_number) as previous_day
          from ${countedOrders(scope)} as counted where ${inReach}
        ) as purchase
        group by all`

/** Orders and net of each day, and the guests' part of them; with a member filter the guests are left out. */
const shopDays = (scope: Scope, inReach: Sql, d: Dialect): Sql =>
  scope.audience
    ? sql`
        select local_day, ${d.sum(sql`orders`)} as orders, 0 as guest_orders, 0 as guest_net, ${d.sum(sql`net_minor`)} as member_net
        from (
          select local_day, orders, 0 as net_minor from purchase
          union all
          select local_day, 0 as orders, net_minor from event
        ) as activity
        group by local_day`
    : sql`
        select local_day, ${d.sum(sql`orders`)} as orders, ${d.sumIf(sql`orders`, sql`guest`)} as guest_orders,
          ${d.sumIf(sql`net_minor`, sql`guest`)} as guest_net, ${d.sumIf(sql`net_minor`, sql`not guest`)} as member_net
        from ${scope.tables.orderCube} where ${inReach} and ${inPlace(scope)} group by local_day`

const Measured = Counts.omit({ netMinor: true, buyers: true, returningNetMinor: true }).extend({
  kind: z.enum(['current', 'previous', 'step']),
  fromDay: z.string(),
  toDay: z.string(),
  memberNetMinor: z.int(),
})

/** How net moved against the previous period, and where the difference came from. */
export function overviewFindings(rows: readonly OverviewRow[]): Finding[] {
  const current = rows.find(({ kind }) => kind === 'current')
  const previous = rows.find(({ kind }) => kind === 'previous')
  if (!current || !previous || previous.netMinor <= 0) return [{ id: 'overview.neutral', values: {} }]
  const change = current.netMinor / previous.netMinor - 1
  const values = { change, netMinor: current.netMinor, previousNetMinor: previous.netMinor }
  if (Math.abs(change) < 0.02) return [{ id: 'overview.steady', values }]
  const gained = (of: (row: OverviewRow) => number) => of(current) - of(previous)
  const parts = {
    new: gained((row) => row.newNetMinor + row.firstSeenNetMinor),
    returning: gained((row) => row.returningNetMinor),
    guests: gained((row) => row.guestNetMinor),
  }
  const sign = Math.sign(change)
  const [most, amount] = Object.entries(parts).toSorted(([, a], [, b]) => sign * (b - a))[0]!
  const share = amount / gained((row) => row.netMinor)
  return [{ id: sign > 0 ? 'overview.rose' : 'overview.fell', values: { ...values, most, share } }]
}
