import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import { proportionArm } from './arm.ts'
import { alwaysValidProportions, growthAt, newcombe } from './intervals.ts'

/** How sure a campaign wants to be. */
export interface Sureness {
  /** Two-sided chance of seeing an effect where there is none. */
  readonly alpha: number
  /** Chance of seeing the effect when it is there. */
  readonly power: number
  /** Members come in one by one and are looked at all the time: the interval is the always-valid one. */
  readonly growing?: boolean
}

/**
 * The smallest rise of a proportion above `base` (the rate of the held out) that arms of these sizes
 * would show, as a difference of proportions: the rise at which Newcombe's interval (the always-valid one, where
 * they are looked at all the time) excludes 0 with the wanted power, its chance error taken as normal with unpooled variances. Null when an arm is empty or
 * even a rise to 1 would not show. For large equal arms this is the textbook sample size
 * (J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions", 2003, ch. 4);
 * for a small holdout and a low rate the textbook promises more than the interval can keep.
 */
export function detectableRise(
  base: number,
  arms: { treated: number; heldOut: number },
  { alpha, power, growing = false }: Sureness,
): number | null {
  const { treated, heldOut } = arms
  if (treated < 1 || heldOut < 1) return null
  const zPower = normalQuantile(power, 0, 1)
  const shows = (rise: number) => {
    const raised = base + rise
    const error = Math.sqrt((raised * (1 - raised)) / treated + (base * (1 - base)) / heldOut)
    const both = [
      proportionArm(treated, raised * treated),
      proportionArm(heldOut, base * heldOut),
      alpha,
    ] as const
    const { low } = growing ? alwaysValidProportions(...both, growthAt(treated + heldOut)) : newcombe(...both)
    return low >= zPower * error
  }
  let [low, high] = [0, 1 - base]
  if (!shows(high)) return null
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    if (shows(middle)) high = middle
    else low = middle
  }
  return high
}

/**
 * Members that each arm needs to show the rise from `base` (the rate of the held out) to `raised`, not
 * rounded: the textbook's sum for two proportions, with the pooled variance where there is no rise and
 * unpooled where there is; `treatedPerHeldOut` members are treated for one held out. Null when there is no
 * rise. With a small holdout it asks for up to a tenth more members than detectableRise does.
 * Source: J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions" (2003), ch. 4,
 * without the continuity correction; for equal arms R's power.prop.test.
 */
export function membersNeeded(
  base: number,
  raised: number,
  treatedPerHeldOut: number,
  { alpha, power }: Sureness,
): { treated: number; heldOut: number } | null {
  if (raised === base || !(treatedPerHeldOut > 0)) return null
  const pooled = (base + treatedPerHeldOut * raised) / (1 + treatedPerHeldOut)
  const without = pooled * (1 - pooled) * (1 + 1 / treatedPerHeldOut)
  const withRise = base * (1 - base) + (raised * (1 - raised)) / treatedPerHeldOut
  const [zAlpha, zPower] = [normalQuantile(1 - alpha / 2, 0, 1), normalQuantile(power, 0, 1)]
  const heldOut = ((zAlpha * Math.sqrt(without) + zPower * Math.sqrt(withRise)) / (raised - base)) ** 2
  return { treated: heldOut * treatedPerHeldOut, heldOut }
}

/**
 * The smallest rise of a mean that arms of these sizes would show, in the outcome's unit, where members
 * vary by `deviation` in both; null when an arm is empty.
 */
export function detectableMeanRise(
  deviation: number,
  { treated, heldOut }: { treated: number; heldOut: number },
  { alpha, power }: Sureness,
): number | null {
  if (treated < 1 || heldOut < 1) return null
  const z = normalQuantile(1 - alpha / 2, 0, 1) + normalQuantile(power, 0, 1)
  return z * deviation * Math.sqrt(1 / treated + 1 / heldOut)
}

/** Shares of an audience that may be held out: the least that is worth having, and the most. */
export const holdoutShares = { least: 0.1, most: 0.5 }

export interface HoldoutPlan {
  /** Share of the audience to hold out, in steps of a hundredth. */
  readonly share: number
  /** The rise that this share would show; null: none. */
  readonly detectable: number | null
  /** Whether that is as small as the effect that was asked for. */
  readonly proves: boolean
}

/**
 * The smallest holdout, from 10 % to 50 % of `members`, that would show a rise of `effect` above
 * `base`; when none would, the 50 % that comes closest, with `proves` false.
 */
export function recommendedHoldout(
  base: number,
  members: number,
  effect: number,
  sureness: Sureness,
): HoldoutPlan {
  for (let percent = holdoutShares.least * 100; ; percent++) {
    const heldOut = Math.floor((members * percent) / 100)
    const detectable = detectableRise(base, { treated: members - heldOut, heldOut }, sureness)
    const proves = detectable !== null && detectable <= effect
    if (proves || percent >= holdoutShares.most * 100) return { share: percent / 100, detectable, proves }
  }
}

/** An audience for which no size is looked: beyond it the answer is that no shop has so many. */
const mostMembers = 100_000_000

/**
 * The smallest audience in which holding out `share` would show a rise of `effect` above `base`, by the same
 * rule as detectableRise; null when not even a hundred million members would.
 */
export function audienceNeeded(
  base: number,
  effect: number,
  share: number,
  sureness: Sureness,
): number | null {
  const proves = (members: number) => {
    const heldOut = Math.floor(members * share)
    const rise = detectableRise(base, { treated: members - heldOut, heldOut }, sureness)
    return rise !== null && rise <= effect
  }
  let [low, high] = [0, 16]
  while (!proves(high)) {
    if (high >= mostMembers) return null
    low = high
    high *= 2
  }
  while (high - low > Math.max(1, high / 1000)) {
    const middle = Math.floor((low + high) / 2)
    if (proves(middle)) high = middle
    else low = middle
  }
  return high
}
