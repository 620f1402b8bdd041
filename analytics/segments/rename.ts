import { type Expression, type Test, type Value, withParts } from './ast.ts'

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
    if (part.kind !== 'clause') return withParts(part, inRule)
    return part.subject.kind === 'field' && part.subject.field === field
      ? { ...part, test: inTest(part.test) }
      : part
  }
  return inRule(expression)
}

/** The rule with another name for a saved segment that it names. */
export function withSegmentRenamed(expression: Expression, from: string, to: string): Expression {
  const inRule = (part: Expression): Expression =>
    part.kind === 'segment' ? (part.name === from ? { ...part, name: to } : part) : withParts(part, inRule)
  return inRule(expression)
}
