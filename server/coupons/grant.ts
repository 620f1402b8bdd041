import { combined } from './combination.ts'
import { type Coupon, decide, type Presented, type Refusal } from './decision.ts'
import { isBeside, type Offer } from './offer.ts'
import { benefitOf, needsLines, type Purchase } from './purchase.ts'
import type { Surroundings } from './surroundings.ts'

/** One use that is granted. */
export interface GrantedUse {
  readonly coupon: Coupon
  readonly discountMinor: number
  readonly worthMinor: number
}

/** A refusal, and whose. */
export type Refused = Refusal & { readonly refusedCode: string }

/**
 * One use of each of these coupons for one purchase, together or not at all: each has to be good by itself, they have
 * to go together and with what the order has taken already, and budgets have to hold what they give. What they take off
 * is what they come to one after the other.
 */
export function grantTogether(
  {
    workspaceId,
    orderId,
    coupons,
    purchase,
    presented,
  }: {
    readonly workspaceId: string
    readonly orderId: string
    readonly coupons: readonly Coupon[]
    readonly purchase: Purchase
    readonly presented: Presented
  },
  around: Surroundings,
  blocked: ReadonlySet<string>,
  now: Date,
): { kind: 'granted'; uses: readonly GrantedUse[] } | Refused {
  const refusedOf = (coupon: Coupon, refusal: Refusal): Refused => ({ ...refusal, refusedCode: coupon.code })
  for (const [index, coupon] of coupons.entries()) {
    const memberId = coupon.memberId ?? (presented.kind === 'member' ? presented.memberId : null)
    const decision = decide(coupon, purchase, presented, now, {
      isBlocked: memberId !== null && blocked.has(memberId),
      usedByMember:
        around.usedByMember(coupon, presented) + coupons.slice(0, index).filter(isOfSame(coupon)).length,
    })
    if (decision.kind === 'refused') return refusedOf(coupon, decision)
  }
  const taken = around.takenBy(workspaceId, orderId)
  const groups = taken.flatMap(({ stackGroup }) => stackGroup ?? [])
  for (const coupon of coupons) {
    const { stackGroup } = coupon.terms
    if (stackGroup === null) continue
    if (groups.some((group) => group !== stackGroup))
      return refusedOf(coupon, { kind: 'refused', code: 'stacking', because: 'other-coupon' })
    groups.push(stackGroup)
  }

  const byId = new Map(coupons.map((coupon) => [coupon.couponId, coupon]))
  const lines =
    purchase.lines !== null && coupons.some(({ terms }) => needsLines(terms)) && !purchase.scopeSeen
      ? purchase.lines
      : [{ sku: null, product: null, category: null, amountMinor: purchase.amountMinor }]
  const { steps } = combined(
    lines,
    coupons.map((coupon) => benefitOf(coupon.couponId, coupon, purchase)),
  )
  let mayTakeOff = allowance(purchase, taken, around.mostOffPercent(workspaceId))
  const budgets = new Map<string, number>()
  const uses: GrantedUse[] = []
  for (const { id, offMinor, worthMinor } of steps) {
    const coupon = byId.get(id)!
    const discountMinor = Math.min(offMinor, mayTakeOff)
    if (offMinor > 0 && discountMinor === 0)
      return refusedOf(coupon, { kind: 'refused', code: 'stacking', because: 'most-off' })
    mayTakeOff -= discountMinor
    const left = budgets.get(coupon.campaignId) ?? around.budgetLeftMinor(coupon)
    if (left !== null) {
      if (discountMinor + worthMinor > left) return refusedOf(coupon, { kind: 'refused', code: 'budget' })
      budgets.set(coupon.campaignId, left - discountMinor - worthMinor)
    }
    uses.push({ coupon, discountMinor, worthMinor })
  }
  return { kind: 'granted', uses }
}

const isOfSame =
  ({ campaignId, memberId }: Coupon) =>
  (other: Coupon) =>
    other.campaignId === campaignId && other.memberId === memberId

/** What may still be taken off an order: the basket that it began with decides. */
function allowance(
  { amountMinor }: Purchase,
  taken: readonly { offMinor: number; basketMinor: number | null }[],
  mostOffPercent: number,
): number {
  const basketMinor = taken[0]?.basketMinor ?? amountMinor
  const most = Number((BigInt(basketMinor) * BigInt(Math.round(mostOffPercent * 100))) / 10_000n)
  const left = most - taken.reduce((sum, { offMinor }) => sum + offMinor, 0)
  return Math.max(0, Math.min(left, amountMinor))
}

/** What a till has to give beside the basket. */
export const besideOf = ({
  coupon,
  worthMinor,
}: {
  readonly coupon: { readonly offer: Offer }
  readonly worthMinor: number
}): { beside?: Offer; worthMinor?: number } =>
  isBeside(coupon.offer) ? { beside: coupon.offer, worthMinor } : {}
