import { expect, test } from 'vitest'
import { explain } from './explain.ts'
import { parse } from './parse.ts'

/** What the clause says of the value, and what would turn it. */
function explained(text: string, value: number) {
  const parsed = parse(text, { currencyDecimals: 2 })
  if (parsed.kind === 'refused') throw new Error(parsed.problems[0]!.message)
  const explanation = explain(parsed.expression, { v0: value }, { asOf: '2026-03-01', currencyDecimals: 2 })
  if (explanation.kind !== 'clause') throw new Error(explanation.kind)
  return { holds: explanation.holds, flip: explanation.flip }
}

test('who is expected to order turns overdue by waiting, below 0 too', () => {
  expect(explained('next_order_in < 0', 2)).toEqual({
    holds: false,
    flip: { value: -1, onDay: '2026-03-04' },
  })
  expect(explained('next_order_in < -3', -1)).toEqual({
    holds: false,
    flip: { value: -4, onDay: '2026-03-04' },
  })
})

test('a count that is never below 0 is not said to turn there', () => {
  expect(explained('birthday_in < 0', 2)).toEqual({ holds: false, flip: null })
})
