import { expect, test } from 'vitest'
import { everyone, type Expression, type Subject } from '../../../analytics/segments/ast.ts'
import { fields, firstOf, measures, measuresByName } from '../../../analytics/segments/fields/catalogue.ts'
import { parse } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import {
  askedOf,
  firstCondition,
  firstOther,
  firstTest,
  firstValue,
  grouped,
  newClause,
  newGroup,
  nextCondition,
  operatorOf,
  operatorsOf,
  topGroup,
  withOperator,
  withOtherDay,
} from './drafts.ts'

const values = { stores: ['West "End"'], tags: ['vip'] }
const day = '2026-03-01'
const reads = (expression: Expression) => {
  const parsed = parse(print(expression), { currencyDecimals: 2 })
  return parsed.kind === 'parsed' ? parsed.expression : parsed.problems
}

const subjects: Subject[] = [
  ...fields.map(({ name }): Subject => ({ kind: 'field', field: name })),
  ...measures.map(({ name, source }): Subject => ({
    kind: 'measure',
    measure: name,
    where: ['within', ...source.conditions.map((condition) => condition.name)].map((condition) =>
      firstCondition(name, condition, values, day),
    ),
  })),
]

test.each(
  subjects.map((subject) => [print({ kind: 'clause', subject, test: { kind: 'known' } }), subject] as const),
)('every operator offered makes a rule: %s', (_, subject) => {
  const asked = askedOf(subject)
  for (const before of operatorsOf(asked))
    for (const after of operatorsOf(asked)) {
      const fallback = firstValue(asked, values, day)
      const made = withOperator(
        withOperator(firstTest(asked, values, day), before, fallback),
        after,
        fallback,
      )
      expect(operatorOf(made)).toBe(after)
      const clause: Expression = { kind: 'clause', subject, test: made }
      expect(reads(clause)).toEqual(clause)
    }
})

test.each([['segment "West End" on 2026-01-31'], ['not (everyone) on -30d'], ['random 10% (seed "x")']])(
  '%s is a part that the builder holds',
  (text) => {
    const parsed = parse(text, { currencyDecimals: 2 })
    if (parsed.kind !== 'parsed') throw new Error(text)
    expect(reads(grouped('and', topGroup(parsed.expression).parts))).toEqual(parsed.expression)
  },
)

test('another condition is one that is not asked yet; a measure begins with one that can be met', () => {
  const category = firstCondition('orders', 'category', values, day)
  expect(nextCondition('orders', [])).toBe('category')
  expect(nextCondition('orders', [category, { kind: 'within', days: 3 }])).toBe('product')
  expect(nextCondition('points_expiring', [firstOf(measuresByName.get('points_expiring')!)])).toBe('expires')
})

test('another day goes around a part and off again; other rows begin as rules', () => {
  const then = withOtherDay(newClause)
  expect(reads(then)).toEqual(then)
  expect(withOtherDay(then)).toEqual(newClause)
  const shop = { values, day, segments: ['Regulars'] }
  for (const kind of ['segment', 'random'] as const)
    expect(reads(firstOther(kind, shop))).toEqual(firstOther(kind, shop))
})

test('a group of none is everyone, of one is the one, and a new group stays a group', () => {
  expect(grouped('and', [])).toEqual(everyone)
  expect(grouped('or', [newClause])).toEqual(newClause)
  expect(topGroup(everyone)).toEqual({ kind: 'and', parts: [] })
  const nested = grouped('and', [newClause, newGroup('and')])
  expect(reads(nested)).toEqual(nested)
})
