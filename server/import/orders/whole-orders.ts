import { join } from 'node:path'
import type { Connection, QueryOptions } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import { refuse } from '../refused/refused.ts'
import { type FileStart, placeOf } from '../reading/several-files.ts'

/**
 * Relation of the accepted rows of `judged` (with `row_number`, `order_id`, `reason`) without those of orders of which
 * another row is refused in the same file: these are refused with it. An order is the unit of version: without a row it
 * would come in as something else than it was, and the mended row, imported by itself, would replace the others.
 */
export async function wholeOrders(
  engine: Connection,
  judged: Sql,
  files: readonly FileStart[],
  folder: string,
  options: QueryOptions,
): Promise<Sql> {
  const accepted = sql`(select * exclude (reason, reason_field, reason_value) from ${judged} where reason is null)`
  const place = files.length > 1 ? placeOf(files, sql`row_number`) : sql`0`
  const broken = sql`(select distinct order_id, ${place} as place from ${judged}
    where reason is not null and order_id is not null)`
  const to = join(folder, 'of-refused-orders.parquet')
  await engine.run(
    sql`copy (
      select row_number from (select row_number, order_id from ${judged} where reason is null) as line
      where order_id in (select order_id from ${broken} as broken)
        and (order_id, ${place}) in (select order_id, place from ${broken} as broken)
    ) to (${to}) (format parquet)`,
    options,
  )
  const rows = sql`read_parquet(${to})`
  const [counted] = await engine.rows(sql`select count(*) as n from ${rows}`, options)
  if (counted!.n === 0) return accepted
  await refuse(
    engine,
    folder,
    sql`select row_number, 'order-refused', 'orderId', null::varchar from ${rows}`,
    options,
  )
  return sql`(select * from ${accepted} as line where row_number not in (select row_number from ${rows}))`
}
