/** One line of a basket: what it costs before anything is taken off, in minor units; below 0: it is given back. */
export interface BasketLine {
  readonly sku: string | null
  readonly product: string | null
  readonly category: string | null
  readonly amountMinor: number
}

/** Names of products, each of which a line may have as its sku, product or category. */
interface Named {
  readonly skus?: readonly string[] | undefined
  readonly products?: readonly string[] | undefined
  readonly categories?: readonly string[] | undefined
}

/** What a benefit is for: all lines, or those that `only` names, without those that `except` names. */
export interface Scope {
  readonly only?: Named
  readonly except?: Named
}

/** What a benefit gives. Percent may have two decimals. */
export type Gives =
  | { readonly kind: 'amount'; readonly amountMinor: number }
  | { readonly kind: 'percent'; readonly percent: number; readonly capMinor?: number | undefined }
  /** Nothing off the lines: a fee that is not charged, a gift. What it is worth counts like money. */
  | { readonly kind: 'worth'; readonly worthMinor: number }

/** A coupon, a member price or points, as they may lower what a basket costs. */
export interface Benefit {
  readonly id: string
  readonly of: 'coupon' | 'member-price' | 'points'
  readonly gives: Gives
  readonly scope: Scope
  /** The least that the lines of its scope cost before anything is taken off, in minor units. */
  readonly minSpendMinor: number
  /** Benefits of two groups exclude each other; one without a group goes with all. */
  readonly stackGroup: string | null
  /** Whether the member price may be taken too. */
  readonly withMemberPrice: boolean
  /** Lower ones are taken off first; equal ones by id. */
  readonly priority: number
  /** ISO text in UTC; of two that do the same the one is spent that ends sooner. Null: it does not end. */
  readonly validTo: string | null
}

/** One line of the arithmetic. */
export interface Step {
  readonly id: string
  readonly offMinor: number
  readonly worthMinor: number
  /** What is to be paid after it. */
  readonly leftMinor: number
}

/** Why a benefit is not taken. */
export type Unused =
  | { readonly id: string; readonly reason: 'out_of_scope' }
  | { readonly id: string; readonly reason: 'min_spend'; readonly missingMinor: number }
  /** The best combination without it costs less than the best with it. */
  | { readonly id: string; readonly reason: 'stacking' }
  /** Beside the others it would take nothing more off. */
  | { readonly id: string; readonly reason: 'needless' }

/** What a set of benefits comes to. */
export interface Combination {
  readonly steps: readonly Step[]
  readonly paidMinor: number
  /** Of fees that are not charged, of gifts. */
  readonly worthMinor: number
}

/** What combinations are compared by. */
export const costOf = ({ paidMinor, worthMinor }: Combination): number => paidMinor - worthMinor

/** Parts of a minor unit that a line's share is kept in. Shares are cut off, never rounded up: see `combined`. */
const parts = 1_000_000_000n

/**
 * What `benefits` come to, taken off in the order of their priority, each from what is left of its scope in
 * proportion to the lines. What is to be paid is rounded once after each step, half in the customer's favour; coupons
 * together take off at most `mostOffPercent` of the basket, which may have two decimals. Lines below 0 are given back:
 * they are of no scope, and come off what is to be paid, which is never less than nothing.
 *
 * Of every line never more is left with a benefit than without it: each step cuts off a share of the line that grows
 * as less is left. So nobody ever pays more for one benefit more, to the last unit. Where coupons come to their limit,
 * that holds of the whole, and what is taken off after coupons is for all lines.
 */
export function combined(
  lines: readonly BasketLine[],
  benefits: readonly Benefit[],
  mostOffPercent = 100,
): Combination {
  const bought = lines.filter(isBought)
  const givenBackMinor = lines.reduce((total, { amountMinor }) => total - Math.min(0, amountMinor), 0)
  const whole = bought.map(({ amountMinor }) => BigInt(amountMinor) * parts)
  const sum = (of: readonly bigint[]) => of.reduce((total, share) => total + share, 0n)
  let left = whole
  const toPay = () => Math.max(0, minorOf(sum(left)) - givenBackMinor)
  let paidMinor = toPay()
  let couponsMayTakeOff = shareOf(paidMinor, mostOffPercent)
  let worthMinor = 0
  const steps = benefits.toSorted(first).map(({ id, of, gives, scope }): Step => {
    if (gives.kind === 'worth') {
      worthMinor += gives.worthMinor
      return { id, offMinor: 0, worthMinor: gives.worthMinor, leftMinor: paidMinor }
    }
    const isOfScope = bought.map((line) => isWithin(line, scope))
    const [kept, ofAll] = keptShare(gives, sum(left.filter((_, at) => isOfScope[at])))
    left = left.map((share, at) => (isOfScope[at] ? (share * kept) / ofAll : share))
    let leftMinor = toPay()
    if (of === 'coupon') {
      const tooMuch = paidMinor - leftMinor - couponsMayTakeOff
      if (tooMuch > 0) {
        leftMinor += tooMuch
        left = sharedOut(BigInt(leftMinor + givenBackMinor) * parts, sum(left) > 0n ? left : whole)
      }
      couponsMayTakeOff -= paidMinor - leftMinor
    }
    const offMinor = paidMinor - leftMinor
    paidMinor = leftMinor
    return { id, offMinor, worthMinor: 0, leftMinor }
  })
  return { steps, paidMinor, worthMinor }
}

/**
 * The combination of benefits that costs least (`costOf`), which spends none that could be left out, and why each of
 * the others is not taken. `benefits` are those that nothing else hinders: valid, unused, the member's. Exact: as one
 * benefit more never costs more, only the largest sets that may stand together are looked at, two for each group.
 * Of sets that cost the same the one that spends fewest coupons is taken.
 */
export function bestCombination(
  lines: readonly BasketLine[],
  benefits: readonly Benefit[],
  mostOffPercent = 100,
): Combination & { readonly unused: readonly Unused[] } {
  const hindered = benefits.flatMap((one) => hindranceOf(lines, one) ?? [])
  const possible = benefits.filter(({ id }) => !hindered.some((one) => one.id === id))
  const of = (set: readonly Benefit[]) => combined(lines, set, mostOffPercent)
  let best: readonly Benefit[] = []
  for (const set of largestSets(possible)) {
    const needed = withoutNeedless(set, (some) => costOf(of(some)))
    const difference = costOf(of(needed)) - costOf(of(best))
    if (difference < 0 || (difference === 0 && couponsIn(needed) < couponsIn(best))) best = needed
  }
  const others = possible.filter((one) => !best.includes(one))
  return {
    ...of(best),
    unused: [
      ...hindered,
      ...others.map((one) => ({
        id: one.id,
        reason: mayStand([...best, one]) ? ('needless' as const) : ('stacking' as const),
      })),
    ],
  }
}

/** Of every largest set that may stand together what it comes to without what is needless in it, cheapest first, each once. */
export function alternatives(
  lines: readonly BasketLine[],
  benefits: readonly Benefit[],
  mostOffPercent = 100,
): Combination[] {
  const possible = benefits.filter((one) => hindranceOf(lines, one) === null)
  const of = (set: readonly Benefit[]) => combined(lines, set, mostOffPercent)
  const each = largestSets(possible).map((set) => of(withoutNeedless(set, (some) => costOf(of(some)))))
  const known = new Map(each.map((one) => [one.steps.map(({ id }) => id).join(' '), one]))
  return [...known.values()].toSorted((a, b) => costOf(a) - costOf(b))
}

/** Whether benefits may be taken together. */
export function mayStand(benefits: readonly Benefit[]): boolean {
  const groups = new Set(benefits.flatMap(({ stackGroup }) => stackGroup ?? []))
  const hasMemberPrice = benefits.some((one) => one.of === 'member-price')
  return groups.size <= 1 && !(hasMemberPrice && benefits.some((one) => !one.withMemberPrice))
}

/** What hinders a benefit whatever others are taken. */
export function hindranceOf(
  lines: readonly BasketLine[],
  { id, scope, minSpendMinor }: Benefit,
): Unused | null {
  const within = lines.filter((line) => isBought(line) && isWithin(line, scope))
  if (within.length === 0) return { id, reason: 'out_of_scope' }
  const missingMinor = minSpendMinor - within.reduce((total, line) => total + line.amountMinor, 0)
  return missingMinor > 0 ? { id, reason: 'min_spend', missingMinor } : null
}

/** Every set that may stand together and to which nothing can be added. */
function largestSets(benefits: readonly Benefit[]): Benefit[][] {
  const groups = [...new Set(benefits.map(({ stackGroup }) => stackGroup))]
  return groups.flatMap((group) => {
    const stackable = benefits.filter(({ stackGroup }) => stackGroup === null || stackGroup === group)
    return [
      stackable.filter((one) => one.withMemberPrice),
      stackable.filter((one) => one.of !== 'member-price'),
    ]
  })
}

/** The set without what can be left out at the same cost, what ends latest first. */
function withoutNeedless(
  set: readonly Benefit[],
  cost: (set: readonly Benefit[]) => number,
): readonly Benefit[] {
  const target = cost(set)
  let needed = set
  for (const one of set.toSorted(endsLater)) {
    const without = needed.filter((other) => other !== one)
    if (cost(without) === target) needed = without
  }
  return needed
}

const couponsIn = (set: readonly Benefit[]) => set.filter((one) => one.of === 'coupon').length

const first = (a: Benefit, b: Benefit) => a.priority - b.priority || (a.id < b.id ? -1 : 1)

/** What costs the member nothing to use is left out last. */
const endsLater = (a: Benefit, b: Benefit) =>
  Number(a.of === 'member-price') - Number(b.of === 'member-price') ||
  (b.validTo ?? '9999').localeCompare(a.validTo ?? '9999') ||
  first(a, b)

const isNamed = ({ sku, product, category }: BasketLine, { skus, products, categories }: Named) =>
  (sku !== null && skus?.includes(sku)) ||
  (product !== null && products?.includes(product)) ||
  (category !== null && categories?.includes(category))

/** Whether a line is of a scope. */
export const isWithin = (line: BasketLine, { only, except }: Scope) =>
  (!only || isNamed(line, only)) && !(except && isNamed(line, except))

/** What of each line is left, as a fraction. The less there is before it, the smaller it is. */
function keptShare(gives: Exclude<Gives, { kind: 'worth' }>, before: bigint): readonly [bigint, bigint] {
  if (gives.kind === 'percent') {
    const hundredths = BigInt(Math.round(gives.percent * 100))
    const mostOff = gives.capMinor === undefined ? null : BigInt(gives.capMinor) * parts
    if (mostOff === null || before * hundredths <= mostOff * 10_000n) return [10_000n - hundredths, 10_000n]
    return [before - mostOff, before]
  }
  const off = BigInt(gives.amountMinor) * parts
  return off >= before ? [0n, 1n] : [before - off, before]
}

/** Half a unit is not paid. */
const minorOf = (share: bigint): number => Number((share + parts / 2n - 1n) / parts)

/** A share of an amount, in hundredths of a percent, cut off. */
export const shareOf = (minor: number, percent: number): number =>
  Number((BigInt(minor) * BigInt(Math.round(percent * 100))) / 10_000n)

/** A sum as shares in proportion to others. */
function sharedOut(sum: bigint, inProportionTo: readonly bigint[]): bigint[] {
  const total = inProportionTo.reduce((all, share) => all + share, 0n)
  return inProportionTo.map((share) => (share * sum) / total)
}

const isBought = ({ amountMinor }: BasketLine): boolean => amountMinor > 0
