import { daysBetween } from '../../analytics/calendar/calendar.ts'
import type { Arm } from '../../analytics/lift/arm.ts'
import {
  type ArmOutcomes,
  type Lift,
  liftOf,
  type OutcomeLift,
  type Verdict,
} from '../../analytics/lift/verdict.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { armsOfCampaign, type CampaignOutcomes, outcomesOf } from './outcomes.ts'
import { type Share, shareOf } from './planning.ts'

/** A mean with what it is made of; minor units are rounded for net and margin. */
export interface PerMember {
  readonly numerator: number
  readonly denominator: number
  readonly value: number | null
}

export interface OutcomeRow {
  readonly outcome: 'buyers' | 'orders' | 'net' | 'margin'
  readonly treated: PerMember
  readonly heldOut: PerMember
  /**
   * Treated minus held out: a difference of shares, orders per member, minor units per member; less what
   * was different before the launch, where `narrowed` is a number.
   */
  readonly difference: number | null
  readonly low: number | null
  readonly high: number | null
  readonly verdict: Verdict | null
  /** Share by which the interval became narrower through what members bought before the launch; null: not used. */
  readonly narrowed: number | null
}

/** `unknown`: nobody was held out; `no-data-yet`: no imported order is later than the launch. */
export type CampaignVerdict = Verdict | 'unknown' | 'no-data-yet'

export interface Measurement {
  readonly verdict: CampaignVerdict
  /** Through which day the outcomes count, and whether that is the whole window. */
  readonly asOf: string
  readonly windowLastDay: string
  readonly windowEnded: boolean
  readonly method: Lift['method'] | null
  readonly alpha: number | null
  readonly sampleRatioP: number | null
  /** Margin only where the costs of all that was sold are known. */
  readonly outcomes: OutcomeRow[]
  /** Of the net of the orders, the part of which the cost is known; null when nothing was sold or margin was not asked for. */
  readonly costKnown: Share | null
}

/** A launched campaign, as far as measuring needs it. */
export interface Measured {
  readonly campaignId: string
  readonly launchedAt: string
  readonly launchedDay: string
  readonly windowLastDay: string
  readonly heldOutShare: number
  /** What is left of net where an item's cost is not known; null: unknown. */
  readonly marginShare: number | null
}

/** Local days of the window after the launch day, at least one. */
export const windowDaysOf = ({ launchedDay, windowLastDay }: Measured) =>
  Math.max(daysBetween(launchedDay, windowLastDay), 1)

/** What a launched campaign brought by the newest day of the data, with its verdict. */
export async function measure(
  platform: Platform,
  workspace: Workspace,
  campaign: Measured,
  { briefly, signal }: { briefly: boolean; signal: AbortSignal | undefined },
): Promise<Measurement> {
  const tables = await tablesAt(platform.store, workspace, undefined, signal)
  const windowEnded = tables.asOf >= campaign.windowLastDay
  const common = { asOf: tables.asOf, windowLastDay: campaign.windowLastDay, windowEnded }
  const nothing = { ...common, method: null, alpha: null, sampleRatioP: null, outcomes: [], costKnown: null }
  if (tables.asOf < campaign.launchedDay) return { ...nothing, verdict: 'no-data-yet' }
  const { campaignId, launchedDay, marginShare } = campaign
  const question = {
    arms: armsOfCampaign(campaignId),
    since: campaign.launchedAt,
    lastDay: campaign.windowLastDay,
  }
  const detail = {
    before: { launchedDay, leastDays: windowDaysOf(campaign) },
    margin: { share: marginShare },
  }
  const all = await outcomesOf(workspace, tables, { ...question, ...(briefly ? {} : detail) }, signal)
  const { treated, heldOut, netWithCost, netOfOrders } = all.get(0)!
  const lift = liftOf(treated, heldOut, { heldOutShare: campaign.heldOutShare, windowEnded })
  return {
    ...common,
    verdict: lift?.buyers.verdict ?? 'unknown',
    method: lift?.method ?? null,
    alpha: lift?.alpha ?? null,
    sampleRatioP: lift?.sampleRatioP ?? null,
    outcomes: rowsOf({ treated, heldOut }, lift),
    costKnown: netOfOrders === 0 ? null : shareOf(netWithCost, netOfOrders),
  }
}

/** The outcomes of both arms, each with its difference; margin where it is known. */
export function rowsOf(
  { treated, heldOut }: Pick<CampaignOutcomes, 'treated' | 'heldOut'>,
  lift: Lift | null,
): OutcomeRow[] {
  const row = (
    outcome: OutcomeRow['outcome'],
    value: (arm: ArmOutcomes) => number,
    measured: OutcomeLift | null | undefined,
  ): OutcomeRow => ({
    outcome,
    treated: roundedFor(outcome, shareOf(value(treated), treated.members)),
    heldOut: roundedFor(outcome, shareOf(value(heldOut), heldOut.members)),
    difference: rounded(outcome, measured?.difference),
    low: rounded(outcome, measured?.interval?.low),
    high: rounded(outcome, measured?.interval?.high),
    verdict: measured?.verdict ?? null,
    narrowed: measured?.narrowed ?? null,
  })
  const sum = (of: (arm: ArmOutcomes) => Arm) => (arm: ArmOutcomes) => of(arm).sum
  const money = (of: (arm: ArmOutcomes) => Arm) => (arm: ArmOutcomes) => Math.round(of(arm).sum)
  return [
    row('buyers', ({ buyers }) => buyers, lift?.buyers),
    row(
      'orders',
      sum(({ orders }) => orders),
      lift?.orders,
    ),
    row(
      'net',
      money(({ net }) => net),
      lift?.net,
    ),
    ...(treated.margin && heldOut.margin
      ? [
          row(
            'margin',
            money(({ margin }) => margin!),
            lift?.margin,
          ),
        ]
      : []),
  ]
}

const isMoney = (outcome: OutcomeRow['outcome']) => outcome === 'net' || outcome === 'margin'

/** Money leaves in whole minor units. */
const rounded = (outcome: OutcomeRow['outcome'], value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : isMoney(outcome) ? Math.round(value) : value

const roundedFor = (outcome: OutcomeRow['outcome'], share: Share): PerMember => ({
  ...share,
  value: rounded(outcome, share.value),
})
