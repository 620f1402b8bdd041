import { daysBetween } from '../../analytics/calendar/calendar.ts'
import type { Engine } from '../../analytics/engine/engine.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'

/** A store whose orders seem to have stopped coming in; null: the shop has no stores. */
export interface FeedGap {
  readonly store: string | null
  readonly lastDay: string
  /** Days without an order up to the workspace's asOf. */
  readonly days: number
}

/**
 * Stores with a feed gap at the workspace's asOf: more days since the newest order day than three and
 * than the 99th percentile of the gaps between days with orders in the 365 days before it.
 * Source: DEFINITIONS.md, "Time".
 */
export async function feedGaps(engine: Engine, signal?: AbortSignal): Promise<FeedGap[]> {
  const rows = await engine.rows(
    sql`with days as (select distinct store, local_day from orders where state = 'paid'),
      newest as (select store, max(local_day) as day from days group by store),
      gaps as (
        select days.store, ${d.daysBetween(
          sql`lag(days.local_day) over (partition by days.store order by days.local_day)`,
          sql`days.local_day`,
        )} as gap
        from days join newest on newest.store is not distinct from days.store and days.local_day >= newest.day - 365
      ),
      usual as (select store, ${d.quantile(0.99, sql`gap`)} as longest from gaps where gap is not null group by store)
      select newest.store, newest.day, state.as_of, coalesce(usual.longest, 0) as longest
      from newest cross join workspace_state as state
      left join usual on usual.store is not distinct from newest.store
      order by newest.day`,
    { signal },
  )
  return rows.flatMap(({ store, day, asOf, longest }) => {
    const days = asOf === null ? 0 : daysBetween(String(day), String(asOf))
    return days > Math.max(3, Number(longest))
      ? [{ store: store as string | null, lastDay: String(day), days }]
      : []
  })
}
