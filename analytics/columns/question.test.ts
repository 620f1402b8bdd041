import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cases } from '../../fixtures/cases.ts'
import { countBits, numbersOfBits, wordsFor } from './bits.ts'
import type { MemberColumns, RowColumns } from './columns.ts'
import { Asker, chunkMembers, type Leaf, type Node } from './question.ts'
import { type Check, checkAll, type RowCondition, type Span } from './totals.ts'

/** More than a chunk. */
const members = chunkMembers + 96
const days = 20
const who = [0, 1, 31, 32, chunkMembers - 1, chunkMembers, members - 1]

/** A row of orders, the day as it is told from 1970. */
interface Row {
  readonly member: number
  readonly amount: number
  readonly day: number
  readonly store: number
  readonly counted: number
}

const row = fc.record<Row>({
  member: fc.constantFrom(...who),
  amount: fc.integer({ min: -3, max: 9 }),
  day: fc.integer({ min: 100, max: 99 + days }),
  store: fc.integer({ min: 0, max: 2 }),
  counted: fc.integer({ min: 0, max: 1 }),
})

/** Rows of members at both ends of the chunks, of whom amounts below 0 are known or not; others have none. */
const tables = fc
  .tuple(fc.array(row, { minLength: 1, maxLength: 60 }), fc.boolean(), fc.boolean(), fc.boolean())
  .map(([rows, isLarge, isMoved, onlyRises]) => ({
    rows: onlyRises ? rows.map((one) => ({ ...one, amount: Math.abs(one.amount) })) : rows,
    isLarge,
    isMoved,
  }))

const leastOf = (rows: readonly Row[]): MemberColumns['leastAmount'] => {
  const least = Math.min(...rows.map(({ amount }) => amount))
  return { orders: least, lines: least }
}

/** The rows as columns, each member's by their days; `isMoved`: those of some members behind a gap that nobody has. */
function columnsOf(rows: readonly Row[], isLarge: boolean, isMoved: boolean): RowColumns {
  const gap = 5
  const start = new Uint32Array(members)
  const count = new Uint32Array(members)
  const newest = new Uint16Array(members).fill(7) // of who has no rows it says nothing
  const amount = new (isLarge ? Float64Array : Int32Array)(2 * rows.length + gap).fill(-99)
  const codes = { day: new Uint16Array(amount.length), store: new Uint16Array(amount.length) }
  let at = 0
  for (const isLater of [false, true]) {
    if (isLater) at += gap
    for (const member of who) {
      if ((isMoved && member % 2 === 0) !== isLater) continue
      const own = rows.filter((one) => one.member === member).toSorted((a, b) => a.day - b.day)
      start[member] = at
      count[member] = own.length
      for (const one of own) {
        amount[at] = one.amount
        codes.day[at] = one.day - 100
        newest[member] = one.day - 100
        codes.store[at++] = 2 * one.store + one.counted
      }
    }
  }
  return { start, count, newest, amount, codes }
}

const mask = (size: number) =>
  fc
    .array(fc.integer({ min: 0, max: 1 }), { minLength: size, maxLength: size })
    .map((bits) => Uint8Array.from(bits))
const window = fc
  .tuple(fc.integer({ min: 0, max: days - 1 }), fc.integer({ min: 0, max: days - 1 }))
  .map(([from, to]) => Uint8Array.from({ length: days }, (_, day) => (day >= from && day <= to ? 1 : 0)))
const condition = fc.oneof(
  fc.oneof(window, mask(days)).map((met) => ({ column: 'day', mask: met })),
  // of each store the rows that are counted and the others
  mask(3).map((stores): RowCondition => {
    const both = (counted: (code: number) => number) =>
      Uint8Array.from({ length: 6 }, (_, code) => stores[code >> 1]! & counted(code))
    return { column: 'store', mask: both(() => 1), counted: both((code) => code & 1) }
  }),
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
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) }, // what a few rows come to
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

/** The same, member by member and row by row: rows of a store that aren't counted count where no store is asked for. */
function holds(one: Check, those: readonly Row[], whole: readonly Row[], isOfStore: boolean): boolean {
  const sum = (of: 'count' | 'amount', rows: readonly Row[], isCounted: boolean) =>
    rows.reduce(
      (total, { amount, counted }) => total + (of === 'amount' ? amount : isCounted ? counted : 1),
      0,
    )
  const ofDays = those.map(({ day }) => day)
  let value: number | null
  if (one.of === 'first') value = those.length === 0 ? null : Math.min(...ofDays)
  else if (one.of === 'last') value = those.length === 0 ? null : Math.max(...ofDays)
  else value = sum(one.of, those, isOfStore)
  if (value !== null && one.since !== undefined) value = one.since - value
  const divisor = !one.per
    ? 1
    : one.per.over === 'all'
      ? sum(one.per.of, whole, false)
      : sum(one.per.of, those, isOfStore)
  if (one.test.kind !== 'spans') return (value !== null && divisor > 0) === (one.test.kind === 'known')
  if (value === null || divisor <= 0) return false
  const scaled = value * one.scale
  return one.test.spans.some(({ from, to, withFrom, withTo }) => {
    const [low, high] = [from * divisor, to * divisor]
    return (withFrom ? scaled >= low : scaled > low) && (withTo ? scaled <= high : scaled < high)
  })
}

interface AskedOfRows {
  readonly conditions: readonly RowCondition[]
  readonly check: Check
}

const leaf = fc.record<AskedOfRows>({
  conditions: fc.oneof(fc.array(condition, { maxLength: 1 }), fc.array(condition, { maxLength: 4 })),
  check,
})

/** Rules over so many leaves of rows, one of a fact, one of an amount and one that is told. */
const rules = (leaves: number) => {
  const { node } = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.integer({ min: 0, max: leaves + 2 }).map((of): Node => ({ kind: 'leaf', leaf: of })),
      fc.constant<Node>({ kind: 'everyone' }),
      tie('node').map((part): Node => ({ kind: 'not', part })),
      fc
        .tuple(
          fc.constantFrom('and' as const, 'or' as const),
          fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
        )
        .map(([kind, parts]): Node => ({ kind, parts })),
    ),
  }))
  return fc.array(node, { minLength: 1, maxLength: 4 })
}

const isTrue = (node: Node, answer: (of: number) => boolean): boolean => {
  switch (node.kind) {
    case 'everyone':
      return true
    case 'leaf':
      return answer(node.leaf)
    case 'not':
      return !isTrue(node.part, answer)
    case 'and':
      return node.parts.every((part) => isTrue(part, answer))
    case 'or':
      return node.parts.some((part) => isTrue(part, answer))
  }
}

const questions = fc
  .array(leaf, { minLength: 1, maxLength: 5 })
  .chain((leaves) => fc.record({ leaves: fc.constant(leaves), asked: rules(leaves.length) }))

test('rules select whom each member’s rows say', () => {
  fc.assert(
    fc.property(
      tables,
      questions,
      fc.subarray(who, { minLength: 1 }),
      fc.subarray(who),
      fc.array(fc.oneof(fc.constant(NaN), fc.integer({ min: -2, max: 4 })), {
        minLength: who.length,
        maxLength: who.length,
      }),
      asked,
      ({ rows, isLarge, isMoved }, { leaves, asked: nodes }, known, told, wealths, wealthTest) => {
        const wealth = new Float64Array(members)
        for (const [i, member] of who.entries()) wealth[member] = wealths[i]!
        const table = columnsOf(rows, isLarge, isMoved)
        const columns: MemberColumns = {
          tables: { orders: table, lines: table },
          facts: { half: Int32Array.from({ length: members }, (_, member) => member % 2) },
          known: bitsOf(known),
          amounts: { wealth },
          members,
          firstDay: 100,
          leastAmount: leastOf(rows),
        }
        const question = {
          leaves: [
            ...leaves.map(({ conditions, check: one }): Leaf => ({
              kind: 'rows',
              table: 'orders',
              conditions,
              check: one,
            })),
            { kind: 'fact', fact: 'half', mask: Uint8Array.of(0, 1) } as const,
            { kind: 'amount', fact: 'wealth', test: wealthTest } as const,
            { kind: 'told', bits: bitsOf(told) } as const,
          ],
          rules: nodes,
        }
        const selected = nodes.map(() => new Uint32Array(wordsFor(members)))
        const asker = new Asker(columns, question)
        for (let chunk = 0; chunk * chunkMembers < members; chunk++) asker.answer(chunk, selected)
        const holdsOf = (member: number) => (number: number) => {
          if (number === leaves.length) return member % 2 === 1
          if (number === leaves.length + 1) {
            const own = wealth[member]!
            if (wealthTest.kind !== 'spans') return Number.isNaN(own) === (wealthTest.kind === 'unknown')
            return wealthTest.spans.some(
              ({ from, to, withFrom, withTo }) =>
                (withFrom ? own >= from : own > from) && (withTo ? own <= to : own < to),
            )
          }
          if (number > leaves.length) return told.includes(member)
          const { conditions, check: one } = leaves[number]!
          const whole = rows.filter((other) => other.member === member)
          const those = whole.filter(({ amount, day, store, counted }) =>
            conditions.every((met) =>
              'spans' in met
                ? met.spans.some(([from, to]) => amount >= from && amount <= to)
                : met.mask[met.column === 'day' ? day - 100 : 2 * store + counted] === 1,
            ),
          )
          return holds(
            one,
            those,
            whole,
            conditions.some((met) => 'column' in met && met.column === 'store'),
          )
        }
        expect(selected.map((bits) => [...numbersOfBits(bits, countBits(bits))])).toEqual(
          nodes.map((node) => known.filter((member) => isTrue(node, holdsOf(member)))),
        )
      },
    ),
    { numRuns: cases(150) },
  )
})

function bitsOf(numbers: readonly number[]): Uint32Array {
  const bits = new Uint32Array(wordsFor(members))
  for (const number of numbers) bits[number >>> 5]! |= 1 << (number & 31)
  return bits
}

/** Five members have 0 to 4 rows, on the days 100, 101 and so on, each of an amount of 10. */
const stairs: readonly Row[] = [1, 2, 3, 4].flatMap((count) =>
  Array.from({ length: count }, (_, i) => ({
    member: who[count]!,
    amount: 10,
    day: 100 + i,
    store: 0,
    counted: 1,
  })),
)
/** Of the members that are selected, how many rows they have. */
const selectedOfStairs = (
  one: Check,
  conditions: readonly RowCondition[],
  rows: readonly Row[] = stairs,
): number[] => {
  const table = columnsOf(rows, false, false)
  const columns: MemberColumns = {
    tables: { orders: table, lines: table },
    facts: {},
    known: bitsOf(who.slice(0, 5)),
    amounts: {},
    members,
    firstDay: 100,
    leastAmount: leastOf(rows),
  }
  const selected = [new Uint32Array(wordsFor(members))]
  const leaves: Leaf[] = [{ kind: 'rows', table: 'orders', conditions, check: one }]
  new Asker(columns, { leaves, rules: [{ kind: 'leaf', leaf: 0 }] }).answer(0, selected)
  return [...numbersOfBits(selected[0]!, countBits(selected[0]!))].map((member) => who.indexOf(member))
}
const from = (day: number): RowCondition => ({
  column: 'day',
  mask: Uint8Array.from({ length: days }, (_, code) => (code >= day - 100 ? 1 : 0)),
})
const spans = (...all: Span[]) => ({ kind: 'spans' as const, spans: all })
const closed = (least: number, most: number): Span => ({
  from: least,
  to: most,
  withFrom: true,
  withTo: true,
})

test('rows are counted as far as the answer asks for', () => {
  const count = (...all: Span[]) => selectedOfStairs({ of: 'count', scale: 1, test: spans(...all) }, [])
  for (let bound = 0; bound <= 4; bound++) {
    expect(count(closed(bound, Infinity))).toEqual([0, 1, 2, 3, 4].filter((n) => n >= bound))
    expect(count(closed(-Infinity, bound))).toEqual([0, 1, 2, 3, 4].filter((n) => n <= bound))
    expect(count(closed(bound, bound))).toEqual([bound])
    expect(count({ ...closed(bound, Infinity), withFrom: false })).toEqual(
      [0, 1, 2, 3, 4].filter((n) => n > bound),
    )
    expect(count(closed(0, 1), closed(bound, bound))).toEqual([...new Set([0, 1, bound])])
  }
  // with a condition that all meet, rows are looked at one by one
  const all = { column: 'store', mask: Uint8Array.of(1, 1) }
  expect(selectedOfStairs({ of: 'count', scale: 1, test: spans(closed(3, 3)) }, [all])).toEqual([3])
})

test('amounts are added up as far as the answer asks for, unless later ones take away', () => {
  const sum = (span: Span, rows?: readonly Row[]) =>
    selectedOfStairs({ of: 'amount', scale: 1, test: spans(span) }, [], rows)
  for (const bound of [0, 5, 10, 15, 20, 40]) {
    expect(sum(closed(bound, Infinity))).toEqual([0, 1, 2, 3, 4].filter((n) => 10 * n >= bound))
    expect(sum(closed(-Infinity, bound))).toEqual([0, 1, 2, 3, 4].filter((n) => 10 * n <= bound))
    expect(sum({ ...closed(bound, Infinity), withFrom: false })).toEqual(
      [0, 1, 2, 3, 4].filter((n) => 10 * n > bound),
    )
  }
  // the first order takes away what the later ones bring
  const falling = stairs.map((one) => (one.day === 100 ? { ...one, amount: -25 } : one))
  expect(sum(closed(0, Infinity), falling)).toEqual([0, 4])
  expect(sum(closed(-Infinity, 4), falling)).toEqual([0, 1, 2, 3])
})

test('a window may begin on the day of a member’s newest row', () => {
  const since = [from(102)]
  const is = (of: Check['of'], span: Span, per?: Check['per']) =>
    selectedOfStairs({ of, scale: 1, test: spans(span), ...(per && { per }) }, since)
  expect(is('count', closed(1, 1))).toEqual([3])
  expect(is('count', closed(0, 0))).toEqual([0, 1, 2])
  expect(is('amount', closed(10, 10))).toEqual([3])
  expect(is('first', closed(102, 102))).toEqual([3, 4])
  expect(is('last', closed(102, 102))).toEqual([3])
  expect(is('amount', closed(10, 10), { of: 'count', over: 'those' })).toEqual([3, 4])
  expect(is('count', closed(0, 0), { of: 'count', over: 'all' })).toEqual([1, 2])
})

test('ratios are compared exactly where their products are rounded', () => {
  const many = 2 ** 38
  const value = 9_999 * many - 1
  const divisor = 10_000 * many - 1
  expect(BigInt(value) * 10_000n - 9_999n * BigInt(divisor)).toBe(-1n)
  const above = { from: 9_999, to: Infinity, withFrom: true, withTo: true }
  const below = { from: -Infinity, to: 9_999, withFrom: true, withTo: false }
  const met = [above, below].map((span) => {
    const check: Check = {
      of: 'amount',
      scale: 10_000,
      per: { of: 'amount', over: 'all' },
      test: { kind: 'spans', spans: [span] },
    }
    const answer = new Uint8Array(1)
    checkAll(check, 0, Float64Array.of(value), Float64Array.of(divisor), 1, answer)
    return answer[0]
  })
  expect(met).toEqual([0, 1])
})
