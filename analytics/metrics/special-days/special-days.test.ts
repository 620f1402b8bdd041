import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays, daysBetween } from '../../calendar/calendar.ts'
import { festivalsOf } from '../../calendar/festivals.ts'
import { questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import { duckdb } from '../../sql/duckdb.ts'
import { indexOf, ordersByDay } from './oracle.ts'
import { specialDays, specialDaysFindings } from './special-days.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const settings = specialDays.settings.parse({})

test('orders of every day are what counting them gives', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, async (plain, question) => {
      const scope = await shop.load(plain, question)
      const rows = await shop.engine.rows(specialDays.build(settings, scope, duckdb))
      expect(
        new Map(rows.filter(({ orders }) => orders !== 0).map((row) => [row.localDay, row.orders])),
      ).toEqual(ordersByDay(plain, question))
    }),
    { numRuns: 20 },
  )
})

const start = '2023-11-01'
const finish = async (series: readonly number[]) => {
  const asOf = addDays(start, series.length - 1)
  const scope = { ...(await shop.load(handShop, handQuestion)), asOf, dataStart: start }
  const rows = series.map((orders, i) => ({ localDay: addDays(start, i), orders }))
  return { asOf, rows: specialDays.finish(rows, settings, scope) }
}

test('every index is the one that going through the days gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 2, max: 40 }), { minLength: 90, maxLength: 420 }),
      async (series) => {
        const { asOf, rows } = await finish(series)
        const all = series.map((_, i) => addDays(start, i))
        const held = [2023, 2024, 2025].flatMap(festivalsOf).filter(({ day }) => day >= start && day <= asOf)
        expect(rows.length).toBeGreaterThan(0)
        for (const row of rows) {
          const spans =
            row.kind === 'day of month'
              ? all.filter((day) => Number(day.slice(8)) === row.dayOfMonth).map((day) => [day])
              : held
                  .filter(({ festival }) => festival === row.festival)
                  .map(({ day }) =>
                    row.kind === 'festival'
                      ? [day]
                      : [7, 6, 5, 4, 3, 2, 1].map((back) => addDays(day, -back)),
                  )
          const { index, ...counts } = indexOf(series, start, spans)
          expect(row).toMatchObject(counts)
          expect(row.index).toBeCloseTo(index, 9)
        }
      },
    ),
    { numRuns: 15 },
  )
})

test('worked by hand: an ordinary shop has no special day, one that doubles on a festival and before another has', async () => {
  // 20 and 24 orders in turn of weeks: an ordinary day varies a little
  const series = Array.from({ length: 400 }, (_, i) => (Math.floor(i / 7) % 2 === 0 ? 20 : 24) + (i % 3))
  const plain = await finish(series)
  expect(plain.rows.every(({ apart }) => apart === 'not told')).toBe(true)
  expect(specialDaysFindings(plain.rows)).toEqual([{ id: 'special-days.even', values: {} }])

  const at = (day: string) => daysBetween(start, day)
  const doubled = series.map((orders, i) =>
    i === at('2024-02-14') || (i >= at('2024-09-10') && i < at('2024-09-17')) ? 3 * orders : orders,
  )
  const { rows } = await finish(doubled)
  const stands = rows.filter(({ kind, apart }) => kind !== 'day of month' && apart === 'more')
  expect(stands.map(({ kind, festival }) => [kind, festival])).toEqual([
    ['festival', 'valentine'],
    ['before festival', 'mid-autumn'],
  ])
  expect(stands[1]!.membersExpression).toBe('orders(between 2024-09-10 and 2024-09-16) >= 1')
  expect(specialDaysFindings(rows)[0]).toMatchObject({
    id: expect.stringMatching(/^special-days\.(on|before)$/),
  })
  expect(specialDaysFindings([])).toEqual([{ id: 'special-days.neutral', values: {} }])
})
