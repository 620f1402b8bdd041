import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import { concentration, concentrationFindings } from './concentration.ts'
import { concentrationOracle } from './oracle.ts'
import { cases } from '../../../fixtures/cases.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const rounded = (gini: number | null) => (gini === null ? null : Math.round(gini * 1e9) / 1e9)

test('tops, parts and Gini are what sorting and adding up gives', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, async (plain, question) => {
      const scope = await shop.load(plain, question)
      const rows = await answer(shop.engine, concentration, scope)
      expect(
        rows.map(({ kind, percent, members, netMinor, atLeastMinor, share, gini }) => ({
          kind,
          percent,
          members,
          netMinor,
          atLeastMinor,
          whole: share.denominator,
          gini: rounded(gini),
        })),
      ).toEqual(
        concentrationOracle(plain, question).map((row) => ({
          ...row,
          gini: rounded(row.gini),
        })),
      )
    }),
    { numRuns: cases(12) },
  )
})

test('worked by hand', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const rows = await answer(shop.engine, concentration, scope)
  const of = (kind: string, percent: number) =>
    rows.find((row) => row.kind === kind && row.percent === percent)
  // Ann 18,000, Ben 6,000, Cai 2,500: 26,500
  expect(of('top', 1)).toMatchObject({
    members: 1,
    netMinor: 18000,
    atLeastMinor: 18000,
    membersExpression: 'orders >= 1 and net >= 180',
  })
  expect(of('top', 35)).toMatchObject({ members: 2, netMinor: 24000 })
  expect(of('part', 60)).toMatchObject({ members: 1, netMinor: 18000 })
  expect(of('part', 80)).toMatchObject({ members: 2, share: { value: 24000 / 26500 } })
  // 2·(1·2,500 + 2·6,000 + 3·18,000) ÷ (3·26,500) − 4/3
  expect(of('all', 100)!.gini).toBeCloseTo(137000 / 79500 - 4 / 3, 12)
  expect(concentrationFindings(rows)).toEqual([
    { id: 'concentration.few', values: { members: 1, first: 1 / 3, second: 18000 / 26500 } },
  ])
  expect(concentrationFindings([])).toEqual([{ id: 'concentration.neutral', values: {} }])
})
