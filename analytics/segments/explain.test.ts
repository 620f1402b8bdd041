import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays } from '../calendar/calendar.ts'
import type { Expression } from './ast.ts'
import { type ExplainedClause, explain } from './explain.ts'
import { parse } from './parse.ts'

const asOf = '2026-03-01'
const setting = {
  asOf,
  currencyDecimals: 2,
  segments: new Map<string, Expression>(),
  windows: new Map(),
  days: new Map(),
}

function explained(
  text: string,
  value: string | number | boolean | null,
  per?: number,
  day = asOf,
): ExplainedClause {
  const parsed = parse(text, { currencyDecimals: 2 })
  if (parsed.kind !== 'parsed') throw new Error(parsed.problems[0]!.message)
  const row = { v0: value, ...(per === undefined ? {} : { n0: per }) }
  const found = explain(parsed.expression, row, { ...setting, asOf: day })
  if (found.kind !== 'clause') throw new Error(found.kind)
  return found
}

test.each([
  // a share of 2 in 3 is 66.67 %; at 66.66 % it would still hold
  ['order_share(store = "A") >= 66.67%', 2, 3, { holds: false, value: 66.67, flip: { value: 66.67 } }],
  ['order_share(store = "A") >= 66.66%', 2, 3, { holds: true, value: 66.67, flip: { value: 66.65 } }],
  ['order_share(store = "A") > 50%', 0, 0, { holds: false, value: null, flip: null }],
  ['average_order(within 30 days) > 10', 1999, 2, { holds: false, value: 1000, flip: { value: 1001 } }],
  [
    'cohort > 2025-11',
    '2025-11-01',
    undefined,
    { holds: false, value: '2025-11', flip: { value: '2025-12' } },
  ],
  [
    'days_since_order(store = "A") > 45',
    40,
    undefined,
    { holds: false, value: 40, flip: { value: 46, onDay: '2026-03-07' } },
  ],
  // joined 20 February: 30 days later is 22 March, so that it is no longer within on the 23rd
  [
    'joined within last 30 days',
    '2026-02-20',
    undefined,
    { holds: true, flip: { value: '2026-03-02', onDay: '2026-03-23' } },
  ],
  [
    'joined >= -1m',
    '2026-02-20',
    undefined,
    { holds: true, flip: { value: '2026-01-31', onDay: '2026-03-21' } },
  ],
  [
    'birthday within next 7 days',
    '1992-02-29',
    undefined,
    { holds: false, value: '2027-02-28', flip: { onDay: '2027-02-21' } },
  ],
  [
    'birthday within last 7 days',
    '1992-02-29',
    undefined,
    { holds: true, value: '2027-02-28', flip: { onDay: '2026-03-08' } },
  ],
  ['region contains "x"', 'Xi', undefined, { holds: true, value: 'Xi', flip: null }],
  ['region contains "x"', null, undefined, { holds: false, value: null, flip: null }],
])('%s of %s', (text, value, per, expected) => {
  expect(explained(text, value, per)).toMatchObject(expected)
})

test('a clause that turns on a day holds until the day before and not on it', () => {
  const texts = [
    'joined within last 30 days',
    'joined within next 7 days',
    'joined >= -1m',
    'joined between -1y and -30d',
    'birthday within next 7 days',
    'birthday within last 40 days',
    'join_anniversary within next 0 days',
  ]
  const day = fc.integer({ min: -900, max: 60 }).map((days) => addDays(asOf, days))
  fc.assert(
    fc.property(fc.constantFrom(...texts), day, (text, value) => {
      const { holds, flip } = explained(text, value)
      if (flip?.onDay === undefined) return
      expect(explained(text, value, undefined, flip.onDay).holds).toBe(!holds)
      expect(explained(text, value, undefined, addDays(flip.onDay, -1)).holds).toBe(holds)
    }),
    { numRuns: 200 },
  )
})

test('who is expected to order turns overdue by waiting, below 0 too', () => {
  expect(explained('next_order_in < 0', 2)).toMatchObject({
    holds: false,
    flip: { value: -1, onDay: '2026-03-04' },
  })
  expect(explained('next_order_in < -3', -1)).toMatchObject({
    holds: false,
    flip: { value: -4, onDay: '2026-03-04' },
  })
})

test('a count that is never below 0 is not said to turn there', () => {
  expect(explained('birthday_in < 0', 2)).toMatchObject({ holds: false, flip: null })
})

test.each([
  // MD5 of “x:A” begins with d4c90e3e: 83.119… of 100
  ['random 83.11% (seed "x")', false, { drawn: 83.11, holds: false, flip: { value: 83.12 } }],
  ['random 83.12% (seed "x")', true, { drawn: 83.11, holds: true, flip: { value: 83.11 } }],
])('%s tells the number drawn', (text, holds, expected) => {
  const parsed = parse(text, { currencyDecimals: 2 })
  if (parsed.kind !== 'parsed') throw new Error(text)
  const member = { id: 'A', sets: new Map() }
  expect(explain(parsed.expression, { v0: holds }, { ...setting, member })).toMatchObject(expected)
  expect(explain(parsed.expression, { v0: holds }, setting)).toMatchObject({ drawn: null, flip: null })
})

test.each([
  ['tag = "vip"', 0, ['b'], { holds: false, tagging: { kind: 'put-on', tags: ['vip'] } }],
  ['tag = "vip"', 1, ['b', 'vip'], { holds: true, tagging: { kind: 'take-off', tags: ['vip'] } }],
  [
    'tag in ("a", "b", "c")',
    2,
    ['b', 'c', 'z'],
    { holds: true, tagging: { kind: 'take-off', tags: ['b', 'c'] } },
  ],
  ['tag in ("a", "b")', 0, [], { holds: false, tagging: { kind: 'put-on', tags: ['a', 'b'] } }],
  ['tag is unknown', 0, [], { holds: true, tagging: { kind: 'put-on', tags: [] } }],
  ['tag is known', 2, ['b', 'c'], { holds: true, tagging: { kind: 'take-off', tags: ['b', 'c'] } }],
])('%s with %i of them tells the tags and what turns it', (text, count, has, expected) => {
  const parsed = parse(text, { currencyDecimals: 2 })
  if (parsed.kind !== 'parsed') throw new Error(text)
  const member = { id: 'A', sets: new Map([['tag', has]]) }
  expect(explain(parsed.expression, { v0: count }, { ...setting, member })).toMatchObject({
    has,
    ...expected,
  })
})
