/** Two-sided 95 % of a normal distribution. */
const wide = 1.959964

/**
 * Between which amounts what is expected will be in 95 of 100 cases, in minor units and at least 0: by the variance of
 * what members do, each on their own, and by `uncertainty`, the standard deviation as a share of it that parameters which
 * are not known for certain bring.
 */
export function expectedBetween(
  expected: number,
  variance: number,
  uncertainty: number,
): { readonly lowMinor: number; readonly highMinor: number } {
  const half = wide * Math.sqrt(variance + (uncertainty * expected) ** 2)
  return { lowMinor: Math.max(0, Math.round(expected - half)), highMinor: Math.round(expected + half) }
}
