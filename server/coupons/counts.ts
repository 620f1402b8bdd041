import { sql } from 'kysely'
import type { Store } from '../store/store.ts'
import { isHeld, isStanding } from './reservations.ts'

/**
 * Where the uses of a campaign's coupons are, counted from the ledger:
 * issued = open + reserved + redeemed + expired + revoked, always.
 */
export interface CampaignLedger {
  issued: number
  /** May still be redeemed, now or once their validity begins. */
  open: number
  /** Set aside for a basket that is not paid yet. */
  reserved: number
  /** Less what was cancelled. */
  redeemed: number
  /** Not used when their validity ended. */
  expired: number
  /** Taken back before they were used. */
  revoked: number
  /** Members with at least one redeemed use; of a code for many, whom the tills named, and all others together as one. */
  redeemers: number
  /** Discounts given, less those of cancelled redemptions. */
  discountMinor: number
  /** What was given beside baskets (delivery, gifts, points) is worth, likewise. */
  worthMinor: number
}

/** The ledger of a campaign's published launches as of an instant, which decides what has expired. */
export async function campaignLedger(
  store: Store,
  workspaceId: string,
  campaignId: string,
  at: Date,
): Promise<CampaignLedger> {
  const now = at.toISOString()
  const { rows } = await sql<CampaignLedger>`
    with per_coupon as (
      select coupon_id,
        sum(case kind when 'issued' then uses else 0 end) as issued,
        sum(case kind when 'redeemed' then uses when 'cancelled' then -uses else 0 end) as redeemed,
        sum(case when ${isHeld('ledger', now)} then uses else 0 end) as held,
        max(kind = 'revoked') as is_revoked,
        sum(case kind when 'redeemed' then amount_minor when 'cancelled' then -amount_minor else 0 end) as discount,
        sum(case kind when 'redeemed' then worth_minor when 'cancelled' then -worth_minor else 0 end) as worth
      from ledger
      where workspace_id = ${workspaceId} and campaign_id = ${campaignId}
      group by coupon_id
    ), in_place as (
      -- when the clock was set back, what is set aside may have been used already
      select per_coupon.*, min(held, issued - redeemed) as reserved from per_coupon
    ), left_over as (
      -- what is set aside stays so while its time lasts, whatever happens to the coupon
      select in_place.*, coupons.member_id, coupons.valid_to <= ${now} as is_over,
        issued - redeemed - reserved as unused
      from in_place
      join coupons on coupons.id = in_place.coupon_id
      join launches on launches.id = coupons.launch_id and launches.published_at is not null
    )
    select coalesce(sum(issued), 0) as issued,
      coalesce(sum(case when is_revoked or is_over then 0 else unused end), 0) as open,
      coalesce(sum(reserved), 0) as reserved,
      coalesce(sum(redeemed), 0) as redeemed,
      coalesce(sum(case when is_over and not is_revoked then unused else 0 end), 0) as expired,
      coalesce(sum(case when is_revoked then unused else 0 end), 0) as revoked,
      count(distinct case when redeemed > 0 and member_id is not null then member_id end) + (
        select count(distinct coalesce(named.member_id, standing.coupon_id))
        from left_over as shared join ledger as standing on standing.coupon_id = shared.coupon_id
        left join named_uses as named on named.redemption_id = standing.redemption_id
        where shared.member_id is null and ${isStanding('standing')}
      ) as redeemers,
      coalesce(sum(discount), 0) as "discountMinor",
      coalesce(sum(worth), 0) as "worthMinor"
    from left_over`.execute(store)
  return { ...rows[0]! }
}

/** One redemption, as lists show it. */
export interface RedemptionRow {
  redemptionId: string
  couponId: string
  code: string
  memberId: string | null
  orderId: string
  storeId: string | null
  discountMinor: number
  at: string
  cancelledAt: string | null
}

/** The newest redemptions of a campaign, those that were cancelled included. */
export async function redemptionsOf(
  store: Store,
  workspaceId: string,
  campaignId: string,
  limit: number,
): Promise<RedemptionRow[]> {
  const { rows } = await sql<RedemptionRow>`
    select redeemed.redemption_id as "redemptionId", coupons.id as "couponId",
      coalesce(coupons.given_code, coupons.code) as code, coalesce(coupons.member_id, named.member_id) as "memberId", redeemed.order_id as "orderId", redeemed.store_id as "storeId",
      redeemed.amount_minor as "discountMinor", redeemed.at, cancelled.at as "cancelledAt"
    from ledger as redeemed
    join coupons on coupons.id = redeemed.coupon_id
    left join named_uses as named on named.redemption_id = redeemed.redemption_id
    left join ledger as cancelled
      on cancelled.redemption_id = redeemed.redemption_id and cancelled.kind = 'cancelled'
    where redeemed.workspace_id = ${workspaceId} and redeemed.campaign_id = ${campaignId}
      and redeemed.kind = 'redeemed'
    order by redeemed.seq desc
    limit ${limit}`.execute(store)
  return rows
}
