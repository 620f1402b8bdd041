import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shopsWithLines } from '../../oracle/shop-lines.ts'
import { productsOracle } from './oracle.ts'
import { products, productsFindings, type ProductsRow } from './products.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const byItem = <T extends { item: string | null }>(rows: readonly T[]) =>
  rows.toSorted((a, b) => String(a.item).localeCompare(String(b.item)))

test('members, returns, switchers of every category and product are what counting member by member gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      shopsWithLines,
      questions,
      fc.constantFrom('category' as const, 'product' as const),
      fc.constantFrom(1, 30, 90),
      async (plain, question, by, days) => {
        const scope = await shop.load(plain, question)
        const rows = await answer(shop.engine, products, scope, {
          by,
          withinDays: days,
          windowDays: 2 * days,
        })
        expect(
          byItem(rows).map((row) => ({
            item: row.item,
            members: row.members,
            orders: row.orders,
            netMinor: row.netMinor,
            repeated: row.repeated.numerator,
            began: row.returned.denominator,
            returned: row.returned.numerator,
            switchedAway: row.switchedAway,
            gone: row.gone,
            cameOver: row.cameOver,
          })),
        ).toEqual(byItem(productsOracle(plain, question, by, days, 2 * days)))
      },
    ),
    { numRuns: 30 },
  )
})

test('worked by hand', async () => {
  const line = (category: string, net: number) => ({ category, product: null, net })
  // Ann buys tea first and bread on her day of two orders; Ben's refunded order was bread, what he has left is tea; Cai's is tea and bread
  const bought: Record<number, ReturnType<typeof line>[]> = {
    2: [line('tea', 10000)],
    3: [line('bread', 8000)],
    5: [line('bread', 5000)],
    6: [line('bread', 2000), line('tea', 1000)],
    7: [line('tea', 1000), line('bread', 3000)],
    8: [line('tea', 6000)],
  }
  const plain = {
    ...handShop,
    orders: handShop.orders.map((order) => ({ ...order, lines: bought[order.key] ?? [] })),
  }
  const scope = await shop.load(plain, handQuestion)
  const rows = await answer(shop.engine, products, scope, { withinDays: 30, windowDays: 31 })
  expect(rows.map(({ item, netMinor }) => [item, netMinor])).toEqual([
    [null, 28000],
    ['tea', 18000],
    ['bread', 10000],
  ])
  const [, tea, bread] = rows as [ProductsRow, ProductsRow, ProductsRow]
  // Ben's first day of 20 August is not observed for 30 days; Ann came back after 35 days, Cai has not yet
  expect(tea).toMatchObject({
    members: 3,
    orders: 4,
    repeated: { numerator: 1, denominator: 3 },
    returned: { numerator: 0, denominator: 2 },
    netShare: { value: 18000 / 28000 },
    cameOver: 0,
  })
  // Wilson at 97.5% of 0 of 1 for bread: z² / (1 + z²), z = 2.2414
  expect(bread.high).toBeCloseTo(5.0239 / 6.0239, 4)
  // since 1 August (31 days) only Ben bought; Ann and Cai last had bread in July
  expect(bread).toMatchObject({ members: 2, orders: 3, switchedAway: 0, gone: 2 })
  // 82 days back is 10 June, Ann's first day: she bought before the window, and bread within it
  const longer = await answer(shop.engine, products, scope, { windowDays: 82 })
  expect(longer.find(({ item }) => item === 'bread')).toMatchObject({ cameOver: 1 })
  expect(bread.membersExpression).toBe('orders(category = "bread") >= 1')
  expect(bread.cameOverExpression).toBe(
    'orders(category = "bread", between 2024-08-01 and 2024-08-31) >= 1 and orders(category = "bread", day < 2024-08-01) = 0 and orders(day < 2024-08-01) >= 1',
  )
})

test('the title names what those begin with who come back more often, once chance is left out', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const counted = (item: string | null, netMinor: number, began: number, returned: number) => ({
    item,
    members: began,
    orders: began,
    netMinor,
    repeated: 0,
    began,
    returned,
    switchedAway: 0,
    gone: 0,
    cameOver: 0,
  })
  const settings = products.settings.parse({})
  const found = (...rows: object[]) => productsFindings(products.finish(rows, settings, scope))
  const all = counted(null, 300, 2000, 600)
  expect(found(all, counted('tea', 200, 1000, 500), counted('bread', 100, 1000, 100))).toEqual([
    { id: 'products.begins-well', values: { item: 'tea', first: 0.5, second: 0.3 } },
  ])
  // 16 of 30 against 30% is 2.8 standard errors: enough alone, too little as one of twenty
  const others = Array.from({ length: 19 }, (_, i) => counted(`other ${i}`, 1, 30, 9))
  expect(found(all, counted('tea', 200, 30, 16))).toMatchObject([{ id: 'products.begins-well' }])
  expect(found(all, counted('tea', 200, 30, 16), ...others)).toEqual([
    { id: 'products.top', values: { item: 'tea', share: 2 / 3 } },
  ])
  expect(found()).toEqual([{ id: 'products.neutral', values: {} }])
})
