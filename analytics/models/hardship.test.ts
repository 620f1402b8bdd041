import fc from 'fast-check'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { expect, test } from 'vitest'
import { bgNbd, mbgNbd } from './beta-geometric.ts'
import { forecastPurchases } from './forecast.ts'
import { expectedSpend, fitSpend } from './gamma-gamma.ts'
import { gathered, type History } from './histories.ts'
import { paretoNbd } from './pareto.ts'
import type { PurchaseModel } from './purchase-model.ts'
import { calibrated, judged } from './quality.ts'
import { selected } from './selection.ts'

const models = [mbgNbd, bgNbd, paretoNbd] as readonly PurchaseModel[]

const gatheredOf = (members: readonly History[]) =>
  gathered(
    members.map(({ frequency }) => frequency),
    members.map(({ recency }) => recency),
    members.map(({ age }) => age),
  )

/** What is no number, or no share where it has to be one, of all that a page would show of fits to these members. */
function oddities(members: readonly History[]): string[] {
  const histories = gatheredOf(members)
  const found: string[] = []
  const check = (holds: boolean, what: string) => {
    if (!holds) found.push(what)
  }
  for (const model of models)
    for (const prior of [0, 0.5]) {
      const fit = model.fit(histories, prior)
      for (const [name, value] of Object.entries(fit.parameters))
        check(value > 0 && Number.isFinite(value), `${model.name}: ${name} ${value}`)
      check(fit.logLikelihood < Infinity, `${model.name}: likelihood ${fit.logLikelihood}`)
      for (const history of members) {
        const at = `${model.name} of ${JSON.stringify(history)}`
        const alive = model.alive(fit.parameters, history)
        check(alive >= 0 && alive <= 1, `${at}: alive ${alive}`)
        const { mean, square } = model.purchasesIfAlive(fit.parameters, history, 52)
        check(mean >= 0 && square >= mean * mean * (1 - 1e-9), `${at}: ${mean}, square ${square}`)
        check(Number.isFinite(square), `${at}: square ${square}`)
      }
      const forecast = forecastPurchases(model, fit, histories, 52, 0.05)
      if (forecast)
        check(forecast.low <= forecast.mean && forecast.mean <= forecast.high, JSON.stringify(forecast))
      const later = members.map(() => 1)
      const quality = judged(fit, histories, calibrated(model, fit, histories, later, 26))
      check(members.length >= 100 || quality.kind === 'refused', `${model.name}: ${quality.kind}`)
    }
  return found
}

const newcomers = Array.from({ length: 200 }, (_, i) => ({ frequency: 0, recency: 0, age: 1 + (i % 50) }))
test.each<[string, History[]]>([
  ['one member', [{ frequency: 2, recency: 3, age: 8 }]],
  ['ten alike', Array.from({ length: 10 }, () => ({ frequency: 1, recency: 4, age: 9 }))],
  ['who bought once, all of them', newcomers],
  ['who joined today, all of them', newcomers.map(() => ({ frequency: 0, recency: 0, age: 0 }))],
  ['one who buys every day for years', [...newcomers, { frequency: 3000, recency: 428, age: 428 }]],
  ['who bought on the day of asking', newcomers.map(({ age }) => ({ frequency: 3, recency: age, age }))],
  ['who all stopped long ago', newcomers.map(() => ({ frequency: 5, recency: 5, age: 500 }))],
])('nothing is no number: %s', (_, members) => expect(oddities(members)).toEqual([]))

const history = fc
  .tuple(fc.oneof(fc.nat(3), fc.nat(60), fc.constantFrom(400, 2000)), fc.nat(2000), fc.nat(2000))
  .map(([frequency, until, silent]) => {
    const recency = frequency === 0 ? 0 : Math.max(frequency, until) / 7
    return { frequency, recency, age: recency + silent / 7 }
  })

test('nothing is no number: any histories', () => {
  fc.assert(
    fc.property(fc.array(history, { minLength: 1, maxLength: 25 }), (members) => {
      expect(oddities(members)).toEqual([])
    }),
    { numRuns: 40 },
  )
})

test('no members at all', () => {
  for (const model of models) expect(model.fit(gatheredOf([]), 0).converged).toBe(false)
  expect(judged(selected(gatheredOf([]), 0).fit, gatheredOf([]), null)).toEqual({
    kind: 'refused',
    because: ['few-members'],
  })
})

test.each([
  ['one member', [3], [20]],
  ['all alike', Array(50).fill(2), Array(50).fill(15)],
  ['worth next to nothing', [1, 2, 3], [0.01, 0.02, 0.01]],
  ['worth millions', [1, 2, 3], [9e9, 1e10, 2e9]],
])('what purchases are worth, %s', (_, frequency, mean) => {
  const fit = fitSpend({ frequency, mean }, 0)
  for (const value of Object.values(fit.parameters)) expect(value).toBeGreaterThan(0)
  const spend = expectedSpend(fit.parameters, frequency[0]!, mean[0]!)
  expect(spend === null || (Number.isFinite(spend) && spend > 0)).toBe(true)
})

/** Draws of one seed: exponential, gamma (by Marsaglia and Tsang) and beta variates. */
function draws(seed: number) {
  const generator = xoroshiro128plus(seed)
  const uniform = () => 1 - uniformFloat64(generator)
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  const gamma = (shape: number, rate: number): number => {
    if (shape < 1) return gamma(shape + 1, rate) * uniform() ** (1 / shape)
    const d = shape - 1 / 3
    for (;;) {
      const x = normal()
      const v = (1 + x / Math.sqrt(9 * d)) ** 3
      if (v > 0 && Math.log(uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return (d * v) / rate
    }
  }
  return {
    uniform,
    exponential: (rate: number) => -Math.log(uniform()) / rate,
    gamma,
    beta: (a: number, b: number) => {
      const x = gamma(a, 1)
      return x / (x + gamma(b, 1))
    },
  }
}

const truth = { r: 0.6, alpha: 5, a: 0.8, b: 2.2 }

/** Members of whom the modified beta-geometric model is true: what was seen in so many weeks, and what comes after. */
function shop(seed: number, members: number, weeks: number, after: number) {
  const { uniform, exponential, gamma, beta } = draws(seed)
  return Array.from({ length: members }, () => {
    const rate = gamma(truth.r, truth.alpha)
    const stops = beta(truth.a, truth.b)
    const age = Math.ceil(uniform() * weeks)
    let [frequency, recency, later] = [0, 0, 0]
    for (let at = 0; uniform() >= stops;) {
      at += exponential(rate)
      if (at > age + after) break
      if (at > age) later++
      else {
        frequency++
        recency = at
      }
    }
    return { frequency, recency, age, later }
  })
}

test('the forecast of a shop holds as often as it says', () => {
  const shops = 60
  let held = 0
  for (let seed = 1; seed <= shops; seed++) {
    const members = shop(seed, 400, 60, 26)
    const histories = gatheredOf(members)
    const fit = mbgNbd.fit(histories, 0)
    const { low, high } = forecastPurchases(mbgNbd as PurchaseModel, fit, histories, 26, 0.1)!
    const came = members.reduce((sum, { later }) => sum + later, 0)
    if (low <= came && came <= high) held++
  }
  // nine of ten: 48 or fewer of 60 would come by chance once in 50 times
  expect(held).toBeGreaterThan(48)
})

test('who is alive, and what they buy, on average over a shop', () => {
  const members = shop(7, 40_000, 60, 40)
  const [sum, sums] = [
    { expected: 0, came: 0 },
    { square: 0, came: 0 },
  ]
  for (const member of members) {
    const alive = mbgNbd.alive(truth, member)
    const { mean, square } = mbgNbd.purchasesIfAlive(truth, member, 40)
    sum.expected += alive * mean
    sum.came += member.later
    sums.square += alive * square
    sums.came += member.later ** 2
  }
  expect(Math.abs(sum.expected / sum.came - 1)).toBeLessThan(0.02)
  expect(Math.abs(sums.square / sums.came - 1)).toBeLessThan(0.06)
})

test('the mean square of purchases is that of the sum over them where it is integrated instead', () => {
  // 4,100 purchases expected, so by the integral; just below, by the sum
  const often = { frequency: 1000, recency: 100, age: 100 }
  const parameters = { r: 1, alpha: 1, a: 0.7, b: 900 }
  const weeksOf = (purchases: number) => (purchases / 1001) * 101
  const [summed, integrated] = [3999.9, 4000.1].map((purchases) =>
    mbgNbd.purchasesIfAlive(parameters, often, weeksOf(purchases)),
  )
  expect(integrated!.mean / summed!.mean).toBeCloseTo(1, 3)
  expect(integrated!.square / summed!.square).toBeCloseTo(1, 3)
})

test('the Pareto model’s moments are those of its members', () => {
  const parameters = { r: 2, alpha: 10, s: 1.3, beta: 20 }
  const member = { frequency: 4, recency: 20, age: 25 }
  const { exponential, gamma } = draws(3)
  let [sum, squares] = [0, 0]
  const drawn = 200_000
  for (let i = 0; i < drawn; i++) {
    const rate = gamma(parameters.r + member.frequency, parameters.alpha + member.age)
    const left = exponential(gamma(parameters.s, parameters.beta + member.age))
    let count = 0
    for (let at = exponential(rate); at < Math.min(left, 30); at += exponential(rate)) count++
    sum += count
    squares += count * count
  }
  const { mean, square } = paretoNbd.purchasesIfAlive(parameters, member, 30)
  expect(Math.abs(mean / (sum / drawn) - 1)).toBeLessThan(0.01)
  expect(Math.abs(square / (squares / drawn) - 1)).toBeLessThan(0.02)
})

test('histories that are alike are gathered, and each member keeps its own', () => {
  const members = shop(9, 3000, 30, 10).map(({ frequency, recency, age }) => ({
    frequency,
    recency: Math.round(recency),
    age,
  }))
  const histories = gatheredOf(members)
  expect(histories.members.length).toBeLessThan(members.length / 2)
  expect(histories.members.reduce((a, b) => a + b, 0)).toBe(3000)
  members.forEach((member, i) => {
    const place = histories.of[i]!
    expect(member).toEqual({
      frequency: histories.frequency[place],
      recency: histories.recency[place],
      age: histories.age[place],
    })
  })
})
