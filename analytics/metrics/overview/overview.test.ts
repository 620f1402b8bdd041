import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import { overviewOracle } from './oracle.ts'
import { overview, overviewFindings, type OverviewRow } from './overview.ts'
import { cases } from '../../../fixtures/cases.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const counted = ({
  kind: _kind,
  averageOrder: _average,
  guestShare: _share,
  membersExpression: _members,
  ...figures
}: OverviewRow) => figures

const windows = fc.record(
  {
    from: fc.constantFrom('2024-01-31', '2024-02-29', '2024-06-01', '2024-12-15'),
    to: fc.constantFrom('2024-12-31', '2025-01-31', '2025-02-28'),
    step: fc.constantFrom('week', 'month'),
    steps: fc.integer({ min: 0, max: 5 }),
  },
  { requiredKeys: ['steps'] },
)

test('every period is what the definitions count', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, windows, async (plain, question, window) => {
      const scope = await shop.load(plain, question)
      const rows = await answer(shop.engine, overview, scope, window)
      expect(rows).toHaveLength(2 + window.steps)
      for (const row of rows) {
        expect(counted(row)).toEqual(overviewOracle(plain, question, row.from, row.to))
        expect(row.netMinor).toBe(
          row.newNetMinor +
            row.firstSeenNetMinor +
            row.returningNetMinor +
            row.otherNetMinor +
            row.guestNetMinor,
        )
      }
    }),
    { numRuns: cases(10) },
  )
})

test('the previous period is as long as what has elapsed of the window; steps are whole weeks or months', async () => {
  const periods = async (asOf: string, settings: object, calendar = handShop.calendar) => {
    const scope = await shop.load({ ...handShop, calendar }, { ...handQuestion, asOf })
    const rows = await answer(shop.engine, overview, scope, { steps: 2, ...settings })
    return rows.map(({ kind, from, to, state }) => [kind, from, to, state])
  }
  expect(await periods('2024-08-15', { from: '2024-08-01', to: '2024-08-31' })).toEqual([
    ['current', '2024-08-01', '2024-08-15', 'complete'],
    ['previous', '2024-07-17', '2024-07-31', 'complete'],
    ['step', '2024-08-05', '2024-08-11', 'complete'],
    ['step', '2024-08-12', '2024-08-18', 'in-progress'],
  ])
  expect(
    await periods('2024-03-01', { step: 'month' }, { timeZone: 'Asia/Shanghai', firstWeekday: 7 }),
  ).toEqual([
    ['current', '2024-02-01', '2024-03-01', 'complete'],
    ['previous', '2024-01-02', '2024-01-31', 'complete'],
    ['step', '2024-02-01', '2024-02-29', 'complete'],
    ['step', '2024-03-01', '2024-03-31', 'in-progress'],
  ])
})

test('worked by hand', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const rows = await answer(shop.engine, overview, scope, { from: '2024-08-01', to: '2024-08-31', steps: 0 })
  expect(rows).toEqual([
    {
      kind: 'current',
      from: '2024-08-01',
      to: '2024-08-31',
      state: 'complete',
      netMinor: 6000 - 8000 - 1500,
      orders: 1,
      guestNetMinor: 0,
      guestOrders: 0,
      buyers: 1,
      newBuyers: 1,
      firstSeenBuyers: 0,
      returningBuyers: 0,
      newNetMinor: 6000 - 8000,
      firstSeenNetMinor: 0,
      returningNetMinor: -1500,
      otherNetMinor: 0,
      averageOrder: { numerator: -3500, denominator: 1, minor: -3500 },
      guestShare: { numerator: 0, denominator: -3500, value: null },
      membersExpression: 'orders(between 2024-08-01 and 2024-08-31) >= 1',
    },
    {
      kind: 'previous',
      from: '2024-07-01',
      to: '2024-07-31',
      state: 'complete',
      netMinor: 5000 + 3000 + 4000 + 2000,
      orders: 4,
      guestNetMinor: 2000,
      guestOrders: 1,
      buyers: 2,
      newBuyers: 1,
      firstSeenBuyers: 0,
      returningBuyers: 1,
      newNetMinor: 4000,
      firstSeenNetMinor: 0,
      returningNetMinor: 8000,
      otherNetMinor: 0,
      averageOrder: { numerator: 14000, denominator: 4, minor: 3500 },
      guestShare: { numerator: 2000, denominator: 14000, value: 1 / 7 },
      membersExpression: 'orders(between 2024-07-01 and 2024-07-31) >= 1',
    },
  ])
  // August fell to less than nothing: −17,500, of which returning members −9,500, new ones −6,000, guests −2,000.
  expect(overviewFindings(rows, scope.dataStart)).toEqual([
    {
      id: 'overview.fell',
      values: {
        change: -1.25,
        netMinor: -3500,
        previousNetMinor: 14000,
        most: 'returning',
        share: 9500 / 17500,
      },
    },
  ])
  // July is compared with where the data begins on its first day, and no later.
  const neutral = [{ id: 'overview.neutral', values: {} }]
  expect(overviewFindings(rows, '2024-07-01')).not.toEqual(neutral)
  expect(overviewFindings(rows, '2024-07-02')).toEqual(neutral)
  expect(overviewFindings(rows, null)).toEqual(neutral)
  expect(overviewFindings([], scope.dataStart)).toEqual(neutral)
})
