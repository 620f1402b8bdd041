import type { Dialect } from '../sql/dialect.ts'
import { type Sql, sql } from '../sql/sql.ts'
import {
  countedOrders,
  countedOrdersWithin,
  countedTotals,
  countedVoided,
  everywhere,
  inPlace,
} from './member-orders.ts'
import { boughtBy, buyersOf, buyersOfFacts, withinWindow } from './rfm.ts'
import type { Scope } from './scope.ts'

/**
 * Relation: every member with a qualifying order that the question counts, whoever is asked about: `member_key`,
 * `silent_days` since the last of them, `orders`, and `net_minor`, refunds taken off on their own days. In the question's
 * stores, channels and categories; of the last `windowDays` days, asOf included, or of all the data.
 */
export function countedBuyers(scope: Scope, d: Dialect, windowDays: number | null = null): Sql {
  if (everywhere(scope) && windowDays === null) return buyersOfFacts(scope.tables, scope.asOf, d)
  const everyone = { ...scope, audience: null }
  if (windowDays === null) return buyersOf(countedTotals(everyone, d), inPlace(scope), scope.asOf, d)
  const within = withinWindow(windowDays, scope.asOf, d)
  const bought = boughtBy(countedOrdersWithin(everyone, within))
  return buyersOf(bought, sql`${within} and ${inPlace(scope)}`, scope.asOf, d)
}

/** The same as of a day before the question's, by what was visible then: an order counts until it is refunded whole. */
export function countedBuyersOn(
  day: string,
  scope: Scope,
  d: Dialect,
  windowDays: number | null = null,
): Sql {
  const then = d.date(day)
  if (everywhere(scope) && windowDays === null) return buyersBefore(then, scope, d)
  const within = withinWindow(windowDays, day, d)
  const everyone = { ...scope, audience: null }
  const orders = sql`(
        select member_key, local_day from ${countedOrders(everyone)} as still_counted where local_day <= ${then} and ${within}
        union all
        select member_key, local_day from ${countedVoided(scope, d)} as then_counted
        where local_day <= ${then} and void_day > ${then} and ${within})`
  return buyersOf(boughtBy(orders), sql`${within} and ${inPlace(scope)}`, day, d)
}

/** Everybody's facts with what came after the day taken back: bought and refunded since, and orders that counted on it. */
const buyersBefore = (then: Sql, { tables }: Scope, d: Dialect): Sql => {
  const lastThere = sql`case when coalesce(since.orders, 0) > 0 then since.last_day else facts.last_day end`
  return sql`(
    select member_key, ${d.daysBetween(sql`last_day`, then)} as silent_days, orders, net_minor
    from (
      select facts.member_key, coalesce(greatest(${lastThere}, lost.last_day), ${lastThere}, lost.last_day) as last_day,
        facts.orders - coalesce(since.orders, 0) + coalesce(lost.orders, 0) as orders,
        facts.net_minor - coalesce(since.net_minor, 0) as net_minor
      from ${tables.memberFacts} as facts
      left join (
        select member_key, ${d.sum(sql`orders`)} as orders, ${d.sum(sql`net_minor`)} as net_minor,
          ${d.minIf(sql`previous_day`, sql`previous_day <= ${then}`)} as last_day
        from ${tables.memberDay} as later_day where local_day > ${then} group by member_key
      ) as since on since.member_key = facts.member_key
      left join (
        select member_key, count(*) as orders, max(local_day) as last_day
        from ${tables.voidedOrders} as voided_order where local_day <= ${then} and void_day > ${then} group by member_key
      ) as lost on lost.member_key = facts.member_key
    ) as known
    where orders > 0)`
}
