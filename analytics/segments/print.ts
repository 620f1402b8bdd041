import type { Condition, Expression, Subject, Test, Value } from './ast.ts'
import { conditionsOf, fieldsByName, measuresByName } from './fields/catalogue.ts'
import type { Kind } from './fields/described.ts'

/**
 * The canonical text of a rule: lower-case words, single spaces, texts in double quotes, parentheses
 * around every group inside another. Reading it gives the same rule again.
 */
export function print(expression: Expression): string {
  switch (expression.kind) {
    case 'everyone':
      return 'everyone'
    case 'clause':
      return printClause(expression.subject, expression.test)
    case 'not':
      return `not ${inner(expression.part)}`
    case 'and':
    case 'or':
      return expression.parts.map(inner).join(` ${expression.kind} `)
  }
}

const inner = (part: Expression): string =>
  part.kind === 'and' || part.kind === 'or' ? `(${print(part)})` : print(part)

const printClause = (subject: Subject, test: Test): string =>
  subject.kind === 'field'
    ? `${subject.field} ${printTest(test, fieldsByName.get(subject.field)?.kind)}`
    : `${printMeasure(subject)} ${printTest(test, measuresByName.get(subject.measure)?.kind)}`

/** A measure with its conditions, as it is written. */
export const printMeasure = ({ measure, where }: Extract<Subject, { kind: 'measure' }>): string =>
  `${measure}(${where.map((condition) => printCondition(condition, measure)).join(', ')})`

function printCondition(condition: Condition, measure: string): string {
  if (condition.kind === 'within') return `within ${condition.days} days`
  const test = printTest(condition.test, conditionsOf(measure).get(condition.field)?.kind)
  const isDay = condition.field === measuresByName.get(measure)?.source.day
  return isDay && condition.test.kind === 'between' ? test : `${condition.field} ${test}`
}

function printTest(test: Test, kind: Kind | undefined): string {
  switch (test.kind) {
    case 'compare':
      return `${test.operator} ${printValue(test.value, kind)}`
    case 'in':
      return `in (${test.values.map((value) => printValue(value, kind)).join(', ')})`
    case 'between':
      return `between ${printValue(test.from, kind)} and ${printValue(test.to, kind)}`
    case 'known':
    case 'unknown':
      return `is ${test.kind}`
  }
}

/** A value as it is written in a rule: days bare, shares with %, texts quoted. */
export function printValue(value: Value, kind: Kind | undefined): string {
  if (kind === 'percent') return `${value}%`
  return typeof value === 'string' && kind !== 'day' ? quote(value) : String(value)
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t' }

/** The text in double quotes, with `"`, `\`, line ends and tabs escaped. */
export const quote = (text: string): string => `"${text.replace(/["\\\n\t]/g, (c) => escapes[c]!)}"`
