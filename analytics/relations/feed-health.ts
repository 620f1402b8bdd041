import type { QueryOptions, Session } from '../engine/engine.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { type Sql, sql } from '../sql/sql.ts'

/** Whether orders keep coming in, from one store or from the shop as a whole. */
export interface FeedHealth {
  /** Null: the shop as a whole, orders without a store included. */
  readonly store: string | null
  /** Local day of the newest order. */
  readonly newestDay: string
  /** p99 of the gaps in days between days with orders in the 365 days before the newest order; null while there is none. */
  readonly usualGap: number | null
  /** Days from the newest order to the day that is asked about. */
  readonly silentDays: number
  /** Silent for more days than three and than the usual gap. */
  readonly isGap: boolean
}

/** A silence of so many days is never a feed gap. */
const patientDays = 3
/** How far before the newest order gaps tell what is usual. */
const usualWindowDays = 365

/**
 * The shop as a whole (first) and each store with an order, by name, at a local day. `orderCube` is the
 * derived table as of that day; for a later day than the newest order, as of the newest.
 * Source: DEFINITIONS.md, "Feed gap".
 */
export async function feedHealth(
  session: Pick<Session, 'rows'>,
  orderCube: Sql,
  day: string,
  options: QueryOptions = {},
): Promise<FeedHealth[]> {
  const rows = await session.rows(
    sql`
    with store_days as (
      select distinct store, local_day from ${orderCube} where orders > 0 and local_day <= ${d.date(day)}
    ),
    open_days as (
      select store, local_day from store_days where store is not null
      union all
      select distinct null, local_day from store_days
    ),
    newest as (select store, max(local_day) as newest_day from open_days group by store),
    rests as (
      select open_days.store, newest.newest_day, ${d.daysBetween(
        sql`lag(open_days.local_day) over (partition by open_days.store order by open_days.local_day)`,
        sql`open_days.local_day`,
      )} as gap
      from open_days join newest on newest.store is not distinct from open_days.store
      where open_days.local_day >= ${d.addDays(sql`newest.newest_day`, -usualWindowDays)}
    ),
    judged as (
      select store, newest_day, ${d.quantile(0.99, sql`gap`)} as usual_gap,
        ${d.daysBetween(sql`newest_day`, d.date(day))} as silent_days
      from rests group by store, newest_day
    )
    select *, silent_days > greatest(${patientDays}, coalesce(usual_gap, 0)) as is_gap
    from judged order by store nulls first`,
    options,
  )
  return rows.map((row) => ({
    store: row.store as string | null,
    newestDay: String(row.newestDay),
    usualGap: row.usualGap === null ? null : Number(row.usualGap),
    silentDays: Number(row.silentDays),
    isGap: row.isGap === true,
  }))
}
