import { sql, type Transaction } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { Offer } from './offer.ts'
import type { OfferTerms } from './terms.ts'

export { newCode, newCodes } from './code.ts'

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
 * million coupons by itself takes longer than writing them; what all coupons of a launch share is bound once.
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
  const { workspaceId, campaignId, launchId } = launch
  const alike = Map.groupBy(launch.coupons, ruleOf)
  for (const coupons of alike.values()) {
    const { offer, minSpendMinor, terms, validFrom, validTo, usesAllowed } = coupons[0]!
    const rows = JSON.stringify(
      coupons.map(({ couponId, code, memberId, given }) =>
        given ? [couponId, code, memberId, given.code, given.key] : [couponId, code, memberId],
      ),
    )
    const { id: batchId } = await tx
      .insertInto('coupon_batches')
      .values({
        workspace_id: workspaceId,
        campaign_id: campaignId,
        launch_id: launchId,
        offer: JSON.stringify(offer),
        min_spend_minor: minSpendMinor,
        terms: JSON.stringify(terms),
        // one spelling of an instant, so that instants compare as text
        valid_from: new Date(validFrom).toISOString(),
        valid_to: new Date(validTo).toISOString(),
        uses_allowed: usesAllowed,
        created_at: at,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await sql`insert into issued_coupons (id, code, batch_id, member_id, given_code, given_key, given_in)
      select value ->> 0, value ->> 1, ${batchId}, value ->> 2, value ->> 3, value ->> 4,
        case when value ->> 4 is not null then ${workspaceId} end
      from json_each(${rows})`.execute(tx)
    await sql`insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, actor, at)
      select ${workspaceId}, value ->> 0, ${campaignId}, 'issued', ${usesAllowed}, 0, 'launch', ${at}
      from json_each(${rows})`.execute(tx)
  }
}

/** Written once for each offer and terms: the coupons of a launch share them. */
const written = new WeakMap<object, string>()
const textOf = (rule: object): string => {
  const text = written.get(rule) ?? JSON.stringify(rule)
  written.set(rule, text)
  return text
}
const ruleOf = ({ offer, minSpendMinor, terms, validFrom, validTo, usesAllowed }: NewCoupon): string =>
  [textOf(offer), minSpendMinor, textOf(terms), validFrom, validTo, usesAllowed].join(' ')
