import { createHash, randomUUID } from 'node:crypto'
import { addDays, startOfDay } from '../../../analytics/calendar/calendar.ts'
import { tablesAt } from '../../analytics/tables-at.ts'
import { notSetUp } from '../../delivery/set-up.ts'
import type { SetUpChannel } from '../../delivery/suppressions.ts'
import type { Platform } from '../../platform.ts'
import { evaluateSegment, type SegmentError } from '../../segments/evaluation.ts'
import { resolveRule } from '../../segments/prepare.ts'
import { recordAudit } from '../../settings/audit.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { keepVersions } from '../segment-versions.ts'
import { type Campaign, campaignById, campaignTurns, type CampaignStatus, type Desk } from '../campaigns.ts'
import { channelOf, isSent, ownDaysOf, plannedSteps, type StandingDefinition, worstOf } from './definition.ts'
import type { StandingCampaign } from './issue.ts'
import { isStanding, keepStanding } from './keeper.ts'
import { type ProvingPlan, provingPlan } from './plan.ts'
import { type Simulation, simulationOf, type SimulationState } from './simulate.ts'

/** What a person says yes to before a campaign goes live. */
export type LiveTopic = 'not-simulated' | 'unknown-consent' | 'old-data'

export type LiveBlocker =
  | { kind: 'channel-not-set-up'; channel: SetUpChannel }
  | { kind: 'already-over'; lastDay: string }

/** Everything that is shown before a campaign goes live. */
export interface LivePreview {
  /** Names the campaign as it is, what the simulation showed, what must be confirmed and what is in the way. */
  readonly digest: string
  readonly today: string
  /** Local day of the newest order. */
  readonly newestDay: string
  /** Canonical text of the rule. */
  readonly segment: string
  /** Members who meet the rule today. */
  readonly members: number
  readonly simulation: SimulationState
  /** What its holdout can prove, and when; null: it is not simulated, or nobody came in. */
  readonly proving: ProvingPlan | null
  /** The most that the coupons of one member's way cost, if every step comes. */
  readonly worstOfWayMinor: number
  readonly confirmations: readonly LiveTopic[]
  readonly blockers: readonly LiveBlocker[]
}

export type LiveOutcome<T> =
  | { kind: 'done'; value: T }
  | { kind: 'not-found' }
  | { kind: 'stands-not' }
  | { kind: 'wrong-state'; status: CampaignStatus }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }
  | { kind: 'moved' }
  | { kind: 'blocked'; blockers: readonly LiveBlocker[] }
  | { kind: 'unconfirmed'; topics: readonly LiveTopic[] }

/** A campaign with what its days need of its workspace; null: it is launched once. */
export const standingOf = (
  { id, name, seed, definition }: Campaign,
  { id: workspaceId, currency, calendar }: Workspace,
): StandingCampaign | null =>
  isStanding(definition) ? { id, workspaceId, name, currency, calendar, seed, definition } : null

/**
 * What is shown before a draft goes live. Its simulation is begun when it was not yet; ask again until it is done.
 * `doing` stops it or begins it again.
 */
export async function previewLive(
  platform: Platform,
  workspace: Workspace,
  campaignId: string,
  doing?: 'stop' | 'again',
  signal?: AbortSignal,
): Promise<LiveOutcome<LivePreview>> {
  const campaign = await campaignById(platform.store, workspace.id, campaignId)
  if (!campaign) return { kind: 'not-found' }
  const standing = standingOf(campaign, workspace)
  if (!standing) return { kind: 'stands-not' }
  if (campaign.state !== 'draft') return { kind: 'wrong-state', status: campaign.state }
  return preview(platform, workspace, standing, doing, signal)
}

type Shown =
  /** `meaning`: of the rule that was evaluated (ResolvedRule). */
  | { kind: 'done'; value: LivePreview; meaning: string }
  | Extract<LiveOutcome<never>, { kind: 'segment-refused' }>

async function preview(
  platform: Platform,
  workspace: Workspace,
  campaign: StandingCampaign,
  doing?: 'stop' | 'again',
  signal?: AbortSignal,
): Promise<Shown> {
  const { definition } = campaign
  const today = workspace.today()
  const outcome = await evaluateSegment(
    platform.store,
    workspace,
    { expression: definition.segment, asOf: today },
    signal,
  )
  if (outcome.kind === 'refused') return { kind: 'segment-refused', errors: outcome.errors }
  const { evaluation } = outcome
  const newestDay = (await tablesAt(platform.store, workspace, undefined, signal)).asOf
  const simulation = await simulationOf(platform, workspace, campaign, doing)
  const confirmations: LiveTopic[] = [
    ...(simulation.kind === 'done' ? [] : ['not-simulated' as const]),
    ...(definition.standing.alsoUnknownConsent ? ['unknown-consent' as const] : []),
    ...(newestDay < addDays(today, -1) ? ['old-data' as const] : []),
  ]
  const blockers = await blockersOf(platform, workspace, definition, today)
  const shown: Simulation | null = simulation.kind === 'done' ? simulation.simulation : null
  const digest = createHash('sha256')
    .update(
      JSON.stringify([campaign.id, definition, evaluation.rule.meaning, shown, confirmations, blockers]),
    )
    .digest('hex')
  return {
    kind: 'done',
    meaning: evaluation.rule.meaning,
    value: {
      digest,
      today,
      newestDay,
      segment: evaluation.expression,
      members: evaluation.members,
      simulation,
      proving: shown && provingPlan(shown, definition),
      worstOfWayMinor: plannedSteps(definition).reduce((sum, { action }) => sum + worstOf(action), 0),
      confirmations,
      blockers,
    },
  }
}

async function blockersOf(
  { store }: Platform,
  { id }: Workspace,
  definition: StandingDefinition,
  today: string,
): Promise<LiveBlocker[]> {
  const kinds = new Set(
    plannedSteps(definition).flatMap(({ action }, step) =>
      isSent(action) ? [channelOf(definition, step).kind] : [],
    ),
  )
  const { lastDay } = definition.standing
  return [
    ...(await notSetUp(store, id, kinds)).map((channel) => ({
      kind: 'channel-not-set-up' as const,
      channel,
    })),
    ...(lastDay !== undefined && lastDay < today ? [{ kind: 'already-over' as const, lastDay }] : []),
  ]
}

export interface LiveReport {
  readonly liveAt: string
  /** False: it was live already, and this call changed nothing. */
  readonly now: boolean
}

/** The end of a campaign that has none. */
const never = '9999-12-31T00:00:00.000Z'

/** The first instant after everything that came in through a local day is over. */
const overAfter = (day: string, definition: StandingDefinition, workspace: Workspace): string =>
  startOfDay(addDays(day, ownDaysOf(definition) + 1), workspace.calendar).toISOString()

/**
 * Lets a draft that stands go live, once: it must still be what the digest names. One transaction makes it run; who
 * meets the rule already is written down right after, or by the next look of the server when the process ends between.
 */
export async function goLive(
  desk: Desk,
  request: { campaignId: string; digest: string; confirm: readonly string[] },
): Promise<LiveOutcome<LiveReport>> {
  const { platform, workspace, actor } = desk
  const { store, clock } = platform
  const outcome = await campaignTurns.take(workspace.id, async (): Promise<LiveOutcome<LiveReport>> => {
    const campaign = await campaignById(store, workspace.id, request.campaignId)
    if (!campaign) return { kind: 'not-found' }
    const standing = standingOf(campaign, workspace)
    if (!standing) return { kind: 'stands-not' }
    const launch = await store
      .selectFrom('launches')
      .select('published_at')
      .where('campaign_id', '=', campaign.id)
      .orderBy('run')
      .executeTakeFirst()
    if (launch?.published_at) return { kind: 'done', value: { liveAt: launch.published_at, now: false } }
    if (campaign.state !== 'draft') return { kind: 'wrong-state', status: campaign.state }
    const shown = await preview(platform, workspace, standing)
    if (shown.kind !== 'done') return shown
    const { value, meaning } = shown
    if (value.digest !== request.digest) return { kind: 'moved' }
    if (value.blockers.length > 0) return { kind: 'blocked', blockers: value.blockers }
    const topics = value.confirmations.filter((topic) => !request.confirm.includes(topic))
    if (topics.length > 0) return { kind: 'unconfirmed', topics }
    const at = clock.now().toISOString()
    const { lastDay } = standing.definition.standing
    const over = lastDay === undefined ? never : overAfter(lastDay, standing.definition, workspace)
    const isLive = await store.transaction().execute(async (tx) => {
      const asked = await resolveRule(tx, workspace, standing.definition.segment)
      if (asked.kind === 'refused' || asked.rule.meaning !== meaning) return false
      await keepVersions(tx, workspace, campaign.id, asked.rule.text)
      await tx
        .insertInto('launches')
        .values({
          id: randomUUID(),
          workspace_id: workspace.id,
          campaign_id: campaign.id,
          run: 1,
          step: null,
          digest: value.digest,
          preview: JSON.stringify(value),
          confirmed: JSON.stringify(value.confirmations),
          as_of: value.newestDay,
          data_version: 0,
          launched_day: value.today,
          valid_from: at,
          valid_to: over,
          window_to: over,
          started_at: at,
          known_event: null,
          frozen_at: at,
          published_at: at,
          arms_told_to: null,
          arms_told: 1,
          codes_taken_at: null,
        })
        .execute()
      await tx
        .insertInto('standing_campaigns')
        .values({
          campaign_id: campaign.id,
          workspace_id: workspace.id,
          started_day: value.today,
          first_known_day: null,
          finished_day: null,
        })
        .execute()
      await tx
        .updateTable('campaigns')
        .set({ state: 'running', changed_at: at })
        .where('id', '=', campaign.id)
        .execute()
      await recordAudit(tx, {
        workspaceId: workspace.id,
        actor,
        action: 'campaign-launched',
        subject: campaign.id,
        at: clock.now(),
      })
      return true
    })
    // a segment that it names was edited in between
    return isLive ? { kind: 'done', value: { liveAt: at, now: true } } : { kind: 'moved' }
  })
  if (outcome.kind === 'done' && outcome.value.now) await keepStanding(platform, workspace)
  return outcome
}

/** Lets nobody in any more; who is on the way goes on to the end, and coupons stay good. */
export async function finishStanding(
  { platform, workspace, actor }: Desk,
  campaignId: string,
): Promise<LiveOutcome<{ finishedDay: string }>> {
  const { store, clock } = platform
  return campaignTurns.take(workspace.id, async () => {
    const campaign = await campaignById(store, workspace.id, campaignId)
    if (!campaign) return { kind: 'not-found' }
    const standing = standingOf(campaign, workspace)
    if (!standing) return { kind: 'stands-not' }
    if (campaign.state !== 'running' && campaign.state !== 'paused')
      return { kind: 'wrong-state', status: campaign.state }
    const day = workspace.today()
    return store.transaction().execute(async (tx) => {
      const before = await tx
        .selectFrom('standing_campaigns')
        .select('finished_day')
        .where('campaign_id', '=', campaignId)
        .executeTakeFirstOrThrow()
      if (before.finished_day !== null) return { kind: 'done', value: { finishedDay: before.finished_day } }
      await tx
        .updateTable('standing_campaigns')
        .set({ finished_day: day })
        .where('campaign_id', '=', campaignId)
        .execute()
      const over = overAfter(day, standing.definition, workspace)
      await tx
        .updateTable('launches')
        .set({ valid_to: over, window_to: over })
        .where('campaign_id', '=', campaignId)
        .where('run', '=', 1)
        .where('window_to', '>', over)
        .execute()
      await recordAudit(tx, {
        workspaceId: workspace.id,
        actor,
        action: 'campaign-finished',
        subject: campaignId,
        at: clock.now(),
      })
      return { kind: 'done', value: { finishedDay: day } }
    })
  })
}
