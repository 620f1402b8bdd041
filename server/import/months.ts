import type { Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'

/** What a calendar month came to, guests included: net after refunds, qualifying orders. */
interface MonthFigures {
  readonly netMinor: number
  readonly orders: number
}

/** A month whose figures an import or its undoing changes. */
export interface ChangedMonth {
  /** Its first day. */
  readonly month: string
  readonly before: MonthFigures
  readonly after: MonthFigures
  /** It was over and had figures: they are restated, not added to. */
  readonly restated: boolean
}

/** All months with figures, from the base tables as they are in this transaction. */
export async function monthFigures(session: Session): Promise<Map<string, MonthFigures>> {
  const rows = await session.rows(sql`
    select cast(date_trunc('month', local_day) as date) as month,
      cast(sum(net_minor) as bigint) as net_minor, cast(sum(qualifying) as bigint) as orders
    from (
      select local_day, net_minor, case when net_minor > 0 and void_day is null then 1 else 0 end as qualifying
      from orders where state = 'paid'
      union all
      select local_day, -amount_minor, 0 from refunds where counts
    ) as event group by all`)
  return new Map(
    rows.map(({ month, netMinor, orders }) => [
      String(month),
      { netMinor: Number(netMinor), orders: Number(orders) },
    ]),
  )
}

const nothing: MonthFigures = { netMinor: 0, orders: 0 }

/**
 * The months that differ, the latest first. `newestDay`: the day of the newest order before, whose month
 * was still running and is added to; null: there was none.
 */
export function changedMonths(
  before: ReadonlyMap<string, MonthFigures>,
  after: ReadonlyMap<string, MonthFigures>,
  newestDay: string | null,
): ChangedMonth[] {
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
