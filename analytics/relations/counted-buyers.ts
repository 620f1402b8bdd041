import { netEvents, qualifiesOn } from '../schema/derived.ts'
import type { Dialect } from '../sql/dialect.ts'
import { type Sql, sql } from '../sql/sql.ts'
import { everywhere, inPlace } from './member-orders.ts'
import { buyersOfFacts } from './rfm.ts'
import type { Scope } from './scope.ts'

/**
 * Relation: every member with a qualifying order that the question counts, whoever is asked about: `member_key`,
 * `silent_days` since the last of them, `orders`, and `net_minor`, refunds taken off on their own days. In the question's
 * stores and channels; of the last `windowDays` days, asOf included, or of all the data.
 */
export function countedBuyers(scope: Scope, d: Dialect, windowDays?: number): Sql {
  if (everywhere(scope) && windowDays === undefined) return buyersOfFacts(scope.tables, scope.asOf, d)
  const counts =
    windowDays === undefined
      ? inPlace(scope)
      : sql`${inPlace(scope)} and local_day > ${d.addDays(d.date(scope.asOf), -windowDays)}`
  return buyersOf(sql`${scope.tables.memberOrders}`, counts, scope.asOf, d)
}

/** The same as of a day before the question's, by what was visible then: an order counts until it is refunded whole. */
export const countedBuyersOn = (day: string, scope: Scope, d: Dialect): Sql =>
  buyersOf(
    sql`(select * from orders where member_key is not null and ${qualifiesOn(d.date(day))})`,
    inPlace(scope),
    day,
    d,
  )

/** Buyers of a relation of qualifying orders; `counts` is an expression over orders and refunds. */
const buyersOf = (orders: Sql, counts: Sql, day: string, d: Dialect): Sql => sql`(
    select bought.member_key, ${d.daysBetween(sql`bought.last_day`, d.date(day))} as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from (
      select member_key, max(local_day) as last_day, count(*) as orders
      from ${orders} as member_order where ${counts} group by member_key
    ) as bought
    left join (
      select member_key, ${d.sum(sql`net_minor`)} as net_minor
      from (${netEvents(d.date(day))}) as event where ${counts} group by member_key
    ) as money on money.member_key = bought.member_key)`
