import type { Engine } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { ChangedMonth } from './months.ts'

/** A month that was over and had figures, and came to others: when, by which file, from what to what. */
export interface Restatement extends Omit<ChangedMonth, 'restated'> {
  readonly fileName: string
  /** `undone`: the file was taken out again. */
  readonly cause: 'imported' | 'undone'
  /** ISO text. */
  readonly at: string
}

/** What an import's report says of months: those that it changed, and those that its undoing changed. */
interface Months {
  readonly months?: readonly ChangedMonth[]
  readonly undoneMonths?: readonly ChangedMonth[]
}

/** The last restatement of each month that was restated since `since` (ISO text), the latest month first. */
export async function restatements(engine: Engine, since: string): Promise<Restatement[]> {
  const imports = await engine.rows(sql`select file_name, imported_at, undone_at, report from imports
    where kind in ('orders', 'refunds') and (imported_at >= cast(${since} as timestamp) or undone_at >= cast(${since} as timestamp))`)
  const all = imports.flatMap(({ fileName, importedAt, undoneAt, report }): Restatement[] => {
    const { months = [], undoneMonths = [] } = JSON.parse(String(report)) as Months
    const told = (list: readonly ChangedMonth[], cause: Restatement['cause'], at: unknown) =>
      list
        .filter(({ restated }) => restated)
        .map(({ month, before, after }) => ({
          month,
          before,
          after,
          fileName: String(fileName),
          cause,
          at: String(at),
        }))
    return [...told(months, 'imported', importedAt), ...told(undoneMonths, 'undone', undoneAt)]
  })
  const last = new Map<string, Restatement>()
  for (const one of all.toSorted((a, b) => a.at.localeCompare(b.at)))
    if (one.at >= since) last.set(one.month, one)
  return [...last.values()].toSorted((a, b) => b.month.localeCompare(a.month))
}
