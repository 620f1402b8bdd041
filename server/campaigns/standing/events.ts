import { keptError } from '../../delivery/errors.ts'
import { mostAttempts, waitAfter } from '../../delivery/lease.ts'
import { signingSecret } from '../../delivery/secrets.ts'
import { sendWebhook } from '../../delivery/webhook.ts'
import type { Platform } from '../../platform.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { CampaignDefinition } from '../definition.ts'

const atOnce = 100

/**
 * Tells other systems what campaigns that stand have to tell of members, signed, each event under an id that never
 * changes, until it is answered or given up after about a day. Events of one workspace go out one after the other by
 * one loop; the process that ends before it wrote down that one arrived sends it again under its id.
 */
export async function sendEvents(
  { store, clock }: Platform,
  workspace: Workspace,
  stop: AbortSignal,
): Promise<void> {
  const due = await store
    .selectFrom('standing_events')
    .innerJoin('campaigns', 'campaigns.id', 'standing_events.campaign_id')
    .innerJoin('standing_paths', 'standing_paths.id', 'standing_events.path_id')
    .selectAll('standing_events')
    .select(['campaigns.name', 'campaigns.definition', 'standing_paths.entered_day', 'standing_paths.arm'])
    .where('standing_events.workspace_id', '=', workspace.id)
    .where('standing_events.state', '=', 'queued')
    .where('standing_events.due_at', '<=', clock.now().toISOString())
    .where('campaigns.state', '=', 'running')
    .orderBy('standing_events.due_at')
    .limit(atOnce)
    .execute()
  if (due.length === 0) return
  const secret = await signingSecret(store, workspace.id, clock.now())
  const failing = new Set<string>()
  for (const event of due) {
    if (stop.aborted) return
    const { standing } = CampaignDefinition.parse(JSON.parse(event.definition))
    const action = standing?.steps[event.step - 1]?.action
    // a receiver that does not answer is not asked again for each event of this round
    if (action?.kind !== 'webhook' || failing.has(action.url)) continue
    const body = JSON.stringify({
      type: 'campaign.step_reached',
      timestamp: event.queued_at,
      data: {
        campaignId: event.campaign_id,
        campaign: event.name,
        memberId: event.member_id,
        step: event.step,
        enteredDay: event.entered_day,
      },
    })
    const outcome = await sendWebhook({ id: event.id, url: action.url, secret, body, at: clock.now() }, stop)
    if (outcome.kind === 'stopped') return
    if (outcome.kind === 'failed') failing.add(action.url)
    const now = clock.now()
    const attempts = event.attempts + 1
    await store
      .updateTable('standing_events')
      .set(
        outcome.kind === 'delivered'
          ? { state: 'delivered', attempts, delivered_at: now.toISOString(), last_error: null }
          : attempts >= mostAttempts
            ? { state: 'dead', attempts, last_error: keptError(outcome.why) }
            : {
                attempts,
                due_at: new Date(now.getTime() + waitAfter(attempts)).toISOString(),
                last_error: keptError(outcome.why),
              },
      )
      .where('id', '=', event.id)
      .execute()
  }
}
