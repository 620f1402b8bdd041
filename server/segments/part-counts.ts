import {
  compilePartCounts,
  dearLeaves,
  type PartCount,
  partsByDay,
  type PartsOfDay,
} from '../../analytics/segments/count-parts.ts'
import { keyOf } from '../../analytics/segments/compile.ts'
import { addUpByNumber, duckdb } from '../../analytics/sql/duckdb.ts'
import type { Sql } from '../../analytics/sql/sql.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment, isStill, type SegmentError } from './evaluation.ts'
import { orderColumnsOf } from './order-columns.ts'
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
 * kept: who changes one condition waits for that one; those that columns of orders answer are asked of them at once. One
 * pass over the members then answers for all parts of a day.
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
    const { engine } = workspace
    const columns = orderColumnsOf(store)
    await columns?.prepare(engine, at, [rule.expression], setting, signal)
    const inColumns = columns?.clausesHeld(engine, at, [rule.expression], setting)
    const asked: { readonly parts: PartsOfDay; readonly known: ReadonlyMap<string, Sql> }[] = []
    for (const parts of partsByDay(rule.expression, setting)) {
      const known = new Map<string, Sql>()
      const { asOf } = parts.setting.scope
      for (const [expression, leaf] of dearLeaves(parts)) {
        if (parts.setting === setting && leaf.kind === 'clause' && inColumns?.has(keyOf(leaf))) continue
        const outcome = await evaluateSegment(store, workspace, { expression, asOf }, signal)
        // what can't be asked of a past day is refused for the whole rule already
        if (outcome.kind === 'refused') return outcome
        known.set(expression, outcome.evaluation.memberKeys)
      }
      asked.push({ parts, known })
    }
    const parts = await workspace.engine.scratch(
      async (session) => {
        // the data moved since, maybe before one of the sets was made
        if (!(await isStill(session, at))) return null
        await session.run(addUpByNumber)
        const answered =
          inColumns && (await columns?.knownOfAll(session, engine, at, [rule.expression], setting))
        if (inColumns && !answered) return null // they were let go of
        const counted: PartCount[] = []
        for (const { parts, known } of asked) {
          const ofDay = parts.setting === setting ? { answered } : {}
          const { query, read } = compilePartCounts(parts, known, duckdb, ofDay)
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
