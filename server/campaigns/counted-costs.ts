import { sql } from 'kysely'
import { addDays, startOfDay } from '../../analytics/calendar/calendar.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** What coupons and messages cost; money in minor units. */
export interface Costs {
  readonly couponCostMinor: number
  /** Of that, delivery, gifts and points. */
  readonly besideMinor: number
  readonly messages: number
  readonly messageCostMinor: number
}

/**
 * Of a campaign that stands, what those cost who count: the coupons and messages of the way of each one's first coming
 * in, through their own days. What later ways cost, and who is in the middle of their days, stands beside no outcome.
 */
export async function countedCosts(
  store: Store,
  { id: workspaceId, calendar }: Pick<Workspace, 'id' | 'calendar'>,
  asked: { campaignId: string; ownDays: number; lastEntry: string; messageCostMinor: number },
): Promise<Costs> {
  const { campaignId, ownDays, lastEntry } = asked
  const days = await store
    .selectFrom('standing_paths')
    .select('entered_day')
    .distinct()
    .where('campaign_id', '=', campaignId)
    .where('entered_day', '<=', lastEntry)
    .execute()
  const ends = days.map(({ entered_day: day }) => [
    day,
    startOfDay(addDays(day, ownDays + 1), calendar).toISOString(),
  ])
  const { rows } = await sql<{ coupons: number; beside: number; messages: number }>`
    with firsts as (
      select id, min(entered_day) as entered_day from standing_paths
      where campaign_id = ${campaignId} group by member_id
    ),
    counted as (
      select steps.coupon_id, steps.message_id, ends.value ->> 1 as end
      from firsts join json_each(${JSON.stringify(ends)}) as ends on ends.value ->> 0 = firsts.entered_day
      join standing_steps as steps on steps.path_id = firsts.id
      where steps.coupon_id is not null or steps.message_id is not null
    )
    select coalesce(sum((select sum(case kind when 'redeemed' then 1 else -1 end * (amount_minor + worth_minor))
        from ledger where ledger.coupon_id = counted.coupon_id and kind in ('redeemed', 'cancelled') and at < counted.end)), 0) as coupons,
      coalesce(sum((select sum(case kind when 'redeemed' then 1 else -1 end * worth_minor)
        from ledger where ledger.coupon_id = counted.coupon_id and kind in ('redeemed', 'cancelled') and at < counted.end)), 0) as beside,
      (select count(*) from outbox where workspace_id = ${workspaceId} and campaign_id = ${campaignId}
        and state = 'delivered' and (id in (select message_id from counted)
          or coupon_id in (select coupon_id from counted where message_id is null))) as messages
    from counted`.execute(store)
  const { coupons, beside, messages } = rows[0]!
  return {
    couponCostMinor: coupons,
    besideMinor: beside,
    messages,
    messageCostMinor: messages * asked.messageCostMinor,
  }
}
