import type { Moment, Person } from './person.ts'

/** A coupon that was issued to a person: our own, told by the ledger, or another system's, told by a file. */
export type PersonCoupon =
  | {
      readonly of: 'ours'
      readonly campaign: string
      readonly issued: string
      readonly expires: string
      readonly uses: number
      readonly redeemed: readonly { readonly day: string; readonly cancelled: string | null }[]
      readonly revoked: string | null
    }
  | {
      readonly of: 'others'
      readonly campaign: string | null
      readonly issued: string | null
      readonly expires: string | null
      readonly used: string | null
      /** A word as files have it; null: the time of use decides. */
      readonly state: 'used' | 'unused' | 'expired' | 'void' | null
    }

/** An entry of the points ledger. */
export interface PointsEntry {
  readonly day: string
  readonly change: number
  readonly expires: string | null
}

export interface CouponThen {
  readonly campaign: string | null
  readonly issued: string | null
  readonly expires: string | null
  readonly used: string | null
  readonly state: 'unused' | 'redeemed' | 'expired' | 'revoked'
}

/** The person's coupons as they stand on asOf; of the newest day, with all that people did whatever its day. */
export function couponsOf(person: Person, { asOf, newest }: Moment): CouponThen[] {
  const happened = (day: string | null) => day === null || newest || day <= asOf
  return person.coupons.flatMap((coupon): CouponThen[] => {
    const { campaign, issued, expires } = coupon
    const isOver = expires !== null && expires < asOf
    if (coupon.of === 'ours') {
      if (!happened(issued)) return []
      const standing = coupon.redeemed.filter(
        ({ day, cancelled }) => happened(day) && (cancelled === null || !happened(cancelled)),
      )
      const used =
        standing
          .map(({ day }) => day)
          .toSorted()
          .at(-1) ?? null
      const revoked = coupon.revoked !== null && happened(coupon.revoked)
      const left = revoked ? 'revoked' : isOver ? 'expired' : 'unused'
      return [{ campaign, issued, expires, used, state: standing.length >= coupon.uses ? 'redeemed' : left }]
    }
    if (!happened(issued ?? coupon.used)) return []
    const toldUsed = coupon.state === 'used' || (coupon.state === null && coupon.used !== null)
    if (toldUsed && happened(coupon.used))
      return [{ campaign, issued, expires, used: coupon.used, state: 'redeemed' }]
    const over = expires === null ? coupon.state === 'expired' : isOver
    const state = coupon.state === 'void' ? 'revoked' : over ? 'expired' : 'unused'
    return [{ campaign, issued, expires, used: null, state }]
  })
}

/** Plays the ledger through: what goes is taken one by one from the points that expire first. */
export function pointsLeftOf(person: Person, asOf: string): { expires: string; points: number }[] {
  const seen = person.pointsEntries.filter(({ day }) => day <= asOf)
  const lots = seen
    .flatMap(({ change, expires }) => (change > 0 ? [{ expires, points: change }] : []))
    .toSorted((a, b) => ((a.expires ?? '9') < (b.expires ?? '9') ? -1 : 1))
  for (const { change } of seen)
    for (let gone = 0; gone < -change; gone++) {
      const first = lots.find(({ points }) => points > 0)
      if (first) first.points--
    }
  return lots.flatMap(({ expires, points }) =>
    expires !== null && expires >= asOf && points > 0 ? [{ expires, points }] : [],
  )
}
