import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bitsOfWord, blockRows, type Check, type NumberColumns, type Span, tally, totalOf } from './tally.ts'
import { cases } from '../../fixtures/cases.ts'

const members = 7
const days = 20

/** A row of orders, the day as it is told from 1970. */
interface Row {
  readonly member: number
  readonly amount: number
  readonly day: number
  readonly store: number
  readonly counted: number
}

const row = fc.record<Row>({
  member: fc.integer({ min: 0, max: members - 1 }),
  amount: fc.integer({ min: -3, max: 9 }),
  day: fc.integer({ min: 100, max: 99 + days }),
  store: fc.integer({ min: 0, max: 2 }),
  counted: fc.integer({ min: 0, max: 1 }),
})

/** More than two blocks: some rows many times, so that there are blocks of one day and of several. */
const tables = fc
  .tuple(fc.array(row, { minLength: 1, maxLength: 40 }), fc.boolean(), fc.boolean())
  .map(([some, byDay, isLarge]) => {
    const rows = Array.from({ length: 2 * blockRows + 100 }, (_, i) => some[(i * 7) % some.length]!)
    return { rows: byDay ? rows.toSorted((a, b) => a.day - b.day) : rows, isLarge }
  })

function columnsOf(rows: readonly Row[], isLarge: boolean, isCounted: boolean): NumberColumns {
  const coded = (values: Uint8Array | Uint16Array) => {
    const blocks = Array.from({ length: Math.ceil(rows.length / blockRows) }, (_, block) =>
      values.subarray(block * blockRows, (block + 1) * blockRows),
    )
    return {
      values,
      least: Uint16Array.from(blocks, (block) => Math.min(...block)),
      most: Uint16Array.from(blocks, (block) => Math.max(...block)),
    }
  }
  const amounts = rows.map(({ amount }) => amount)
  return {
    rows: rows.length,
    member: Int32Array.from(rows, ({ member }) => member),
    amount: isLarge ? Float64Array.from(amounts) : Int32Array.from(amounts),
    day: Uint16Array.from(rows, ({ day }) => day - 100),
    firstDay: 100,
    ...(isCounted && { counted: Uint8Array.from(rows, ({ counted }) => counted) }),
    codes: {
      day: coded(Uint16Array.from(rows, ({ day }) => day - 100)),
      store: coded(Uint8Array.from(rows, ({ store }) => store)),
    },
  }
}

const mask = (size: number) =>
  fc
    .array(fc.integer({ min: 0, max: 1 }), { minLength: size, maxLength: size })
    .map((bits) => Uint8Array.from(bits))
const window = fc
  .tuple(fc.integer({ min: 0, max: days - 1 }), fc.integer({ min: 0, max: days - 1 }))
  .map(([from, to]) => Uint8Array.from({ length: days }, (_, day) => (day >= from && day <= to ? 1 : 0)))
const condition = fc.oneof(
  fc.oneof(window, mask(days)).map((days) => ({ column: 'day', mask: days })),
  mask(3).map((stores) => ({ column: 'store', mask: stores })),
  fc
    .constantFrom<(readonly [number, number])[]>(
      [],
      [[2, 5]],
      [
        [-3, 0],
        [4, 4],
      ],
    )
    .map((spans) => ({ spans })),
)
const end = fc.oneof(
  fc.constant(-Infinity),
  fc.constant(Infinity),
  fc.integer({ min: -5, max: 40_000 }),
  fc.integer({ min: 90, max: 130 }),
)
const span = fc.record<Span>({ from: end, to: end, withFrom: fc.boolean(), withTo: fc.boolean() })
const asked = fc.oneof(
  fc.constantFrom({ kind: 'known' as const }, { kind: 'unknown' as const }),
  fc.array(span, { minLength: 1, maxLength: 3 }).map((spans) => ({ kind: 'spans' as const, spans })),
)
const ofDay = fc
  .tuple(
    fc.constantFrom('first' as const, 'last' as const),
    asked,
    fc.option(fc.integer({ min: 110, max: 130 })),
  )
  .map(([of, test, since]): Check => ({ of, test, scale: 1, ...(since !== null && { since }) }))
const ofNumber = fc
  .tuple(fc.constantFrom('count' as const, 'amount' as const), asked)
  .map(([of, test]): Check => ({ of, test, scale: 1 }))
const ofRatio = fc
  .tuple(
    ofNumber,
    fc.constantFrom('count' as const, 'amount' as const),
    fc.constantFrom('those' as const, 'all' as const),
    fc.constantFrom(1, 10_000),
  )
  .map(([one, of, over, scale]): Check => ({ ...one, scale, per: { of, over } }))
const check = fc.oneof(ofDay, ofNumber, ofRatio)

/** The same, member by member and row by row. */
function holds(one: Check, those: readonly Row[], whole: readonly Row[], isCounted: boolean): boolean {
  const sum = (of: 'count' | 'amount', rows: readonly Row[]) =>
    rows.reduce(
      (total, { amount, counted }) => total + (of === 'amount' ? amount : isCounted ? counted : 1),
      0,
    )
  const ofDays = those.map(({ day }) => day)
  let value: number | null
  if (one.of === 'first') value = those.length === 0 ? null : Math.min(...ofDays)
  else if (one.of === 'last') value = those.length === 0 ? null : Math.max(...ofDays)
  else value = sum(one.of, those)
  if (value !== null && one.since !== undefined) value = one.since - value
  const divisor = one.per ? sum(one.per.of, one.per.over === 'all' ? whole : those) : 1
  if (one.test.kind !== 'spans') return (value !== null && divisor > 0) === (one.test.kind === 'known')
  if (value === null || divisor <= 0) return false
  const scaled = value * one.scale
  return one.test.spans.some(({ from, to, withFrom, withTo }) => {
    const [low, high] = [from * divisor, to * divisor]
    return (withFrom ? scaled >= low : scaled > low) && (withTo ? scaled <= high : scaled < high)
  })
}

test('checks are answered as each member’s rows say', () => {
  fc.assert(
    fc.property(
      tables,
      fc.boolean(),
      fc.array(
        fc.tuple(fc.array(condition, { maxLength: 3 }), fc.array(check, { minLength: 1, maxLength: 8 })),
        { minLength: 1, maxLength: 5 },
      ),
      ({ rows, isLarge }, isCounted, asked) => {
        const columns = columnsOf(rows, isLarge, isCounted)
        const passes = asked.map(([conditions, checks]) => ({ table: 'orders', conditions, checks }))
        const words = tally({ orders: columns }, passes, members, (of) => totalOf(columns, of, members))
        const told: boolean[][] = []
        const wanted: boolean[][] = []
        let bit = 0
        for (const { conditions, checks } of passes) {
          const those = rows.filter(({ amount, day, store }) =>
            conditions.every((one) =>
              'spans' in one
                ? one.spans.some(([from, to]) => amount >= from && amount <= to)
                : one.mask[one.column === 'day' ? day - 100 : store] === 1,
            ),
          )
          for (const one of checks) {
            const word = words[Math.floor(bit / bitsOfWord)]!
            told.push(Array.from(word, (answers) => ((answers >> (bit % bitsOfWord)) & 1) === 1))
            bit++
            wanted.push(
              Array.from({ length: members }, (_, member) =>
                holds(
                  one,
                  those.filter((other) => other.member === member),
                  rows.filter((other) => other.member === member),
                  isCounted,
                ),
              ),
            )
          }
        }
        expect(told).toEqual(wanted)
      },
    ),
    { numRuns: cases(10) },
  )
})

test('ratios are compared exactly where their products are rounded', () => {
  const many = 2 ** 38
  const value = 9_999 * many - 1
  const divisor = 10_000 * many - 1
  expect(BigInt(value) * 10_000n - 9_999n * BigInt(divisor)).toBe(-1n)
  const columns: NumberColumns = {
    rows: 1,
    member: Int32Array.of(1),
    amount: Float64Array.of(value),
    day: Uint16Array.of(1),
    firstDay: 0,
    codes: {},
  }
  const above = { from: 9_999, to: Infinity, withFrom: true, withTo: true }
  const below = { from: -Infinity, to: 9_999, withFrom: true, withTo: false }
  const checks = [above, below].map((span): Check => ({
    of: 'amount',
    scale: 10_000,
    per: { of: 'amount', over: 'all' },
    test: { kind: 'spans', spans: [span] },
  }))
  const all = () => Float64Array.of(0, divisor)
  const words = tally({ orders: columns }, [{ table: 'orders', conditions: [], checks }], 2, all)
  expect([...words[0]!]).toEqual([0, 0b10])
})
