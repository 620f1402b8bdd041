import { expect, it } from 'vitest'
import { type Offer } from './offer.ts'
import { offerGives, offerSentence, offerWords, type SaidRule } from './offer-sentence.ts'
import { OfferTerms } from './terms.ts'

const rule = (
  offer: Offer,
  differs: Partial<Omit<SaidRule, 'terms'>> & { terms?: object } = {},
): SaidRule => ({
  currency: 'CNY',
  minSpendMinor: 0,
  ...differs,
  offer,
  terms: OfferTerms.parse(differs.terms ?? {}),
})
const twenty: Offer = { kind: 'amount', amountMinor: 2_000 }
const days = { kind: 'days', days: 14 } as const

it.each<[string, SaidRule, string, string]>([
  [
    'an amount',
    rule(twenty, { minSpendMinor: 10_000, good: days }),
    '¥20.00 off when spending ¥100.00 or more, good for 14 days after the launch; one use per member.',
    '满 ¥100.00 可用，减 ¥20.00，发券后 14 天内有效；每位会员限用 1 次。',
  ],
  [
    'a percentage to a day, several uses',
    rule(
      { kind: 'percent', percent: 12.5, capMinor: 5_000 },
      { good: { kind: 'through', last: '2026-09-30' }, terms: { usesPerCoupon: 3 } },
    ),
    '12.5% off, at most ¥50.00, good through 30 Sep 2026; 3 uses per member.',
    '8.75 折，最多减 ¥50.00，有效期至 2026年9月30日；每位会员限用 3 次。',
  ],
  [
    'shipping between two days, not with member prices',
    rule(
      { kind: 'free_shipping', worthMinor: 1_200 },
      {
        minSpendMinor: 9_900,
        good: { kind: 'through', first: '2026-12-01', last: '2026-12-12' },
        terms: { withMemberPrice: false },
      },
    ),
    'Free delivery, up to ¥12.00 when spending ¥99.00 or more, good from 1 Dec 2026 through 12 Dec 2026; one use per member; not on top of member prices.',
    '满 ¥99.00 可用，免运费，最多 ¥12.00，有效期 2026年12月1日至 2026年12月12日；每位会员限用 1 次；不与会员价同享。',
  ],
  [
    'a gift with some things, in one store',
    rule(
      { kind: 'gift', gift: '马克杯', worthMinor: 3_000 },
      {
        minSpendMinor: 8_000,
        terms: { only: { categories: ['茶', '咖啡'], skus: ['A1'], stores: ['南京路店'] } },
      },
    ),
    'A gift: 马克杯, worth ¥30.00 with a purchase of 茶, 咖啡, and item A1 when spending ¥80.00 or more on these, in 南京路店 only; one use per member.',
    '适用商品满 ¥80.00 可用，赠 马克杯（价值 ¥30.00），限购买茶、咖啡和货号 A1，仅限南京路店使用；每位会员限用 1 次。',
  ],
  [
    'points but on some things, not in two stores, of a group, while the budget lasts',
    rule(
      { kind: 'points', times: 2.5, worthPercent: 1, capMinor: 5_000 },
      {
        budgetMinor: 1_000_000,
        terms: {
          only: { products: ['Green tea'] },
          except: { categories: ['Gift cards'], stores: ['East', 'West'] },
          usesPerCoupon: 2,
          usesPerMember: 5,
          stackGroup: 'store',
          refuseWhenSpent: true,
        },
      },
    ),
    '2.5 times the points, the additional ones worth at most ¥50.00 on Green tea except Gift cards, not in East and West; 2 uses of each coupon, 5 per member in all; on a basket together with other “store” coupons, not with those of another kind; only while the budget of ¥10,000.00 lasts.',
    '积分 2.5 倍，多得部分最多价值 ¥50.00，限Green tea，不含Gift cards，East和West不可用；每张券限用 2 次，每位会员共限 5 次；可与其他“store”券同用，不与别类券同用；预算 ¥10,000.00 用完即止。',
  ],
  [
    'names with signs that messages are written in',
    rule(twenty, { terms: { except: { products: ["{x} <b>it's</b>"] } } }),
    "¥20.00 off on everything except {x} <b>it's</b>; one use per member.",
    "减 ¥20.00，不含{x} <b>it's</b>；每位会员限用 1 次。",
  ],
])('%s', (_, said, en, zh) => {
  expect(offerSentence('en', said)).toBe(en)
  expect(offerSentence('zh-CN', said)).toBe(zh)
})

it('is said in files without the day, and exactly, in the currency of the shop', () => {
  const capped = rule({ kind: 'percent', percent: 12.5, capMinor: 5_000 })
  expect(offerWords('en', 'GBP', capped)).toBe('12.5% off, at most £50.00')
  expect(offerWords('zh-CN', 'JPY', rule({ kind: 'percent', percent: 10 }, { minSpendMinor: 3_000 }))).toBe(
    '满 ¥3,000 可用，9 折',
  )
  expect(offerWords('en', 'CNY', rule({ kind: 'amount', amountMinor: 5 }))).toBe('¥0.05 off')
  expect(offerWords('en', 'CNY', rule(twenty, { terms: { usesPerCoupon: 2, withMemberPrice: false } }))).toBe(
    '¥20.00 off; 2 uses per member; not on top of member prices',
  )
})

it('what it gives alone is short and whole', () => {
  const gives = (offer: Offer) => [offerGives('en', 'CNY', offer), offerGives('zh-CN', 'CNY', offer)]
  expect(gives(twenty)).toEqual(['¥20.00 off', '减 ¥20.00'])
  expect(gives({ kind: 'percent', percent: 15 })).toEqual(['15% off', '8.5 折'])
})

it.each([
  [0.01, '9.999 折'],
  [5, '9.5 折'],
  [20, '8 折'],
  [33.33, '6.667 折'],
  [99, '0.1 折'],
  [100, '全免'],
])('%s percent off are %s of ten, exactly', (percent, said) => {
  expect(offerGives('zh-CN', 'CNY', { kind: 'percent', percent })).toBe(said)
})
