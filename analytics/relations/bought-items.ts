import type { Dialect } from '../sql/dialect.ts'
import { name, type Sql, sql } from '../sql/sql.ts'
import { everywhere, inPlaceAsLine, ofAudience } from './member-orders.ts'
import type { Scope } from './scope.ts'

/** What things are told apart by: their category, their name or their number. */
export const itemKinds = ['category', 'product', 'sku'] as const
export type ItemKind = (typeof itemKinds)[number]

/** A column of `order_items`; null where a file does not say. */
export const itemOf = (by: ItemKind): Sql => name(by)

/**
 * Relation: what the members asked about bought in the stores, channels and categories asked about, a row per `item` and
 * `member_key`: `orders` with it, `net_minor` charged for its lines, `first_day` and `last_day`. Lines of which no
 * category (product) is known are in none.
 */
export const boughtItems = (scope: Scope, by: ItemKind, d: Dialect): Sql =>
  everywhere(scope) && by === 'category'
    ? sql`(select category as item, member_key, orders, net_minor, first_day, last_day
        from ${ofAudience(scope, scope.tables.categoryTotals)} as total where category is not null)`
    : sql`(select ${itemOf(by)} as item, member_key,
          ${by === 'category' ? d.countIf(sql`opens_category`) : sql`count(distinct order_key)`} as orders,
          ${d.sum(sql`net_minor`)} as net_minor, min(local_day) as first_day, max(local_day) as last_day
        from ${ofAudience(scope, scope.tables.orderItems)} as order_item
        where ${itemOf(by)} is not null and ${inPlaceAsLine(scope)}
        group by ${itemOf(by)}, member_key)`
