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
