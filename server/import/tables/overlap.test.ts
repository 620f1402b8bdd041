import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { zipped } from '../containers/archive.fixture.ts'
import { openTestShop, receiptOf } from '../test-shop.ts'

const header = 'order_id,member_id,order_date,amount\n'
const january = `${header}A,m1,2026-01-30,10\nB,m2,2026-01-31,20\nC,m1,2026-01-31,5\nC,m1,2026-01-31,5\n`
/** Begins on the last day of the file before, and corrects an order that was told there. */
const february = `${header}B,m2,2026-01-31,20\nC,m1,2026-01-31,5\nC,m1,2026-01-31,7\nD,m1,2026-02-01,40\n`
const asJson = (table: string) =>
  table
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [order_id, member_id, order_date, amount] = line.split(',')
      return `${JSON.stringify({ order_id, member_id, order_date, amount: Number(amount) })}\n`
    })
    .join('')

test.each([
  ['two files', { 'a.csv': january, 'b.csv': february }],
  ['two files without a last line break', { 'a.csv': january.trimEnd(), 'b.csv': february.trimEnd() }],
  ['two files of JSON Lines', { 'a.jsonl': asJson(january), 'b.jsonl': asJson(february) }],
  ['two files beside tags', { 'a.csv': january, 'b.csv': february, 'tags.csv': 'customer,tag\nm1,tea\n' }],
  ['two files beside a note', { 'a.csv': january, 'b.csv': february, 'README.pdf': '%PDF' }],
])('what two files of a zip both tell counts once: %s', async (_, files) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const receipt = receiptOf(await shop.import(shop.file('months.zip', zipped(files))))
  // B once more, and C as the later file has it
  expect(receipt).toMatchObject({ read: 8, imported: 5, unchanged: 3, refused: 0, orders: 4, superseded: 1 })
  expect(
    await shop.workspace.engine.rows(sql`select order_id, net_minor from orders order by order_id`),
  ).toEqual([
    { orderId: 'A', netMinor: 1000 },
    { orderId: 'B', netMinor: 2000 },
    { orderId: 'C', netMinor: 1200 },
    { orderId: 'D', netMinor: 4000 },
  ])
})

test('rows without an order id, and refunds, of two files of a zip count once too', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const orders = (...rows: string[]) => `member_id,order_date,amount\n${rows.join('\n')}\n`
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'rows.zip',
        zipped({
          'a.csv': orders('m1,2026-01-30,10', 'm1,2026-01-30,10', 'm2,2026-01-31,20'),
          'b.csv': orders('m2,2026-01-31,20', 'm2,2026-02-01,20'),
        }),
      ),
    ),
  )
  expect(receipt).toMatchObject({ read: 5, imported: 4, unchanged: 1, orders: 4, netMinor: 6000 })
  const refunds = (...rows: string[]) => `退款编号,原订单号,退款金额,退款时间\n${rows.join('\n')}\n`
  receiptOf(
    await shop.import(
      shop.file(
        'refunds.zip',
        zipped({
          'a.csv': refunds('R1,X1,5,2026-01-31', 'R2,X1,5,2026-01-31'),
          'b.csv': refunds('R2,X1,4,2026-01-31', 'R3,X2,6,2026-02-01'),
        }),
      ),
    ),
  )
  const [given] = await shop.workspace.engine.rows(
    sql`select sum(amount_minor)::bigint as minor from refunds`,
  )
  expect(given).toEqual({ minor: 1500 })
})
