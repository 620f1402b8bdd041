import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { inspect } from '../inspect.ts'
import { deleteMember } from '../../rights/delete-member.ts'
import { openTestShop, receiptOf, type TestShop, visible } from '../test-shop.ts'
import { refundFieldNames } from './fields.ts'
import { filledIn } from '../columns/template.fixture.ts'
import { writtenAs } from '../columns/templates.ts'
import { refundsTemplate } from './template.ts'

const refunds = (shop: TestShop) =>
  shop.workspace.engine
    .rows(sql`select order_id, member_id, amount_minor, refunds.local_day, counts, date_assumed
    from refunds left join orders on orders.order_key = refunds.order_key
    left join members on members.member_key = refunds.member_key
    order by refunds.local_day, amount_minor`)
const orders = (shop: TestShop) =>
  shop.workspace.engine.rows(sql`select order_id, net_minor, void_day from orders order by order_id`)
const net = async (shop: TestShop) => {
  const [row] = await shop.workspace.engine.rows(sql`select
    cast((select coalesce(sum(net_minor), 0) from orders where state = 'paid')
      - (select coalesce(sum(amount_minor), 0) from refunds where counts) as bigint) as net`)
  return row!.net
}
const caller = (shop: TestShop) =>
  createCallerFactory(appRouter)({
    platform: shop.platform,
    actor: { kind: 'local' },
    role: 'owner',
    workspace: shop.workspace,
    language: 'en',
  })

const sold = `order_id,customer_id,order_date,amount
A1,m1,2026-01-02,100.00
A2,m2,2026-01-03,50.00
A3,m3,2026-01-04,30.00
Z9,m9,2026-05-01,1.00
`

test('a hand-worked file of a platform: linked, unknown, unlinked, not given back, undated', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.import(shop.file('sold.csv', sold))
  const file = shop.file(
    '售后.csv',
    [
      '售后单号,订单编号,会员号,商品名称,退款金额,退款时间,售后状态,退款原因',
      // Late in the evening of London, the next day in Shanghai.
      'R1,A1,,Cup,40.00,2026-02-03T20:00:00Z,退款成功,破损',
      // A minus is the same money; the member is the order's.
      'R2,A2,m1,,-50.00,2026-02-04,退款成功,',
      'R3,A1,,,10.00,,退款中,',
      'R4,A1,,,20.00,2026-02-05,退款关闭,',
      // No date of its own: the order's.
      'R5,A3,,,5.00,,退款成功,',
      'R6,B7,m7,,7.00,2026-02-06,退款成功,',
      'R7,B8,m8,,8.00,,退款成功,',
      'R8,,m2,,3.00,2026-02-07,退款成功,',
      // Refused, each for its own reason.
      'R9,A1,,,ten,2026-02-03,退款成功,',
      'R10,A1,,,,2026-02-03,退款成功,',
      'R11,,m1,,4.00,,退款成功,',
      'R12,A1,,,4.00,2026-02-03,不明,',
      'R13,A1,,,$4.00,2026-02-03,退款成功,',
      'R14,A1,,,4.00,2026-12-24,退款成功,',
      'R15,A1,,,4.00,31 Feb,退款成功,',
      'R16,A1,,,4.00,2026-02-03,,',
    ].join('\n'),
  )
  const seen = await inspect(file, '售后.csv', {}, 'Asia/Shanghai')
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection).toMatchObject({
    map: { kind: 'refunds' },
    lacking: [],
    questions: [{ kind: 'states', words: ['不明'] }],
  })
  const before = await visible(shop)
  const dry = receiptOf(await shop.import(file, { dryRun: true }))
  expect(await visible(shop)).toEqual(before)
  const receipt = receiptOf(await shop.import(file))
  expect(dry.givenBack).toEqual(receipt.givenBack)
  expect(receipt).toMatchObject({ read: 16, imported: 8, unchanged: 0, refused: 8, orders: 0 })
  expect(receipt.givenBack).toEqual({
    linked: 3,
    ofNoSale: 0,
    dateAssumed: 1,
    waiting: 2,
    undated: 1,
    unknownOrders: 2,
    unknownNamed: ['B7', 'B8'],
    unlinked: 1,
    pending: 1,
    closed: 1,
    saidByOrder: 0,
  })
  expect(receipt.reasons.map(({ reason, field, rows }) => [reason, field, rows]).toSorted()).toEqual([
    ['bad-amount', 'amount', 1],
    ['bad-date', 'refundedAt', 1],
    ['future-date', 'refundedAt', 1],
    ['no-amount', 'amount', 1],
    ['other-currency', 'amount', 1],
    ['undated-refund', 'refundedAt', 1],
    ['unknown-refund-state', 'state', 2],
  ])
  const back = (
    orderId: string | null,
    memberId: string,
    amountMinor: number,
    localDay: string,
    more = {},
  ) => ({
    orderId,
    memberId,
    amountMinor,
    localDay,
    counts: true,
    dateAssumed: false,
    ...more,
  })
  expect(await refunds(shop)).toEqual([
    back('A3', 'm3', 500, '2026-01-04', { dateAssumed: true }),
    back('A1', 'm1', 4000, '2026-02-04'),
    back('A2', 'm2', 5000, '2026-02-04'),
    back(null, 'm7', 700, '2026-02-06'),
    back(null, 'm2', 300, '2026-02-07'),
  ])
  // No refund is an order, and an order that is given back whole no longer qualifies.
  expect(await orders(shop)).toEqual([
    { orderId: 'A1', netMinor: 10_000, voidDay: null },
    { orderId: 'A2', netMinor: 5000, voidDay: '2026-02-04' },
    { orderId: 'A3', netMinor: 3000, voidDay: null },
    { orderId: 'Z9', netMinor: 100, voidDay: null },
  ])
  expect(await net(shop)).toBe(18_100 - 500 - 4000 - 5000 - 700 - 300)
  expect(
    receipt.months.map(({ month, restated, before, after }) => [month, restated, before, after]),
  ).toEqual([
    ['2026-02-01', false, { netMinor: 0, orders: 0 }, { netMinor: -10_000, orders: 0 }],
    // right after the first orders it belongs to the first load
    ['2026-01-01', false, { netMinor: 18_000, orders: 3 }, { netMinor: 17_500, orders: 2 }],
  ])
  const refused = readFileSync(receipt.refusedFile!, 'utf8').split('\r\n')
  expect(refused[3]).toBe(
    '12,退款时间,The refund has no time and names no order whose time could be taken.,R11,,m1,,4.00,,退款成功,',
  )

  // The orders come: what waited for them is theirs, the one without a date on their day.
  await shop.import(
    shop.file(
      'late.csv',
      'order_id,customer_id,order_date,amount\nB7,k7,2026-01-20,70\nB8,k8,2026-01-21,80\n',
    ),
  )
  expect((await refunds(shop)).filter(({ memberId }) => String(memberId).startsWith('k'))).toEqual([
    back('B8', 'k8', 800, '2026-01-21', { dateAssumed: true }),
    back('B7', 'k7', 700, '2026-02-06'),
  ])
  // The same file says now what it found, and changes nothing.
  const again = receiptOf(await shop.import(file))
  expect(again).toMatchObject({ imported: 0, unchanged: 8, alreadyThere: true })
  expect(again.givenBack).toMatchObject({ linked: 5, waiting: 0, unknownOrders: 0, unknownNamed: [] })
})

test('a file without a day on any row is read: each refund takes that of its order', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(shop.file('sold.csv', sold))
  const path = shop.file(
    'r.csv',
    '退款编号,原订单号,退款金额,退款时间,退款状态\nR1,A1,5,,退款成功\nR2,A2,6,,退款成功\n',
  )
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 2, refused: 0 })
  expect(await refunds(shop)).toMatchObject([
    { orderId: 'A1', amountMinor: 500, localDay: '2026-01-02', dateAssumed: true },
    { orderId: 'A2', amountMinor: 600, localDay: '2026-01-03', dateAssumed: true },
  ])
  // A column that has days is the time, whatever stands empty before it.
  const applied = shop.file(
    's.csv',
    '退款编号,原订单号,退款金额,退款时间,退款申请时间\nR3,A3,5,,2026-02-03\n',
  )
  expect(receiptOf(await shop.import(applied))).toMatchObject({ imported: 1, firstDay: '2026-02-03' })
})

test('a later file corrects a refund by its number, and undo takes out what it said', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(shop.file('sold.csv', sold))
  const header = 'refund_id,order_id,refunded_at,refund_amount,refund_status\n'
  await shop.import(shop.file('1.csv', `${header}R1,A1,,40,pending\nR2,A2,2026-02-01,10,refunded\n`))
  expect(await net(shop)).toBe(18_100 - 1000)
  const second = receiptOf(
    await shop.import(
      shop.file('2.csv', `${header}R1,A1,2026-02-02,100,refunded\nR2,A2,2026-02-01,10,refunded\n`),
    ),
  )
  expect(second).toMatchObject({ imported: 1, unchanged: 1, corrected: 1 })
  expect(await net(shop)).toBe(18_100 - 1000 - 10_000)
  expect((await orders(shop))[0]).toEqual({ orderId: 'A1', netMinor: 10_000, voidDay: '2026-02-02' })
  expect(await caller(shop).imports.undo({ importId: second.importId! })).toMatchObject({
    kind: 'refunds',
    orders: 1,
  })
  expect(await net(shop)).toBe(18_100 - 1000)
  expect((await orders(shop))[0]).toEqual({ orderId: 'A1', netMinor: 10_000, voidDay: null })
  const list = await caller(shop).imports.list({})
  expect(list.map(({ kind, undoneAt }) => [kind, undoneAt !== null])).toEqual([
    ['refunds', true],
    ['refunds', false],
    ['orders', false],
  ])
  expect(list[1]!.receipt!.givenBack).toMatchObject({ linked: 1, pending: 1 })
  expect(list[2]!.receipt!.givenBack).toBeNull()
})

test('without a number rows only add what is not there; an id that an order has is no order’s', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(shop.file('sold.csv', sold))
  const header = '原订单号,退款时间,退款金额\n'
  const first = receiptOf(
    await shop.import(shop.file('1.csv', `${header}A1,2026-02-01,10\nA1,2026-02-01,10\n`)),
  )
  expect(first).toMatchObject({ imported: 2, duplicates: 1 })
  const second = receiptOf(
    await shop.import(
      shop.file('2.csv', `${header}A1,2026-02-01,10\nA1,2026-02-01,10\nA1,2026-02-01,10\nA2,2026-02-03,5\n`),
    ),
  )
  expect(second).toMatchObject({ imported: 2, unchanged: 2 })
  expect(await net(shop)).toBe(18_100 - 3000 - 500)
  // A refund whose number is that of an order, and of a row of an order file without numbers.
  await shop.import(shop.file('3.csv', 'refund_id,order_id,refunded_at,amount\nA3,A3,2026-02-09,30\n'))
  expect(await net(shop)).toBe(18_100 - 3000 - 500 - 3000)
  expect(await orders(shop)).toHaveLength(4)
})

test('what an order’s own row says was given back is not taken off twice', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(
    shop.file(
      'sold.csv',
      [
        '订单号,会员号,下单时间,订单状态,实付金额,退款金额',
        'A1,m1,2026-01-02,已付款,100,30', // 30 in all, told in two refunds of 10 and 20
        'A2,m2,2026-01-02,已付款,100,30', // 30 in all, of which one refund of 10 is told
        'A3,m3,2026-01-02,已付款,100,30', // 30 in all; the refunds add up to 45
        'A4,m4,2026-01-02,已付款,100,30', // 30 in all; its only refund was rejected
        'A5,m5,2026-01-02,已退款,100,', // all of it
        'Z,m9,2026-05-01,已付款,1,',
      ].join('\n'),
    ),
  )
  const told = receiptOf(
    await shop.import(
      shop.file(
        'back.csv',
        [
          '退款编号,订单号,退款时间,退款金额,退款状态',
          'R1,A1,2026-02-01,10,退款成功',
          'R2,A1,2026-03-01,20,退款成功',
          'R3,A2,2026-02-01,10,退款成功',
          'R4,A3,2026-02-01,45,退款成功',
          'R5,A4,2026-02-01,30,退款关闭',
          'R6,A5,2026-02-01,60,退款成功',
        ].join('\n'),
      ),
    ),
  )
  expect(told.givenBack).toMatchObject({ linked: 5, closed: 1, saidByOrder: 4 })
  const of = async () =>
    (await refunds(shop))
      .map(({ orderId, amountMinor, localDay, dateAssumed }) =>
        [orderId, Number(amountMinor) / 100, localDay, dateAssumed ? 'assumed' : ''].join(' ').trim(),
      )
      .toSorted()
  expect(await of()).toEqual([
    'A1 10 2026-02-01',
    'A1 20 2026-03-01',
    'A2 10 2026-02-01',
    'A2 20 2026-01-02 assumed',
    'A3 45 2026-02-01',
    'A4 30 2026-01-02 assumed',
    'A5 40 2026-01-02 assumed',
    'A5 60 2026-02-01',
  ])
  await caller(shop).imports.undo({ importId: told.importId! })
  expect(await of()).toEqual([
    'A1 30 2026-01-02 assumed',
    'A2 30 2026-01-02 assumed',
    'A3 30 2026-01-02 assumed',
    'A4 30 2026-01-02 assumed',
    'A5 100 2026-01-02 assumed',
  ])
})

test('what negative lines of an order say was given back is not taken off twice', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const file = shop.file(
    'sold.csv',
    [
      '订单号,会员号,下单时间,商品名称,商品分类,数量,实付金额,退款金额,整单,原订单号',
      // Returned one of two cups on the third, and a file tells it on the fifth.
      'A1,m1,2026-01-02,Cup,cups,2,100,,,',
      'A1,m1,2026-01-03,Cup,cups,-1,-50,,,',
      // Of two returns a file tells a part of the first; what is left of it stays on its day.
      'A2,m2,2026-01-02,Cup,cups,3,100,,,',
      'A2,m2,2026-01-03,Cup,cups,-1,-30,,,',
      'A2,m2,2026-01-04,Cup,cups,-1,-20,,,',
      // A total beside a return: 40 in all by the order, 25 by the file. The total, which has no day, goes first.
      'A3,m3,2026-01-02,Cup,cups,1,100,10,,',
      'A3,m3,2026-01-06,Cup,cups,-1,-30,,,',
      // No file tells of it.
      'A4,m4,2026-01-02,Cup,cups,2,100,,,',
      'A4,m4,2026-01-03,Cup,cups,-1,-50,,,',
      // Charged for the whole order: what was given back had been taken off.
      'A5,m5,2026-01-02,Cup,cups,2,100,,70,',
      'A5,m5,2026-01-03,Cup,cups,-1,-30,,70,',
      // A credit note of the same file: an event of its own beside a line, but what the order’s total tells.
      'A6,m6,2026-01-02,Cup,cups,2,100,20,,',
      'A6,m6,2026-01-03,Cup,cups,-1,-30,,,',
      'C6,m6,2026-01-07,Cup,cups,-1,-20,,,A6',
      // The refund was rejected.
      'A7,m7,2026-01-02,Cup,cups,2,100,,,',
      'A7,m7,2026-01-03,Cup,cups,-1,-50,,,',
      'Z,m9,2026-05-01,Cup,cups,1,1,,,',
    ].join('\n'),
  )
  const map = { columns: { orderTotal: '整单' } }
  const first = receiptOf(await shop.import(file, { map }))
  expect(first.toldTwice).toBe(0)
  const of = async () =>
    (await refunds(shop))
      .map(({ orderId, amountMinor, localDay }) =>
        [orderId, Number(amountMinor) / 100, String(localDay).slice(5)].join(' '),
      )
      .toSorted()
  const alone = [
    'A1 50 01-03',
    'A2 20 01-04',
    'A2 30 01-03',
    'A3 10 01-02',
    'A3 30 01-06',
    'A4 50 01-03',
    'A6 20 01-07',
    'A6 30 01-03',
    'A7 50 01-03',
  ]
  expect(await of()).toEqual(alone)
  expect(await net(shop)).toBe(70_100 - 3000 - 28_000 - 1000)
  const back = [
    '退款编号,订单号,退款时间,退款金额,退款状态',
    'R1,A1,2026-01-05,50,退款成功',
    'R2,A2,2026-01-05,10,退款成功',
    'R3,A3,2026-02-05,25,退款成功',
    'R5,A5,2026-02-06,30,退款成功',
    'R7,A7,2026-02-06,50,退款关闭',
  ].join('\n')
  const told = receiptOf(await shop.import(shop.file('back.csv', back)))
  expect(told.givenBack).toMatchObject({ linked: 4, closed: 1, saidByOrder: 4 })
  const both = [
    'A1 50 01-05',
    'A2 10 01-05',
    'A2 20 01-03',
    'A2 20 01-04',
    'A3 15 01-06',
    'A3 25 02-05',
    'A4 50 01-03',
    'A5 30 02-06',
    'A6 20 01-07',
    'A6 30 01-03',
    'A7 50 01-03',
  ]
  expect(await of()).toEqual(both)
  // The same money in all, though a part of it counts on other days.
  expect(await net(shop)).toBe(70_100 - 3000 - 28_000 - 1000)
  expect((await orders(shop)).find(({ orderId }) => orderId === 'A5')).toMatchObject({ netMinor: 10_000 })
  // Units and categories are of what was sold, whoever tells what came back.
  const pieces = () =>
    shop.workspace.engine.rows(sql`select order_id, cast(sum(quantity) as integer) as pieces from order_lines
      join orders on orders.order_key = order_lines.order_key where order_id in ('A1', 'A4', 'A5') group by 1 order by 1`)
  expect(await pieces()).toEqual([
    { orderId: 'A1', pieces: 2 },
    { orderId: 'A4', pieces: 2 },
    { orderId: 'A5', pieces: 2 },
  ])

  await caller(shop).imports.undo({ importId: told.importId! })
  expect(await of()).toEqual(alone)
  await caller(shop).imports.undo({ importId: first.importId! })
  await shop.import(shop.file('back2.csv', back))
  const after = receiptOf(await shop.import(file, { map }))
  expect(after.toldTwice).toBe(4)
  expect(await of()).toEqual(both)
})

test.each([
  [
    'A platform’s refunds',
    '退款编号,订单编号,订单付款时间,买家实际支付金额,宝贝标题,买家退款金额,退款完结时间,退款状态',
    'R1,A,2026-01-01,9,x,3,2026-01-02,退款成功',
    'refunds',
  ],
  ['the least', '日期,订单号,退款金额', '2026-01-02,A,3', 'refunds'],
  ['in English', 'Refund ID,Order,Created at,Amount', 'R1,A,2026-01-02,3', 'refunds'],
  ['a time of refund alone', 'order_id,refunded_at,amount', 'A,2026-01-02,3', 'refunds'],
  [
    'orders with a column of refunds',
    'order_id,customer_id,order_date,amount,refund amount',
    'A,m,2026-01-02,3,1',
    'orders',
  ],
  [
    'orders with all columns of refunds',
    '订单号,会员号,下单时间,实付金额,退款编号,退款金额,退款时间',
    'A,m,2026-01-02,3,,,',
    'orders',
  ],
  [
    'orders whose amount has an odd name',
    '订单号,会员号,日期,实付金额（元）,退款金额',
    'A,m,2026-01-02,3,1',
    'orders',
  ],
  [
    'orders that name an original',
    'order_id,customer_id,order_date,amount,original_order_id',
    'A,m,2026-01-02,3,',
    'orders',
  ],
  [
    'Youzan’s orders',
    '订单号,买家手机号,订单创建时间,买家付款时间,归属店铺,订单实付金额,订单已退款金额,订单退款状态',
    'A,138,2026-01-02,2026-01-02,s,3,1,x',
    'orders',
  ],
])('%s: told by the header', async (_, header, row, kind) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const seen = await inspect(shop.file('a.csv', `${header}\n${row}\n`), 'a.csv', {}, 'UTC')
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection.map.kind).toBe(kind)
  expect(seen.inspection.lacking).toEqual([])
})

test('the kind may be said, and what a file lacks is named', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const file = shop.file('a.csv', 'order_id,day,amount,customer_id\nA1,2026-01-02,3,m1\n')
  expect(await shop.import(file, { map: { kind: 'refunds' } })).toMatchObject({
    id: 'missing-columns',
    values: { lacking: { named: [{ id: 'lacking.refundTime' }] } },
  })
  const map = { kind: 'refunds', columns: { refundedAt: 'day' } } as const
  expect(receiptOf(await shop.import(file, { map }))).toMatchObject({
    imported: 1,
    givenBack: { waiting: 1, unknownNamed: ['A1'] },
  })
  // The next file with this header is read so too.
  const next = shop.file('b.csv', 'order_id,day,amount,customer_id\nA2,2026-01-03,3,m1\n')
  expect(receiptOf(await shop.import(next)).givenBack).toMatchObject({ waiting: 1 })
})

test.each([
  ['CNY', 'csv', 4000],
  ['JPY', 'csv', 40],
  ['CNY', 'jsonl', 4000],
] as const)('the template in %s as %s is imported without a question', async (currency, ending, minor) => {
  await using shop = await openTestShop(currency, 'UTC')
  const path = shop.file(`refunds-template.${ending}`, filledIn(writtenAs[ending](refundsTemplate(currency))))
  const seen = await inspect(path, `refunds-template.${ending}`, {}, 'UTC')
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection).toMatchObject({ map: { kind: 'refunds' }, questions: [], lacking: [] })
  expect(seen.inspection.columns.map(({ field }) => field)).toEqual(refundFieldNames)
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 1, refused: 0 })
  expect(await refunds(shop)).toMatchObject([{ amountMinor: minor, localDay: '2026-02-03', orderId: null }])
  const [line] = await shop.workspace.engine.rows(
    sql`select refund_reason, product, sku, store from import_lines`,
  )
  expect(line).toEqual({ refundReason: 'broken', product: 'Cup', sku: 'CUP-07', store: 'Main street' })
})

test('JSON Lines say the same', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(shop.file('sold.csv', sold))
  const rows = [
    { refundId: 'R1', orderId: 'A1', refundedAt: '2026-02-01T10:00:00Z', amount: 12.5 },
    { refundId: 'R2', orderId: 'A1', refundedAt: '2026-02-02T10:00:00Z', amount: -2 },
  ]
  const file = shop.file('back.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))
  expect(receiptOf(await shop.import(file))).toMatchObject({ imported: 2, givenBack: { linked: 2 } })
  expect(await net(shop)).toBe(18_100 - 1450)
})

test('a deleted person is in no row of a refunds file, and the same file does not bring them back', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(shop.file('sold.csv', sold))
  const file = shop.file(
    'back.csv',
    '会员号,退款时间,退款金额,退款原因\nm2,2026-02-01,4,王女士不喜欢\nm2,2026-02-01,4,王女士不喜欢\nm3,2026-02-02,5,破损\n',
  )
  await shop.import(file)
  const before = await net(shop)
  const outcome = await deleteMember(shop.platform, shop.workspace, { memberId: 'm2', actor: 'test' })
  if (outcome.kind !== 'deleted') throw new Error(outcome.kind)
  expect(await net(shop)).toBe(before)
  const again = receiptOf(await shop.import(file))
  expect(again).toMatchObject({ imported: 0, unchanged: 3 })
  const lines = await shop.workspace.engine.rows(
    sql`select member_id, refund_reason, order_id from import_lines where starts_with(order_id, ' refund:') order by order_id`,
  )
  expect(lines.filter(({ memberId }) => memberId === outcome.pseudonym)).toHaveLength(2)
  expect(JSON.stringify(lines)).not.toMatch(/"m2"|王/)
  expect(new Set(lines.map(({ orderId }) => orderId)).size).toBe(3)
})
