import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import { dormancyOracle } from './oracle.ts'
import { dormancy, dormancyFindings, type DormancyRow } from './dormancy.ts'
import { cases } from '../../../fixtures/cases.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const counted = ({ kind, status, members, valueAtRiskMinor }: DormancyRow) => ({
  kind,
  status,
  members,
  valueAtRiskMinor,
})

test('statuses and curve are what the definitions count', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, fc.constantFrom(1, 10, 45), async (plain, question, every) => {
      const scope = await shop.load(plain, question)
      const rows = await answer(shop.engine, dormancy, scope, { every, until: 200 })
      expect(rows.map(counted)).toEqual(dormancyOracle(plain, question, every, 200))
    }),
    { numRuns: cases(10) },
  )
})

test('worked by hand', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const rows = await answer(shop.engine, dormancy, scope, { until: 60, every: 20 })
  expect(
    rows.map(({ status, fromDays, toDays, members, valueAtRiskMinor }) => [
      status ?? 'silent',
      fromDays,
      toDays,
      members,
      valueAtRiskMinor,
    ]),
  ).toEqual([
    ['active', 0, 30, 1, 6000], // Ben, 11 days: 8,000 − 8,000 + 6,000
    ['cooling', 31, 90, 2, 18000 + 2500], // Ann 47 days, Cai 31
    ['dormant', 91, 180, 0, 0],
    ['lost', 181, null, 0, 0],
    ['never bought', null, null, 1, 0], // Dan
    ['silent', 0, null, 3, 26500],
    ['silent', 20, null, 2, 20500],
    ['silent', 40, null, 1, 18000],
    ['silent', 60, null, 0, 0],
  ])
  expect(rows[1]!.membersExpression).toBe('status = "cooling"')
  expect(dormancyFindings(rows)).toEqual([
    { id: 'dormancy.none-dormant', values: { cooling: 2, members: 3 } },
  ])
  const later = await shop.load(handShop, { ...handQuestion, asOf: '2024-12-01' })
  expect(dormancyFindings(await answer(shop.engine, dormancy, later))).toEqual([
    {
      id: 'dormancy.dormant-value',
      values: { members: 3, valueMinor: 38000 + 6000 + 2500, share: 1, fromDays: 91, toDays: 180 },
    },
  ])
})
