import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { sentence } from '../../messages/messages.ts'
import type { Refusal } from '../refusal.ts'
import { zipped } from '../containers/archive.fixture.ts'
import { openTestShop, receiptOf } from '../test-shop.ts'

/** A file of many rows whose dates can be read both ways, but for those that are said by line. */
function file(lines: number, said: Readonly<Record<number, string>>): string {
  const rows = ['order_id,customer_id,order_date,amount']
  for (let line = 2; line <= lines; line++)
    rows.push(`O${line},m${line % 50},${said[line] ?? `0${1 + (line % 3)}/0${1 + (line % 9)}/2026`},1.00`)
  return `${rows.join('\n')}\n`
}

test('one value in row 50,000 decides the whole column', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('a.csv', file(52_000, { 50_000: '31/01/2026' }))
  expect(receiptOf(await shop.import(path))).toMatchObject({ read: 51_999, refused: 0 })
  const [days] = await shop.workspace.engine.rows(sql`select max(day(local_day)) as day from orders
    where order_id <> 'O50000'`)
  expect(days).toEqual({ day: 3 }) // never over the third of a month
})

test('a beginning that says day first and a later row that says month first is refused with the line', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('b.csv', file(42_000, { 10: '31/01/2026', 40_000: '01/31/2026' }))
  for (const dryRun of [true, false])
    expect(await shop.import(path, { dryRun })).toMatchObject({
      id: 'mixed-dates',
      values: { header: 'order_date', line: 40_000, sample: '01/31/2026', order: 'day' },
    })
  expect(await shop.workspace.engine.rows(sql`select * from imports`)).toEqual([])
  // Said which, the rows that say otherwise are refused.
  expect(receiptOf(await shop.import(path, { map: { dates: 'month-first' } }))).toMatchObject({
    refused: 1,
    reasons: [{ reason: 'bad-date', field: 'orderedAt', rows: 1 }],
  })
  // What was said of one file is not said of the next one like it.
  const next = shop.file('c.csv', file(5000, { 10: '31/01/2026' }))
  expect(await shop.import(next)).toMatchObject({
    id: 'mixed-dates',
    values: { line: 10, order: 'month' },
  })
})

test('values beyond the beginning that speak for both are asked about', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('d.csv', file(42_000, { 30_000: '31/01/2026', 40_000: '01/31/2026' }))
  const seen = await shop.inspect(path, 'd.csv', {})
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection.questions).toMatchObject([
    {
      kind: 'dates',
      header: 'order_date',
      sample: '31/01/2026',
      against: '01/31/2026',
      places: { sample: { file: null, line: 30_000 }, against: { file: null, line: 40_000 } },
    },
  ])
  expect(await shop.import(path)).toMatchObject({ id: 'undecided-dates' })
})

test('dates that speak for both are told with one of each and its line, also beside one that can be read both ways', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const header = 'order_id,customer_id,order_date,amount\n'
  const rows = 'O1,m1,3/4/2026,1\nO2,"m\n2",13/1/2026 8:00,1\nO3,m2,1/14/2026,1\n'
  const said = async (path: string, language: 'en' | 'zh-CN') => {
    const refused = (await shop.import(path)) as Refusal
    expect(refused.id).toBe('undecided-dates')
    return sentence(language, refused.id, refused.values)
  }
  expect(await said(shop.file('f.csv', header + rows), 'en')).toContain(
    'the dates speak for both: “13/1/2026” (line 3) begins with the day and “1/14/2026” (line 5) with the month',
  )
  const zip = zipped({ 'a.csv': `${header}O0,m1,2/4/2026,1\n`, 'b.csv': header + rows })
  expect(await said(shop.file('f.zip', zip), 'zh-CN')).toContain(
    '“13/1/2026”（f.zip/b.csv 第 3 行）是日在前，“1/14/2026”（f.zip/b.csv 第 5 行）是月在前',
  )
})

test('a beginning that speaks for both without a value of its own is asked with one of each', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'e.csv',
    'order_id,customer_id,order_date,amount\nO1,m1,31/01/2026,1\nO2,m2,01/31/2026,1\n',
  )
  const refused = (await shop.import(path)) as Refusal
  expect(refused).toMatchObject({ id: 'undecided-dates' })
  for (const language of ['en', 'zh-CN'] as const) {
    const said = sentence(language, refused.id, refused.values)
    expect(said).toContain('“31/01/2026”')
    expect(said).toContain('“01/31/2026”')
    expect(said).not.toContain('“”')
  }
})

test.each([
  ['as numbers', (month: number, day: number) => `25/${month}/${day}`],
  ['in two digits', (month: number, day: number) => `25/0${month}/${day < 10 ? '0' : ''}${day} 9:05`],
  ['with points', (month: number, day: number) => `25.${month}.${day}`],
])('a year of two digits before month and day, %s', async (_, written) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const days = Array.from({ length: 60 }, (_, i) => ({ month: 1 + (i % 3), day: 1 + (i % 28) }))
  const rows = days.map(({ month, day }, i) => `O${i},m${i % 9},${written(month, day)},1.00`)
  const path = shop.file('y.csv', `order_id,customer_id,order_date,amount\n${rows.join('\n')}\nx,m1,soon,1\n`)
  expect(receiptOf(await shop.import(path))).toMatchObject({ read: 61, refused: 1 })
  const found = await shop.workspace.engine.rows(sql`select cast(local_day as varchar) as day from orders
    order by cast(order_id[2:] as integer)`)
  expect(found.map(({ day }) => day)).toEqual(
    days.map(({ month, day }) => `2025-0${month}-${String(day).padStart(2, '0')}`),
  )
})

test('a day before month and a year of two digits stays that', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = Array.from({ length: 56 }, (_, i) => `O${i},m${i % 9},${1 + (i % 28)}/2/${24 + (i % 2)},1.00`)
  const path = shop.file('z.csv', `order_id,customer_id,order_date,amount\n${rows.join('\n')}\n`)
  expect(receiptOf(await shop.import(path))).toMatchObject({ refused: 0 })
  const [years] = await shop.workspace.engine.rows(
    sql`select min(year(local_day)) as first, max(year(local_day)) as last from orders`,
  )
  expect(years).toEqual({ first: 2024, last: 2025 })
})
