import type { Desk } from '../campaigns/campaigns.ts'
import { campaignById, type CampaignStatus } from '../campaigns/campaigns.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'

/** A message that was given up, or what another system was to be told of a member by a campaign that stands. */
export interface DeadLetter {
  readonly kind: 'message' | 'event'
  readonly deliveryId: string
  readonly memberId: string
  readonly attempts: number
  /** As `errorText` reads it. */
  readonly error: string | null
}

const deadKinds = [
  { kind: 'message', table: 'outbox' },
  { kind: 'event', table: 'standing_events' },
] as const

/** The newest dead letters of a campaign, messages before events, at most `limit`. */
export async function deadLettersOf(
  store: Store,
  workspaceId: string,
  campaignId: string,
  limit: number,
): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  for (const { kind, table } of deadKinds) {
    const rows = await store
      .selectFrom(table)
      .select(['id', 'member_id', 'attempts', 'last_error'])
      .where('workspace_id', '=', workspaceId)
      .where('campaign_id', '=', campaignId)
      .where('state', '=', 'dead')
      .orderBy('due_at', 'desc')
      .orderBy('id')
      .limit(limit - letters.length)
      .execute()
    for (const { id, member_id, attempts, last_error } of rows)
      letters.push({ kind, deliveryId: id, memberId: member_id, attempts, error: last_error })
  }
  return letters
}

export type ResendOutcome =
  | { kind: 'queued'; messages: number }
  | { kind: 'not-found' }
  | { kind: 'wrong-state'; status: CampaignStatus }

/** Queues a campaign's dead letters again, each under its own delivery id and with all attempts before it. */
export async function resendDeadLetters(
  { platform, workspace, actor }: Desk,
  campaignId: string,
): Promise<ResendOutcome> {
  const at = platform.clock.now()
  return platform.store.transaction().execute(async (tx): Promise<ResendOutcome> => {
    const campaign = await campaignById(tx, workspace.id, campaignId)
    if (!campaign) return { kind: 'not-found' }
    if (campaign.state !== 'running' && campaign.state !== 'paused')
      return { kind: 'wrong-state', status: campaign.state }
    let queued = 0
    for (const { kind, table } of deadKinds) {
      const { numUpdatedRows } = await tx
        .updateTable(table)
        .set({
          state: 'queued',
          attempts: 0,
          due_at: at.toISOString(),
          ...(kind === 'message' ? { lease: null } : {}),
        })
        .where('workspace_id', '=', workspace.id)
        .where('campaign_id', '=', campaignId)
        .where('state', '=', 'dead')
        .executeTakeFirst()
      queued += Number(numUpdatedRows)
    }
    if (queued > 0)
      await recordAudit(tx, {
        workspaceId: workspace.id,
        actor,
        action: 'campaign-resent',
        subject: campaignId,
        at,
      })
    return { kind: 'queued', messages: queued }
  })
}
