import { expect, test } from 'vitest'
import { economicsOf } from './economics.ts'
import type { OutcomeRow } from './measurement.ts'

const row = (outcome: OutcomeRow['outcome'], difference: number): OutcomeRow =>
  ({ outcome, difference, low: difference / 2, high: difference * 2, verdict: 'lift' }) as never

test('what stood beside baskets costs like a discount, and alone of the two comes off net', () => {
  const rows = [row('orders', 0.1), row('net', 1_000)]
  const costs = { messages: 0, messageCostMinor: 0 }
  // 200 members, 20 orders and 2,000.00 more; ten gifts of 30.00
  const gifts = economicsOf(rows, 200, { ...costs, couponCostMinor: 30_000, besideMinor: 30_000 })!
  expect(gifts.couponCostMinor).toBe(30_000)
  expect(gifts.netMinor).toEqual({ value: 170_000, low: 70_000, high: 370_000 })
  expect(gifts.costPerOrderMinor).toMatchObject({ value: 1_500 })
  // the same in discounts is off what was charged already
  const discounts = economicsOf(rows, 200, { ...costs, couponCostMinor: 30_000, besideMinor: 0 })!
  expect(discounts.netMinor.value).toBe(200_000)
  expect(discounts.costPerOrderMinor).toMatchObject({ value: 1_500 })
})
