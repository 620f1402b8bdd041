import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import { ltvOracle } from './oracle.ts'
import { blendedValue, ltv, ltvFindings, type LtvRow } from './ltv.ts'
import { cases } from '../../../fixtures/cases.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const counted = ({ value: _value, membersExpression: _members, ...row }: LtvRow) => row

test('every cell is what the definitions sum', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, fc.integer({ min: 0, max: 16 }), async (plain, question, periods) => {
      const scope = await shop.load(plain, question)
      const rows = await answer(shop.engine, ltv, scope, { periods })
      expect(rows.map(counted)).toEqual(ltvOracle(plain, question, periods))
    }),
    { numRuns: cases(10) },
  )
})

test('worked by hand: what came before the first order that stands is in period 0; the lines add up', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const rows = await answer(shop.engine, ltv, scope)
  expect(rows.map(({ cohort, period, cumulativeNetMinor }) => [cohort, period, cumulativeNetMinor])).toEqual([
    ['2024-06-01', 0, 10000],
    ['2024-06-01', 1, 18000],
    ['2024-06-01', 2, 18000],
    ['2024-07-01', 0, 4000],
    ['2024-07-01', 1, 2500],
    ['2024-08-01', 0, 6000], // 8,000 paid in June, refunded on 2 August, and 6,000 on the 20th
    [null, null, 0], // Dan: his unpaid order's refund counts for nothing
  ])
  expect(rows[4]!.value).toEqual({ numerator: 2500, denominator: 1, minor: 2500 })
  // Steps: (10,000 + 4,000 + 6,000) ÷ 3, then (8,000 − 1,500) ÷ 2, then 0 ÷ 1.
  expect(blendedValue(rows)).toEqual([
    { period: 0, cohorts: 3, members: 3, stepMinor: 6667, cumulativeMinor: 6667 },
    { period: 1, cohorts: 2, members: 2, stepMinor: 3250, cumulativeMinor: 9917 },
    { period: 2, cohorts: 1, members: 1, stepMinor: 0, cumulativeMinor: 9917 },
  ])
  expect(ltvFindings(rows)).toEqual([
    { id: 'ltv.grows', values: { periods: 2, firstMinor: 6667, latestMinor: 9917, times: 9917 / 6667 } },
  ])
})

test('a cell in progress has no value and is not in the curve; first-seen cohorts are not either', async () => {
  const scope = await shop.load(handShop, { ...handQuestion, asOf: '2024-08-30' })
  const rows = await answer(shop.engine, ltv, scope)
  expect(rows.filter(({ value }) => value === null).map(({ cohort, state }) => [cohort, state])).toEqual([
    ['2024-06-01', 'in-progress'],
    ['2024-07-01', 'in-progress'],
    ['2024-08-01', 'in-progress'],
    [null, 'complete'],
  ])
  expect(blendedValue(rows).map(({ cohorts }) => cohorts)).toEqual([2, 1])
  const onlyFirstSeen = rows.map((row) => ({ ...row, firstSeen: true }))
  expect(blendedValue(onlyFirstSeen)).toEqual([])
  expect(ltvFindings(onlyFirstSeen)).toEqual([{ id: 'ltv.only-first-seen', values: {} }])
})
