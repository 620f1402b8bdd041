import type { Dialect } from '../sql/dialect.ts'
import { type Sql, sql } from '../sql/sql.ts'
import { everywhere, inPlace } from './member-orders.ts'
import { buyersOf, buyersOfFacts, buyersOn } from './rfm.ts'
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
  buyersOn(day, inPlace(scope), d)
