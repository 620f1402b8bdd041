import fc from 'fast-check'
import { expect, test } from 'vitest'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { aucOf, type Scored } from './auc.ts'

/** Every pair of one that came true and one that did not; DeLong's variance by each row's own share of such pairs. */
function slow(rows: readonly { score: number; came: boolean }[]) {
  const [yes, no] = [rows.filter(({ came }) => came), rows.filter(({ came }) => !came)]
  if (yes.length < 2 || no.length < 2) return null
  const wins = (a: { score: number }, b: { score: number }) =>
    a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length
  const ofYes = yes.map((a) => mean(no.map((b) => wins(a, b))))
  const ofNo = no.map((b) => mean(yes.map((a) => wins(a, b))))
  const auc = mean(ofYes)
  const variance = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + (value - auc) ** 2, 0) / (values.length - 1)
  return { auc, error: Math.sqrt(variance(ofYes) / yes.length + variance(ofNo) / no.length) }
}

const grouped = (rows: readonly { score: number; came: boolean }[]): Scored[] =>
  rows.map(({ score, came }) => ({ score, rows: 1, yes: came ? 1 : 0 }))

test('it is the share of pairs in the right order, ties half; its interval is DeLong’s on the logit', () => {
  const row = fc.record({ score: fc.integer({ min: 0, max: 5 }), came: fc.boolean() })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
      const [own, wanted] = [aucOf(grouped(rows), 0.05), slow(rows)]
      expect(own === null).toBe(wanted === null)
      const { auc, error } = wanted ?? { auc: 0, error: 0 }
      expect(own?.auc ?? 0).toBeCloseTo(auc, 12)
      fc.pre(auc > 0 && auc < 1)
      const half = (1.959964 * error) / (auc * (1 - auc))
      const logit = Math.log(auc / (1 - auc))
      expect(Math.log(own!.low / (1 - own!.low))).toBeCloseTo(logit - half, 5)
      expect(Math.log(own!.high / (1 - own!.high))).toBeCloseTo(logit + half, 5)
    }),
    { numRuns: 300 },
  )
})

test('entries of the same score count together', () => {
  const rows = [
    { score: 0.2, rows: 40, yes: 5 },
    { score: 0.7, rows: 30, yes: 20 },
  ]
  const split = [
    { score: 0.2, rows: 10, yes: 5 },
    { score: 0.7, rows: 30, yes: 20 },
    { score: 0.2, rows: 30, yes: 0 },
  ]
  expect(aucOf(split, 0.05)).toEqual(aucOf(rows, 0.05))
})

test('all in the right order is no certainty: the interval says from how many', () => {
  const apart = (n: number) =>
    aucOf(
      [
        { score: 0, rows: n, yes: 0 },
        { score: 1, rows: n, yes: n },
      ],
      0.05,
    )!
  expect(apart(5)).toMatchObject({ auc: 1, high: 1, low: expect.closeTo(0.5655, 3) })
  expect(apart(500).low).toBeGreaterThan(0.99)
  expect(aucOf([{ score: 1, rows: 9, yes: 9 }], 0.05)).toBeNull()
})

test('the interval holds the truth as often as it says', () => {
  const generator = xoroshiro128plus(7)
  // three leaves of equal size that return with .2, .4 and .7
  const rates = [0.2, 0.4, 0.7]
  const yes = rates.reduce((sum, rate) => sum + rate, 0)
  const no = 3 - yes
  const truth =
    rates
      .flatMap((p, i) => rates.map((q, j) => p * (1 - q) * (i > j ? 1 : i === j ? 0.5 : 0)))
      .reduce((sum, one) => sum + one, 0) /
    (yes * no)
  let held = 0
  for (let trial = 0; trial < 400; trial++) {
    const scored = rates.map((rate, score) => {
      let came = 0
      for (let i = 0; i < 80; i++) if (uniformFloat64(generator) < rate) came++
      return { score, rows: 80, yes: came }
    })
    const { low, high } = aucOf(scored, 0.05)!
    if (low <= truth && truth <= high) held++
  }
  expect(held / 400).toBeGreaterThan(0.92)
  expect(held / 400).toBeLessThan(0.98)
})
