import { compilePartCounts, type PartCount } from '../../analytics/segments/count-parts.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { isStill, type SegmentError } from './evaluation.ts'
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
 * `evaluateSegment` selects. One pass over the members answers for all parts that are asked about one day.
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
    const queries = compilePartCounts(rule.expression, setting, duckdb)
    const parts = await workspace.engine.scratch(
      async (session) => {
        if (!(await isStill(session, at))) return null // the data moved in between
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
