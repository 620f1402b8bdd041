import { sql } from 'kysely'
import type { Store } from '../store/store.ts'

/** Why coupons of a campaign were refused, with how many wishes: the same wish again counts once. */
export interface RefusalCount {
  readonly reason: string
  readonly refused: number
}

/** Most frequent first. Refusals of codes that no coupon has belong to no campaign. */
export async function refusalsOf(
  store: Store,
  workspaceId: string,
  campaignId: string,
): Promise<RefusalCount[]> {
  const { rows } = await sql<RefusalCount>`
    select json_extract(outcome, '$.code') as reason, count(*) as refused
    from redemption_requests
    where campaign_id = ${campaignId} and workspace_id = ${workspaceId}
    group by 1 order by refused desc, reason`.execute(store)
  return rows
}
