import type { Session } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'

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

/** A local day whose figures an import or its undoing changes, as short as it can be kept: the day, net and orders before, net and orders after. */
export type ChangedDay = readonly [
  day: string,
  netBefore: number,
  ordersBefore: number,
  netAfter: number,
  ordersAfter: number,
]

/** All days with figures, from the base tables: `day`, `net_minor`, `orders`. */
export const figuresByDay: Sql = sql`
  select cast(local_day as varchar) as day, cast(sum(net_minor) as bigint) as net_minor, cast(sum(qualifying) as bigint) as orders
  from (
    select local_day, net_minor, case when net_minor > 0 and void_day is null then 1 else 0 end as qualifying
    from orders where state = 'paid'
    union all
    select local_day, -amount_minor, 0 from refunds where counts
  ) as event group by all`

/** All days with figures, as they are in this transaction. */
export async function dayFigures(session: Session): Promise<Map<string, Figures>> {
  const rows = await session.rows(figuresByDay)
  return new Map(
    rows.map(({ day, netMinor, orders }) => [
      String(day),
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

export const nothing: Figures = { netMinor: 0, orders: 0 }

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

/** The days that differ, in their order; where nothing was known before (`newestDay` is null) none is named. */
export function changedDays(
  before: ReadonlyMap<string, Figures>,
  after: ReadonlyMap<string, Figures>,
  newestDay: string | null,
): ChangedDay[] {
  if (newestDay === null) return []
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((day): ChangedDay[] => {
    const [was, is] = [before.get(day) ?? nothing, after.get(day) ?? nothing]
    return was.netMinor === is.netMinor && was.orders === is.orders
      ? []
      : [[day, was.netMinor, was.orders, is.netMinor, is.orders]]
  })
}
