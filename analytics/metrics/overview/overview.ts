import { z } from 'zod'
import { AskedDay } from '../../calendar/day.ts'
import {
  addDays,
  addMonths,
  daysBetween,
  endOfMonth,
  startOfMonth,
  startOfWeek,
} from '../../calendar/calendar.ts'
import { boughtBetween } from '../../relations/expressions.ts'
import { countedOrders, everywhere, inAudience, inPlace, ofAudience } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { netEvents } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { join, type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Average, average, Share, share } from '../ratio.ts'

const Settings = z.object({
  /** The window, both days inclusive. Default: the 30 days to asOf. Cut at asOf. */
  from: AskedDay.optional(),
  to: AskedDay.optional(),
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
    const [current, previous] = periods as [Period, Period]
    const earliest = periods.map(({ from }) => from).toSorted()[0]!
    const inReach = sql`local_day >= ${d.date(earliest)} and local_day <= ${d.date(scope.asOf)}`
    const inPeriod = ({ from, to }: Period) =>
      sql`local_day >= ${d.date(from)} and local_day <= ${d.date(to)}`
    const guests = scope.audience
      ? sql``
      : sql`
        union all
        select local_day, orders, net_minor, null, null, false, true
        from ${scope.tables.orderCube} where guest and ${inReach} and ${inPlace(scope)}`
    return sql`
      -- a day belongs to one step, and at most to one of the window and the period before it
      with day as (
        select local_day, ${beginningOfStep(settings, scope, d)} as step_from,
          case when ${inPeriod(current)} then ${d.date(current.from)} when ${inPeriod(previous)} then ${d.date(previous.from)} end as window_from
        from (
          select ${d.addDays(d.date(earliest), sql`n`)} as local_day
          from ${d.integers(daysBetween(earliest, scope.asOf) + 1)} as number
        ) as any_day
      ),
      -- what a member did on a day, and of guests what the shop sold; a first day before all periods is as good as any
      activity as (
        select local_day, orders, net_minor, previous_day,
          case when first_day < ${d.date(earliest)} then ${d.date(longAgo)} else first_day end as first_day,
          first_seen, false as guest
        from (${memberDays(scope, inReach, d)}) as member_day${guests}
      ),
      by_first_day as (
        select step_from, window_from, first_day, first_seen, guest,
          ${d.sum(sql`orders`)} as orders, ${d.sum(sql`net_minor`)} as net_minor,
          ${d.countIf(sql`orders > 0 and (previous_day is null or previous_day < step_from)`)} as step_buyers,
          ${d.countIf(sql`orders > 0 and (previous_day is null or previous_day < window_from)`)} as window_buyers
        from activity join day on day.local_day = activity.local_day
        group by all
      ),
      sold as (
        select true as is_step, step_from as from_day, ${buyerClass(sql`step_from`, endOfStep(settings, sql`step_from`, d))} as class,
          orders, net_minor, step_buyers as buyers
        from by_first_day
        union all
        select false, window_from, ${buyerClass(sql`window_from`, sql`case when window_from = ${d.date(current.from)} then ${d.date(current.to)} else ${d.date(previous.to)} end`)},
          orders, net_minor, window_buyers
        from by_first_day
      ),
      period(kind, from_day, to_day) as (
        values ${join(periods.map(({ kind, from, to }) => sql`(${kind}, ${d.date(from)}, ${d.date(to)})`))}
      )
      select period.kind, period.from_day, period.to_day, ${d.sum(sql`orders`)} as orders,
        ${d.sumIf(sql`orders`, sql`class = ${guest}`)} as guest_orders,
        ${d.sumIf(sql`net_minor`, sql`class = ${guest}`)} as guest_net_minor,
        ${d.sumIf(sql`net_minor`, sql`class <> ${guest}`)} as member_net_minor,
        ${d.sumIf(sql`buyers`, sql`class = ${newcomer}`)} as new_buyers,
        ${d.sumIf(sql`buyers`, sql`class = ${firstSeen}`)} as first_seen_buyers,
        ${d.sumIf(sql`buyers`, sql`class = ${returning}`)} as returning_buyers,
        ${d.sumIf(sql`net_minor`, sql`class = ${newcomer}`)} as new_net_minor,
        ${d.sumIf(sql`net_minor`, sql`class = ${firstSeen}`)} as first_seen_net_minor,
        ${d.sumIf(sql`net_minor`, sql`class = ${notYet}`)} as other_net_minor
      from period left join sold on sold.from_day = period.from_day and sold.is_step = (period.kind = 'step')
      group by period.kind, period.from_day, period.to_day
      order by case period.kind when 'current' then 0 when 'previous' then 1 else 2 end, period.from_day`
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

const beginningOfStep = ({ step }: z.output<typeof Settings>, scope: Scope, d: Dialect): Sql =>
  step === 'month'
    ? d.startOf('month', sql`local_day`)
    : d.startOfWeek(sql`local_day`, scope.calendar.firstWeekday)

const endOfStep = ({ step }: z.output<typeof Settings>, stepFrom: Sql, d: Dialect): Sql =>
  step === 'month' ? d.lastDayOfMonth(stepFrom) : d.addDays(stepFrom, 6)

const longAgo = '0001-01-01'

/** Whose activity it is, seen from a period: of members by when they first bought. */
const [returning, newcomer, firstSeen, notYet, guest] = [0, 1, 2, 3, 4] as const

const buyerClass = (from: Sql, to: Sql): Sql => sql`case when guest then ${guest}
            when first_day < ${from} then ${returning}
            when first_day <= ${to} then case when first_seen then ${firstSeen} else ${newcomer} end
            else ${notYet} end`

/**
 * What each member did on each day in reach: counted orders, net, the counted purchase day before
 * and the first one of all. Everywhere a derived table says it.
 */
const memberDays = (scope: Scope, inReach: Sql, d: Dialect): Sql =>
  everywhere(scope)
    ? sql`select * from ${ofAudience(scope, scope.tables.memberDay)} as any_day where ${inReach}`
    : sql`
        with counted as (
          select member_key, local_day, count(*) as orders
          from ${countedOrders(scope)} as counted_order where ${inReach}
          group by member_key, local_day
        ),
        preceded as (
          select *, lag(local_day) over (partition by member_key order by local_day) as previous_day from counted
        ),
        event as (
          select member_key, local_day, ${d.sum(sql`net_minor`)} as net_minor
          from (${netEvents(d.date(scope.asOf))}) as any_event
          where ${inReach} and ${inPlace(scope)} and ${inAudience(scope, sql`member_key`)}
          group by member_key, local_day
        )
        select coalesce(preceded.local_day, event.local_day) as local_day, coalesce(preceded.orders, 0) as orders,
          coalesce(event.net_minor, 0) as net_minor, previous_day, member.first_day, coalesce(member.first_seen, false) as first_seen
        from preceded
        full join event on event.member_key = preceded.member_key and event.local_day = preceded.local_day
        left join ${scope.tables.memberFacts} as member on member.member_key = coalesce(preceded.member_key, event.member_key)`

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
