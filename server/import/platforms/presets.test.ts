import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { inspect, type Readable } from '../inspect.ts'
import { openTestShop, receiptOf } from '../test-shop.ts'

const shopify = `Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Id,Receipt Number
#1001,a@x.cn,paid,2026-01-01 10:00:00 +0000,CNY,24.00,1.00,25.00,0.00,2026-01-01 09:59:00 +0000,2,Tea,10.00,T,0.00,77,
#1001,a@x.cn,,,,,,,,2026-01-01 09:59:00 +0000,1,Cup,4.00,C,,,
#1002,b@x.cn,paid,2026-01-02 10:00:00 +0000,CNY,4.00,0.00,4.00,0.00,2026-01-02 09:59:00 +0000,1,Cup,4.00,C,0.00,78,`

const orders = sql`select order_id, state, net_minor from orders order by order_id`

test('an export of Shopify is recognised by its columns, and no later row of an order is refused', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('orders_export.csv', shopify)
  const { inspection } = (await inspect(path, 'orders_export.csv', {}, 'UTC')) as Readable
  expect(inspection.preset).toBe('shopify')
  expect(inspection.map.columns).toMatchObject({
    orderId: 'Name',
    orderTotal: 'Total',
    unitPrice: 'Lineitem price',
  })
  const receipt = receiptOf(await shop.import(path))
  expect(receipt).toMatchObject({ read: 3, imported: 3, refused: 0, orders: 2 })
  expect(await shop.workspace.engine.rows(orders)).toEqual([
    { orderId: '#1001', state: 'paid', netMinor: 2500 },
    { orderId: '#1002', state: 'paid', netMinor: 400 },
  ])
  const named = (await inspect(path, 'o.csv', { columns: { memberId: 'Id' } }, 'UTC')) as Readable
  expect(named.inspection.map.columns.memberId).toBe('Id')
})

test.each([{}, { columns: { amount: 'total amount' } }])(
  'an amount on the first row of each order alone is the total of the order: %j',
  async (map) => {
    await using shop = await openTestShop('CNY', 'UTC')
    const path = shop.file(
      'till.csv',
      `receipt_no,member_id,date,total amount,product,qty
R1,m1,2026-01-01,25.00,Tea,2
R1,m1,2026-01-01,,Cup,1
R2,m2,2026-01-02,4.00,Cup,1`,
    )
    const receipt = receiptOf(await shop.import(path, { map }))
    expect(receipt).toMatchObject({ read: 3, imported: 3, refused: 0, orders: 2 })
    expect(await shop.workspace.engine.rows(orders)).toMatchObject([{ netMinor: 2500 }, { netMinor: 400 }])
  },
)

test('an order of Youzan that was closed after its refund is paid and refunded', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    '有赞.csv',
    `订单号,买家手机号,订单创建时间,买家付款时间,订单状态,订单实付金额,订单已退款金额,归属店铺,销售渠道,全部商品名称,收货人省份
E1,13800000001,2026-01-01 10:00:00,2026-01-01 10:01:00,交易关闭,50.00,50.00,总店,微信,茶,浙江
E2,13800000001,2026-01-02 10:00:00,,交易关闭,50.00,0.00,总店,微信,茶,浙江
E3,13800000001,2026-01-03 10:00:00,,交易关闭,50.00,50.00,总店,微信,茶,浙江
E4,13800000001,2026-01-04 10:00:00,2026-01-04 10:01:00,交易关闭,50.00,0.00,总店,微信,茶,浙江
E5,13800000001,2026-01-05 10:00:00,2026-01-05 10:01:00,交易成功,50.00,20.00,总店,微信,茶,浙江`,
  )
  expect(receiptOf(await shop.import(path))).toMatchObject({ refused: 0, orders: 1 })
  expect(
    await shop.workspace.engine.rows(sql`select orders.order_id, state, amount_minor, counts from orders
      left join refunds on refunds.order_key = orders.order_key order by orders.order_id`),
  ).toMatchObject([
    { orderId: 'E1', state: 'paid', amountMinor: 5000, counts: true },
    { orderId: 'E2', state: 'closed', amountMinor: null },
    { orderId: 'E3', state: 'closed', counts: false },
    { orderId: 'E4', state: 'closed', amountMinor: null },
    { orderId: 'E5', state: 'paid', amountMinor: 2000, counts: true },
  ])
})
