import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { inGb18030 } from '../encoding/encoded.fixture.ts'
import { inspect, type Readable } from '../inspect.ts'
import type { MapOverrides } from '../columns/mapping.ts'
import { recognised } from './platforms.ts'
import {
  analyticsChinese,
  analyticsEnglish,
  analyticsGerman,
  douyin,
  exported,
  shopify,
  square,
  squareItems,
  taobao,
  webToffee,
  weimob,
  writings,
  youzan,
} from './platform-exports.fixture.ts'
import { refundDoubtsInWords } from '../receipts/refund-doubts.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'

/** A member's number, or what a person without one is known by. */
const knownAs = sql`case when starts_with(members.member_id, 'p-')
  then coalesce(members.phone, members.openid, members.email) else members.member_id end`

/** Orders as [id, member, state, charged, given back, nothing left]. */
const ordersOf = async ({ workspace }: TestShop) =>
  (
    await workspace.engine
      .rows(sql`select orders.order_id, ${knownAs} as member_id, orders.state, orders.net_minor,
        coalesce(cast(sum(refunds.amount_minor) filter (where refunds.counts) as bigint), 0) as back, orders.void_day is not null as gone
      from orders left join members on members.member_key = orders.member_key
      left join refunds on refunds.order_key = orders.order_key
      group by all order by orders.order_id`)
  ).map((row) => [row.orderId, row.memberId, row.state, row.netMinor, row.back, row.gone])

/** Members as [id, qualifying orders, net]. */
const membersOf = async ({ workspace }: TestShop) =>
  (
    await workspace.engine.rows(
      sql`select ${knownAs} as known, orders, net_minor as net from member_facts join members using (member_key) order by known`,
    )
  ).map((row) => [row.known, row.orders, row.net])

const presetOf = async (path: string, map: MapOverrides = {}) =>
  ((await inspect(path, 'export.csv', map, 'UTC')) as Readable).inspection.preset

describe.each(writings)('exports in %s', (writing, written) => {
  // a few letters of it may be written in several: asked, and answered here
  const said = writing.startsWith('GB18030') ? { encoding: 'gb18030' as const } : {}

  test('Youzan: the buyer is the member, placeholders are nothing, what was given back is taken off', async () => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const path = shop.file('export.csv', written(youzan.headers, youzan.rows))
    expect(await presetOf(path)).toBe('youzan')
    const receipt = receiptOf(await shop.import(path))
    expect(receipt).toMatchObject({ read: 9, imported: 9, refused: 0, orders: 6, guestOrders: 1, members: 3 })
    // the one whose amount is not there; an amount that was given back counts whatever was asked for besides
    expect(receipt.refundDoubts).toEqual([{ doubt: 'unsized', rows: 1, line: 9 }])
    expect(await ordersOf(shop)).toEqual([
      ['20260306543065306159', '+8613900000002', 'paid', 1000, 0, false],
      ['E20260301101112000000000001', '+8613900000001', 'paid', 6000, 0, false],
      ['E20260302101112000000000002', '+8613900000001', 'paid', 8000, 3000, false],
      ['E20260303101112000000000003', '+8613900000002', 'paid', 4500, 4500, true],
      ['E20260304101112000000000004', null, 'paid', 2000, 0, false],
      ['E20260305101112000000000005', null, 'unpaid', 0, 0, false],
      ['E20260307101112000000000007', '+8613900000003', 'paid', 5000, 2000, false],
      ['E20260307101112000000000008', '+8613900000003', 'paid', 3500, 3500, true],
      ['E20260307101112000000000009', '+8613900000003', 'paid', 1500, 0, false],
    ])
    expect(await membersOf(shop)).toEqual([
      ['+8613900000001', 2, 11_000],
      ['+8613900000002', 1, 1000],
      ['+8613900000003', 2, 4500],
    ])
    // 80 = 80, 45 = 45 and 50 = 50 were due and paid.
    expect(receipt.refundCheck).toMatchObject({ refunded: 3, net: 0, notNet: 3, amountsAreNet: false })
    expect(
      await shop.workspace.engine.rows(
        sql`select product, cast(quantity as double) as pieces from order_lines join orders using (order_key)
          where order_id like '%0001' order by line_number`,
      ),
    ).toEqual([
      { product: '桂花乌龙', pieces: 1 },
      { product: '白瓷杯', pieces: 2 },
    ])
  })

  test('Weimob: a row per item, what the rows give back adds up, a cancelled one counts for nothing', async () => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const path = shop.file('export.csv', written(weimob.headers, weimob.rows))
    expect(await presetOf(path)).toBe('weimob')
    const receipt = receiptOf(await shop.import(path))
    expect(receipt).toMatchObject({
      read: 14,
      imported: 14,
      refused: 0,
      orders: 9,
      closedOrders: 1,
      emptyOrders: 1,
      netMinor: 42_500 - 9000 + 23_500 - 500, // what was paid, from stored value too, without what was given back
    })
    expect(await ordersOf(shop)).toEqual([
      ['600100000000000001', '+8613800000001', 'paid', 9000, 0, false],
      ['600100000000000002', '+8613800000001', 'paid', 10_000, 3000, false],
      ['600100000000000003', '+8613800000003', 'closed', 5000, 0, false],
      ['600100000000000004', '+8613800000002', 'paid', 3000, 3000, true],
      ['600100000000000005', '+8613800000002', 'paid', 8000, 3000, false],
      ['600100000000000006', '+8613800000003', 'paid', 10_000, 0, false],
      ['600100000000000007', '+8613800000003', 'paid', 2500, 0, false],
      ['600100000000000008', '+8613800000004', 'paid', 7000, 0, false],
      ['600100000000000009', '+8613800000004', 'paid', 6500, 0, false],
      ['600100000000000010', '+8613800000004', 'paid', 5500, 0, false],
      ['600100000000000011', '+8613800000004', 'paid', 4500, 500, false],
    ])
    expect(receipt.refundDoubts).toEqual([
      { doubt: 'unsized', rows: 1, line: 14 },
      { doubt: 'not-given', rows: 2, line: 12 },
    ])
    expect(await membersOf(shop)).toEqual([
      ['+8613800000001', 2, 16_000],
      ['+8613800000002', 1, 5000],
      ['+8613800000003', 2, 12_500],
      ['+8613800000004', 4, 23_000],
    ])
    expect(receipt.refundCheck).toMatchObject({ unit: 'orders', refunded: 4, notNet: 4, net: 0 })
  })

  test('Douyin: main orders, whose numbers begin with a TAB', async () => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const path = shop.file('export.csv', written(douyin.headers, douyin.rows))
    expect(await presetOf(path)).toBe('douyin')
    const receipt = receiptOf(await shop.import(path))
    expect(receipt).toMatchObject({
      read: 11,
      imported: 11,
      refused: 0,
      orders: 6,
      unpaidOrders: 1,
      refundCheck: null,
      refundDoubts: [{ doubt: 'unsized', rows: 2, line: 8 }],
    })
    expect(await ordersOf(shop)).toEqual([
      ['690000000000000001', '+8613600000001', 'paid', 5550, 0, false],
      ['690000000000000002', '+8613600000002', 'closed', 7000, 0, false],
      ['690000000000000003', '+8613600000001', 'paid', 2000, 0, false],
      ['690000000000000004', '+8613600000002', 'unpaid', 3300, 0, false],
      ['690000000000000005', '+8613600000005', 'paid', 4100, 4100, true],
      ['690000000000000006', '+8613600000005', 'paid', 4200, 0, false],
      ['690000000000000007', '+8613600000005', 'paid', 4300, 0, false],
      ['690000000000000008', '+8613600000005', 'paid', 4400, 0, false],
      ['690000000000000009', '+8613600000005', 'paid', 4600, 3000, false],
    ])
    expect(await membersOf(shop)).toEqual([
      ['+8613600000001', 2, 7550],
      ['+8613600000002', 0, 0],
      ['+8613600000005', 4, 14_500],
    ])
  })

  test.each(['net', 'notNet'] as const)('Taobao: refunds are taken off once, amounts %s', async (kind) => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const path = shop.file('export.csv', written(taobao.headers, taobao[kind]))
    expect(await presetOf(path)).toBe('taobao')
    const receipt = receiptOf(await shop.import(path))
    expect(receipt).toMatchObject({ read: 5, imported: 5, refused: 0, orders: 3, members: 2 })
    // The buyer, not the receiver with one phone for all.
    expect(await ordersOf(shop)).toEqual([
      ['310001', '茶客甲', 'paid', 8800, 0, false],
      ['310002', '茶客甲', 'paid', 12_000, 3000, false],
      ['310003', '茶客乙', 'paid', 6000, 6000, true],
      ['310004', '茶客乙', 'closed', 0, 0, false],
      ['310005', '茶客乙', 'paid', 1500, 0, false],
    ])
    expect(await membersOf(shop)).toEqual([
      ['茶客乙', 1, 1500],
      ['茶客甲', 2, 17_800],
    ])
    expect(receipt.refundCheck).toMatchObject({
      refunded: 2,
      compared: 2,
      net: kind === 'net' ? 2 : 0,
      notNet: kind === 'net' ? 0 : 2,
      amountsAreNet: kind === 'net',
      by: 'figures',
    })
  })

  test('Shopify: order columns on the first row alone, notes of several lines, no e-mail, part refunds', async () => {
    await using shop = await openTestShop('AED', 'Asia/Shanghai')
    const path = shop.file('export.csv', written(shopify.headers, shopify.rows))
    expect(await presetOf(path)).toBe('shopify')
    const receipt = receiptOf(await shop.import(path, { map: said }))
    expect(receipt).toMatchObject({
      read: 6,
      imported: 6,
      refused: 0,
      orders: 3,
      // Whoever gives no e-mail is known by the phone.
      guestOrders: 0,
      unpaidOrders: 1,
    })
    // 21:06 in the Gulf is the next day in Shanghai.
    expect(receipt).toMatchObject({ firstDay: '2026-04-06', lastDay: '2026-04-06' })
    expect(await ordersOf(shop)).toEqual([
      ['#71733', 'nour@example.com', 'paid', 12_000, 0, false],
      ['#71734', 'nour@example.com', 'paid', 8000, 2500, false],
      ['#71735', '+971500000001', 'paid', 4000, 0, false],
      ['#71736', 'sami@example.com', 'paid', 6000, 6000, true],
      ['#71737', 'sami@example.com', 'unpaid', 1000, 0, false],
    ])
    expect(await membersOf(shop)).toEqual([
      ['+971500000001', 1, 4000],
      ['nour@example.com', 2, 17_500],
      ['sami@example.com', 0, 0],
    ])
    expect(receipt.refundCheck).toMatchObject({ unit: 'orders', refunded: 2, notNet: 2, by: 'figures' })
    const lines = await shop.workspace.engine.rows(
      sql`select product, order_lines.net_minor as net from order_lines join orders using (order_key)
        where order_id = '#71733' order by line_number`,
    )
    expect(lines).toEqual([
      { product: 'Oud tea', net: 6000 },
      { product: 'Tray', net: 5000 },
    ])
  })

  test('WooCommerce of WebToffee: an order a row, given back in full by its state', async () => {
    await using shop = await openTestShop('USD', 'America/New_York')
    const path = shop.file('export.csv', written(webToffee.headers, webToffee.rows))
    expect(await presetOf(path)).toBe('woocommerce-webtoffee')
    expect(receiptOf(await shop.import(path, { map: said }))).toMatchObject({
      read: 8,
      imported: 8,
      orders: 6,
      guestOrders: 1,
    })
    expect(await ordersOf(shop)).toEqual([
      ['501', 'ivy@example.com', 'paid', 4500, 0, false],
      ['502', 'ivy@example.com', 'paid', 3000, 3000, true],
      ['503', null, 'paid', 1200, 0, false],
      ['504', 'ivy@example.com', 'closed', 900, 0, false],
      ['505', 'ivy@example.com', 'paid', 5000, 750, false],
      ['506', 'ivy@example.com', 'paid', 2000, 1155, false],
      ['507', 'jo@example.com', 'paid', 800, 0, false],
      ['508', 'ivy@example.com', 'paid', 600, 0, false],
    ])
    // The refunds are of later than the newest order's day.
    expect(await membersOf(shop)).toEqual([
      ['ivy@example.com', 4, 10_945],
      ['jo@example.com', 1, 800],
    ])
    const dated = await shop.workspace.engine.rows(
      sql`select local_day, date_assumed from refunds where amount_minor = 750`,
    )
    expect(dated).toEqual([{ localDay: '2026-03-12', dateAssumed: false }])
    // one without a date counts on its order's day
    expect(
      await shop.workspace.engine.rows(
        sql`select local_day, date_assumed from refunds where amount_minor = 1155`,
      ),
    ).toEqual([{ localDay: '2026-03-06', dateAssumed: true }])
  })

  test('Square: date and time apart, gift cards are no orders, refunds are rows', async () => {
    await using shop = await openTestShop('USD', 'America/New_York')
    const path = shop.file('export.csv', written(square.headers, square.rows))
    expect(await presetOf(path)).toBe('square')
    const receipt = receiptOf(await shop.import(path, { map: said }))
    expect(receipt).toMatchObject({ read: 5, imported: 5, refused: 0, orders: 2, firstDay: '2026-03-01' })
    expect(receipt.roundingMinor).toBe(0)
    expect(await ordersOf(shop)).toEqual([
      ['TX1', 'CUST1', 'paid', 3116, 0, false],
      ['TX2', 'CUST1', 'paid', 0, 0, false],
      ['TX3', 'CUST2', 'paid', 101_296, 0, false],
      ['TX5', 'CUST2', 'paid', 0, 500, true],
    ])
    expect(await membersOf(shop)).toEqual([
      ['CUST1', 1, 1820], // 31.16 − 12.96
      ['CUST2', 1, 100_796],
    ])
    expect(receipt.refundCheck).toMatchObject({ refunded: 1, net: 1, amountsAreNet: true })
    const hours = await shop.workspace.engine.rows(sql`select distinct local_hour from orders`)
    expect(hours).toEqual([{ localHour: 23 }])
  })

  test('Square items: a row per item with its tax, gift cards are no orders, refunds are rows', async () => {
    await using shop = await openTestShop('USD', 'America/New_York')
    const path = shop.file('export.csv', written(squareItems.headers, squareItems.rows))
    expect(await presetOf(path)).toBe('square-items')
    const receipt = receiptOf(await shop.import(path))
    expect(receipt).toMatchObject({ read: 10, imported: 10, refused: 0, orders: 5, guestOrders: 1 })
    expect(receipt.netMinor).toBe(3 * 972 + 102_000 + 300 - 486)
    expect(await ordersOf(shop)).toEqual([
      ['TI1', 'CUST1', 'paid', 972, 0, false],
      ['TI2', 'CUST1', 'paid', 972, 0, false],
      ['TI3', 'CUST1', 'paid', 972, 0, false],
      ['TI4', 'CUST2', 'paid', 102_000, 0, false],
      ['TI6', null, 'paid', 300, 0, false],
    ])
    expect(await membersOf(shop)).toEqual([
      ['CUST1', 3, 2430],
      ['CUST2', 1, 102_000],
    ])
  })
})

test.each([
  ['English', 'USD', analyticsEnglish, [123_400, 2050, 500]],
  ['Chinese', 'BDT', analyticsChinese, [299_900, 12_000_000, 5000]],
  ['German', 'EUR', analyticsGerman, [123_400, 2050, 500]],
] as const)(
  'WooCommerce analytics in %s tell no members; when asked they are store totals',
  async (_, currency, file, amounts) => {
    const content = exported(file.headers, file.rows)
    for (const [written, said] of [
      [content, {}],
      [inGb18030(content), { encoding: 'gb18030' }],
    ] as const) {
      await using shop = await openTestShop(currency, 'UTC')
      const path = shop.file('export.csv', written)
      expect(await presetOf(path, said)).toBe('woocommerce-analytics')
      expect(await shop.import(path, { map: said })).toMatchObject({ id: 'no-members' })
      const receipt = receiptOf(await shop.import(path, { map: { ...said, columns: { memberId: null } } }))
      expect(receipt).toMatchObject({
        read: 3,
        refused: 0,
        orders: 2,
        guestOrders: 2,
        closedOrders: 1,
        members: 0,
      })
      expect(await ordersOf(shop)).toEqual([
        ['9001', null, 'paid', amounts[0], 0, false],
        ['9002', null, 'paid', amounts[1], 0, false],
        ['9003', null, 'closed', amounts[2], 0, false],
      ])
      expect(await membersOf(shop)).toEqual([])
    }
  },
)

test('signs of money that GB18030 writes in four bytes tell it as well', async () => {
  await using shop = await openTestShop('BDT', 'UTC')
  const path = shop.file(
    'a.csv',
    inGb18030('order_id,customer_id,order_date,amount\nA,m1,2026-01-02,৳2999\n'),
  )
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 1, orders: 1 })
  expect(await membersOf(shop)).toEqual([['m1', 1, 299_900]])
})

test('money of another currency than the workspace is refused, however it is formatted', async () => {
  await using shop = await openTestShop('USD', 'UTC')
  const path = shop.file('a.csv', exported(analyticsChinese.headers, analyticsChinese.rows))
  expect(await shop.import(path, { map: { columns: { memberId: null } } })).toMatchObject({
    id: 'nothing-accepted',
  })
})

test('an identity that begins with an apostrophe is the same without', async () => {
  await using shop = await openTestShop('AED', 'UTC')
  const path = shop.file('export.csv', exported(shopify.headers, shopify.rows))
  receiptOf(await shop.import(path, { map: { columns: { memberId: 'Phone', orderId: 'Id' } } }))
  expect((await ordersOf(shop)).map(([id, member]) => [id, member])).toContainEqual([
    '5871734',
    '+971500000001',
  ])
})

test.each([
  ['youzan', 'CNY', youzan],
  ['weimob', 'CNY', weimob],
  ['douyin', 'CNY', douyin],
  ['taobao', 'CNY', { headers: taobao.headers, rows: taobao.net }],
  ['shopify', 'AED', shopify],
  ['woocommerce-webtoffee', 'USD', webToffee],
  ['square', 'USD', square],
  ['square-items', 'USD', squareItems],
] as const)(
  '%s: the next export is read as the one before, and what was in it stays',
  async (_, currency, file) => {
    await using shop = await openTestShop(currency, 'UTC')
    const text = exported(file.headers, file.rows)
    const columnsOf = async (path: string) => {
      const { inspection } = (await shop.inspect(path, 'export.csv', {})) as Readable
      return Object.fromEntries(
        Object.entries(inspection.map.columns).filter(([, column]) => column !== null),
      )
    }
    const lines = () =>
      shop.workspace.engine.rows(
        sql`select order_id, line_number, product, order_lines.net_minor from order_lines join orders using (order_key)
        order by order_id, line_number`,
      )
    const first = shop.file('first.csv', text)
    const read = await columnsOf(first)
    receiptOf(await shop.import(first))
    const before = await lines()
    const next = shop.file('next.csv', `${text}\r\n`)
    expect(await columnsOf(next)).toEqual(read)
    expect(receiptOf(await shop.import(next))).toMatchObject({ imported: 0, unchanged: file.rows.length })
    expect(await lines()).toEqual(before)
  },
)

test('Taobao without amounts of refunds: what was closed because it was given back was paid; the receipt has no doubt', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    'export.csv',
    exported(
      [...taobao.headers.filter((header) => header !== '退款金额'), '订单关闭原因'],
      taobao.notNet.map((row, i) => ({
        ...row,
        订单关闭原因: ['订单未关闭', '订单未关闭', '退款', '退款', '订单未关闭'][i]!,
      })),
    ),
  )
  const receipt = receiptOf(await shop.import(path))
  expect(receipt).toMatchObject({ orders: 3, emptyOrders: 1, closedOrders: 1 })
  expect(receipt.refundDoubts).toBeUndefined()
  expect(await ordersOf(shop)).toEqual([
    ['310001', '茶客甲', 'paid', 8800, 0, false],
    ['310002', '茶客甲', 'paid', 12_000, 0, false],
    ['310003', '茶客乙', 'paid', 6000, 6000, true],
    // never paid, whatever the reason says
    ['310004', '茶客乙', 'closed', 0, 0, false],
    ['310005', '茶客乙', 'paid', 1500, 0, false],
  ])
})

test('what was asked for is taken off once a later export says that it was given back', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const asked = weimob.rows.filter(({ 订单编号 }) => 订单编号.startsWith('600100000000000008'))
  const back = async () => (await ordersOf(shop)).map(([, , , , given]) => given)
  receiptOf(await shop.import(shop.file('asked.csv', exported(weimob.headers, asked))))
  expect(await back()).toEqual([0])
  const given = asked.map((row) => ({ ...row, 售后状态: '退款成功' }))
  const receipt = receiptOf(await shop.import(shop.file('given.csv', exported(weimob.headers, given))))
  expect([await back(), receipt.corrected, receipt.refundDoubts]).toEqual([[7000], 1, undefined])
})

test('what refunds leave open is said in both languages', () => {
  const found = [
    { doubt: 'unsized', rows: 2, line: 8 },
    { doubt: 'not-given', rows: 1, line: 12 },
  ] as const
  expect(refundDoubtsInWords('en', found)).toEqual([
    '2 rows say that money was given back and not how much, the first in line 8: they count in full. Import the platform’s file of refunds (after-sales) as well, or add the amounts and import this file again.',
    '1 refund was asked for or rejected and not given, the first in line 12: its amount is not taken off.',
  ])
  expect(refundDoubtsInWords('zh-CN', found).map((one) => one.slice(0, 26))).toEqual([
    '2 行写明有退款，但没有写退款金额（首处在第 8 行',
    '1 行的退款仍在申请中或已被拒绝、撤销（首处在第 1',
  ])
})

const without = (headers: readonly string[], ...left: string[]) =>
  headers.filter((header) => !left.includes(header))

test.each([
  ['youzan', without(youzan.headers, '订单已退款金额', '买家付款时间', '归属店铺', '销售渠道', '收货人省份')],
  ['weimob', without(weimob.headers, '余额抵扣金额', '服务组织', '退款金额', '商品编码')],
  ['douyin', without(douyin.headers, '商家编码', '平台实际承担优惠金额', '订单完成时间')],
  ['taobao', without(taobao.headers, '退款金额', '买家支付宝账号', '宝贝总数量')],
  ['shopify', without(shopify.headers, 'Refunded Amount', 'Vendor', 'Paid at', 'Currency', 'Lineitem sku')],
  ['woocommerce-analytics', without(analyticsEnglish.headers, 'Attribution', 'Coupon(s)', 'Items sold')],
  ['woocommerce-webtoffee', without(webToffee.headers, 'refund_items', 'wt_import_key', 'order_currency')],
  ['square', without(square.headers, 'Partial Refunds', 'Fees', 'Cash', 'Channel', 'Time')],
])('%s is recognised without some of its columns, in any order', (name, headers) => {
  expect(recognised(headers, [])).toBe(name)
  expect(recognised(headers.toSorted(), [])).toBe(name)
})

test('other files are no platform’s', () => {
  expect(recognised(['Name', 'Email', 'Total', 'Date'], [])).toBeNull()
  expect(recognised(['订单编号', '会员号', '下单时间', '实付金额', '退款金额'], [])).toBeNull()
})

const headersOf = fileURLToPath(new URL('../../../../shared/data/export_headers', import.meta.url))
describe.skipIf(!existsSync(headersOf))(
  'headers as platforms write them (skipped without ../shared/data)',
  () => {
    test.each([
      ['youzan_orders_export', 'youzan'],
      ['weimob_orders_export', 'weimob'],
      ['douyin_orders_export', 'douyin'],
      ['taobao_like_orders', 'taobao'],
      ['shopify_orders_export', 'shopify'],
      ['woocommerce_analytics_orders', 'woocommerce-analytics'],
      ['woocommerce_webtoffee_orders', 'woocommerce-webtoffee'],
      ['square_transactions', 'square'],
      ['square_items', 'square-items'],
      ['shopify_customers_export', null],
      ['youzan_customers_export', null],
    ])('%s', (file, name) => {
      const kind = file === 'weimob_orders_export' ? 'known_columns_UNORDERED' : 'header'
      const text = readFileSync(`${headersOf}/${file}.${kind}.csv`, 'utf8')
      expect(recognised(text.trim().split(','), [])).toBe(name)
    })
  },
)
