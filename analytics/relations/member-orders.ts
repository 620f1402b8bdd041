import { orderCube } from '../schema/derived.ts'
import type { Dialect } from '../sql/dialect.ts'
import { join, type Sql, sql } from '../sql/sql.ts'
import type { Scope } from './scope.ts'

/** Whether a row belongs to the members that are asked about. */
export const inAudience = (scope: Scope, memberKey: Sql): Sql =>
  scope.audience ? sql`${memberKey} in (select member_key from ${scope.audience} as audience)` : sql`true`

/**
 * The rows of a table with `member_key` that belong to the members who are asked about. An inner join
 * with an audience that holds each member once: a lookup by position, where `in` would hash every row.
 */
export const ofAudience = (scope: Scope, table: Sql): Sql =>
  scope.audience
    ? sql`(select asked_row.* from ${table} as asked_row
        join ${scope.audience} as audience on audience.member_key = asked_row.member_key)`
    : table

const among = (column: Sql, values: readonly string[]) => sql`coalesce(${column} in (${join(values)}), false)`

/** Whether a row is activity in the question's stores and channels, whatever was bought. Unknown stores are in no chosen store. */
const inShop = ({ stores, channels }: Scope): Sql =>
  sql`${stores ? among(sql`store`, stores) : sql`true`} and ${channels ? among(sql`channel`, channels) : sql`true`}`

/** Whether a row's order has a line in one of the categories. What belongs to no order has none. */
const holds = (categories: readonly string[], lines: Sql): Sql =>
  sql`coalesce(order_key in (select order_key from ${lines} as line where category in (${join(categories)})), false)`

/**
 * Whether a row with `store`, `channel` and `order_key` is activity that the question's order filters count. `lines` has
 * at least the lines of the rows' orders.
 */
export const inPlace = (scope: Scope, lines = sql`order_lines`): Sql =>
  scope.categories ? sql`${inShop(scope)} and ${holds(scope.categories, lines)}` : inShop(scope)

/** The same of a line of an order, with `store`, `channel` and `category`. */
export const inPlaceAsLine = (scope: Scope): Sql =>
  scope.categories ? sql`${inShop(scope)} and ${among(sql`category`, scope.categories)}` : inShop(scope)

/** Whether the question counts all activity, in every store and channel, whatever was bought. */
export const everywhere = (scope: Scope): boolean =>
  scope.stores === null && scope.channels === null && scope.categories === null

/**
 * The rows of the order cube that the question's order filters count, guests included: of chosen categories it is made
 * from their orders and refunds alone. `within` is about `local_day`.
 */
export const countedCube = (scope: Scope, within: Sql, d: Dialect): Sql => {
  const { categories } = scope
  const cube = categories
    ? sql`(${orderCube(d.date(scope.asOf), () => holds(categories, sql`order_lines`))})`
    : scope.tables.orderCube
  return sql`(select * from ${cube} as sold where ${within} and ${inShop(scope)})`
}

/** Orders of members that counted before the question's day and were refunded whole since, in its stores, channels and categories. */
export const countedVoided = (scope: Scope, d: Dialect): Sql => {
  const asOf = d.date(scope.asOf)
  // the derived table does not know what was bought
  const voided = scope.categories
    ? sql`(select member_key, local_day, void_day, store, channel, order_key from orders
          where void_day <= ${asOf} and local_day <= ${asOf} and local_day < void_day and state = 'paid' and net_minor > 0
            and member_key is not null)`
    : scope.tables.voidedOrders
  return sql`(select member_key, local_day, void_day from ${voided} as voided_order where ${inPlace(scope)})`
}

/**
 * The qualifying orders that a question counts: of its members, in its stores, channels and categories. Ordinals
 * and first days stay those of all the member's orders.
 */
export const countedOrders = (scope: Scope): Sql =>
  sql`(select * from ${ofAudience(scope, scope.tables.memberOrders)} as member_order where ${inPlace(scope, scope.tables.orderItems)})`

/** The same of a span of days alone: `within` is about `local_day`, and the months outside are not read. */
export const countedOrdersWithin = (scope: Scope, within: Sql): Sql =>
  sql`(select * from ${ofAudience(scope, scope.tables.ordersByMonth)} as member_order where ${within} and ${inPlace(scope, scope.tables.orderItems)})`

/**
 * Relation: a row per member who is asked about and has counted orders, over all time: `member_key`, `orders`,
 * `first_day` and `last_day` of them.
 */
export const countedTotals = (scope: Scope, d: Dialect): Sql =>
  scope.categories
    ? sql`(select member_key, count(*) as orders, min(local_day) as first_day, max(local_day) as last_day
    from ${countedOrders(scope)} as counted group by member_key)`
    : sql`(select member_key, ${d.sum(sql`orders`)} as orders, min(first_day) as first_day, max(last_day) as last_day
    from ${ofAudience(scope, scope.tables.placeTotals)} as total where ${inShop(scope)} group by member_key)`

/** The members that a question asks about, a row each, as they are on its day. */
export const askedMembers = (scope: Scope): Sql => ofAudience(scope, scope.tables.memberFacts)
