import fc from 'fast-check'
import { type PlainPoints, type PlainShop, shops } from './shop.ts'

const begin = Date.UTC(2023, 11, 20)
const day = (n: number) => new Date(begin + n * 86_400_000)

const entry: fc.Arbitrary<PlainPoints> = fc.record({
  member: fc.integer({ min: 1, max: 8 }), // the eighth is nobody
  // 16:00 UTC is midnight in Shanghai
  changedAt: fc
    .tuple(fc.integer({ min: 0, max: 430 }), fc.constantFrom(0, 5 * 3600, 16 * 3600 - 1, 16 * 3600))
    .map(([days, seconds]) => new Date(day(days).getTime() + seconds * 1000)),
  change: fc.constantFrom(100, 100, 250, 30, -30, -100, -250, 0),
  reason: fc.constantFrom('order', 'exchange', '积分到期', 'Expired', null),
  expiresDay: fc.option(
    fc
      .oneof(fc.integer({ min: 0, max: 900 }), fc.constantFrom(71, 72, 437))
      .map((n) => day(n).toISOString().slice(0, 10)),
    { nil: null, freq: 3 },
  ),
})

/** Random shops whose members have tiers, points, stored value and regions, or not, and a points ledger. */
export const shopsWithCards: fc.Arbitrary<PlainShop> = fc
  .tuple(
    shops,
    fc.array(
      fc.record({
        tier: fc.constantFrom('gold', "O'Hara", 'plain', null),
        points: fc.constantFrom(-5, 0, 1, 99, 100, 499, 5000, 70_000, null),
        storedValue: fc.constantFrom(-1, 0, 1, 4999, 5000, 20_000, 99_999, 100_000, null),
        region: fc.constantFrom('North', 'South', null),
      }),
      { minLength: 7, maxLength: 7 },
    ),
    fc.array(fc.constantFrom(true, false, false, undefined), { minLength: 36, maxLength: 36 }),
    fc.array(entry, { maxLength: 16 }),
  )
  .map(([shop, held, discounted, points]) => ({
    ...shop,
    members: shop.members.map((member, i) => ({ ...member, ...held[i] })),
    orders: shop.orders.map((order, i) => ({ ...order, discounted: discounted[i] })),
    points,
  }))
