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
import {
  countedCube,
  countedOrdersWithin,
  everywhere,
  inAudience,
  inPlace,
  ofAudience,
} from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { buyerClass, netEvents, salesByPeriod } from '../../schema/derived.ts'
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
    const steps = periods.slice(2)
    const within = (first: Period, last: Period) =>
      sql`local_day >= ${d.date(first.from)} and local_day <= ${d.date(last.to)}`
    const inWindow = sql`local_day >= ${d.date(current.from)}`
    const windowOf = sql`case when ${inWindow} then ${d.date(current.from)} else ${d.date(previous.from)} end`
    const endOf = sql`case when period_from = ${d.date(current.from)} then ${d.date(current.to)} else ${d.date(previous.to)} end`
    const windows =
      everywhere(scope) && !scope.audience
        ? salesOfAll(within(previous, current), windowOf, endOf, scope, d)
        : salesByPeriod(memberDays(scope, within(previous, current), d), windowOf, endOf)
    const guestDays = join(
      [within(previous, current), ...(steps.length === 0 ? [] : [within(steps[0]!, steps.at(-1)!)])],
      sql` or `,
    )
    const parts = [
      sql`select 'window' as kind, period_from, class, orders, net_minor, buyers from (${windows}) as window_sales`,
      ...(steps.length === 0
        ? []
        : [
            sql`select 'step', period_from, class, orders, net_minor, buyers from (${stepSales(settings, steps, scope, d)}) as step_sales`,
          ]),
      ...(scope.audience
        ? []
        : [
            sql`select 'guests', local_day, null, ${d.sum(sql`orders`)}, ${d.sum(sql`net_minor`)}, 0
            from ${countedCube(scope, sql`guest and (${guestDays})`, d)} as sold_to_guests
            group by local_day`,
          ]),
    ]
    return join(parts, sql` union all `)
  },

  finish(rows, settings, scope) {
    const sold = z.array(Sold).parse(rows)
    return periodsOf(settings, scope).map(({ kind, from, to }) => {
      const members = sold.filter(
        (row) => row.kind === (kind === 'step' ? 'step' : 'window') && row.periodFrom === from,
      )
      const guests = sold.filter(
        (row) => row.kind === 'guests' && row.periodFrom >= from && row.periodFrom <= to,
      )
      const of = (what: 'orders' | 'netMinor' | 'buyers', rows: readonly z.output<typeof Sold>[]) =>
        rows.reduce((sum, row) => sum + row[what], 0)
      const classed = (name: keyof typeof buyerClass) =>
        members.filter((row) => row.class === buyerClass[name])
      const netMinor = of('netMinor', members) + of('netMinor', guests)
      const orders = of('orders', members) + of('orders', guests)
      return {
        kind,
        from,
        to,
        state: to <= scope.asOf ? 'complete' : 'in-progress',
        netMinor,
        orders,
        guestNetMinor: of('netMinor', guests),
        guestOrders: of('orders', guests),
        buyers: of('buyers', members),
        newBuyers: of('buyers', classed('new')),
        firstSeenBuyers: of('buyers', classed('firstSeen')),
        returningBuyers: of('buyers', classed('returning')),
        newNetMinor: of('netMinor', classed('new')),
        firstSeenNetMinor: of('netMinor', classed('firstSeen')),
        returningNetMinor: of('netMinor', classed('returning')),
        otherNetMinor: of('netMinor', classed('notYet')),
        averageOrder: average(netMinor, orders),
        guestShare: share(of('netMinor', guests), netMinor),
        membersExpression: boughtBetween(scope, from, to),
      }
    })
  },
})

/**
 * What `salesByPeriod` counts, for all members everywhere, from what is kept by first days and by purchase days that
 * follow one another: a member is a buyer of a period by the purchase day in it that has none before it there.
 */
function salesOfAll(inReach: Sql, from: Sql, to: Sql, scope: Scope, d: Dialect): Sql {
  const began = sql`case when first_seen then ${buyerClass.firstSeen} else ${buyerClass.new} end`
  const classOf = sql`case
          when first_day < period_from then ${buyerClass.returning}
          when first_day <= ${to} then ${began}
          else ${buyerClass.notYet}
        end`
  return sql`
      select period_from, class, ${d.sum(sql`orders`)} as orders, ${d.sum(sql`net_minor`)} as net_minor, ${d.sum(sql`buyers`)} as buyers
      from (
        select period_from, ${classOf} as class, orders, net_minor, 0 as buyers
        from (select *, ${from} as period_from from ${scope.tables.firstDaySales} as sold where ${inReach}) as sold_day
        union all
        select period_from, case when from_day is null then ${began} else ${buyerClass.returning} end, 0, 0, members
        from (
          select *, ${from} as period_from
          from (select to_day as local_day, from_day, first_seen, members from ${scope.tables.purchaseGaps}) as gap
          where ${inReach}
        ) as bought_day
        where coalesce(from_day < period_from, true)
      ) as counted
      group by period_from, class`
}

/** The steps' sales to members: kept ready for all members everywhere, otherwise from their days. */
function stepSales(
  { step }: z.output<typeof Settings>,
  steps: readonly Period[],
  scope: Scope,
  d: Dialect,
): Sql {
  const [first, last] = [steps[0]!, steps.at(-1)!]
  if (everywhere(scope) && !scope.audience)
    return sql`select * from ${scope.tables.stepSales}
      where step = ${step} and period_from >= ${d.date(first.from)} and period_from <= ${d.date(last.from)}`
  const days = memberDays(
    scope,
    sql`local_day >= ${d.date(first.from)} and local_day <= ${d.date(last.to)}`,
    d,
  )
  return step === 'month'
    ? salesByPeriod(days, d.startOf('month', sql`local_day`), d.lastDayOfMonth(sql`period_from`))
    : salesByPeriod(
        days,
        d.startOfWeek(sql`local_day`, scope.calendar.firstWeekday),
        d.addDays(sql`period_from`, 6),
      )
}

/**
 * What each member did on each day in reach: counted orders, net, the counted purchase day before
 * and the first one of all. Everywhere a derived table says it.
 */
const memberDays = (scope: Scope, inReach: Sql, d: Dialect): Sql =>
  everywhere(scope)
    ? sql`(select * from ${ofAudience(scope, scope.tables.memberDay)} as any_day where ${inReach})`
    : sql`(
        with counted as (
          select member_key, local_day, count(*) as orders
          from ${countedOrdersWithin(scope, inReach)} as counted_order
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
        left join ${scope.tables.memberFacts} as member on member.member_key = coalesce(preceded.member_key, event.member_key))`

/** What was sold in a step or a window to one class of buyers, or on a day to guests. */
const Sold = z.object({
  kind: z.enum(['step', 'window', 'guests']),
  periodFrom: z.string(),
  class: z.int().nullable(),
  orders: z.int(),
  netMinor: z.int(),
  buyers: z.int(),
})

/**
 * How net moved against the previous period, and where the difference came from. Where the data begins
 * (`dataStart`, null: nowhere) within that period or after it there is nothing to compare with.
 */
export function overviewFindings(rows: readonly OverviewRow[], dataStart: string | null): Finding[] {
  const current = rows.find(({ kind }) => kind === 'current')
  const previous = rows.find(({ kind }) => kind === 'previous')
  const covered = previous !== undefined && dataStart !== null && previous.from >= dataStart
  if (!current || !covered || previous.netMinor <= 0) return [{ id: 'overview.neutral', values: {} }]
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
