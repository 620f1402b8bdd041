import { everyone } from '../../analytics/segments/ast.ts'
import {
  compilePartCounts,
  countedRules,
  dearLeaves,
  type PartCount,
  partsByDay,
  type PartsOfDay,
} from '../../analytics/segments/count-parts.ts'
import { addUpByNumber, duckdb } from '../../analytics/sql/duckdb.ts'
import type { Sql } from '../../analytics/sql/sql.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment, isStill, type SegmentError } from './evaluation.ts'
import { columnsOf } from './columns.ts'
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
    const columns = columnsOf(store)
    await columns?.prepare(engine, at, [rule.expression], setting, signal)
    const inColumns = await engine.scratch(
      async (session): Promise<readonly PartCount[] | undefined> => {
        if (!columns || !(await isStill(session, at))) return undefined
        const counted = countedRules(rule.expression, '')
        const rules = [everyone, ...counted.flatMap(({ members, together }) => [members, together])]
        const [all, ...selected] = (await columns.selected(session, engine, at, rules, setting, signal)) ?? []
        return (
          all &&
          counted.map(({ path }, i) => ({
            path,
            members: selected[2 * i]!.members,
            together: selected[2 * i + 1]!.members,
            all: all.members,
          }))
        )
      },
      { signal },
    )
    const asked: { readonly parts: PartsOfDay; readonly known: ReadonlyMap<string, Sql> }[] = []
    for (const parts of partsByDay(rule.expression, setting)) {
      if (inColumns && parts.setting === setting && parts.path === '') continue
      const known = new Map<string, Sql>()
      const { asOf } = parts.setting.scope
      for (const expression of dearLeaves(parts).keys()) {
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
        const counted: PartCount[] = [...(inColumns ?? [])]
        for (const { parts, known } of asked) {
          const { query, read } = compilePartCounts(parts, known, duckdb)
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
