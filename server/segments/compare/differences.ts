import type { Engine } from '../../../analytics/engine/engine.ts'
import { distinctions, type Distinction, type Look } from '../../../analytics/compare/differences.ts'
import {
  categoriesOfSides,
  comparedMembers,
  isAsked,
  looksOf,
  saidOnce,
  sharesOf,
  sharesOfCategories,
  type TraitId,
  valuesOf,
  within,
} from '../../../analytics/compare/traits.ts'
import { type Expression, group } from '../../../analytics/segments/ast.ts'
import { print } from '../../../analytics/segments/print.ts'
import { leavesOf } from '../../../analytics/segments/references.ts'
import { name, sql } from '../../../analytics/sql/sql.ts'
import { tablesAt } from '../../analytics/tables-at.ts'
import type { Store } from '../../store/store.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import type { Evaluation } from '../evaluation.ts'
import { resolveRule } from '../prepare.ts'
import { boughtCategories, keepCategories } from './categories.ts'
import { type OneRefused, askTogether } from './together.ts'

/** One of the two rules, and whom of it is compared. */
export interface Side {
  /** Canonical text. */
  readonly expression: string
  /** Of a rule that is one saved segment its name. */
  readonly name: string | null
  readonly members: number
  /** The rule for those who are compared, and how many they are. */
  readonly compared: { readonly expression: string; readonly members: number }
}

export interface Difference extends Distinction {
  readonly kind: Look['kind']
  readonly id: TraitId
  /** Of a share: the category, store, tag …; null: unknown. */
  readonly value: string | null
  /** How many of each side the figure is about, and of a share how many of them have it. */
  readonly counts: { readonly a: Counted; readonly b: Counted }
  /** One of the two rules asks about the same. */
  readonly asked: boolean
}

interface Counted {
  readonly of: number
  readonly have: number | null
  /** The rule for those who have it. */
  readonly expression: string
}

export interface Differences {
  readonly asOf: string
  readonly dataVersion: number
  readonly a: Side
  readonly b: Side
  /** Members of both rules. */
  readonly both: number
  /**
   * Who is compared: the two as they are; the one without the other, because all of the other are in it; or each
   * without those in both, in whom the two can't differ.
   */
  readonly how: 'apart' | 'a-in-b' | 'b-in-a' | 'overlapping'
  /** How many things were looked at. */
  readonly looks: number
  /** How many of them tell the sides apart. */
  readonly telling: number
  /** The first of these, what does most first. */
  readonly differences: readonly Difference[]
}

export type DifferencesOutcome =
  | { kind: 'compared'; differences: Differences }
  /** The two rules select the same members, or one of them selects nobody. */
  | { kind: 'alike' | 'nobody-in-a' | 'nobody-in-b'; asOf: string }
  | OneRefused

/** All intervals of one comparison together miss a true difference at most this often. */
export const alpha = 0.05

let made = 0

/**
 * What tells the members of one rule from those of another, as of one day and one state of the data. Members of
 * both are left out on either side; where all of one are in the other, the one is compared with the rest.
 */
export async function segmentDifferences(
  store: Store,
  workspace: Workspace,
  { limit, ...request }: { a: string; b: string; asOf?: string | undefined; limit: number },
  signal?: AbortSignal,
): Promise<DifferencesOutcome> {
  const key = await keyOf(store, workspace, request, signal)
  const kept = keptFor(workspace.engine)
  const found = key === null ? undefined : kept.get(key)
  const outcome = found ?? (await compared(store, workspace, request, signal))
  // asked of other data than the key says, it is not kept
  const isOfKey = outcome.kind === 'compared' && key === (await keyOf(store, workspace, request, signal))
  if (key !== null && (found || isOfKey)) kept.set(key, outcome)
  if (outcome.kind !== 'compared') return outcome
  const { differences } = outcome.differences
  return {
    kind: 'compared',
    differences: { ...outcome.differences, differences: differences.slice(0, limit) },
  }
}

/** So many comparisons are kept of a workspace, those that were asked for last. */
const mostKept = 50

/** Comparisons by what they depend on, the oldest first. */
class Kept {
  readonly #outcomes = new Map<string, DifferencesOutcome>()

  get(key: string): DifferencesOutcome | undefined {
    return this.#outcomes.get(key)
  }

  set(key: string, outcome: DifferencesOutcome): void {
    this.#outcomes.delete(key)
    this.#outcomes.set(key, outcome)
    const [oldest] = this.#outcomes.keys()
    if (this.#outcomes.size > mostKept) this.#outcomes.delete(oldest!)
  }
}

const keptOf = new WeakMap<Engine, Kept>()
function keptFor(engine: Engine): Kept {
  const kept = keptOf.get(engine) ?? new Kept()
  keptOf.set(engine, kept)
  return kept
}

/** What a comparison depends on: the rules with those that they name, the data, the day; null for a rule that is none. */
async function keyOf(
  store: Store,
  workspace: Workspace,
  request: { a: string; b: string; asOf?: string | undefined },
  signal?: AbortSignal,
): Promise<string | null> {
  const meanings: string[] = []
  for (const expression of [request.a, request.b]) {
    const resolved = await resolveRule(store, workspace, expression)
    if (resolved.kind === 'refused') return null
    meanings.push(resolved.rule.meaning)
  }
  const newest = await tablesAt(store, workspace, undefined, signal)
  const { dataVersion, ledgerWatermark } = newest
  const asOf = request.asOf ?? newest.asOf
  return JSON.stringify([
    ...meanings,
    asOf,
    newest.asOf,
    dataVersion,
    ledgerWatermark,
    workspace.dormancy,
    workspace.rfm,
  ])
}

async function compared(
  store: Store,
  workspace: Workspace,
  request: { a: string; b: string; asOf?: string | undefined },
  signal?: AbortSignal,
): Promise<DifferencesOutcome> {
  const own = await tablesAt(store, workspace, undefined, signal)
  const newest = request.asOf === undefined || request.asOf === own.asOf
  const at = newest ? own : await tablesAt(store, workspace, request.asOf, signal)
  const outcome = await askTogether(
    store,
    workspace,
    { expressions: [request.a, request.b], asOf: request.asOf },
    async (session, [a, b]) => {
      if (a!.dataVersion !== at.dataVersion || a!.asOf !== at.asOf) return null
      const sides = name(`scratch.main.sides_${++made}`)
      const members = name(`scratch.main.compared_${made}`)
      const [shared] = await session.rows(
        sql`select count(*) as both_rules from ${a!.memberKeys} as a join ${b!.memberKeys} as b on a.member_key = b.member_key`,
        { signal },
      )
      const both = Number(shared!.bothRules)
      const parted = partOf(a!, b!, both)
      if (parted.a.members === 0 || parted.b.members === 0) return { both, parted, looks: [], bought: null }
      const { asOf, tables } = at
      await session.run(
        sql`create table ${sides} as
          select * from (
            select coalesce(a.member_key, b.member_key) as member_key,
              case when b.member_key is null then 'a' when a.member_key is null then 'b' else ${inBoth[parted.how]} end as side
            from ${a!.memberKeys} as a full join ${b!.memberKeys} as b on a.member_key = b.member_key
          ) as placed where side is not null`,
        { signal },
      )
      await session.run(
        sql`create table ${members} as ${comparedMembers(sides, { asOf, tables, dormancy: workspace.dormancy, rfm: workspace.rfm })}`,
        { signal },
      )
      const shares = await session.rows(sharesOf(members, { asOf, newest }), { signal })
      const bought = await boughtCategories(workspace.engine, session, at, { signal })
      const categories = sharesOfCategories(
        await session.rows(categoriesOfSides(members, bought.table, bought.categories.length), { signal }),
        bought.categories,
      )
      const values = await session.rows(valuesOf(members), { signal })
      await session.run(sql`drop table ${members}`)
      await session.run(sql`drop table ${sides}`)
      if (!newest) await session.run(sql`drop table ${bought.table}`)
      return {
        both,
        parted,
        bought: newest ? bought : null,
        looks: looksOf([...shares, ...categories], values, { a: parted.a.members, b: parted.b.members }),
      }
    },
    signal,
  )
  if (outcome.kind === 'refused') return outcome
  const [a, b] = outcome.sets as [Evaluation, Evaluation]
  // the data moved before it was asked
  if (!outcome.answer) return compared(store, workspace, request, signal)
  const { both, parted, looks, bought } = outcome.answer
  if (bought) await keepCategories(workspace.engine, bought)
  const { asOf, dataVersion } = a
  if (a.members === 0) return { kind: 'nobody-in-a', asOf }
  if (b.members === 0) return { kind: 'nobody-in-b', asOf }
  if (parted.a.members === 0 || parted.b.members === 0) return { kind: 'alike', asOf }
  const leaves = [a, b].flatMap(({ rule }) => leavesOf(rule.expression, rule.segments))
  const told = saidOnce(distinctions(looks, alpha))
  return {
    kind: 'compared',
    differences: {
      asOf,
      dataVersion,
      a: sideOf(a, parted.a),
      b: sideOf(b, parted.b),
      both,
      how: parted.how,
      looks: looks.length,
      telling: told.length,
      differences: told.map((one): Difference => {
        const counted = (side: 'a' | 'b'): Counted => ({
          of: one[side].n,
          have: one.kind === 'share' ? one[side].sum : null,
          expression: print(within(parted[side].rule, one.expression)),
        })
        const { kind, id, value, also } = one
        return {
          kind,
          id,
          value,
          ...one.told,
          counts: { a: counted('a'), b: counted('b') },
          asked: [id, ...also].some((each) => isAsked(each, leaves)),
        }
      }),
    },
  }
}

/** The side on which members of both rules are compared; null: on none. */
const inBoth = { apart: null, 'a-in-b': 'a', 'b-in-a': 'b', overlapping: null } as const

interface Part {
  readonly rule: Expression
  readonly members: number
}

/** Whom of two rules is compared when so many are in both. */
function partOf(a: Evaluation, b: Evaluation, both: number): { how: Differences['how']; a: Part; b: Part } {
  const whole = ({ rule, members }: Evaluation): Part => ({ rule: rule.expression, members })
  const without = (one: Evaluation, other: Evaluation): Part => ({
    rule: group('and', [
      ...(one.rule.expression.kind === 'everyone' ? [] : [one.rule.expression]),
      { kind: 'not', part: other.rule.expression },
    ]),
    members: one.members - both,
  })
  if (both === 0) return { how: 'apart', a: whole(a), b: whole(b) }
  if (both === a.members) return { how: 'a-in-b', a: whole(a), b: without(b, a) }
  if (both === b.members) return { how: 'b-in-a', a: without(a, b), b: whole(b) }
  return { how: 'overlapping', a: without(a, b), b: without(b, a) }
}

function sideOf({ expression, rule, members }: Evaluation, compared: Part): Side {
  return {
    expression,
    name: rule.expression.kind === 'segment' ? rule.expression.name : null,
    members,
    compared: { expression: print(compared.rule), members: compared.members },
  }
}
