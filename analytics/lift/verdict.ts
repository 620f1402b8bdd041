import { type Arm, type Difference, proportionArm } from './arm.ts'
import { alwaysValidMeans, alwaysValidProportions, newcombe, welch } from './intervals.ts'
import { sampleRatioLimit, sampleRatioP } from './sample-ratio.ts'

/** Chances of a false verdict: over all looks before the window ends, and by the one at its end. */
export const alphas = { before: 0.01, atEnd: 0.04 }

/** Buyers in each arm under which intervals of means do not hold their level: none is given then. */
export const fewestBuyers = 10

/** `withheld`: the split is not the planned one. */
export type Verdict = 'works' | 'hurts' | 'not-proven-yet' | 'withheld'

export interface OutcomeLift {
  readonly difference: number
  /** Null: too little has happened for an interval. */
  readonly interval: Difference | null
  readonly verdict: Verdict
}

/** What the arms did; buyers are also the yes-or-no outcome. */
export interface ArmOutcomes {
  readonly members: number
  readonly buyers: number
  readonly orders: Arm
  readonly net: Arm
}

export interface Lift {
  readonly method: 'always-valid' | 'fixed'
  readonly alpha: number
  readonly sampleRatioP: number
  readonly buyers: OutcomeLift
  readonly orders: OutcomeLift
  readonly net: OutcomeLift
}

/**
 * Treated minus held out, by intention to treat: buyers (difference of proportions), orders and net
 * per member (differences of means). Before the window ends the intervals are always-valid; at its
 * end they are Newcombe's and Welch's. Null when an arm is empty: the effect is unknown.
 * Source: DEFINITIONS, "Measurement".
 */
export function liftOf(
  treated: ArmOutcomes,
  heldOut: ArmOutcomes,
  plan: { heldOutShare: number; windowEnded: boolean },
): Lift | null {
  if (treated.members === 0 || heldOut.members === 0) return null
  const p = sampleRatioP(treated.members, heldOut.members, plan.heldOutShare)
  const alpha = plan.windowEnded ? alphas.atEnd : alphas.before
  const enough = Math.min(treated.buyers, heldOut.buyers) >= fewestBuyers
  const outcome = (a: Arm, b: Arm, interval: Difference | null): OutcomeLift => ({
    difference: a.sum / a.n - b.sum / b.n,
    interval,
    verdict: p < sampleRatioLimit ? 'withheld' : verdictOf(interval),
  })
  const means = (a: Arm, b: Arm) =>
    outcome(a, b, enough ? (plan.windowEnded ? welch : alwaysValidMeans)(a, b, alpha) : null)
  const [bought, boughtAnyway] = [treated, heldOut].map(({ members, buyers }) =>
    proportionArm(members, buyers),
  ) as [Arm, Arm]
  return {
    method: plan.windowEnded ? 'fixed' : 'always-valid',
    alpha,
    sampleRatioP: p,
    buyers: outcome(
      bought,
      boughtAnyway,
      (plan.windowEnded ? newcombe : alwaysValidProportions)(bought, boughtAnyway, alpha),
    ),
    orders: means(treated.orders, heldOut.orders),
    net: means(treated.net, heldOut.net),
  }
}

/** An interval that touches 0 proves nothing. */
function verdictOf(interval: Difference | null): Verdict {
  if (interval && interval.low > 0) return 'works'
  if (interval && interval.high < 0) return 'hurts'
  return 'not-proven-yet'
}
