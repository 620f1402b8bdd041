import { addDays } from '../../analytics/calendar/calendar.ts'
import type { Engine } from '../../analytics/engine/engine.ts'
import { derivedTables } from '../../analytics/schema/derived.ts'
import { buildRuleTables } from '../../analytics/schema/refresh.ts'
import { compile } from '../../analytics/segments/compile.ts'
import { askedOn } from '../../analytics/segments/references.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { render, sql } from '../../analytics/sql/sql.ts'
import { fieldsWithoutHistory } from '../segments/prepare.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Audience } from './audience.ts'

/** Of the members whom a rule chose on a day, how many bought in the days after it. */
export interface Baseline {
  readonly numerator: number
  readonly denominator: number
  readonly asOf: string
}

/** The newest answers of each workspace; the composer asks the same again at every change of the offer. */
const known = new WeakMap<Engine, Map<string, Baseline | null>>()
const kept = 48

/**
 * What such members do without a coupon: of those whom the same rule chose `windowDays` before the
 * audience's day, how many have a qualifying order after that day and through the audience's. Null when
 * the data does not reach back so far, the rule chose nobody then, or it can't be asked of that day.
 * Only the tables that the rule reads are made for that day, and they go with the answer; of a rule that asks about
 * further days there is none.
 */
export async function baselineOf(
  workspace: Workspace,
  { evaluation, tables }: Pick<Audience, 'evaluation' | 'tables'>,
  windowDays: number,
  signal?: AbortSignal,
): Promise<Baseline | null> {
  const asOf = addDays(tables.asOf, -windowDays)
  if (tables.dataStart === null || asOf < tables.dataStart) return null
  const { engine, dormancy, rfm } = workspace
  const answers = known.get(engine) ?? new Map<string, Baseline | null>()
  known.set(engine, answers)
  const key = JSON.stringify([evaluation.rule.meaning, tables.dataVersion, tables.asOf, asOf, dormancy, rfm])
  const before = answers.get(key)
  if (before !== undefined) return before
  const counted = await count(workspace, { evaluation, tables }, asOf, signal)
  answers.set(key, counted)
  for (const oldest of answers.keys()) if (answers.size > kept) answers.delete(oldest)
  return counted
}

async function count(
  workspace: Workspace,
  { evaluation, tables }: Pick<Audience, 'evaluation' | 'tables'>,
  asOf: string,
  signal: AbortSignal | undefined,
): Promise<Baseline | null> {
  const currencyDecimals = decimalsOf(workspace.currency)
  const { expression, segments } = evaluation.rule
  if (askedOn(expression, asOf, segments).length > 1) return null
  if (fieldsWithoutHistory(expression, segments).length > 0) return null
  const prefix = `scratch.main.baseline_${++made}_`
  const then = derivedTables(prefix)
  const { dormancy, rfm } = workspace
  const chosen = compile(
    expression,
    {
      scope: { asOf, tables: then, dormancy, rfm },
      currencyDecimals,
      newest: false,
      segments,
      days: new Map(),
    },
    d,
  )
  const reads = render(chosen, () => '?').text
  return workspace.engine.scratch(
    async (session) => {
      const built = await buildRuleTables(session, asOf, prefix, reads)
      const [row] = await session.rows(
        sql`
        with chosen as (${chosen}),
        bought as (
          select distinct member_key from ${tables.tables.memberOrders}
          where local_day > ${d.date(asOf)} and local_day <= ${d.date(tables.asOf)}
        )
        select count(*) as members, count(bought.member_key) as buyers
        from chosen left join bought on bought.member_key = chosen.member_key`,
      )
      for (const table of built) await session.run(sql`drop table ${table}`)
      const [numerator, denominator] = [Number(row!.buyers), Number(row!.members)]
      return denominator === 0 ? null : { numerator, denominator, asOf }
    },
    { signal, timeoutMs: patienceMs },
  )
}

let made = 0
/** All orders of a large shop as of another day. */
const patienceMs = 10 * 60_000
