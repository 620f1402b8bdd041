import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { keepVersions } from './segment-versions.ts'
import { orderedId } from '../coupons/ordered-id.ts'
import { freeCodes, takeForLaunch } from '../coupons/pools.ts'
import { recordAudit } from '../settings/audit.ts'
import { writtenBehind } from '../store/behind.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import { resolveRule } from '../segments/prepare.ts'
import type { Audience } from './audience.ts'
import {
  type Campaign,
  campaignById,
  campaignTurns,
  type CampaignStatus,
  type Desk,
  statusAt,
} from './campaigns.ts'
import { startOfDay } from '../../analytics/calendar/calendar.ts'
import { validityOf } from './definition.ts'
import { peopleOf } from '../identity/people.ts'
import { othersTurn } from '../workspaces/others-turn.ts'
import { consentDeniedSince, finishLaunch, issueShared, type Step, undoLaunch } from './launch-steps.ts'
import { keepLeftOut } from './left-out.ts'
import { type Blocker, type Confirmation, type Preview, previewOf } from './preview.ts'

export interface LaunchReport {
  readonly status: CampaignStatus
  readonly issued: number
  readonly holdout: number
  readonly launchedAt: string
  /** False: an earlier call had launched it, and this one changed nothing. */
  readonly now: boolean
}

export type LaunchOutcome =
  | { kind: 'launched'; report: LaunchReport }
  | { kind: 'not-found' }
  | { kind: 'wrong-state'; status: CampaignStatus }
  /** It goes live instead of being launched once. */
  | { kind: 'stands' }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }
  /** The audience, the data, the day or the offer is not what the digest names any more. */
  | { kind: 'moved'; preview: Preview }
  | { kind: 'blocked'; blockers: readonly Blocker[] }
  | { kind: 'unconfirmed'; confirmations: readonly Confirmation[] }

export interface LaunchRequest {
  readonly campaignId: string
  /** Of the preview that was looked at. */
  readonly digest: string
  /** Topics that a person said yes to. */
  readonly confirm: readonly string[]
  /** The day at which the preview was made, when that is not the workspace's newest. */
  readonly asOf?: string
}

/** Written in well below 50 ms: redemptions wait for a batch, and a batch for them. */
export const membersAtOnce = 4_000
/** Counted in about 10 ms. */
const countedAtOnce = 25_000

/**
 * Launches a campaign once. The audience is evaluated again and must be the one that the digest names;
 * then audience, coupons and messages are written in short batches under a launch that nobody sees,
 * and one row publishes it. A launch that breaks off leaves nothing visible: before its audience is
 * complete it is undone, after that it is finished, at the next start or the next call. Later calls
 * report the first launch. `step` is told before each write, for tests that break off there.
 */
export function launchCampaign(
  desk: Desk,
  request: LaunchRequest,
  step: Step = () => {},
): Promise<LaunchOutcome> {
  return campaignTurns.take(desk.workspace.id, () => launch(desk, request, step))
}

async function launch(desk: Desk, request: LaunchRequest, step: Step): Promise<LaunchOutcome> {
  const { platform, workspace } = desk
  const campaign = await campaignById(platform.store, workspace.id, request.campaignId)
  if (!campaign) return { kind: 'not-found' }
  if (campaign.definition.standing) return { kind: 'stands' }
  const earlier = await unpublishedOrNot(desk, campaign.id)
  if (earlier && (earlier.published_at !== null || earlier.frozen_at !== null)) {
    await finishLaunch(platform, earlier.id, step)
    return { kind: 'launched', report: await reportOf(desk, campaign.id, false) }
  }
  if (earlier) await undoLaunch(platform, earlier.id)
  if (campaign.state !== 'draft') return { kind: 'wrong-state', status: campaign.state }

  const outcome = await previewOf(platform, workspace, campaign, undefined, request.asOf)
  if (outcome.kind === 'segment-refused') return outcome
  const { preview, audience } = outcome
  if (preview.digest !== request.digest) return { kind: 'moved', preview }
  if (preview.blockers.length > 0) return { kind: 'blocked', blockers: preview.blockers }
  const unconfirmed = preview.confirmationDetails.filter(({ topic }) => !request.confirm.includes(topic))
  if (unconfirmed.length > 0) return { kind: 'unconfirmed', confirmations: unconfirmed }

  const launchId = randomUUID()
  step('begin')
  if (!(await begin(desk, campaign, launchId, preview, audience))) {
    const again = await previewOf(platform, workspace, campaign, undefined, request.asOf)
    return again.kind === 'segment-refused' ? again : { kind: 'moved', preview: again.preview }
  }
  const members = [
    ...audience.treated.map((memberId) => ({ memberId, arm: 'treated' as const })),
    ...audience.heldOut.map((memberId) => ({ memberId, arm: 'held-out' as const })),
  ]
  const { codes } = campaign.definition
  const pool = codes.kind === 'pool' ? await freeCodes(platform.store, workspace.id, codes.pool) : null
  const shared = codes.kind === 'shared' ? { couponId: orderedId() } : null
  let areCodesThere = true
  let began = performance.now()
  for (let from = 0; from < members.length && areCodesThere; from += membersAtOnce) {
    step('freeze')
    await othersTurn(began)
    began = performance.now()
    const rows = members
      .slice(from, from + membersAtOnce)
      .map(({ memberId, arm }) => [
        memberId,
        arm,
        arm === 'treated' ? (shared?.couponId ?? orderedId()) : null,
      ])
    const needed = rows.filter(([, arm]) => arm === 'treated').length
    await writtenBehind(platform.store, async (tx) => {
      await sql`insert into campaign_members (workspace_id, campaign_id, launch_id, member_id, arm, coupon_id)
        select ${workspace.id}, ${campaign.id}, ${launchId}, value ->> 0, value ->> 1, value ->> 2
        from json_each(${JSON.stringify(rows)})`.execute(tx)
      if (pool)
        areCodesThere = (await takeForLaunch(tx, { poolId: pool.poolId, launchId, codes: needed })) === needed
    })
  }
  const launched = { workspaceId: workspace.id, campaignId: campaign.id, launchId }
  await keepLeftOut(platform, launched, audience.leftOut, () => step('freeze'))
  step('frozen')
  if (!areCodesThere || !(await freeze(desk, launched, audience.knownEvent, shared?.couponId ?? null))) {
    await undoLaunch(platform, launchId)
    const again = await previewOf(platform, workspace, campaign, undefined, request.asOf)
    return again.kind === 'segment-refused' ? again : { kind: 'moved', preview: again.preview }
  }
  await finishLaunch(platform, launchId, step)
  return { kind: 'launched', report: await reportOf(desk, campaign.id, true) }
}

const unpublishedOrNot = ({ platform, workspace }: Desk, campaignId: string) =>
  platform.store
    .selectFrom('launches')
    .select(['id', 'published_at', 'frozen_at'])
    .where('workspace_id', '=', workspace.id)
    .where('campaign_id', '=', campaignId)
    .executeTakeFirst()

/** False, and nothing is written, when a segment that the rule names was edited after the audience was evaluated. */
async function begin(
  { platform, workspace, actor }: Desk,
  campaign: Campaign,
  launchId: string,
  preview: Preview,
  { evaluation, knownEvent }: Audience,
): Promise<boolean> {
  const at = platform.clock.now()
  const validity = validityOf(campaign.definition, preview.today, workspace.calendar)
  return platform.store.transaction().execute(async (tx) => {
    const asked = await resolveRule(tx, workspace, campaign.definition.segment)
    if (asked.kind === 'refused' || asked.rule.meaning !== evaluation.rule.meaning) return false
    await tx
      .insertInto('launches')
      .values({
        id: launchId,
        workspace_id: workspace.id,
        campaign_id: campaign.id,
        run: 1,
        digest: preview.digest,
        preview: JSON.stringify(preview),
        confirmed: JSON.stringify(preview.confirmations),
        as_of: preview.asOf,
        data_version: preview.dataVersion,
        launched_day: preview.today,
        valid_from: (validity.firstDay > preview.today
          ? startOfDay(validity.firstDay, workspace.calendar)
          : at
        ).toISOString(),
        valid_to: validity.validTo,
        window_to: validity.windowTo,
        started_at: at.toISOString(),
        known_event: knownEvent,
        frozen_at: null,
        published_at: null,
        arms_told_to: null,
        arms_told: 0,
        codes_taken_at: null,
      })
      .execute()
    await keepVersions(tx, workspace, campaign.id, campaign.definition.segment)
    await recordAudit(tx, {
      workspaceId: workspace.id,
      actor,
      action: 'campaign-launched',
      subject: campaign.id,
      at,
    })
    return true
  })
}

/**
 * Completes the audience, unless the Store has heard a no from somebody in it since it was evaluated, or has come to
 * know the chosen code otherwise. One code for all is issued with it.
 */
async function freeze(
  { platform, workspace }: Desk,
  { campaignId, launchId }: { campaignId: string; launchId: string },
  knownEvent: number,
  sharedCouponId: string | null,
): Promise<boolean> {
  const { memberOf } = await peopleOf(workspace)
  return platform.store.transaction().execute(async (tx) => {
    const denied = await consentDeniedSince(tx, workspace.id, knownEvent)
    for (const memberId of new Set([...denied].map(memberOf))) {
      const inAudience = await tx
        .selectFrom('campaign_members')
        .select('member_id')
        .where('campaign_id', '=', campaignId)
        .where('launch_id', '=', launchId)
        .where('member_id', '=', memberId)
        .executeTakeFirst()
      if (inAudience) return false
    }
    if (sharedCouponId !== null && !(await issueShared(tx, launchId, sharedCouponId, platform.clock.now())))
      return false
    await tx
      .updateTable('launches')
      .set({ frozen_at: platform.clock.now().toISOString() })
      .where('id', '=', launchId)
      .execute()
    return true
  })
}

async function reportOf(
  { platform, workspace }: Desk,
  campaignId: string,
  now: boolean,
): Promise<LaunchReport> {
  const { store, clock } = platform
  const campaign = await campaignById(store, workspace.id, campaignId)
  const { published_at, window_to } = await store
    .selectFrom('launches')
    .select(['published_at', 'window_to'])
    .where('workspace_id', '=', workspace.id)
    .where('campaign_id', '=', campaignId)
    .executeTakeFirstOrThrow()
  const arms = await armSizes(store, campaignId)
  return {
    status: statusAt(campaign!.state, window_to, clock.now()),
    issued: arms.treated,
    holdout: arms.heldOut,
    launchedAt: published_at!,
    now,
  }
}

/** How many members of a launch that is made once are in each arm, counted in short pieces: there may be millions. */
async function armSizes(
  store: Desk['platform']['store'],
  campaignId: string,
): Promise<{ treated: number; heldOut: number }> {
  let treated = 0
  let all = 0
  for (let after = ''; ;) {
    const began = performance.now()
    const { rows } = await sql<{ last: string | null; treated: number; members: number }>`
      select max(member_id) as last, count(*) filter (where arm = 'treated') as treated, count(*) as members
      from (select member_id, arm from campaign_members where campaign_id = ${campaignId} and member_id > ${after}
        order by member_id limit ${countedAtOnce})`.execute(store)
    const counted = rows[0]!
    if (counted.last === null) return { treated, heldOut: all - treated }
    treated += counted.treated
    all += counted.members
    after = counted.last
    await othersTurn(began)
  }
}
