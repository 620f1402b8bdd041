import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { columnOf } from '../columns/column-guesses.ts'
import { guessMapping } from '../columns/mapping.ts'
import { foreignAmounts } from '../reading/ready-to-read.ts'
import { openTestShop, receiptOf } from '../test-shop.ts'

const file = (values: readonly string[]) =>
  [
    'order_id;customer_id;order_date;amount',
    ...values.map((value, i) => `A${i};m1;2026-01-02;${value}`),
  ].join('\n')

test.each([
  [
    'GBP',
    ['£5.00', '5.00 £', 'GBP 5.00', '5.00GBP', '-£5.00', '(£5.00)', '£ 5.00'],
    ['€5.00', 'USD 8.00', '8.00 EUR', 'usd8', '¥5', '5元', 'A$5.00', 'RMB 3'],
  ],
  [
    'CNY',
    ['¥5.00', '￥5.00', '5.00元', 'CNY 5.00', 'RMB5.00', 'CN¥5.00', '5.00 人民币'],
    ['$5.00', '5.00円', 'JPY 5', '5 USD', '£1', 'JP¥5'],
  ],
  ['JPY', ['¥5', '￥5', '5円', 'JPY 5'], ['5元', 'CNY 5', 'RMB 5', '$5']],
  ['USD', ['$5.00', 'US$5.00', 'USD 5.00', '5.00 usd'], ['HK$5.00', 'CA$5', '€5', '5.00 GBP']],
  ['HKD', ['HK$5.00', '$5.00', 'HKD5.00'], ['US$5.00', 'USD 5.00']],
])('only the own signs stand beside amounts: %s', async (currency, own, others) => {
  await using shop = await openTestShop(currency, 'UTC')
  const receipt = receiptOf(await shop.import(shop.file('mixed.csv', file([...own, ...others]))))
  expect(receipt).toMatchObject({ imported: own.length, refused: others.length })
  expect(receipt.reasons).toMatchObject([{ reason: 'other-currency', field: 'amount', rows: others.length }])
  expect(
    await shop.workspace.engine.rows(sql`select distinct abs(net_minor) as minor from import_lines`),
  ).toEqual([{ minor: currency === 'JPY' ? 5 : 500 }])
  const refused = readFileSync(receipt.refusedFile!, 'utf8')
  for (const value of others)
    expect(refused).toContain(
      `,amount,“${value}” is in another currency than the workspace. Amounts are not converted: leave the row out or import it into a workspace in its currency.,`,
    )
})

test('a file wholly in another currency is refused with its first value', async () => {
  await using shop = await openTestShop()
  expect(await shop.import(shop.file('euro.csv', file(['€5.00', '€6.00'])))).toMatchObject({
    id: 'nothing-accepted',
    values: { line: 2, reason: { id: 'row.other-currency-value', values: { value: '€5.00' } } },
  })
})

test('a list price in another currency is not taken for none, and what is no number is no currency', async () => {
  await using shop = await openTestShop()
  const lines = [
    'order_id,customer_id,order_date,amount,list_price',
    'A1,m1,2026-01-02,5,€6',
    'A2,m1,2026-01-02,five,6',
  ]
  for (let i = 0; i < 30; i++) lines.push(`B${i},m1,2026-01-02,5,£6`)
  const receipt = receiptOf(await shop.import(shop.file('list.csv', lines.join('\n'))))
  expect(receipt.reasons).toMatchObject([
    { reason: 'bad-amount', field: 'amount', rows: 1 },
    { reason: 'other-currency', field: 'listPrice', rows: 1 },
  ])
})

test('at the columns another currency is told from all values that were looked at', () => {
  const foreign = (values: readonly string[], currencies: readonly string[] = []) => {
    const headers = ['order_id', 'order_date', 'amount', 'currency']
    const records = values.map((value, i) => [`A${i}`, '2026-01-02', value, currencies[i] ?? 'CNY'])
    const columns = headers.map((_, position) => columnOf({ headers, records }, position))
    const guess = guessMapping({ headers, records }, columns, {}, 'UTC')
    if ('kind' in guess) throw new Error(guess.id)
    return foreignAmounts({ ...guess, lacking: [] }, 'CNY')
  }
  const own = ['¥5', '6元', '7.00', '8', '9']
  expect(foreign(own)).toBeNull()
  expect(foreign([...own, '$10', '€11', '$12'])).toEqual({
    header: 'amount',
    other: '$',
    said: 'some',
    values: 3,
    of: 8,
    sample: '$10',
  })
  expect(foreign(['$1', '$2', '$3', '$4'])).toMatchObject({ other: '$', said: 'values', values: 4, of: 4 })
  expect(foreign(own, ['CNY', 'RMB', 'cny', 'CNY', 'USD'])).toMatchObject({
    header: 'currency',
    other: 'USD',
    said: 'some',
    values: 1,
    of: 5,
  })
})

test('amounts counted in ten thousands are refused with their value, whatever the kind of file', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const short = ['1.2万', '１.２ 万元', '¥3亿', '5w', '2千元']
  const orders = await shop.import(
    shop.file(
      'all.csv',
      `订单号,会员号,下单时间,实付金额\n${short.map((value, i) => `A${i},m1,2026-01-02,${value}\n`).join('')}`,
    ),
  )
  expect(orders).toMatchObject({
    id: 'nothing-accepted',
    values: { line: 2, reason: { id: 'row.short-amount-value', values: { value: '1.2万' } } },
  })
  const rows = [...short, '12', '¥12', '12元'].map((value, i) => `A${i},m1,2026-01-02,${value}\n`)
  const some = receiptOf(
    await shop.import(shop.file('some.csv', `订单号,会员号,下单时间,实付金额\n${rows.join('')}`)),
  )
  expect(some).toMatchObject({ imported: 3, refused: 5, netMinor: 3600 })
  expect(some.reasons).toMatchObject([{ reason: 'short-amount', field: 'amount', rows: 5 }])
  expect(readFileSync(some.refusedFile!, 'utf8')).toContain('“¥3亿” counts in ten thousands')
  const one = { imported: 1, refused: 1, reasons: [{ reason: 'short-amount', rows: 1 }] }
  const members = shop.file('members.csv', '会员号,姓名,储值余额\nm1,李,1.2万\nm2,王,3\n')
  expect(await shop.importMembers(members)).toMatchObject(one)
  const products = shop.file('products.csv', 'sku,name,category,cost\nT1,茶,茶,1.2万\nT2,茶,茶,3\n')
  expect(await shop.importKind(products)).toMatchObject(one)
  const refunds = shop.file(
    'refunds.csv',
    '退款编号,原订单号,退款金额,退款时间\nR1,A5,1.2万,2026-01-03\nR2,A6,¥3亿,2026-01-03\n',
  )
  expect(await shop.import(refunds)).toMatchObject({
    id: 'nothing-accepted',
    values: { reason: { id: 'row.short-amount-value', values: { value: '1.2万' } } },
  })
})
