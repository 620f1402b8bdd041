import { expect, it } from 'vitest'
import { type Coupon, decide } from './decision.ts'

const coupon: Coupon = {
  couponId: 'c1',
  campaignId: 'k1',
  code: 'ABCDEFGHJKMNPQ',
  memberId: 'm1',
  offer: { kind: 'amount', amountMinor: 2_000 },
  minSpendMinor: 10_000,
  validFrom: '2026-11-20T00:00:00.000Z',
  validTo: '2026-11-27T00:00:00.000Z',
  usesAllowed: 2,
  used: 0,
  usedAt: null,
  revoked: false,
}
const used = { used: 2, usedAt: '2026-11-21T00:00:00.000Z' }
const m1 = { kind: 'member', memberId: 'm1' } as const
const inside = '2026-11-22T00:00:00.000Z'

it.each([
  ['granted', {}, 10_000, m1, inside, { kind: 'granted', discountMinor: 2_000 }],
  ['at the first instant', {}, 10_000, m1, coupon.validFrom, { kind: 'granted', discountMinor: 2_000 }],
  ['in the last millisecond', {}, 10_000, m1, '2026-11-26T23:59:59.999Z', { kind: 'granted' }],
  ['one use left', { used: 1 }, 10_000, m1, inside, { kind: 'granted' }],
  ['confirmed by a cashier', {}, 10_000, { kind: 'confirmed' }, inside, { kind: 'granted' }],
  ['for anybody', { memberId: null }, 10_000, { kind: 'nobody' }, inside, { kind: 'granted' }],
  ['too early', {}, 10_000, m1, '2026-11-19T23:59:59.999Z', { code: 'not_yet_valid' }],
  ['at the end of validity', {}, 10_000, m1, coupon.validTo, { code: 'expired' }],
  ['used up', used, 10_000, m1, inside, { code: 'used', usedAt: used.usedAt }],
  ['used up and over', used, 10_000, m1, '2027-01-01T00:00:00.000Z', { code: 'used' }],
  ['revoked', { revoked: true }, 10_000, m1, inside, { code: 'revoked' }],
  ['one unit below the minimum', {}, 9_999, m1, inside, { code: 'min_spend', minSpendMinor: 10_000 }],
  [
    'another member',
    {},
    10_000,
    { kind: 'member', memberId: 'm2' },
    inside,
    { code: 'wrong_member', presented: true },
  ],
  ['without the member', {}, 10_000, { kind: 'nobody' }, inside, { code: 'wrong_member', presented: false }],
] as const)('%s', (_, differs, basket, presented, now, expected) => {
  expect(decide({ ...coupon, ...differs }, basket, presented, new Date(now))).toMatchObject(expected)
})
