import { type Kysely, sql } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { Coupon } from './decision.ts'
import type { Offer } from './offer.ts'

/** A coupon with the workspace it belongs to: a code of another workspace must read as unknown. */
export interface KeptCoupon extends Coupon {
  readonly workspaceId: string
}

/** The coupons of published launches with these codes, by code, of whatever workspace. */
export async function couponsByCode(
  store: Kysely<StoreSchema>,
  codes: readonly string[],
): Promise<Map<string, KeptCoupon>> {
  if (codes.length === 0) return new Map()
  const rows = await store
    .selectFrom('coupons')
    .innerJoin('launches', 'launches.id', 'coupons.launch_id')
    .leftJoin('ledger', 'ledger.coupon_id', 'coupons.id')
    .where('coupons.code', 'in', codes)
    .where('launches.published_at', 'is not', null)
    .groupBy('coupons.id')
    .selectAll('coupons')
    .select([
      sql<number>`sum(case ledger.kind when 'redeemed' then ledger.uses when 'cancelled' then -ledger.uses else 0 end)`.as(
        'used',
      ),
      sql<string | null>`max(case ledger.kind when 'redeemed' then ledger.at end)`.as('used_at'),
      sql<number>`max(ledger.kind = 'revoked')`.as('revoked'),
    ])
    .execute()
  return new Map(
    rows.map((row) => [
      row.code,
      {
        workspaceId: row.workspace_id,
        couponId: row.id,
        campaignId: row.campaign_id,
        code: row.code,
        memberId: row.member_id,
        offer: JSON.parse(row.offer) as Offer,
        minSpendMinor: row.min_spend_minor,
        validFrom: row.valid_from,
        validTo: row.valid_to,
        usesAllowed: row.uses_allowed,
        used: row.used,
        usedAt: row.used_at,
        revoked: row.revoked === 1,
      },
    ]),
  )
}
