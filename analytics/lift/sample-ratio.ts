import gammaln from '@stdlib/math-base-special-gammaln'
import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf'

/** Below it the split is not the one that was planned, and no verdict is given. */
export const sampleRatioLimit = 0.001

/**
 * The chance of a split at least as far from the planned shares as `observed`, members an arm, by Pearson's
 * χ² with one degree of freedom fewer than arms; 1 when nobody is in any arm or the plan has one arm alone.
 * `shares` are in any unit: they are taken in proportion. Arms of share 0 are left out.
 * Source: A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
 */
export function sampleRatioP(observed: readonly number[], shares: readonly number[]): number {
  const arms = observed.flatMap((n, arm) => (shares[arm]! > 0 ? [{ n, share: shares[arm]! }] : []))
  const members = arms.reduce((total, { n }) => total + n, 0)
  const whole = arms.reduce((total, { share }) => total + share, 0)
  if (members === 0 || arms.length < 2) return 1
  const squared = arms.reduce((total, { n, share }) => {
    const expected = (members * share) / whole
    return total + (n - expected) ** 2 / expected
  }, 0)
  return 1 - chiSquareCdf(squared, arms.length - 1)
}

/** Members that the alternative is worth: how closely it lies around the planned share before anybody came. */
const closeness = 100

/**
 * The same of two arms that members are drawn into one by one, where the split is looked at all the time: over all looks
 * together the chance that it falls below a limit under the planned split is at most the limit. The likelihood of the
 * planned share beside its mixture over a beta distribution around that share; 1 when an arm is not planned.
 * Source: M. Lindon, A. Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022.
 */
export function growingSampleRatioP(
  { treated, heldOut }: { treated: number; heldOut: number },
  heldOutShare: number,
): number {
  if (!(heldOutShare > 0 && heldOutShare < 1)) return 1
  const logBeta = (a: number, b: number) => gammaln(a) + gammaln(b) - gammaln(a + b)
  const [a, b] = [closeness * heldOutShare, closeness * (1 - heldOutShare)]
  const planned = heldOut * Math.log(heldOutShare) + treated * Math.log(1 - heldOutShare)
  return Math.min(1, Math.exp(planned - logBeta(a + heldOut, b + treated) + logBeta(a, b)))
}
