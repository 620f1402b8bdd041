import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, test } from 'vitest'
import { type Arm, type Difference, proportionArm } from './arm.ts'
import { cases } from '../../fixtures/cases.ts'
import {
  alwaysValidErrors,
  alwaysValidMeans,
  alwaysValidProportions,
  growthAt,
  newcombe,
  welch,
} from './intervals.ts'
import { audienceNeeded, detectableRise, membersNeeded, recommendedHoldout } from './planner.ts'
import { growingSampleRatioP, sampleRatioP } from './sample-ratio.ts'
import { type ArmOutcomes, buyersNeeded, type Lift, liftOf } from './verdict.ts'

const armOf = (values: readonly number[]): Arm => ({
  n: values.length,
  sum: values.reduce((total, value) => total + value, 0),
  sumOfSquares: values.reduce((total, value) => total + value * value, 0),
})

describe('difference of proportions', () => {
  // Newcombe (1998), table II, method 10.
  test.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])('%i/%i − %i/%i', (a, m, b, n, low, high) => {
    const interval = newcombe(proportionArm(m, a), proportionArm(n, b), 0.05)
    expect(interval.low).toBeCloseTo(low, 4)
    expect(interval.high).toBeCloseTo(high, 4)
  })
})

describe('difference of means', () => {
  // Student's sleep data (1908) as R's documentation of t.test prints it.
  const first = armOf([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2])
  const second = armOf([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])

  test("Welch's interval of the sleep data", () => {
    const interval = welch(first, second, 0.05)
    expect(interval?.difference).toBeCloseTo(-1.58, 6)
    expect(interval?.low).toBeCloseTo(-3.3654832, 6)
    expect(interval?.high).toBeCloseTo(0.2054832, 6)
  })

  test('nothing is said of arms that do not vary or have one member', () => {
    expect(welch(armOf([0, 0, 0]), armOf([0, 0]), 0.05)).toBeNull()
    expect(welch(armOf([1]), armOf([0, 3]), 0.05)).toBeNull()
    expect(alwaysValidMeans(armOf([0, 0, 0]), armOf([0, 0]), 0.05)).toBeNull()
  })

  test('the always-valid interval is the price of looking early', () => {
    const fixed = welch(first, second, 0.05)!
    const anytime = alwaysValidMeans(first, second, 0.05)!
    expect(anytime.low).toBeLessThan(fixed.low)
    expect(anytime.high).toBeGreaterThan(fixed.high)
    expect(anytime.difference).toBe(fixed.difference)
  })
})

describe('planning', () => {
  test('.5 against .6 at 5 % and power .8: the textbook takes 385 an arm', () => {
    const rise = detectableRise(0.5, { treated: 385, heldOut: 385 }, { alpha: 0.05, power: 0.8 })!
    expect(Math.abs(rise - 0.1)).toBeLessThan(0.001)
  })

  test.each([
    [0.1, 3600, 400],
    [0.02, 9000, 1000],
    [0.3, 150, 100],
  ])(
    'above %f, arms of %i and %i find the planned rise about as often as planned',
    (base, treated, heldOut) => {
      const sureness = { alpha: 0.04, power: 0.8 }
      const rise = detectableRise(base, { treated, heldOut }, sureness)!
      const draw = drawer(20260101)
      let found = 0
      const trials = 2000
      for (let trial = 0; trial < trials; trial++) {
        const yes = (n: number, p: number) => proportionArm(n, draw.binomial(n, p))
        const { low } = newcombe(yes(treated, base + rise), yes(heldOut, base), sureness.alpha)
        if (low > 0) found++
      }
      expect(found / trials).toBeGreaterThan(0.74)
      expect(found / trials).toBeLessThan(0.87)
    },
  )

  test('the holdout is as large as the effect asks, within 10 % and 50 %', () => {
    const sureness = { alpha: 0.04, power: 0.8 }
    expect(recommendedHoldout(0.05, 100_000, 0.05, sureness)).toMatchObject({ share: 0.1, proves: true })
    expect(recommendedHoldout(0.05, 40, 0.05, sureness)).toMatchObject({ share: 0.5, proves: false })
    const between = recommendedHoldout(0.1, 2000, 0.05, sureness)
    expect(between.proves).toBe(true)
    expect(between.share).toBeGreaterThan(0.1)
    expect(between.share).toBeLessThan(0.5)
    const oneLess = Math.floor(2000 * (between.share - 0.01))
    expect(detectableRise(0.1, { treated: 2000 - oneLess, heldOut: oneLess }, sureness)).toBeGreaterThan(0.05)
  })

  test.each([
    [0.05, 0.01, 0.1],
    [0.1, 0.05, 0.25],
    [0.02, 0.02, 0.5],
  ])(
    'above %f, a rise of %f with %f held out takes so many members and hardly fewer',
    (base, effect, share) => {
      const sureness = { alpha: 0.04, power: 0.8 }
      const members = audienceNeeded(base, effect, share, sureness)!
      const shows = (count: number) => {
        const heldOut = Math.floor(count * share)
        return detectableRise(base, { treated: count - heldOut, heldOut }, sureness)!
      }
      expect(shows(members)).toBeLessThanOrEqual(effect)
      expect(shows(Math.floor(members * 0.99))).toBeGreaterThan(effect)
      // the textbook's sum lies within a tenth
      const { treated, heldOut } = membersNeeded(base, base + effect, (1 - share) / share, sureness)!
      expect(Math.abs((treated + heldOut) / members - 1)).toBeLessThan(0.1)
      expect(audienceNeeded(base, 1e-9, share, sureness)).toBeNull()
    },
  )

  test('an empty arm shows nothing', () => {
    expect(detectableRise(0.1, { treated: 10, heldOut: 0 }, { alpha: 0.04, power: 0.8 })).toBeNull()
  })
})

test('sample ratio: the worked example of Kohavi, Tang and Xu (2020), chapter 21', () => {
  expect(sampleRatioP([815_482, 821_588], [1, 1])).toBeCloseTo(1.8e-6, 7)
  expect(sampleRatioP([900, 100], [0.9, 0.1])).toBe(1)
})

describe('simulation', () => {
  test.each([
    [1500, 500, 0.006],
    [900, 100, 0.006],
    [9000, 1000, 0.003],
  ])(
    'looking every day at %i and %i members misleads no more often than allowed',
    (treated, heldOut, daily) => {
      const draw = drawer(7)
      const wrong = (interval: Difference | null) =>
        interval !== null && (interval.low > 0 || interval.high < 0) ? 1 : 0
      const misled = { proportions: 0, means: 0, fixed: 0 }
      const trials = 2000
      for (let trial = 0; trial < trials; trial++) {
        const ever = { proportions: 0, means: 0, fixed: 0 }
        let [a, b] = [0, 0]
        for (let look = 0; look < 35; look++) {
          a += draw.binomial(treated - a, daily)
          b += draw.binomial(heldOut - b, daily)
          const arms = [proportionArm(treated, a), proportionArm(heldOut, b)] as const
          ever.proportions ||= wrong(alwaysValidProportions(...arms, 0.01))
          if (Math.min(a, b) >= buyersNeeded(treated, heldOut))
            ever.means ||= wrong(alwaysValidMeans(...arms, 0.01))
          ever.fixed ||= wrong(newcombe(...arms, 0.05))
        }
        for (const key of ['proportions', 'means', 'fixed'] as const) misled[key] += ever[key]
      }
      expect(misled.proportions / trials).toBeLessThanOrEqual(0.0125)
      expect(misled.means / trials).toBeLessThanOrEqual(0.0125)
      expect(misled.fixed / trials).toBeGreaterThan(0.1) // what the always-valid interval is there to prevent
    },
  )

  test('the boundary of the confidence sequence, by hand from theorem 2.2', () => {
    // ρ² = (−2 ln .01 + ln(−2 ln .01 + 1)) / 1000 at n = 1000, σ = 1: half-width √n
    const [n, alpha] = [1000, 0.01]
    const rho2 = (9.210340371976182 + Math.log(10.210340371976182)) / n
    const half = Math.sqrt(
      ((2 * (n * rho2 + 1)) / (n * n * rho2)) * Math.log(Math.sqrt(n * rho2 + 1) / alpha),
    )
    expect(alwaysValidErrors(alpha)).toBeCloseTo(half * Math.sqrt(n), 10)
  })

  test("Newcombe's interval covers the truth as often as it says", () => {
    const draw = drawer(11)
    let covered = 0
    const trials = 4000
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = newcombe(
        proportionArm(900, draw.binomial(900, 0.12)),
        proportionArm(100, draw.binomial(100, 0.07)),
        0.04,
      )
      if (low <= 0.05 && 0.05 <= high) covered++
    }
    expect(Math.abs(covered / trials - 0.96)).toBeLessThan(0.012)
  })
})

describe('members who come in one by one', () => {
  test('the boundary at other numbers of members than the one it is tightest at, by hand from theorem 2.2', () => {
    // ρ² is settled for 1,000 members; here are 250, and 40,000
    const alpha = 0.01
    const rho2 = (9.210340371976182 + Math.log(10.210340371976182)) / 1000
    for (const n of [250, 1000, 40_000]) {
      const half = Math.sqrt(
        ((2 * (n * rho2 + 1)) / (n * n * rho2)) * Math.log(Math.sqrt(n * rho2 + 1) / alpha),
      )
      expect(alwaysValidErrors(alpha, growthAt(n))).toBeCloseTo(half * Math.sqrt(n), 10)
    }
    expect(alwaysValidErrors(alpha, growthAt(100))).toBeGreaterThan(1.2 * alwaysValidErrors(alpha))
  })

  /** Looks once a day at all who came in by then; what it says each day, and at the end. */
  function entries(draw: ReturnType<typeof drawer>, of: Entrants) {
    const treated = { members: 0, buyers: 0 }
    const heldOut = { members: 0, buyers: 0 }
    const says: Lift[] = []
    const arm = ({ members, buyers }: typeof treated): ArmOutcomes => ({
      members,
      buyers,
      orders: proportionArm(members, buyers),
      net: proportionArm(members, buyers),
      margin: null,
    })
    const look = (windowEnded: boolean) =>
      liftOf(arm(treated), arm(heldOut), { heldOutShare: of.heldOut, windowEnded, growing: true })
    for (let day = 0; day < of.days; day++) {
      const held = draw.binomial(of.daily, of.heldOut)
      heldOut.members += held
      heldOut.buyers += draw.binomial(held, of.base)
      treated.members += of.daily - held
      treated.buyers += draw.binomial(of.daily - held, of.base + of.rise)
      const said = look(false)
      if (said) says.push(said)
    }
    return { says, last: look(true)! }
  }
  interface Entrants {
    readonly daily: number
    readonly days: number
    readonly heldOut: number
    readonly base: number
    readonly rise: number
  }

  test.each([
    { daily: 20, days: 120, heldOut: 0.1, base: 0.06 },
    { daily: 6, days: 200, heldOut: 0.3, base: 0.2 },
  ])('$daily a day, $heldOut held out: all looks and the end see an effect in 5 of 100 without one', (of) => {
    const draw = drawer(31)
    const trials = cases(400)
    const wrong = { ever: 0, early: 0, means: 0, split: 0 }
    const decided = (verdict: string) => verdict === 'works' || verdict === 'hurts'
    for (let trial = 0; trial < trials; trial++) {
      const { says, last } = entries(draw, { ...of, rise: 0 })
      const early = says.some(({ buyers }) => decided(buyers.verdict))
      wrong.early += early ? 1 : 0
      wrong.ever += early || decided(last.buyers.verdict) ? 1 : 0
      wrong.means += says.some(({ orders }) => decided(orders.verdict)) ? 1 : 0
      wrong.split += says.some((said) => said.sampleRatioP < 0.001) ? 1 : 0
    }
    expect(wrong.ever / trials).toBeLessThanOrEqual(0.06)
    expect(wrong.early / trials).toBeLessThanOrEqual(0.02)
    expect(wrong.means / trials).toBeLessThanOrEqual(0.02)
    expect(wrong.split / trials).toBeLessThanOrEqual(0.005)
  })

  test('a known effect lies in the last interval in 94 to 98 of 100, and in those of all looks in 99', () => {
    const draw = drawer(32)
    const of = { daily: 15, days: 100, heldOut: 0.2, base: 0.1, rise: 0.07 }
    const trials = cases(600)
    const covered = { last: 0, all: 0 }
    let found = 0
    const holds = ({ buyers }: Lift) => buyers.interval!.low <= of.rise && of.rise <= buyers.interval!.high
    for (let trial = 0; trial < trials; trial++) {
      const { says, last } = entries(draw, of)
      covered.last += holds(last) ? 1 : 0
      covered.all += says.every(holds) ? 1 : 0
      found += says.at(-1)!.buyers.verdict === 'works' ? 1 : 0
    }
    expect(covered.last / trials).toBeGreaterThanOrEqual(0.94)
    expect(covered.last / trials).toBeLessThanOrEqual(0.98)
    expect(covered.all / trials).toBeGreaterThanOrEqual(0.98)
    expect(found / trials).toBeGreaterThan(0.15)
  })

  test('the split is checked by a mixture of binomials, and a wrong one is found', () => {
    // by hand: 3 of 4 held out, 50 % planned, mixed over a beta of 50 and 50: (50·51·52 · 50)/(100·101·102·103) beside 1/16
    const mixed = (50 * 51 * 52 * 50) / (100 * 101 * 102 * 103)
    expect(growingSampleRatioP({ treated: 1, heldOut: 3 }, 0.5)).toBeCloseTo(Math.min(1, 1 / 16 / mixed), 10)
    expect(growingSampleRatioP({ treated: 900, heldOut: 100 }, 0.1)).toBe(1)
    expect(growingSampleRatioP({ treated: 800, heldOut: 200 }, 0.1)).toBeLessThan(1e-6)
    expect(growingSampleRatioP({ treated: 800, heldOut: 0 }, 0)).toBe(1)
  })

  test('such an audience takes more members than one that is looked at once', () => {
    const once = { alpha: 0.04, power: 0.8 }
    const always = { alpha: 0.01, power: 0.8, growing: true }
    const members = audienceNeeded(0.1, 0.05, 0.2, always)!
    expect(members).toBeGreaterThan(1.5 * audienceNeeded(0.1, 0.05, 0.2, once)!)
    const heldOut = Math.floor(members * 0.2)
    expect(detectableRise(0.1, { treated: members - heldOut, heldOut }, always)).toBeLessThanOrEqual(0.05)
  })
})

describe('verdict', () => {
  const outcomes = (members: number, buyers: number): ArmOutcomes => ({
    members,
    buyers,
    orders: proportionArm(members, buyers),
    net: { n: members, sum: buyers * 100, sumOfSquares: buyers * 10_000 },
    margin: null,
  })
  const plan = { heldOutShare: 0.1, windowEnded: true }

  test('works, hurts, not proven yet', () => {
    expect(liftOf(outcomes(9000, 900), outcomes(1000, 50), plan)?.buyers.verdict).toBe('works')
    expect(liftOf(outcomes(9000, 450), outcomes(1000, 100), plan)?.buyers.verdict).toBe('hurts')
    expect(liftOf(outcomes(9000, 450), outcomes(1000, 50), plan)?.buyers.verdict).toBe('not-proven-yet')
  })

  test('before the end the always-valid interval decides, at the end the fixed one', () => {
    const arms = [outcomes(9000, 600), outcomes(1000, 42)] as const
    expect(newcombe(proportionArm(9000, 600), proportionArm(1000, 42), 0.01).low).toBeGreaterThan(0)
    expect(liftOf(...arms, plan)).toMatchObject({
      method: 'fixed',
      alpha: 0.04,
      buyers: { verdict: 'works' },
    })
    expect(liftOf(...arms, { ...plan, windowEnded: false })).toMatchObject({
      method: 'always-valid',
      alpha: 0.01,
      buyers: { verdict: 'not-proven-yet' },
    })
  })

  test('a split that is not the planned one withholds every verdict', () => {
    const lift = liftOf(outcomes(9000, 900), outcomes(2000, 50), plan)
    expect([lift?.buyers.verdict, lift?.orders.verdict, lift?.net.verdict]).toEqual(Array(3).fill('withheld'))
  })

  test('too few buyers: no interval of means; no holdout: nothing', () => {
    const lift = liftOf(outcomes(90, 9), outcomes(10, 0), plan)
    expect(lift?.net).toMatchObject({ interval: null, verdict: 'not-proven-yet' })
    expect(lift?.buyers).toMatchObject({ verdict: 'not-proven-yet' })
    expect(liftOf(outcomes(90, 9), outcomes(0, 0), plan)).toBeNull()
  })
})

const shared = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const hillstrom = `${shared}/hillstrom/hillstrom_email.csv.gz`

describe.skipIf(!existsSync(hillstrom))('the Hillstrom e-mail test (skipped without ../shared/data)', () => {
  const rows = existsSync(hillstrom)
    ? gunzipSync(readFileSync(hillstrom))
        .toString()
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(','))
    : []
  const of = (segment: string, column: number) =>
    armOf(rows.filter((row) => row.at(-4) === segment).map((row) => Number(row.at(column))))

  test('lifts, z and spend intervals are those computed independently', () => {
    const facts = JSON.parse(readFileSync(`${shared}/facts.json`, 'utf8')) as {
      hillstrom: { lift: { rows: Record<string, number | string>[] } }
    }
    expect(facts.hillstrom.lift.rows).toHaveLength(2)
    for (const fact of facts.hillstrom.lift.rows) {
      const treated = String(fact.arm)
      const visits = newcombe(of(treated, -3), of('No E-Mail', -3), 0.05)
      const spend = welch(of(treated, -1), of('No E-Mail', -1), 0.05)!
      expect(visits.difference).toBeCloseTo(Number(fact.visit_lift), 8)
      expect(spend.difference).toBeCloseTo(Number(fact.spend_lift), 8)
      // t with tens of thousands of degrees of freedom against the normal quantile
      expect((spend.high - spend.low) / 2).toBeCloseTo(Number(fact.spend_ci95_half), 4)
      expect(visits.low).toBeGreaterThan(0)
      expect(alwaysValidProportions(of(treated, -3), of('No E-Mail', -3), 0.01).low).toBeGreaterThan(0)
    }
    expect(sampleRatioP([of('Mens E-Mail', -3).n, of('No E-Mail', -3).n], [1, 1])).toBeGreaterThan(0.9)
  })
})

/** Seeded draws. */
function drawer(seed: number) {
  const generator = xoroshiro128plus(seed)
  return {
    /** By waiting times between successes: quick when n·p is small. */
    binomial(n: number, p: number): number {
      let [successes, position] = [0, 0]
      for (;;) {
        position += 1 + Math.floor(Math.log(1 - uniformFloat64(generator)) / Math.log(1 - p))
        if (position > n) return successes
        successes++
      }
    },
  }
}
