import { setTimeout as pause } from 'node:timers/promises'
import { type People, peopleOf } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Sender } from './attempt.ts'
import { type CampaignWork, campaignsWithWork } from './campaign-work.ts'
import { claim, settle } from './lease.ts'
import { mailSender } from './mail-sender.ts'
import { isOfCoupon, type OutboxMessage } from './outbox.ts'
import { smsSender } from './sms-sender.ts'
import { signingSecret } from './secrets.ts'
import { deliverySettingsOf, isQuiet } from './settings.ts'
import { sendWebhook } from './webhook.ts'
import { wechatSender } from './wechat-sender.ts'

const pollMs = 500
/** Messages of one campaign that a worker has under way at once: a slow receiver holds up no other campaign. */
const lanes = 4

/** Told at each step of a message; may throw, as a crash would. */
export type DeliveryStep = (name: 'claim' | 'claimed' | 'sent' | 'settled') => void

export interface Deliveries {
  /** Ends the attempts under way, which count as not made, and waits until nothing is written any more. */
  stop(): Promise<void>
}

/**
 * Sends what the outbox holds for running, published campaigns, at least once, until stopped. Each
 * message stands for itself: its failure neither holds up nor repeats another. Several may work on one
 * platform: each message is one's alone while its lease lasts, and whoever takes it over sends it under the
 * same delivery id.
 */
export function startDeliveries(platform: Platform, step: DeliveryStep = () => {}): Deliveries {
  const stopping = new AbortController()
  const busy = new Map<string, Promise<void>>()

  async function look(): Promise<void> {
    for (const work of await campaignsWithWork(platform)) {
      const key = `${work.campaignId} ${work.step ?? ''}`
      if (busy.has(key)) continue
      const sending = sendDue(platform, work, stopping.signal, step)
        .catch((error: unknown) => console.error('Deliveries of a campaign broke off and go on:', error))
        .finally(() => busy.delete(key))
      busy.set(key, sending)
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

/** Sends a campaign's due messages, a few side by side, until none is due. */
async function sendDue(
  platform: Platform,
  work: CampaignWork,
  stop: AbortSignal,
  step: DeliveryStep,
): Promise<void> {
  const { store, clock } = platform
  const workspace = (await platform.workspaces.byId(work.workspaceId))!
  const { quiet } = await deliverySettingsOf(store, work.workspaceId)
  if (isQuiet(quiet, clock.now(), workspace.calendar)) return
  await drainEvents(store, workspace)
  const people = await peopleOf(workspace)
  const { send, close } = await senderOf(platform, work, workspace, people)
  const lane = async () => {
    while (!stop.aborted) {
      step('claim')
      const next = await claim(platform, work, workspace, people)
      if (next.kind === 'nothing') return
      if (next.kind === 'dropped') continue
      if (next.kind === 'wait') {
        await pause(Math.min(next.ms, pollMs), undefined, { signal: stop }).catch(() => {})
        continue
      }
      step('claimed')
      const outcome = await send(next.message, stop)
      step('sent')
      await settle(platform, work.workspaceId, next.message, outcome)
      step('settled')
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane))
  close()
  for (const end of ended) if (end.status === 'rejected') throw end.reason
}

/** How the messages of a campaign are sent. */
async function senderOf(
  platform: Platform,
  { channel, terms }: CampaignWork,
  workspace: Workspace,
  people: People,
): Promise<{ send: Sender; close(): void }> {
  const { store, clock } = platform
  if (channel.kind === 'mail') return mailSender(platform, workspace, people, { channel, terms })
  if (channel.kind === 'sms') return smsSender(platform, workspace, people, { channel, terms })
  if (channel.kind === 'wechat') return wechatSender(platform, workspace, people, { channel, terms })
  const secret = await signingSecret(store, workspace.id, clock.now())
  const send: Sender = ({ id, body }, stop) => {
    const at = clock.now()
    const data = JSON.parse(body) as OutboxMessage
    const told = {
      type: isOfCoupon(data) ? 'coupon.issued' : 'campaign.message',
      timestamp: at.toISOString(),
      data,
    }
    return sendWebhook({ id, url: channel.url, secret, body: JSON.stringify(told), at }, stop)
  }
  return { send, close: () => {} }
}
