import { sql } from 'kysely'
import type { Store } from '../store/store.ts'

/** Members who hold a coupon with uses left, still valid at `at`, of a campaign that has not been cancelled and is not `except`. */
export async function membersHoldingCoupons(
  store: Store,
  workspaceId: string,
  at: Date,
  except = '',
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ memberId: string }>`
    with spent as (
      select coupon_id, sum(case kind when 'cancelled' then -uses else uses end) as uses
      from ledger
      where workspace_id = ${workspaceId} and kind <> 'issued' and kind in ('redeemed', 'cancelled', 'revoked')
      group by coupon_id
    )
    select distinct coupons.member_id as "memberId"
    from coupons
    join launches on launches.id = coupons.launch_id and launches.published_at is not null
    join campaigns on campaigns.id = launches.campaign_id and campaigns.state in ('running', 'paused')
    left join spent on spent.coupon_id = coupons.id
    where coupons.workspace_id = ${workspaceId} and coupons.campaign_id <> ${except} and coupons.member_id is not null
      and coupons.valid_to > ${at.toISOString()}
      and coupons.uses_allowed > coalesce(spent.uses, 0)
    union
    select campaign_members.member_id
    from coupons
    join launches on launches.id = coupons.launch_id and launches.published_at is not null
    join campaigns on campaigns.id = launches.campaign_id and campaigns.state in ('running', 'paused')
    join campaign_members on campaign_members.campaign_id = launches.campaign_id
      and campaign_members.launch_id = launches.id and campaign_members.coupon_id = coupons.id
    left join spent on spent.coupon_id = coupons.id
    where coupons.workspace_id = ${workspaceId} and coupons.campaign_id <> ${except} and coupons.member_id is null
      and coupons.valid_to > ${at.toISOString()}
      and coupons.uses_allowed > coalesce(spent.uses, 0)`.execute(store)
  return new Set(rows.map(({ memberId }) => memberId))
}
