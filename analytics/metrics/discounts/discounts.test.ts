import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shopsWithLines } from '../../oracle/shop-lines.ts'
import { discounts, discountsFindings } from './discounts.ts'
import { discountsOracle } from './oracle.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

test('habits and second purchases are what telling member by member gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      shopsWithLines,
      questions,
      fc.constantFrom(1, 2, 3),
      fc.constantFrom(1, 30, 90),
      async (plain, question, leastOrders, withinDays) => {
        const scope = await shop.load(plain, question)
        const rows = await answer(shop.engine, discounts, scope, { leastOrders, withinDays })
        expect(
          Object.fromEntries(
            rows
              .filter(({ members }) => members > 0)
              .map(({ band, first, second, members }) => [band ?? `${first}, ${second}`, members]),
          ),
        ).toEqual(discountsOracle(plain, question, leastOrders, withinDays))
      },
    ),
    { numRuns: 30 },
  )
})

test('worked by hand', async () => {
  // Ann begins at a discount and comes back 35 days later, once with one and once without; Cai has not come back
  const discounted: Record<number, boolean> = { 2: true, 5: true, 6: false, 7: false, 8: true }
  const plain = {
    ...handShop,
    orders: handShop.orders.map((order) => ({ ...order, discounted: discounted[order.key] ?? false })),
  }
  const scope = await shop.load(plain, handQuestion)
  const rows = await answer(shop.engine, discounts, scope, { withinDays: 31 })
  const of = (first: string, second: string) =>
    rows.find((row) => row.first === first && row.second === second)
  // two of Ann's three orders
  expect(rows.find(({ band }) => band === 'up to two thirds')).toMatchObject({
    members: 1,
    share: { value: 1 },
  })
  // her 35 days are too many; Cai's first day of 31 July is observed for 31 days, Ben's of 20 August is not
  expect(of('discount', 'none')).toMatchObject({ members: 1, share: { denominator: 1 } })
  expect(of('full price', 'none')).toMatchObject({ members: 1, share: { denominator: 1 } })
  const longer = await answer(shop.engine, discounts, scope, { withinDays: 35 })
  expect(longer.find((row) => row.first === 'discount' && row.second === 'discount')).toMatchObject({
    members: 1,
    membersExpression:
      'orders(purchase_day = 1, discounted = true, day <= 2024-07-27) >= 1 and orders(purchase_day = 2, days_after_previous <= 35) >= 1 and orders(purchase_day = 2, discounted = true) >= 1',
  })
  expect(discountsFindings(rows)).toEqual([{ id: 'discounts.always', values: { share: 0, members: 0 } }])
})
