import type { Transaction } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { Offer } from './offer.ts'
import type { OfferTerms } from './terms.ts'

export { newCode } from './code.ts'

export interface NewCoupon {
  couponId: string
  /** From newCode(). */
  code: string
  /** The member's imported id; null: for whoever presents the code. */
  memberId: string | null
  offer: Offer
  minSpendMinor: number
  terms: OfferTerms
  /** Instants, ISO 8601. The coupon is valid while validFrom ≤ now < validTo. */
  validFrom: string
  validTo: string
  usesAllowed: number
}

/** Rows of one statement: SQLite binds at most 32,766 values. */
const rowsAtOnce = 1_000

/**
 * Writes coupons and their `issued` rows of the ledger, in the caller's transaction: short batches of a
 * launch. Tills see none of them before the launch is published.
 */
export async function issueCoupons(
  tx: Transaction<StoreSchema>,
  launch: {
    workspaceId: string
    campaignId: string
    launchId: string
    coupons: readonly NewCoupon[]
    at: Date
  },
): Promise<void> {
  const at = launch.at.toISOString()
  for (let from = 0; from < launch.coupons.length; from += rowsAtOnce) {
    const coupons = launch.coupons.slice(from, from + rowsAtOnce)
    await tx
      .insertInto('coupons')
      .values(
        coupons.map((coupon) => ({
          id: coupon.couponId,
          workspace_id: launch.workspaceId,
          code: coupon.code,
          campaign_id: launch.campaignId,
          launch_id: launch.launchId,
          member_id: coupon.memberId,
          offer: JSON.stringify(coupon.offer),
          min_spend_minor: coupon.minSpendMinor,
          terms: JSON.stringify(coupon.terms),
          // One spelling of an instant, so that instants compare as text.
          valid_from: new Date(coupon.validFrom).toISOString(),
          valid_to: new Date(coupon.validTo).toISOString(),
          uses_allowed: coupon.usesAllowed,
          created_at: at,
        })),
      )
      .execute()
    await tx
      .insertInto('ledger')
      .values(
        coupons.map((coupon) => ({
          workspace_id: launch.workspaceId,
          coupon_id: coupon.couponId,
          campaign_id: launch.campaignId,
          kind: 'issued' as const,
          uses: coupon.usesAllowed,
          amount_minor: 0,
          actor: 'launch',
          at,
        })),
      )
      .execute()
  }
}
