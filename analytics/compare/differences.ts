import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import { type Arm, type Difference, mean, variance } from '../lift/arm.ts'
import { newcombe, welch } from '../lift/intervals.ts'

/** Of each side a fifth of the values is left out at either end of a trimmed mean. */
export const trimmed = 0.2

/**
 * What is known of a side's values for its trimmed mean. With `cut` = ⌊n · `trimmed`⌋, `low` is the (cut + 1)-th
 * smallest value and `high` the (cut + 1)-th largest.
 */
export interface TrimmedSide {
  readonly n: number
  readonly low: number
  readonly high: number
  /** Values that are `low` or below, and `high` or above. */
  readonly atLow: number
  readonly atHigh: number
  /** Of the values between the two, both excluded. */
  readonly sum: number
  readonly sumOfSquares: number
}

/** One thing to compare two sides by, which have no member in common. */
export type Look =
  /** How many of a side have it. */
  | { readonly kind: 'share'; readonly a: Arm; readonly b: Arm }
  | { readonly kind: 'mean'; readonly a: Arm; readonly b: Arm }
  /** For values of which a few are very large: their mean without the smallest and the largest fifth. */
  | { readonly kind: 'trimmed-mean'; readonly a: TrimmedSide; readonly b: TrimmedSide }

/** A look that tells the sides apart: shares from 0 to 1, means in the values' own unit; `difference` is a − b. */
export interface Distinction extends Difference {
  readonly a: number
  readonly b: number
  /** The end of the interval that is nearer to 0, in standard deviations within the sides: what differences are ranked by. */
  readonly effect: number
}

/**
 * The looks that tell two sides apart, the one that does most first. All intervals hold together at 1 − `alpha`
 * (Bonferroni over all looks, those that tell nothing included), and a look is told when its own leaves out 0.
 * Shares have Newcombe's interval, means Welch's, trimmed means Yuen's. Where nothing can be said of the spread,
 * as of a side of one, a look tells nothing.
 */
export function distinctions<T>(
  looks: readonly (T & Look)[],
  alpha: number,
): (T & Look & { readonly told: Distinction })[] {
  return looks
    .flatMap((look) => {
      const told = weighed(look, alpha / looks.length)
      return told && told.low * told.high > 0 ? [{ ...look, told }] : []
    })
    .toSorted((x, y) => y.told.effect - x.told.effect)
}

function weighed(look: Look, alpha: number): Distinction | null {
  switch (look.kind) {
    case 'share': {
      if (look.a.n === 0 || look.b.n === 0) return null
      const [a, b] = [mean(look.a), mean(look.b)]
      const middle = (a + b) / 2
      return told(a, b, newcombe(look.a, look.b, alpha), middle * (1 - middle))
    }
    case 'mean': {
      const difference = welch(look.a, look.b, alpha)
      if (!difference) return null
      return told(mean(look.a), mean(look.b), difference, (variance(look.a) + variance(look.b)) / 2)
    }
    case 'trimmed-mean': {
      const difference = yuen(look.a, look.b, alpha)
      if (!difference) return null
      const spread = (winsorised(look.a).variance + winsorised(look.b).variance) / 2
      return told(trimmedMean(look.a), trimmedMean(look.b), difference, spread)
    }
  }
}

function told(a: number, b: number, { difference, low, high }: Difference, spread: number): Distinction {
  return { a, b, difference, low, high, effect: Math.min(Math.abs(low), Math.abs(high)) / Math.sqrt(spread) }
}

const cutOf = (n: number): number => Math.floor(n / 5)

/** Mean of the values that are left when the smallest and the largest fifth are taken away. */
export function trimmedMean({ n, low, high, atLow, atHigh, sum }: TrimmedSide): number {
  const cut = cutOf(n)
  const left = n - 2 * cut
  if (low === high) return low
  return (sum + low * (atLow - cut) + high * (atHigh - cut)) / left
}

/** Sample variance of the values when each that would be cut off is put in the place of the next that would not. */
function winsorised({ n, low, high, atLow, atHigh, sum, sumOfSquares }: TrimmedSide) {
  if (low === high || n < 2) return { variance: 0 }
  return {
    variance: variance({
      n,
      sum: sum + low * atLow + high * atHigh,
      sumOfSquares: sumOfSquares + low * low * atLow + high * high * atHigh,
    }),
  }
}

/**
 * Interval of a difference of two trimmed means, two-sided at 1 − alpha. Null when fewer than two values are left of a
 * side or neither varies.
 * Source: K. K. Yuen, "The two-sample trimmed t for unequal population variances", Biometrika 61 (1974).
 */
export function yuen(a: TrimmedSide, b: TrimmedSide, alpha: number): Difference | null {
  const left = (side: TrimmedSide) => side.n - 2 * cutOf(side.n)
  const [g, h] = [left(a), left(b)]
  if (g < 2 || h < 2) return null
  const squared = (side: TrimmedSide, kept: number) =>
    ((side.n - 1) * winsorised(side).variance) / (kept * (kept - 1))
  const [p, q] = [squared(a, g), squared(b, h)]
  if (p + q === 0) return null
  const freedom = (p + q) ** 2 / (p ** 2 / (g - 1) + q ** 2 / (h - 1))
  const half = tQuantile(1 - alpha / 2, freedom) * Math.sqrt(p + q)
  const difference = trimmedMean(a) - trimmedMean(b)
  return { difference, low: difference - half, high: difference + half }
}
