import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { makeApp } from '../../app.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { peopleOfOrders } from '../../identity/told.ts'
import { takeOut } from '../apply.ts'
import { importById } from '../receipts/history.ts'
import { openTestShop, receiptOf, type TestShop, visible } from '../test-shop.ts'

const orders = (shop: TestShop) =>
  shop.workspace.engine.rows(sql`select order_id, member_id, state, net_minor, local_day, void_day
    from orders left join members on members.member_key = orders.member_key order by order_id`)
const refunds = (shop: TestShop) =>
  shop.workspace.engine.rows(sql`select order_id, amount_minor, refunds.local_day, counts, date_assumed
    from refunds left join orders on orders.order_key = refunds.order_key order by refund_id`)

test('a hand-worked file: states, refunds, guests, rounding, refused rows', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const file = shop.file(
    '订单.csv',
    [
      '订单号,会员号,下单时间,付款时间,订单状态,数量,单价,币种',
      // Paid the next day, and 2 × 1.005 = 2.01 exactly.
      "'A1,m1,2026-01-01 23:30,2026-01-02 00:10,已付款,2,1.005,CNY",
      // 1 × 0.125 → 0.13: half away from zero.
      'A2,m1,2026-01-03,,交易成功,1,0.125,人民币',
      // A line given back in an order that sold something: linked, on the order's day.
      'A3,m2,2026/1/4,,已完成,1,10,CNY',
      'A3,m2,2026/1/4,,已完成,-1,4,CNY',
      // Nothing but given back: not linked to anything.
      'A4,m2,2026-01-05,,已完成,-1,3,CNY',
      // Unpaid and closed do not count; a guest does.
      'A5,m3,2026-01-06,,待付款,1,5,CNY',
      'A6,m3,2026-01-06,,已取消,1,5,CNY',
      'A7,——,2026-01-07T10:00:00+00:00,,已完成,1,"1,234.50",CNY',
      // Wholly given back.
      'A8,m4.0,2026-01-08,,已退款,1,6,CNY',
      // Refused, each for its own reason.
      'B1,m1,31 February,,已付款,1,1,CNY',
      'B2,m1,2026-01-08,,已付款,1,ten,CNY',
      'B3,m1,2026-01-08,,已付款,1,1,USD',
      'B4,m1,2026-01-08,,不明,1,1,CNY',
      'B5,m1,2026-11-24 00:00,,已付款,1,1,CNY',
      ',m1,2026-01-08,,已付款,1,1,CNY',
      'B7,m1,2026-01-08,,已付款,1,1',
      '',
    ].join('\r\n'),
  )
  const receipt = receiptOf(await shop.import(file, { language: 'zh-CN' }))
  expect(receipt).toMatchObject({
    read: 16,
    imported: 9,
    unchanged: 0,
    refused: 7,
    duplicates: 0,
    members: 4,
    orders: 4,
    guestRows: 1,
    guestOrders: 1,
    unpaidOrders: 1,
    closedOrders: 1,
    emptyOrders: 1,
    roundingMinor: -0.5,
  })
  expect(await orders(shop)).toEqual([
    { orderId: 'A1', memberId: 'm1', state: 'paid', netMinor: 201, localDay: '2026-01-02', voidDay: null },
    { orderId: 'A2', memberId: 'm1', state: 'paid', netMinor: 13, localDay: '2026-01-03', voidDay: null },
    { orderId: 'A3', memberId: 'm2', state: 'paid', netMinor: 1000, localDay: '2026-01-04', voidDay: null },
    { orderId: 'A5', memberId: 'm3', state: 'unpaid', netMinor: 500, localDay: '2026-01-06', voidDay: null },
    { orderId: 'A6', memberId: 'm3', state: 'closed', netMinor: 500, localDay: '2026-01-06', voidDay: null },
    {
      orderId: 'A7',
      memberId: null,
      state: 'paid',
      netMinor: 123_450,
      localDay: '2026-01-07',
      voidDay: null,
    },
    {
      orderId: 'A8',
      memberId: 'm4.0',
      state: 'paid',
      netMinor: 600,
      localDay: '2026-01-08',
      voidDay: '2026-01-08',
    },
  ])
  expect(await refunds(shop)).toEqual([
    { orderId: 'A3', amountMinor: 400, localDay: '2026-01-04', counts: true, dateAssumed: true },
    { orderId: null, amountMinor: 300, localDay: '2026-01-05', counts: true, dateAssumed: false },
    { orderId: 'A8', amountMinor: 600, localDay: '2026-01-08', counts: true, dateAssumed: true },
  ])
  const refused = readFileSync(receipt.refusedFile!, 'utf8').split('\r\n')
  expect(refused[0]).toMatch(/^\ufeff行号 \[[0-9a-f]{12}\],列,原因,订单号,会员号,/)
  expect(refused[1]).toBe('11,下单时间,时间无法识别。,B1,m1,31 February,,已付款,1,1,CNY')
  expect(refused[7]).toBe('17,,该行的列数少于表头。,B7,m1,2026-01-08,,已付款,1,1')
  expect(refused).toHaveLength(9)
})

test('an order whose lines differ: only what was paid is sold; with a total, every line is', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const file = shop.file(
    'mixed.csv',
    [
      '订单号,会员号,下单时间,订单状态,数量,实付金额,优惠金额,订单总额',
      // One line was paid, another closed.
      'C1,m1,2026-01-01,已付款,1,10,1,',
      'C1,m1,2026-01-01,已关闭,1,5,0,',
      // Nothing was paid: all lines are the order's.
      'C2,m1,2026-01-02,待付款,1,10,1,',
      'C2,m1,2026-01-02,已关闭,1,5,0,',
      // The total stands on the first line alone; the second, given back, is in it and has no list price.
      'C3,m1,2026-01-03,已付款,1,15,2,12',
      'C3,m1,2026-01-03,已付款,-1,3,0,',
      // Without a total, what was given back is a refund and not of the order's price.
      'C4,m1,2026-01-04,已付款,1,15,2,',
      'C4,m1,2026-01-04,已付款,-1,3,0,',
    ].join('\n'),
  )
  receiptOf(await shop.import(file, { map: { columns: { orderTotal: '订单总额' } } }))
  expect(
    await shop.workspace.engine
      .rows(sql`select order_id, any_value(state) as state, any_value(orders.net_minor) as net_minor,
        any_value(orders.gross_minor) as gross_minor, any_value(orders.discount_minor) as discount_minor, count(*) as lines
      from orders join order_lines on order_lines.order_key = orders.order_key group by order_id order by order_id`),
  ).toEqual([
    { orderId: 'C1', state: 'paid', netMinor: 1000, grossMinor: 1100, discountMinor: 100, lines: 1 },
    { orderId: 'C2', state: 'unpaid', netMinor: 1500, grossMinor: 1600, discountMinor: 100, lines: 2 },
    { orderId: 'C3', state: 'paid', netMinor: 1200, grossMinor: null, discountMinor: null, lines: 2 },
    { orderId: 'C4', state: 'paid', netMinor: 1500, grossMinor: 1700, discountMinor: 200, lines: 1 },
  ])
  expect(await refunds(shop)).toEqual([
    { orderId: 'C4', amountMinor: 300, localDay: '2026-01-04', counts: true, dateAssumed: true },
  ])
})

test('order totals and blanks on later rows, as Shopify writes them', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const lines = [
    'Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount',
  ]
  for (let i = 1; i <= 4; i++)
    lines.push(
      `#100${i},a${i}@x.cn,partially_refunded,2026-01-0${i} 10:00:00 +0400,CNY,25.00,2026-01-0${i} 09:59:00 +0400,2,"Tea\ngreen",10.00,T,5.00`,
      `#100${i},a${i}@x.cn,,,,,2026-01-0${i} 09:59:00 +0400,1,Cup,7.00,C,`,
    )
  const receipt = receiptOf(await shop.import(shop.file('shopify.csv', lines.join('\n'))))
  expect(receipt).toMatchObject({ read: 8, imported: 8, refused: 0, members: 4, orders: 4 })
  const [first] = await orders(shop)
  // 25.00 was charged, whatever the items add up to.
  expect(first).toEqual({
    orderId: '#1001',
    memberId: expect.stringMatching(/^p-/),
    state: 'paid',
    netMinor: 2500,
    localDay: '2026-01-01',
    voidDay: null,
  })
  expect(await refunds(shop)).toHaveLength(4)
  expect((await refunds(shop))[0]).toEqual({
    orderId: '#1001',
    amountMinor: 500,
    localDay: '2026-01-01',
    counts: true,
    dateAssumed: true,
  })
})

test('a refund that names its order is linked to it, in whichever file it comes', async () => {
  await using shop = await openTestShop()
  const header = 'order_id,customer_id,order_date,amount,original_order_id\n'
  receiptOf(
    await shop.import(shop.file('back.csv', `${header}R1,m1,2026-02-03,-10.00,A1\nA0,m1,2026-01-01,5,\n`)),
  )
  expect(await refunds(shop)).toMatchObject([{ orderId: null }])
  const sold = receiptOf(
    await shop.import(shop.file('sold.csv', `${header}A1,m1,2026-01-02,10.00,\nA9,m2,2026-01-01,1,\n`)),
  )
  expect(await refunds(shop)).toMatchObject([
    { orderId: 'A1', amountMinor: 1000, localDay: '2026-02-03', dateAssumed: false },
  ])
  expect((await orders(shop)).find(({ orderId }) => orderId === 'A1')).toMatchObject({
    voidDay: '2026-02-03',
  })
  expect(sold.orders).toBe(1)
})

test.each([
  ['gb18030', Buffer.from([0xb6, 0xa9, 0xb5, 0xa5, 0xba, 0xc5])],
  ['utf-8 with mark', Buffer.from('\ufeff订单号')],
])('headers in %s are read', async (_name, orderId) => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const rest = Buffer.from('\tmember_id\torder_date\tamount\nA1\tm1\t20260102\t10\n')
  const receipt = receiptOf(
    await shop.import(shop.file('orders.tsv', new Uint8Array(Buffer.concat([orderId, rest])))),
  )
  expect(receipt).toMatchObject({ read: 1, imported: 1, orders: 1, firstDay: '2026-01-02' })
  expect(await orders(shop)).toMatchObject([{ orderId: 'A1' }])
})

test('a dry run and a cancelled import leave no trace', async () => {
  await using shop = await openTestShop()
  const file = shop.file('o.csv', 'order_id,customer_id,order_date,amount\nA1,m1,2026-01-02,10.00\n')
  const before = await visible(shop)
  const dry = receiptOf(await shop.import(file, { dryRun: true }))
  expect(dry).toMatchObject({ importId: null, read: 1, imported: 1, orders: 1, dryRun: true })
  expect(await visible(shop)).toEqual(before)
  const real = receiptOf(await shop.import(file))
  expect(await importById(shop.workspace, real.importId!)).toMatchObject({ fileName: 'o.csv' })
  expect(await visible(shop)).not.toEqual(before)

  await shop.import(file) // the same again changes nothing, and is not noted either
  const caller = createCallerFactory(appRouter)({
    platform: shop.platform,
    actor: { kind: 'local' },
    role: 'owner',
    workspace: shop.workspace,
    language: 'en',
  })
  await caller.imports.undo({ importId: real.importId! })
  expect(
    await shop.platform.store
      .selectFrom('audit')
      .select(['actor', 'action', 'subject'])
      .orderBy('action')
      .execute(),
  ).toEqual([
    { actor: 'command-line', action: 'import-applied', subject: real.importId },
    { actor: 'command-line', action: 'import-undone', subject: real.importId },
  ])
})

const undo = (shop: TestShop, importId: string) =>
  takeOut(shop.workspace.engine, importId, {
    timeZone: 'UTC',
    today: '2026-11-22',
    undoneAt: '2026-11-22T00:00:00Z',
    signal: new AbortController().signal,
  })
const linked = 'Order ID,Member ID,Order date,Line amount,Original order id\n'
const qualifying = async (shop: TestShop) =>
  (await orders(shop)).filter(({ voidDay }) => voidDay === null).map(({ orderId }) => orderId)

test('an order whose credit note is undone or comes to name another order counts again', async () => {
  await using shop = await openTestShop()
  await shop.import(
    shop.file('u1.csv', `${linked}B,M2,2025-01-02,30,\nC,M3,2025-01-02,30,\nZ,M9,2025-12-01,1,\n`),
  )
  const second = receiptOf(await shop.import(shop.file('u2.csv', `${linked}CN,M2,2025-03-02,-30,B\n`)))
  expect(await qualifying(shop)).toEqual(['C', 'Z'])
  await shop.import(shop.file('u3.csv', `${linked}CN,M2,2025-03-02,-30,C\n`))
  expect(await qualifying(shop)).toEqual(['B', 'Z'])
  const [state] = await shop.workspace.engine.rows(
    sql`select string_agg(member_id, ' ' order by member_id) as buyers from member_facts join members using (member_key) where orders > 0`,
  )
  expect(state!.buyers).toBe('M2 M9')
  for (const { importId } of await shop.workspace.engine.rows(
    sql`select import_id from imports where import_id <> ${second.importId} and file_name = 'u3.csv'`,
  ))
    await undo(shop, String(importId))
  expect(await qualifying(shop)).toEqual(['C', 'Z'])
  await undo(shop, second.importId!)
  expect(await qualifying(shop)).toEqual(['B', 'C', 'Z'])
})

test('a linked credit note takes from the member of its order, whoever it names', async () => {
  await using shop = await openTestShop()
  await shop.import(
    shop.file(
      'notes.csv',
      `${linked}A1,M1,2025-01-01,100,\nC1,,2025-01-05,-100,A1\nA2,M2,2025-01-02,50,\nC2,M8,2025-01-06,-20,A2\nC3,M3,2025-01-06,-5,\nA9,M9,2025-02-01,1,\n`,
    ),
  )
  expect(
    await shop.workspace.engine.rows(
      sql`select member_id, orders, net_minor as net from member_facts join members using (member_key) order by member_id`,
    ),
  ).toEqual([
    { memberId: 'M1', orders: 0, net: 0 },
    { memberId: 'M2', orders: 1, net: 3000 },
    { memberId: 'M3', orders: 0, net: -500 },
    { memberId: 'M8', orders: 0, net: 0 },
    { memberId: 'M9', orders: 1, net: 100 },
  ])
})

test('what is given back of an order line by line adds up', async () => {
  await using shop = await openTestShop('CNY')
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'lines.csv',
        [
          '订单号,会员号,下单时间,订单状态,实付金额,退款金额',
          // All lines given back, by their state; two of them alike.
          'A1,M1,2025-01-01,已退款,100,',
          'A1,M1,2025-01-01,已退款,50,',
          'A2,M2,2025-01-01,已退款,60,',
          'A2,M2,2025-01-01,已退款,60,',
          // Two lines of three.
          'A3,M3,2025-01-01,已付款,100,',
          'A3,M3,2025-01-01,已退款,50,',
          'A3,M3,2025-01-01,已退款,40,',
          // Parts of lines, and one amount for the order that each of its lines repeats.
          'A4,M4,2025-01-01,已付款,100,10',
          'A4,M4,2025-01-01,已付款,50,50',
          'A5,M5,2025-01-01,已付款,100,30',
          'A5,M5,2025-01-01,已付款,50,30',
          '',
        ].join('\n'),
      ),
    ),
  )
  expect(receipt).toMatchObject({ imported: 11, orders: 3, emptyOrders: 2 })
  expect(
    await shop.workspace.engine.rows(
      sql`select member_id, orders, net_minor as net from member_facts join members using (member_key) order by member_id`,
    ),
  ).toEqual([
    { memberId: 'M1', orders: 0, net: 0 },
    { memberId: 'M2', orders: 0, net: 0 },
    { memberId: 'M3', orders: 1, net: 10_000 },
    { memberId: 'M4', orders: 1, net: 9000 },
    { memberId: 'M5', orders: 1, net: 12_000 },
  ])
})

test.each([
  ['2025-01-31 20:00:00+00', '2025-02-01'],
  ['2025-01-31 20:00:00.123456+00', '2025-02-01'],
  ['2025/01/31 20:00:00+00', '2025-02-01'],
  ['2025-01-31T20:00:00Z', '2025-02-01'],
  ['2025-01-31 20:00:00 +0000', '2025-02-01'],
  ['2025-01-31 20:00 UTC', '2025-02-01'],
  ['2025-01-31 20:00:00+08', '2025-01-31'],
  ['2025-01-31 20:00:00', '2025-01-31'],
  ['2025-01-31 20:00', '2025-01-31'],
  ['2025-01-31', '2025-01-31'],
])('%s in Shanghai is on %s', async (text, day) => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const file = shop.file('zone.csv', `order_id,customer_id,order_date,amount\nA,m1,${text},1.00\n`)
  expect(receiptOf(await shop.import(file))).toMatchObject({ imported: 1, firstDay: day })
})

test('amounts are exact to the digit, and what is no amount or too much is named as such', async () => {
  await using shop = await openTestShop('CNY')
  const priced = shop.file(
    'weights.csv',
    'order_id,customer_id,order_date,quantity,unit_price\nA,m1,2025-01-01,0.12345,1000.00\nB,m1,2025-01-01,0.1234567,"1,000.00"\nC,m1,2025-01-01,-0.000005,1000.00\n',
  )
  const receipt = receiptOf(await shop.import(priced))
  expect(receipt).toMatchObject({ imported: 3, roundingMinor: 0.17 })
  expect((await orders(shop)).map(({ netMinor }) => netMinor)).toEqual([12_345, 12_346])
  expect((await refunds(shop)).map(({ amountMinor }) => amountMinor)).toEqual([1])
  const odd = receiptOf(
    await shop.import(
      shop.file(
        'odd.csv',
        'order_id,customer_id,order_date,amount\nD,m1,2025-01-01,10.50\nE,m1,2025-01-01,"12,34"\nF,m1,2025-01-01,"1,234.50"\nG,m1,2025-01-01,99999999999999999999\nH,m1,2025-01-01,10000000000\n',
      ),
    ),
  )
  expect(odd.reasons.map(({ reason, rows }) => [reason, rows]).toSorted()).toEqual([
    ['bad-amount', 1],
    ['too-large', 2],
  ])
  expect(odd).toMatchObject({ imported: 2, refused: 3 })
})

test.each([
  {
    of: 'a csv',
    name: 'a.csv',
    content: 'no,no,who,when,total\nX,A,m1,1/2/2026,10\nX,B,m2,31/12/2026,5\nX,C,m3,3/4/2026,"-ten"\n',
  },
  {
    of: 'JSON Lines',
    name: 'a.jsonl',
    content: ['A,m1,1/2/2026,10', 'B,m2,31/12/2026,5', 'C,m3,3/4/2026,-ten']
      .map((row) => row.split(','))
      .map(([id, who, when, total]) => JSON.stringify({ x: 'X', no: id, who, when, total }))
      .join('\n'),
  },
])('refused rows of $of, mended, are imported as they are', async ({ name, content }) => {
  await using shop = await openTestShop('CNY')
  const map = {
    columns: { orderId: 2, memberId: 'who', orderedAt: 'when', amount: 'total' },
    dates: 'day-first',
  } as const
  const receipt = receiptOf(await shop.import(shop.file(name, content), { map }))
  expect(receipt).toMatchObject({ imported: 1, refused: 2 })
  const refused = readFileSync(receipt.refusedFile!, 'utf8')
  expect(refused).toContain("'-ten") // no formula
  const mended = refused.replace('31/12/2026', '13/10/2026').replace("'-ten", '12.50')
  expect(receiptOf(await shop.import(shop.file('mended.csv', mended)))).toMatchObject({
    imported: 2,
    refused: 0,
    lastDay: '2026-10-13',
  })
  expect((await orders(shop)).map(({ orderId, netMinor }) => [orderId, netMinor])).toEqual([
    ['A', 1000],
    ['B', 500],
    ['C', 1250],
  ])
})

test('a start clears away what a killed import left', async () => {
  await using shop = await openTestShop()
  const left = join(shop.folder, 'data', 'uploads', 'killed')
  mkdirSync(left, { recursive: true })
  writeFileSync(join(left, 'block-0.txt'), 'x')
  const app = await makeApp(shop.platform)
  await app.close()
  expect(existsSync(left)).toBe(false)
})

test('days that systems write where they have none are refused, and do not begin the data', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const days = ['2026-01-02', '1899-12-30', '1970-01-01 08:00:00', '0001-01-01 00:00:00', '1997-01-01']
  const rows = days.map((day, i) => `A${i},m1,${day},10`)
  const receipt = receiptOf(
    await shop.import(shop.file('o.csv', `order_id,customer_id,order_date,amount\n${rows.join('\n')}\n`)),
  )
  expect(receipt).toMatchObject({
    imported: 2,
    refused: 3,
    firstDay: '1997-01-01',
    reasons: [{ reason: 'old-date', field: 'orderedAt', rows: 3 }],
  })
})

test('what stands in a member’s place and names nobody is told', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const text = (word: string) =>
    `order_id,customer_id,order_date,amount\nA,${word},2026-01-01,1\nB,m1,2026-01-01,2\nC,${word},2026-01-02,3\nD,,2026-01-02,4\n`
  const receipt = receiptOf(await shop.import(shop.file('zero.csv', text('0')), { dryRun: true }))
  expect(receipt).toMatchObject({ guestRows: 3, members: 1, nobodyRows: { rows: 2, word: '0' } })
  expect(peopleOfOrders('en', receipt)).toContain(
    '2 rows have “0” or the like in place of a member, which names nobody: they are guests’.',
  )
  const named = receiptOf(await shop.import(shop.file('named.csv', text('m0')), { dryRun: true }))
  expect(named).toMatchObject({ guestRows: 1, members: 2 })
  expect(named.nobodyRows).toBeUndefined()
})
