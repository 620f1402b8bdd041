import type { Expression, OrderCondition, Subject, Test, Value } from './ast.ts'
import { fieldsByName, type Kind, measuresByName, orderFieldsByName } from './fields.ts'

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
  `${measure}(${where.map(printCondition).join(', ')})`

function printCondition(condition: OrderCondition): string {
  if (condition.kind === 'within') return `within ${condition.days} days`
  const test = printTest(condition.test, orderFieldsByName.get(condition.field)?.kind)
  return condition.field === 'day' && condition.test.kind === 'between' ? test : `${condition.field} ${test}`
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

/** A value as it is written in a rule: days bare, texts quoted. */
export function printValue(value: Value, kind: Kind | undefined): string {
  return typeof value === 'string' && kind !== 'day' ? quote(value) : String(value)
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t' }

/** The text in double quotes, with `"`, `\`, line ends and tabs escaped. */
export const quote = (text: string): string => `"${text.replace(/["\\\n\t]/g, (c) => escapes[c]!)}"`
