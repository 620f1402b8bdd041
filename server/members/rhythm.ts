/** How a member has come so far, from the days between purchase days. */
export interface Rhythm {
  /** The latest days between purchase days, oldest first; at most 24. */
  readonly gaps: number[]
  /** Half of all gaps were at most this long; null with fewer than two. */
  readonly usualDays: number | null
  /** 19 of 20 gaps were at most this long; null with fewer than three. */
  readonly lateAfterDays: number | null
}

const shown = 24

/** Order statistics of all gaps (the ⌈np⌉-th), given oldest first. */
export function rhythmOf(gaps: readonly number[]): Rhythm {
  const sorted = gaps.toSorted((a, b) => a - b)
  const quantile = (numerator: number, denominator: number) =>
    sorted[Math.ceil((sorted.length * numerator) / denominator) - 1]!
  return {
    gaps: gaps.slice(-shown),
    usualDays: gaps.length < 2 ? null : quantile(1, 2),
    lateAfterDays: gaps.length < 3 ? null : quantile(19, 20),
  }
}
