import type { ScratchSession } from '../../analytics/engine/engine.ts'
import type { DormancyThresholds } from '../../analytics/relations/scope.ts'
import { derivedTables } from '../../analytics/schema/derived.ts'
import { buildRuleTables } from '../../analytics/schema/refresh.ts'
import { compile, type DaySetting } from '../../analytics/segments/compile.ts'
import { askedOn } from '../../analytics/segments/references.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { render, type Sql, sql } from '../../analytics/sql/sql.ts'
import type { ResolvedRule } from './prepare.ts'

let made = 0

/**
 * Fills the new table `into` with the keys of those whom a rule selects as of a day, in a transaction of `scratch`. The
 * tables that the rule reads are made for that day, and for further days that it asks about, and go again: a year of
 * days would not fit into memory. `newest`: the day is that of the data, tags count as they stand now.
 */
export async function selectOn(
  session: ScratchSession,
  into: Sql,
  { expression, segments }: Pick<ResolvedRule, 'expression' | 'segments'>,
  {
    day,
    newest,
    dormancy,
    currencyDecimals,
  }: { day: string; newest: boolean; dormancy: DormancyThresholds; currencyDecimals: number },
): Promise<void> {
  const prefixes = new Map<string, string>()
  for (const asked of askedOn(expression, day, segments))
    if (!prefixes.has(asked.day)) prefixes.set(asked.day, `scratch.main.past_${++made}_`)
  const settingOn = (asOf: string): DaySetting => ({
    scope: { asOf, tables: derivedTables(prefixes.get(asOf)), dormancy },
    newest: newest && asOf === day,
  })
  const days = new Map([...prefixes.keys()].map((asOf) => [asOf, settingOn(asOf)]))
  const chosen = compile(expression, { ...settingOn(day), currencyDecimals, segments, days }, duckdb)
  const reads = render(chosen, () => '?').text
  const built: Sql[] = []
  for (const [asOf, prefix] of prefixes) built.push(...(await buildRuleTables(session, asOf, prefix, reads)))
  await session.run(sql`create table ${into} as ${chosen}`)
  for (const table of built) await session.run(sql`drop table ${table}`)
}
