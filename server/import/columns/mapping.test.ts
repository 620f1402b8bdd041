import { expect, test } from 'vitest'
import { fields } from './fields.ts'
import { columnOf } from './column-guesses.ts'
import { type Guess, guessMapping } from './mapping.ts'

function guess(headers: string[], ...records: string[][]) {
  const sample = { headers, records }
  const columns = headers.map((_, position) => columnOf(sample, position))
  return guessMapping(sample, columns, {}, 'UTC') as Guess
}
const column = ({ columns }: Guess, header: string) => columns.find((one) => one.header === header)!

test('a column that is named for it is taken with what it can read, and says what it cannot', () => {
  const found = guess(
    ['order id', 'customer', 'date', 'total'],
    ['1', 'a', '2026-01-01', '10'],
    ['2', 'b', 'soon', 'abc'],
    ['3', 'c', '2026-01-03', '12'],
  )
  expect(found.mapping.columns).toMatchObject({ orderId: 0, memberId: 1, orderedAt: 2, amount: 3 })
  expect(found.mapping.dates).toEqual({ orderedAt: 'year-first' })
  expect(column(found, 'total').unread).toEqual({ values: 1, of: 3, sample: 'abc' })
  expect(column(found, 'date').unread).toEqual({ values: 1, of: 3, sample: 'soon' })
  expect(column(found, 'total').confidence).toBeCloseTo(0.63, 1)
  expect(column(found, 'order id').unread).toBeNull()
})

test.each(fields.amount.aliases)('the last of its names is a name too: %s', (header) => {
  const found = guess(
    ['会员号', '下单时间', header],
    ['a', '2026-01-01', '10'],
    ['b', '2026-01-02', '免费'],
    ['c', '2026-01-03', '12'],
  )
  expect(column(found, header).unread).toEqual({ values: 1, of: 3, sample: '免费' })
})

test('a column of which nothing can be read is not taken, whatever its name', () => {
  const found = guess(['会员号', '下单时间', '金额'], ['a', 'soon', 'x'], ['b', 'later', 'y'])
  expect(found.mapping.columns).toEqual({ memberId: 0 })
})

test('dates in another order than the rest of their column are told', () => {
  const found = guess(
    ['会员号', '下单时间', '金额'],
    ['a', '2026-01-01', '1'],
    ['b', '2026-01-02', '1'],
    ['c', '13/01/2026', '1'],
  )
  expect(found.mapping.dates).toEqual({ orderedAt: 'year-first' })
  expect(column(found, '下单时间').unread).toEqual({ values: 1, of: 3, sample: '13/01/2026' })
})

test('a question of day or month shows a value that is a date', () => {
  const found = guess(
    ['customer', 'date', 'total'],
    ['a', 'soon', '1'],
    // the same day in either order
    ['d', '1/01/2026', '1'],
    ['b', '3/4/2026', '1'],
    ['c', '5/6/2026', '1'],
  )
  expect(found.questions).toEqual([
    { kind: 'dates', field: 'orderedAt', header: 'date', sample: '3/4/2026', against: null },
  ])
})

test.each([
  'customer_city',
  'customer_name',
  'Customer Country',
  'customer_segment',
  'customer_zip_code',
  'customer_country_code',
  'customer_age',
  'member_level',
  'member_since',
  'is_member',
  'customer notes',
])('what many members share tells nobody apart: %s', (header) => {
  const found = guess(
    ['order_id', header, 'date', 'total'],
    ['1', 'a1', '2026-01-01', '10'],
    ['2', 'a1', '2026-01-02', '11'],
    ['3', 'b2', '2026-01-03', '12'],
  )
  expect(found.mapping.columns).not.toHaveProperty('memberId')
})

test.each(['customer_key', 'Customer Code', 'customer_hash', 'customer', 'Loyalty Member'])(
  'a key of one member does, whatever it is called: %s',
  (header) => {
    const found = guess(
      ['order_id', header, 'date', 'total'],
      ['1', 'a1', '2026-01-01', '10'],
      ['2', 'a1', '2026-01-02', '11'],
      ['3', 'b2', '2026-01-03', '12'],
    )
    expect(found.mapping.columns).toMatchObject({ memberId: 1 })
  },
)

test('beside a column that tells people apart, one that is named for it keeps its meaning though nothing is in it yet', () => {
  const headers = ['订单号', '手机号', 'openid', '邮箱', '下单时间', '金额']
  const found = guess(
    headers,
    ['1', '', '', 'a@x.cn', '2026-01-01', '10'],
    ['2', '', '', '', '2026-01-02', '10'],
  )
  expect(found.mapping.columns).toMatchObject({ phone: 1, openid: 2, email: 3 })
  const nobody = guess(headers, ['1', '', '', '', '2026-01-01', '10'])
  expect(Object.keys(nobody.mapping.columns).toSorted()).toEqual(['amount', 'orderId', 'orderedAt'])
})

test('what is given back, bought and discounted further on keeps its column, and its dates the order of the others', () => {
  const found = guess(
    ['order_id', 'customer_id', 'order date', 'refunded at', 'quantity', 'discount amount', 'amount'],
    ['1', 'a', '25/3/2026', '', '', '', '10'],
  )
  expect(found.mapping.columns).toMatchObject({ orderedAt: 2, refundedAt: 3, quantity: 4, discount: 5 })
  expect(found.mapping.dates).toEqual({ orderedAt: 'day-first', refundedAt: 'day-first' })
})
