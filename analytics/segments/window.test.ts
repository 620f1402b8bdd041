import { expect, test } from 'vitest'
import { addDays } from '../calendar/calendar.ts'
import type { Clause, Expression } from './ast.ts'
import { type ExplainedClause, explain } from './explain.ts'
import { parse } from './parse.ts'
import type { WindowDay } from './window.ts'

const asOf = '2026-03-01'

function explained(text: string, window: readonly WindowDay[], value: number, per?: number): ExplainedClause {
  const parsed = parse(text, { currencyDecimals: 2 })
  if (parsed.kind !== 'parsed') throw new Error(parsed.problems[0]!.message)
  const found = explain(
    parsed.expression,
    { v0: value, ...(per === undefined ? {} : { n0: per }) },
    {
      asOf,
      currencyDecimals: 2,
      segments: new Map<string, Expression>(),
      windows: new Map([[parsed.expression as Clause, window]]),
      days: new Map(),
    },
  )
  if (found.kind !== 'clause') throw new Error(found.kind)
  return found
}

/** Two orders on one day, one later. */
const window = [
  { day: '2026-02-03', count: 2, amount: 50_00 },
  { day: '2026-02-20', count: 1, amount: 12_00 },
]

test.each([
  // the first two leave 31 days after they came, the third later: then none is left
  ['orders(within 30 days) >= 1', 3, undefined, { value: 0, lapsesOn: '2026-03-23' }],
  ['orders(within 30 days) >= 2', 3, undefined, { value: 1, lapsesOn: '2026-03-06' }],
  ['orders(within 30 days) = 0', 3, undefined, { value: 0, lapsesOn: '2026-03-23' }],
  ['orders(within 30 days) between 1 and 2', 3, undefined, { value: 2, lapsesOn: '2026-03-06' }],
  // one more makes four as long as the first two are within: the 30th day after theirs
  ['orders(within 30 days) >= 4', 3, undefined, { value: 4, by: '2026-03-05' }],
  ['spend(within 30 days) >= 100', 62_00, undefined, { value: 100_00, by: '2026-03-05' }],
  ['spend(within 30 days) < 62', 62_00, undefined, { value: 61_99, lapsesOn: '2026-03-06' }],
  // of three 20.67 on average, of the last alone 12
  ['average_order(within 30 days) < 15', 62_00, 3, { value: 14_99, lapsesOn: '2026-03-06' }],
  // one that stays below 15 until none is left, and it is unknown
  ['average_order(within 30 days) < 30', 62_00, 3, { value: 30_00, lapsesOn: '2026-03-23' }],
])('%s', (text, value, per, flip) => {
  expect(explained(text, window, value, per).flip).toEqual(flip)
})

test('nothing in the window, and no window of its own: no day', () => {
  expect(explained('orders(within 30 days) >= 1', [], 0).flip).toEqual({ value: 1 })
  for (const text of ['orders(store = "A") >= 5', 'orders(within 30 days, day >= -10d) >= 5'])
    expect(explained(text, window, 3).flip).toEqual({ value: 5 })
  expect(addDays('2026-02-03', 31)).toBe('2026-03-06')
})
