import type { Desk } from '../campaigns/campaigns.ts'
import { campaignById, type CampaignStatus } from '../campaigns/campaigns.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'

/** A message that was given up. */
export interface DeadLetter {
  readonly deliveryId: string
  readonly memberId: string
  readonly attempts: number
  /** As `errorText` reads it. */
  readonly error: string | null
}

/** The newest dead letters of a campaign, at most `limit`. */
export async function deadLettersOf(
  store: Store,
  workspaceId: string,
  campaignId: string,
  limit: number,
): Promise<DeadLetter[]> {
  const rows = await store
    .selectFrom('outbox')
    .select(['id', 'member_id', 'attempts', 'last_error'])
    .where('workspace_id', '=', workspaceId)
    .where('campaign_id', '=', campaignId)
    .where('state', '=', 'dead')
    .orderBy('due_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id, member_id, attempts, last_error }) => ({
    deliveryId: id,
    memberId: member_id,
    attempts,
    error: last_error,
  }))
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
    const { numUpdatedRows } = await tx
      .updateTable('outbox')
      .set({ state: 'queued', attempts: 0, due_at: at.toISOString(), lease: null })
      .where('workspace_id', '=', workspace.id)
      .where('campaign_id', '=', campaignId)
      .where('state', '=', 'dead')
      .executeTakeFirst()
    if (numUpdatedRows > 0n)
      await recordAudit(tx, {
        workspaceId: workspace.id,
        actor,
        action: 'campaign-resent',
        subject: campaignId,
        at,
      })
    return { kind: 'queued', messages: Number(numUpdatedRows) }
  })
}
