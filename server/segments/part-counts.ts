import {
  compilePartCounts,
  dearLeaves,
  type PartCount,
  type PartCountsQuery,
  partsByDay,
} from '../../analytics/segments/count-parts.ts'
import { addUpByNumber, duckdb } from '../../analytics/sql/duckdb.ts'
import type { Sql } from '../../analytics/sql/sql.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment, isStill, type SegmentError } from './evaluation.ts'
import { prepareSegment } from './prepare.ts'

export type PartCountsOutcome =
  | {
      kind: 'counted'
      expression: string
      asOf: string
      dataVersion: number
      /** Every part, the whole rule first. */
      parts: readonly PartCount[]
    }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/**
 * How many members each part of a rule selects, all of one state of the data: those of the whole rule are as many as
 * `evaluateSegment` selects. Conditions for which orders and the like are gone through are sets of their own, which are
 * kept: who changes one condition waits for that one. One pass over the members then answers for all parts of a day.
 */
export async function countParts(
  store: Store,
  workspace: Workspace,
  request: { expression: string; asOf?: string | undefined },
  signal?: AbortSignal,
): Promise<PartCountsOutcome> {
  for (;;) {
    const prepared = await prepareSegment(store, workspace, request, signal)
    if (prepared.kind === 'refused') return prepared
    const { rule, at, setting } = prepared
    const queries: PartCountsQuery[] = []
    for (const parts of partsByDay(rule.expression, setting)) {
      const known = new Map<string, Sql>()
      const { asOf } = parts.setting.scope
      for (const expression of dearLeaves(parts).keys()) {
        const outcome = await evaluateSegment(store, workspace, { expression, asOf }, signal)
        // what can't be asked of a past day is refused for the whole rule already
        if (outcome.kind === 'refused') return outcome
        known.set(expression, outcome.evaluation.memberKeys)
      }
      queries.push(compilePartCounts(parts, known, duckdb))
    }
    const parts = await workspace.engine.scratch(
      async (session) => {
        // the data moved since, maybe before one of the sets was made
        if (!(await isStill(session, at))) return null
        await session.run(addUpByNumber)
        const counted: PartCount[] = []
        for (const { query, read } of queries) {
          const [row] = await session.rows(query, { signal })
          counted.push(...read(row!))
        }
        return counted
      },
      { signal },
    )
    if (parts) {
      const { asOf, dataVersion } = at
      return { kind: 'counted', expression: rule.text, asOf, dataVersion, parts }
    }
  }
}
