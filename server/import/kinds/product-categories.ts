import type { Session } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'

/**
 * Gives order lines without a category of their own that of their product, and takes it away where the product
 * has none any more. `skus`: a relation with one column `sku`. Members whose lines change are added to the
 * temporary table `touched_members`.
 */
export async function productCategories(session: Session, skus: Sql): Promise<void> {
  await session.run(sql`create or replace temp table recategorised as
    select order_lines.order_key, order_lines.line_number, products.category
    from order_lines
    left join products on products.sku = order_lines.sku
    where order_lines.sku in (select sku from ${skus} as named)
      and (order_lines.category is null or order_lines.category_of_product)
      and order_lines.category is distinct from products.category`)
  await session.run(sql`update order_lines
    set category = recategorised.category, category_of_product = recategorised.category is not null
    from recategorised where recategorised.order_key = order_lines.order_key
      and recategorised.line_number = order_lines.line_number`)
  await session.run(sql`insert into touched_members
    select distinct member_key from orders
    where member_key is not null and order_key in (select order_key from recategorised)
      and member_key not in (select member_key from touched_members)`)
}

/** The same for the lines of the orders that were just written, the temporary table `heads`. */
export async function categoriesOfNewLines(session: Session): Promise<void> {
  const [known] = await session.rows(
    sql`select exists (select 1 from products where category is not null) as any_category`,
  )
  if (known!.anyCategory !== true) return
  await session.run(sql`update order_lines set category = products.category, category_of_product = true
    from products
    where products.sku = order_lines.sku and products.category is not null and order_lines.category is null
      and order_lines.order_key in (select order_key from heads)`)
}
