import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'
import { takeOutKind } from './apply.ts'
import { products } from './products.ts'

const settings = {
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}

const lines = ({ workspace }: TestShop) =>
  workspace.engine.rows(sql`select order_id, sku, order_lines.category, category_of_product
    from order_lines join orders on orders.order_key = order_lines.order_key order by order_id, line_number`)
const sold = ({ workspace }: TestShop) =>
  workspace.engine.rows(sql`select category, member_id, order_items.net_minor from order_items
    join members on members.member_key = order_items.member_key where category is not null order by all`)

test('lines without a category take their product’s, whichever file comes first, and give it back', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const orders = `order_id,customer_id,order_date,sku,category,amount
A,M1,2026-11-01,S1,,10.00
A,M1,2026-11-01,S2,own,5.00
B,M2,2026-11-02,S1,,7.00
C,,2026-11-02,S1,,1.00
D,M2,2026-11-03,S9,,2.00
E,M3,2026-11-03,S9,,2.00
`
  receiptOf(await shop.import(shop.file('o.csv', orders)))
  const first = await shop.importKind(
    shop.file('p.csv', '商品编码,商品名称,分类,成本\nS1,绿茶,茶,3.50\nS2,杯子,杯,￥12\nS3,红茶,茶,\n'),
  )
  expect(first).toMatchObject({
    kind: 'products',
    read: 3,
    imported: 3,
    unchanged: 0,
    refused: 0,
    duplicates: 0,
    members: 0,
    newEntries: 3,
    changedEntries: 0,
    sameEntries: 0,
    counts: { lines: 3, unknownSkus: 1 },
  })
  expect(await shop.workspace.engine.rows(sql`select * from products order by sku`)).toEqual([
    { sku: 'S1', name: '绿茶', category: '茶', costMinor: 350, listPriceMinor: null },
    { sku: 'S2', name: '杯子', category: '杯', costMinor: 1200, listPriceMinor: null },
    { sku: 'S3', name: '红茶', category: '茶', costMinor: null, listPriceMinor: null },
  ])
  const categorised = [
    { orderId: 'A', sku: 'S1', category: '茶', categoryOfProduct: true },
    { orderId: 'A', sku: 'S2', category: 'own', categoryOfProduct: false },
    { orderId: 'B', sku: 'S1', category: '茶', categoryOfProduct: true },
    { orderId: 'C', sku: 'S1', category: '茶', categoryOfProduct: true },
    { orderId: 'D', sku: 'S9', category: null, categoryOfProduct: false },
    { orderId: 'E', sku: 'S9', category: null, categoryOfProduct: false },
  ]
  expect(await lines(shop)).toEqual(categorised)
  const figures = [
    { category: 'own', memberId: 'M1', netMinor: 500 },
    { category: '茶', memberId: 'M1', netMinor: 1000 },
    { category: '茶', memberId: 'M2', netMinor: 700 },
  ]
  expect(await sold(shop)).toEqual(figures)

  // A later order takes it too; a newer file says what it says and leaves the rest.
  receiptOf(
    await shop.import(
      shop.file('o2.csv', 'order_id,customer_id,order_date,sku,amount\nF,M3,2026-11-04,S3,4.00\n'),
    ),
  )
  expect((await sold(shop)).at(-1)).toEqual({ category: '茶', memberId: 'M3', netMinor: 400 })
  const second = await shop.importKind(
    shop.file('p2.csv', 'sku,category,cost price\nS1,饮料,\nS2,,12\nS3,,4.0050\n'),
  )
  expect(second).toMatchObject({
    imported: 2,
    unchanged: 1,
    newEntries: 0,
    changedEntries: 2,
    sameEntries: 1,
  })
  expect(
    await shop.workspace.engine.rows(sql`select sku, name, category, cost_minor from products order by sku`),
  ).toEqual([
    { sku: 'S1', name: '绿茶', category: '饮料', costMinor: 350 },
    { sku: 'S2', name: '杯子', category: '杯', costMinor: 1200 },
    { sku: 'S3', name: '红茶', category: '茶', costMinor: 401 },
  ])
  expect((await sold(shop)).filter(({ category }) => category === '饮料')).toEqual([
    { category: '饮料', memberId: 'M1', netMinor: 1000 },
    { category: '饮料', memberId: 'M2', netMinor: 700 },
  ])

  // The first is undone after the second: what the second says stays.
  await takeOutKind(shop.workspace.engine, products, first.importId!, settings)
  expect(
    await shop.workspace.engine.rows(sql`select sku, name, category, cost_minor from products order by sku`),
  ).toEqual([
    { sku: 'S1', name: null, category: '饮料', costMinor: null },
    { sku: 'S2', name: null, category: null, costMinor: 1200 },
    { sku: 'S3', name: null, category: null, costMinor: 401 },
  ])
  await takeOutKind(shop.workspace.engine, products, second.importId!, settings)
  expect(await shop.workspace.engine.rows(sql`select * from products`)).toEqual([])
  expect(await sold(shop)).toEqual([{ category: 'own', memberId: 'M1', netMinor: 500 }])
  expect((await lines(shop)).filter(({ categoryOfProduct }) => categoryOfProduct)).toEqual([])
})

test('rows that can’t be are refused with a reason, the same file is told, a dry run leaves no trace', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const file = shop.file(
    'p.csv',
    'sku,name,category,cost,list price\n1001.0,a,x,1.50,2\n,b,x,1,2\n1002,c,x,much,2\n1003,d,x,-1,2\n1004,e,x,$5,2\n1001,a,x,1.5,2\n',
  )
  const dry = await shop.importKind(file, { dryRun: true })
  expect(dry).toMatchObject({
    importId: null,
    read: 6,
    imported: 2,
    refused: 4,
    duplicates: 1,
    newEntries: 1,
  })
  expect(await shop.workspace.engine.rows(sql`select * from import_products`)).toEqual([])
  expect(await shop.workspace.engine.rows(sql`select * from imports`)).toEqual([])
  const taken = await shop.importKind(file)
  expect(taken.reasons.map(({ reason, field }) => [reason, field]).toSorted()).toEqual([
    ['bad-amount', 'cost'],
    ['other-currency', 'cost'],
    ['products.negative-cost', 'cost'],
    ['products.no-sku', 'sku'],
  ])
  const again = await shop.importKind(file)
  expect(again).toMatchObject({ importId: taken.importId, alreadyThere: true, imported: 0, unchanged: 2 })
  expect(await shop.workspace.engine.rows(sql`select sku, cost_minor from products`)).toEqual([
    { sku: '1001', costMinor: 150 },
  ])
})

test('a file of orders with products and costs stays one of orders; a file of products is known by its header', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const kindOf = async (content: string) => {
    const seen = await shop.inspect(shop.file('x.csv', content), 'x.csv', {})
    if ('id' in seen) throw new Error(seen.id)
    return [seen.inspection.map.kind, ...seen.inspection.otherKinds]
  }
  expect(await kindOf('order id,sku,category,cost,date,amount\nA,S,c,1,2026-01-01,2\n')).toEqual(['orders'])
  expect(await kindOf('date,customer,sku,category,qty,price\n2026-01-01,M,S,c,1,2\n')).toEqual(['orders'])
  expect(await kindOf('sku,product name,cost price\nS,n,1\n')).toEqual(['products'])
  expect(await kindOf('sku,name,category,cost,listPrice\nS,n,c,1,2\n')).toEqual(['products'])
  expect(await kindOf('商品编码,商品名称,类目\nS,n,c\n')).toEqual(['products'])
})
