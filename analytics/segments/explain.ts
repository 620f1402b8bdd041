import { addDays, addMonths, daysBetween, monthsBetween } from '../calendar/calendar.ts'
import type { Clause, Expression, OnDay, Random, Test, Value } from './ast.ts'
import { hundredths, minorUnits } from './test-sql.ts'
import { resolveDay } from './days.ts'
import { drawnNumber } from './draw.ts'
import { type Answer, holds } from './evaluate.ts'
import { type Asked, fieldsByName, measuresByName } from './fields/catalogue.ts'
import { isOrdered, type Kind } from './fields/described.ts'
import { returnsOn } from './person.ts'
import { print } from './print.ts'
import { lapsesOn, lastWhole, type WindowDay } from './window.ts'

/** Why a rule selects a member or not: the rule's own shape, with what is true of the member at each place. */
export type Explanation =
  | { readonly kind: 'everyone'; readonly holds: true }
  | { readonly kind: 'and' | 'or' | 'not'; readonly holds: boolean; readonly parts: readonly Explanation[] }
  /** A saved segment, with its own rule. */
  | {
      readonly kind: 'segment'
      readonly name: string
      readonly holds: boolean
      readonly parts: readonly Explanation[]
    }
  /** Another day, with what was true on it; no part when the member was not known then. */
  | {
      readonly kind: 'on'
      readonly day: string
      readonly holds: boolean
      readonly parts: readonly Explanation[]
    }
  | ExplainedDraw
  | ExplainedClause

export interface ExplainedDraw {
  readonly kind: 'random'
  readonly text: string
  readonly holds: boolean
  readonly percent: number
  /** The member's own number, from 0 and below 100, to hundredths: below the percent is in. Null where it is not told. */
  readonly drawn: number | null
  /** The nearest percent at which the draw turns; null where there is none. */
  readonly flip: { readonly value: number } | null
}

export interface ExplainedClause {
  readonly kind: 'clause'
  /** Canonical text of the clause. */
  readonly text: string
  readonly holds: boolean
  /** Name of the field or measure, and of what kind its value is. */
  readonly asked: string
  readonly valueKind: Kind
  readonly unit: Exclude<Asked['unit'], undefined> | null
  /** The member's own value; null is unknown, and for a set it is not told. Money in minor units. */
  readonly value: string | number | boolean | null
  /** For an average or a share: what was divided by what. `value` is rounded, a share to hundredths of a percent. */
  readonly ratio?: { readonly numerator: number; readonly denominator: number }
  /** The nearest value at which the clause turns. Null where there is none. */
  readonly flip: Flip | null
  /** Of a set: what the member has of it, in the order of its letters, where that is told. */
  readonly has?: readonly string[]
  /** What turns a clause about tags: one of these put on (none named: any), or all of these taken off. */
  readonly tagging?: { readonly kind: 'put-on' | 'take-off'; readonly tags: readonly string[] }
}

export interface Flip {
  readonly value: string | number
  /** The day on which waiting reaches it. */
  readonly onDay?: string
  /** The last day for what is lacking to come: after it something of now has left the clause's window. */
  readonly by?: string
  /** The day on which enough has left the clause's window for it to turn, if nothing happens. */
  readonly lapsesOn?: string
}

export interface ExplainSetting {
  readonly asOf: string
  readonly currencyDecimals: number
  readonly segments: ReadonlyMap<string, Expression>
  /** What lies in the windows of clauses on the day, where that is told (window.ts). */
  readonly windows: ReadonlyMap<Clause, readonly WindowDay[]>
  /** What was true on the other days that the rule asks about; null when the member was not known then. */
  readonly days: ReadonlyMap<OnDay, Explanation | null>
  /** The member's own id, which draws are made with, and what the member has of the sets that the rule asks about, by field. */
  readonly member?: { readonly id: string; readonly sets: ReadonlyMap<string, readonly string[]> }
}

/**
 * Explains a rule from the row that `compileValues` answered for its leaves: `v0`, `v1`, … and, for
 * averages and shares, `n0`, `n1`, ….
 */
export function explain(
  expression: Expression,
  row: Readonly<Record<string, string | number | boolean | null>>,
  setting: ExplainSetting,
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
      case 'segment': {
        const inside = explained(setting.segments.get(part.name)!)
        return { kind: 'segment', name: part.name, holds: inside.holds, parts: [inside] }
      }
      case 'on': {
        const holds = row[`v${next++}`] === true
        const inside = setting.days.get(part)
        const day = resolveDay(part.day, setting.asOf)
        return { kind: 'on', day, holds, parts: inside ? [inside] : [] }
      }
      case 'random':
        return explainDraw(part, row[`v${next++}`] === true, setting.member?.id)
      case 'clause': {
        const index = next++
        return explainClause(part, row[`v${index}`] ?? null, row[`n${index}`], setting)
      }
    }
  }
}

function explainDraw(draw: Random, holds: boolean, memberId: string | undefined): ExplainedDraw {
  const { percent, seed } = draw
  const drawn = memberId === undefined ? null : drawnNumber(seed, memberId)
  const turned = drawn === null ? 0 : holds ? drawn : Math.round(drawn * 100 + 1) / 100
  return {
    kind: 'random',
    text: print(draw),
    holds,
    percent,
    drawn,
    flip: turned > 0 ? { value: turned } : null,
  }
}

type At = Pick<ExplainSetting, 'asOf' | 'currencyDecimals' | 'member'>

function explainClause(
  clause: Clause,
  value: string | number | boolean | null,
  per: string | number | boolean | null | undefined,
  at: ExplainSetting,
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
    const own = at.member?.sets.get(asked.name)
    return {
      ...described,
      holds: test.kind === 'unknown' ? !has : has,
      value: null,
      flip: null,
      ...(own ? { has: own } : {}),
      ...(own && asked.name === 'tag' ? { tagging: taggingOf(test, own) } : {}),
    }
  }
  const answer: Answer = {
    kind: asked.kind,
    value: value === null ? null : inLanguageOf(asked, value),
    ...(typeof per === 'number' ? { per } : {}),
  }
  return {
    ...described,
    holds: holds(test, answer, at),
    ...shown(answer, at.asOf),
    flip: inTime(clause, nearestFlip(test, answer, asked, at), answer, at),
  }
}

/** A flip of a clause whose window moves, with the days that this makes of it. */
function inTime(
  clause: Clause,
  flip: Flip | null,
  { value, per }: Answer,
  at: Pick<ExplainSetting, 'asOf' | 'currencyDecimals' | 'windows'>,
): Flip | null {
  const window = at.windows.get(clause)
  if (!flip || !window) return flip
  const lapse = lapsesOn(clause, window, at)
  const isMore = per === undefined && Number(flip.value) > Number(value)
  const by = isMore ? lastWhole(clause, window) : undefined
  return {
    ...flip,
    ...(by === undefined ? {} : { by }),
    ...(lapse === undefined ? {} : { lapsesOn: lapse }),
  }
}

/** What has to be done to a member's tags for a clause about them to turn. */
function taggingOf(test: Test, own: readonly string[]): NonNullable<ExplainedClause['tagging']> {
  const asked =
    test.kind === 'compare' ? [String(test.value)] : test.kind === 'in' ? test.values.map(String) : null
  const carried = asked ? own.filter((tag) => asked.includes(tag)) : own
  return carried.length > 0 ? { kind: 'take-off', tags: carried } : { kind: 'put-on', tags: asked ?? [] }
}

/** A month is a day in the database, its first; a count of what is weighed a decimal number, as text. */
function inLanguageOf({ kind }: Asked, value: string | number | boolean): string | number | boolean {
  if (kind === 'month') return String(value).slice(0, 7)
  return kind === 'count' ? Number(value) : value
}

function shown({ kind, value, per }: Answer, asOf: string): Pick<ExplainedClause, 'value' | 'ratio'> {
  if (kind === 'anniversary' && value !== null) return { value: nextReturn(String(value), asOf) }
  if (per === undefined) return { value: value as ExplainedClause['value'] }
  const numerator = Number(value)
  const scaled = Math.abs(numerator) * (kind === 'percent' ? hundredths : 1)
  const rounded = (Math.sign(numerator) * Math.round(scaled / per)) / (kind === 'percent' ? 100 : 1)
  return { value: per === 0 ? null : rounded, ratio: { numerator, denominator: per } }
}

/** The first day from asOf on to which a yearly day returns. */
function nextReturn(yearly: string, asOf: string): string {
  const from = yearly > asOf ? yearly : asOf
  for (let days = 0; ; days++) if (returnsOn(yearly, addDays(from, days))) return addDays(from, days)
}

/** How far ahead it is looked for the day on which a clause turns by waiting. */
const daysAhead = 800

/** The nearest value, in whole units, at which the test's answer turns, and whether waiting reaches it. */
function nearestFlip(test: Test, answer: Answer, { daily, signed }: Asked, at: At): Flip | null {
  const { kind, value, per } = answer
  if (value === null || per === 0) return null
  if (kind === 'anniversary') {
    const onDay = turningDay(test, answer, at)
    return onDay === undefined ? null : { value: onDay, onDay }
  }
  if (!isOrdered(kind)) return null
  const units = unitsOf(answer, at)
  const own = units.own
  const turned = numbersWhere(!holds(test, answer, at), test, answer, signed, at).toSorted(
    (a, b) => Math.abs(a - own) - Math.abs(b - own) || a - b,
  )[0]
  if (turned === undefined) return null
  const waiting = daily === undefined ? 0 : (turned - own) * daily
  const onDay =
    kind === 'day' ? turningDay(test, answer, at) : waiting > 0 ? addDays(at.asOf, waiting) : undefined
  return { value: units.toValue(turned), ...(onDay === undefined ? {} : { onDay }) }
}

type Units = 'days' | 'months' | 'number' | 'hundredths'

/**
 * The numbers next to the bounds of a clause at which it holds, or does not: the nearest of them to a member's own is
 * where the clause turns for the member. Days are counted from `origin`, months likewise, money in minor units,
 * shares in hundredths of a percent. Null for a clause whose values have no order.
 */
export function turningNumbers(
  { subject, test }: Clause,
  wanted: boolean,
  at: At,
): { readonly units: Units; readonly numbers: readonly number[] } | null {
  const asked: Asked =
    subject.kind === 'field' ? fieldsByName.get(subject.field)! : measuresByName.get(subject.measure)!
  const { kind, signed } = asked
  if (!isOrdered(kind)) return null
  const per = 'per' in asked && asked.per !== undefined
  const units = kind === 'day' ? 'days' : kind === 'month' ? 'months' : 'number'
  const some = { days: origin, months: origin.slice(0, 7), number: 0 }[units]
  const answer: Answer = { kind, value: some, ...(per ? { per: 1 } : {}) }
  return {
    units: kind === 'percent' ? 'hundredths' : units,
    numbers: [...new Set(numbersWhere(wanted, test, answer, signed, at))],
  }
}

function numbersWhere(
  wanted: boolean,
  test: Test,
  answer: Answer,
  signed: boolean | undefined,
  at: At,
): number[] {
  const units = unitsOf(answer, at)
  return operands(test, at.asOf)
    .map(units.toNumber)
    .flatMap((bound) => [bound - 1, bound, bound + 1])
    .filter(
      (number) => (answer.kind !== 'count' && answer.kind !== 'percent') || signed === true || number >= 0,
    )
    .filter((number) => holds(test, units.toAnswer(number), at) === wanted)
}

/** The next day asked about on which the test, whose days move with it, answers otherwise. */
function turningDay(test: Test, answer: Answer, at: At): string | undefined {
  const now = holds(test, answer, at)
  for (let days = 1; days <= daysAhead; days++) {
    const asOf = addDays(at.asOf, days)
    if (holds(test, answer, { ...at, asOf }) !== now) return asOf
  }
  return undefined
}

/** Days are counted from here. */
export const origin = '2000-01-01'

/** The values of an ordered kind as whole numbers: days, months, minor units, hundredths of a percent. */
function unitsOf(answer: Answer, { asOf, currencyDecimals }: At) {
  const { kind, value, per } = answer
  switch (kind) {
    case 'day':
      return {
        own: daysBetween(origin, String(value)),
        toNumber: (one: Value) => daysBetween(origin, resolveDay(String(one), asOf)),
        toAnswer: (number: number): Answer => ({ ...answer, value: addDays(origin, number) }),
        toValue: (number: number) => addDays(origin, number),
      }
    case 'month': {
      const toMonth = (number: number) => addMonths(origin, number).slice(0, 7)
      return {
        own: monthsBetween(origin, `${String(value)}-01`),
        toNumber: (one: Value) => monthsBetween(origin, `${String(one)}-01`),
        toAnswer: (number: number): Answer => ({ ...answer, value: toMonth(number) }),
        toValue: toMonth,
      }
    }
    case 'percent':
      return {
        own: (Number(value) * hundredths) / per!,
        toNumber: (one: Value) => minorUnits(Number(one), 2),
        toAnswer: (number: number): Answer => ({ ...answer, value: number, per: hundredths }),
        toValue: (number: number) => number / 100,
      }
    default:
      return {
        own: Number(value) / (per ?? 1),
        toNumber: (one: Value) =>
          kind === 'money' ? minorUnits(Number(one), currencyDecimals) : Number(one),
        toAnswer: (number: number): Answer => ({ ...answer, value: number * (per ?? 1) }),
        toValue: (number: number) => number,
      }
  }
}

function operands(test: Test, asOf: string): readonly Value[] {
  switch (test.kind) {
    case 'compare':
      return [test.value]
    case 'in':
      return test.values
    case 'between':
      return [test.from, test.to]
    case 'within':
      return [addDays(asOf, test.direction === 'last' ? -test.days : test.days), asOf]
    case 'known':
    case 'unknown':
    case 'text':
      return []
  }
}
