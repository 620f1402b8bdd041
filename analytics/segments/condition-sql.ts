import type { Sql } from '../sql/sql.ts'
import type { Condition } from './ast.ts'
import { conditionsOf } from './fields/catalogue.ts'
import type { Reading } from './fields/field.ts'
import type { Measure } from './fields/measure.ts'
import { dayWithin, meets, type TestSetting } from './test-sql.ts'

/** A condition inside the parentheses of a measure, over `entry`. Unknown or false of a row that does not meet it. */
export function conditionSql(
  one: Condition,
  { name: measure, source }: Measure,
  reading: Reading,
  test: TestSetting,
): Sql {
  const conditions = conditionsOf(measure)
  if (one.kind === 'within') {
    const day = conditions.get(source.day)!.column(reading)
    return dayWithin(day, { direction: 'last', days: one.days }, test)
  }
  const field = conditions.get(one.field)!
  return meets(one.test, { asked: field, value: field.column(reading) }, test)
}

/** The columns of a relation that an expression reads, each once. */
export function columnsIn(expression: Sql, relation: 'entry' | 'facts'): string[] {
  const text = expression.chunks.filter((chunk) => typeof chunk === 'string').join(' ')
  return [
    ...new Set([...text.matchAll(new RegExp(`\\b${relation}\\.(\\w+)`, 'g'))].map(([, column]) => column!)),
  ]
}
