import { describe, expect, test } from 'vitest'
import { columnOf } from './column-guesses.ts'
import { guessMapping, type Mapping } from './mapping.ts'
import { personHint } from './person-hint.ts'

const headers = ['order', 'customer', 'person', 'city', 'day', 'paid']
const sample = (orders: number, customerOf: (i: number) => string) => ({
  headers,
  records: Array.from({ length: orders }, (_, i) => [
    `O${i}`,
    customerOf(i),
    `P${(i * 7) % 40}`,
    ['Rio', 'São Paulo'][i % 2]!,
    `2018-01-${String(10 + (i % 15))}`,
    `${i % 30}.50`,
  ]),
})
const mapping = { columns: { orderId: 0, memberId: 1 } } as unknown as Mapping

test('a customer number that is new with every order is pointed out, with the column of the person', () => {
  expect(
    personHint(
      sample(200, (i) => `C${i}`),
      mapping,
    ),
  ).toEqual({ header: 'customer', other: 'person', otherIs: null })
  const alone = { ...mapping, columns: { ...mapping.columns, region: 2 } } as Mapping
  expect(
    personHint(
      sample(200, (i) => `C${i}`),
      alone,
    ),
  ).toEqual({ header: 'customer', other: null, otherIs: null })
})

test('where somebody comes back, and where orders are few, nothing is said', () => {
  expect(
    personHint(
      sample(200, (i) => `C${i % 199}`),
      mapping,
    ),
  ).toBeNull()
  expect(
    personHint(
      sample(40, (i) => `C${i}`),
      mapping,
    ),
  ).toBeNull()
  // The rows of one order are no return.
  const { headers: names, records } = sample(60, (i) => `C${i}`)
  const twice = { headers: names, records: records.flatMap((record) => [record, record]) }
  expect(personHint(twice, mapping)).toEqual({ header: 'customer', other: 'person', otherIs: null })
})

/** A file as `guessMapping` reads it: `orders` orders by 40 people or fewer, each under a number of its own. */
const seen = (names: readonly string[], keyOf: (person: number) => string, orders = 200) => {
  const file = {
    headers: names,
    records: Array.from({ length: orders }, (_, i) => [
      `E${1000 + i}`,
      `C${i}`,
      keyOf((i * 7) % Math.min(40, Math.floor(orders / 2))),
      ['Rio', 'São Paulo'][i % 2]!,
      `2018-01-${String(10 + (i % 15))} 10:00`,
      `${i % 30}.50`,
    ]),
  }
  const columns = file.headers.map((_, position) => columnOf(file, position))
  const guess = guessMapping(file, columns, {}, 'UTC')
  if ('kind' in guess) throw new Error(guess.id)
  return { mapping: guess.mapping, hint: personHint(file, guess.mapping) }
}
const english = (key: string) => ['order_id', 'customer_id', key, 'city', 'order_date', 'amount']
const chinese = (key: string) => ['订单号', '会员编号', key, '城市', '下单时间', '实付金额']
const phone = (person: number) => `1380000${String(1000 + person)}`
const mail = (person: number) => `p${person}@shop.example`
const openid = (person: number) => `oX5ab-Kd${1000 + person}`

describe('what people are known by beside a number that is new with every order', () => {
  test.each([
    ['Phone', english, phone, 'phone'],
    ['手机号', chinese, phone, 'phone'],
    ['买家手机号', chinese, phone, 'phone'],
    ['buyer_email', english, mail, 'email'],
    ['邮箱', chinese, mail, 'email'],
    ['openid', english, openid, 'openid'],
    ['微信openid', chinese, openid, 'openid'],
    ['buyer_nick', english, (person: number) => `tea lover ${person}`, null],
    ['买家昵称', chinese, (person: number) => `爱茶${person}`, null],
    ['buyer_unique_id', english, (person: number) => `9f${person}c1`, null],
    ['唯一标识', chinese, (person: number) => `9f${person}c1`, null],
  ] as const)('%s is pointed out', (key, headersWith, keyOf, otherIs) => {
    const names = headersWith(key)
    const { mapping: read, hint } = seen(names, keyOf)
    expect(read.columns.memberId).toBe(1)
    expect(hint).toEqual({ header: names[1], other: key, otherIs })
  })

  test('also of few orders, but not where two members share a phone or where it is masked', () => {
    expect(seen(chinese('手机号'), phone, 20).hint).toMatchObject({ other: '手机号' })
    expect(seen(chinese('手机号'), phone, 8).hint).toBeNull()
    let order = 0
    expect(seen(chinese('手机号'), () => phone(order++ === 1 ? 0 : order), 30).hint).toBeNull()
    expect(seen(chinese('手机号'), (person) => `138****${1000 + person}`).hint).toMatchObject({ other: null })
  })

  test('of two columns the one that is known for the person is the member without a word', () => {
    const { mapping: read, hint } = seen(english('customer_unique_id'), (person) => `9f${person}c1`)
    expect([read.columns.memberId, hint]).toEqual([2, null])
  })
})
