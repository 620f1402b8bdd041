import type { Arm } from '../../analytics/lift/arm.ts'
import {
  alphas,
  type ArmOutcomes,
  type Lift,
  liftOf,
  type OutcomeLift,
  type Verdict,
} from '../../analytics/lift/verdict.ts'
import { detectableRise } from '../../analytics/lift/planner.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type CampaignOutcomes, outcomesOf } from './outcomes.ts'
import { type Share, shareOf } from './planning.ts'
import { hasEnded, inTheWindow, lastEntryCounted, type Measured, windowDaysOf } from './windows.ts'

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

/**
 * `unknown`: nobody was held out; `no-data-yet`: no imported order is later than the launch, or nobody's own days are
 * over.
 */
export type CampaignVerdict = Verdict | 'unknown' | 'no-data-yet'

export interface Measurement {
  readonly verdict: CampaignVerdict
  /** Through which day the outcomes count, and whether that is the whole window. */
  readonly asOf: string
  readonly windowLastDay: string | null
  readonly windowEnded: boolean
  /** Of a campaign that stands; null of one that was launched once. */
  readonly entries: EntriesMeasured | null
  readonly method: Lift['method'] | null
  readonly alpha: number | null
  readonly sampleRatioP: number | null
  /** Margin only where the costs of all that was sold are known. */
  readonly outcomes: OutcomeRow[]
  /** Of the net of the orders, the part of which the cost is known; null when nothing was sold or margin was not asked for. */
  readonly costKnown: Share | null
}

/** Who counts of those who came in one by one. */
export interface EntriesMeasured {
  /** Days that count of each after the day of coming in. */
  readonly ownDays: number
  /** Members whose days are over: they count, in both arms. */
  readonly counted: number
  /** The last day of coming in of those who count. */
  readonly lastEntry: string
  /** The rise in the share of buyers that so many would show, as a difference of shares; null: none. */
  readonly detectable: number | null
}

/** What a launched campaign brought by the newest day of the data, with its verdict. */
export async function measure(
  platform: Platform,
  workspace: Workspace,
  campaign: Measured,
  { briefly, signal }: { briefly: boolean; signal: AbortSignal | undefined },
): Promise<Measurement> {
  const tables = await tablesAt(platform.store, workspace, undefined, signal)
  const { asOf } = tables
  const { windowLastDay, heldOutShare, marginShare } = campaign
  const windowEnded = hasEnded(campaign, asOf)
  const common = { asOf, windowLastDay, windowEnded }
  const nothing = { ...common, method: null, alpha: null, sampleRatioP: null, outcomes: [], costKnown: null }
  const nobody = campaign.entries && {
    ownDays: campaign.entries.ownDays,
    counted: 0,
    lastEntry: lastEntryCounted(campaign.entries, asOf),
    detectable: null,
  }
  if (asOf < campaign.launchedDay) return { ...nothing, verdict: 'no-data-yet', entries: nobody }
  const question = { frozen: inTheWindow(campaign, asOf) }
  const detail = { before: { leastDays: windowDaysOf(campaign) }, margin: { share: marginShare } }
  const all = await outcomesOf(workspace, tables, { ...question, ...(briefly ? {} : detail) }, signal)
  const { treated, heldOut, netWithCost, netOfOrders } = all.get(0)!
  const counted = treated.members + heldOut.members
  const plan = { heldOutShare, windowEnded, growing: campaign.entries !== null }
  const lift = liftOf(treated, heldOut, plan)
  if (nobody && (counted === 0 || (lift === null && heldOutShare > 0)))
    return { ...nothing, verdict: 'no-data-yet', entries: { ...nobody, counted } }
  return {
    ...common,
    verdict: lift?.buyers.verdict ?? 'unknown',
    entries: nobody && {
      ...nobody,
      counted,
      detectable: detectableRise(
        heldOut.members === 0 ? 0 : heldOut.buyers / heldOut.members,
        { treated: treated.members, heldOut: heldOut.members },
        { alpha: windowEnded ? alphas.atEnd : alphas.before, power: 0.8, growing: !windowEnded },
      ),
    },
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
