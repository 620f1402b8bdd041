import { randomInt, randomUUID } from 'node:crypto'
import { consentDeniedSince } from '../campaigns/launch-steps.ts'
import type { People } from '../identity/people.ts'
import type { Said } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Claimed, SendOutcome } from './attempt.ts'
import type { CampaignWork } from './campaign-work.ts'
import { isOverCap } from './frequency-cap.ts'
import { keptError } from './errors.ts'
import { suppress } from './suppressions.ts'
import { deliverySettingsOf, isQuiet, takePlace } from './settings.ts'

/** After so many failed attempts a message is a dead letter; with the waits between them that is about a day. */
export const mostAttempts = 10

/** A message that is being sent is nobody else's for this long; longer than any attempt lasts. */
const leaseMs = 60_000
const longestWaitMs = 6 * 3_600_000

/** Wait after the n-th failed attempt: 5 s, 20 s, 80 s … up to 6 h, each up to a quarter longer by chance. */
export function waitAfter(attempts: number, chance: (below: number) => number = randomInt): number {
  const wait = Math.min(5_000 * 4 ** (attempts - 1), longestWaitMs)
  return wait + chance(Math.floor(wait / 4))
}

/** Why a message whose time is over is not sent. */
export const overSaid = (couponId: string | null): Said => ({
  id: couponId === null ? 'message-too-late' : 'message-coupon-over',
})

export type ClaimOutcome =
  | { kind: 'claimed'; message: Claimed }
  | { kind: 'dropped' }
  /** Nothing is due, or the shop is in its quiet hours. */
  | { kind: 'nothing' }
  /** The channel has sent as many as it may for now. */
  | { kind: 'wait'; ms: number }

/**
 * Takes a campaign's next due message under a lease of its own. Not sent, for good: to whom has said no
 * since the launch, who has had as many messages as they may, of coupons that are over, and what would come too late.
 */
export function claim(
  { store, clock }: Platform,
  work: CampaignWork,
  workspace: Workspace,
  people: People,
): Promise<ClaimOutcome> {
  return store.transaction().execute(async (tx): Promise<ClaimOutcome> => {
    const now = clock.now()
    const settings = await deliverySettingsOf(tx, work.workspaceId)
    if (isQuiet(settings.quiet, now, workspace.calendar)) return { kind: 'nothing' }
    const message = await tx
      .selectFrom('outbox')
      .innerJoin('campaigns', 'campaigns.id', 'outbox.campaign_id')
      .innerJoin('launches', 'launches.id', 'outbox.launch_id')
      .select([
        'outbox.id',
        'outbox.body',
        'outbox.attempts',
        'outbox.member_id',
        'outbox.coupon_id',
        'outbox.queued_at',
        'launches.valid_to',
        'launches.known_event',
      ])
      .where('outbox.campaign_id', '=', work.campaignId)
      .where('launches.step', 'is', work.step)
      .where('outbox.state', '=', 'queued')
      .where('outbox.due_at', '<=', now.toISOString())
      .where('campaigns.state', '=', 'running')
      .orderBy('outbox.due_at')
      .limit(1)
      .executeTakeFirst()
    if (!message) return { kind: 'nothing' }
    const drop = async (why: Said): Promise<ClaimOutcome> => {
      await tx
        .updateTable('outbox')
        .set({ state: 'dropped', last_error: keptError(why), lease: null })
        .where('id', '=', message.id)
        .execute()
      return { kind: 'dropped' }
    }
    if (message.valid_to <= now.toISOString()) return drop(overSaid(message.coupon_id))
    const denied = await consentDeniedSince(tx, work.workspaceId, message.known_event ?? 0)
    if (people.mayNotBeContacted(message.member_id, denied)) return drop({ id: 'message-denied-since' })
    const own = {
      id: message.id,
      queuedAt: message.queued_at,
      memberIds: people.idsOf(message.member_id),
    }
    const { calendar } = workspace
    if (await isOverCap(tx, work.workspaceId, settings.cap, own, { now, calendar }))
      return drop({ id: 'message-capped' })
    const ms = await takePlace(
      tx,
      work.workspaceId,
      work.channel.kind,
      settings.perMinute[work.channel.kind],
      now,
    )
    if (ms > 0) return { kind: 'wait', ms }
    const attempts = message.attempts + 1
    const lease = randomUUID()
    await tx
      .updateTable('outbox')
      .set({ attempts, lease, due_at: new Date(now.getTime() + leaseMs).toISOString() })
      .where('id', '=', message.id)
      .execute()
    return {
      kind: 'claimed',
      message: { id: message.id, lease, memberId: message.member_id, body: message.body, attempts },
    }
  })
}

/**
 * Writes down what came of an attempt. That a message arrived is true whoever says so; anything else counts
 * only from who still has the lease: another may have taken the message over when it ran out.
 */
export async function settle(
  { store, clock }: Platform,
  workspaceId: string,
  { id, lease, attempts, memberId }: Claimed,
  outcome: SendOutcome,
): Promise<void> {
  const now = clock.now()
  const row = store.updateTable('outbox').where('id', '=', id)
  const mine = row.where('lease', '=', lease).where('state', '=', 'queued')
  switch (outcome.kind) {
    case 'delivered':
      await row
        .set({
          state: 'delivered',
          delivered_at: now.toISOString(),
          last_error: null,
          lease: null,
          ...(outcome.to === undefined ? {} : { handed_to: outcome.to }),
          ...(outcome.receipt === undefined ? {} : { receipt: outcome.receipt }),
        })
        .execute()
      return
    case 'stopped':
      // Not known whether it arrived: sent again under the same id, and not counted as a failure.
      await mine.set({ attempts: attempts - 1, due_at: now.toISOString(), lease: null }).execute()
      return
    case 'dropped':
      await mine.set({ state: 'dropped', last_error: keptError(outcome.why), lease: null }).execute()
      return
    case 'dead':
      await store.transaction().execute(async (tx) => {
        await tx
          .updateTable('outbox')
          .set({ state: 'dead', last_error: keptError(outcome.why), lease: null })
          .where('id', '=', id)
          .where('lease', '=', lease)
          .where('state', '=', 'queued')
          .execute()
        // true whoever has the lease now
        if (outcome.suppress) await suppress(tx, workspaceId, { ...outcome.suppress, memberId, at: now })
      })
      return
    case 'failed': {
      const wait = Math.max(waitAfter(attempts), Math.min(outcome.afterMs ?? 0, longestWaitMs))
      await mine
        .set({
          ...(attempts >= mostAttempts
            ? { state: 'dead' as const }
            : { due_at: new Date(now.getTime() + wait).toISOString() }),
          last_error: keptError(outcome.why),
          lease: null,
        })
        .execute()
    }
  }
}
