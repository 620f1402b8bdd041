import { expect, it } from 'vitest'
import { discountOf } from './offer.ts'

it.each([
  // [what is checked, offer, basket, discount]
  ['an amount', { kind: 'amount', amountMinor: 2_000 }, 10_000, 2_000],
  ['an amount above the basket', { kind: 'amount', amountMinor: 2_000 }, 1_500, 1_500],
  ['a percentage', { kind: 'percent', percent: 15 }, 10_000, 1_500],
  ['half a minor unit goes up', { kind: 'percent', percent: 10 }, 1_005, 101],
  ['less than half goes down', { kind: 'percent', percent: 10 }, 1_004, 100],
  ['a cap', { kind: 'percent', percent: 50, capMinor: 3_000 }, 10_000, 3_000],
  ['a cap that is not reached', { kind: 'percent', percent: 50, capMinor: 3_000 }, 5_000, 2_500],
  ['all of it', { kind: 'percent', percent: 100 }, 999, 999],
  ['two decimals, which floats get wrong', { kind: 'percent', percent: 1.15 }, 10_000, 115],
  ['the largest basket', { kind: 'percent', percent: 99.99 }, 9_007_199_254_740_991, 9_006_298_534_815_517],
] as const)('%s', (_, offer, basket, discount) => {
  expect(discountOf(offer, basket)).toBe(discount)
})
