import type { z } from 'zod'
import { addDays, addMonths } from '../../analytics/calendar/calendar.ts'
import { dormancy } from '../../analytics/metrics/dormancy/dormancy.ts'
import { hours, weekdayNames } from '../../analytics/metrics/hours/hours.ts'
import { ltv } from '../../analytics/metrics/ltv/ltv.ts'
import type { Metric } from '../../analytics/metrics/metric.ts'
import { overview } from '../../analytics/metrics/overview/overview.ts'
import { places } from '../../analytics/metrics/places/places.ts'
import { products } from '../../analytics/metrics/products/products.ts'
import { repurchase } from '../../analytics/metrics/repurchase/repurchase.ts'
import { retention } from '../../analytics/metrics/retention/retention.ts'
import { rfm } from '../../analytics/metrics/rfm/rfm.ts'
import { season } from '../../analytics/metrics/season/season.ts'

/** What PostgreSQL and SQLite spell differently; days are dates there and ISO texts here. */
export interface Spelling {
  day(iso: string): string
  /** The first seven characters of a day: its month. */
  month(day: string): string
  daysBetween(from: string, to: string): string
  addDays(day: string, count: number): string
  /** 0 = Sunday … 6. */
  weekday(day: string): string
}

export const postgresSpelling: Spelling = {
  day: (iso) => `date '${iso}'`,
  month: (day) => `to_char(${day}, 'YYYY-MM')`,
  daysBetween: (from, to) => `(cast(${to} as date) - ${from})`,
  addDays: (day, count) => `(${day} + ${count})`,
  weekday: (day) => `cast(extract(dow from ${day}) as integer)`,
}

export const sqliteSpelling: Spelling = {
  day: (iso) => `'${iso}'`,
  month: (day) => `substr(${day}, 1, 7)`,
  daysBetween: (from, to) => `cast(julianday(${to}) - julianday(${from}) as integer)`,
  addDays: (day, count) => `date(${day}, '${count} days')`,
  weekday: (day) => `cast(strftime('%w', ${day}) as integer)`,
}

type Cells = readonly (string | number | null)[]

/** A question to a room, and the same in straightforward SQL over indexed base tables. */
export interface DatabaseQuestion {
  readonly name: string
  readonly metric: Metric
  readonly settings: Readonly<Record<string, unknown>>
  /** What of the room's answer is compared, a row each, in any order. */
  cells(rows: readonly unknown[]): Cells[]
  /** The same rows from `members`, `orders`, `order_lines` and `refunds`; `asOf` as an ISO day. */
  sql(asOf: string, say: Spelling): string
}

/** Keeps the type of a room's rows together with what is read of them. */
const question = <M extends Metric>(
  name: string,
  metric: M,
  settings: Readonly<Record<string, unknown>>,
  cells: (rows: readonly z.output<M['row']>[]) => Cells[],
  sql: DatabaseQuestion['sql'],
): DatabaseQuestion => ({
  name,
  metric,
  settings,
  cells: cells as DatabaseQuestion['cells'],
  sql,
})

const qualifies = (asOf: string) =>
  `state = 'paid' and net_minor > 0 and local_day <= '${asOf}' and (void_day is null or void_day > '${asOf}')`
const ofMembers = (asOf: string) => `member_key is not null and ${qualifies(asOf)}`
/** Everything that moves net: paid orders and the refunds that count. */
const moved = (asOf: string) => `
  select member_key, local_day, store, net_minor from orders where state = 'paid' and local_day <= '${asOf}'
  union all
  select member_key, local_day, store, -amount_minor from refunds where counts and local_day <= '${asOf}'`
const firsts = (asOf: string) =>
  `select member_key, min(local_day) as first_day from orders where ${ofMembers(asOf)} group by member_key`

const halfYear = { from: '2026-01-01', to: '2026-06-30' }

/** The periods of the overview, of a shop whose newest day is `asOf`: the window, the one before it, and 13 weeks. */
const overviewPeriods = (asOf: string): { from: string; to: string }[] => {
  const monday = addDays(asOf, -((new Date(asOf).getUTCDay() + 6) % 7))
  return [
    { from: addDays(asOf, -29), to: asOf },
    { from: addDays(asOf, -59), to: addDays(asOf, -30) },
    ...Array.from({ length: 13 }, (_, i) => {
      const from = addDays(monday, -7 * (12 - i))
      return { from, to: addDays(from, 6) }
    }),
  ]
}

export const databaseQuestions: readonly DatabaseQuestion[] = [
  question(
    'overview',
    overview,
    {},
    (rows) => rows.map((row) => [row.from, row.netMinor, row.orders, row.buyers, row.returningBuyers]),
    (asOf, { day }) => `
      with period(first_of, last_of) as (values ${overviewPeriods(asOf)
        .map(({ from, to }) => `(${day(from)}, ${day(to)})`)
        .join(', ')}),
      first as (${firsts(asOf)}),
      net as (
        select first_of, last_of, sum(net_minor) as net
        from period join (${moved(asOf)}) as event on local_day >= first_of and local_day <= last_of
        group by first_of, last_of
      ),
      bought as (
        select first_of, last_of, count(*) as orders, count(distinct orders.member_key) as buyers,
          count(distinct case when first_day < first_of then orders.member_key end) as returning_buyers
        from period join orders on local_day >= first_of and local_day <= last_of
        left join first on first.member_key = orders.member_key
        where ${qualifies(asOf)}
        group by first_of, last_of
      )
      select net.first_of, net, orders, buyers, returning_buyers
      from net join bought on bought.first_of = net.first_of and bought.last_of = net.last_of`,
  ),
  question(
    'retention',
    retention,
    { periods: 60 },
    (rows) =>
      rows.flatMap(({ cohort, period, returned }) =>
        returned > 0 ? [[cohort.slice(0, 7), addMonths(cohort, period).slice(0, 7), returned]] : [],
      ),
    (asOf, { month }) => `
      select ${month('first_day')}, ${month('local_day')}, count(distinct orders.member_key)
      from orders join (${firsts(asOf)}) as first on first.member_key = orders.member_key
      where ${qualifies(asOf)}
      group by 1, 2`,
  ),
  question(
    'ltv',
    ltv,
    { periods: 120 },
    (rows) =>
      rows.flatMap(({ cohort, period, netMinor }) =>
        netMinor === 0
          ? []
          : [
              [
                cohort === null ? null : cohort.slice(0, 7),
                cohort === null ? null : addMonths(cohort, period!).slice(0, 7),
                netMinor,
              ],
            ],
      ),
    (asOf, { month }) => `
      select cohort, period, sum(net_minor)
      from (
        select ${month('first_day')} as cohort, net_minor,
          case when local_day < first_day then ${month('first_day')} when first_day is not null then ${month('local_day')} end as period
        from (${moved(asOf)}) as event left join (${firsts(asOf)}) as first on first.member_key = event.member_key
        where event.member_key is not null
      ) as dated
      group by cohort, period having sum(net_minor) <> 0`,
  ),
  question(
    'repurchase in half a year, and from one purchase day to the next',
    repurchase,
    halfYear,
    (rows) => rows.map(({ measure, n, members, repeated }) => [measure, n ?? 0, members, repeated]),
    (asOf, { daysBetween }) => `
      with bought as (
        select member_key, count(*) as orders, count(distinct local_day) as purchase_days
        from orders where ${ofMembers(asOf)} and local_day >= '${halfYear.from}' and local_day <= '${halfYear.to}'
        group by member_key
      ),
      purchase as (select distinct member_key, local_day from orders where ${ofMembers(asOf)}),
      step as (
        select local_day, row_number() over (partition by member_key order by local_day) as n,
          lead(local_day) over (partition by member_key order by local_day) as next_day
        from purchase
      )
      select 'orders', 0, count(*), sum(case when orders >= 2 then 1 else 0 end) from bought
      union all
      select 'purchase-days', 0, count(*), sum(case when purchase_days >= 2 then 1 else 0 end) from bought
      union all
      select 'ladder', n, count(*), sum(case when ${daysBetween('local_day', 'next_day')} <= 90 then 1 else 0 end)
      from step where n <= 5 and ${daysBetween('local_day', `'${asOf}'`)} >= 90
      group by n`,
  ),
  question(
    'recency, frequency, money',
    rfm,
    {},
    (rows) =>
      rows.flatMap((row) =>
        row.kind === 'cell' && row.members > 0
          ? [[row.recency, row.frequencyMoney, row.members, row.netMinor]]
          : [],
      ),
    (asOf, { daysBetween }) => {
      const ranks = ['silent', 'orders', 'net']
      const cuts = ranks.flatMap((of) =>
        [1, 2, 3, 4].map(
          (k) => `max(case when ${of}_rank = (buyers * ${k} + 4) / 5 then ${of} end) as ${of}_${k}`,
        ),
      )
      const above = (of: string) =>
        [1, 2, 3, 4].map((k) => `case when ${of} > ${of}_${k} then 1 else 0 end`).join(' + ')
      return `
      with bought as (
        select member_key, ${daysBetween('max(local_day)', `'${asOf}'`)} as silent, count(*) as orders
        from orders where ${ofMembers(asOf)} group by member_key
      ),
      money as (select member_key, cast(sum(net_minor) as bigint) as net from (${moved(asOf)}) as event where member_key is not null group by member_key),
      buyer as (select silent, orders, net from bought join money on money.member_key = bought.member_key),
      ranked as (
        select *, count(*) over () as buyers, ${ranks.map((of) => `row_number() over (order by ${of}) as ${of}_rank`).join(', ')}
        from buyer
      ),
      cut as (select ${cuts.join(', ')} from ranked),
      scored as (
        select net, 5 - (${above('silent')}) as recency, 1 + ${above('orders')} as frequency, 1 + ${above('net')} as money
        from buyer cross join cut
      )
      select recency, (frequency + money + 1) / 2, count(*), sum(net) from scored group by 1, 2`
    },
  ),
  question(
    'dormancy',
    dormancy,
    {},
    (rows) =>
      rows.flatMap(({ status, members, valueAtRiskMinor }) =>
        status !== null && members > 0 ? [[status, members, valueAtRiskMinor]] : [],
      ),
    (asOf, { daysBetween, addDays: plus }) => `
      with latest as (select member_key, max(local_day) as last_day from orders where ${ofMembers(asOf)} group by member_key),
      yearly as (
        select latest.member_key, sum(net_minor) as net
        from (${moved(asOf)}) as event join latest on latest.member_key = event.member_key and local_day >= ${plus('last_day', -364)}
        group by latest.member_key
      ),
      known as (
        select members.member_key, ${daysBetween('last_day', `'${asOf}'`)} as silent, net
        from members left join latest on latest.member_key = members.member_key
        left join yearly on yearly.member_key = members.member_key
        where members.joined_day is null or members.joined_day <= '${asOf}'
      )
      select case when silent is null then 'never bought' when silent <= 30 then 'active' when silent <= 90 then 'cooling'
          when silent <= 180 then 'dormant' else 'lost' end,
        count(*), coalesce(sum(case when net > 0 then net end), 0)
      from known group by 1`,
  ),
  question(
    'hours of the week',
    hours,
    {},
    (rows) =>
      rows.flatMap(({ weekday, hour, orders }) =>
        orders > 0 ? [[(weekdayNames.indexOf(weekday) + 1) % 7, hour, orders]] : [],
      ),
    (asOf, { weekday }) => `
      select ${weekday('local_day')}, local_hour, count(*)
      from orders where ${qualifies(asOf)} and local_day > '${addDays(asOf, -365)}'
      group by 1, 2`,
  ),
  question(
    'stores',
    places,
    {},
    (rows) =>
      rows.flatMap((row) =>
        row.kind === 'place'
          ? [[row.place, row.memberOrders, row.guestOrders, row.netMinor, row.buyers, row.repeated.numerator]]
          : [],
      ),
    (asOf) => {
      const within = `local_day > '${addDays(asOf, -90)}'`
      return `
      with bought as (
        select store, member_key, count(*) as orders from orders where ${qualifies(asOf)} and ${within} group by store, member_key
      ),
      net as (select store, sum(net_minor) as net from (${moved(asOf)}) as event where ${within} group by store),
      buyers as (
        select store, sum(case when member_key is not null then orders else 0 end) as member_orders,
          sum(case when member_key is null then orders else 0 end) as guest_orders, count(member_key) as buyers,
          sum(case when member_key is not null and orders >= 2 then 1 else 0 end) as repeated
        from bought group by store
      )
      select net.store, member_orders, guest_orders, net, buyers, repeated
      from net join buyers on coalesce(buyers.store, '') = coalesce(net.store, '')`
    },
  ),
  question(
    'season of categories',
    season,
    {},
    (rows) =>
      rows.flatMap((row) =>
        row.share.numerator > 0
          ? [[row.item, row.month.slice(0, 7), row.share.numerator, row.share.denominator]]
          : [],
      ),
    (asOf, { month }) => {
      const since = `${ofMembers(asOf)} and local_day >= '${addMonths(`${asOf.slice(0, 7)}-01`, -12)}'`
      return `
      with everything as (select ${month('local_day')} as sold_in, count(*) as orders from orders where ${since} group by 1)
      select category, sold_in, with_it, orders
      from (
        select category, ${month('local_day')} as sold_in_month, count(distinct orders.order_key) as with_it
        from (select order_key, local_day from orders where ${since}) as orders
        join order_lines on order_lines.order_key = orders.order_key
        where category is not null group by 1, 2
      ) as sold join everything on sold_in = sold_in_month`
    },
  ),
  question(
    'categories',
    products,
    {},
    (rows) =>
      rows.flatMap((row) =>
        row.kind === 'item'
          ? [[row.item, row.members, row.orders, row.netMinor, row.repeated.numerator]]
          : [],
      ),
    (asOf) => `
      select category, count(*), sum(orders), sum(net), sum(case when orders >= 2 then 1 else 0 end)
      from (
        select category, member_key, count(distinct orders.order_key) as orders, sum(order_lines.net_minor) as net
        from (select order_key, member_key from orders where ${ofMembers(asOf)}) as orders
        join order_lines on order_lines.order_key = orders.order_key
        where category is not null group by category, member_key
      ) as bought group by category`,
  ),
]
