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

/** Whether a row with `store` and `channel` is activity that counts. Unknown stores are in no chosen store. */
export const inPlace = (scope: Pick<Scope, 'stores' | 'channels'>): Sql => {
  const among = (column: Sql, values: readonly string[] | null) =>
    values === null ? sql`true` : sql`coalesce(${column} in (${join(values)}), false)`
  return sql`${among(sql`store`, scope.stores)} and ${among(sql`channel`, scope.channels)}`
}

/** Whether the question counts all activity, in every store and channel. */
export const everywhere = (scope: Scope): boolean => scope.stores === null && scope.channels === null

/**
 * The qualifying orders that a question counts: of its members, in its stores and channels. Ordinals
 * and first days stay those of all the member's orders.
 */
export const countedOrders = (scope: Scope): Sql =>
  sql`(select * from ${ofAudience(scope, scope.tables.memberOrders)} as member_order where ${inPlace(scope)})`

/** The same of a span of days alone: `within` is about `local_day`, and the months outside are not read. */
export const countedOrdersWithin = (scope: Scope, within: Sql): Sql =>
  sql`(select * from ${ofAudience(scope, scope.tables.ordersByMonth)} as member_order where ${within} and ${inPlace(scope)})`

/**
 * Relation: a row per member who is asked about and has counted orders, over all time: `member_key`, `orders`,
 * `first_day` and `last_day` of them.
 */
export const countedTotals = (scope: Scope, d: Dialect): Sql =>
  sql`(select member_key, ${d.sum(sql`orders`)} as orders, min(first_day) as first_day, max(last_day) as last_day
    from ${ofAudience(scope, scope.tables.placeTotals)} as total where ${inPlace(scope)} group by member_key)`

/** The members that a question asks about, a row each, as they are on its day. */
export const askedMembers = (scope: Scope): Sql => ofAudience(scope, scope.tables.memberFacts)
