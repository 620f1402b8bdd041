import { sql, type Transaction } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { Offer } from './offer.ts'
import type { OfferTerms } from './terms.ts'

export { newCode } from './code.ts'

export interface NewCoupon {
  couponId: string
  /** From newCode(). */
  code: string
  /** What its holder is given instead: made elsewhere, or one for many. */
  given?: { code: string; key: string } | undefined
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

/**
 * Writes coupons and their `issued` rows of the ledger, in the caller's transaction: short batches of a
 * launch. Tills see none of them before the launch is published. The rows travel as one text: binding each value of a
 * million coupons by itself takes longer than writing them.
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
  if (launch.coupons.length === 0) return
  const at = launch.at.toISOString()
  const { workspaceId, campaignId, launchId } = launch
  const written = new Map<object, string>()
  // A launch's coupons share their offer and terms.
  const textOf = (rule: object) => {
    const text = written.get(rule) ?? JSON.stringify(rule)
    written.set(rule, text)
    return text
  }
  const rows = JSON.stringify(
    launch.coupons.map((coupon) => [
      coupon.couponId,
      coupon.code,
      coupon.memberId,
      textOf(coupon.offer),
      coupon.minSpendMinor,
      textOf(coupon.terms),
      // One spelling of an instant, so that instants compare as text.
      new Date(coupon.validFrom).toISOString(),
      new Date(coupon.validTo).toISOString(),
      coupon.usesAllowed,
      coupon.given?.code ?? null,
      coupon.given?.key ?? null,
    ]),
  )
  await sql`insert into coupons (id, workspace_id, code, campaign_id, launch_id, member_id, offer, min_spend_minor, terms,
      valid_from, valid_to, uses_allowed, created_at, given_code, given_key)
    select value ->> 0, ${workspaceId}, value ->> 1, ${campaignId}, ${launchId}, value ->> 2, value ->> 3, value ->> 4,
      value ->> 5, value ->> 6, value ->> 7, value ->> 8, ${at}, value ->> 9, value ->> 10
    from json_each(${rows})`.execute(tx)
  await sql`insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, actor, at)
    select ${workspaceId}, value ->> 0, ${campaignId}, 'issued', value ->> 8, 0, 'launch', ${at}
    from json_each(${rows})`.execute(tx)
}
