import { setImmediate as turn } from 'node:timers/promises'
import { addDays } from '../../../analytics/calendar/calendar.ts'
import type { ScratchSession } from '../../../analytics/engine/engine.ts'
import type { Tree } from '../../../analytics/models/tree.ts'
import { derivedTables } from '../../../analytics/schema/derived.ts'
import { buildRuleTables } from '../../../analytics/schema/refresh.ts'
import { compileAnswers, type SegmentSetting } from '../../../analytics/segments/compile.ts'
import { duckdb as d } from '../../../analytics/sql/duckdb.ts'
import { join, name, render, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { TablesAt } from '../../analytics/tables-at.ts'
import { decimalsOf } from '../../messages/money.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { type Feature, featuresOf, type FoundValues, buyers, round } from './features.ts'
import { type Answers, firstBin, grown } from './grow.ts'
import { asLeaves } from './rules.ts'

/** A member returns who has an order on one of so many days after the cut-off. */
export const returnDays = 90
/** The tree is grown from what was known at the first cut-off and tried on what was known at the second, days back from the data's newest day. */
export const cutOffs = { learned: 2 * returnDays, tried: returnDays } as const
/** So many days of orders before the first cut-off, or members look new who are not. */
export const leastHistory = 90
/** Three of ten members take no part in growing the tree; it is tried on them alone. */
const heldOut = 0.3
/** No more members than this are drawn: more would change the tree by little. */
const mostMembers = 10_000
/** How many members, and of them how many of either kind, there have to be. */
export const fewest = { learned: 200, learnedOfEach: 30, tried: 100, triedOfEach: 20 } as const

/** Of one cut-off the conditions are asked in so many statements: planning one of all would hold up the event loop. */
const portions = 6
/** The steps of learning: the draw, of each cut-off its tables and its portions, the tree. */
export const learningSteps = 1 + 2 * (1 + portions) + 1

export interface Counted {
  readonly rows: number
  readonly yes: number
}

export interface Learned {
  readonly features: readonly Feature[]
  readonly tree: Tree
  readonly learned: Counted
  /** The held-out members, of each leaf in the order of `leavesOf`. */
  readonly tried: readonly Counted[]
}

let made = 0

/**
 * Grows a tree over who returned after the first cut-off, and counts in whose leaves held-out members were at the
 * second and how many of them returned. Everything that is asked of a member is as of the cut-off, by tables made
 * for that day, so that nothing of what came after it is known. In one transaction of `scratch`, which is to have the
 * same signal; the tree grows in a thread of its own. `counted`: too few members to grow it from, and how many there are.
 * `onStep` is called `learningSteps` times, less often when there are too few. An abort rejects.
 */
export async function learn(
  session: ScratchSession,
  workspace: Workspace,
  at: TablesAt,
  { signal, onStep }: { signal: AbortSignal; onStep: () => void },
): Promise<{ learned: Learned } | { counted: { learned: Counted; tried: Counted } }> {
  const prefix = `scratch.main.suggested_${++made}_`
  const drawn = name(`${prefix}drawn`)
  await session.run(sql`create table ${drawn} as ${draw(at)}`)
  const found = await valuesOf(session, workspace, at, drawn)
  const features = featuresOf(found)
  onStep()
  const setting = { drawn, prefix, features, signal, onStep }
  const first = await rowsOn(session, workspace, at, setting, cutOffs.learned, false)
  const second = await rowsOn(session, workspace, at, setting, cutOffs.tried, true)
  await session.run(sql`drop table ${drawn}`)
  const [learned, tried] = [countOf(first), countOf(second)]
  const enough = (counted: Counted, all: number, each: number) =>
    counted.rows >= all && counted.yes >= each && counted.rows - counted.yes >= each
  if (
    !enough(learned, fewest.learned, fewest.learnedOfEach) ||
    !enough(tried, fewest.tried, fewest.triedOfEach)
  )
    return { counted: { learned, tried } }
  const widths = features.map(({ conditions }) => conditions.length + 1)
  const { tree, leaves } = await grown({ widths, learned: first, tried: second }, signal)
  onStep()
  return { learned: { features, tree, learned, tried: leaves } }
}

const countOf = ({ rows, yes }: Answers): Counted => ({ rows, yes })

/** Members who have bought by now, at most `mostMembers` of them drawn by their ids, a part of them held out. */
function draw({ tables }: TablesAt): Sql {
  const hash = (what: string) => d.hash8(sql`(cast(${`${what}:`} as varchar) || members.member_id)`)
  const share = (part: Sql) => sql`(${part} / ${2 ** 32})`
  const number = (what: string) => sql`cast(('0x' || ${hash(what)}) as bigint)`
  return sql`select facts.member_key, ${share(number('held out'))} < ${heldOut} as held_out
    from ${tables.memberFacts} as facts join members on members.member_key = facts.member_key
    where facts.orders > 0 and ${share(number('drawn'))} <
      ${mostMembers} / greatest(1, (select count(*) from ${tables.memberFacts} as facts where orders > 0))`
}

/** Amounts and names of the shop, as of the first cut-off or before. */
async function valuesOf(
  session: ScratchSession,
  { currency }: Workspace,
  { tables, asOf }: TablesAt,
  drawn: Sql,
): Promise<FoundValues> {
  const before = d.date(addDays(asOf, -cutOffs.learned))
  const own = sql`member_key in (select member_key from ${drawn} as drawn where not held_out)`
  const units = 10 ** decimalsOf(currency)
  const spend = await session.rows(sql`
    select unnest(quantile_disc(net, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])) as net,
      unnest(quantile_disc(average, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])) as average
    from (select sum(net_minor) as net, sum(net_minor) // count(*) as average from ${tables.memberOrders} as bought
      where local_day <= ${before} and ${own} group by member_key) as spent`)
  const amounts = (key: 'net' | 'average') =>
    [
      ...new Set(spend.filter((row) => row[key] !== null).map((row) => round(Number(row[key]) / units))),
    ].toSorted((a, b) => a - b)
  const most = async (value: Sql, from: Sql, count: number) => {
    const rows = await session.rows(sql`select ${value} as value from ${from} as bought
      where local_day <= ${before} and ${value} is not null and ${own}
      group by value order by count(distinct member_key) desc, value limit ${count}`)
    return rows.map((row) => String(row.value))
  }
  const channels = await session.rows(sql`select channel from members
    where channel is not null and ${own} group by channel order by count(*) desc, channel limit 8`)
  return {
    net: amounts('net'),
    averageOrder: amounts('average'),
    stores: await most(sql`store`, tables.memberOrders, 12),
    channels: channels.map(({ channel }) => String(channel)),
    categories: await most(sql`category`, tables.orderItems, 15),
  }
}

/**
 * The drawn members who had bought by a cut-off, held-out ones or the others, with what was known of them then and
 * whether they returned: a text per portion of the features, so that no row is gone through on the event loop.
 */
async function rowsOn(
  session: ScratchSession,
  workspace: Workspace,
  { asOf, tables: own }: TablesAt,
  {
    drawn,
    prefix,
    features,
    signal,
    onStep,
  }: {
    drawn: Sql
    prefix: string
    features: readonly Feature[]
    signal: AbortSignal
    onStep: () => void
  },
  back: number,
  held: boolean,
): Promise<Answers> {
  const day = addDays(asOf, -back)
  const tables = derivedTables(prefix)
  const only = (key: Sql) =>
    sql`${key} in (select member_key from ${drawn} as drawn where held_out = ${held})`
  const setting: SegmentSetting = {
    scope: { asOf: day, tables, dormancy: workspace.dormancy, rfm: workspace.rfm },
    newest: false,
    currencyDecimals: decimalsOf(workspace.currency),
    segments: new Map(),
    days: new Map(),
  }
  const parts = portioned(features)
  const answersOf: Sql[] = []
  for (const part of parts) {
    answersOf.push(compileAnswers([...asLeaves(part).leaves, buyers], setting, d))
    await turn()
  }
  const asked = answersOf.map((answers) => render(answers, () => '?').text).join(' ')
  const built = await buildRuleTables(session, day, prefix, asked, only)
  onStep()
  const returned = sql`select distinct member_key from ${own.memberOrders} as bought
    where local_day > ${d.date(day)} and local_day <= ${d.date(addDays(day, returnDays))}`
  const bins: string[] = []
  let counted = { rows: 0, yes: 0, outcome: '' }
  for (const [i, part] of parts.entries()) {
    const { leaves, begins } = asLeaves(part)
    const letters = part.map(({ conditions }, k) => {
      const met = conditions.map((_, n) => sql`cast(${name(`h${begins[k]! + n}`)} as integer)`)
      return sql`chr(cast(${firstBin} + ${met.length === 0 ? sql`0` : join(met, sql` + `)} as integer))`
    })
    const came = sql`returned.member_key is not null`
    const [row] = await session.rows(
      sql`select coalesce(string_agg(${join(letters, sql` || `)}, '' order by answers.member_key), '') as bins,
          coalesce(string_agg(case when ${came} then '1' else '0' end, '' order by answers.member_key), '') as outcome,
          count(*) as rows, count(*) filter (where ${came}) as yes
        from (${answersOf[i]!}) as answers
        left join (${returned}) as returned on returned.member_key = answers.member_key
        where ${name(`h${leaves.length}`)}`,
      { aside: true, signal },
    )
    bins.push(String(row!.bins))
    counted = { rows: Number(row!.rows), yes: Number(row!.yes), outcome: String(row!.outcome) }
    onStep()
  }
  for (const table of built) await session.run(sql`drop table ${table}`)
  return { portions: parts.map((part, i) => ({ features: part.length, bins: bins[i]! })), ...counted }
}

/** The features in order, in portions with about as many conditions each. */
function portioned(features: readonly Feature[]): Feature[][] {
  const all = features.reduce((sum, { conditions }) => sum + conditions.length, 0)
  const parts: Feature[][] = Array.from({ length: portions }, () => [])
  let before = 0
  for (const feature of features) {
    parts[Math.min(portions - 1, Math.floor((before * portions) / all))]!.push(feature)
    before += feature.conditions.length
  }
  return parts
}
