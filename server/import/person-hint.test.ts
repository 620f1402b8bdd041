import { expect, test } from 'vitest'
import type { Mapping } from './mapping.ts'
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
  ).toEqual({ header: 'customer', other: 'person' })
  const alone = { ...mapping, columns: { ...mapping.columns, region: 2 } } as Mapping
  expect(
    personHint(
      sample(200, (i) => `C${i}`),
      alone,
    ),
  ).toEqual({ header: 'customer', other: null })
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
  expect(personHint(twice, mapping)).toEqual({ header: 'customer', other: 'person' })
})
