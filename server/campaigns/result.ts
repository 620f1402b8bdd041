import { addDays, localDay } from '../../analytics/calendar/calendar.ts'
import { campaignLedger, type CampaignLedger } from '../coupons/counts.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Campaign, campaignById, type CampaignStatus, statusAt } from './campaigns.ts'
import type { CampaignDefinition } from './definition.ts'
import { measure, type Measurement } from './measurement.ts'
import { type Share, shareOf } from './planning.ts'
import type { Preview } from './preview.ts'
import { isStanding } from './standing/keeper.ts'
import { standingMeasured } from './standing-measured.ts'
import type { Measured } from './windows.ts'

export interface CampaignResult {
  readonly campaignId: string
  readonly name: string
  readonly status: CampaignStatus
  readonly definition: CampaignDefinition
  readonly createdAt: string
  readonly launchedAt: string | null
  readonly launchedDay: string | null
  /** As the launch showed it; null for a draft, and for a campaign that stands. */
  readonly preview: Preview | null
  readonly confirmed: string[]
  /** The coupons' last local day; null for a draft, and for a campaign that stands, where each coupon has its own. */
  readonly lastDay: string | null
  /** Uses of its coupons. */
  readonly issued: number
  /** Coupons that reached their member. */
  readonly delivered: number
  readonly queued: number
  /** Dead letters: given up after the last attempt. */
  readonly dead: number
  /** Of what other systems are told by a campaign that stands: given up likewise. */
  readonly deadEvents: number
  /** Not sent: the campaign was cancelled or the member asked not to be contacted. */
  readonly dropped: number
  /** The same by reason, as `errorText` reads it. */
  readonly droppedFor: { readonly why: string | null; readonly messages: number }[]
  readonly redeemed: number
  /** Members with a redeemed coupon. */
  readonly redeemers: number
  /** Members in each arm. */
  readonly treated: number
  readonly heldOut: number
  /** Of coupons: uses redeemed of those issued. Of members: redeemers of those targeted. */
  readonly redemptionRate: { readonly coupons: Share; readonly members: Share }
  readonly ledger: CampaignLedger
  /** What of it is measured; null for a draft. */
  readonly measured: Measured | null
  readonly measurement: Measurement | null
  readonly codesTakenAt: string | null
  /** As `errorText` reads it. */
  readonly newestError: string | null
}

/**
 * A campaign's page. Null when this workspace has no such campaign. `briefly`: orders and net without what
 * members bought before, and no margin, as lists need no more than the verdict.
 */
export async function campaignResult(
  platform: Platform,
  workspace: Workspace,
  campaignId: string,
  signal?: AbortSignal,
  briefly = false,
): Promise<CampaignResult | null> {
  const { store, clock } = platform
  const campaign = await campaignById(store, workspace.id, campaignId)
  if (!campaign) return null
  const now = clock.now()
  const launch = await store
    .selectFrom('launches')
    .selectAll()
    .where('workspace_id', '=', workspace.id)
    .where('campaign_id', '=', campaignId)
    .where('published_at', 'is not', null)
    .orderBy('run')
    .executeTakeFirst()
  const ledger = await campaignLedger(store, workspace.id, campaignId, now)
  const arms = launch ? await armSizes(platform, workspace.id, campaignId) : { treated: 0, heldOut: 0 }
  const messages = await messageCounts(platform, workspace.id, campaignId)
  const isShared = campaign.definition.codes.kind === 'shared'
  const asList = campaign.definition.channel.kind === 'csv'
  const lastDayBefore = (instant: string) => addDays(localDay(new Date(instant), workspace.calendar), -1)
  const stands = campaign.definition.standing !== undefined
  const measured = launch
    ? await measuredOf(platform, campaign, launch, lastDayBefore(launch.window_to))
    : null
  return {
    campaignId,
    name: campaign.name,
    status: statusAt(campaign.state, launch?.window_to ?? null, now),
    definition: campaign.definition,
    createdAt: campaign.createdAt,
    launchedAt: launch?.published_at ?? null,
    launchedDay: launch?.launched_day ?? null,
    preview: launch && !stands ? (JSON.parse(launch.preview) as Preview) : null,
    confirmed: launch ? (JSON.parse(launch.confirmed) as string[]) : [],
    lastDay: launch && !stands ? lastDayBefore(launch.valid_to) : null,
    issued: ledger.issued,
    // Codes that are taken out as a list are delivered by whoever took them.
    delivered:
      messages.delivered + (asList && launch?.codes_taken_at ? (isShared ? arms.treated : ledger.issued) : 0),
    queued: messages.queued,
    dead: messages.dead,
    deadEvents: stands ? await deadEvents(platform, workspace.id, campaignId) : 0,
    dropped: messages.dropped,
    droppedFor: messages.droppedFor,
    redeemed: ledger.redeemed,
    redeemers: ledger.redeemers,
    ...arms,
    redemptionRate: {
      coupons: shareOf(ledger.redeemed, ledger.issued),
      members: shareOf(ledger.redeemers, arms.treated),
    },
    ledger,
    measured,
    measurement: measured && (await measure(platform, workspace, measured, { briefly, signal })),
    codesTakenAt: launch?.codes_taken_at ?? null,
    newestError: messages.newestError,
  }
}

async function measuredOf(
  { store }: Platform,
  campaign: Campaign,
  launch: { published_at: string | null; launched_day: string },
  windowLastDay: string,
): Promise<Measured | null> {
  const { definition, id: campaignId } = campaign
  if (isStanding(definition)) return standingMeasured(store, campaign, definition, launch.published_at!)
  return {
    campaignId,
    launchedAt: launch.published_at!,
    launchedDay: launch.launched_day,
    windowLastDay,
    heldOutShare: definition.holdout,
    marginShare: definition.marginShare ?? null,
    entries: null,
  }
}

async function armSizes({ store }: Platform, workspaceId: string, campaignId: string) {
  const rows = await store
    .selectFrom('campaign_members')
    .select(['arm', (count) => count.fn.countAll<number>().as('members')])
    .where('workspace_id', '=', workspaceId)
    .where('campaign_id', '=', campaignId)
    .groupBy('arm')
    .execute()
  const members = (arm: string) => rows.find((row) => row.arm === arm)?.members ?? 0
  return { treated: members('treated'), heldOut: members('held-out') }
}

async function deadEvents({ store }: Platform, workspaceId: string, campaignId: string): Promise<number> {
  const { events } = await store
    .selectFrom('standing_events')
    .select((count) => count.fn.countAll<number>().as('events'))
    .where('workspace_id', '=', workspaceId)
    .where('campaign_id', '=', campaignId)
    .where('state', '=', 'dead')
    .executeTakeFirstOrThrow()
  return events
}

async function messageCounts({ store }: Platform, workspaceId: string, campaignId: string) {
  const published = store
    .selectFrom('outbox')
    .innerJoin('launches', 'launches.id', 'outbox.launch_id')
    .where('launches.published_at', 'is not', null)
    .where('outbox.workspace_id', '=', workspaceId)
    .where('outbox.campaign_id', '=', campaignId)
  const rows = await published
    .select([
      'outbox.state',
      (count) => count.fn.countAll<number>().as('messages'),
      (count) => count.fn.count<number>('outbox.coupon_id').as('coupons'),
    ])
    .groupBy('outbox.state')
    .execute()
  const failing = await published
    .select('outbox.last_error')
    .where('outbox.state', 'in', ['queued', 'dead'])
    .where('outbox.last_error', 'is not', null)
    .orderBy('outbox.attempts', 'desc')
    .limit(1)
    .executeTakeFirst()
  const droppedFor = await published
    .select(['outbox.last_error as why', (count) => count.fn.countAll<number>().as('messages')])
    .where('outbox.state', '=', 'dropped')
    .groupBy('outbox.last_error')
    .orderBy('messages', 'desc')
    .execute()
  const messages = (state: string) => rows.find((row) => row.state === state)?.messages ?? 0
  return {
    queued: messages('queued'),
    delivered: rows.find(({ state }) => state === 'delivered')?.coupons ?? 0,
    dead: messages('dead'),
    dropped: messages('dropped'),
    droppedFor,
    newestError: failing?.last_error ?? null,
  }
}
