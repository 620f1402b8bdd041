import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import { growth, growthFindings, growthParts, type GrowthRow } from './growth.ts'
import { growthOracle } from './oracle.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

/** A period a row, a part a column. */
function ledger(rows: readonly GrowthRow[]) {
  return [...Map.groupBy(rows, ({ from }) => from).values()].map((lines) => ({
    from: lines[0]!.from,
    to: lines[0]!.to,
    state: lines[0]!.state,
    ...(Object.fromEntries(lines.map(({ part, members }) => [part, members])) as Record<
      (typeof growthParts)[number],
      number
    >),
  }))
}

test('the ledger is what sets of members give, adds up, and each period begins where the one before ended', async () => {
  await fc.assert(
    fc.asyncProperty(
      shops,
      questions,
      fc.constantFrom('week' as const, 'month' as const),
      fc.constantFrom(0, 5, 20, 30, 30, 60, 400),
      async (plain, question, step, active) => {
        const scope = await shop.load(plain, question)
        const dormancy = { active, cooling: active + 1, dormant: active + 2 }
        const rows = await answer(shop.engine, growth, { ...scope, dormancy }, { step, steps: 5 })
        const periods = ledger(rows)
        expect(periods).toEqual(growthOracle(plain, question, step, 5, active))
        for (const period of periods) {
          const lines = rows.filter(({ from }) => from === period.from)
          expect(period.start + lines.reduce((sum, { change }) => sum + (change ?? 0), 0)).toBe(period.end)
        }
        expect(periods.slice(1).map(({ start }) => start)).toEqual(periods.slice(0, -1).map(({ end }) => end))
      },
    ),
    { numRuns: 30 },
  )
})

test('worked by hand', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const byMonth = ledger(await answer(shop.engine, growth, scope))
  const none = { start: 0, restated: 0, new: 0, 'first seen': 0, reactivated: 0, lapsed: 0, end: 0 }
  // the data begins in January; Ann and Ben first buy in June, Cai on 31 July, when Ben is 41 days silent
  expect(byMonth.map(({ from }) => from)[0]).toBe('2024-01-01')
  expect(byMonth.at(-3)).toMatchObject({ from: '2024-06-01', ...none, new: 2, end: 2 })
  expect(byMonth.at(-2)).toMatchObject({ from: '2024-07-01', ...none, start: 2, new: 1, lapsed: 1, end: 2 })
  // Ann is 47 days silent, Cai 31; Ben's first order was refunded whole on 2 August, so that he is new on the 20th
  expect(byMonth.at(-1)).toMatchObject({ from: '2024-08-01', ...none, start: 2, new: 1, lapsed: 2, end: 1 })

  // with 60 days Ben is active on 31 July, by an order that counts no more at the end of August
  const dormancy = { active: 60, cooling: 90, dormant: 180 }
  const longer = await answer(shop.engine, growth, { ...scope, dormancy })
  expect(ledger(longer).at(-1)).toMatchObject({ ...none, start: 3, restated: 1, new: 1, end: 3 })
  expect(longer.findLast(({ part }) => part === 'restated')).toMatchObject({
    change: -1,
    membersExpression:
      '(status = "active") on 2024-07-31 and not (orders(between 2024-06-01 and 2024-07-31) >= 1) on 2024-08-31',
  })
})

test('the title says how the last complete period ended', async () => {
  const rows = await answer(shop.engine, growth, await shop.load(handShop, handQuestion))
  expect(growthFindings(rows, 'month')).toEqual([
    {
      id: 'growth.shrank-month',
      values: { since: '2024-08-01', start: 2, end: 1, came: 1, returned: 0, quiet: 2 },
    },
  ])
  expect(growthFindings([], 'week')).toEqual([{ id: 'growth.neutral', values: {} }])
})
