import type { Expression, Test, Value } from './ast.ts'

/** The rule with one text of a field in the place of another; the same rule where it does not occur. */
export function renamed(expression: Expression, field: string, from: string, to: string): Expression {
  const next = (value: Value) => (value === from ? to : value)
  const inTest = (test: Test): Test => {
    switch (test.kind) {
      case 'compare':
        return { ...test, value: next(test.value) }
      case 'in':
        return { ...test, values: test.values.map(next) }
      default:
        return test
    }
  }
  const inRule = (part: Expression): Expression => {
    switch (part.kind) {
      case 'everyone':
        return part
      case 'and':
      case 'or':
        return { ...part, parts: part.parts.map(inRule) }
      case 'not':
        return { ...part, part: inRule(part.part) }
      case 'clause':
        return part.subject.kind === 'field' && part.subject.field === field
          ? { ...part, test: inTest(part.test) }
          : part
    }
  }
  return inRule(expression)
}
