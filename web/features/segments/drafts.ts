import {
  type Comparator,
  type Condition,
  type Direction,
  everyone,
  type Expression,
  group,
  type Subject,
  type Test,
  type TextOperator,
  textOperators,
  type Value,
} from '../../../analytics/segments/ast.ts'
import { isLater } from '../../../analytics/segments/days.ts'
import {
  type Asked,
  conditionsOf,
  fieldsByName,
  measuresByName,
} from '../../../analytics/segments/fields/catalogue.ts'

/** What is asked of a value, as one choice: a comparison, a list, a range, part of a text, near days, or whether it is known. */
export type Operator = Comparator | TextOperator | Direction | 'in' | 'between' | 'known' | 'unknown'

/** The lists of values that occur in the data, by name. */
export type Values = Readonly<Record<string, readonly string[]>>

/** What the builder needs to know of the shop. */
export interface Shop {
  readonly values: Values
  /** The newest day of the data: where a new date condition begins. */
  readonly day: string
  /** Names of the saved segments. */
  readonly segments: readonly string[]
}

/** The operators that suit a field, in the order in which they are offered. */
export function operatorsOf({ kind }: Asked): readonly Operator[] {
  switch (kind) {
    case 'count':
    case 'money':
    case 'percent':
    case 'month':
      return ['>=', '<=', '=', '!=', '>', '<', 'between', 'in', 'known', 'unknown']
    case 'day':
      return ['>=', '<=', '=', '!=', '>', '<', 'between', 'last', 'next', 'in', 'known', 'unknown']
    case 'anniversary':
      return ['next', 'last', 'known', 'unknown']
    case 'text':
      return ['=', '!=', 'in', ...textOperators, 'known', 'unknown']
    case 'choice':
      return ['=', '!=', 'in', 'known', 'unknown']
    case 'set':
      return ['=', 'in', 'known', 'unknown']
    case 'flag':
      return ['=', '!=', 'known', 'unknown']
  }
}

export function operatorOf(test: Test): Operator {
  switch (test.kind) {
    case 'compare':
    case 'text':
      return test.operator
    case 'within':
      return test.direction
    default:
      return test.kind
  }
}

/** The field or measure that a subject names. The builder only ever shows parsed rules, so there is one. */
export const askedOf = (subject: Subject): Asked =>
  subject.kind === 'field' ? fieldsByName.get(subject.field)! : measuresByName.get(subject.measure)!

/** A value to begin with, which the person then changes. `day` is the newest day of the data. */
export function firstValue(asked: Asked, values: Values, day: string): Value {
  switch (asked.kind) {
    case 'count':
      return asked.unit === 'days' ? 30 : 1
    case 'money':
      return 100
    case 'percent':
      return 50
    case 'day':
      return day
    case 'month':
      return day.slice(0, 7)
    case 'flag':
      return true
    case 'choice':
      return asked.choices![0]!.value
    case 'anniversary':
    case 'text':
    case 'set':
      return values[asked.list ?? '']?.[0] ?? ''
  }
}

/** The test with another operator; what was written stays where it can. */
export function withOperator(test: Test, operator: Operator, fallback: Value): Test {
  const old = valuesIn(test)
  const [first = fallback, second = first] = old
  switch (operator) {
    case 'known':
    case 'unknown':
      return { kind: operator }
    case 'in':
      return { kind: 'in', values: old.length > 0 ? old : [fallback] }
    case 'between': {
      const swap = isReversed(first, second)
      return { kind: 'between', from: swap ? second : first, to: swap ? first : second }
    }
    case 'contains':
    case 'not contains':
    case 'starts with':
    case 'ends with':
      return { kind: 'text', operator, value: String(first) }
    case 'last':
    case 'next':
      return { kind: 'within', direction: operator, days: test.kind === 'within' ? test.days : 30 }
    default:
      return { kind: 'compare', operator, value: first }
  }
}

/** Whether a range from one value to the other is empty; of days whatever day is asked about. */
export const isReversed = (from: Value, to: Value): boolean =>
  typeof from === 'string' ? isLater(from, String(to)) : from > to

function valuesIn(test: Test): readonly Value[] {
  switch (test.kind) {
    case 'compare':
    case 'text':
      return [test.value]
    case 'in':
      return test.values
    case 'between':
      return [test.from, test.to]
    case 'within':
    case 'known':
    case 'unknown':
      return []
  }
}

/** The first test offered for a field that was just chosen. */
export const firstTest = (asked: Asked, values: Values, day: string): Test =>
  asked.kind === 'anniversary'
    ? { kind: 'within', direction: 'next', days: 7 }
    : {
        kind: 'compare',
        operator: operatorsOf(asked)[0] as '=' | '>=',
        value: firstValue(asked, values, day),
      }

/** A condition inside a measure's parentheses to begin with. */
export const firstCondition = (measure: string, field: string, values: Values, day: string): Condition =>
  field === 'within'
    ? { kind: 'within', days: 180 }
    : { kind: 'condition', field, test: firstTest(conditionsOf(measure).get(field)!, values, day) }

/** The first condition that is not asked yet, for another one: the same one twice would seldom be met. */
export function nextCondition(measure: string, where: readonly Condition[]): string {
  const asked = new Set(where.map((one) => (one.kind === 'within' ? 'within' : one.field)))
  const names = [...conditionsOf(measure).keys()]
  return names.find((name) => !asked.has(name)) ?? names[0]!
}

/** A clause to begin with. */
export const newClause: Expression = {
  kind: 'clause',
  subject: { kind: 'field', field: 'orders' },
  test: { kind: 'compare', operator: '>=', value: 2 },
}
const otherClause: Expression = {
  kind: 'clause',
  subject: { kind: 'field', field: 'days_since_order' },
  test: { kind: 'compare', operator: '>=', value: 60 },
}
/** What the builder offers beside facts and measures, to begin with. */
export const firstOther = (kind: 'segment' | 'random', shop: Shop): Expression =>
  kind === 'segment'
    ? { kind: 'segment', name: shop.segments[0] ?? '' }
    : { kind: 'random', percent: 10, seed: '' }

/** The part as it was 30 days before, to begin with; and back. */
export const withOtherDay = (part: Expression): Expression =>
  part.kind === 'on' ? part.part : { kind: 'on', day: '-30d', part }

/** A group inside one of the other kind, with two clauses, since one alone is no group. */
export const newGroup = (outer: 'and' | 'or'): Expression => ({
  kind: outer === 'and' ? 'or' : 'and',
  parts: [newClause, otherClause],
})

/** The rule as the group that the builder shows at its top: a single part stands in a group of AND. */
export function topGroup(expression: Expression): { kind: 'and' | 'or'; parts: readonly Expression[] } {
  if (expression.kind === 'and' || expression.kind === 'or') return expression
  return { kind: 'and', parts: expression.kind === 'everyone' ? [] : [expression] }
}

/** A group of the parts: none is everyone, one is itself. */
export const grouped = (kind: 'and' | 'or', parts: readonly Expression[]): Expression =>
  parts.length === 0 ? everyone : group(kind, parts)
