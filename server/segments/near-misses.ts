import type { Expression } from '../../analytics/segments/ast.ts'
import { compileAnswers } from '../../analytics/segments/compile.ts'
import { type ExplainedClause, explain, origin, turningNumbers } from '../../analytics/segments/explain.ts'
import { fieldsByName, measuresByName } from '../../analytics/segments/fields/catalogue.ts'
import { print } from '../../analytics/segments/print.ts'
import { type Leaf, leavesOf } from '../../analytics/segments/references.ts'
import { truth } from '../../analytics/segments/truth.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { SegmentError } from './evaluation.ts'
import { prepareSegment } from './prepare.ts'

/** A member whom one condition keeps out. */
export interface NearMiss {
  readonly memberId: string
  readonly name: string | null
  /** The condition with the member's own value and what would turn it; null for a draw and another day. */
  readonly clause: ExplainedClause | null
}

/** What one condition of a rule keeps out. */
export interface Exclusion {
  /** Canonical text of the condition, which may stand at several places of the rule. */
  readonly text: string
  /** It stands under a NOT: it keeps out those of whom it is true. */
  readonly negated: boolean
  /** Members who do not meet it; under a NOT, who do. */
  readonly unmet: number
  /** Members who are not selected and would be if this condition alone answered otherwise. */
  readonly alone: number
  /** Some of those, nearest to the turn first; where the values have no order, by id. */
  readonly nearest: readonly NearMiss[]
}

export type NearMissesOutcome =
  | {
      kind: 'found'
      expression: string
      asOf: string
      dataVersion: number
      members: number
      all: number
      /** The condition that alone keeps most out first. */
      conditions: readonly Exclusion[]
    }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  | { kind: 'too-many-conditions'; limit: number }

/** Every condition is weighed against all others. */
const mostConditions = 60

let made = 0

/**
 * Which condition of a rule keeps most members out, and those whom it keeps out alone, nearest first. The conditions of
 * named segments are among them; the same condition at two places is one. All figures are of one state of the data.
 */
export async function nearMisses(
  store: Store,
  workspace: Workspace,
  request: { expression: string; asOf?: string | undefined; limit: number },
  signal?: AbortSignal,
): Promise<NearMissesOutcome> {
  for (;;) {
    const prepared = await prepareSegment(store, workspace, request, signal)
    if (prepared.kind === 'refused') return prepared
    const { rule, at, setting } = prepared
    const { asOf, dataVersion } = at
    const { segments, currencyDecimals } = setting
    const conditions = [
      ...new Map(leavesOf(rule.expression, segments).map((leaf) => [print(leaf), leaf])).entries(),
    ]
    if (conditions.length > mostConditions) return { kind: 'too-many-conditions', limit: mostConditions }
    const indexOf = new Map(conditions.map(([text], i) => [text, i]))
    const holdsOf = (i: number): Sql => sql`${name(`h${i}`)}`
    const selected = truth(rule.expression, segments, (leaf) => holdsOf(indexOf.get(print(leaf))!))
    const turned = (i: number): Sql =>
      truth(rule.expression, segments, (leaf) => {
        const own = indexOf.get(print(leaf))!
        return own === i ? sql`(not ${holdsOf(own)})` : holdsOf(own)
      })
    const negated = negatedIn(rule.expression, segments)
    const answers = name(`scratch.main.answers_${++made}`)
    const found = await workspace.engine.scratch(
      async (session) => {
        const [state] = await session.rows(sql`select data_version from workspace_state`)
        if (Number(state!.dataVersion) !== dataVersion) return null // the data moved in between
        const leaves = conditions.map(([, leaf]) => leaf)
        await session.run(sql`create table ${answers} as ${compileAnswers(leaves, setting, d)}`, { signal })
        const counts = conditions.flatMap(([text], i) => [
          sql`count(*) filter (where ${negated.has(text) ? holdsOf(i) : sql`not ${holdsOf(i)}`}) as ${name(`unmet${i}`)}`,
          sql`count(*) filter (where not ${selected} and ${turned(i)}) as ${name(`alone${i}`)}`,
        ])
        const [counted] = await session.rows(
          sql`select ${join([
            sql`count(*) as everybody`,
            sql`count(*) filter (where ${selected}) as members`,
            ...counts,
          ])} from ${answers}`,
          { signal },
        )
        const exclusions: Exclusion[] = []
        for (const [i, [text, leaf]] of conditions.entries()) {
          const alone = Number(counted![`alone${i}`])
          const columns = leaf.kind === 'clause' ? [sql`${name(`v${i}`)} as v0`] : []
          const per = leaf.kind === 'clause' && hasPer(leaf) ? [sql`${name(`n${i}`)} as n0`] : []
          const away = distance(leaf, i, negated.has(text), setting)
          const inOrder = [...(away ? [sql`${away} nulls last`] : []), sql`members.member_id`]
          const rows =
            alone === 0
              ? []
              : await session.rows(
                  sql`select ${join([sql`members.member_id`, sql`members.name`, ...columns, ...per])}
                    from ${answers} as answers join members on members.member_key = answers.member_key
                    where not ${selected} and ${turned(i)}
                    order by ${join(inOrder)}
                    limit ${request.limit}`,
                  { signal },
                )
          const nearest = rows.map((row): NearMiss => {
            const told =
              leaf.kind === 'clause'
                ? explain(leaf, row, {
                    asOf,
                    currencyDecimals,
                    segments,
                    windows: new Map(),
                    days: new Map(),
                  })
                : null
            return {
              memberId: String(row.memberId),
              name: row.name === null ? null : String(row.name),
              clause: told?.kind === 'clause' ? told : null,
            }
          })
          const unmet = Number(counted![`unmet${i}`])
          exclusions.push({ text, negated: negated.has(text), unmet, alone, nearest })
        }
        await session.run(sql`drop table ${answers}`)
        return { members: Number(counted!.members), all: Number(counted!.everybody), exclusions }
      },
      { signal },
    )
    if (!found) continue
    return {
      kind: 'found',
      expression: rule.text,
      asOf,
      dataVersion,
      members: found.members,
      all: found.all,
      conditions: found.exclusions.toSorted((a, b) => b.alone - a.alone || b.unmet - a.unmet),
    }
  }
}

/** Texts of the conditions that stand under an odd number of NOTs where they are first written. */
function negatedIn(expression: Expression, segments: ReadonlyMap<string, Expression>): ReadonlySet<string> {
  const first = new Map<string, boolean>()
  const visit = (part: Expression, negated: boolean): void => {
    switch (part.kind) {
      case 'everyone':
        return
      case 'and':
      case 'or':
        return part.parts.forEach((one) => visit(one, negated))
      case 'not':
        return visit(part.part, !negated)
      case 'segment':
        return visit(segments.get(part.name)!, negated)
      case 'clause':
      case 'random':
      case 'on': {
        const text = print(part)
        if (!first.has(text)) first.set(text, negated)
      }
    }
  }
  visit(expression, false)
  return new Set([...first].flatMap(([text, negated]) => (negated ? [text] : [])))
}

/** With more bounds than this nobody is told the nearest of them. */
const mostBounds = 200

/** How far a member's value is from where the condition turns; null where the values have no order. */
function distance(
  leaf: Leaf,
  i: number,
  negated: boolean,
  { scope: { asOf }, currencyDecimals }: { scope: { asOf: string }; currencyDecimals: number },
): Sql | null {
  if (leaf.kind !== 'clause') return null
  const value = name(`v${i}`)
  const { subject } = leaf
  if (subject.kind === 'field' && fieldsByName.get(subject.field)!.kind === 'anniversary') {
    // the next return of a yearly day: those left of this year in order, then those of the next
    const dayOfYear = sql`(${d.monthOfYear(value)} * 31 + ${d.dayOfMonth(value)})`
    const today = d.date(asOf)
    const ahead = sql`(${dayOfYear} - ${d.monthOfYear(today)} * 31 - ${d.dayOfMonth(today)})`
    return sql`case when ${ahead} >= 0 then ${ahead} else ${ahead} + 1000 end`
  }
  const turning = turningNumbers(leaf, !negated, { asOf, currencyDecimals })
  if (!turning || turning.numbers.length === 0 || turning.numbers.length > mostBounds) return null
  const base = d.date(origin)
  const own = {
    days: d.daysBetween(base, value),
    months: d.monthsBetween(base, value),
    number: hasPer(leaf) ? sql`${value} / nullif(${name(`n${i}`)}, 0)` : sql`${value}`,
    hundredths: sql`${value} * 10000 / nullif(${name(`n${i}`)}, 0)`,
  }[turning.units]
  return sql`least(${join(turning.numbers.map((number) => sql`abs(${own} - ${number})`))})`
}

/** Whether the clause asks about an average or a share. */
function hasPer({ subject }: Extract<Leaf, { kind: 'clause' }>): boolean {
  const asked =
    subject.kind === 'field' ? fieldsByName.get(subject.field)! : measuresByName.get(subject.measure)!
  return 'per' in asked && asked.per !== undefined
}
