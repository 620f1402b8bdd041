import { join } from 'node:path'
import type { Connection, QueryOptions } from '../../../analytics/engine/engine.ts'
import { join as joinSql, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { cellId, cellText } from '../reading/cells.ts'
import { brokenReasons } from '../reading/records.ts'
import { refuse, refusedIn } from '../refused/refused.ts'

export interface WholeOrders {
  /** Relation of the accepted rows whose orders are whole, as far as the file tells. */
  readonly rows: Sql
  /** Refused rows of which it can't be told whether they belong to an order of the file. */
  readonly loose: number
  /** An order of the file has several rows, so that one that came in may lack such a row. */
  readonly severalRows: boolean
}

/**
 * The accepted rows of `judged` (with `row_number`, `order_id`, `reason`) without those of orders of which another row
 * is refused in the same file: these are refused with it. An order is the unit of version: without a row it would come
 * in as something else than it was. A record that can't be split into cells (`brokenCells`: line and text of each of
 * them, and whether it stands where a number belongs; null: the file has none) is taken for a row of every order whose number stands in it. With `saysStates` an order
 * without a state waits while a row's order can't be told: its state may stand there, and without one it would be paid.
 */
export async function wholeOrders(
  engine: Connection,
  judged: Sql,
  brokenCells: Sql | null,
  saysStates: boolean,
  folder: string,
  options: QueryOptions,
): Promise<WholeOrders> {
  const accepted = sql`(select * exclude (reason, reason_field, reason_value) from ${judged} where reason is null)`
  const named =
    brokenCells &&
    sql`(select row_number, in_place, ${cellId(cellText(sql`cell`))} as order_id from ${brokenCells} as cell)`
  const loose = await looseRows(engine, judged, named, folder, options)
  // what its rows say nothing of may stand on the one that can't be told to be its
  const headless =
    loose.loose > 0 && saysStates
      ? sql`union all select order_id from ${judged} where reason is null group by order_id having count(state) = 0`
      : sql``
  const to = join(folder, 'of-refused-orders.parquet')
  await engine.run(
    sql`copy (
      select row_number from (select row_number, order_id from ${judged} where reason is null) as line
      where order_id in (
        select order_id from ${judged} where reason is not null and order_id is not null
        ${named ? sql`union all select order_id from ${named} as named where order_id is not null` : sql``}
        ${headless})
    ) to (${to}) (format parquet)`,
    options,
  )
  const rows = sql`read_parquet(${to})`
  const [counted] = await engine.rows(sql`select count(*) as n from ${rows}`, options)
  if (counted!.n === 0) return { rows: accepted, ...loose }
  await refuse(
    engine,
    folder,
    sql`select row_number, 'order-refused', 'orderId', null::varchar from ${rows}`,
    options,
  )
  return {
    rows: sql`(select * from ${accepted} as line where row_number not in (select row_number from ${rows}))`,
    ...loose,
  }
}

/** Refused rows without an order's number, and broken records in which no number of an order of the file stands where it belongs (`named`): elsewhere it may be a quantity. */
async function looseRows(
  engine: Connection,
  judged: Sql,
  named: Sql | null,
  folder: string,
  options: QueryOptions,
): Promise<Omit<WholeOrders, 'rows'>> {
  const found = named
    ? sql`(select row_number from ${named} as named where in_place and order_id in (select order_id from ${judged}))`
    : sql`(select 0::bigint as row_number limit 0)`
  const [counted] = await engine.rows(
    sql`select count(*) as n from ${refusedIn(folder)} as row
      where reason = 'no-order' or (reason = 'lost-digits' and reason_field = 'orderId')
        or (reason in (${joinSql([...brokenReasons])}) and row_number not in (select row_number from ${found} as found))`,
    options,
  )
  const loose = Number(counted!.n)
  if (loose === 0) return { loose, severalRows: false }
  const [several] = await engine.rows(
    sql`select exists (select order_id from ${judged} where order_id is not null
      group by order_id having count(*) > 1) as is_so`,
    options,
  )
  return { loose, severalRows: several!.isSo === true }
}
