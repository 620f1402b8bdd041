import { type Arm, type Difference, proportionArm } from './arm.ts'
import { adjustedForBefore, type ArmWithBefore } from './cuped.ts'
import { alwaysValidMeans, alwaysValidProportions, growthAt, newcombe, welch } from './intervals.ts'
import { growingSampleRatioP, sampleRatioLimit, sampleRatioP } from './sample-ratio.ts'

/** Chances of a false verdict: over all looks before the window ends, and by the one at its end. */
export const alphas = { before: 0.01, atEnd: 0.04 }

/**
 * Buyers that the arm with fewer of them must have before an interval of means is given: until then a few large
 * sums rule it, the more so the smaller one arm is beside the other, because its error is then the whole
 * error. Ten of them, and four and a half for each time that the larger arm is as large as the smaller. With sums as
 * uneven as a shop's (lognormal, σ from .6 to 1) the 96 % interval then covers in 94 to 98 of 100; with ten buyers
 * among 100 held out of 1,000 it did in 91.
 */
export const buyersNeeded = (treated: number, heldOut: number): number =>
  Math.max(10, Math.ceil((4.5 * Math.max(treated, heldOut)) / Math.max(1, Math.min(treated, heldOut))))

/** `withheld`: the split is not the planned one. */
export type Verdict = 'works' | 'hurts' | 'not-proven-yet' | 'withheld'

export interface OutcomeLift {
  /** Less what was different before the campaign already, where `narrowed` says so. */
  readonly difference: number
  /** Null: too little has happened for an interval. */
  readonly interval: Difference | null
  readonly verdict: Verdict
  /** Share by which the interval became narrower through figures from before the launch; null: not used. */
  readonly narrowed: number | null
}

/** What the arms did; buyers are also the yes-or-no outcome. */
export interface ArmOutcomes {
  readonly members: number
  readonly buyers: number
  readonly orders: Arm | ArmWithBefore
  readonly net: Arm | ArmWithBefore
  /** Null where a cost is not known. */
  readonly margin: Arm | ArmWithBefore | null
}

export interface Lift {
  readonly method: 'always-valid' | 'fixed'
  readonly alpha: number
  readonly sampleRatioP: number
  readonly buyers: OutcomeLift
  readonly orders: OutcomeLift
  readonly net: OutcomeLift
  readonly margin: OutcomeLift | null
}

/**
 * Treated minus held out, by intention to treat: buyers (difference of proportions), orders, net and margin
 * per member (differences of means, less what members' figures from before the launch explain). Before the
 * window ends the intervals are always-valid; at its end they are Newcombe's and Welch's. Of `looks` groups
 * that are looked at together each has its share of the error (Bonferroni). Null when an arm is empty: the
 * effect is unknown.
 *
 * `growing`: the arms are not those of a frozen audience, members come in one by one and count once their own days are
 * over. What is always-valid then holds over every number of members, and so does the check of the split.
 * Source: DEFINITIONS, "Measurement".
 */
export function liftOf(
  treated: ArmOutcomes,
  heldOut: ArmOutcomes,
  plan: { heldOutShare: number; windowEnded: boolean; looks?: number; growing?: boolean },
): Lift | null {
  if (treated.members === 0 || heldOut.members === 0) return null
  const sizes = { treated: treated.members, heldOut: heldOut.members }
  const p = plan.growing
    ? growingSampleRatioP(sizes, plan.heldOutShare)
    : sampleRatioP([sizes.treated, sizes.heldOut], [1 - plan.heldOutShare, plan.heldOutShare])
  const growth = plan.growing ? growthAt(sizes.treated + sizes.heldOut) : 1
  const alpha = (plan.windowEnded ? alphas.atEnd : alphas.before) / Math.max(plan.looks ?? 1, 1)
  // looked at from the first member on, the boundary needs twice as many before it holds its level (see the simulation)
  const needed = buyersNeeded(treated.members, heldOut.members) * (plan.growing && !plan.windowEnded ? 2 : 1)
  const enough = Math.min(treated.buyers, heldOut.buyers) >= needed
  const verdict = (interval: Difference | null): Verdict =>
    p < sampleRatioLimit ? 'withheld' : verdictOf(interval)
  const means = (a: Arm | ArmWithBefore, b: Arm | ArmWithBefore): OutcomeLift => {
    const adjusted = enough && 'before' in a && 'before' in b ? adjustedForBefore(a, b) : null
    const [x, y] = adjusted ? [adjusted.treated, adjusted.heldOut] : [a, b]
    const interval = !enough
      ? null
      : plan.windowEnded
        ? welch(x, y, alpha)
        : alwaysValidMeans(x, y, alpha, growth)
    return {
      difference: x.sum / x.n - y.sum / y.n,
      interval,
      verdict: verdict(interval),
      narrowed: adjusted && 1 - Math.sqrt(Math.max(0, 1 - adjusted.varianceReduction)),
    }
  }
  const [bought, boughtAnyway] = [treated, heldOut].map(({ members, buyers }) =>
    proportionArm(members, buyers),
  ) as [Arm, Arm]
  const buyers = plan.windowEnded
    ? newcombe(bought, boughtAnyway, alpha)
    : alwaysValidProportions(bought, boughtAnyway, alpha, growth)
  return {
    method: plan.windowEnded ? 'fixed' : 'always-valid',
    alpha,
    sampleRatioP: p,
    buyers: {
      difference: buyers.difference,
      interval: buyers,
      verdict: verdict(buyers),
      narrowed: null,
    },
    orders: means(treated.orders, heldOut.orders),
    net: means(treated.net, heldOut.net),
    margin: treated.margin && heldOut.margin && means(treated.margin, heldOut.margin),
  }
}

/** An interval that touches 0 proves nothing. */
export function verdictOf(interval: Difference | null): Exclude<Verdict, 'withheld'> {
  if (interval && interval.low > 0) return 'works'
  if (interval && interval.high < 0) return 'hurts'
  return 'not-proven-yet'
}
