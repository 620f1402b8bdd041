import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, test } from 'vitest'
import { type Arm, proportionArm } from './arm.ts'
import { adjustedForBefore, type ArmWithBefore } from './cuped.ts'
import { alwaysValidMeans, newcombe, relativeWelch, welch } from './intervals.ts'
import { detectableMeanRise, membersNeeded } from './planner.ts'
import { sampleRatioP } from './sample-ratio.ts'

/** Figures that were computed elsewhere and independently of this code. */
const path = fileURLToPath(new URL('../../../shared/data/golden.json', import.meta.url))

interface Golden {
  'lift.newcombe': { value: { x1: number; n1: number; x2: number; n2: number; newcombe95: Pair }[] }
  'lift.growthbook_vectors': {
    value: {
      test: string
      a?: { sum: number; sum_squares: number; n: number }
      b?: { sum: number; sum_squares: number; n: number }
      own: { expected: number; ci: Pair; p: number }
    }[]
  }
  'lift.cuped_toy': {
    value: {
      y1: number[]
      x1: number[]
      y0: number[]
      x0: number[]
      unadjusted: { diff: number; ci: Pair; p: number }
      cuped: {
        pooled_within: { diff: number; ci: Pair; p: number; theta: number }
        variance_reduction: number
      }
    }
  }
  'lift.srm': { value: { observed: number[]; weights: number[]; p: number }[] }
  'lift.sample_size': {
    value: {
      two_prop: { p1: number; p2: number; n_per_arm: number }[]
      two_prop_holdout10: { p1: number; p2: number; n_holdout: number; n_treat: number }[]
      mde_mean: { sd: number; n_treat: number; n_holdout: number; mde: number }[]
    }
  }
  'lift.peeking_false_positive': {
    value: {
      looks: number
      batch_per_arm: number
      fixed_horizon_any_reject: number
      asymptotic_cs_any_reject: number
    }
  }
}
type Pair = [number, number]

const sureness = { alpha: 0.05, power: 0.8 }

describe.skipIf(!existsSync(path))('golden vectors (skipped without ../shared/data)', () => {
  const golden = (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}) as Golden

  test("Newcombe's intervals", () => {
    const vectors = golden['lift.newcombe'].value
    expect(vectors.length).toBeGreaterThan(3)
    for (const { x1, n1, x2, n2, newcombe95 } of vectors) {
      const interval = newcombe(proportionArm(n1, x1), proportionArm(n2, x2), 0.05)
      expect(interval.low).toBeCloseTo(newcombe95[0], 12)
      expect(interval.high).toBeCloseTo(newcombe95[1], 12)
    }
  })

  test('Welch, absolute and in proportion', () => {
    const vectors = golden['lift.growthbook_vectors'].value
    expect(vectors).toHaveLength(3)
    for (const { test: name, a, b, own } of vectors) {
      const arm = (told: typeof a): Arm => ({ n: told!.n, sum: told!.sum, sumOfSquares: told!.sum_squares })
      // a proportion's variance is p(1 − p) there, by n and not by n − 1
      const share = (yes: number, n: number): Arm => ({
        n,
        sum: yes,
        sumOfSquares: (yes / n) * (1 - yes / n) * (n - 1) + yes ** 2 / n,
      })
      const [heldOut, treated] = a ? [arm(a), arm(b)] : [share(14, 28), share(16, 30)]
      const of = name.includes('absolute') ? welch : relativeWelch
      const interval = of(treated, heldOut, 0.05)!
      expect(interval.difference).toBeCloseTo(own.expected, 9)
      expect(interval.low).toBeCloseTo(own.ci[0], 6)
      expect(interval.high).toBeCloseTo(own.ci[1], 6)
      // at 1 − p the interval ends at 0
      const touching = of(treated, heldOut, own.p)!
      expect(Math.min(Math.abs(touching.low), Math.abs(touching.high))).toBeLessThan(1e-6)
    }
  })

  test('what members did before, taken out with the slope within the arms', () => {
    const { y1, x1, y0, x0, unadjusted, cuped } = golden['lift.cuped_toy'].value
    const arm = (y: number[], x: number[]): ArmWithBefore => {
      const sum = (of: (i: number) => number) => y.reduce((total, _, i) => total + of(i), 0)
      return {
        n: y.length,
        sum: sum((i) => y[i]!),
        sumOfSquares: sum((i) => y[i]! ** 2),
        before: {
          sum: sum((i) => x[i]!),
          sumOfSquares: sum((i) => x[i]! ** 2),
          sumOfProducts: sum((i) => x[i]! * y[i]!),
        },
      }
    }
    const [treated, heldOut] = [arm(y1, x1), arm(y0, x0)]
    const raw = welch(treated, heldOut, 0.05)!
    expect(raw.difference).toBeCloseTo(unadjusted.diff, 12)
    expect(raw.low).toBeCloseTo(unadjusted.ci[0], 8)
    const adjusted = adjustedForBefore(treated, heldOut)!
    expect(adjusted.theta).toBeCloseTo(cuped.pooled_within.theta, 12)
    expect(adjusted.varianceReduction).toBeCloseTo(cuped.variance_reduction, 12)
    const interval = welch(adjusted.treated, adjusted.heldOut, 0.05)!
    expect(interval.difference).toBeCloseTo(cuped.pooled_within.diff, 12)
    expect(interval.low).toBeCloseTo(cuped.pooled_within.ci[0], 8)
    expect(interval.high).toBeCloseTo(cuped.pooled_within.ci[1], 8)
    expect(welch(adjusted.treated, adjusted.heldOut, cuped.pooled_within.p)!.low).toBeCloseTo(0, 8)
  })

  test('sample ratios', () => {
    for (const { observed, weights, p } of golden['lift.srm'].value)
      expect(sampleRatioP(observed, weights)).toBeCloseTo(p, 12)
  })

  test('sample sizes with equal and unequal arms, and what a mean can show', () => {
    const { two_prop, two_prop_holdout10, mde_mean } = golden['lift.sample_size'].value
    for (const { p1, p2, n_per_arm } of two_prop) {
      const { treated, heldOut } = membersNeeded(p1, p2, 1, sureness)!
      expect(treated / n_per_arm).toBeCloseTo(1, 9)
      expect(heldOut).toBe(treated)
    }
    for (const { p1, p2, n_holdout, n_treat } of two_prop_holdout10) {
      const { treated, heldOut } = membersNeeded(p1, p2, 9, sureness)!
      expect(heldOut / n_holdout).toBeCloseTo(1, 9)
      expect(treated / n_treat).toBeCloseTo(1, 9)
    }
    for (const { sd, n_treat, n_holdout, mde } of mde_mean)
      expect(detectableMeanRise(sd, { treated: n_treat, heldOut: n_holdout }, sureness)).toBeCloseTo(mde, 9)
  })

  test('100 looks at spend without an effect: the fixed interval misleads in a third, the other hardly ever', () => {
    const { looks, batch_per_arm, fixed_horizon_any_reject, asymptotic_cs_any_reject } =
      golden['lift.peeking_false_positive'].value
    const generator = xoroshiro128plus(4)
    const uniform = () => uniformFloat64(generator)
    // 5 % buy, for a lognormal sum
    const spend = () =>
      uniform() < 0.05
        ? Math.exp(3 + Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()))
        : 0
    const runs = 400
    let [fixed, anytime] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const arms = [0, 1].map(() => ({ n: 0, sum: 0, sumOfSquares: 0 }))
      let [everFixed, everAnytime] = [false, false]
      for (let look = 0; look < looks; look++) {
        for (const arm of arms)
          for (let member = 0; member < batch_per_arm; member++) {
            const value = spend()
            arm.n++
            arm.sum += value
            arm.sumOfSquares += value * value
          }
        const excludes = (of: typeof welch) => {
          const interval = of(arms[0]!, arms[1]!, 0.05)
          return interval !== null && (interval.low > 0 || interval.high < 0)
        }
        everFixed ||= excludes(welch)
        everAnytime ||= excludes(alwaysValidMeans)
      }
      fixed += everFixed ? 1 : 0
      anytime += everAnytime ? 1 : 0
    }
    expect(Math.abs(fixed / runs - fixed_horizon_any_reject)).toBeLessThan(0.08)
    expect(anytime / runs).toBeLessThanOrEqual(0.05)
    expect(Math.abs(anytime / runs - asymptotic_cs_any_reject)).toBeLessThan(0.03)
  })
})
