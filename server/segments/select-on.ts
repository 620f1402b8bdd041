import type { ScratchSession } from '../../analytics/engine/engine.ts'
import type { RfmRule } from '../../analytics/relations/rfm.ts'
import type { DormancyThresholds } from '../../analytics/relations/scope.ts'
import { derivedTables, type DerivedTables } from '../../analytics/schema/derived.ts'
import { MovingRuleTables } from '../../analytics/schema/moving-rule-tables.ts'
import { buildRuleTables } from '../../analytics/schema/refresh.ts'
import { compile, type DaySetting } from '../../analytics/segments/compile.ts'
import { askedOn } from '../../analytics/segments/references.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { name, render, type Sql, sql } from '../../analytics/sql/sql.ts'
import type { ResolvedRule } from './prepare.ts'

let made = 0

type AskedRule = Pick<ResolvedRule, 'expression' | 'segments'>

/** A day on which a rule is asked. `newest`: it is that of the data, tags count as they stand now. */
interface AskedDay {
  readonly day: string
  readonly newest: boolean
}

/** What a rule means, whatever the day. */
export interface RuleSetting {
  readonly dormancy: DormancyThresholds
  readonly rfm: RfmRule
  readonly currencyDecimals: number
}

/** The rule over the tables of each day that it asks about. */
function compiledOn(
  { expression, segments }: AskedRule,
  { day, newest }: AskedDay,
  { dormancy, rfm, currencyDecimals }: RuleSetting,
  tablesOn: ReadonlyMap<string, DerivedTables>,
): Sql {
  const settingOn = (asOf: string): DaySetting => ({
    scope: { asOf, tables: tablesOn.get(asOf)!, dormancy, rfm },
    newest: newest && asOf === day,
  })
  const days = new Map([...tablesOn.keys()].map((asOf) => [asOf, settingOn(asOf)]))
  return compile(expression, { ...settingOn(day), currencyDecimals, segments, days }, duckdb)
}

const textOf = (chosen: Sql): string => render(chosen, () => '?').text

const underPrefixes = (prefixes: ReadonlyMap<string, string>): Map<string, DerivedTables> =>
  new Map([...prefixes].map(([day, prefix]) => [day, derivedTables(prefix)]))

/**
 * Fills the new table `into` with the keys of those whom a rule selects as of a day, in a transaction of `scratch`. The
 * tables that the rule reads are made for that day, and for further days that it asks about, and go again: a year of
 * days would not fit into memory.
 */
export async function selectOn(
  session: ScratchSession,
  into: Sql,
  rule: AskedRule,
  { day, newest, ...setting }: AskedDay & RuleSetting,
): Promise<void> {
  const prefixes = new Map<string, string>()
  for (const asked of askedOn(rule.expression, day, rule.segments))
    if (!prefixes.has(asked.day)) prefixes.set(asked.day, `scratch.main.past_${++made}_`)
  const chosen = compiledOn(rule, { day, newest }, setting, underPrefixes(prefixes))
  const reads = textOf(chosen)
  const built: Sql[] = []
  for (const [asOf, prefix] of prefixes) built.push(...(await buildRuleTables(session, asOf, prefix, reads)))
  await session.run(sql`create table ${into} as ${chosen}`)
  for (const table of built) await session.run(sql`drop table ${table}`)
}

/** The tables of one of the days that a rule asks about. */
interface DayTables {
  readonly prefix: string
  /** Names of what the rule reads, without their prefix. */
  readonly kinds: string
  readonly tables: MovingRuleTables
}

/**
 * Whom a rule selects on one day after the other, of one state of the data: what the tables that it reads are on all the
 * days is made at once, which takes a fraction of making them for each. To be asked in transactions of `scratch`, each
 * of which is committed; after one that failed it can only be dropped.
 */
export class SelectedDays {
  readonly #rule: AskedRule
  readonly #setting: RuleSetting
  /** In the order in which `askedOn` names the days of the rule. */
  #held: readonly DayTables[] = []

  constructor(rule: AskedRule, setting: RuleSetting) {
    this.#rule = rule
    this.#setting = setting
  }

  /** Their keys, each once, in any order. */
  async select(session: ScratchSession, { day, newest }: AskedDay): Promise<Int32Array> {
    const { expression, segments } = this.#rule
    const asked = askedOn(expression, day, segments).map((one, place) => ({
      day: one.day,
      prefix: this.#held[place]?.prefix ?? `scratch.main.past_${++made}_`,
    }))
    const prefixes = new Map(asked.map((one) => [one.day, one.prefix]))
    const named = textOf(compiledOn(this.#rule, { day, newest }, this.#setting, underPrefixes(prefixes)))
    // two of its days may be one now and none tomorrow: each has all that any is asked of
    const kinds = [...new Set([...named.matchAll(/past_\d+_(\w+)/g)].map(([, kind]) => kind!))]
    // models are fitted anew to the tables of every day
    if (kinds.includes('member_scores')) {
      const into = name(`scratch.main.chosen_${++made}`)
      await selectOn(session, into, this.#rule, { day, newest, ...this.#setting })
      const keys = await keysOf(session, into)
      await session.run(sql`drop table ${into}`)
      return keys
    }
    const held: DayTables[] = []
    for (const [place, one] of asked.entries())
      held.push(await movedTo(session, { ...one, kinds: kinds.toSorted() }, this.#held[place]))
    this.#held = held
    const tablesOn = new Map(held.map(({ tables }) => [tables.day, tables.tables]))
    return keysOf(session, sql`(${compiledOn(this.#rule, { day, newest }, this.#setting, tablesOn)})`)
  }

  async drop(session: ScratchSession): Promise<void> {
    for (const { tables } of this.#held) await tables.drop(session)
    this.#held = []
  }
}

async function keysOf(session: ScratchSession, chosen: Sql): Promise<Int32Array> {
  const pieces: Int32Array[] = []
  for await (const [keys] of session.numbers(sql`select member_key from ${chosen} as chosen`))
    pieces.push(Int32Array.from(keys!))
  const all = new Int32Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

async function movedTo(
  session: ScratchSession,
  { day, prefix, kinds }: { day: string; prefix: string; kinds: readonly string[] },
  before: DayTables | undefined,
): Promise<DayTables> {
  if (before && before.kinds === kinds.join() && before.tables.day <= day) {
    await before.tables.moveTo(session, day)
    return before
  }
  await before?.tables.drop(session)
  const reads = kinds.map((kind) => textOf(name(`${prefix}${kind}`))).join(' ')
  return { prefix, kinds: kinds.join(), tables: await MovingRuleTables.build(session, day, prefix, reads) }
}
