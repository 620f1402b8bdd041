import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { fieldNames } from './fields.ts'
import { inspect } from './inspect.ts'
import { canonicalColumns, ordersTemplate } from './template.ts'
import { writtenAs } from './templates.ts'
import { openTestShop, receiptOf } from './test-shop.ts'

test.each([
  ['CNY', 'csv', 'Asia/Shanghai', 20_000, 4_000],
  ['JPY', 'csv', 'Asia/Tokyo', 200, 40],
  ['CNY', 'jsonl', 'Asia/Shanghai', 20_000, 4_000],
] as const)(
  'the template of a shop in %s as %s is imported without a question',
  async (currency, ending, timeZone, net, back) => {
    await using shop = await openTestShop(currency, timeZone)
    const path = shop.file(`orders-template.${ending}`, writtenAs[ending](ordersTemplate(currency)))
    const seen = await inspect(path, `orders-template.${ending}`, {}, timeZone)
    if ('id' in seen) throw new Error(seen.id)
    const { inspection } = seen
    expect(inspection).toMatchObject({ questions: [], lacking: [], headers: fieldNames })
    expect(inspection.columns.map(({ field }) => field)).toEqual(fieldNames)
    expect(inspection.columns.every(({ confidence, unread }) => confidence === 1 && unread === null)).toBe(
      true,
    )

    expect(receiptOf(await shop.import(path))).toMatchObject({ read: 2, imported: 2, refused: 0, orders: 1 })
    expect(
      await shop.workspace.engine.rows(sql`select orders.net_minor, amount_minor, refunds.local_day, state,
      (select count(*) from order_lines) as lines from orders join refunds on refunds.order_key = orders.order_key`),
    ).toEqual([{ netMinor: net, amountMinor: back, localDay: '2026-02-03', state: 'paid', lines: 2 }])
  },
)

test('columns may be taken out of the template and their order changed', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    'mine.csv',
    'orderTotal,state,orderId,discount,memberId,orderedAt\n30,paid,A1,0.5,M1,2026-01-05 10:00:00\n50,paid,A2,0.5,M2,2026-01-06 10:00:00\n',
  )
  const seen = await inspect(path, 'mine.csv', {}, 'Asia/Shanghai')
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection.columns.map(({ field }) => field)).toEqual([
    'orderTotal',
    'state',
    'orderId',
    'discount',
    'memberId',
    'orderedAt',
  ])
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 2, orders: 2 })
})

test('a file with any other header is guessed as before', () => {
  expect(canonicalColumns(['orderId', 'memberId', 'orderedAt', 'amount', 'remark'])).toBeNull()
  expect(canonicalColumns(['OrderId', 'memberId'])).toBeNull()
  expect(canonicalColumns(['orderId', 'orderId'])).toBeNull()
  expect(canonicalColumns(['amount'])).toBeNull()
})
