import { countBits } from '../../analytics/columns/bits.ts'
import type { Session } from '../../analytics/engine/engine.ts'
import { compileTogether, type SegmentSetting } from '../../analytics/segments/compile.ts'
import { parse } from '../../analytics/segments/parse.ts'
import {
  askedOn,
  asksForetold,
  leavesOf,
  resolveSegments,
  segmentsIn,
} from '../../analytics/segments/references.ts'
import type { Expression } from '../../analytics/segments/ast.ts'
import { addUpByNumber, duckdb } from '../../analytics/sql/duckdb.ts'
import { name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { foretoldAt } from '../analytics/foretold.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment, type Evaluation, isStill } from './evaluation.ts'
import { columnsOf, type SelectedBits } from './columns.ts'
import { wrongDays } from './prepare.ts'
import type { NewestVersion } from './saved-rules.ts'
import { toldBits } from './told-bits.ts'

/** Whom one of several saved segments selects. */
export interface Selected extends SelectedBits {
  readonly id: string
  readonly asOf: string
  readonly dataVersion: number
}

/** So many different conditions are asked in one query. */
const mostConditions = 60
/** On a large shop all segments together take longer than a question may. */
const patienceMs = 60 * 60_000

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
      if (outcome.kind === 'evaluated')
        yield { id, ...(await evaluatedBits(workspace, outcome.evaluation, signal)) }
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
    scope: { asOf, tables, dormancy: workspace.dormancy, rfm: workspace.rfm },
    newest: true,
    currencyDecimals,
    segments: expressions,
    days: new Map(),
  }
  const columns = columnsOf(store)
  await columns?.catchUp(workspace.engine, at, signal)
  const together = batches.flat()
  const foretold = together.some(({ expression }) => asksForetold(expression, expressions))
  if (foretold && !(await foretoldAt(workspace, at, signal))) return
  const selected = await workspace.engine.scratch(
    async (session) => {
      if (!columns || !(await isStill(session, at))) return undefined
      const expressions = together.map(({ expression }) => expression)
      return columns.selected(session, workspace.engine, at, expressions, setting, signal)
    },
    { signal, timeoutMs: patienceMs },
  )
  if (selected) {
    for (const [i, { id }] of together.entries()) yield { id, asOf, dataVersion, ...selected[i]! }
    return
  }
  for (const batch of batches) {
    const told = await workspace.engine.scratch(
      async (session) => {
        if (!(await isStill(session, at))) return null
        await session.run(addUpByNumber)
        const answered = compileTogether(batch, setting, duckdb)
        const columns = batch.map((_, i) => name(`s${i}`))
        return toldBits(session, sql`(${answered})`, columns, await membersUpTo(session, tables.memberFacts))
      },
      { signal, timeoutMs: patienceMs },
    )
    if (!told) return
    for (const [i, { id }] of batch.entries())
      yield { id, asOf, dataVersion, bits: told[i]!, members: countBits(told[i]!) }
  }
}

function evaluatedBits(
  { engine }: Workspace,
  { asOf, dataVersion, memberKeys, members }: Evaluation,
  signal: AbortSignal | undefined,
): Promise<Omit<Selected, 'id'>> {
  return engine.scratch(
    async (session) => {
      const upTo = await membersUpTo(session, memberKeys)
      const [bits] = await toldBits(session, memberKeys, [sql`true`], upTo)
      return { asOf, dataVersion, bits: bits!, members }
    },
    { signal },
  )
}

/** The keys of a relation are below it. */
async function membersUpTo(session: Session, relation: Sql): Promise<number> {
  const [row] = await session.rows(
    sql`select coalesce(max(member_key), -1) + 1 as members from ${relation} as known`,
  )
  return Number(row!.members)
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
