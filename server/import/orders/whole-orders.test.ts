import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { zipped } from '../containers/archive.fixture.ts'
import { exported, shopify } from '../platforms/platform-exports.fixture.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'

const header = 'order_id,customer_id,order_date,product,amount\n'

const orders = async ({ workspace }: TestShop) =>
  (await workspace.engine.rows(sql`select order_id, state, net_minor from orders order by order_id`)).map(
    (row) => [row.orderId, row.state, row.netMinor],
  )

test('an order of which a row is refused stays out whole, and the mended rows bring it whole', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'o.csv',
    `${header}A,m1,2026-01-02,tea,468.23\nA,m1,2026-01-02,pot,ten\nB,m2,2026-01-03,tea,5\n,m2,2026-01-03,tea,6\n`,
  )
  const receipt = receiptOf(await shop.import(path))
  expect(receipt).toMatchObject({ read: 4, imported: 1, refused: 3, orders: 1, netMinor: 500 })
  expect(receipt.reasons.map(({ reason, rows }) => [reason, rows]).toSorted()).toEqual([
    ['bad-amount', 1],
    ['no-order', 1],
    ['order-refused', 1],
  ])
  const refused = readFileSync(receipt.refusedFile!, 'utf8')
  expect(refused.split('\r\n')[1]).toBe(
    '2,order_id,"Another row of this order is refused, and an order comes in whole or not at all. Mend that row, and import both together.",A,m1,2026-01-02,tea,468.23',
  )
  const mended = shop.file('mended.csv', refused.replace(',ten', ',182.56').replace(',,m2', ',C,m2'))
  expect(receiptOf(await shop.import(mended))).toMatchObject({ imported: 3, refused: 0 })
  expect(await orders(shop)).toEqual([
    ['A', 'paid', 65_079],
    ['B', 'paid', 500],
    ['C', 'paid', 600],
  ])
  // an order that is there stays as it is while a newer file of it can't be read
  const newer = shop.file(
    'n.csv',
    `${header}A,m1,2026-01-02,tea,1\nA,m1,2026-01-02,pot,?\nD,m1,2026-01-04,tea,1\n`,
  )
  expect(receiptOf(await shop.import(newer))).toMatchObject({ imported: 1, refused: 2 })
  expect((await orders(shop))[0]).toEqual(['A', 'paid', 65_079])
})

test('what an order’s first row says of the whole order is not lost with that row', async () => {
  await using shop = await openTestShop('AED', 'UTC')
  const rows = shopify.rows.map((row) =>
    row.Name === '#71733' && 'Currency' in row ? { ...row, Currency: 'USD' } : row,
  )
  const receipt = receiptOf(await shop.import(shop.file('s.csv', exported(shopify.headers, rows))))
  expect(receipt).toMatchObject({ read: 6, refused: 2 })
  expect((await orders(shop)).map(([id]) => id)).not.toContain('#71733')
})

test('an order of which one file of a zip can’t be read waits in all, and mended they hold in their order', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'm.zip',
    zipped({
      'jan.csv': `${header}A,m1,2026-01-02,tea,1\nA,m1,2026-01-02,pot,?\nB,m2,2026-01-03,tea,5\n`,
      'feb.csv': `${header}A,m1,2026-01-02,tea,10\nA,m1,2026-01-02,pot,20\nC,m2,2026-02-03,tea,7\n`,
    }),
  )
  const receipt = receiptOf(await shop.import(path))
  expect(receipt).toMatchObject({ read: 6, imported: 2, refused: 4 })
  const mended = readFileSync(receipt.refusedFile!, 'utf8').replace(',?', ',2')
  expect(receiptOf(await shop.import(shop.file('mended.csv', mended)))).toMatchObject({ superseded: 1 })
  expect(await orders(shop)).toEqual([
    ['A', 'paid', 3000],
    ['B', 'paid', 500],
    ['C', 'paid', 700],
  ])
})
