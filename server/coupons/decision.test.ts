import { expect, it } from 'vitest'
import { type Coupon, decide } from './decision.ts'
import { type Purchase, purchaseOf } from './purchase.ts'
import { OfferTerms, plainTerms } from './terms.ts'

const coupon: Coupon = {
  couponId: 'c1',
  campaignId: 'k1',
  code: 'ABCDEFGHJKMNPQ',
  memberId: 'm1',
  offer: { kind: 'amount', amountMinor: 2_000 },
  minSpendMinor: 10_000,
  terms: plainTerms,
  validFrom: '2026-11-20T00:00:00.000Z',
  validTo: '2026-11-27T00:00:00.000Z',
  usesAllowed: 2,
  used: 0,
  usedAt: null,
  held: 0,
  heldUntil: null,
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
  ['one use held, one left', { held: 1, heldUntil: inside }, 10_000, m1, inside, { kind: 'granted' }],
  ['held', { used: 1, held: 1, heldUntil: inside }, 10_000, m1, inside, { code: 'held', heldUntil: inside }],
  ['held and over', { held: 2, heldUntil: inside }, 10_000, m1, coupon.validTo, { code: 'expired' }],
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
  expect(decide({ ...coupon, ...differs }, purchaseOf(basket), presented, new Date(now))).toMatchObject(
    expected,
  )
})

const line = (category: string, amountMinor: number, sku = 'x') => ({
  sku,
  product: null,
  category,
  amountMinor,
})
const teaAndRice = [line('tea', 6_000), line('rice', 7_000), line('tea', -500)]

it.each<[string, object, Partial<Coupon>, Partial<Purchase>, object]>([
  [
    'a share of the goods it is for',
    { only: { categories: ['tea'] } },
    { offer: { kind: 'percent', percent: 10 }, minSpendMinor: 6_000 },
    { lines: teaAndRice },
    { kind: 'granted', discountMinor: 600 },
  ],
  ['too little of them', { only: { categories: ['tea'] } }, {}, { lines: teaAndRice }, { code: 'min_spend' }],
  [
    'none of them',
    { only: { skus: ['y'] } },
    {},
    { lines: teaAndRice },
    { code: 'out_of_scope', because: 'lines' },
  ],
  [
    'nobody says what is bought',
    { except: { products: ['gift card'] } },
    {},
    {},
    { code: 'out_of_scope', because: 'lines-unknown' },
  ],
  [
    'a cashier has seen it',
    { only: { categories: ['tea'] } },
    {},
    { scopeSeen: true },
    { discountMinor: 2_000 },
  ],
  [
    'all but what is left out',
    { except: { categories: ['tea'] } },
    { minSpendMinor: 7_000, offer: { kind: 'percent', percent: 50 } },
    { lines: teaAndRice },
    { discountMinor: 3_500 },
  ],
  ['its store', { only: { stores: ['East'] } }, {}, { storeId: 'East' }, { kind: 'granted' }],
  [
    'another store',
    { only: { stores: ['East'] } },
    {},
    { storeId: 'West' },
    { code: 'out_of_scope', because: 'store' },
  ],
  ['a store left out', { except: { stores: ['West'] } }, {}, { storeId: 'West' }, { because: 'store' }],
  ['no store told', { only: { stores: ['East'] } }, {}, {}, { because: 'store' }],
  [
    'not on top of member prices',
    { withMemberPrice: false },
    {},
    { atMemberPrice: true },
    { code: 'stacking', because: 'member-price' },
  ],
  ['on top of member prices', {}, {}, { atMemberPrice: true }, { kind: 'granted' }],
  [
    'free delivery as it is charged',
    {},
    { offer: { kind: 'free_shipping', worthMinor: 1_200 } },
    { shippingMinor: 800 },
    { discountMinor: 0, worthMinor: 800 },
  ],
  [
    'free delivery, not told what it costs',
    {},
    { offer: { kind: 'free_shipping', worthMinor: 1_200 } },
    {},
    { discountMinor: 0, worthMinor: 1_200 },
  ],
  [
    'a gift',
    {},
    { offer: { kind: 'gift', gift: 'mug', worthMinor: 900 } },
    {},
    { discountMinor: 0, worthMinor: 900 },
  ],
  [
    'points of what it is for: 1.5 times more of 1 % of 60.00',
    { only: { categories: ['tea'] } },
    { minSpendMinor: 0, offer: { kind: 'points', times: 2.5, worthPercent: 1 } },
    { lines: teaAndRice },
    { discountMinor: 0, worthMinor: 90 },
  ],
  [
    'points with a cap',
    {},
    { offer: { kind: 'points', times: 3, worthPercent: 5, capMinor: 1_000 } },
    { amountMinor: 13_000 },
    { worthMinor: 1_000 },
  ],
])('%s', (_, terms, differs, bought, expected) => {
  const ruled = { ...coupon, terms: OfferTerms.parse(terms), ...differs }
  expect(decide(ruled, { ...purchaseOf(13_000), ...bought }, m1, new Date(inside))).toMatchObject(expected)
})

it('refuses a member with an abuse hold, and one who has used as often as a member may', () => {
  const at = new Date(inside)
  const limited = { ...coupon, terms: OfferTerms.parse({ usesPerCoupon: 2, usesPerMember: 3 }) }
  const standing = (isBlocked: boolean, usedByMember: number) =>
    decide(limited, purchaseOf(10_000), m1, at, { isBlocked, usedByMember })
  expect(standing(true, 0)).toMatchObject({ code: 'blocked' })
  expect(standing(false, 2)).toMatchObject({ kind: 'granted' })
  expect(standing(false, 3)).toMatchObject({ code: 'used' })
})
