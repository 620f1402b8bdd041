import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import { retentionOracle } from './oracle.ts'
import { retention, retentionAverages, type RetentionCell, retentionFindings } from './retention.ts'
import { cases } from '../../../fixtures/cases.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const counted = ({ rate: _rate, membersExpression: _members, ...cell }: RetentionCell) => cell

test('every cell is what the definition counts', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, fc.integer({ min: 0, max: 16 }), async (plain, question, periods) => {
      const scope = await shop.load(plain, question)
      const cells = await answer(shop.engine, retention, scope, { periods })
      expect(cells.map(counted)).toEqual(retentionOracle(plain, question, periods))
    }),
    { numRuns: cases(10) },
  )
})

test('worked by hand: a voided first order moves a member to a later cohort', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const cells = await answer(shop.engine, retention, scope)
  const cell = (cohort: string, period: number, returned: number) => ({
    cohort,
    period,
    cohortSize: 1,
    eligible: 1,
    returned,
    state: 'complete',
    firstSeen: false,
  })
  expect(cells.map(counted)).toEqual([
    cell('2024-06-01', 0, 1),
    cell('2024-06-01', 1, 1),
    cell('2024-06-01', 2, 0),
    cell('2024-07-01', 0, 1),
    cell('2024-07-01', 1, 0),
    cell('2024-08-01', 0, 1),
  ])
  expect(cells[1]!.membersExpression).toBe(
    'first_order between 2024-06-01 and 2024-06-30 and orders(between 2024-07-01 and 2024-07-31) >= 1',
  )
  expect(retentionAverages(cells)).toEqual([
    { period: 0, cohorts: 3, eligible: 3, returned: 3, rate: 1 },
    { period: 1, cohorts: 2, eligible: 2, returned: 1, rate: 0.5 },
    { period: 2, cohorts: 1, eligible: 1, returned: 0, rate: 0 },
  ])
})

test('the day before the month ends, its cells are in progress and in no average', async () => {
  const scope = await shop.load(handShop, { ...handQuestion, asOf: '2024-08-30' })
  const cells = await answer(shop.engine, retention, scope)
  expect(
    cells.filter(({ state }) => state === 'in-progress').map(({ cohort, period }) => [cohort, period]),
  ).toEqual([
    ['2024-06-01', 2],
    ['2024-07-01', 1],
    ['2024-08-01', 0],
  ])
  expect(retentionAverages(cells)[2]).toEqual({ period: 2, cohorts: 0, eligible: 0, returned: 0, rate: null })
})

test('a finding needs two groups of three new cohorts; otherwise it says less', () => {
  const cohort = (month: number, returned: number, firstSeen = false): RetentionCell => ({
    cohort: `2024-${String(month).padStart(2, '0')}-01`,
    period: 1,
    cohortSize: 500,
    eligible: 500,
    returned: returned * 5,
    rate: returned / 100,
    state: 'complete',
    firstSeen,
    membersExpression: 'everyone',
  })
  const falling = [34, 33, 35, 27, 28, 26].map((returned, i) => cohort(i + 1, returned))
  expect(retentionFindings(falling)).toEqual([
    { id: 'retention.fell', values: { before: 0.34, after: 0.27, since: '2024-04-01' } },
  ])
  const fewer = falling.map((cell) => ({ ...cell, eligible: 100, returned: cell.returned / 5 }))
  expect(retentionFindings(fewer)).toEqual([{ id: 'retention.month-1', values: { rate: 0.305, cohorts: 6 } }])
  expect(retentionFindings([cohort(1, 30), cohort(2, 40)])).toEqual([
    { id: 'retention.month-1', values: { rate: 0.35, cohorts: 2 } },
  ])
  expect(retentionFindings([cohort(1, 30, true)])).toEqual([{ id: 'retention.only-first-seen', values: {} }])
  expect(retentionFindings([])).toEqual([{ id: 'retention.neutral', values: {} }])
})
