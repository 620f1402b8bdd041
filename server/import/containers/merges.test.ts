import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { sentence } from '../../messages/messages.ts'
import { Stopped } from '../refusal.ts'
import { openTestShop, receiptOf } from '../test-shop.ts'
import { workbook } from './archive.fixture.ts'
import { mergesOf } from './merges.ts'

const cell = (text: string) =>
  text === ''
    ? '<c/>'
    : /^\d{1,8}(\.\d+)?$/.test(text)
      ? `<c><v>${text}</v></c>`
      : `<c t="str"><v>${text}</v></c>`
const sheet = (rows: readonly string[], merges: readonly string[]) =>
  workbook(rows.map((row) => `<row>${row.split(',').map(cell).join('')}</row>`).join(''), {
    merged: `<mergeCells count="${merges.length}">${merges.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>`,
  })

const header = '订单号,会员号,下单时间,商品名称,数量,实付金额'
/** One order of three rows, one of two, one of one: numbers as ids, merged with who and when. */
const over = (column: string, from = 2) => [
  `${column}${from}:${column}${from + 2}`,
  `${column}${from + 3}:${column}${from + 4}`,
]
const ids = ['A', 'B', 'C'].flatMap((column) => over(column))

const orders = sql`select orders.order_id, member_id, orders.net_minor, count(*) as rows, cast(sum(quantity) as integer) as quantity
  from orders join order_lines using (order_key) join members on members.member_key = orders.member_key
  group by all order by all`

test.each([
  ['rows with amounts of their own', ['10', '20', '5.5', '1', '2'], []],
  ['an order’s total merged with its id', ['35.5', '', '', '3', ''], over('F')],
  ['whole totals', ['36', '', '', '3', ''], over('F')],
  ['totals that are written', ['￥35.50', '', '', '￥3', ''], over('F')],
])('what is merged over the rows of an order is read on each: %s', async (_, amounts, merged) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = [
    header,
    `1001,501,2026-01-02,茶,1,${amounts[0]}`,
    `,,,壶,1,${amounts[1]}`,
    `,,,杯,4,${amounts[2]}`,
    `1002,502,2026-01-03,茶,1,${amounts[3]}`,
    `,,,杯,2,${amounts[4]}`,
    '1003,501,2026-01-04,茶,1,7',
  ]
  const path = shop.file('a.xlsx', sheet(rows, [...ids, ...merged]))
  expect(receiptOf(await shop.import(path))).toMatchObject({ read: 6, imported: 6, refused: 0, orders: 3 })
  expect(await shop.workspace.engine.rows(orders)).toEqual([
    {
      orderId: '1001',
      memberId: '501',
      netMinor: amounts[0] === '36' ? 3600 : 3550,
      rows: 3,
      quantity: 6,
    },
    { orderId: '1002', memberId: '502', netMinor: 300, rows: 2, quantity: 3 },
    { orderId: '1003', memberId: '501', netMinor: 700, rows: 1, quantity: 1 },
  ])
})

test('titles merged above the header, and rows that are merged wholly, are as they were', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = [
    '订单金额报表,,,,,',
    ',,,,,',
    header,
    'A1,m1,2026-01-02,茶,1,10',
    ',,,壶,1,20',
    ',,,,,',
    'A2,m2,2026-01-03,茶,1,5',
  ]
  const merges = ['A1:F2', 'A4:A6', 'B4:B6', 'C4:C6', 'D7:E7']
  expect(receiptOf(await shop.import(shop.file('a.xlsx', sheet(rows, merges))))).toMatchObject({
    read: 3,
    imported: 3,
    orders: 2,
    netMinor: 3500,
  })
})

test('merges are found wherever the pieces of a sheet are cut, and in what order they stand', async () => {
  const text = `<worksheet><sheetData>${'<row/>'.repeat(90)}</sheetData><x:mergeCells><x:mergeCell ref="C7:C9"/><x:mergeCell ref='A2:B4' /><x:mergeCell ref="D1:H1"/></x:mergeCells></worksheet>`
  const found = async (size: number) =>
    mergesOf(
      (async function* () {
        for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
      })(),
      'a.xlsx',
    )
  const whole = await found(text.length)
  expect(whole).toHaveLength(2)
  expect([...whole]).toEqual([2 ** 14 * 2 ** 19 + 3, (6 * 2 ** 14 + 2) * 2 ** 19 + 3])
  for (const size of [1, 7, 50, 201, 333])
    expect({ size, found: await found(size) }).toEqual({ size, found: whole })
})

test(
  'a sheet with more merged cells than any table has is refused with a sentence',
  { timeout: 120_000 },
  async () => {
    const ofPiece = 1 << 16
    const piece = Buffer.from('<mergeCell ref="A2:A3"/>'.repeat(ofPiece))
    async function* merges(pieces: number, more: number) {
      for (let i = 0; i < pieces; i++) yield piece
      yield Buffer.from('<mergeCell ref="A2:A3"/>'.repeat(more))
    }
    const most = 1 << 22
    expect(await mergesOf(merges(most / ofPiece, 0), 'book.xlsx')).toHaveLength(most)
    const stopped = await mergesOf(merges(most / ofPiece, 1), 'book.xlsx').catch((error: unknown) => error)
    expect(stopped).toBeInstanceOf(Stopped)
    const { id, values } = (stopped as Stopped).refusal
    expect([id, values]).toEqual(['many-merges', { file: 'book.xlsx', most }])
    expect(sentence('en', id, values)).toMatch(/book\.xlsx.*4,194,304/)
  },
)
