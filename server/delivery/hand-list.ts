import { addDays, localDay } from '../../analytics/calendar/calendar.ts'
import { campaignById, type CampaignStatus, type Desk } from '../campaigns/campaigns.ts'
import type { CampaignDefinition } from '../campaigns/definition.ts'
import { consentDeniedSince } from '../campaigns/launch-steps.ts'
import { channelOf, termsOf } from '../campaigns/standing/definition.ts'
import { printedCode } from '../coupons/code.ts'
import { csvRow } from '../csv/csv.ts'
import { peopleOf } from '../identity/people.ts'
import { maskedPhone } from '../members/phone.ts'
import { type Language, type Said, sentence } from '../messages/messages.ts'
import { recordAudit } from '../settings/audit.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { addressOf } from './addressed.ts'
import { contactsOf } from './contacts.ts'
import { keptError } from './errors.ts'
import { isOverCap } from './frequency-cap.ts'
import { type HandChannel, handChannels } from './hand-channels.ts'
import { overSaid } from './lease.ts'
import { messageValues } from './message-values.ts'
import { isOfCoupon, type OutboxMessage } from './outbox.ts'
import { deliverySettingsOf } from './settings.ts'
import { addressDigest, suppressedIn, suppressionKey } from './suppressions.ts'
import { goodTemplate } from './template.ts'

type ByHand = Extract<CampaignDefinition['channel'], { kind: HandChannel }>

/** A delivery that somebody makes by hand. */
export interface HandDelivery {
  readonly deliveryId: string
  readonly memberId: string
  readonly name: string | null
  /** A phone, whole or masked as was asked, or an external id of 企业微信. */
  readonly contact: string
  /** What the member is told. */
  readonly words: string
  /** Null: a message without a coupon. */
  readonly code: string | null
  /** Last local day of the coupon. */
  readonly lastDay: string | null
}

export type HandListOutcome =
  | { kind: 'listed'; deliveries: HandDelivery[]; csv: string; dropped: number }
  | { kind: 'not-found' }
  | { kind: 'not-by-hand' }
  | { kind: 'wrong-state'; status: CampaignStatus }

/** Written in one transaction, which tills wait for. */
const atOnce = 500

/**
 * The deliveries of a campaign that are still to be made by hand, in order of member, each under its delivery id, which
 * stays the same on every list; who was not reached stands on the next one again. Left out for good, with the reason, is
 * who may not be contacted any more, as with every other channel.
 */
export async function takeHandList(
  { platform: { store, clock }, workspace, actor }: Desk,
  campaignId: string,
  { unmasked, language }: { unmasked: boolean; language: Language },
): Promise<HandListOutcome> {
  const campaign = await campaignById(store, workspace.id, campaignId)
  if (!campaign) return { kind: 'not-found' }
  const { definition } = campaign
  const steps = [null, ...(definition.standing?.steps ?? []).keys()].map((step) =>
    channelOf(definition, step === null ? null : step + 1),
  )
  if (!steps.some(isByHand)) return { kind: 'not-by-hand' }
  if (campaign.state !== 'running') return { kind: 'wrong-state', status: campaign.state }
  const now = clock.now()
  await drainEvents(store, workspace)
  const people = await peopleOf(workspace)
  const open = await store
    .selectFrom('outbox')
    .innerJoin('launches', 'launches.id', 'outbox.launch_id')
    .select([
      'outbox.id',
      'outbox.member_id',
      'outbox.coupon_id',
      'outbox.body',
      'outbox.queued_at',
      'launches.step',
      'launches.valid_to',
      'launches.known_event',
    ])
    .where('outbox.workspace_id', '=', workspace.id)
    .where('outbox.campaign_id', '=', campaignId)
    .where('outbox.state', '=', 'queued')
    .where('launches.published_at', 'is not', null)
    .orderBy('outbox.member_id')
    .orderBy('outbox.id')
    .execute()
  const key = await suppressionKey(store, workspace.id)
  const suppressed = {
    calls: await suppressedIn(store, workspace.id, 'calls', people.memberOf),
    wecom: await suppressedIn(store, workspace.id, 'wecom', people.memberOf),
  }
  const { cap } = await deliverySettingsOf(store, workspace.id)
  const contacts = await contactsOf(
    workspace,
    open.map(({ member_id }) => people.memberOf(member_id)),
  )
  const deniedSince = new Map<number, ReadonlySet<string>>()
  const deliveries: HandDelivery[] = []
  const changes: { id: string; to: { digest: string } | { why: Said } }[] = []
  for (const row of open) {
    const channel = channelOf(definition, row.step)
    if (!isByHand(channel)) continue
    const { kind } = channel
    const member = people.memberOf(row.member_id)
    const contact = contacts.get(member)
    const address = contact ? addressOf(contact, kind) : null
    const event = row.known_event ?? 0
    const denied = deniedSince.get(event) ?? (await consentDeniedSince(store, workspace.id, event))
    deniedSince.set(event, denied)
    const drop = (why: Said) => changes.push({ id: row.id, to: { why } })
    const reason = address === null ? null : suppressed[kind].whyNot(member, address)
    const own = { id: row.id, queuedAt: row.queued_at, memberIds: people.idsOf(row.member_id) }
    if (row.valid_to <= now.toISOString()) drop(overSaid(row.coupon_id))
    else if (people.mayNotBeContacted(row.member_id, denied)) drop({ id: 'message-denied-since' })
    else if (!contact || address === null) drop({ id: 'message-no-address' })
    else if (reason) drop({ id: 'message-suppressed', values: { reason } })
    else if (await isOverCap(store, workspace.id, cap, own, { now, calendar: workspace.calendar }))
      drop({ id: 'message-capped' })
    else {
      const told = JSON.parse(row.body) as OutboxMessage
      const words = goodTemplate(channel.words, 'text').render({
        ...messageValues(channel.language, workspace, told, termsOf(definition, row.step)),
        ...contact.values,
      })
      if (words === null) {
        drop({ id: 'message-value-missing' })
        continue
      }
      changes.push({ id: row.id, to: { digest: addressDigest(key, kind, address) } })
      deliveries.push({
        deliveryId: row.id,
        memberId: row.member_id,
        name: contact.values['member.name'] ?? null,
        contact: kind === 'calls' && !unmasked ? maskedPhone(address)! : address,
        words,
        ...(isOfCoupon(told)
          ? {
              code: printedCode(told.code),
              lastDay: addDays(localDay(new Date(row.valid_to), workspace.calendar), -1),
            }
          : { code: null, lastDay: null }),
      })
    }
  }
  for (let from = 0; from < changes.length; from += atOnce)
    await store.transaction().execute(async (tx) => {
      for (const { id, to } of changes.slice(from, from + atOnce))
        await tx
          .updateTable('outbox')
          .set((eb) =>
            'why' in to
              ? { state: 'dropped', last_error: keptError(to.why) }
              : { handed_to: to.digest, handed_at: eb.fn.coalesce('handed_at', eb.val(now.toISOString())) },
          )
          .where('id', '=', id)
          .where('state', '=', 'queued')
          .execute()
    })
  await recordAudit(store, {
    workspaceId: workspace.id,
    actor,
    action: 'hand-list-taken',
    subject: campaignId,
    at: now,
  })
  return {
    kind: 'listed',
    deliveries,
    csv: handListCsv(deliveries, language),
    dropped: changes.length - deliveries.length,
  }
}

const isByHand = (channel: CampaignDefinition['channel']): channel is ByHand =>
  (handChannels as readonly string[]).includes(channel.kind)

/** As a file that a spreadsheet opens without running anything in it; the result is written into its last column. */
function handListCsv(deliveries: readonly HandDelivery[], language: Language): string {
  const head = ['member', 'name', 'contact', 'words', 'code', 'last-day', 'result', 'delivery'] as const
  return `\uFEFF${csvRow(head.map((column) => sentence(language, `hand-list.${column}`)))}${deliveries
    .map(({ deliveryId, memberId, name, contact, words, code, lastDay }) =>
      csvRow([memberId, name, contact, words, code, lastDay, null, deliveryId]),
    )
    .join('')}`
}

/** Where a campaign's deliveries by hand stand. */
export interface HandState {
  /** Still to be made. */
  readonly open: number
  /** Of these, how many stand on a list. */
  readonly listed: number
  readonly results: readonly { readonly result: string; readonly members: number }[]
}

/** Null: no step of the campaign goes out by hand. */
export async function handStateOf(
  { platform: { store }, workspace }: Pick<Desk, 'platform' | 'workspace'>,
  campaignId: string,
): Promise<HandState | null> {
  const campaign = await campaignById(store, workspace.id, campaignId)
  if (!campaign) return null
  const { definition } = campaign
  const rows = await store
    .selectFrom('outbox')
    .innerJoin('launches', 'launches.id', 'outbox.launch_id')
    .select(({ fn }) => [
      'launches.step',
      'outbox.state',
      'outbox.result',
      fn.countAll<number>().as('members'),
      fn.count<number>('outbox.handed_at').as('listed'),
    ])
    .where('outbox.workspace_id', '=', workspace.id)
    .where('outbox.campaign_id', '=', campaignId)
    .where('launches.published_at', 'is not', null)
    .groupBy(['launches.step', 'outbox.state', 'outbox.result'])
    .execute()
  const byHand = rows.filter(({ step }) => isByHand(channelOf(definition, step)))
  if (byHand.length === 0 && !isByHand(definition.channel)) return null
  const sum = (some: typeof byHand, of: 'members' | 'listed') => some.reduce((all, row) => all + row[of], 0)
  const open = byHand.filter(({ state }) => state === 'queued')
  const results = new Map<string, number>()
  for (const { result, members } of byHand)
    if (result !== null) results.set(result, (results.get(result) ?? 0) + members)
  return {
    open: sum(open, 'members'),
    listed: sum(open, 'listed'),
    results: [...results].map(([result, members]) => ({ result, members })),
  }
}
