import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BasketLine, type Benefit, bestCombination, combined, costOf } from './combination.ts'
import { discountOf } from './offer.ts'

const everything: Omit<Benefit, 'id' | 'gives'> = {
  of: 'coupon',
  scope: {},
  minSpendMinor: 0,
  stackGroup: null,
  withMemberPrice: true,
  priority: 0,
  validTo: null,
}
const line = (amountMinor: number, category: string | null = null): BasketLine => ({
  sku: null,
  product: null,
  category,
  amountMinor,
})

test('300 off, 5 % for members and points against a category coupon and a fee waiver: 2,545 against 2,600', () => {
  const basket = [line(300_000, 'appliances')]
  const first: Benefit[] = [
    {
      ...everything,
      id: '300 off',
      gives: { kind: 'amount', amountMinor: 30_000 },
      minSpendMinor: 300_000,
      stackGroup: 'store',
    },
    { ...everything, id: 'member', of: 'member-price', gives: { kind: 'percent', percent: 5 }, priority: 1 },
    {
      ...everything,
      id: 'points',
      of: 'points',
      gives: { kind: 'amount', amountMinor: 2_000 },
      priority: 2,
      stackGroup: 'store',
    },
  ]
  const second: Benefit[] = [
    {
      ...everything,
      id: 'category',
      gives: { kind: 'amount', amountMinor: 20_000 },
      scope: { only: { categories: ['appliances'] } },
      stackGroup: 'category',
      withMemberPrice: false,
    },
    {
      ...everything,
      id: 'fee',
      gives: { kind: 'worth', worthMinor: 20_000 },
      stackGroup: 'category',
      priority: 1,
    },
  ]
  const taken = bestCombination(basket, [...second, ...first])
  expect(taken).toEqual({
    steps: [
      { id: '300 off', offMinor: 30_000, worthMinor: 0, leftMinor: 270_000 },
      { id: 'member', offMinor: 13_500, worthMinor: 0, leftMinor: 256_500 },
      { id: 'points', offMinor: 2_000, worthMinor: 0, leftMinor: 254_500 },
    ],
    paidMinor: 254_500,
    worthMinor: 0,
    unused: [
      { id: 'category', reason: 'stacking' },
      { id: 'fee', reason: 'stacking' },
    ],
  })
  const other = bestCombination(basket, second)
  expect(other).toMatchObject({ paidMinor: 280_000, worthMinor: 20_000 })
  expect(costOf(other)).toBe(260_000)
})

test('what hinders a benefit is told, and what would change nothing is not spent', () => {
  const basket = [line(5_000, 'tea'), line(2_000, 'milk')]
  const { steps, unused } = bestCombination(basket, [
    {
      ...everything,
      id: 'all of it',
      gives: { kind: 'amount', amountMinor: 9_000 },
      validTo: '2027-01-01T00:00:00.000Z',
    },
    {
      ...everything,
      id: 'ends sooner',
      gives: { kind: 'amount', amountMinor: 9_000 },
      validTo: '2026-12-01T00:00:00.000Z',
    },
    {
      ...everything,
      id: 'no coffee here',
      gives: { kind: 'amount', amountMinor: 100 },
      scope: { only: { categories: ['coffee'] } },
    },
    {
      ...everything,
      id: 'milk from 30',
      gives: { kind: 'amount', amountMinor: 100 },
      scope: { except: { categories: ['tea'] } },
      minSpendMinor: 3_000,
    },
  ])
  expect(steps).toEqual([{ id: 'ends sooner', offMinor: 7_000, worthMinor: 0, leftMinor: 0 }])
  expect(unused).toEqual([
    { id: 'no coffee here', reason: 'out_of_scope' },
    { id: 'milk from 30', reason: 'min_spend', missingMinor: 1_000 },
    { id: 'all of it', reason: 'needless' },
  ])
})

test('half a unit is not paid', () => {
  const half: Benefit = { ...everything, id: 'half', gives: { kind: 'percent', percent: 50 } }
  expect(combined([line(201)], [half]).paidMinor).toBe(100)
  expect(
    combined([line(101), line(100)], [{ ...half, gives: { kind: 'percent', percent: 49.5 } }]).paidMinor,
  ).toBe(102)
})

test('all together take off at most what the shop allows', () => {
  const half = (id: string): Benefit => ({ ...everything, id, gives: { kind: 'percent', percent: 50 } })
  expect(bestCombination([line(10_001)], [half('a'), half('b')]).paidMinor).toBe(2_500)
  expect(bestCombination([line(10_001)], [half('a'), half('b')], 62.5).paidMinor).toBe(3_751)
})

test('the member price and points are no coupons: what coupons may take off together does not limit them', () => {
  const beside: Benefit[] = [
    {
      ...everything,
      id: 'member',
      of: 'member-price',
      gives: { kind: 'percent', percent: 10 },
      priority: 101,
    },
    {
      ...everything,
      id: 'points',
      of: 'points',
      gives: { kind: 'amount', amountMinor: 2_000 },
      priority: 102,
    },
  ]
  const tea: Benefit = {
    ...everything,
    id: 'tea',
    gives: { kind: 'percent', percent: 50 },
    scope: { only: { categories: ['tea'] } },
  }
  const basket = [line(4_000, 'tea'), line(6_000, 'milk')]
  expect(bestCombination(basket, beside, 5).paidMinor).toBe(7_000)
  // 500 of the 2,000 that the coupon would give, then a tenth of 9,500, then the points
  expect(bestCombination(basket, [tea, ...beside], 5).steps).toEqual([
    { id: 'tea', offMinor: 500, worthMinor: 0, leftMinor: 9_500 },
    { id: 'member', offMinor: 950, worthMinor: 0, leftMinor: 8_550 },
    { id: 'points', offMinor: 2_000, worthMinor: 0, leftMinor: 6_550 },
  ])
})

test('what is given back beside a purchase is of no offer, and comes off what is to be paid', () => {
  const tea: Benefit = {
    ...everything,
    id: 'tea',
    gives: { kind: 'amount', amountMinor: 500 },
    scope: { only: { categories: ['tea'] } },
    minSpendMinor: 5_000,
  }
  const basket = [line(5_000, 'tea'), line(-1_000, 'tea')]
  expect(bestCombination(basket, [tea])).toMatchObject({
    steps: [{ id: 'tea', offMinor: 500, leftMinor: 3_500 }],
    paidMinor: 3_500,
  })
  // nobody is paid for taking a coupon
  expect(bestCombination([line(5_000, 'tea'), line(-4_800, 'tea')], [tea])).toMatchObject({
    steps: [{ id: 'tea', offMinor: 200, leftMinor: 0 }],
    paidMinor: 0,
  })
})

const category = fc.constantFrom('tea', 'milk', 'rice')
const baskets = fc.array(
  fc.record({
    sku: fc.constantFrom(null, 'a', 'b'),
    product: fc.constant(null),
    category,
    amountMinor: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 50_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: -20_000, max: -1 }) },
    ),
  }),
  { minLength: 1, maxLength: 20, size: 'max' },
)
const scope = fc.record(
  {
    only: fc.record({ categories: fc.array(category, { maxLength: 2 }) }),
    except: fc.record({ skus: fc.array(fc.constantFrom('a', 'b'), { maxLength: 1 }) }),
  },
  { requiredKeys: [] },
)
const gives = fc.oneof(
  fc.record({ kind: fc.constant('amount' as const), amountMinor: fc.integer({ min: 1, max: 30_000 }) }),
  fc.record(
    {
      kind: fc.constant('percent' as const),
      percent: fc.integer({ min: 1, max: 10_000 }).map((n) => n / 100),
      capMinor: fc.integer({ min: 1, max: 20_000 }),
    },
    { requiredKeys: ['kind', 'percent'] },
  ),
  fc.record({ kind: fc.constant('worth' as const), worthMinor: fc.integer({ min: 1, max: 5_000 }) }),
)
const wallets = (maxLength: number) =>
  fc
    .array(
      fc.record({
        of: fc.constantFrom('coupon' as const, 'coupon' as const, 'member-price' as const, 'points' as const),
        gives,
        scope,
        minSpendMinor: fc.constantFrom(0, 0, 1_000, 40_000),
        stackGroup: fc.constantFrom(null, null, 'x', 'y', 'z'),
        withMemberPrice: fc.boolean(),
        priority: fc.integer({ min: 0, max: 3 }),
        validTo: fc.constantFrom(null, '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'),
      }),
      { maxLength, size: 'max' },
    )
    .map((wallet) =>
      wallet.map((one, at): Benefit => ({
        ...one,
        id: `b${at}`,
        withMemberPrice: one.of === 'member-price' || one.withMemberPrice,
        // the member price and points come after the coupons, off all lines
        ...(one.of === 'coupon' ? {} : { scope: {}, priority: one.priority + 101 }),
      })),
    )

/** By the definitions: one group at most beside those without, nothing that refuses the member price beside it, all met. */
function isAllowed(basket: readonly BasketLine[], set: readonly Benefit[]): boolean {
  const groups = new Set(set.map(({ stackGroup }) => stackGroup).filter((group) => group !== null))
  if (groups.size > 1) return false
  if (set.some((one) => one.of === 'member-price') && set.some((one) => !one.withMemberPrice)) return false
  return set.every(({ scope: { only, except }, minSpendMinor }) => {
    const within = basket.filter(
      (one) =>
        one.amountMinor > 0 &&
        (only === undefined || only.categories!.includes(one.category!)) &&
        !(except !== undefined && one.sku !== null && except.skus!.includes(one.sku)),
    )
    return within.length > 0 && within.reduce((sum, { amountMinor }) => sum + amountMinor, 0) >= minSpendMinor
  })
}

test('of every set that is allowed none costs less, and none of what is taken can be left out', () => {
  fc.assert(
    fc.property(baskets, wallets(12), fc.constantFrom(100, 60), (basket, wallet, mostOff) => {
      const best = bestCombination(basket, wallet, mostOff)
      const taken = wallet.filter(({ id }) => best.steps.some((step) => step.id === id))
      expect(isAllowed(basket, taken)).toBe(true)
      expect(taken.length + best.unused.length).toBe(wallet.length)
      expect(costOf(combined(basket, taken, mostOff))).toBe(costOf(best))
      for (let chosen = 0; chosen < 2 ** wallet.length; chosen++) {
        const set = wallet.filter((_, at) => (chosen >> at) & 1)
        if (!isAllowed(basket, set)) continue
        const isLess = set.length < taken.length && set.every((one) => taken.includes(one))
        expect(costOf(combined(basket, set, mostOff))).toBeGreaterThanOrEqual(costOf(best) + Number(isLess))
      }
    }),
    { numRuns: 60 },
  )
})

/** As fractions of whole numbers, nothing cut off. */
function exact(basket: readonly BasketLine[], set: readonly Benefit[]): number {
  let left = basket.map(({ amountMinor }) => BigInt(amountMinor))
  let over = 1n
  for (const { gives: what, scope: where } of set.toSorted(
    (a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1),
  )) {
    if (what.kind === 'worth') continue
    const within = (at: number) =>
      isAllowed([basket[at]!], [{ ...everything, id: '', gives: what, scope: where }])
    const before = left.reduce((sum, one, at) => sum + (within(at) ? one : 0n), 0n)
    if (before === 0n) continue
    // off = up / (over × 10,000)
    const wanted =
      what.kind === 'amount'
        ? BigInt(what.amountMinor) * over * 10_000n
        : before * BigInt(Math.round(what.percent * 100))
    const most =
      what.kind === 'percent' && what.capMinor !== undefined ? BigInt(what.capMinor) * over * 10_000n : wanted
    const off = [wanted, most, before * 10_000n].reduce((a, b) => (b < a ? b : a))
    left = left.map((one, at) => (within(at) ? one * (before * 10_000n - off) : one * before * 10_000n))
    over *= before * 10_000n
  }
  const total = left.reduce((sum, one) => sum + one, 0n)
  const whole = total / over
  return Number((total - whole * over) * 2n > over ? whole + 1n : whole)
}

test('what is paid is the exact amount, rounded once; one coupon alone takes off what it says', () => {
  fc.assert(
    fc.property(baskets, wallets(4), (basket, wallet) => {
      const some = wallet.filter((one) => isAllowed(basket, [{ ...one, minSpendMinor: 0 }]))
      const { steps, paidMinor } = combined(basket, some)
      expect(paidMinor).toBe(Math.max(0, exact(basket, some)))
      const total = Math.max(
        0,
        basket.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
      )
      expect(steps.reduce((left, { offMinor }) => left - offMinor, total)).toBe(paidMinor)
      if (basket.some(({ amountMinor }) => amountMinor < 0)) return
      for (const { gives: what, ...one } of wallet) {
        const taken = combined(basket, [{ ...one, gives: what, scope: {} }])
        expect(total - taken.paidMinor).toBe(what.kind === 'worth' ? 0 : discountOf(what, total))
      }
    }),
    { numRuns: 300 },
  )
})
