import type { Scope } from '../../analytics/relations/scope.ts'
import { evaluateSegment, type SegmentError } from '../segments/evaluation.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { QuestionFilters } from './filters.ts'
import { type TablesAt, tablesAt } from './tables-at.ts'

export type ScopeOutcome =
  | {
      kind: 'scoped'
      scope: Scope
      at: TablesAt
      asOf: string
      dataVersion: number
      /** Canonical text of the segment; null without one. */
      segment: string | null
    }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/** What a question with these filters is asked of. Refused when the segment's text makes no rule. */
export async function scopeOf(
  store: Store,
  workspace: Workspace,
  filters: QuestionFilters,
  signal?: AbortSignal,
): Promise<ScopeOutcome> {
  for (;;) {
    const at = await tablesAt(store, workspace, filters.asOf, signal)
    const audience =
      filters.segment === undefined
        ? null
        : await evaluateSegment(store, workspace, { expression: filters.segment, asOf: at.asOf }, signal)
    if (audience?.kind === 'refused') return audience
    if (audience && audience.evaluation.dataVersion !== at.dataVersion) continue // the data moved in between
    return {
      kind: 'scoped',
      at,
      asOf: at.asOf,
      dataVersion: at.dataVersion,
      segment: audience ? audience.evaluation.expression : null,
      scope: {
        asOf: at.asOf,
        calendar: workspace.calendar,
        tables: at.tables,
        dormancy: workspace.dormancy,
        rfm: workspace.rfm,
        currencyDecimals: decimalsOf(workspace.currency),
        dataStart: at.dataStart,
        openedAtStart: at.openedAtStart,
        audience: audience ? audience.evaluation.memberKeys : null,
        stores: filters.stores?.length ? filters.stores : null,
        channels: filters.channels?.length ? filters.channels : null,
        categories: filters.categories?.length ? filters.categories : null,
      },
    }
  }
}
