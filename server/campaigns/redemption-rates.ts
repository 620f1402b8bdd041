import { sql } from 'kysely'
import type { Preview } from './preview.ts'
import { type Share, shareOf } from './planning.ts'
import type { Platform } from '../platform.ts'

/**
 * Redemption rates of launched campaigns: of members, those who used a coupon among those who got one. Only launches
 * whose window is over count: whoever got a coupon yesterday may still use it.
 */
export interface RedemptionRates {
  /** Campaigns to everybody, and to chosen members; the campaign itself counts in neither. */
  readonly broadcast: Share & { readonly campaigns: number }
  readonly targeted: Share & { readonly campaigns: number }
  /** Whether the campaign itself went to everybody. */
  readonly isBroadcast: boolean
}

/** The canonical text of a rule that everybody meets. */
const everybody = 'everyone'

/** How the other campaigns of the workspace were redeemed, beside `campaignId`. */
export async function redemptionRatesOf(
  { store, clock }: Pick<Platform, 'store' | 'clock'>,
  workspaceId: string,
  campaignId: string,
): Promise<RedemptionRates> {
  const { rows } = await sql<{ campaignId: string; preview: string; issued: number; redeemers: number }>`
    with used as (
      select coupon_id, sum(case kind when 'redeemed' then uses when 'cancelled' then -uses else 0 end) as uses
      from ledger where workspace_id = ${workspaceId} and kind <> 'issued' and kind in ('redeemed', 'cancelled')
      group by coupon_id
    )
    select launches.campaign_id as "campaignId", max(case when launches.run = 1 then launches.preview end) as preview,
      count(distinct coalesce(issued.member_id, issued.id)) as issued,
      count(distinct case when used.uses > 0 then coalesce(issued.member_id, issued.id) end) as redeemers
    from launches
    left join coupon_batches on coupon_batches.launch_id = launches.id
      and launches.window_to <= ${clock.now().toISOString()}
    left join issued_coupons as issued on issued.batch_id = coupon_batches.id and issued.member_id is not null
    left join used on used.coupon_id = issued.id
    where launches.workspace_id = ${workspaceId} and launches.published_at is not null
    group by launches.campaign_id`.execute(store)
  const isBroadcast = (preview: string) => (JSON.parse(preview) as Preview).segment === everybody
  // whom one code for all reached is not known
  const others = rows.filter((row) => row.campaignId !== campaignId && row.issued > 0)
  const rate = (some: typeof rows) => ({
    ...shareOf(
      some.reduce((total, { redeemers }) => total + redeemers, 0),
      some.reduce((total, { issued }) => total + issued, 0),
    ),
    campaigns: some.length,
  })
  const own = rows.find((row) => row.campaignId === campaignId)
  return {
    broadcast: rate(others.filter(({ preview }) => isBroadcast(preview))),
    targeted: rate(others.filter(({ preview }) => !isBroadcast(preview))),
    isBroadcast: own !== undefined && isBroadcast(own.preview),
  }
}
