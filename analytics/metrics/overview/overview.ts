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
import { join, name, type Sql, sql } from '../../sql/sql.ts'
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
    const reach = daysBetween(earliest, scope.asOf) + 1
    const inReach = sql`local_day >= ${d.date(earliest)} and local_day <= ${d.date(scope.asOf)}`
    const spans = ['shown', 'step'].map((span) => ({
      measure: (of: string) => name(`${span}_${of}`),
      opens: sql`(previous_day is null or previous_day < ${name(`${span}_from`)})`,
      firstWithin: sql`first_day >= ${name(`${span}_from`)} and first_day <= ${name(`${span}_to`)}`,
      firstBefore: sql`first_day < ${name(`${span}_from`)}`,
    }))
    const buyers = spans.map(
      ({ measure, opens, firstWithin, firstBefore }) => sql`
          ${d.countIf(sql`${opens} and ${firstWithin} and not first_seen`)} as ${measure('new_buyers')},
          ${d.countIf(sql`${opens} and ${firstWithin} and first_seen`)} as ${measure('first_seen_buyers')},
          ${d.countIf(sql`${opens} and ${firstBefore}`)} as ${measure('returning_buyers')}`,
    )
    const nets = spans.map(
      ({ measure, firstWithin, firstBefore }) => sql`
          ${d.sumIf(sql`net_minor`, sql`${firstWithin} and not first_seen`)} as ${measure('new_net')},
          ${d.sumIf(sql`net_minor`, sql`${firstWithin} and first_seen`)} as ${measure('first_seen_net')},
          ${d.sumIf(sql`net_minor`, firstBefore)} as ${measure('returning_net')}`,
    )
    const either = (measure: string) =>
      d.sum(sql`case when kind = 'step' then ${name(`step_${measure}`)} else ${name(`shown_${measure}`)} end`)

    return sql`
      with period(kind, from_day, to_day) as (
        values ${join(periods.map(({ kind, from, to }) => sql`(${kind}, ${d.date(from)}, ${d.date(to)})`))}
      ),
      -- a day lies in at most one of the two windows and in one step; who is new depends on where these begin
      calendar_day as (
        select reached.local_day, shown.from_day as shown_from, shown.to_day as shown_to,
          step.from_day as step_from, step.to_day as step_to
        from (select ${d.addDays(d.date(earliest), sql`n`)} as local_day from ${d.integers(reach)} as day_number) as reached
        left join period as shown
          on shown.kind <> 'step' and reached.local_day >= shown.from_day and reached.local_day <= shown.to_day
        left join period as step
          on step.kind = 'step' and reached.local_day >= step.from_day and reached.local_day <= step.to_day
      ),
      purchase as (${purchases(scope, inReach)}),
      buyer_day as (
        select local_day, ${join(buyers)}
        from purchase join calendar_day using (local_day) group by local_day
      ),
      member_net as (
        select event.local_day, event.net_minor, member.first_day, member.first_seen
        from (
          select * from (${netEvents(d.date(scope.asOf))}) as any_event
          where ${inReach} and ${inPlace(scope)} and ${inAudience(scope, sql`member_key`)}
        ) as event
        join ${scope.tables.memberFacts} as member on member.member_key = event.member_key
      ),
      net_day as (
        select local_day, ${join(nets)}, ${d.sum(sql`net_minor`)} as member_net
        from member_net join calendar_day using (local_day) group by local_day
      ),
      order_day as (${orderDays(scope, inReach, d)}),
      measured as (
        select *
        from calendar_day
        left join order_day using (local_day)
        left join net_day using (local_day)
        left join buyer_day using (local_day)
      )
      select kind, from_day, to_day,
        ${d.sum(sql`orders`)} as orders, ${d.sum(sql`guest_orders`)} as guest_orders,
        ${d.sum(sql`guest_net`)} as guest_net_minor, ${d.sum(sql`member_net`)} as member_net_minor,
        ${either('new_buyers')} as new_buyers, ${either('first_seen_buyers')} as first_seen_buyers,
        ${either('returning_buyers')} as returning_buyers,
        ${either('new_net')} as new_net_minor, ${either('first_seen_net')} as first_seen_net_minor,
        ${either('returning_net')} as returning_net_minor
      from period left join measured on local_day >= from_day and local_day <= to_day
      group by kind, from_day, to_day
      order by case kind when 'current' then 0 when 'previous' then 1 else 2 end, from_day`
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
          otherNetMinor: memberNetMinor - row.newNetMinor - row.firstSeenNetMinor - row.returningNetMinor,
          averageOrder: average(netMinor, row.orders),
          guestShare: share(row.guestNetMinor, netMinor),
          membersExpression: boughtBetween(scope, fromDay, toDay),
        }
      }),
})

/** A row per member and purchase day that counts, with the day of the one before it. */
const purchases = (scope: Scope, inReach: Sql): Sql =>
  everywhere(scope)
    ? sql`
        select local_day, previous_day, first_day, first_seen from ${scope.tables.memberOrders}
        where opens_day and ${inReach} and ${inAudience(scope, sql`member_key`)}`
    : sql`
        select local_day, first_day, first_seen,
          lag(local_day) over (partition by member_key order by order_number) as previous_day
        from ${countedOrders(scope)} as counted where ${inReach}`

/** Orders of each day, and the guests' part of them; with a member filter the guests are left out. */
const orderDays = (scope: Scope, inReach: Sql, d: Dialect): Sql =>
  scope.audience
    ? sql`
        select local_day, count(*) as orders, 0 as guest_orders, 0 as guest_net
        from ${countedOrders(scope)} as counted where ${inReach} group by local_day`
    : sql`
        select local_day, ${d.sum(sql`orders`)} as orders, ${d.sumIf(sql`orders`, sql`guest`)} as guest_orders,
          ${d.sumIf(sql`net_minor`, sql`guest`)} as guest_net
        from ${scope.tables.orderCube} where ${inReach} and ${inPlace(scope)} group by local_day`

const Measured = Counts.omit({ netMinor: true, buyers: true, otherNetMinor: true }).extend({
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
