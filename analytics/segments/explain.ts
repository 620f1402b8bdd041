import { addDays, daysBetween } from '../calendar/calendar.ts'
import type { Clause, Expression, Test, Value } from './ast.ts'
import { hundredths, minorUnits } from './compile.ts'
import { type Answer, holds } from './evaluate.ts'
import { type Asked, fieldsByName, measuresByName } from './fields/catalogue.ts'
import { isOrdered, type Kind } from './fields/described.ts'
import { print } from './print.ts'

/** Why a rule selects a member or not: the rule's own shape, with what is true of the member at each place. */
export type Explanation =
  | { readonly kind: 'everyone'; readonly holds: true }
  | { readonly kind: 'and' | 'or' | 'not'; readonly holds: boolean; readonly parts: readonly Explanation[] }
  | ExplainedClause

export interface ExplainedClause {
  readonly kind: 'clause'
  /** Canonical text of the clause. */
  readonly text: string
  readonly holds: boolean
  /** Name of the field or measure, and of what kind its value is. */
  readonly asked: string
  readonly valueKind: Kind
  readonly unit: 'orders' | 'days' | 'points' | null
  /** The member's own value; null is unknown, and for a set it is not told. Money in minor units. */
  readonly value: string | number | boolean | null
  /** For an average or a share: what was divided by what. `value` is rounded, a share to hundredths of a percent. */
  readonly ratio?: { readonly numerator: number; readonly denominator: number }
  /** The nearest value at which the clause turns; `onDay` when it is reached by waiting. Null where there is none. */
  readonly flip: { readonly value: string | number; readonly onDay?: string } | null
}

/**
 * Explains a rule from the row that `compileValues` answered for its clauses: `v0`, `v1`, … and, for
 * averages, `n0`, `n1`, ….
 */
export function explain(
  expression: Expression,
  row: Readonly<Record<string, string | number | boolean | null>>,
  { asOf, currencyDecimals }: { asOf: string; currencyDecimals: number },
): Explanation {
  let next = 0
  return explained(expression)

  function explained(part: Expression): Explanation {
    switch (part.kind) {
      case 'everyone':
        return { kind: 'everyone', holds: true }
      case 'not': {
        const inside = explained(part.part)
        return { kind: 'not', holds: !inside.holds, parts: [inside] }
      }
      case 'and':
      case 'or': {
        const parts = part.parts.map(explained)
        const every = part.kind === 'and'
        return {
          kind: part.kind,
          holds: every ? parts.every((one) => one.holds) : parts.some((one) => one.holds),
          parts,
        }
      }
      case 'clause': {
        const index = next++
        return explainClause(part, row[`v${index}`] ?? null, row[`n${index}`], asOf, currencyDecimals)
      }
    }
  }
}

function explainClause(
  clause: Clause,
  value: string | number | boolean | null,
  per: string | number | boolean | null | undefined,
  asOf: string,
  currencyDecimals: number,
): ExplainedClause {
  const { subject, test } = clause
  const asked: Asked =
    subject.kind === 'field' ? fieldsByName.get(subject.field)! : measuresByName.get(subject.measure)!
  const described = {
    kind: 'clause' as const,
    text: print(clause),
    asked: asked.name,
    valueKind: asked.kind,
    unit: asked.unit ?? null,
  }
  if (asked.kind === 'set') {
    const has = Number(value) > 0
    return { ...described, holds: test.kind === 'unknown' ? !has : has, value: null, flip: null }
  }
  const answer: Answer = {
    kind: asked.kind,
    value,
    ...(typeof per === 'number' ? { per } : {}),
  }
  return {
    ...described,
    holds: holds(test, answer, currencyDecimals),
    ...shown(answer),
    flip: nearestFlip(test, answer, asked, asOf, currencyDecimals),
  }
}

function shown({ kind, value, per }: Answer): Pick<ExplainedClause, 'value' | 'ratio'> {
  if (per === undefined) return { value: value as ExplainedClause['value'] }
  const numerator = Number(value)
  const scaled = Math.abs(numerator) * (kind === 'percent' ? hundredths : 1)
  const rounded = (Math.sign(numerator) * Math.round(scaled / per)) / (kind === 'percent' ? 100 : 1)
  return { value: per === 0 ? null : rounded, ratio: { numerator, denominator: per } }
}

/** The nearest number or day, in whole units, at which the test's answer turns. */
function nearestFlip(
  test: Test,
  answer: Answer,
  { daily, signed }: Asked,
  asOf: string,
  currencyDecimals: number,
): ExplainedClause['flip'] {
  const { kind, value, per } = answer
  if (!isOrdered(kind) || value === null || per === 0) return null
  const origin = '2000-01-01'
  const toNumber = (one: Value) =>
    kind === 'day'
      ? daysBetween(origin, String(one))
      : kind === 'money' || kind === 'percent'
        ? minorUnits(Number(one), kind === 'money' ? currencyDecimals : 2)
        : Number(one)
  // of a share the units are hundredths of a percent
  const unit = kind === 'percent' ? hundredths : 1
  const toAnswer = (number: number): Answer =>
    kind === 'day'
      ? { ...answer, value: addDays(origin, number) }
      : kind === 'percent'
        ? { ...answer, value: number, per: hundredths }
        : { ...answer, value: number * (per ?? 1) }
  const own = kind === 'day' ? toNumber(value as string) : (Number(value) * unit) / (per ?? 1)
  const now = holds(test, answer, currencyDecimals)
  const turned = operands(test)
    .map(toNumber)
    .flatMap((bound) => [bound - 1, bound, bound + 1])
    .filter((number) => (kind !== 'count' && kind !== 'percent') || signed === true || number >= 0)
    .filter((number) => holds(test, toAnswer(number), currencyDecimals) !== now)
    .toSorted((a, b) => Math.abs(a - own) - Math.abs(b - own) || a - b)[0]
  if (turned === undefined) return null
  const waiting = daily === undefined ? 0 : (turned - own) * daily
  return {
    value: kind === 'day' ? addDays(origin, turned) : kind === 'percent' ? turned / 100 : turned,
    ...(waiting > 0 ? { onDay: addDays(asOf, waiting) } : {}),
  }
}

function operands(test: Test): readonly Value[] {
  switch (test.kind) {
    case 'compare':
      return [test.value]
    case 'in':
      return test.values
    case 'between':
      return [test.from, test.to]
    case 'known':
    case 'unknown':
      return []
  }
}
