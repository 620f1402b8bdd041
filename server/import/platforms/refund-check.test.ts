import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { taobao, exported } from './platform-exports.fixture.ts'
import { type RefundCheck, refundSentence } from './refund-check.ts'
import { openTestShop, receiptOf, type TestShop, visible } from '../test-shop.ts'
import { command } from '../../command-line/in-process.fixture.ts'
import { cases } from '../../../fixtures/cases.ts'

/** Orders as [id, charged, given back, gross]. */
const ordersOf = async ({ workspace }: TestShop) =>
  (
    await workspace.engine.rows(sql`select order_id, orders.net_minor, any_value(orders.gross_minor) as gross,
        coalesce(cast(sum(refunds.amount_minor) as bigint), 0) as back
      from orders left join refunds using (order_key) group by all order by order_id`)
  ).map((row) => [row.orderId, row.netMinor, row.back, row.gross])

const plain = 'order no,customer id,date,amount paid,order total,refund amount\n'

test('a file of no known platform is checked too: paid = total − refund is net', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'a.csv',
    `${plain}1,a,2026-01-01,50,50,\n2,a,2026-01-02,40,50,10\n3,b,2026-01-03,0,30,30\n`,
  )
  const receipt = receiptOf(await shop.import(path))
  expect(receipt.refundCheck).toEqual({
    unit: 'rows',
    refunded: 2,
    compared: 2,
    net: 2,
    notNet: 0,
    moreThanPaid: 1,
    verdict: 'net',
    amountsAreNet: true,
    by: 'figures',
  })
  expect(await ordersOf(shop)).toEqual([
    ['1', 5000, 0, null],
    ['2', 5000, 1000, null],
    ['3', 3000, 3000, null],
  ])
  // The same again, and the same before its refunds and after.
  const before = await visible(shop)
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 0, alreadyThere: true })
  expect(await visible(shop)).toEqual(before)
})

test('an order that was there before its refund is restated once by amounts that are net', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(shop.file('a.csv', `${plain}1,a,2026-01-01,50,50,0\n2,a,2026-01-02,50,50,0\n`))
  const receipt = receiptOf(
    await shop.import(shop.file('b.csv', `${plain}1,a,2026-01-01,50,50,0\n2,a,2026-01-02,35,50,15\n`)),
  )
  expect(receipt).toMatchObject({ corrected: 1, unchanged: 1 })
  expect(await ordersOf(shop)).toEqual([
    ['1', 5000, 0, null],
    ['2', 5000, 1500, null],
  ])
})

test('what the merchant says outweighs the figures, and the figures what is known of the platform', async () => {
  const file = exported(taobao.headers, taobao.net)
  for (const [amountsAreNet, charged] of [
    [true, 12_000],
    [false, 9000],
  ] as const) {
    await using shop = await openTestShop('CNY', 'UTC')
    const receipt = receiptOf(await shop.import(shop.file('t.csv', file), { map: { amountsAreNet } }))
    expect(receipt.refundCheck).toMatchObject({ verdict: 'net', amountsAreNet, by: 'mapping' })
    expect((await ordersOf(shop))[1]).toEqual(['310002', charged, 3000, null])
  }
})

test('what was said of the last file like it is remembered, until the figures are asked again', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const headers = taobao.headers.filter((header) => !/^买家会员名|^买家支付宝|^联系/.test(header))
  const file = shop.file('t.csv', exported(headers, taobao.net))
  expect(await shop.import(file)).toMatchObject({ id: 'no-members' })
  await shop.import(file, { map: { columns: { memberId: null }, amountsAreNet: false } })
  const next = taobao.net.map((row) => ({ ...row, 订单编号: `${row.订单编号}9` }))
  const path = shop.file('next.csv', exported(headers, next))
  const again = receiptOf(await shop.import(path, { dryRun: true }))
  expect(again).toMatchObject({ guestOrders: 3, refundCheck: { amountsAreNet: false, by: 'mapping' } })
  const asked = receiptOf(await shop.import(path, { dryRun: true, map: { amountsAreNet: null } }))
  expect(asked.refundCheck).toMatchObject({ amountsAreNet: true, by: 'figures' })
})

test.each([
  [
    'no column to compare with',
    'order no,customer id,date,amount paid,refund amount\n1,a,2026-01-01,40,10\n',
    0,
    0,
    0,
  ],
  ['one row each way', `${plain}1,a,2026-01-01,40,50,10\n2,a,2026-01-02,50,50,10\n`, 2, 1, 1],
  ['neither way', `${plain}1,a,2026-01-01,42,50,10\n`, 1, 0, 0],
])('what the figures cannot decide is not net: %s', async (_, content, compared, net, notNet) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const receipt = receiptOf(await shop.import(shop.file('a.csv', content)))
  expect(receipt.refundCheck).toMatchObject({
    compared,
    net,
    notNet,
    verdict: 'undecided',
    amountsAreNet: false,
    by: 'default',
  })
  const [first] = await ordersOf(shop)
  expect(first!.slice(1, 3)).toEqual([content.includes(',42,') ? 4200 : 4000, 1000])
})

test('an undecided export of a platform is taken as it is known, one of both kinds as not net', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const headers = taobao.headers.filter((header) => !/^(总金额|买家应付)/.test(header))
  const receipt = receiptOf(await shop.import(shop.file('t.csv', exported(headers, taobao.net))))
  expect(receipt.refundCheck).toMatchObject({
    compared: 0,
    amountsAreNet: false,
    by: 'default',
    moreThanPaid: 1,
  })
  const youzan = receiptOf(
    await shop.import(
      shop.file(
        'y.csv',
        '订单号,买家手机号,买家付款时间,订单实付金额,订单已退款金额,归属店铺\nE1,1,2026-01-01,50,10,总店\n',
      ),
    ),
  )
  expect(youzan.refundCheck).toMatchObject({ compared: 0, amountsAreNet: false, by: 'platform' })
})

test('lines with amounts and refunds of their own that are net add up, and so do their list prices', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'lines.csv',
    [
      '订单号,会员号,下单时间,实付金额,应付金额,优惠金额,退款金额',
      '1,a,2026-01-01,40,50,5,10',
      '1,a,2026-01-01,70,80,0,10',
      '2,b,2026-01-02,30,30,2,0',
      '2,b,2026-01-02,20,20,0,0',
    ].join('\n'),
  )
  expect(receiptOf(await shop.import(path)).refundCheck).toMatchObject({ unit: 'rows', refunded: 2, net: 2 })
  expect(await ordersOf(shop)).toEqual([
    ['1', 13_000, 2000, 13_500],
    ['2', 5000, 0, 5200],
  ])
})

/** Net as DEFINITIONS has it: charged minus given back, whichever way a report writes what was paid. */
test('whether a report is net or not, its orders are the same', { timeout: 120_000 }, async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  let files = 0
  const order = fc.record({ total: fc.integer({ min: 1, max: 9999 }), share: fc.integer({ min: 0, max: 4 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(order, { minLength: 1, maxLength: 6 }), fc.boolean(), async (orders, net) => {
      const tag = `f${files++}-`
      const rows = orders.map(({ total, share }, i) => {
        const back = Math.floor((total * share) / 4)
        return { id: `${tag}${i}`, total, back, paid: net ? total - back : total }
      })
      const content =
        plain +
        rows.map(({ id, total, back, paid }) => `${id},m,2026-01-01,${paid},${total},${back}`).join('\n')
      const receipt = receiptOf(await shop.import(shop.file(`${tag}.csv`, content)))
      const refunded = rows.filter(({ back }) => back > 0)
      expect(receipt.refundCheck?.refunded ?? 0).toBe(refunded.length)
      expect(receipt.refundCheck?.amountsAreNet ?? net).toBe(net)
      expect((await ordersOf(shop)).filter(([id]) => String(id).startsWith(tag))).toEqual(
        rows.map(({ id, total, back }) => [id, total * 100, back * 100, null]),
      )
      expect(receipt.orders).toBe(rows.filter(({ total, back }) => back < total).length)
    }),
    { numRuns: cases(5) },
  )
})

test('the receipt says the check, in both languages', () => {
  const check: RefundCheck = {
    unit: 'rows',
    refunded: 5646,
    compared: 5646,
    net: 5646,
    notNet: 0,
    moreThanPaid: 5000,
    verdict: 'net',
    amountsAreNet: true,
    by: 'figures',
  }
  expect(refundSentence('en', check)).toBe(
    'In 5,646 of 5,646 refunded rows, paid = total − refund: already net. Refunds are not taken off again.',
  )
  expect(refundSentence('zh-CN', check)).toBe(
    '有退款的 5,646 行中，5,646 行满足“实付 = 总额 − 退款”：金额已扣除退款。不再重复扣除退款。',
  )
  expect(
    refundSentence('en', {
      ...check,
      verdict: 'undecided',
      compared: 0,
      net: 0,
      by: 'default',
      amountsAreNet: false,
    }),
  ).toMatch(/could not be checked.*taken for not net\. In 5,000 of these rows more was given back than paid/)
})

test('the command line: an unknown preset lists those there are, guests are taken when asked', async () => {
  await using shop = await openTestShop()
  const data = join(shop.folder, 'own')
  const run = (...args: string[]) => command(...args, '--lang', 'en', '--data', data)
  expect((await run('workspace', 'create', 'w', '--currency', 'CNY')).status).toBe(0)
  const headers = taobao.headers.filter((header) => !/^买家会员名|^买家支付宝|^联系/.test(header))
  const path = shop.file('t.csv', exported(headers, taobao.net))
  const imported = (...args: string[]) => run('import', path, '--workspace', 'w', ...args)
  const unknown = await imported('--preset', 'tmall')
  expect(unknown.status).toBe(1)
  expect(unknown.stderr).toContain(
    'tmall is not a preset. Known: youzan, weimob, douyin, taobao, shopify, woocommerce-analytics, woocommerce-webtoffee, square, square-items, youzan-customers, shopify-customers.',
  )
  expect((await imported('--preset', 'square')).stderr).toContain('it lacks Transaction ID, Total Collected')
  const memberless = await imported('--preset', 'taobao')
  expect(memberless.status).toBe(1)
  expect(memberless.stderr).toContain('no column that tells members apart')
  const map = join(shop.folder, 'map.json')
  writeFileSync(map, JSON.stringify({ columns: { product: null } }))
  const guests = await imported('--preset', 'taobao', '--map', map, '--guests')
  expect(guests.stdout).toContain('3 qualifying orders (3 by guests)')
  expect(guests.stdout).toContain('In 2 of 2 refunded rows, paid = total − refund: already net.')
  expect((await imported('--map', map, '--guests', '--dry-run')).stdout).toContain('nothing would change')
})
