import { addDays } from '../../analytics/calendar/calendar.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import type { Platform } from '../platform.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Afterwards, afterwardsOf } from './afterwards.ts'
import { type BySegment, effectBySegment } from './by-segment.ts'
import { type Economics, economicsOf } from './economics.ts'
import { countedCosts } from './counted-costs.ts'
import { type NextStep, nextSteps } from './next-steps.ts'
import { type RefusalCount, refusalsOf } from './refusals-at-tills.ts'
import { type RedemptionRates, redemptionRatesOf } from './redemption-rates.ts'
import type { Measurement } from './measurement.ts'
import { campaignResult, type CampaignResult } from './result.ts'
import { isBudgetSpent, waitingMembers } from './standing/budget.ts'
import { type Timeline, timelineOf } from './timeline.ts'

/** What a launched campaign did beyond its verdict. */
export interface CampaignEffect {
  readonly economics: Economics | null
  readonly timeline: Timeline | null
  readonly afterwards: Afterwards | null
  readonly rates: RedemptionRates
  /** Refused at the till or the desk, by reason. */
  readonly refusals: RefusalCount[]
  readonly next: NextStep[]
}

/** Null when there is no such campaign; `not-launched` for a draft. */
export async function campaignEffect(
  platform: Platform,
  workspace: Workspace,
  campaignId: string,
  signal?: AbortSignal,
): Promise<CampaignEffect | 'not-launched' | null> {
  const result = await campaignResult(platform, workspace, campaignId, signal)
  if (!result) return null
  const campaign = result.measured
  if (!campaign) return 'not-launched'
  const measurement = result.measurement!
  const tables = await tablesAt(platform.store, workspace, undefined, signal)
  const isCancelled = result.status === 'cancelled'
  const hasData = measurement.verdict !== 'no-data-yet'
  const economics = economicsOf(
    measurement.outcomes,
    treatedIn(measurement),
    campaign.entries
      ? await countedCosts(platform.store, workspace, {
          campaignId,
          ...campaign.entries,
          lastEntry: measurement.entries!.lastEntry,
          messageCostMinor: result.definition.messageCostMinor,
        })
      : {
          couponCostMinor: result.ledger.discountMinor + result.ledger.worthMinor,
          besideMinor: result.ledger.worthMinor,
          messages: result.delivered,
          messageCostMinor: result.delivered * result.definition.messageCostMinor,
        },
  )
  const afterwards =
    hasData && result.heldOut > 0 ? await afterwardsOf(workspace, tables, campaign, signal) : null
  return {
    economics,
    timeline: hasData ? await timelineOf(workspace, tables, campaign, signal) : null,
    afterwards,
    rates: await redemptionRatesOf(platform, workspace.id, campaignId),
    refusals: await refusalsOf(platform.store, workspace.id, campaignId),
    next: nextSteps(measurement, {
      definition: result.definition,
      economics,
      afterwards,
      undelivered: result.dead + (isCancelled ? 0 : result.dropped),
      issued: result.issued,
      isCancelled,
      waitingForBudget: await waitingForBudget(platform.store, result),
    }),
  }
}

/** Of a campaign that stands and still lets members in, how many wait because its budget is spent; null: it is not. */
async function waitingForBudget(
  store: Store,
  { campaignId, status, definition }: CampaignResult,
): Promise<number | null> {
  const { standing } = definition
  if (!standing || (status !== 'running' && status !== 'paused')) return null
  return (await isBudgetSpent(store, campaignId, { ...definition, standing }))
    ? waitingMembers(store, campaignId)
    : null
}

/** Members who were treated and count. */
const treatedIn = ({ outcomes }: Measurement): number => outcomes[0]?.treated.denominator ?? 0

/** The effect by parts of the audience; null as effectBySegment says, or when there is no such campaign. */
export async function campaignBySegment(
  platform: Platform,
  workspace: Workspace,
  campaignId: string,
  signal?: AbortSignal,
): Promise<BySegment | 'not-launched' | null> {
  const result = await campaignResult(platform, workspace, campaignId, signal, true)
  if (!result) return null
  const campaign = result.measured
  if (!campaign) return 'not-launched'
  // what the launch day brought may be the campaign's doing
  const dayBefore = addDays(campaign.launchedDay, -1)
  const shown = result.preview?.asOf ?? dayBefore
  return effectBySegment(platform, workspace, campaign, shown < dayBefore ? shown : dayBefore, signal)
}
