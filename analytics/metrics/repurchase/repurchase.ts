import { z } from 'zod'
import { AskedDay } from '../../calendar/day.ts'
import { addDays } from '../../calendar/calendar.ts'
import { boughtBetween, cameBack } from '../../relations/expressions.ts'
import {
  askedMembers,
  countedOrders,
  countedOrdersWithin,
  everywhere,
  ofAudience,
} from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** The window of the rate, both days inclusive, cut at asOf. Default: all history. */
  from: AskedDay.optional(),
  to: AskedDay.optional(),
  /** Days within which the next purchase day must follow, inclusive. */
  withinDays: z.coerce.number().int().min(1).max(730).default(90),
  /** The ladder's last step: from the n-th purchase day to the next. */
  steps: z.coerce.number().int().min(0).max(50).default(5),
})

const Row = z.object({
  /** The window's rate by orders, the same by purchase days, or a step of the ladder. */
  measure: z.enum(['orders', 'purchase-days', 'ladder']),
  /** Ladder: the purchase day from which the next is awaited. */
  n: z.int().nullable(),
  /** Window: members with at least one. Ladder: members whose n-th purchase day has been observed for the days asked. */
  members: z.int(),
  /** Window: of these, members with at least two. Ladder: of these, members with the next purchase day in time. */
  repeated: z.int(),
  /** repeated ÷ members; null over nobody. */
  rate: z.number().nullable(),
  /** Window: the members by when they first bought. Null for the ladder. */
  newMembers: z.int().nullable(),
  firstSeenMembers: z.int().nullable(),
  returningMembers: z.int().nullable(),
  /** The members behind `repeated`, in the segment language, where it can say them. */
  membersExpression: z.string().nullable(),
})

export type RepurchaseRow = z.output<typeof Row>

const beginning = '0001-01-01'

const windowOf = ({ from, to }: z.output<typeof Settings>, scope: Scope) => ({
  from: from ?? beginning,
  to: to !== undefined && to < scope.asOf ? to : scope.asOf,
})

/**
 * Repurchase rate in a window: members with at least two qualifying orders in it ÷ members with at
 * least one; the same by purchase days; buyers split into new (first order ever in the window),
 * first seen, and returning. And the ladder n → n+1 over all history: members whose (n+1)-th purchase
 * day came within h days (inclusive) of the n-th ÷ members with an n-th that lies at least h days
 * before asOf. Order filters restrict the orders that count in the window, and on the ladder the
 * orders that count as the next purchase; which purchase day is the n-th stays that of all orders.
 * Source: DEFINITIONS, "Repurchase".
 */
export const repurchase = defineMetric({
  name: 'repurchase',
  version: 1,
  title: { en: 'Repurchase', 'zh-CN': '复购' },
  description: {
    en: 'Of the buyers of a window, how many bought at least twice; and from each purchase day, how many came back for the next in time.',
    'zh-CN': '一段时间内的购买会员中有多少人至少买了两次；以及每次购买后，有多少人按时再买下一次。',
  },
  settings: Settings,
  row: Row,

  build(settings, scope, d) {
    return sql`
      with buyers as (${buyersOf(settings, scope, d)}),
      ladder as (${ladder(settings, scope, d)})
      select 0 as place, 'orders' as measure, null as n, members, repeated_by_order as repeated,
        new_members, first_seen_members, returning_members
      from buyers
      union all
      select 1, 'purchase-days', null, members, repeated_by_day, new_members, first_seen_members, returning_members
      from buyers
      union all
      select 2, 'ladder', n, members, repeated, null, null, null
      from ladder where members > 0 and n <= ${settings.steps}
      order by place, n`
  },

  finish: (rows, settings, scope) => {
    const { to } = windowOf(settings, scope)
    const twice = isWholeHistory(settings, scope)
      ? 'orders >= 2'
      : boughtBetween(scope, settings.from ?? scope.dataStart ?? scope.asOf, to, 2)
    return z
      .array(Counted)
      .parse(rows)
      .map((row) => ({
        ...row,
        rate: row.members === 0 ? null : row.repeated / row.members,
        membersExpression:
          row.measure === 'orders'
            ? twice
            : row.measure === 'ladder'
              ? cameBack(scope, row.n!, settings.withinDays, addDays(scope.asOf, -settings.withinDays))
              : isWholeHistory(settings, scope)
                ? 'purchase_days >= 2'
                : null,
      }))
  },
})

const Counted = Row.omit({ rate: true, membersExpression: true })

const isWholeHistory = (settings: z.output<typeof Settings>, scope: Scope): boolean =>
  settings.from === undefined && windowOf(settings, scope).to === scope.asOf && everywhere(scope)

/** One row: the window's buyers, how many bought again, by when they first bought. */
function buyersOf(settings: z.output<typeof Settings>, scope: Scope, d: Dialect): Sql {
  const { from, to } = windowOf(settings, scope)
  if (everywhere(scope) && !isWholeHistory(settings, scope)) return buyersByDay(from, to, scope, d)
  const bought = isWholeHistory(settings, scope)
    ? sql`select first_day, first_seen, orders, purchase_days from ${askedMembers(scope)} as asked where orders > 0`
    : sql`select any_value(first_day) as first_day, any_value(first_seen) as first_seen,
          count(*) as orders, count(distinct local_day) as purchase_days
        from ${countedOrdersWithin(scope, sql`local_day >= ${d.date(from)} and local_day <= ${d.date(to)}`)} as counted
        group by member_key`
  return sql`
        select count(*) as members,
          ${d.countIf(sql`orders >= 2`)} as repeated_by_order,
          ${d.countIf(sql`purchase_days >= 2`)} as repeated_by_day,
          ${d.countIf(sql`first_day >= ${d.date(from)} and not first_seen`)} as new_members,
          ${d.countIf(sql`first_day >= ${d.date(from)} and first_seen`)} as first_seen_members,
          ${d.countIf(sql`first_day < ${d.date(from)}`)} as returning_members
        from (${bought}) as bought`
}

/**
 * The same from the purchase days of the window alone, without gathering them by member: of a member's
 * days in it one has none before it there, and one has just one before it. Whoever bought on one day only
 * bought again when that day has two orders.
 */
function buyersByDay(from: string, to: string, scope: Scope, d: Dialect): Sql {
  const alone = sql`coalesce(previous_day < ${d.date(from)}, true) and coalesce(next_day > ${d.date(to)}, true)`
  // few days have two orders: only of those it is asked whether they stand alone
  const twiceOnOneDay = sql`case when orders >= 2 then ${alone} else false end`
  return sql`
        select members, repeated_by_day + repeated_on_one_day as repeated_by_order, repeated_by_day,
          first_members - first_seen_members as new_members, first_seen_members, members - first_members as returning_members
        from (
          select count(*) - ${d.countIf(sql`previous_day >= ${d.date(from)}`)} as members,
            ${d.countIf(sql`previous_day >= ${d.date(from)}`)} - ${d.countIf(sql`second_previous_day >= ${d.date(from)}`)} as repeated_by_day,
            ${d.countIf(twiceOnOneDay)} as repeated_on_one_day,
            ${d.countIf(sql`local_day = first_day`)} as first_members,
            ${d.countIf(sql`local_day = first_day and first_seen`)} as first_seen_members
          from ${ofAudience(scope, scope.tables.memberDay)} as member_day
          where orders > 0 and local_day >= ${d.date(from)} and local_day <= ${d.date(to)}
        ) as counted_day`
}

/** A row per n: members whose n-th purchase day was observed long enough, and whose next came in time. */
function ladder({ withinDays, steps }: z.output<typeof Settings>, scope: Scope, d: Dialect): Sql {
  const observedBy = d.date(addDays(scope.asOf, -withinDays))
  const inTime = sql`previous_day <= ${observedBy} and ${d.addDays(sql`previous_day`, withinDays)} >= local_day`
  const opened = sql`
        select * from ${ofAudience(scope, scope.tables.purchaseSteps)} as purchase_day
        where purchase_day_number <= ${steps + 1}`
  const purchase = everywhere(scope)
    ? sql`select *, true as counts from (${opened}) as opened`
    : sql`select opened.*, counted.member_key is not null as counts
        from (${opened}) as opened
        left join (
          select distinct member_key, purchase_day_number
          from ${countedOrders(scope)} as counted where purchase_day_number <= ${steps + 1}
        ) as counted
          on counted.member_key = opened.member_key and counted.purchase_day_number = opened.purchase_day_number`
  return sql`
        select purchase_day_number as n, members, coalesce(lead(came_in_time) over (order by purchase_day_number), 0) as repeated
        from (
          select purchase_day_number,
            ${d.countIf(sql`local_day <= ${observedBy}`)} as members,
            ${d.countIf(sql`counts and ${inTime}`)} as came_in_time
          from (${purchase}) as purchase
          group by purchase_day_number
        ) as observed`
}

/** How many come back after the first purchase, and whether the second makes it likelier. */
export function repurchaseFindings(rows: readonly RepurchaseRow[]): Finding[] {
  const step = (n: number) => rows.find((row) => row.measure === 'ladder' && row.n === n)
  const [first, second] = [step(1), step(2)]
  if (first && second && first.members >= 30 && second.members >= 30) {
    const values = { first: first.rate!, second: second.rate!, members: first.members }
    if (second.rate! - first.rate! >= 0.05) return [{ id: 'repurchase.second-order-matters', values }]
    return [{ id: 'repurchase.first-return', values }]
  }
  const rate = rows.find(({ measure }) => measure === 'orders')
  return rate?.rate == null
    ? [{ id: 'repurchase.neutral', values: {} }]
    : [{ id: 'repurchase.rate', values: { rate: rate.rate, repeated: rate.repeated, members: rate.members } }]
}
