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

/** A change of a month, restated or added to. */
type Change = Restatement & Pick<ChangedMonth, 'restated'>

/** What an import's report says of months: those that it changed, and those that its undoing changed. */
interface Months {
  readonly months?: readonly ChangedMonth[]
  readonly undoneMonths?: readonly ChangedMonth[]
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
    const { months = [], undoneMonths = [] } = JSON.parse(String(report)) as Months
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
