import { daysBetween, weekday } from '../../calendar/calendar.ts'
import { sql } from '../../sql/sql.ts'
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

/** Orders as they are, or line by line: the smallest relation that holds what is asked. */
function rows(where: readonly Condition[], { tables }: Reading): Rows {
  if (!names(where).some((field) => ofLine.has(field)))
    return { alias: 'by_order', relation: tables.memberOrders, amount: sql`entry.net_minor`, stored: true }
  return { ...lines(where, tables), thing: sql`entry.order_key`, stored: true }
}

/** Orders line by line, by themselves or with what only the order says. */
function lines(
  where: readonly Condition[],
  tables: DerivedTables,
): Pick<Rows, 'alias' | 'relation' | 'amount'> {
  if (names(where).every((field) => inItems.has(field)))
    return { alias: 'by_item', relation: tables.orderItems, amount: sql`entry.net_minor` }
  return {
    alias: 'by_item_and_order',
    relation: sql`(select member_order.*, item.category, item.product, item.sku, item.quantity,
            item.net_minor as line_net_minor
          from ${tables.orderItems} as item
          join ${tables.memberOrders} as member_order on member_order.order_key = item.order_key)`,
    amount: sql`entry.line_net_minor`,
  }
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
  const byLine = names(where).some((field) => ofLine.has(field))
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
    return {
      alias: `items_${alias}`,
      relation,
      amount: sql`coalesce(entry.quantity, 1)`,
      fractions: true,
      stored: true,
    }
  },
  occurrences: itemsOccurring,
}
