import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** A store whose orders stopped coming in, longer than it ever rests. */
export interface FeedGap {
  readonly store: string
  /** Local day of its newest order. */
  readonly newestDay: string
}

/**
 * Stores with a feed gap at asOf: more days since the newest order day than 3 and than the p99 of the
 * gaps between days with orders in the 365 days before it (DEFINITIONS, "Feed gap").
 */
export async function feedGaps(
  workspace: Workspace,
  { tables, asOf }: TablesAt,
  signal?: AbortSignal,
): Promise<FeedGap[]> {
  const rows = await workspace.engine.rows(
    sql`
    with open_days as (
      select distinct store, local_day from ${tables.orderCube} where store is not null and orders > 0
    ),
    newest as (select store, max(local_day) as newest_day from open_days group by store),
    rests as (
      select open_days.store, newest.newest_day, ${d.daysBetween(
        sql`lag(open_days.local_day) over (partition by open_days.store order by open_days.local_day)`,
        sql`open_days.local_day`,
      )} as gap
      from open_days join newest on newest.store = open_days.store
      where open_days.local_day >= ${d.addDays(sql`newest.newest_day`, -365)}
    )
    select store, newest_day
    from rests
    group by store, newest_day
    having ${d.daysBetween(sql`newest_day`, d.date(asOf))} > greatest(3, coalesce(${d.quantile(0.99, sql`gap`)}, 0))
    order by store`,
    { signal },
  )
  return rows.map(({ store, newestDay }) => ({ store: String(store), newestDay: String(newestDay) }))
}
