import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { ArmOutcomes } from '../../analytics/lift/verdict.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

export interface CampaignOutcomes {
  readonly treated: ArmOutcomes
  readonly heldOut: ArmOutcomes
}

/**
 * What the frozen audience did from the launch's instant through the window's last local day, as of the
 * tables' day: qualifying orders, and net as charged less refunds dated in the window. Orders of the
 * launch day count only when their time is known to be later; a date without a time is midnight.
 */
export async function outcomesOf(
  workspace: Workspace,
  { tables, asOf }: TablesAt,
  campaign: { campaignId: string; launchedAt: string; windowLastDay: string },
  signal?: AbortSignal,
): Promise<CampaignOutcomes> {
  const since = sql`cast(${campaign.launchedAt.replace('T', ' ').replace('Z', '')} as timestamp)`
  const through = d.date(asOf < campaign.windowLastDay ? asOf : campaign.windowLastDay)
  const rows = await workspace.engine.rows(
    sql`
    with frozen as (
      -- an arm belongs to a member once, by first entry
      select member_key, min(arm) as arm from arms_of_members
      where campaign_id = ${campaign.campaignId} group by member_key
    ),
    bought as (
      select member_key, count(*) as orders from ${tables.memberOrders}
      where ordered_at >= ${since} and local_day <= ${through}
      group by member_key
    ),
    charged as (
      select member_key, net_minor from orders
      where state = 'paid' and ordered_at >= ${since} and local_day <= ${through}
      union all
      select member_key, -amount_minor from refunds
      where counts and refunded_at >= ${since} and local_day <= ${through}
    ),
    money as (
      select member_key, ${d.sum(sql`net_minor`)} as net_minor from charged
      where member_key is not null group by member_key
    ),
    each_member as (
      select frozen.arm, coalesce(bought.orders, 0) as orders, coalesce(money.net_minor, 0) as net_minor
      from frozen
      left join bought on bought.member_key = frozen.member_key
      left join money on money.member_key = frozen.member_key
    )
    select arm, count(*) as members, ${d.countIf(sql`orders > 0`)} as buyers,
      ${d.sum(sql`orders`)} as orders, ${d.sum(sql`orders * orders`)} as orders_squared,
      ${d.sum(sql`net_minor`)} as net_minor,
      sum(cast(net_minor as double) * cast(net_minor as double)) as net_squared
    from each_member
    group by arm`,
    { signal },
  )
  const arm = (name: 'treated' | 'held-out'): ArmOutcomes => {
    const row = rows.find((one) => one.arm === name) ?? {}
    const n = Number(row.members ?? 0)
    return {
      members: n,
      buyers: Number(row.buyers ?? 0),
      orders: { n, sum: Number(row.orders ?? 0), sumOfSquares: Number(row.ordersSquared ?? 0) },
      net: { n, sum: Number(row.netMinor ?? 0), sumOfSquares: Number(row.netSquared ?? 0) },
    }
  }
  return { treated: arm('treated'), heldOut: arm('held-out') }
}
