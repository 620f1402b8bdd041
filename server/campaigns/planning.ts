import { addDays } from '../../analytics/calendar/calendar.ts'
import { detectableRise, type HoldoutPlan, recommendedHoldout } from '../../analytics/lift/planner.ts'
import { alphas } from '../../analytics/lift/verdict.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Platform } from '../platform.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Audience } from './audience.ts'

/** A share with what it is made of. */
export interface Share {
  readonly numerator: number
  readonly denominator: number
  /** Null over nothing. */
  readonly value: number | null
}

export const shareOf = (numerator: number, denominator: number): Share => ({
  numerator,
  denominator,
  value: denominator === 0 ? null : numerator / denominator,
})

export interface Plan {
  /**
   * What such members do without a coupon: of those whom the same rule chose one window earlier, the
   * share who bought in that window. Null when the data does not reach back so far or the rule can't
   * be asked of that day.
   */
  readonly baseline: (Share & { readonly asOf: string }) | null
  readonly windowDays: number
  /** The rise in buyers that these arms would show, as a difference of shares; null: none. */
  readonly detectable: number | null
  readonly recommended: HoldoutPlan
  /** The holdout asked for, before the draw; null when there is none. */
  readonly planned: HoldoutOption | null
  /** Holdouts to choose from, the one asked for and one that proves the effect among them. */
  readonly options: HoldoutOption[]
}

export interface HoldoutOption {
  readonly share: number
  /** About so many members; a launch splits by chance. */
  readonly members: number
  readonly detectable: number | null
  /** Whether that is as small as the effect worth proving. */
  readonly proves: boolean
}

const offeredShares = [0.1, 0.25, 0.5]

const sureness = { alpha: alphas.atEnd, power: 0.8 }
/** Where nothing is known of the rate, the one at which chance hides most. */
const leastFavourable = 0.5

/** What a campaign of this size can prove, and the holdout it should have for it. */
export async function planFor(
  platform: Platform,
  workspace: Workspace,
  audience: Audience,
  { effect, windowDays, holdout }: { effect: number; windowDays: number; holdout: number },
  signal?: AbortSignal,
): Promise<Plan> {
  const baseline = await baselineOf(platform, workspace, audience, windowDays, signal)
  const base = baseline?.value ?? leastFavourable
  const [treated, heldOut] = [audience.treated.length, audience.heldOut.length]
  const eligible = treated + heldOut
  const recommended = recommendedHoldout(base, eligible, effect, sureness)
  const wanted = [...(recommended.proves ? [recommended.share] : []), ...(holdout > 0 ? [holdout] : [])]
  const shares = [...new Set([...wanted, ...offeredShares])].toSorted((a, b) => a - b)
  const options = shares.map((share): HoldoutOption => {
    const members = Math.round(eligible * share)
    const arms = { treated: eligible - members, heldOut: members }
    const rise = detectableRise(base, arms, sureness)
    return { share, members, detectable: rise, proves: rise !== null && rise <= effect }
  })
  return {
    baseline,
    windowDays,
    detectable: detectableRise(base, { treated, heldOut }, sureness),
    recommended,
    planned: options.find(({ share }) => share === holdout) ?? null,
    options,
  }
}

async function baselineOf(
  platform: Platform,
  workspace: Workspace,
  { evaluation, tables }: Audience,
  windowDays: number,
  signal: AbortSignal | undefined,
): Promise<Plan['baseline']> {
  const asOf = addDays(tables.asOf, -windowDays)
  if (tables.dataStart === null || asOf < tables.dataStart) return null
  const earlier = await evaluateSegment(
    platform.store,
    workspace,
    { expression: evaluation.expression, asOf },
    signal,
  )
  if (earlier.kind === 'refused' || earlier.evaluation.members === 0) return null
  const [counted] = await workspace.engine.rows(
    sql`
    with bought as (
      select distinct member_key from ${tables.tables.memberOrders}
      where local_day > ${d.date(asOf)} and local_day <= ${d.date(tables.asOf)}
    )
    select count(*) as members, count(bought.member_key) as buyers
    from ${earlier.evaluation.memberKeys} as chosen
    left join bought on bought.member_key = chosen.member_key`,
    { signal },
  )
  return { ...shareOf(Number(counted!.buyers), Number(counted!.members)), asOf }
}
