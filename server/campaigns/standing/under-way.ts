import type { Store } from '../../store/store.ts'

/** A running standing campaign in which somebody is. */
export interface OnTheWay {
  readonly campaignId: string
  readonly campaign: string
  /** Local day of the next step; null: waits to come in. */
  readonly nextDay: string | null
}

/** The running standing campaigns in which a member has a step to come, or waits to come in, under any of the ids. */
export async function underWayOf(
  store: Store,
  workspaceId: string,
  memberIds: readonly string[],
): Promise<OnTheWay[]> {
  if (memberIds.length === 0) return []
  const running = store
    .selectFrom('campaigns')
    .where('campaigns.workspace_id', '=', workspaceId)
    .where('campaigns.state', '=', 'running')
  const ways = await running
    .innerJoin('standing_paths', 'standing_paths.campaign_id', 'campaigns.id')
    .select(['campaigns.id as campaignId', 'campaigns.name as campaign', 'standing_paths.due_day as nextDay'])
    .where('standing_paths.member_id', 'in', memberIds)
    .where('standing_paths.next_step', 'is not', null)
    .execute()
  const waiting = await running
    .innerJoin('standing_waiting', 'standing_waiting.campaign_id', 'campaigns.id')
    .select(['campaigns.id as campaignId', 'campaigns.name as campaign'])
    .where('standing_waiting.member_id', 'in', memberIds)
    .execute()
  return [...ways, ...waiting.map((one) => ({ ...one, nextDay: null }))]
}
