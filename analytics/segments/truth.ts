import { join, type Sql, sql } from '../sql/sql.ts'
import type { Expression } from './ast.ts'
import type { Leaf } from './references.ts'

/** The rule over the answers of its leaves, named segments in their places. */
export function truth(
  expression: Expression,
  segments: ReadonlyMap<string, Expression>,
  answer: (leaf: Leaf) => Sql,
): Sql {
  switch (expression.kind) {
    case 'everyone':
      return sql`true`
    case 'and':
    case 'or':
      return sql`(${join(
        expression.parts.map((part) => truth(part, segments, answer)),
        expression.kind === 'and' ? sql` and ` : sql` or `,
      )})`
    case 'not':
      return sql`(not ${truth(expression.part, segments, answer)})`
    case 'segment':
      return truth(segments.get(expression.name)!, segments, answer)
    case 'clause':
    case 'random':
    case 'on':
      return answer(expression)
  }
}

/** Whether the rule holds where of some leaves it is known whether they do; null: that depends on the others. */
export function truthBy(
  expression: Expression,
  segments: ReadonlyMap<string, Expression>,
  answer: (leaf: Leaf) => boolean | null,
): boolean | null {
  switch (expression.kind) {
    case 'everyone':
      return true
    case 'and':
    case 'or': {
      const parts = expression.parts.map((part) => truthBy(part, segments, answer))
      const decisive = expression.kind === 'or'
      if (parts.includes(decisive)) return decisive
      return parts.includes(null) ? null : !decisive
    }
    case 'not': {
      const part = truthBy(expression.part, segments, answer)
      return part === null ? null : !part
    }
    case 'segment':
      return truthBy(segments.get(expression.name)!, segments, answer)
    case 'clause':
    case 'random':
    case 'on':
      return answer(expression)
  }
}
