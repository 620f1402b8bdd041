import { z } from 'zod'
import { addDays } from '../../calendar/calendar.ts'
import { proportionArm } from '../../lift/arm.ts'
import { scoreInterval } from '../../lift/intervals.ts'
import { boughtItems, type ItemKind, itemKinds } from '../../relations/bought-items.ts'
import { countedOrdersSaid, isText } from '../../relations/expressions.ts'
import { askedMembers, countedOrders, everywhere } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Share, share } from '../ratio.ts'

const Settings = z.object({
  by: z.enum(itemKinds).default('category'),
  /** So many of them, those with the most net. */
  top: z.coerce.number().int().min(1).max(200).default(20),
  /** Who begins with it comes back when the next purchase day follows within so many days, inclusive. */
  withinDays: z.coerce.number().int().min(1).max(730).default(90),
  /** Who switches is seen from so many days until asOf, and as many before them. */
  windowDays: z.coerce.number().int().min(1).max(730).default(180),
})

const Row = z.object({
  /** A category or product, or everything the members bought. */
  kind: z.enum(['item', 'all']),
  item: z.string().nullable(),
  members: z.int(),
  orders: z.int(),
  /** What was charged for its lines, before refunds. */
  netMinor: z.int(),
  /** Of the lines whose category (product) is known. */
  netShare: Share,
  /** Members with at least two orders with it, of its members. */
  repeated: Share,
  /** Members whose first purchase day had it and lies at least `withinDays` back: who came back, of them. */
  returned: Share,
  /** The interval of that share, which holds for all rows together (95%); null over nobody. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Whether the interval leaves out what holds for all members. */
  apart: z.enum(['better', 'worse', 'not told']).nullable(),
  /** Last bought it in the window before: who bought other things since, and who bought nothing. */
  switchedAway: z.int(),
  gone: z.int(),
  /** Bought before the window, and it for the first time within. */
  cameOver: z.int(),
  membersExpression: z.string(),
  repeatedExpression: z.string(),
  beganExpression: z.string(),
  returnedExpression: z.string(),
  switchedExpression: z.string().nullable(),
  goneExpression: z.string().nullable(),
  cameOverExpression: z.string().nullable(),
})

export type ProductsRow = z.output<typeof Row>

const Counted = z.object({
  item: z.string().nullable(),
  members: z.int(),
  orders: z.int(),
  netMinor: z.int(),
  repeated: z.int(),
  began: z.int(),
  returned: z.int(),
  switchedAway: z.int(),
  gone: z.int(),
  cameOver: z.int(),
})

/**
 * Categories, or products, by the net of their lines, each with who buys it again, who begins with it, and who leaves
 * or takes it up. *Repeat share*: members with at least two orders with it ÷ members with one. *First-product quality*:
 * of the members whose first purchase day had it (observed for h days), those with a second purchase day within h
 * days; Wilson's interval, Bonferroni over the rows, so that they hold together. It tells who comes, not what the
 * product does to them. *Switched away*: last bought it within the window before, and other things since; *gone*:
 * nothing since; *came over*: bought before the window, and it for the first time within. Order filters restrict the
 * lines and the returns that count; which purchase day is the first stays that of all orders. The row of everything
 * counts whole orders. Source: DEFINITIONS, "Repurchase", "Filters".
 */
export const products = defineMetric({
  name: 'products',
  version: 1,
  title: { en: 'Categories and products', 'zh-CN': '品类与商品' },
  description: {
    en: 'What members buy, buy again, begin with, leave and take up, by category or product.',
    'zh-CN': '会员买什么、再买什么、从什么开始、不再买什么、改买什么，按品类或商品。',
  },
  settings: Settings,
  row: Row,

  build({ by, top, withinDays, windowDays }, scope, d) {
    const day = (back: number) => d.date(addDays(scope.asOf, -back))
    const observed = sql`buyer.first_day <= ${day(withinDays)}`
    const left = sql`bought.last_day <= ${day(windowDays)} and bought.last_day > ${day(2 * windowDays)}`
    const since = sql`buyer.last_there > ${day(windowDays)}`
    const began = sql`bought.first_day = buyer.first_day and ${observed}`
    return sql`
      with buyer as ${buyers(scope, withinDays, d)},
      bought as (select * from ${boughtItems(scope, by, d)} as known_items)
      select null as item, count(*) as members, ${d.sum(sql`orders`)} as orders,
        (select ${d.sum(sql`net_minor`)} from bought) as net_minor, ${d.countIf(sql`orders >= 2`)} as repeated,
        ${d.countIf(observed)} as began, ${d.countIf(sql`${observed} and again`)} as returned,
        0 as switched_away, 0 as gone, 0 as came_over
      from buyer
      union all
      select * from (
        select item, count(*) as members, ${d.sum(sql`bought.orders`)} as orders, ${d.sum(sql`net_minor`)} as net_minor,
          ${d.countIf(sql`bought.orders >= 2`)} as repeated,
          ${d.countIf(began)} as began, ${d.countIf(sql`${began} and again`)} as returned,
          ${d.countIf(sql`${left} and ${since}`)} as switched_away,
          ${d.countIf(sql`${left} and not ${since}`)} as gone,
          ${d.countIf(sql`bought.first_day > ${day(windowDays)} and buyer.first_there <= ${day(windowDays)}`)} as came_over
        from bought join buyer on buyer.member_key = bought.member_key
        group by item
        order by net_minor desc, item limit ${top}
      ) as biggest`
  },

  finish(rows, { by, withinDays, windowDays }, scope) {
    const counted = z
      .array(Counted)
      .parse(rows)
      .toSorted(
        (a, b) =>
          Number(a.item !== null) - Number(b.item !== null) ||
          b.netMinor - a.netMinor ||
          byCodePoints(a.item ?? '', b.item ?? ''),
      )
    const all = counted.find(({ item }) => item === null)
    const told = counted.filter(({ item, began }) => item !== null && began > 0).length
    const general = all && all.began > 0 ? all.returned / all.began : null
    return counted.map((row) => {
      const isItem = row.item !== null
      const interval =
        row.began > 0
          ? scoreInterval(proportionArm(row.began, row.returned), 0.05 / (isItem ? told : 1))
          : { low: null, high: null }
      const { low, high } = interval
      const apart =
        !isItem || low === null || general === null
          ? null
          : low > general
            ? ('better' as const)
            : high < general
              ? ('worse' as const)
              : ('not told' as const)
      return {
        kind: isItem ? ('item' as const) : ('all' as const),
        item: row.item,
        members: row.members,
        orders: row.orders,
        netMinor: row.netMinor,
        netShare: share(row.netMinor, all?.netMinor ?? 0),
        repeated: share(row.repeated, row.members),
        returned: share(row.returned, row.began),
        low,
        high,
        apart,
        switchedAway: row.switchedAway,
        gone: row.gone,
        cameOver: row.cameOver,
        ...expressionsOf(scope, by, row.item, withinDays, windowDays),
      }
    })
  },
})

function expressionsOf(
  scope: Scope,
  by: ItemKind,
  item: string | null,
  withinDays: number,
  windowDays: number,
) {
  const it = item === null ? [] : [isText(by, item)]
  const since = addDays(scope.asOf, 1 - windowDays)
  const within = `between ${since} and ${scope.asOf}`
  const before = `between ${addDays(since, -windowDays)} and ${addDays(since, -1)}`
  const said = (...conditions: string[]) => countedOrdersSaid(scope, ...conditions)
  const began =
    item === null
      ? `${said()} >= 1 and first_order <= ${addDays(scope.asOf, -withinDays)}`
      : `${said(...it, 'purchase_day = 1', `day <= ${addDays(scope.asOf, -withinDays)}`)} >= 1`
  const second = `orders(purchase_day = 2, days_after_previous <= ${withinDays}) >= 1`
  const left = `${said(...it, before)} >= 1 and ${said(...it, within)} = 0`
  return {
    membersExpression: `${said(...it)} >= 1`,
    repeatedExpression: `${said(...it)} >= 2`,
    beganExpression: began,
    returnedExpression: [
      began,
      second,
      ...(everywhere(scope) ? [] : [`${said('purchase_day = 2')} >= 1`]),
    ].join(' and '),
    switchedExpression: item === null ? null : `${left} and ${said(within)} >= 1`,
    goneExpression: item === null ? null : `${left} and ${said(within)} = 0`,
    cameOverExpression:
      item === null
        ? null
        : `${said(...it, within)} >= 1 and ${said(...it, `day < ${since}`)} = 0 and ${said(`day < ${since}`)} >= 1`,
  }
}

const byCodePoints = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Who bought there: the first purchase day of all, whether the second one came in time there, first and last day and orders there. */
const buyers = (scope: Scope, withinDays: number, d: Dialect): Sql =>
  everywhere(scope)
    ? sql`(
        select member_key, first_day, coalesce(second_day <= ${d.addDays(sql`first_day`, withinDays)}, false) as again,
          first_day as first_there, last_day as last_there, orders
        from ${askedMembers(scope)} as asked where orders > 0)`
    : sql`(
        select member_key, min(first_day) as first_day,
          ${d.countIf(sql`purchase_day_number = 2 and local_day <= ${d.addDays(sql`first_day`, withinDays)}`)} > 0 as again,
          min(local_day) as first_there, max(local_day) as last_there, count(*) as orders
        from ${countedOrders(scope)} as counted group by member_key)`

/** With what those begin who come back more often than all do; else what brings most. */
export function productsFindings(rows: readonly ProductsRow[]): Finding[] {
  const all = rows.find(({ kind }) => kind === 'all')
  const items = rows.filter(({ kind }) => kind === 'item')
  const [best] = items.filter(({ apart }) => apart === 'better').toSorted((a, b) => b.low! - a.low!)
  if (best && all)
    return [
      {
        id: 'products.begins-well',
        values: { item: best.item!, first: best.returned.value!, second: all.returned.value! },
      },
    ]
  const [top] = items
  return top?.netShare.value == null
    ? [{ id: 'products.neutral', values: {} }]
    : [{ id: 'products.top', values: { item: top.item!, share: top.netShare.value } }]
}
