import { describe, expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { evaluateSegment } from '../../segments/evaluation.ts'
import { takeOut } from '../apply.ts'
import { exported, youzan } from './platform-exports.fixture.ts'
import { openTestShop, receiptOf, type TestShop, visible } from '../test-shop.ts'

const headers = [
  '订单号',
  '订单状态',
  '订单创建时间',
  '买家付款时间',
  '商品金额合计',
  '店铺优惠合计',
  '应收订单金额',
  '订单实付金额',
  '全部商品名称',
  '买家手机号',
  '订单已退款金额',
]
/** An order of somebody, paid as it was due. */
const order = (id: string, products: string, amount: string, more: Record<string, string> = {}) => ({
  订单号: id,
  订单状态: '交易完成',
  订单创建时间: '2026-03-01 10:11:12',
  买家付款时间: '2026-03-01 10:12:00',
  应收订单金额: amount,
  订单实付金额: amount,
  全部商品名称: products,
  买家手机号: '13900000001',
  ...more,
})

const linesOf = async ({ workspace }: TestShop) =>
  (
    await workspace.engine.rows(
      sql`select order_id, line_number, product, cast(quantity as double) as pieces, line.net_minor as net, line.gross_minor as gross
        from order_lines as line join orders using (order_key) order by order_id, line_number`,
    )
  ).map((row) => [row.orderId, row.lineNumber, row.product, row.pieces, row.net, row.gross])
const ordersOf = async ({ workspace }: TestShop) =>
  (
    await workspace.engine.rows(
      sql`select orders.order_id, orders.net_minor as net, gross_minor as gross, discount_minor as off,
          cast(coalesce(sum(amount_minor), 0) as bigint) as back
        from orders left join refunds using (order_key) group by all order by order_id`,
    )
  ).map((row) => [row.orderId, row.net, row.gross, row.off, row.back])

describe('what a cell of products is read as', () => {
  const read: readonly (readonly [cell: string, lines: readonly (readonly [string, number | null])[]])[] = [
    [
      '桂花乌龙(1件),白瓷杯(2件)',
      [
        ['桂花乌龙', 1],
        ['白瓷杯', 2],
      ],
    ],
    // the same product twice stays two lines
    [
      'A段奶粉 900g(3件);纸尿裤 L(2件);A段奶粉 900g(3件)',
      [
        ['A段奶粉 900g', 3],
        ['纸尿裤 L', 2],
        ['A段奶粉 900g', 3],
      ],
    ],
    // commas, brackets and weights of names
    [
      '礼盒(红,大)(2件),面膜(10片),补水(1件),米(500g)(12件)',
      [
        ['礼盒(红,大)', 2],
        ['面膜(10片),补水', 1],
        ['米(500g)', 12],
      ],
    ],
    [
      '茶巾（1件），茶盘 （ 2 件 ）、茶针(1件);',
      [
        ['茶巾', 1],
        ['茶盘', 2],
        ['茶针', 1],
      ],
    ],
    [
      '矿泉水(6瓶)，薯片(1袋)',
      [
        ['矿泉水', 6],
        ['薯片', 1],
      ],
    ],
    ['茶巾(4件)', [['茶巾', 4]]],
    // no such lists
    ['茶巾', [['茶巾', null]]],
    ['茶巾(1件),茶盘', [['茶巾(1件),茶盘', null]]],
    ['米(500g)', [['米(500g)', null]]],
    ['(2件)', [['(2件)', null]]],
    ['茶巾(0件)', [['茶巾(0件)', null]]],
    // lists, but where one product ends nobody can tell
    ...[
      '茶巾(1件) 茶盘(2件)',
      '茶巾(１件),茶盘(2件)',
      '茶巾(1,000件),茶盘(2件)',
      '茶巾(1件),,茶盘(2件)',
      '(1件),茶盘(2件)',
      '套装(茶巾(1件),茶盘(1件))(2件)',
    ].map((cell): [string, [string, null][]] => [cell, [[cell, null]]]),
  ]
  test('at Youzan', async () => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const rows = read.map(([cell], i) => order(`E${String(i).padStart(3, '0')}`, cell, '10.00'))
    const receipt = receiptOf(await shop.import(shop.file('a.csv', exported(headers, rows))))
    expect(receipt).toMatchObject({
      read: 17,
      imported: 17,
      refused: 0,
      duplicates: 0,
      orders: 17,
      netMinor: 17_000,
      splitRows: 5,
    })
    const lines = await linesOf(shop)
    expect(
      read.map((_, i) =>
        lines.flatMap(([id, , product, pieces]) =>
          id === `E${String(i).padStart(3, '0')}` ? [[product, pieces]] : [],
        ),
      ),
    ).toEqual(read.map(([, expected]) => expected))
  })

  test('in the analytics of WooCommerce', async () => {
    await using shop = await openTestShop('USD', 'UTC')
    const row = (id: string, products: string) => ({
      'Order #': id,
      Date: '2026-03-01 10:00:00',
      'N. Revenue (formatted)': '$10.00',
      Status: 'Completed',
      'Customer type': 'new',
      'Product(s)': products,
    })
    const written = exported(Object.keys(row('', '')), [
      row('1', '2× Rose tea, black, 10× Cup (3 × 2)'),
      row('2', '1× Cup'),
      row('3', 'Cup, 2× Rose tea'),
    ])
    const receipt = receiptOf(
      await shop.import(shop.file('a.csv', written), { map: { columns: { memberId: null } } }),
    )
    expect(receipt).toMatchObject({ read: 3, imported: 3, splitRows: 1, netMinor: 3000 })
    expect(await linesOf(shop)).toEqual([
      ['1', 1, 'Rose tea, black', 2, 0, null],
      ['1', 2, 'Cup (3 × 2)', 10, 0, null],
      ['2', 1, 'Cup', 1, 1000, null],
      ['3', 1, 'Cup, 2× Rose tea', null, 1000, null],
    ])
  })
})

test('amounts, reductions and refunds stay those of the order, a single product keeps its own', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const rows = [
    order('E1', '甲(1件),乙(2件)', '60.00', { 商品金额合计: '70.00', 店铺优惠合计: '10.00' }),
    order('E2', '甲(3件)', '80.00', { 店铺优惠合计: '5.00', 订单已退款金额: '30.00' }),
    order('E3', '乙(1件),乙(1件)', '45.00', { 订单状态: '交易关闭', 订单已退款金额: '45.00' }),
    // two rows of one order are left as they are
    order('E4', '甲(1件),乙(1件)', '20.00'),
    order('E4', '丙(1件)', '7.00'),
  ]
  const path = shop.file('a.csv', exported(headers, rows))
  const receipt = receiptOf(await shop.import(path))
  // 60 + 80 + 45 + 27 less 30 and 45
  expect(receipt).toMatchObject({
    read: 5,
    imported: 5,
    duplicates: 0,
    orders: 3,
    members: 1,
    netMinor: 13_700,
    splitRows: 2,
  })
  expect(receipt.matched).toMatchObject({ byPhone: 5 })
  expect(await ordersOf(shop)).toEqual([
    ['E1', 6000, 7000, 1000, 0],
    ['E2', 8000, 8500, 500, 3000],
    ['E3', 4500, null, null, 4500],
    ['E4', 2700, null, null, 0],
  ])
  expect(await linesOf(shop)).toEqual([
    ['E1', 1, '甲', 1, 0, null],
    ['E1', 2, '乙', 2, 0, null],
    ['E2', 1, '甲', 3, 8000, 8500],
    ['E3', 1, '乙', 1, 0, null],
    ['E3', 2, '乙', 1, 0, null],
    ['E4', 1, '甲(1件),乙(1件)', null, 2000, null],
    ['E4', 2, '丙(1件)', null, 700, null],
  ])
  expect(receiptOf(await shop.import(path))).toMatchObject({
    imported: 0,
    unchanged: 5,
    corrected: 0,
    alreadyThere: true,
  })
})

test('overlapping and corrected files and undoing come to what is live, whatever was before', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await using fresh = await openTestShop('CNY', 'Asia/Shanghai')
  const first = [order('E1', '甲(1件),乙(2件)', '60.00'), order('E2', '甲(3件)', '80.00')]
  const later = [order('E2', '甲(3件)', '80.00'), order('E3', '丙(1件),丙(1件)', '9.00')]
  const corrected = [order('E1', '甲(1件),丁(2件)', '60.00'), order('E3', '丙(1件),丙(1件)', '9.00')]
  const write = (name: string, rows: typeof first) => [name, exported(headers, rows)] as const
  const files = [write('a.csv', first), write('b.csv', later), write('c.csv', corrected)]
  const receipts = []
  for (const [name, text] of files) receipts.push(receiptOf(await shop.import(shop.file(name, text))))
  expect(receipts.map(({ imported, unchanged, corrected }) => [imported, unchanged, corrected])).toEqual([
    [2, 0, 0],
    [1, 1, 0],
    [1, 1, 1],
  ])
  expect((await linesOf(shop)).map((line) => line.slice(0, 4))).toEqual([
    ['E1', 1, '甲', 1],
    ['E1', 2, '丁', 2],
    ['E2', 1, '甲', 3],
    ['E3', 1, '丙', 1],
    ['E3', 2, '丙', 1],
  ])
  for (const at of [0, 2])
    await takeOut(shop.workspace.engine, receipts[at]!.importId!, {
      timeZone: 'Asia/Shanghai',
      today: '2026-11-22',
      undoneAt: '2026-11-22T00:00:00Z',
      signal: new AbortController().signal,
    })
  await fresh.import(fresh.file('b.csv', files[1]![1]))
  expect(await linesOf(shop)).toEqual(await linesOf(fresh))
  expect(await ordersOf(shop)).toEqual(await ordersOf(fresh))
})

test('a file that came in before lists were taken apart gets its lines when it comes again, and nothing doubles', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    'a.csv',
    exported(headers, [
      order('E1', '甲(1件),乙(2件)', '60.00', { 订单已退款金额: '10.00' }),
      order('E2', '茶巾', '5.00'),
    ]),
  )
  const { importId } = receiptOf(await shop.import(path))
  const engine = shop.workspace.engine
  // as it was kept then: a row a line, with the amount and all names
  await engine.largeTransaction(async (session) => {
    await session.run(sql`delete from import_lines where piece > 1`)
    await session.run(sql`update import_lines set product = '甲(1件),乙(2件)', quantity = null, net_minor = order_net_minor,
      order_net_minor = null, content_hash = 1, piece = null where piece = 1`)
  })
  const again = receiptOf(await shop.import(path))
  expect(again).toMatchObject({
    imported: 1,
    unchanged: 1,
    corrected: 1,
    newOrders: 0,
    alreadyThere: false,
    months: [],
  })
  expect(again.importId).not.toBe(importId)
  expect(await ordersOf(shop)).toEqual([
    ['E1', 6000, null, null, 1000],
    ['E2', 500, null, null, 0],
  ])
  expect((await linesOf(shop)).map((line) => line.slice(0, 4))).toEqual([
    ['E1', 1, '甲', 1],
    ['E1', 2, '乙', 2],
    ['E2', 1, '茶巾', null],
  ])
  const before = await visible(shop)
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 0, alreadyThere: true })
  expect(await visible(shop)).toEqual(before)
})

test('items are counted by their pieces', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.import(shop.file('a.csv', exported(youzan.headers, youzan.rows)))
  const members = async (expression: string) => {
    const outcome = await evaluateSegment(shop.platform.store, shop.workspace, { expression })
    if (outcome.kind === 'refused') throw new Error(outcome.errors[0]!.message)
    return outcome.evaluation.members
  }
  // the first buyer's orders: 1 + 2, and 2; the second buyer's only one that was not given back: 1
  expect(await members('items(product in ("桂花乌龙", "白瓷杯")) = 5')).toBe(1)
  expect(await members('items(product = "桂花乌龙") = 3')).toBe(1)
  expect(await members('items(product = "白瓷杯") = 2')).toBe(1)
  expect(await members('items(product = "茶巾") = 1')).toBe(1)
})
