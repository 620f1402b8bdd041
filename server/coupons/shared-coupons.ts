import { sql } from 'kysely'
import type { Store } from '../store/store.ts'
import { termsIn } from './coupons.ts'
import { isStanding } from './reservations.ts'
import type { OfferTerms } from './terms.ts'

/** One code for all, as one member has it. */
export interface SharedCoupon {
  readonly couponId: string
  /** The id that it was sent to, or that a till named. */
  readonly issuedTo: string
  readonly campaignId: string
  readonly campaign: string
  readonly code: string
  readonly offer: string
  readonly minSpendMinor: number
  readonly terms: OfferTerms
  readonly issuedAt: string
  readonly validTo: string
  readonly state: 'open' | 'redeemed' | 'gone' | 'expired' | 'revoked'
  readonly redeemedAt: string | null
  readonly orderId: string | null
  readonly discountMinor: number | null
  /** Uses by everybody, of all that there are. */
  readonly uses: { readonly used: number; readonly of: number }
}

/** The codes for all that one of the ids was sent, or used without being sent it, as they stand at `at`. */
export async function sharedCouponsOf(
  store: Store,
  workspaceId: string,
  { ids, at }: { ids: readonly string[]; at: Date },
): Promise<SharedCoupon[]> {
  const { rows } = await sql<
    Omit<SharedCoupon, 'state' | 'uses' | 'terms'> & {
      terms: string
      usesAllowed: number
      used: number
      usedByMember: number
      revoked: number
    }
  >`
    with had as (
      select coupon_id, member_id from campaign_members
      where campaign_id in (select id from campaigns
          where workspace_id = ${workspaceId} and json_extract(definition, '$.codes.kind') = 'shared')
        and member_id in (${sql.join(ids)}) and coupon_id is not null
      union all
      select coupon_id, member_id from named_uses
      where workspace_id = ${workspaceId} and member_id in (${sql.join(ids)})
    ),
    each_one as (select coupon_id, min(member_id) as member_id from had group by coupon_id),
    own as (
      select ledger.* from named_uses join ledger on ledger.redemption_id = named_uses.redemption_id
      where named_uses.workspace_id = ${workspaceId} and named_uses.member_id in (${sql.join(ids)})
        and ${isStanding('ledger')}
    )
    select coupons.id as "couponId", each_one.member_id as "issuedTo", coupons.campaign_id as "campaignId",
      campaigns.name as campaign, coalesce(coupons.given_code, coupons.code) as code, coupons.offer,
      coupons.min_spend_minor as "minSpendMinor", coupons.terms, launches.published_at as "issuedAt",
      coupons.valid_to as "validTo", coupons.uses_allowed as "usesAllowed",
      (select sum(case kind when 'redeemed' then uses when 'cancelled' then -uses else 0 end) from ledger
        where ledger.coupon_id = coupons.id) as used,
      (select coalesce(sum(uses), 0) from ledger where ledger.coupon_id = coupons.id and kind = 'revoked') as revoked,
      (select coalesce(sum(uses), 0) from own where own.coupon_id = coupons.id) as "usedByMember",
      newest.at as "redeemedAt", newest.order_id as "orderId", newest.amount_minor as "discountMinor"
    from each_one
    join coupons on coupons.id = each_one.coupon_id and coupons.member_id is null
    join campaigns on campaigns.id = coupons.campaign_id
    join launches on launches.id = coupons.launch_id and launches.published_at is not null
    left join own as newest on newest.seq = (select max(seq) from own where own.coupon_id = coupons.id)
    order by launches.published_at desc, coupons.id`.execute(store)
  const now = at.toISOString()
  return rows.map(({ terms: text, usesAllowed, used, usedByMember, revoked, ...row }) => {
    const terms = termsIn(text)
    return {
      ...row,
      terms,
      uses: { used, of: usesAllowed },
      state:
        usedByMember >= (terms.usesPerMember ?? Infinity)
          ? 'redeemed'
          : used >= usesAllowed
            ? 'gone'
            : revoked > 0
              ? 'revoked'
              : row.validTo <= now
                ? 'expired'
                : 'open',
    }
  })
}
