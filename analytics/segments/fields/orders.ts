import { daysBetween, weekday } from '../../calendar/calendar.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import type { Condition } from '../ast.ts'
import { daypartAt, type Moment, type Person, type Purchase, qualifyingOrders } from '../person.ts'
import type { DerivedTables } from '../../schema/derived.ts'
import type { Reading } from './field.ts'
import type { ConditionValues, Occurrence, Rows, Source } from './measure.ts'
import { orderConditions, weekdays } from './order-conditions.ts'

/** Conditions on a line of the order: all of a measure's hold of one line, whose amount counts. */
const ofLine: ReadonlySet<string> = new Set(['category', 'product', 'sku'])
/** What `order_items` holds; other conditions need the order itself. */
const inItems: ReadonlySet<string> = new Set([...ofLine, 'store', 'channel', 'day', 'weekday'])

const names = (where: readonly Condition[]): string[] =>
  where.flatMap((one) => (one.kind === 'condition' ? [one.field] : []))

/** Conditions on where an order was placed: each order has one store and one channel. */
const ofPlace: ReadonlySet<string> = new Set(['store', 'channel'])

/** Whether the rows that count are lines of orders. */
export const isByLine = (where: readonly Condition[]): boolean =>
  names(where).some((field) => ofLine.has(field))

/** Orders as they are, line by line, or added up: the smallest relation that holds what is asked. */
function rows(where: readonly Condition[], { tables, newest, d }: Reading): Rows {
  const asked = names(where)
  const windowed = where.some(({ kind }) => kind === 'within')
  const aggregates = (count: Sql, amount = sql`entry.net_minor`) => ({
    count,
    amount: d.sum(amount),
    first: sql`min(entry.local_day)`,
    last: sql`max(entry.local_day)`,
  })
  const totals = {
    count: d.sum(sql`entry.orders`),
    amount: d.sum(sql`entry.net_minor`),
    first: sql`min(entry.first_day)`,
    last: sql`max(entry.last_day)`,
  }
  if (!isByLine(where)) {
    if (!windowed && asked.every((field) => ofPlace.has(field)))
      return { kind: 'stored', alias: 'by_place', relation: tables.placeTotals, aggregates: totals }
    // tables that are made for a past day have their orders by member alone
    const relation = newest ? tables.ordersByMonth : tables.memberOrders
    return { kind: 'stored', alias: 'by_order', relation, aggregates: aggregates(sql`count(*)`) }
  }
  const oneCategory = isOneCategory(where)
  if (!windowed && oneCategory && where.length === 1)
    return { kind: 'stored', alias: 'by_category', relation: tables.categoryTotals, aggregates: totals }
  const count = oneCategory
    ? sql`count(*) filter (where entry.opens_category)`
    : sql`count(distinct entry.order_key)`
  const { alias, relation, amount } = lines(where, tables)
  return { kind: 'stored', alias, relation, aggregates: aggregates(count, amount) }
}

/** Orders line by line, by themselves or with what only the order says. */
function lines(where: readonly Condition[], tables: DerivedTables) {
  if (names(where).every((field) => inItems.has(field)))
    return { alias: 'by_item', relation: tables.orderItems, amount: sql`entry.net_minor` }
  return {
    alias: 'by_item_and_order',
    relation: sql`(select member_order.*, item.category, item.product, item.sku, item.quantity,
            item.net_minor as line_net_minor, item.opens_category
          from ${tables.orderItems} as item
          join ${tables.memberOrders} as member_order on member_order.order_key = item.order_key)`,
    amount: sql`entry.line_net_minor`,
  }
}

/** Whether of the lines only those of one category are asked for, or those of none. */
export function isOneCategory(where: readonly Condition[]): boolean {
  const ofLines = where.flatMap((one) => (one.kind === 'condition' && ofLine.has(one.field) ? [one] : []))
  const [one, ...others] = ofLines
  if (!one || others.length > 0 || one.field !== 'category') return false
  const { test } = one
  return (
    test.kind === 'unknown' ||
    (test.kind === 'compare' && test.operator === '=') ||
    (test.kind === 'in' && new Set(test.values).size === 1)
  )
}

/** The lines that meet the conditions, each with how many of it were bought: one, where a file does not say. */
function itemsOccurring(
  person: Person,
  moment: Moment,
  _: readonly Condition[],
  meets: (values: ConditionValues) => boolean,
): readonly Occurrence[] {
  const qualifying = qualifyingOrders(person, moment)
  const days = [...new Set(qualifying.map(({ day }) => day))]
  return qualifying.flatMap((order) => {
    const values = valuesOf(order, qualifying, days)
    return order.lines
      .filter(({ category, product, sku }) => meets({ ...values, category, product, sku }))
      .map(({ quantity }) => ({ day: order.day, amount: quantity ?? 1 }))
  })
}

function occurrences(
  person: Person,
  moment: Moment,
  where: readonly Condition[],
  meets: (values: ConditionValues) => boolean,
): readonly Occurrence[] {
  const byLine = isByLine(where)
  const qualifying = qualifyingOrders(person, moment)
  const days = [...new Set(qualifying.map(({ day }) => day))]
  return qualifying.flatMap((order): Occurrence[] => {
    const values = valuesOf(order, qualifying, days)
    if (!byLine) return meets(values) ? [{ day: order.day, amount: order.netMinor }] : []
    const lines = order.lines.filter(({ category, product, sku }) =>
      meets({ ...values, category, product, sku }),
    )
    if (lines.length === 0) return []
    return [{ day: order.day, amount: lines.reduce((total, { netMinor }) => total + netMinor, 0) }]
  })
}

function valuesOf(
  order: Purchase,
  qualifying: readonly Purchase[],
  days: readonly string[],
): ConditionValues {
  const nth = days.indexOf(order.day)
  const opens = qualifying.find(({ day }) => day === order.day) === order
  return {
    store: order.store,
    channel: order.channel,
    net: order.netMinor,
    day: order.day,
    weekday: weekdays[weekday(order.day) - 1]!.value,
    hour: order.hour,
    daypart: daypartAt(order.hour),
    discounted: order.discountMinor === null ? null : order.discountMinor > 0,
    purchase_day: nth + 1,
    days_after_previous: opens && nth > 0 ? daysBetween(days[nth - 1]!, order.day) : null,
  }
}

/** Qualifying orders: paid, visible, with something left after refunds. */
export const orders: Source = {
  name: 'orders',
  conditions: orderConditions,
  day: 'day',
  rows,
  inFacts: { count: sql`facts.orders`, first: sql`facts.first_day`, last: sql`facts.last_day` },
  occurrences,
}

/** The lines of qualifying orders, whose amount is how many were bought. */
export const items: Source = {
  name: 'items',
  conditions: orderConditions,
  day: 'day',
  rows: (where, { tables }) => {
    const { alias, relation } = lines(where, tables)
    const aggregates = {
      count: sql`count(*)`,
      // not whole: added up as the decimal numbers that they are
      amount: sql`sum(coalesce(entry.quantity, 1))`,
      first: sql`min(entry.local_day)`,
      last: sql`max(entry.local_day)`,
    }
    return { kind: 'stored', alias: `items_${alias}`, relation, aggregates }
  },
  occurrences: itemsOccurring,
}
