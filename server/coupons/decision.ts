import { discountOf, type Offer } from './offer.ts'

/** A coupon as it stands, with what the ledger says of its uses. */
export interface Coupon {
  readonly couponId: string
  readonly campaignId: string
  readonly code: string
  /** Null: for whoever presents the code. */
  readonly memberId: string | null
  readonly offer: Offer
  readonly minSpendMinor: number
  /** Valid while validFrom ≤ now < validTo; ISO text in UTC. */
  readonly validFrom: string
  readonly validTo: string
  readonly usesAllowed: number
  /** Redeemed and not cancelled. */
  readonly used: number
  /** When it was last redeemed, null: never. */
  readonly usedAt: string | null
  readonly revoked: boolean
}

/** Whom the till or the cashier says the customer is. */
export type Presented =
  | { kind: 'member'; memberId: string }
  /** A cashier compared the person with what the desk shows of the coupon's member. */
  | { kind: 'confirmed' }
  | { kind: 'nobody' }

/**
 * Why a coupon is not redeemed; the codes are the definitions'. Those of scope, stacking, budget,
 * reservations and abuse holds come with the offers that have such things.
 */
export type Refusal =
  | { kind: 'refused'; code: 'unknown' }
  | { kind: 'refused'; code: 'revoked' }
  | { kind: 'refused'; code: 'used'; usedAt: string }
  | { kind: 'refused'; code: 'not_yet_valid'; validFrom: string }
  | { kind: 'refused'; code: 'expired'; validTo: string }
  | { kind: 'refused'; code: 'wrong_member'; presented: boolean }
  | { kind: 'refused'; code: 'min_spend'; minSpendMinor: number }

/** What stands in the way of any redemption. */
export type Hindrance = Extract<Refusal, { code: 'revoked' | 'used' | 'not_yet_valid' | 'expired' }>

/** What hinders the coupon whatever the basket and whoever presents it; null: nothing. */
export function hindrance(coupon: Coupon, now: Date): Hindrance | null {
  const at = now.toISOString()
  if (coupon.revoked) return { kind: 'refused', code: 'revoked' }
  if (coupon.used >= coupon.usesAllowed)
    return { kind: 'refused', code: 'used', usedAt: coupon.usedAt ?? coupon.validFrom }
  if (at < coupon.validFrom) return { kind: 'refused', code: 'not_yet_valid', validFrom: coupon.validFrom }
  if (at >= coupon.validTo) return { kind: 'refused', code: 'expired', validTo: coupon.validTo }
  return null
}

/**
 * Whether one use of the coupon is granted for a basket (minor units, before the discount), and what
 * it takes off. A coupon that was issued to a member is refused without that member.
 */
export function decide(
  coupon: Coupon,
  basketMinor: number,
  presented: Presented,
  now: Date,
): { kind: 'granted'; discountMinor: number } | Refusal {
  const hindered = hindrance(coupon, now)
  if (hindered) return hindered
  const isTheirs =
    coupon.memberId === null ||
    presented.kind === 'confirmed' ||
    (presented.kind === 'member' && presented.memberId === coupon.memberId)
  if (!isTheirs) return { kind: 'refused', code: 'wrong_member', presented: presented.kind === 'member' }
  if (basketMinor < coupon.minSpendMinor)
    return { kind: 'refused', code: 'min_spend', minSpendMinor: coupon.minSpendMinor }
  return { kind: 'granted', discountMinor: discountOf(coupon.offer, basketMinor) }
}
