import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { givenKey } from '../coupons/code.ts'
import { freeCodes, isCodeTaken } from '../coupons/pools.ts'
import { notSetUp } from '../delivery/set-up.ts'
import type { SetUpChannel } from '../delivery/suppressions.ts'
import type { TemplateValue } from '../delivery/template.ts'
import { peopleOf } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Audience, type ExclusionReason, findAudience } from './audience.ts'
import { type Clash, clashesWith } from './clashes.ts'
import { type CampaignDefinition, validityOf, worstCost } from './definition.ts'
import { type Plan, planFor, type Share, shareOf } from './planning.ts'
import { redemptionRatesOf } from './redemption-rates.ts'

/** What a person must say yes to before the launch, with what it is about. */
export type Confirmation =
  | { topic: 'old-data'; asOf: string; today: string }
  | { topic: 'unknown-consent'; members: number }
  /** Campaigns that are being measured, whose members would get this coupon too. */
  | { topic: 'clash'; campaigns: Clash[] }
  | { topic: 'feed-gap'; stores: { store: string; newestDay: string; members: number }[]; asOf: string }

/** Why it can't be launched as it stands. */
export type Blocker =
  | { kind: 'nobody' }
  | { kind: 'unbounded-cost' }
  | { kind: 'cost-too-high' }
  | { kind: 'over-budget'; worstCostMinor: number; budgetMinor: number }
  | { kind: 'already-over'; lastDay: string }
  | { kind: 'no-such-pool'; pool: string }
  | { kind: 'pool-too-small'; pool: string; free: number; missing: number }
  /** The chosen code for all is known already. */
  | { kind: 'code-taken'; code: string }
  /** The channel has no settings yet. */
  | { kind: 'channel-not-set-up'; channel: SetUpChannel }
  /** The message needs what is not known of everybody who would get it. */
  | { kind: 'missing-value'; value: TemplateValue; members: number }

/** Everything that a launch would do, before it does it. */
export interface Preview {
  /**
   * Names what decides: the campaign, its day and data's day, who is in and out with their arms, cost,
   * dates, confirmations. The plan is not part of it: a past rate that was corrected changes no launch,
   * nor do orders that change nobody's place. A launch must carry it.
   */
  readonly digest: string
  readonly asOf: string
  readonly today: string
  readonly dataVersion: number
  /** Canonical text of the rule. */
  readonly segment: string
  /** Members of the segment: `excluded` + `holdout` + `issued`. */
  readonly members: number
  readonly excluded: { reason: ExclusionReason; members: number }[]
  /** Coupons that would be issued. */
  readonly issued: number
  /** Members who would be held out. */
  readonly holdout: number
  readonly worstCostMinor: number | 'unbounded' | 'uncountable'
  readonly budgetMinor: number | null
  /** The coupons' last local day, and the measurement window's. */
  readonly lastDay: string
  readonly windowLastDay: string
  /** Topics; `confirmationDetails` says what each is about. */
  readonly confirmations: Confirmation['topic'][]
  readonly confirmationDetails: Confirmation[]
  readonly blockers: Blocker[]
  readonly plan: Plan
  /**
   * What it will cost when members use their coupons as those of earlier campaigns to chosen members did, and
   * each message is sent; null: there is no such campaign, or the worst cost has no bound. Not part of the digest.
   */
  readonly expectedCost: { readonly minor: number; readonly redemption: Share } | null
}

export type PreviewOutcome =
  | { kind: 'previewed'; preview: Preview; audience: Audience }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }

/** Evaluates a campaign as it would launch now, at `asOf` (the workspace's default). Writes nothing. */
export async function previewOf(
  platform: Platform,
  workspace: Workspace,
  campaign: { id: string; seed: string; definition: CampaignDefinition },
  signal?: AbortSignal,
  asOf?: string,
): Promise<PreviewOutcome> {
  const { definition } = campaign
  const found = await findAudience(
    platform,
    workspace,
    {
      segment: definition.segment,
      seed: campaign.seed,
      holdout: definition.holdout,
      channel: definition.channel,
      asOf,
    },
    signal,
  )
  if (found.kind === 'segment-refused') return found
  const { audience } = found
  const today = workspace.today()
  const validity = validityOf(definition, today, workspace.calendar)
  const clashes = await clashesWith(platform.store, workspace, {
    campaignId: campaign.id,
    treated: audience.treated,
    people: await peopleOf(workspace),
  })
  const confirmations = [
    ...confirmationsFor(audience, today),
    ...(clashes.length > 0 ? [{ topic: 'clash' as const, campaigns: clashes }] : []),
  ]
  const shown = {
    asOf: audience.tables.asOf,
    today,
    segment: audience.evaluation.expression,
    members: audience.evaluation.members,
    excluded: audience.excluded,
    issued: audience.treated.length,
    holdout: audience.heldOut.length,
    worstCostMinor: worstCost(definition, audience.treated.length),
    budgetMinor: definition.budgetMinor ?? null,
    lastDay: validity.lastDay,
    windowLastDay: validity.windowLastDay,
    confirmations: confirmations.map(({ topic }) => topic),
    confirmationDetails: confirmations,
    blockers: [
      ...blockersFor(definition, audience.treated.length, validity.lastDay, today),
      ...(await codeBlockers(platform.store, workspace.id, definition, audience.treated.length)),
      ...(await messageBlockers(platform, workspace.id, definition, audience)),
    ],
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([campaign.id, definition, shown, audience.fingerprint]))
    .digest('hex')
  const { dataVersion } = audience.evaluation
  const { effect, holdout } = definition
  const windowDays = Math.max(validity.windowDays, 1)
  const plan = await planFor(workspace, audience, { effect, windowDays, holdout }, signal)
  const { targeted } = await redemptionRatesOf(platform, workspace.id, campaign.id)
  const { worstCostMinor, issued } = shown
  const expectedCost =
    typeof worstCostMinor !== 'number' || targeted.value === null
      ? null
      : {
          minor: Math.round(worstCostMinor * targeted.value) + issued * definition.messageCostMinor,
          redemption: shareOf(targeted.numerator, targeted.denominator),
        }
  return { kind: 'previewed', preview: { digest, dataVersion, ...shown, plan, expectedCost }, audience }
}

/** What is the matter with the codes that the coupons shall have. */
export async function codeBlockers(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  { codes }: CampaignDefinition,
  issued: number,
): Promise<Blocker[]> {
  if (codes.kind === 'pool') {
    const pool = await freeCodes(store, workspaceId, codes.pool)
    if (!pool) return [{ kind: 'no-such-pool', pool: codes.pool }]
    const { free } = pool
    return free < issued ? [{ kind: 'pool-too-small', pool: codes.pool, free, missing: issued - free }] : []
  }
  if (codes.kind === 'shared' && codes.code !== undefined)
    return (await isCodeTaken(store, workspaceId, givenKey(codes.code)!))
      ? [{ kind: 'code-taken', code: codes.code }]
      : []
  return []
}

async function messageBlockers(
  { store }: Platform,
  workspaceId: string,
  { channel }: CampaignDefinition,
  { missing }: Audience,
): Promise<Blocker[]> {
  return [
    ...(await notSetUp(store, workspaceId, [channel.kind])).map((one) => ({
      kind: 'channel-not-set-up' as const,
      channel: one,
    })),
    ...missing.map((one) => ({ kind: 'missing-value' as const, ...one })),
  ]
}

function confirmationsFor(audience: Audience, today: string): Confirmation[] {
  const { asOf } = audience.tables
  const needed: Confirmation[] = []
  if (asOf < addDays(today, -1)) needed.push({ topic: 'old-data', asOf, today })
  if (audience.unknownConsent > 0) needed.push({ topic: 'unknown-consent', members: audience.unknownConsent })
  if (audience.gaps.length > 0)
    needed.push({
      topic: 'feed-gap',
      asOf,
      stores: audience.gaps.map(({ store, members }) => ({ ...store, members })),
    })
  return needed
}

function blockersFor(
  definition: CampaignDefinition,
  issued: number,
  lastDay: string,
  today: string,
): Blocker[] {
  const blockers: Blocker[] = []
  if (issued === 0) blockers.push({ kind: 'nobody' })
  if (lastDay < today) blockers.push({ kind: 'already-over', lastDay })
  const cost = worstCost(definition, issued)
  if (cost === 'unbounded') blockers.push({ kind: 'unbounded-cost' })
  else if (cost === 'uncountable') blockers.push({ kind: 'cost-too-high' })
  else if (definition.budgetMinor !== undefined && cost > definition.budgetMinor)
    blockers.push({ kind: 'over-budget', worstCostMinor: cost, budgetMinor: definition.budgetMinor })
  return blockers
}
