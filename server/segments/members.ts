import type { Clause, Expression, OnDay } from '../../analytics/segments/ast.ts'
import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { compileValues, type SegmentSetting } from '../../analytics/segments/compile.ts'
import { resolveDay } from '../../analytics/segments/days.ts'
import { type Explanation, explain } from '../../analytics/segments/explain.ts'
import { fieldsByName } from '../../analytics/segments/fields/catalogue.ts'
import type { ValueList } from '../../analytics/segments/fields/described.ts'
import { type Leaf, leavesOf } from '../../analytics/segments/references.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { compileWindow, type WindowDay, windowOf } from '../../analytics/segments/window.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { RankedMember } from './columns.ts'
import type { Evaluation, SegmentError } from './evaluation.ts'
import { prepareSegment } from './prepare.ts'
import { newestVersions } from './saved-rules.ts'

export interface SampledMember {
  readonly memberId: string
  readonly name: string | null
  readonly orders: number
  readonly netMinor: number
  readonly lastDay: string | null
}

/** A few members of the set, those with the most net first. */
export async function sampleOf(
  store: Store,
  workspace: Workspace,
  { memberKeys, members, most, asOf }: Evaluation,
  limit: number,
  signal?: AbortSignal,
): Promise<SampledMember[]> {
  const isKnown = most && most.length >= Math.min(members, limit)
  const ranked = isKnown
    ? most.slice(0, limit)
    : await rankedOf(workspace, memberKeys, await tablesAt(store, workspace, asOf, signal), limit, signal)
  const keys = JSON.stringify(ranked.map(({ memberKey }) => memberKey))
  const rows = await workspace.engine.rows(
    sql`select member_key, member_id, members.name
      from (select unnest(from_json(${keys}, '["INTEGER"]')) as member_key) as chosen join members using (member_key)`,
    { signal },
  )
  const known = new Map(rows.map((row) => [Number(row.memberKey), row]))
  return ranked.flatMap(({ memberKey, orders, netMinor, lastDay }) => {
    const row = known.get(memberKey)
    if (!row) return [] // deleted since
    const { memberId, name } = row
    return [
      { memberId: String(memberId), name: name === null ? null : String(name), orders, netMinor, lastDay },
    ]
  })
}

/** Of equals those who are known longest. */
async function rankedOf(
  { engine }: Workspace,
  memberKeys: Sql,
  { tables }: TablesAt,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<RankedMember[]> {
  const rows = await engine.rows(
    sql`select facts.member_key, facts.orders, facts.net_minor, facts.last_day
      from ${memberKeys} as chosen join ${tables.memberFacts} as facts on facts.member_key = chosen.member_key
      order by facts.net_minor desc, facts.member_key limit ${limit}`,
    { signal },
  )
  return rows.map((row) => ({
    memberKey: Number(row.memberKey),
    orders: Number(row.orders),
    netMinor: Number(row.netMinor),
    lastDay: row.lastDay === null ? null : String(row.lastDay),
  }))
}

/** Ids of the set in the order of their text, those after `after`. */
export async function idsOf(
  workspace: Workspace,
  { memberKeys }: Evaluation,
  after: string | undefined,
  limit: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const rows = await workspace.engine.rows(
    sql`select members.member_id from ${memberKeys} as chosen
      join members on members.member_key = chosen.member_key
      where members.member_id > ${after ?? ''} order by members.member_id limit ${limit}`,
    { signal },
  )
  return rows.map(({ memberId }) => String(memberId))
}

export type ExplainOutcome =
  | {
      kind: 'explained'
      expression: string
      asOf: string
      dataVersion: number
      memberId: string
      /** Whether the rule selects the member. */
      selected: boolean
      explanation: Explanation
    }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  | { kind: 'unknown-member'; asOf: string }

/** Why a rule selects a member or not, clause by clause, with the nearest value that would turn each. */
export async function explainSegment(
  store: Store,
  workspace: Workspace,
  request: { expression: string; memberId: string; asOf?: string | undefined },
  signal?: AbortSignal,
): Promise<ExplainOutcome> {
  const prepared = await prepareSegment(store, workspace, request, signal)
  if (prepared.kind === 'refused') return prepared
  const { rule, at, setting } = prepared
  const explanation = await explained(workspace, rule.expression, request.memberId, setting, true, signal)
  if (!explanation) return { kind: 'unknown-member', asOf: at.asOf }
  return {
    kind: 'explained',
    expression: rule.text,
    asOf: at.asOf,
    dataVersion: at.dataVersion,
    memberId: request.memberId,
    selected: explanation.holds,
    explanation,
  }
}

/**
 * What is true of the member at each place of the rule; null when the member isn't known on the day. `coming`: it is told
 * when time alone turns a clause.
 */
async function explained(
  workspace: Workspace,
  expression: Expression,
  memberId: string,
  setting: SegmentSetting,
  coming: boolean,
  signal: AbortSignal | undefined,
): Promise<Explanation | null> {
  const leaves = leavesOf(expression, setting.segments)
  const query = compileValues(leaves, memberId, setting, duckdb)
  const [row] = await workspace.engine.rows(query, { signal })
  if (!row) return null
  const { asOf } = setting.scope
  const days = new Map<OnDay, Explanation | null>()
  for (const leaf of leaves) {
    if (leaf.kind !== 'on') continue
    const day = resolveDay(leaf.day, asOf)
    const then = day === asOf ? setting : { ...setting, ...setting.days.get(day)! }
    days.set(leaf, await explained(workspace, leaf.part, memberId, then, false, signal))
  }
  const { currencyDecimals, segments } = setting
  const member = await ownOf(workspace, leaves, memberId, setting, signal)
  const windows = coming ? await windowsOf(workspace, leaves, memberId, setting, signal) : new Map()
  return explain(expression, row, { asOf, currencyDecimals, segments, windows, days, member })
}

/** What of the member's lies in the windows of clauses that have one. */
async function windowsOf(
  { engine }: Workspace,
  leaves: readonly Leaf[],
  memberId: string,
  setting: SegmentSetting,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Clause, readonly WindowDay[]>> {
  const windows = new Map<Clause, readonly WindowDay[]>()
  for (const leaf of leaves) {
    if (leaf.kind !== 'clause' || windowOf(leaf) === null) continue
    const query = compileWindow(leaf, memberId, setting, duckdb)
    if (!query) continue
    const rows = await engine.rows(query, { signal })
    windows.set(
      leaf,
      rows.map(({ day, count, amount }) => ({
        day: String(day),
        count: Number(count),
        amount: Number(amount),
      })),
    )
  }
  return windows
}

/** The member's own id, and what the member has on the day of the sets that some clauses ask about. */
async function ownOf(
  { engine }: Workspace,
  leaves: readonly Leaf[],
  named: string,
  { scope, newest }: Pick<SegmentSetting, 'scope' | 'newest'>,
  signal: AbortSignal | undefined,
): Promise<{ id: string; sets: ReadonlyMap<string, readonly string[]> }> {
  const [who] = await engine.rows(
    sql`select member_key, member_id from members where member_key in ${memberKeyOf(named)}`,
    { signal },
  )
  const asked = new Set(
    leaves.flatMap((leaf) =>
      leaf.kind === 'clause' && leaf.subject.kind === 'field' ? [leaf.subject.field] : [],
    ),
  )
  const sets = new Map<string, readonly string[]>()
  for (const name of asked) {
    const field = fieldsByName.get(name)!
    if (field.kind !== 'set') continue
    const { from } = field
    const day = duckdb.date(scope.asOf)
    const rows = await engine.rows(
      sql`select distinct ${from.text} as text from ${from.past && !newest ? from.past(day) : from.table} as entry
        where entry.member_key = ${Number(who!.memberKey)} and ${from.only ?? sql`true`}
          and ${from.day && !newest ? sql`${from.day} <= ${day}` : sql`true`}
        order by text`,
      { signal },
    )
    sets.set(
      name,
      rows.map(({ text }) => String(text)),
    )
  }
  return { id: String(who!.memberId), sets }
}

const listed = 500

/** A value with how often it occurs: in lines of orders, in orders, or as a member's own. */
export interface CountedValue {
  readonly value: string
  readonly times: number
}

/** The newest day of the data, the values that occur in it, most frequent first, at most 500 of each list, and the saved segments. */
export async function valuesOf(
  store: Store,
  workspace: Workspace,
  signal?: AbortSignal,
): Promise<{ day: string; values: Record<ValueList, CountedValue[]>; segments: string[] }> {
  const { tables, asOf } = await tablesAt(store, workspace, undefined, signal)
  const sources = {
    categories: sql`select category as value from ${tables.orderItems}`,
    stores: sql`select store as value from ${tables.memberOrders}`,
    channels: sql`select channel as value from ${tables.memberOrders}
      union all select channel as value from members`,
    regions: sql`select region as value from members`,
    tiers: sql`select tier as value from members`,
    tags: sql`select tag as value from tags_of_members`,
    products: sql`select product as value from ${tables.orderItems}`,
    skus: sql`select sku as value from ${tables.orderItems}`,
  } satisfies Record<ValueList, unknown>
  const entries = Object.entries(sources).map(async ([list, source]) => {
    const rows = await workspace.engine.rows(
      sql`select value, count(*) as times from (${source}) as used where value is not null
        group by value order by count(*) desc, value limit ${listed}`,
      { signal },
    )
    return [list, rows.map(({ value, times }) => ({ value: String(value), times: Number(times) }))] as const
  })
  const values = Object.fromEntries(await Promise.all(entries)) as Record<ValueList, CountedValue[]>
  const segments = (await newestVersions(store, workspace)).map(({ name }) => name)
  return { day: asOf, values, segments: segments.toSorted((a, b) => a.localeCompare(b)) }
}
