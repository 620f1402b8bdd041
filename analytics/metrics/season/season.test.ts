import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endOfMonth } from '../../calendar/calendar.ts'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { dataStart } from '../../oracle/meaning.ts'
import { shopsWithLines } from '../../oracle/shop-lines.ts'
import { seasonOracle } from './oracle.ts'
import { season, seasonFindings } from './season.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

test('shares of every month are what counting orders gives, the usual one that of the complete months', async () => {
  await fc.assert(
    fc.asyncProperty(shopsWithLines, questions, async (plain, question) => {
      const scope = await shop.load(plain, question)
      const rows = await answer(shop.engine, season, scope)
      const counted = seasonOracle(plain, question)
      for (const row of rows)
        expect({ ...row, share: { ...row.share, ...counted(row.item, row.month) } }).toEqual(row)
      for (const item of new Set(rows.map((row) => row.item))) {
        const own = rows.filter((row) => row.item === item)
        expect(own.every(({ month }) => endOfMonth(month) >= dataStart(plain)!)).toBe(true)
        const complete = own.filter(({ month }) => endOfMonth(month) <= question.asOf)
        const sum = (of: 'numerator' | 'denominator') =>
          complete.reduce((total, { month }) => total + counted(item, month)[of], 0)
        expect(own[0]!.usual).toMatchObject({
          numerator: sum('numerator'),
          denominator: sum('denominator'),
        })
      }
    }),
    { numRuns: 30 },
  )
})

test('worked by hand', async () => {
  const cake = (net: number) => [{ category: 'cake', product: null, net }]
  const plain = {
    ...handShop,
    orders: handShop.orders.map((order) => ({
      ...order,
      lines: [5, 8].includes(order.key) ? cake(100) : [],
    })),
  }
  const scope = await shop.load(plain, handQuestion)
  const rows = await answer(shop.engine, season, scope)
  // cake is in one of July's three orders and in August's one; June's one that still counts has none
  expect(
    rows.slice(-3).map(({ month, share, state }) => [month, share.numerator, share.denominator, state]),
  ).toEqual([
    ['2024-06-01', 0, 1, 'complete'],
    ['2024-07-01', 1, 3, 'complete'],
    ['2024-08-01', 1, 1, 'complete'],
  ])
  expect(rows.at(-1)).toMatchObject({
    usual: { numerator: 2, denominator: 5 },
    times: 2.5,
    apart: 'not told',
    membersExpression: 'orders(category = "cake", between 2024-08-01 and 2024-08-31) >= 1',
  })
  expect(seasonFindings(rows)).toEqual([{ id: 'season.even', values: {} }])
  const many = season.finish(
    [
      { item: 'cake', month: '2024-07-01', orders: 100 },
      { item: 'cake', month: '2024-08-01', orders: 300 },
      { item: null, month: '2024-07-01', orders: 1000 },
      { item: null, month: '2024-08-01', orders: 1000 },
    ],
    season.settings.parse({}),
    scope,
  )
  expect(seasonFindings(many)).toEqual([
    {
      id: 'season.peak',
      values: { item: 'cake', since: '2024-08-01', times: 0.3 / (400 / 2000), first: 0.3 },
    },
  ])
})
