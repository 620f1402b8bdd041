import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { addDays, type BusinessCalendar, startOfDay } from '../../../analytics/calendar/calendar.ts'
import { issueCoupons, newCodes } from '../../coupons/issue.ts'
import { usesOf } from '../../coupons/terms.ts'
import { newDeliveryId, queueMessages } from '../../delivery/outbox.ts'
import { orderedId } from '../../coupons/ordered-id.ts'
import { recordEvent } from '../../store/events.ts'
import type { StoreSchema } from '../../store/schema.ts'
import {
  channelOf,
  firstAction,
  type PlannedAction,
  type SentAction,
  type StandingDefinition,
} from './definition.ts'

/** A campaign that stands, as a day of it needs it. */
export interface StandingCampaign {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly currency: string
  readonly calendar: BusinessCalendar
  readonly seed: string
  readonly definition: StandingDefinition
}

/** Of a day of a campaign: what it knew. */
export interface Moment {
  readonly now: Date
  /** Local day. */
  readonly day: string
  readonly dataVersion: number
  readonly knownEvent: number
}

/** A message without a coupon that could not be sent until so many local days after its step is not sent any more. */
const messageDays = 7

/** The launch under which a day issues the coupons or messages of a step: made with the first of them. */
async function launchOf(
  tx: Transaction<StoreSchema>,
  campaign: StandingCampaign,
  step: number,
  { now, day, dataVersion, knownEvent }: Moment,
  action: SentAction,
): Promise<{ id: string; validTo: string }> {
  const found = await tx
    .selectFrom('launches')
    .select(['id', 'valid_to as validTo'])
    .where('campaign_id', '=', campaign.id)
    .where('step', '=', step)
    .where('launched_day', '=', day)
    .executeTakeFirst()
  if (found) return found
  const { newest } = await tx
    .selectFrom('launches')
    .select(({ fn }) => fn.max('run').as('newest'))
    .where('campaign_id', '=', campaign.id)
    .executeTakeFirstOrThrow()
  const id = randomUUID()
  const at = now.toISOString()
  const validDays = action.kind === 'coupon' ? action.validDays : messageDays
  const validTo = startOfDay(addDays(day, validDays + 1), campaign.calendar).toISOString()
  await tx
    .insertInto('launches')
    .values({
      id,
      workspace_id: campaign.workspaceId,
      campaign_id: campaign.id,
      run: (newest ?? 1) + 1,
      step,
      digest: '',
      preview: '{}',
      confirmed: '[]',
      as_of: day,
      data_version: dataVersion,
      launched_day: day,
      valid_from: at,
      valid_to: validTo,
      window_to: validTo,
      started_at: at,
      known_event: knownEvent,
      frozen_at: at,
      published_at: at,
      arms_told_to: null,
      arms_told: 1,
      codes_taken_at: null,
    })
    .execute()
  return { id, validTo }
}

/** The launch of a day's first step, whether or not it issues anything. */
export const entryLaunchOf = (
  tx: Transaction<StoreSchema>,
  campaign: StandingCampaign,
  moment: Moment,
): Promise<{ id: string; validTo: string }> =>
  launchOf(tx, campaign, 0, moment, firstAction(campaign.definition))

/** What a step writes down for a member: the ids under which it gives and sends. */
export interface Sent {
  readonly couponId: string | null
  /** Null: nothing is sent from here. */
  readonly messageId: string | null
}

/** The ids for one member at a step that reaches members; none at others. */
export const newSent = (definition: StandingDefinition, step: number, { kind }: PlannedAction): Sent => ({
  couponId: kind === 'coupon' ? orderedId() : null,
  messageId:
    (kind === 'coupon' || kind === 'message') && channelOf(definition, step).kind !== 'csv'
      ? newDeliveryId()
      : null,
})

/**
 * Issues the coupons of a step, where it gives some, and queues its messages, in the caller's transaction, which writes
 * down too that the step is done: so a member has one coupon and one message a step, or none yet.
 */
export async function issueStep(
  tx: Transaction<StoreSchema>,
  campaign: StandingCampaign,
  step: number,
  action: SentAction,
  members: readonly ({ memberId: string } & Sent)[],
  moment: Moment,
): Promise<void> {
  if (members.length === 0) return
  const launch = await launchOf(tx, campaign, step, moment, action)
  const of = { workspaceId: campaign.workspaceId, campaignId: campaign.id, launchId: launch.id }
  const told = { campaignId: campaign.id, campaign: campaign.name }
  const at = moment.now
  if (action.kind === 'message')
    return queueMessages(tx, {
      ...of,
      at,
      messages: members.map(({ memberId, messageId }) => ({
        id: messageId!,
        couponId: null,
        memberId,
        body: { ...told, memberId },
      })),
    })
  const { offer, minSpendMinor, terms } = action
  const validFrom = at.toISOString()
  const codes = newCodes(members.length)
  const coupons = members.map(({ memberId, couponId, messageId }, place) => ({
    couponId: couponId!,
    messageId,
    code: codes[place]!,
    memberId,
    offer,
    minSpendMinor,
    terms,
    validFrom,
    validTo: launch.validTo,
    usesAllowed: usesOf(terms),
  }))
  await issueCoupons(tx, { ...of, coupons, at })
  await queueMessages(tx, {
    ...of,
    at,
    messages: coupons.flatMap(({ messageId, couponId, memberId, code }) =>
      messageId === null
        ? []
        : [
            {
              id: messageId,
              couponId,
              memberId,
              body: {
                ...told,
                memberId,
                code,
                offer,
                minSpendMinor,
                currency: campaign.currency,
                validFrom,
                validTo: launch.validTo,
              },
            },
          ],
    ),
  })
  await recordEvent(
    tx,
    campaign.workspaceId,
    { kind: 'coupons-issued', campaignId: campaign.id, launchId: launch.id, at: at.toISOString() },
    at,
  )
}
