import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import fc from 'fast-check'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { expect, test } from 'vitest'
import { proportionArm } from '../lift/arm.ts'
import { everyone } from '../segments/ast.ts'
import { distinctions, type Look, type TrimmedSide, yuen } from './differences.ts'
import { saidOnce, type TraitId } from './traits.ts'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function sideOf(values: readonly number[]): TrimmedSide {
  const sorted = values.toSorted((x, y) => x - y)
  const cut = Math.floor(values.length / 5)
  const [low, high] = [sorted[cut]!, sorted[values.length - 1 - cut]!]
  const between = values.filter((value) => value > low && value < high)
  return {
    n: values.length,
    low,
    high,
    atLow: values.filter((value) => value <= low).length,
    atHigh: values.filter((value) => value >= high).length,
    sum: sum(between),
    sumOfSquares: sum(between.map((value) => value * value)),
  }
}

/** Yuen's interval as her paper says it: values sorted, cut off, and put in the place of others. */
function slowYuen(a: readonly number[], b: readonly number[], alpha: number) {
  const of = (values: readonly number[]) => {
    const sorted = values.toSorted((x, y) => x - y)
    const g = Math.floor(0.2 * sorted.length)
    const kept = sorted.slice(g, sorted.length - g)
    const moved = sorted.map((_, i) => sorted[Math.min(Math.max(i, g), sorted.length - 1 - g)]!)
    const centre = sum(moved) / moved.length
    const squares = sum(moved.map((value) => (value - centre) ** 2))
    const h = kept.length
    return { mean: sum(kept) / h, h, d: squares / (h * (h - 1)) }
  }
  const [x, y] = [of(a), of(b)]
  if (x.h < 2 || y.h < 2 || x.d + y.d < 1e-12) return null
  const freedom = (x.d + y.d) ** 2 / (x.d ** 2 / (x.h - 1) + y.d ** 2 / (y.h - 1))
  const half = tQuantile(1 - alpha / 2, freedom) * Math.sqrt(x.d + y.d)
  return { difference: x.mean - y.mean, low: x.mean - y.mean - half, high: x.mean - y.mean + half }
}

test('a trimmed mean is what sorting, cutting off and putting in place give', () => {
  const values = fc.array(fc.integer({ min: -3, max: 12 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(values, values, fc.constantFrom(0.05, 0.001), (a, b, alpha) => {
      const [own, slow] = [yuen(sideOf(a), sideOf(b), alpha), slowYuen(a, b, alpha)]
      expect(own === null).toBe(slow === null)
      const ends = (one: typeof slow) => [one?.difference ?? 0, one?.low ?? 0, one?.high ?? 0]
      ends(own).forEach((end, i) => expect(end).toBeCloseTo(ends(slow)[i]!, 8))
    }),
    { numRuns: 300 },
  )
})

test('one member who spends a fortune moves no trimmed mean', () => {
  const usual = Array.from({ length: 50 }, (_, i) => 100 + i)
  const withOne = [...usual.slice(1), 10_000_000]
  const moved = yuen(sideOf(withOne), sideOf(usual), 0.05)!
  expect(Math.abs(moved.difference)).toBeLessThan(2)
  expect(moved.low).toBeLessThan(0)
  expect(moved.high).toBeGreaterThan(0)
})

test('nothing is said of a side of one, or where nobody varies', () => {
  const alone: Look = { kind: 'trimmed-mean', a: sideOf([1]), b: sideOf([1, 2, 3]) }
  const same: Look = { kind: 'trimmed-mean', a: sideOf([4, 4, 4]), b: sideOf([2, 2, 2]) }
  expect(distinctions([alone, same], 0.05)).toEqual([])
})

const share = (name: string, yes: number, of: number, others: number, ofOthers: number) => ({
  name,
  kind: 'share' as const,
  a: proportionArm(of, yes),
  b: proportionArm(ofOthers, others),
})

test('what does most comes first; what its interval can’t tell from 0 is not told', () => {
  const told = distinctions(
    [
      share('none', 500, 1000, 500, 1000),
      share('little', 560, 1000, 440, 1000),
      share('most', 620, 1000, 310, 1000),
      share('few', 2, 3, 1, 3),
      share('other way', 100, 1000, 300, 1000),
    ],
    0.05,
  )
  expect(told.map(({ name }) => name)).toEqual(['most', 'other way', 'little'])
  expect(told[0]!.told).toMatchObject({ a: 0.62, b: 0.31, difference: expect.closeTo(0.31, 10) })
  expect(told[1]!.told.high).toBeLessThan(0)
})

test('each further look makes every interval wider', () => {
  const one = share('one', 620, 1000, 310, 1000)
  const [alone] = distinctions([one], 0.05)
  const among = distinctions([one, ...Array.from({ length: 99 }, () => share('x', 5, 10, 5, 10))], 0.05)[0]!
  expect(among.told.low).toBeLessThan(alone!.told.low)
  expect(among.told.high).toBeGreaterThan(alone!.told.high)
})

test('of two sides that are alike, hardly ever is anything told, in however many looks', () => {
  const generator = xoroshiro128plus(20261127)
  const drawn = (n: number, p: number) => {
    let yes = 0
    for (let i = 0; i < n; i++) if (uniformFloat64(generator) < p) yes++
    return yes
  }
  const spend = () => Math.exp(2 * uniformFloat64(generator) + 3 * uniformFloat64(generator) ** 4)
  let told = 0
  const trials = 200
  for (let trial = 0; trial < trials; trial++) {
    const looks: Look[] = Array.from({ length: 40 }, (_, i): Look => {
      const p = 0.05 + (i % 10) / 12
      return share('x', drawn(150, p), 150, drawn(400, p), 400)
    })
    const values = (n: number) => sideOf(Array.from({ length: n }, spend))
    looks.push({ kind: 'trimmed-mean', a: values(150), b: values(400) })
    if (distinctions(looks, 0.05).length > 0) told++
  }
  // 5 % of 200 are 10; 21 and more come by chance once in a thousand times
  expect(told).toBeLessThan(21)
})

test('that somebody never ordered is said once, in the plainest way, where it is the same members', () => {
  const share = (id: TraitId, value: string | null, a: number, b: number) => ({
    kind: 'share' as const,
    id,
    value,
    expression: everyone,
    a: proportionArm(100, a),
    b: proportionArm(100, b),
  })
  const once = saidOnce([
    share('daypart', null, 40, 5),
    share('store', null, 41, 5), // one has ordered where no store is known
    share('status', 'never bought', 40, 5),
    share('tier', null, 40, 5),
    share('frequency', '0', 40, 5),
  ])
  expect(once.map(({ id, also }) => [id, also])).toEqual([
    ['store', []],
    ['tier', []],
    ['frequency', ['daypart', 'status']],
  ])
})
