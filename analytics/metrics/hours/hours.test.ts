import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays, weekday } from '../../calendar/calendar.ts'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { dataStart } from '../../oracle/meaning.ts'
import { shops } from '../../oracle/shop.ts'
import { hours, hoursFindings, weekdayNames } from './hours.ts'
import { hoursOracle } from './oracle.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

test('orders and days of every hour are what a clock and a calendar give', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, fc.constantFrom(0, 6, 40, 364), async (plain, question, back) => {
      const scope = await shop.load(plain, question)
      const asked = addDays(question.asOf, -back)
      const rows = await answer(shop.engine, hours, scope, { from: asked })
      const start = dataStart(plain)
      const from = start !== null && asked < start ? start : asked
      const counts = hoursOracle(plain, question, from, question.asOf)
      const days = Array.from({ length: 400 }, (_, i) => addDays(from, i)).filter(
        (day) => day <= question.asOf,
      )
      expect(rows).toHaveLength(start === null || days.length === 0 ? 0 : 168)
      for (const row of rows) {
        const number = weekdayNames.indexOf(row.weekday) + 1
        expect([row, row.orders, row.days]).toEqual([
          row,
          counts.get(`${number} ${row.hour}`) ?? 0,
          days.filter((day) => weekday(day) === number).length,
        ])
      }
    }),
    { numRuns: 25 },
  )
})

test('worked by hand', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const rows = await answer(shop.engine, hours, scope, { from: '2024-07-01' })
  // July and August 2024: 15 July was a Monday, with orders at 10 and 18; 31 July a Wednesday, 23:30
  expect(
    rows
      .filter(({ orders }) => orders > 0)
      .map(({ weekday: day, hour, orders, days }) => [day, hour, orders, days]),
  ).toEqual([
    ['monday', 10, 1, 9],
    ['monday', 18, 1, 9],
    ['tuesday', 12, 1, 9],
    ['wednesday', 12, 1, 9],
    ['wednesday', 23, 1, 9],
  ])
  expect(rows[23]!.membersExpression).toBe(
    'orders(weekday = "monday", hour = 23, between 2024-07-01 and 2024-08-31) >= 1',
  )
  expect(hoursFindings(rows)).toEqual([
    { id: 'hours.busiest', values: { weekday: 'monday', hour: 10, share: 0.2 } },
  ])
  expect(hoursFindings(rows.map((row) => ({ ...row, orders: row.hour === 0 ? 3 : 0 })))).toEqual([
    { id: 'hours.no-times', values: {} },
  ])
})
