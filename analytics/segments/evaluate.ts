import { addDays, daysBetween } from '../calendar/calendar.ts'
import type { Clause, Expression, Test, Value } from './ast.ts'
import { conditionsOf, fieldsByName, measuresByName } from './fields/catalogue.ts'
import type { Kind } from './fields/described.ts'
import type { Aggregate, ConditionValues, Occurrence } from './fields/measure.ts'
import type { Moment, Person } from './person.ts'

/** A value that a clause asks about; null is unknown. `per`: it is a ratio with this denominator. */
export interface Answer {
  readonly kind: Kind
  readonly value: string | number | boolean | null | readonly string[]
  readonly per?: number
}

/**
 * Whether the rule selects the person: the meaning of the language, written from DEFINITIONS over plain
 * data. Slow; what the SQL is checked against, and what explains a single member.
 */
export function evaluate(
  expression: Expression,
  person: Person,
  moment: Moment,
  currencyDecimals: number,
): boolean {
  switch (expression.kind) {
    case 'everyone':
      return true
    case 'and':
      return expression.parts.every((part) => evaluate(part, person, moment, currencyDecimals))
    case 'or':
      return expression.parts.some((part) => evaluate(part, person, moment, currencyDecimals))
    case 'not':
      return !evaluate(expression.part, person, moment, currencyDecimals)
    case 'clause':
      return holds(expression.test, answerOf(expression, person, moment, currencyDecimals), currencyDecimals)
  }
}

function answerOf({ subject }: Clause, person: Person, moment: Moment, currencyDecimals: number): Answer {
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
      if (one.kind === 'within') return String(values[source.day]) >= addDays(moment.asOf, -one.days)
      const { kind: asked } = conditions.get(one.field)!
      return holds(one.test, { kind: asked, value: values[one.field] ?? null }, currencyDecimals)
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
export function holds(test: Test, { kind, value, per }: Answer, currencyDecimals: number): boolean {
  if (Array.isArray(value)) return ofSet(test, value as readonly string[])
  if (value === null || per === 0) return test.kind === 'unknown'
  const comparable = (operand: Value): string | number | boolean => {
    if (kind === 'money') return Math.round(Number(operand) * 10 ** currencyDecimals) * (per ?? 1)
    return kind === 'percent' ? Math.round(Number(operand) * 100) * per! : operand
  }
  const own = kind === 'percent' ? Number(value) * 100 * 100 : (value as string | number | boolean)
  switch (test.kind) {
    case 'known':
      return true
    case 'unknown':
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
      return false
  }
}
