import { type Clause, type Expression, limits } from '../../analytics/segments/ast.ts'
import type { DaySetting, SegmentSetting } from '../../analytics/segments/compile.ts'
import {
  type Asked,
  calledBy,
  conditionsOf,
  fieldsByName,
  measuresByName,
} from '../../analytics/segments/fields/catalogue.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { nearest, type Problem, problem } from '../../analytics/segments/problems.ts'
import {
  askedOn,
  asksForetold,
  clausesOnDay,
  clausesWithSegments,
  resolveSegments,
  segmentsIn,
} from '../../analytics/segments/references.ts'
import { tokens } from '../../analytics/segments/tokens.ts'
import { wordOf } from '../../analytics/segments/words.ts'
import { foretoldAt } from '../analytics/foretold.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { savedRules } from './saved-rules.ts'

/** A rule with the saved segments that it is made of. */
export interface ResolvedRule {
  readonly expression: Expression
  readonly segments: ReadonlyMap<string, Expression>
  /** Its canonical text. */
  readonly text: string
  /** The canonical text with those of the segments: two rules with the same meaning select the same members. */
  readonly meaning: string
}

export type ResolvedOutcome =
  | { kind: 'resolved'; rule: ResolvedRule }
  | { kind: 'refused'; errors: readonly Problem[] }

/** What is asked of a workspace. */
export interface SegmentRequest {
  readonly expression: string
  /** Without it the workspace's default. */
  readonly asOf?: string | undefined
  /** The saved segments that it names, where they are not to be the newest versions. */
  readonly kept?: ReadonlyMap<string, Expression> | undefined
}

/** A rule read for a workspace, and what it is asked of. */
export type PreparedSegment =
  | { kind: 'prepared'; rule: ResolvedRule; at: TablesAt; setting: SegmentSetting }
  | { kind: 'refused'; errors: readonly Problem[] }

/**
 * Reads a rule's text with the saved segments that it names. Refused when the text is no rule, names a segment that
 * is not there, or one that is made of itself. `own`: the names that the rule itself has and is about to get. `kept`:
 * rules that stand in place of the newest versions, by name.
 */
export async function resolveRule(
  store: Store,
  workspace: Workspace,
  text: string,
  own: readonly string[] = [],
  kept?: ReadonlyMap<string, Expression>,
): Promise<ResolvedOutcome> {
  const parsed = parse(text, { currencyDecimals: decimalsOf(workspace.currency) })
  if (parsed.kind === 'refused') return { kind: 'refused', errors: parsed.problems }
  const { expression } = parsed
  const named = segmentsIn(expression)
  const saved =
    kept ?? (named.length === 0 ? new Map<string, Expression>() : await savedRules(store, workspace))
  const outcome = resolveSegments(expression, saved, own)
  if (outcome.kind === 'missing') {
    const place = placeOf(outcome.name, text)
    const meant = nearest(outcome.name, [...saved.keys()])
    const wrong = problem(
      place ?? whole(text),
      'no-such-segment',
      { found: outcome.name },
      place && meant && quoted(meant),
    )
    return { kind: 'refused', errors: [wrong] }
  }
  if (outcome.kind === 'circle') {
    const place = outcome.names.map((name) => placeOf(name, text)).find((found) => found !== undefined)
    const circle = outcome.names.join(' → ')
    return { kind: 'refused', errors: [problem(place ?? whole(text), 'segment-circle', { circle })] }
  }
  const { segments } = outcome
  if (clausesWithSegments(expression, segments) > limits.clausesWithSegments) {
    const limit = limits.clausesWithSegments
    return { kind: 'refused', errors: [problem(whole(text), 'too-many-clauses', { limit })] }
  }
  const canonical = print(expression)
  const others = [...segments].map(([name, rule]) => [name, print(rule)])
  return {
    kind: 'resolved',
    rule: { expression, segments, text: canonical, meaning: JSON.stringify([canonical, others]) },
  }
}

/**
 * Reads a rule for a workspace and a day, with the tables of every day that it asks about. Refused beside what
 * `resolveRule` refuses when it asks about a day to come, and when a past day is asked of a field of which only
 * today's value is known.
 */
export async function prepareSegment(
  store: Store,
  workspace: Workspace,
  request: SegmentRequest,
  signal?: AbortSignal,
): Promise<PreparedSegment> {
  for (;;) {
    const resolved = await resolveRule(store, workspace, request.expression, [], request.kept)
    if (resolved.kind === 'refused') return resolved
    const { rule } = resolved
    const own = await tablesAt(store, workspace, undefined, signal)
    const at =
      request.asOf === undefined || request.asOf === own.asOf
        ? own
        : await tablesAt(store, workspace, request.asOf, signal)
    const text = request.expression
    const errors = wrongDays(rule, at.asOf, own.asOf).map((wrong) => {
      const found = wrong(whole(text))
      return { ...found, ...(found.id === 'no-history' && placeOfName(String(found.values.field), text)) }
    })
    if (errors.length > 0) return { kind: 'refused', errors }
    const settingAt = ({ asOf, tables }: TablesAt): DaySetting => ({
      scope: { asOf, tables, dormancy: workspace.dormancy, rfm: workspace.rfm },
      newest: asOf >= own.asOf,
    })
    const days = new Map<string, DaySetting>()
    let moved = false
    for (const { day, part } of askedOn(rule.expression, at.asOf, rule.segments)) {
      const then = day === at.asOf ? at : await tablesAt(store, workspace, day, signal)
      if (then !== at) days.set(day, settingAt(then))
      moved ||= then.dataVersion !== at.dataVersion
      if (!moved && asksForetold(part, rule.segments))
        moved = (await foretoldAt(workspace, then, signal)) === null
    }
    if (moved) continue // the data moved while the tables were made
    const setting: SegmentSetting = {
      ...settingAt(at),
      currencyDecimals: decimalsOf(workspace.currency),
      segments: rule.segments,
      days,
    }
    return { kind: 'prepared', rule, at, setting }
  }
}

type Place = { readonly from: number; readonly to: number }
const whole = (text: string): Place => ({ from: 0, to: text.length })
const quoted = (name: string) => print({ kind: 'segment', name }).replace(/^segment /, '')

/** Where a text names a segment. */
function placeOf(name: string, text: string): Place | undefined {
  const found = tokens(text)
  return found.find(
    ({ kind, value }, i) =>
      kind === 'text' && value === name && wordOf(found[i - 1]?.value ?? '') === 'segment',
  )
}

/** Where a text asks about a field, measure or condition. */
function placeOfName(name: string, text: string): Place | undefined {
  const found = tokens(text).find(
    ({ kind, value }) => kind === 'word' && calledBy(value.toLowerCase())?.en === name,
  )
  return found && { from: found.from, to: found.to }
}

/** Why a rule can't be asked of a day, given the newest day of the data; none: it can. Each takes its place in the text. */
export function wrongDays(
  { expression, segments }: Pick<ResolvedRule, 'expression' | 'segments'>,
  asOf: string,
  newest: string,
): ((place: Place) => Problem)[] {
  const asked = askedOn(expression, asOf, segments)
  if (new Set(asked.map(({ day }) => day)).size > limits.days + 1)
    return [(place) => problem(place, 'too-many-days', { limit: limits.days })]
  const toCome = asked.find(({ day }) => day > asOf)
  if (toCome) return [(place) => problem(place, 'day-to-come', { found: toCome.day, asOf })]
  return asked
    .filter(({ day }) => day < newest)
    .flatMap(({ day, part }) =>
      fieldsWithoutHistory(part, segments).map(
        (field) => (place: Place) => problem(place, 'no-history', { field, asOf: day }),
      ),
    )
}

/** Fields that a rule asks of its own day and of which only today's value is known, each once. */
export const fieldsWithoutHistory = (
  expression: Expression,
  segments: ReadonlyMap<string, Expression>,
): string[] => [
  ...new Set(clausesWithoutHistory(expression, segments).flatMap((clause) => namesWithoutHistory(clause))),
]

/** The conditions that a rule asks of its own day and that ask about a field of which only today's value is known. */
export const clausesWithoutHistory = (
  expression: Expression,
  segments: ReadonlyMap<string, Expression>,
): Clause[] => clausesOnDay(expression, segments).filter((clause) => namesWithoutHistory(clause).length > 0)

function namesWithoutHistory({ subject }: Clause): string[] {
  const asked: Asked[] =
    subject.kind === 'field'
      ? [fieldsByName.get(subject.field)!]
      : [
          measuresByName.get(subject.measure)!,
          ...subject.where.flatMap((one) =>
            one.kind === 'condition' ? [conditionsOf(subject.measure).get(one.field)!] : [],
          ),
        ]
  return asked.filter(({ history }) => history === 'none').map(({ name }) => name)
}
