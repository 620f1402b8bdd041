import {
  audienceNeeded,
  detectableRise,
  type HoldoutPlan,
  holdoutShares,
  recommendedHoldout,
} from '../../analytics/lift/planner.ts'
import { alphas } from '../../analytics/lift/verdict.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Audience } from './audience.ts'
import { baselineOf } from './baseline.ts'

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
  /** Members who may get a coupon or be held out, and the rise in buyers that is worth proving. */
  readonly eligible: number
  readonly effect: number
  /** So many of them would show that rise, with the holdout asked for or else the least one; null: no audience would. */
  readonly needed: number | null
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
  workspace: Workspace,
  audience: Audience,
  { effect, windowDays, holdout }: { effect: number; windowDays: number; holdout: number },
  signal?: AbortSignal,
): Promise<Plan> {
  const then = await baselineOf(workspace, audience, windowDays, signal)
  const baseline = then && { ...shareOf(then.numerator, then.denominator), asOf: then.asOf }
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
    eligible,
    effect,
    needed: base + effect > 1 ? null : audienceNeeded(base, effect, holdout || holdoutShares.least, sureness),
    detectable: detectableRise(base, { treated, heldOut }, sureness),
    recommended,
    planned: options.find(({ share }) => share === holdout) ?? null,
    options,
  }
}
