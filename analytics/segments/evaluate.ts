import { createHash } from 'node:crypto'
import { addDays, daysBetween } from '../calendar/calendar.ts'
import type { Clause, Direction, Expression, Test, Value } from './ast.ts'
import { resolveDay } from './days.ts'
import { conditionsOf, fieldsByName, measuresByName } from './fields/catalogue.ts'
import type { Kind } from './fields/described.ts'
import type { Aggregate, ConditionValues, Occurrence } from './fields/measure.ts'
import { type Moment, type Person, returnsOn, visibleOn } from './person.ts'

/** A value that a clause asks about; null is unknown. `per`: it is a ratio with this denominator. */
export interface Answer {
  readonly kind: Kind
  readonly value: string | number | boolean | null | readonly string[]
  readonly per?: number
}

/** What a rule means beside the person and the day: the currency's decimals and the saved segments by name. */
export interface Shop {
  readonly currencyDecimals: number
  readonly segments: ReadonlyMap<string, Expression>
}

/**
 * Whether the rule selects the person: the meaning of the language, written from DEFINITIONS over plain
 * data. Slow; what the SQL is checked against, and what explains a single member.
 */
export function evaluate(expression: Expression, person: Person, moment: Moment, shop: Shop): boolean {
  switch (expression.kind) {
    case 'everyone':
      return true
    case 'and':
      return expression.parts.every((part) => evaluate(part, person, moment, shop))
    case 'or':
      return expression.parts.some((part) => evaluate(part, person, moment, shop))
    case 'not':
      return !evaluate(expression.part, person, moment, shop)
    case 'clause':
      return holds(expression.test, answerOf(expression, person, moment, shop), {
        asOf: moment.asOf,
        currencyDecimals: shop.currencyDecimals,
      })
    case 'random':
      return drawOf(expression.seed, person.id) < (expression.percent / 100) * 2 ** 32
    case 'segment':
      return evaluate(shop.segments.get(expression.name)!, person, moment, shop)
    case 'on': {
      const day = resolveDay(expression.day, moment.asOf)
      const then = day === moment.asOf ? moment : { ...moment, asOf: day, newest: false }
      return visibleOn(person, day) && evaluate(expression.part, person, then, shop)
    }
  }
}

/** The member's number in a draw, from 0 and below 2³². */
const drawOf = (seed: string, id: string): number =>
  createHash('md5').update(`${seed}:${id}`).digest().readUInt32BE(0)

function answerOf({ subject }: Clause, person: Person, moment: Moment, { currencyDecimals }: Shop): Answer {
  if (subject.kind === 'field') {
    const field = fieldsByName.get(subject.field)!
    if (field.kind === 'set') return { kind: 'set', value: field.read(person, moment) }
    const value = field.read(person, moment)
    return field.per
      ? { kind: field.kind, value, per: field.per.read(person, moment) }
      : { kind: field.kind, value }
  }
  const { kind, source, of, since, per } = measuresByName.get(subject.measure)!
  const conditions = conditionsOf(subject.measure)
  const meets = (values: ConditionValues) =>
    subject.where.every((one) => {
      const at = { asOf: moment.asOf, currencyDecimals }
      if (one.kind === 'within')
        return isWithin(String(values[source.day]), { direction: 'last', days: one.days }, moment.asOf)
      const { kind: asked } = conditions.get(one.field)!
      return holds(one.test, { kind: asked, value: values[one.field] ?? null }, at)
    })
  const those = source.occurrences(person, moment, subject.where, meets)
  const aggregated = aggregate(of, those)
  const value = since && aggregated !== null ? daysBetween(String(aggregated), moment.asOf) : aggregated
  if (!per) return { kind, value }
  const over = per.over === 'those' ? those : source.occurrences(person, moment, [], () => true)
  return { kind, value, per: Number(aggregate(per.of, over)) }
}

function aggregate(of: Aggregate, things: readonly Occurrence[]): number | string | null {
  switch (of) {
    case 'count':
      return things.length
    case 'amount':
      return things.reduce((total, { amount }) => total + amount, 0)
    case 'first':
      return things.map(({ day }) => day).toSorted()[0] ?? null
    case 'last':
      return (
        things
          .map(({ day }) => day)
          .toSorted()
          .at(-1) ?? null
      )
  }
}

/** Whether the test is true of the value. Of an unknown value only `is unknown` is. */
export function holds(
  test: Test,
  { kind, value, per }: Answer,
  { asOf, currencyDecimals }: { readonly asOf: string; readonly currencyDecimals: number },
): boolean {
  if (Array.isArray(value)) return ofSet(test, value as readonly string[])
  if (value === null || per === 0) return test.kind === 'unknown'
  const comparable = (operand: Value): string | number | boolean => {
    if (kind === 'money') return Math.round(Number(operand) * 10 ** currencyDecimals) * (per ?? 1)
    if (kind === 'percent') return Math.round(Number(operand) * 100) * per!
    return kind === 'day' ? resolveDay(String(operand), asOf) : operand
  }
  const own = kind === 'percent' ? Number(value) * 100 * 100 : (value as string | number | boolean)
  switch (test.kind) {
    case 'known':
      return true
    case 'unknown':
      return false
    case 'text': {
      const [text, part] = [lowerCase(String(own)), lowerCase(test.value)]
      switch (test.operator) {
        case 'contains':
          return text.includes(part)
        case 'not contains':
          return !text.includes(part)
        case 'starts with':
          return text.startsWith(part)
        case 'ends with':
          return text.endsWith(part)
      }
    }
    case 'within':
      if (kind === 'day') return isWithin(String(own), test, asOf)
      for (let away = 0; away <= test.days; away++)
        if (returnsOn(String(own), addDays(asOf, test.direction === 'next' ? away : -away))) return true
      return false
    case 'in':
      return test.values.some((operand) => own === comparable(operand))
    case 'between':
      return own >= comparable(test.from) && own <= comparable(test.to)
    case 'compare': {
      const other = comparable(test.value)
      switch (test.operator) {
        case '=':
          return own === other
        case '!=':
          return own !== other
        case '<':
          return own < other
        case '<=':
          return own <= other
        case '>':
          return own > other
        case '>=':
          return own >= other
      }
    }
  }
}

/** 0 to so many days before or after. */
function isWithin(
  day: string,
  { direction, days }: { readonly direction: Direction; readonly days: number },
  asOf: string,
): boolean {
  const away = direction === 'last' ? daysBetween(day, asOf) : daysBetween(asOf, day)
  return away >= 0 && away <= days
}

/** Letter by letter, each becoming one letter. */
const lowerCase = (text: string): string =>
  [...text].map((letter) => String.fromCodePoint(letter.toLowerCase().codePointAt(0)!)).join('')

function ofSet(test: Test, values: readonly string[]): boolean {
  switch (test.kind) {
    case 'known':
      return values.length > 0
    case 'unknown':
      return values.length === 0
    case 'in':
      return test.values.some((value) => values.includes(String(value)))
    case 'compare':
      return values.includes(String(test.value))
    case 'between':
    case 'text':
    case 'within':
      return false
  }
}
