import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { CampaignDefinition } from '../campaigns/definition.ts'
import { consentDeniedSince } from '../campaigns/launch-steps.ts'
import { peopleOf, type People } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { signingSecret } from './secrets.ts'
import { sendWebhook } from './webhook.ts'

/** After so many failed attempts a message is a dead letter; with the waits between them that is about a day. */
export const mostAttempts = 10

/** A message that is being sent is nobody else's for this long; longer than any attempt lasts. */
const leaseMs = 60_000
const pollMs = 500
/** Messages of one campaign under way at once: a slow receiver holds up no other campaign. */
const lanes = 4

/** Wait after the n-th failed attempt: 5 s, 20 s, 80 s … up to 6 h, each up to a quarter longer by chance. */
export function waitAfter(attempts: number, chance: (below: number) => number = randomInt): number {
  const wait = Math.min(5_000 * 4 ** (attempts - 1), 6 * 3_600_000)
  return wait + chance(Math.floor(wait / 4))
}

export interface Deliveries {
  /** Ends the attempts under way, which count as not made, and waits until nothing is written any more. */
  stop(): Promise<void>
}

/**
 * Sends what the outbox holds for running, published campaigns, at least once, until stopped. Each
 * message stands for itself: its failure neither holds up nor repeats another.
 */
export function startDeliveries(platform: Platform): Deliveries {
  const stopping = new AbortController()
  const busy = new Map<string, Promise<void>>()

  async function look(): Promise<void> {
    for (const campaign of await campaignsWithWork(platform)) {
      if (busy.has(campaign.campaignId)) continue
      const work = sendDue(platform, campaign, stopping.signal)
        .catch((error: unknown) => console.error('Deliveries of a campaign broke off and go on:', error))
        .finally(() => busy.delete(campaign.campaignId))
      busy.set(campaign.campaignId, work)
    }
  }

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => console.error('The outbox could not be read:', error))
      await pause(pollMs, undefined, { signal: stopping.signal }).catch(() => {}) // ends early when stopped
    }
  })()

  return {
    async stop() {
      stopping.abort()
      await loop
      await Promise.all(busy.values())
    },
  }
}

interface CampaignWithWork {
  readonly workspaceId: string
  readonly campaignId: string
  readonly knownEvent: number
  readonly url: string
}

/** Campaigns that are running and have something due. */
async function campaignsWithWork({ store, clock }: Platform): Promise<CampaignWithWork[]> {
  const rows = await store
    .selectFrom('launches')
    .innerJoin('campaigns', 'campaigns.id', 'launches.campaign_id')
    .select(['campaigns.workspace_id', 'campaigns.id', 'campaigns.definition', 'launches.known_event'])
    .where('launches.published_at', 'is not', null)
    .where('campaigns.state', '=', 'running')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('outbox')
          .select('outbox.id')
          .whereRef('outbox.campaign_id', '=', 'campaigns.id')
          .where('outbox.state', '=', 'queued')
          .where('outbox.due_at', '<=', clock.now().toISOString()),
      ),
    )
    .execute()
  return rows.flatMap(({ workspace_id, id, definition, known_event }) => {
    const { channel } = CampaignDefinition.parse(JSON.parse(definition))
    return channel.kind === 'webhook'
      ? [{ workspaceId: workspace_id, campaignId: id, knownEvent: known_event ?? 0, url: channel.url }]
      : []
  })
}

/** Sends a campaign's due messages, a few side by side, until none is due. */
async function sendDue(platform: Platform, campaign: CampaignWithWork, stop: AbortSignal): Promise<void> {
  const { store, clock } = platform
  const secret = await signingSecret(store, campaign.workspaceId, clock.now())
  const workspace = (await platform.workspaces.byId(campaign.workspaceId))!
  await drainEvents(store, workspace)
  const people = await peopleOf(workspace)
  const lane = async () => {
    while (!stop.aborted) {
      const message = await claim(platform, campaign, people)
      if (message === null) return
      if (message === 'dropped') continue
      const at = clock.now()
      const outcome = await sendWebhook(
        {
          id: message.id,
          url: campaign.url,
          secret,
          body: JSON.stringify({
            type: 'coupon.issued',
            timestamp: at.toISOString(),
            data: JSON.parse(message.body) as unknown,
          }),
          at,
        },
        stop,
      )
      await settle(platform, message, outcome)
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
}

interface Claimed {
  readonly id: string
  readonly body: string
  /** This attempt included. */
  readonly attempts: number
}

/** Takes the next due message under a lease. Who has said no since the launch is not written to. */
function claim(
  platform: Platform,
  campaign: CampaignWithWork,
  people: People,
): Promise<Claimed | 'dropped' | null> {
  const { store, clock } = platform
  return store.transaction().execute(async (tx) => {
    const message = await tx
      .selectFrom('outbox')
      .innerJoin('campaigns', 'campaigns.id', 'outbox.campaign_id')
      .select(['outbox.id', 'outbox.body', 'outbox.attempts', 'outbox.member_id'])
      .where('outbox.campaign_id', '=', campaign.campaignId)
      .where('outbox.state', '=', 'queued')
      .where('outbox.due_at', '<=', clock.now().toISOString())
      .where('campaigns.state', '=', 'running')
      .orderBy('outbox.due_at')
      .limit(1)
      .executeTakeFirst()
    if (!message) return null
    const denied = await consentDeniedSince(tx, campaign.workspaceId, campaign.knownEvent)
    const row = tx.updateTable('outbox').where('id', '=', message.id)
    if (people.mayNotBeContacted(message.member_id, denied)) {
      await row
        .set({ state: 'dropped', last_error: 'The member asked not to be contacted before it was sent.' })
        .execute()
      return 'dropped'
    }
    const attempts = message.attempts + 1
    await row.set({ attempts, due_at: new Date(clock.now().getTime() + leaseMs).toISOString() }).execute()
    return { id: message.id, body: message.body, attempts }
  })
}

async function settle(
  { store, clock }: Platform,
  { id, attempts }: Claimed,
  outcome: Awaited<ReturnType<typeof sendWebhook>>,
): Promise<void> {
  const now = clock.now()
  const row = store.updateTable('outbox').where('id', '=', id)
  switch (outcome.kind) {
    case 'delivered':
      await row.set({ state: 'delivered', delivered_at: now.toISOString(), last_error: null }).execute()
      return
    case 'stopped':
      // Not known whether it arrived: sent again under the same id, and not counted as a failure.
      await row.set({ attempts: attempts - 1, due_at: now.toISOString() }).execute()
      return
    case 'failed':
      await row
        .set(
          attempts >= mostAttempts
            ? { state: 'dead', last_error: outcome.why }
            : {
                due_at: new Date(now.getTime() + waitAfter(attempts)).toISOString(),
                last_error: outcome.why,
              },
        )
        .execute()
  }
}
