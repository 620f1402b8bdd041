import { z } from 'zod'
import { addMonths, endOfMonth, startOfMonth } from '../../calendar/calendar.ts'
import { proportionArm } from '../../lift/arm.ts'
import { scoreInterval } from '../../lift/intervals.ts'
import { itemKinds, itemOf } from '../../relations/bought-items.ts'
import { countedOrdersSaid, isText } from '../../relations/expressions.ts'
import { countedCube, countedOrdersWithin, inPlaceAsLine, ofAudience } from '../../relations/member-orders.ts'
import { sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Share, share } from '../ratio.ts'

const Settings = z.object({
  by: z.enum(itemKinds).default('category'),
  /** So many of them, those in most orders of the months asked about. */
  top: z.coerce.number().int().min(1).max(50).default(12),
  /** So many months, the last one holding asOf. */
  months: z.coerce.number().int().min(2).max(60).default(13),
})

const Row = z.object({
  item: z.string(),
  /** The month's first day. */
  month: z.iso.date(),
  state: z.enum(['complete', 'in-progress']),
  /** Orders of members with it, of all their orders of the month. */
  share: Share,
  /** The same over the complete months. */
  usual: Share,
  /** The month's share ÷ the usual one; null over nothing. */
  times: z.number().nullable(),
  /** Whether the month's interval, all cells together at 95%, leaves out the usual share. Complete months only. */
  apart: z.enum(['more', 'less', 'not told']).nullable(),
  membersExpression: z.string(),
})

export type SeasonRow = z.output<typeof Row>

const Counted = z.object({
  item: z.string().nullable(),
  month: z.iso.date(),
  orders: z.int(),
})

/**
 * When categories (products) are bought: of the qualifying orders of members in each month those with it, beside the
 * same over all complete months, so that a shop that grows has no season by that alone. A month stands out when
 * Wilson's interval of its share, Bonferroni over all cells, leaves out the usual share. Months before the data are
 * left out. Order filters restrict the orders.
 */
export const season = defineMetric({
  name: 'season',
  version: 1,
  title: { en: 'Season of categories', 'zh-CN': '品类的季节' },
  description: {
    en: 'In which months a category or product is in more or fewer orders than usual.',
    'zh-CN': '哪些月份里，某个品类或商品出现在更多或更少的订单中。',
  },
  settings: Settings,
  row: Row,

  build({ by, top, months }, scope, d) {
    const from = d.date(addMonths(startOfMonth(scope.asOf), 1 - months))
    const month = d.startOf('month', sql`local_day`)
    const [counts, count] =
      by === 'category' ? [sql`opens_category`, sql`count(*)`] : [sql`true`, sql`count(distinct order_key)`]
    const items = sql`(
            select member_key, ${itemOf(by)}, local_day, order_key from ${scope.tables.orderItems} as any_item
            where ${itemOf(by)} is not null and local_day >= ${from} and ${counts} and ${inPlaceAsLine(scope)}
          )`
    const sold =
      by === 'category' && !scope.audience
        ? sql`select category as item, month, ${d.sum(sql`orders`)} as orders
        from ${scope.tables.categoryMonths} where category is not null and month >= ${from} and ${inPlaceAsLine(scope)}
        group by item, month`
        : sql`select item, ${month} as month, ${d.sum(sql`orders`)} as orders
        from (
          select ${itemOf(by)} as item, local_day, ${count} as orders
          from ${ofAudience(scope, items)} as order_item group by item, local_day
        ) as sold_day
        group by item, month`
    const all = scope.audience
      ? sql`select null, ${month}, ${d.sum(sql`orders`)}
      from (
        select local_day, count(*) as orders
        from ${countedOrdersWithin(scope, sql`local_day >= ${from}`)} as counted group by local_day
      ) as counted_day group by all`
      : sql`select null, ${month}, ${d.sum(sql`orders`)}
      from ${countedCube(scope, sql`not guest and local_day >= ${from}`, d)} as sold_to_members group by all`
    return sql`
      with sold as (
        ${sold}
      ),
      biggest as (select item from sold group by item order by sum(orders) desc, item limit ${top})
      select item, month, orders from sold where item in (select item from biggest)
      union all
      ${all}`
  },

  finish(rows, { by, months }, scope) {
    const counted = z.array(Counted).parse(rows)
    const first = addMonths(startOfMonth(scope.asOf), 1 - months)
    const { dataStart } = scope
    if (dataStart === null) return []
    const asked = Array.from({ length: months }, (_, i) => addMonths(first, i)).filter(
      (month) => endOfMonth(month) >= dataStart,
    )
    const complete = (month: string) => endOfMonth(month) <= scope.asOf
    const ordersOf = (item: string | null, month: string) =>
      counted.find((row) => row.item === item && row.month === month)?.orders ?? 0
    const sum = (item: string | null) =>
      asked.filter(complete).reduce((total, month) => total + ordersOf(item, month), 0)
    const items = [...Map.groupBy(counted, ({ item }) => item).entries()]
      .flatMap(([item, sold]) =>
        item === null ? [] : { item, orders: sold.reduce((total, { orders }) => total + orders, 0) },
      )
      .toSorted((a, b) => b.orders - a.orders || (a.item < b.item ? -1 : 1))
    const cells = items.length * asked.filter(complete).length
    return items.flatMap(({ item }) => {
      const usual = share(sum(item), sum(null))
      return asked.map((month) => {
        const its = share(ordersOf(item, month), ordersOf(null, month))
        const isComplete = complete(month)
        const interval =
          isComplete && its.denominator > 0
            ? scoreInterval(proportionArm(its.denominator, its.numerator), 0.05 / cells)
            : null
        return {
          item,
          month,
          state: isComplete ? ('complete' as const) : ('in-progress' as const),
          share: its,
          usual,
          times: its.value === null || !usual.value ? null : its.value / usual.value,
          apart:
            interval === null || usual.value === null
              ? null
              : interval.low > usual.value
                ? ('more' as const)
                : interval.high < usual.value
                  ? ('less' as const)
                  : ('not told' as const),
          membersExpression: `${countedOrdersSaid(scope, isText(by, item), `between ${month} and ${endOfMonth(month)}`)} >= 1`,
        }
      })
    })
  },
})

/** The month that stands out most. */
export function seasonFindings(rows: readonly SeasonRow[]): Finding[] {
  const [most] = rows.filter(({ apart }) => apart === 'more').toSorted((a, b) => b.times! - a.times!)
  if (most)
    return [
      {
        id: 'season.peak',
        values: { item: most.item, since: most.month, times: most.times!, first: most.share.value! },
      },
    ]
  return [{ id: rows.length > 0 ? 'season.even' : 'season.neutral', values: {} }]
}
