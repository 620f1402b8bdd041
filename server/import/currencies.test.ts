import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openTestShop, receiptOf } from './test-shop.ts'

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
  expect(receipt.reasons).toEqual([{ reason: 'other-currency', field: 'amount', rows: others.length }])
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
  expect(receipt.reasons).toEqual([
    { reason: 'bad-amount', field: 'amount', rows: 1 },
    { reason: 'other-currency', field: 'listPrice', rows: 1 },
  ])
})
