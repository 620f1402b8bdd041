import type { Offer } from './offer.ts'
import { givenOn, type Purchase } from './purchase.ts'
import type { OfferTerms } from './terms.ts'

/** A coupon as it stands, with what the ledger says of its uses. */
export interface Coupon {
  readonly couponId: string
  readonly campaignId: string
  readonly code: string
  /** Null: for whoever presents the code. */
  readonly memberId: string | null
  readonly offer: Offer
  readonly minSpendMinor: number
  readonly terms: OfferTerms
  /** Valid while validFrom ≤ now < validTo; ISO text in UTC. */
  readonly validFrom: string
  readonly validTo: string
  readonly usesAllowed: number
  /** Redeemed and not cancelled. */
  readonly used: number
  /** Set aside for baskets that are not paid yet, and until when the first of them is. */
  readonly held: number
  readonly heldUntil: string | null
  /** When it was last redeemed, null: never. */
  readonly usedAt: string | null
  readonly revoked: boolean
}

/** Whom the till or the cashier says the customer is. */
export type Presented =
  /** `also`: other ids of the same member: all where uses of a member are counted, else those that coupons were issued to. */
  | { kind: 'member'; memberId: string; also?: readonly string[] }
  /** A cashier compared the person with what the desk shows of the coupon's member. */
  | { kind: 'confirmed' }
  | { kind: 'nobody' }

/**
 * Whom a use counts for where uses of a member are limited: whose the coupon is, else whom the till names, under
 * whichever of their ids. Null: nobody is known.
 */
export function countsFor({ memberId }: Pick<Coupon, 'memberId'>, presented: Presented): string | null {
  if (memberId !== null) return memberId
  return presented.kind === 'member' ? [presented.memberId, ...(presented.also ?? [])].toSorted()[0]! : null
}

/** Why a coupon is not redeemed; the codes are the definitions'. */
export type Refusal =
  | { kind: 'refused'; code: 'unknown' }
  | { kind: 'refused'; code: 'revoked' }
  | { kind: 'refused'; code: 'used'; usedAt: string }
  | { kind: 'refused'; code: 'not_yet_valid'; validFrom: string }
  | { kind: 'refused'; code: 'expired'; validTo: string }
  /** All uses that are left are set aside for other baskets. */
  | { kind: 'refused'; code: 'held'; heldUntil: string }
  | { kind: 'refused'; code: 'wrong_member'; presented: boolean }
  | { kind: 'refused'; code: 'blocked' }
  /** `lines-unknown`: it is for some goods, and nobody said what is bought. */
  | { kind: 'refused'; code: 'out_of_scope'; because: 'store' | 'lines' | 'lines-unknown' }
  | { kind: 'refused'; code: 'min_spend'; minSpendMinor: number; missingMinor: number }
  /** What it may not be taken beside. */
  | { kind: 'refused'; code: 'stacking'; because: 'member-price' | 'other-coupon' | 'most-off' }
  | { kind: 'refused'; code: 'budget' }

/** What stands in the way of any redemption. */
export type Hindrance = Extract<Refusal, { code: 'revoked' | 'used' | 'not_yet_valid' | 'expired' | 'held' }>

/** What hinders the coupon whatever the basket and whoever presents it; null: nothing. */
export function hindrance(coupon: Coupon, now: Date): Hindrance | null {
  const at = now.toISOString()
  if (coupon.revoked) return { kind: 'refused', code: 'revoked' }
  if (coupon.used >= coupon.usesAllowed)
    return { kind: 'refused', code: 'used', usedAt: coupon.usedAt ?? coupon.validFrom }
  if (at < coupon.validFrom) return { kind: 'refused', code: 'not_yet_valid', validFrom: coupon.validFrom }
  if (at >= coupon.validTo) return { kind: 'refused', code: 'expired', validTo: coupon.validTo }
  if (coupon.used + coupon.held >= coupon.usesAllowed)
    return { kind: 'refused', code: 'held', heldUntil: coupon.heldUntil ?? coupon.validTo }
  return null
}

/** What people and the ledger say of a use beside the coupon itself. */
export interface Standing {
  /** The member has an abuse hold. */
  readonly isBlocked: boolean
  /** Uses of the campaign's coupons by whom this one counts for. */
  readonly usedByMember: number
}

/**
 * Whether one use of the coupon alone is granted for a purchase, what it takes off, and what it gives beside. A coupon
 * that was issued to a member is refused without that member.
 */
export function decide(
  coupon: Coupon,
  purchase: Purchase,
  presented: Presented,
  now: Date,
  { isBlocked, usedByMember }: Standing = { isBlocked: false, usedByMember: 0 },
): { kind: 'granted'; discountMinor: number; worthMinor: number } | Refusal {
  const hindered = hindrance(coupon, now)
  if (hindered) return hindered
  const isTheirs =
    coupon.memberId === null ||
    presented.kind === 'confirmed' ||
    (presented.kind === 'member' &&
      (presented.memberId === coupon.memberId || presented.also?.includes(coupon.memberId) === true))
  if (!isTheirs) return { kind: 'refused', code: 'wrong_member', presented: presented.kind === 'member' }
  if (isBlocked) return { kind: 'refused', code: 'blocked' }
  const { usesPerMember, withMemberPrice } = coupon.terms
  // Of a code for many a limit of each can be kept only where somebody says who buys.
  if (usesPerMember !== undefined && countsFor(coupon, presented) === null)
    return { kind: 'refused', code: 'wrong_member', presented: false }
  if (usesPerMember !== undefined && usedByMember >= usesPerMember)
    return { kind: 'refused', code: 'used', usedAt: coupon.usedAt ?? coupon.validFrom }
  const given = givenOn(coupon, purchase)
  if (given.kind === 'out_of_scope') return { kind: 'refused', code: 'out_of_scope', because: given.because }
  if (given.kind === 'min_spend')
    return {
      kind: 'refused',
      code: 'min_spend',
      minSpendMinor: coupon.minSpendMinor,
      missingMinor: given.missingMinor,
    }
  if (purchase.atMemberPrice && !withMemberPrice)
    return { kind: 'refused', code: 'stacking', because: 'member-price' }
  return { kind: 'granted', discountMinor: given.discountMinor, worthMinor: given.worthMinor }
}
