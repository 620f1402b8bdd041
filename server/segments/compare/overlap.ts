import { type Expression, group } from '../../../analytics/segments/ast.ts'
import { print } from '../../../analytics/segments/print.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { Store } from '../../store/store.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { type OneRefused, askTogether } from './together.ts'

/** So many rules at once have at most 63 regions. */
export const mostSets = 6

/** Members who are in all of some rules and in none of the others. */
export interface Region {
  /** For each rule whether they are in it. */
  readonly in: readonly boolean[]
  readonly members: number
  /** The rule that selects exactly them. */
  readonly expression: string
}

export interface Overlap {
  readonly asOf: string
  readonly dataVersion: number
  /** Canonical text of each rule, and how many it selects. */
  readonly sets: readonly { readonly expression: string; readonly members: number }[]
  /** The regions in which somebody is, the largest first; not those who are in no rule. */
  readonly regions: readonly Region[]
  /** Those who are in no rule; null: nobody. */
  readonly none: Region | null
}

/**
 * How the members of up to six rules overlap, as of one day and one state of the data: every member is in exactly
 * one region, or in none of the rules.
 */
export async function segmentOverlap(
  store: Store,
  workspace: Workspace,
  request: { expressions: readonly string[]; asOf?: string | undefined },
  signal?: AbortSignal,
): Promise<{ kind: 'counted'; overlap: Overlap } | OneRefused> {
  const expressions = [...request.expressions, 'everyone']
  const outcome = await askTogether(
    store,
    workspace,
    { ...request, expressions },
    (session, all) => {
      const everyone = all.at(-1)!.memberKeys
      const sets = all.slice(0, -1).map(({ memberKeys }) => memberKeys)
      return session.rows(regionsOf(everyone, sets), { signal })
    },
    signal,
  )
  if (outcome.kind === 'refused') return outcome
  const sets = outcome.sets.slice(0, -1)
  const rules = sets.map(({ rule }) => rule.expression)
  const regions = outcome.answer
    .map((row): Region => {
      const inside = rules.map((_, i) => ((Number(row.bits) >> i) & 1) === 1)
      return { in: inside, members: Number(row.members), expression: print(regionRule(rules, inside)) }
    })
    .toSorted(
      (a, b) => b.members - a.members || degree(a) - degree(b) || (a.expression < b.expression ? -1 : 1),
    )
  const { asOf, dataVersion } = outcome.sets[0]!
  return {
    kind: 'counted',
    overlap: {
      asOf,
      dataVersion,
      sets: sets.map(({ expression, members }) => ({ expression, members })),
      regions: regions.filter((region) => degree(region) > 0),
      none: regions.find((region) => degree(region) === 0) ?? null,
    },
  }
}

const degree = (region: Region): number => region.in.filter(Boolean).length

/** In all of the rules where `inside` says so, in none of the others. */
function regionRule(rules: readonly Expression[], inside: readonly boolean[]): Expression {
  const ins = rules.filter((_, i) => inside[i])
  const outs = rules.filter((_, i) => !inside[i])
  return group('and', [...ins, ...outs.map((part): Expression => ({ kind: 'not', part }))])
}

/** Per combination of sets, as bits from the first set on, how many are in it. */
function regionsOf(everyone: Sql, sets: readonly Sql[]): Sql {
  const alias = (i: number) => name(`set_${i}`)
  const bits = sets.map((_, i) => sql`case when ${alias(i)}.member_key is null then 0 else ${2 ** i} end`)
  const joined = sets.map(
    (set, i) => sql`left join ${set} as ${alias(i)} on ${alias(i)}.member_key = everybody.member_key`,
  )
  return sql`select bits, count(*) as members
    from (select ${join(bits, sql` + `)} as bits from ${everyone} as everybody ${join(joined, sql` `)}) as placed
    group by bits`
}
