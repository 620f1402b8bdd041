import { compileTogether, type SegmentSetting } from '../../analytics/segments/compile.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { askedOn, leavesOf, resolveSegments, segmentsIn } from '../../analytics/segments/references.ts'
import type { Expression } from '../../analytics/segments/ast.ts'
import { addUpByNumber, duckdb } from '../../analytics/sql/duckdb.ts'
import { name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment, isStill, tableOf } from './evaluation.ts'
import { columnsOf } from './columns.ts'
import { wrongDays } from './prepare.ts'
import type { NewestVersion } from './saved-rules.ts'

/** Whom one of several saved segments selects. */
export interface Selected {
  readonly id: string
  readonly asOf: string
  readonly dataVersion: number
  /** A relation with one column `member_key`, there until the next one is asked for. */
  readonly memberKeys: Sql
}

/** So many different conditions are asked in one query. */
const mostConditions = 60
/** On a large shop all segments together take longer than a question may. */
const patienceMs = 60 * 60_000

let made = 0

/**
 * Asks all saved segments as of the data's newest day, those first that others are made of: what they have in common
 * is computed once, and who is in a segment is known where another one names it. Passes over those whose rule can't be
 * asked any more, and ends early when the data moves meanwhile.
 */
export async function* selectedTogether(
  store: Store,
  workspace: Workspace,
  saved: readonly NewestVersion[],
  signal?: AbortSignal,
): AsyncGenerator<Selected> {
  const currencyDecimals = decimalsOf(workspace.currency)
  const rules = new Map(
    saved.flatMap((one) => {
      const parsed = parse(one.expression, { currencyDecimals })
      return parsed.kind === 'parsed' ? [[one.name, { ...one, rule: parsed.expression }] as const] : []
    }),
  )
  const expressions = new Map([...rules].map(([named, { rule }]) => [named, rule]))
  const at = await tablesAt(store, workspace, undefined, signal)
  const { asOf, dataVersion, tables } = at
  const batches: Saved[][] = []
  let conditions = new Set<string>()
  for (const named of inOrder(expressions)) {
    const { id, expression, rule } = rules.get(named)!
    const resolved = resolveSegments(rule, expressions, [named])
    if (resolved.kind !== 'found') continue
    const { segments } = resolved
    if (wrongDays({ expression: rule, segments }, asOf, asOf).length > 0) continue
    if (askedOn(rule, asOf, segments).some(({ day }) => day !== asOf)) {
      // with tables of other days, of which there are a few at a time
      const outcome = await evaluateSegment(store, workspace, { expression }, signal)
      if (outcome.kind === 'evaluated') yield { id, ...outcome.evaluation }
      continue
    }
    const own = leavesOf(rule, segments).map((leaf) =>
      JSON.stringify(leaf.kind === 'clause' ? leaf.subject : leaf),
    )
    const together = new Set([...conditions, ...own])
    if (batches.length === 0 || together.size > mostConditions) {
      batches.push([])
      conditions = new Set(own)
    } else conditions = together
    batches.at(-1)!.push({ id, name: named, expression: rule })
  }
  const setting: SegmentSetting = {
    scope: { asOf, tables, dormancy: workspace.dormancy },
    newest: true,
    currencyDecimals,
    segments: expressions,
    days: new Map(),
  }
  const columns = columnsOf(store)
  await columns?.catchUp(workspace.engine, at, signal)
  const together = batches.flat()
  const selected = await workspace.engine.scratch(
    async (session) => {
      if (!columns || !(await isStill(session, at))) return undefined
      const expressions = together.map(({ expression }) => expression)
      return columns.selected(session, workspace.engine, at, expressions, setting, signal)
    },
    { signal, timeoutMs: patienceMs },
  )
  if (selected) {
    for (const [i, { id }] of together.entries()) {
      const table = name(`scratch.main.together_${++made}`)
      await workspace.engine.scratch((session) => tableOf(session, table, selected[i]!))
      try {
        yield { id, asOf, dataVersion, memberKeys: table }
      } finally {
        await workspace.engine.scratch((session) => session.run(sql`drop table ${table}`))
      }
    }
    return
  }
  for (const batch of batches) {
    const table = name(`scratch.main.together_${++made}`)
    const isMade = await workspace.engine.scratch(
      async (session) => {
        if (!(await isStill(session, at))) return false
        await session.run(addUpByNumber)
        const query = compileTogether(batch, setting, duckdb)
        await session.run(sql`create table ${table} as ${query}`, { signal, timeoutMs: patienceMs })
        return true
      },
      { signal },
    )
    if (!isMade) return
    try {
      for (const [i, { id }] of batch.entries()) {
        const memberKeys = sql`(select member_key from ${table} where ${name(`s${i}`)})`
        yield { id, asOf, dataVersion, memberKeys }
      }
    } finally {
      await workspace.engine.scratch((session) => session.run(sql`drop table ${table}`))
    }
  }
}

interface Saved {
  readonly id: string
  readonly name: string
  readonly expression: Expression
}

/** The names of the rules, each after those that it names. */
function inOrder(rules: ReadonlyMap<string, Expression>): string[] {
  const order = new Set<string>()
  const visited = new Set<string>()
  const visit = (named: string): void => {
    const rule = rules.get(named)
    if (!rule || visited.has(named)) return
    visited.add(named)
    segmentsIn(rule).forEach(visit)
    order.add(named)
  }
  for (const named of rules.keys()) visit(named)
  return [...order]
}
