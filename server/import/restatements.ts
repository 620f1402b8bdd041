import type { Engine } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { type ChangedDays, type ChangedMonth, type Figures, figuresByDay, nothing } from './months.ts'

/** A month that was over and had figures, and came to others: when, by which file, from what to what. */
export interface Restatement extends Omit<ChangedMonth, 'restated'> {
  readonly fileName: string
  /** `undone`: the file was taken out again. */
  readonly cause: 'imported' | 'undone'
  /** ISO text. */
  readonly at: string
}

/** A change of a month, restated or added to. */
type Change = Restatement & Pick<ChangedMonth, 'restated'>

/** What an import's report keeps of months and days: those that it changed, and those that its undoing changed. */
export interface Changes {
  readonly months?: readonly ChangedMonth[]
  readonly undoneMonths?: readonly ChangedMonth[]
  /** Not there in reports from before days were kept. */
  readonly days?: ChangedDays
  readonly undoneDays?: ChangedDays
}

/**
 * Of each month that was restated since `since` (ISO text) its last change since then, the latest month first.
 * That change may bring back figures that an undoing had taken to nothing: a month is never told as what it
 * no longer is.
 */
export async function restatements(engine: Engine, since: string): Promise<Restatement[]> {
  const imports = await engine.rows(sql`select file_name, imported_at, undone_at, report from imports
    where kind in ('orders', 'refunds') and (imported_at >= cast(${since} as timestamp) or undone_at >= cast(${since} as timestamp))
    order by import_seq`)
  const all = imports.flatMap(({ fileName, importedAt, undoneAt, report }): Change[] => {
    const { months = [], undoneMonths = [] } = JSON.parse(String(report)) as Changes
    const told = (list: readonly ChangedMonth[], cause: Restatement['cause'], at: unknown) =>
      list.map((change) => ({ ...change, fileName: String(fileName), cause, at: String(at) }))
    return [...told(months, 'imported', importedAt), ...told(undoneMonths, 'undone', undoneAt)]
  })
  const inOrder = all.filter(({ at }) => at >= since).toSorted((a, b) => a.at.localeCompare(b.at))
  const restated = new Set(inOrder.filter((one) => one.restated).map(({ month }) => month))
  const last = new Map<string, Restatement>()
  for (const { restated: _, ...one } of inOrder) if (restated.has(one.month)) last.set(one.month, one)
  return [...last.values()].toSorted((a, b) => b.month.localeCompare(a.month))
}

/** Days that were over and had figures, and came to others: a week, say. Figures are those of the whole shop. */
export interface RestatedPeriod extends Period, Omit<Restatement, 'month'> {}

export interface Period {
  /** ISO days, both included. */
  readonly from: string
  readonly to: string
}

/** What an import or its undoing changed, and when. */
interface Step extends Pick<Restatement, 'fileName' | 'cause' | 'at'> {
  /** Undefined: the report is from before days were kept. */
  readonly days: ChangedDays | undefined
}

/**
 * Of `periods`, which have no day in common, those that were restated since `since` (ISO text), each with its
 * last change since then. What they came to before is found by walking back from what they come to now; where
 * that passes an import from before days were kept, the walk ends.
 */
export async function restatedPeriods(
  engine: Engine,
  since: string,
  periods: readonly Period[],
): Promise<RestatedPeriod[]> {
  // one statement, so that the figures are those which the last report left
  const rows = await engine.rows(sql`
    select import_seq, file_name, imported_at, undone_at, report, null as day, null as net_minor, null as orders from imports
    where kind in ('orders', 'refunds') and (imported_at >= cast(${since} as timestamp) or undone_at >= cast(${since} as timestamp))
    union all
    select null, null, null, null, null, day, net_minor, orders from (${figuresByDay}) as figures
    order by import_seq`)
  const steps = rows
    .filter(({ day }) => day === null)
    .flatMap(({ fileName, importedAt, undoneAt, report }): Step[] => {
      const { days, undoneDays } = JSON.parse(String(report)) as Changes
      const of = { fileName: String(fileName) }
      return [
        { ...of, cause: 'imported', at: String(importedAt), days },
        ...(undoneAt === null
          ? []
          : [{ ...of, cause: 'undone' as const, at: String(undoneAt), days: undoneDays }]),
      ]
    })
    .filter(({ at }) => at >= since)
    .toSorted((a, b) => a.at.localeCompare(b.at))
  const periodOf = (day: string) => periods.find(({ from, to }) => from <= day && day <= to)
  const figures = new Map<Period, Figures>()
  const add = (period: Period, netMinor: number, orders: number) => {
    const known = figures.get(period) ?? nothing
    figures.set(period, { netMinor: known.netMinor + netMinor, orders: known.orders + orders })
  }
  for (const { day, netMinor, orders } of rows) {
    const period = day === null ? undefined : periodOf(String(day))
    if (period) add(period, Number(netMinor), Number(orders))
  }
  const last = new Map<Period, RestatedPeriod>()
  const restated = new Set<Period>()
  for (const { days, ...step } of steps.toReversed()) {
    if (!days) break
    const after = new Map(figures)
    if (days.newestDay === null) figures.clear()
    for (const [day, netBefore, ordersBefore, netAfter, ordersAfter] of days.changed) {
      const period = periodOf(day)
      if (period) add(period, netBefore - netAfter, ordersBefore - ordersAfter)
    }
    for (const period of periods) {
      const [was, is] = [figures.get(period) ?? nothing, after.get(period) ?? nothing]
      if (was.netMinor === is.netMinor && was.orders === is.orders) continue
      if (!last.has(period)) last.set(period, { ...period, before: was, after: is, ...step })
      const hadFigures = was.netMinor !== 0 || was.orders !== 0
      if (hadFigures && days.newestDay !== null && period.to < days.newestDay) restated.add(period)
    }
  }
  return periods.flatMap((period) => (restated.has(period) ? last.get(period)! : []))
}
