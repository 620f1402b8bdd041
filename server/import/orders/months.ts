import type { Session } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'

/** What days came to, guests included: net after refunds, qualifying orders. */
export interface Figures {
  readonly netMinor: number
  readonly orders: number
}

/** A month whose figures an import or its undoing changes. */
export interface ChangedMonth {
  /** Its first day. */
  readonly month: string
  readonly before: Figures
  readonly after: Figures
  /** It was over and had figures: they are restated, not added to. */
  readonly restated: boolean
}

/** All days with figures, from the base tables: `local_day`, `net_minor`, `orders`. */
export const figuresByDay: Sql = sql`
  select local_day, cast(sum(net_minor) as bigint) as net_minor, cast(sum(qualifying) as bigint) as orders
  from (
    select local_day, net_minor, case when net_minor > 0 and void_day is null then 1 else 0 end as qualifying
    from orders where state = 'paid'
    union all
    select local_day, -amount_minor, 0 from refunds where counts
  ) as event group by all`

/** All days with figures, as they are in this transaction. */
export async function dayFigures(
  session: Session,
  days: Sql = sql`(${figuresByDay})`,
): Promise<Map<string, Figures>> {
  const rows = await session.rows(sql`select * from ${days} as figures`)
  return new Map(
    rows.map(({ localDay, netMinor, orders }) => [
      String(localDay),
      { netMinor: Number(netMinor), orders: Number(orders) },
    ]),
  )
}

/** The calendar months that days with figures make up, by their first days. */
function monthFigures(days: ReadonlyMap<string, Figures>): Map<string, Figures> {
  const months = new Map<string, Figures>()
  for (const [day, { netMinor, orders }] of days) {
    const month = `${day.slice(0, 7)}-01`
    const known = months.get(month) ?? nothing
    months.set(month, { netMinor: known.netMinor + netMinor, orders: known.orders + orders })
  }
  return months
}

const nothing: Figures = { netMinor: 0, orders: 0 }

/**
 * The months that differ between two states of all days, the latest first. `newestDay`: the day of the newest
 * order before, whose month was still running and is added to; null: there was none.
 */
export function changedMonths(
  daysBefore: ReadonlyMap<string, Figures>,
  daysAfter: ReadonlyMap<string, Figures>,
  newestDay: string | null,
): ChangedMonth[] {
  const [before, after] = [monthFigures(daysBefore), monthFigures(daysAfter)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .toSorted()
    .toReversed()
    .map((month) => ({
      month,
      before: before.get(month) ?? nothing,
      after: after.get(month) ?? nothing,
      restated: before.has(month) && newestDay !== null && month.slice(0, 7) < newestDay.slice(0, 7),
    }))
    .filter(({ before, after }) => before.netMinor !== after.netMinor || before.orders !== after.orders)
}
