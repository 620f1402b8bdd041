import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf'

/** Below it the split is not the one that was planned, and no verdict is given. */
export const sampleRatioLimit = 0.001

/**
 * The chance of a split at least as far from the planned shares, by Pearson's χ² with one degree of
 * freedom; 1 when nobody is in either arm or the plan has no second arm.
 * Source: A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
 */
export function sampleRatioP(treated: number, heldOut: number, heldOutShare: number): number {
  const n = treated + heldOut
  if (n === 0 || heldOutShare <= 0 || heldOutShare >= 1) return 1
  const expected = n * heldOutShare
  const squared = (heldOut - expected) ** 2 * (1 / expected + 1 / (n - expected))
  return 1 - chiSquareCdf(squared, 1)
}
