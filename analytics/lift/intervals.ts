import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import { type Arm, type Difference, mean, variance } from './arm.ts'

/** Wilson's score interval of one proportion. */
function wilson(yes: number, n: number, z: number): { low: number; high: number } {
  const centre = 2 * yes + z * z
  const spread = z * Math.sqrt(z * z + (4 * yes * (n - yes)) / n)
  return { low: (centre - spread) / (2 * (n + z * z)), high: (centre + spread) / (2 * (n + z * z)) }
}

/** Wilson's score interval of a proportion, two-sided at 1 − alpha; needs at least one member. */
export const scoreInterval = ({ n, sum }: Arm, alpha: number): { low: number; high: number } =>
  wilson(sum, n, normalQuantile(1 - alpha / 2, 0, 1))

/** Newcombe's method 10 at `z` standard errors. */
function fromScores(treated: Arm, heldOut: Arm, z: number): Difference {
  const [p, q] = [mean(treated), mean(heldOut)]
  const [a, b] = [wilson(treated.sum, treated.n, z), wilson(heldOut.sum, heldOut.n, z)]
  const difference = p - q
  return {
    difference,
    low: difference - Math.hypot(p - a.low, b.high - q),
    high: difference + Math.hypot(a.high - p, q - b.low),
  }
}

/**
 * Interval of a difference of two independent proportions from their score intervals, two-sided at
 * 1 − alpha; needs at least one member an arm. Holds its level for small arms and rates near 0 or 1.
 * Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions:
 * comparison of eleven methods", Statistics in Medicine 17 (1998), method 10.
 */
export const newcombe = (treated: Arm, heldOut: Arm, alpha: number): Difference =>
  fromScores(treated, heldOut, normalQuantile(1 - alpha / 2, 0, 1))

/**
 * Interval of a difference of two means with unequal variances, two-sided at 1 − alpha. Null when an
 * arm has fewer than two members or neither arm varies: nothing can be said of the spread then.
 * Source: B. L. Welch, "The generalization of 'Student's' problem when several different population
 * variances are involved", Biometrika 34 (1947); degrees of freedom by Satterthwaite (1946).
 */
export function welch(treated: Arm, heldOut: Arm, alpha: number): Difference | null {
  if (treated.n < 2 || heldOut.n < 2) return null
  const [a, b] = [variance(treated) / treated.n, variance(heldOut) / heldOut.n]
  if (a + b === 0) return null
  const freedom = (a + b) ** 2 / (a ** 2 / (treated.n - 1) + b ** 2 / (heldOut.n - 1))
  const half = tQuantile(1 - alpha / 2, freedom) * Math.sqrt(a + b)
  const difference = mean(treated) - mean(heldOut)
  return { difference, low: difference - half, high: difference + half }
}

/**
 * The same difference in proportion to the mean of the held out ("12 % more"), its error by the delta method,
 * with Welch's degrees of freedom. Null where welch is, and where the held out have a mean of 0.
 */
export function relativeWelch(treated: Arm, heldOut: Arm, alpha: number): Difference | null {
  if (treated.n < 2 || heldOut.n < 2) return null
  const [a, b] = [variance(treated) / treated.n, variance(heldOut) / heldOut.n]
  const [raised, base] = [mean(treated), mean(heldOut)]
  if (a + b === 0 || base === 0) return null
  const freedom = (a + b) ** 2 / (a ** 2 / (treated.n - 1) + b ** 2 / (heldOut.n - 1))
  const half = tQuantile(1 - alpha / 2, freedom) * Math.sqrt(a / base ** 2 + (b * raised ** 2) / base ** 4)
  const difference = raised / base - 1
  return { difference, low: difference - half, high: difference + half }
}

/**
 * Standard errors on either side of an estimate that may be looked at as often as one likes: over all
 * looks together the chance that the interval ever misses the truth is about alpha. The boundary of an
 * asymptotic confidence sequence, tightest at a number of members that is settled beforehand; `growth` is how
 * many there are now in proportion to it. Of a frozen audience that number is the audience's, growth 1.
 * Source: I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, "Time-uniform central limit
 * theory and asymptotic confidence sequences", Annals of Statistics 52 (2024), theorem 2.2 and the
 * appendix on the choice of ρ.
 */
export function alwaysValidErrors(alpha: number, growth = 1): number {
  const nRhoSquared = growth * (-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1))
  return Math.sqrt(((2 * (nRhoSquared + 1)) / nRhoSquared) * Math.log(Math.sqrt(nRhoSquared + 1) / alpha))
}

/**
 * Members at whom the interval of a growing audience is tightest: settled for all campaigns, as it must not depend on
 * what is seen. At a tenth of them it is a fifth wider in standard errors, at ten times as many a twentieth.
 */
const tightestAt = 1_000

/** How many members there are in proportion to those at whom the interval is tightest. */
export const growthAt = (members: number): number => members / tightestAt

/**
 * Always-valid interval of a difference of two means, with unequal variances (the variance of the mean
 * influence of a randomised comparison, s₁²/π + s₀²/(1 − π) with π the treated share, over n). Null when
 * an arm has fewer than two members or neither arm varies.
 */
export function alwaysValidMeans(
  treated: Arm,
  heldOut: Arm,
  alpha: number,
  growth?: number,
): Difference | null {
  if (treated.n < 2 || heldOut.n < 2) return null
  const squared = variance(treated) / treated.n + variance(heldOut) / heldOut.n
  if (squared === 0) return null
  const half = alwaysValidErrors(alpha, growth) * Math.sqrt(squared)
  const difference = mean(treated) - mean(heldOut)
  return { difference, low: difference - half, high: difference + half }
}

/**
 * Always-valid interval of a difference of two proportions: the same boundary around score intervals.
 * With plain variances a holdout of a tenth, in which nobody has bought yet, would show an effect
 * where there is none in a fifth of campaigns; this holds its level (see the simulation).
 */
export const alwaysValidProportions = (
  treated: Arm,
  heldOut: Arm,
  alpha: number,
  growth?: number,
): Difference => fromScores(treated, heldOut, alwaysValidErrors(alpha, growth))
