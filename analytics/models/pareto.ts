import { fitted } from './fit.ts'
import type { Histories } from './histories.ts'
import type { Objective } from './minimise.ts'
import type { PurchaseModel } from './purchase-model.ts'

/** Rate of buying: Gamma(r, alpha); rate of stopping: Gamma(s, beta). In weeks. */
export type ParetoParameter = 'r' | 'alpha' | 's' | 'beta'
type Parameters = Readonly<Record<ParetoParameter, number>>

const usual: Parameters = { r: 0.5, alpha: 10, s: 0.6, beta: 12 }

/**
 * Members buy at rates of their own and stop for good at any moment, at rates of their own.
 * Source: D. Schmittlein, D. Morrison, R. Colombo, "Counting your customers: who are they and what will
 * they do next?", Management Science 33 (1987); likelihood as in P. Fader, B. Hardie, "A note on deriving
 * the Pareto/NBD model" (2005), its integral taken by quadrature in place of hypergeometric functions.
 */
export const paretoNbd: PurchaseModel<ParetoParameter> = {
  name: 'pareto-nbd',
  tellsAlive: true,
  fit: (histories, prior, start) => fitted(likelihood(histories), usual, histories.total, prior, start),
  alive(parameters, { frequency, recency, age }) {
    stoppedOdds(parameters, frequency, recency, age, ofOne, false)
    return 1 / (1 + Math.exp(ofOne[0]!))
  },
  purchasesIfAlive({ r, alpha, s, beta }, { frequency, age }, weeks) {
    const rate = (r + frequency) / (alpha + age)
    const left = beta + age
    const reach = Math.log1p(weeks / left)
    const stays = left * grown(1 - s, reach)
    const staysSquare = 2 * left * left * (grown(2 - s, reach) - grown(1 - s, reach))
    return {
      mean: rate * stays,
      square: rate * stays + rate * (rate + 1 / (alpha + age)) * staysSquare,
    }
  },
}

/** Of the member who was asked about last. */
const ofOne: Stopped = new Float64Array(5)

/** ∫ e^(power·y) dy from 0 to `reach`. */
const grown = (power: number, reach: number): number =>
  Math.abs(power * reach) < 1e-8 ? reach * (1 + (power * reach) / 2) : Math.expm1(power * reach) / power

/** Nodes and weights on −1 … 1: as many as are exact to the last digits where a value falls by e^−2, e^−10 or more. */
const [few, some, many] = [gaussLegendre(8), gaussLegendre(14), gaussLegendre(24)] as const

/** The roots of Legendre's polynomial by Newton's steps: exact for polynomials up to degree 2 count − 1. */
function gaussLegendre(count: number): { readonly nodes: Float64Array; readonly weights: Float64Array } {
  const rule = Array.from({ length: count }, (_, i) => {
    let node = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5))
    for (;;) {
      let [polynomial, before] = [1, 0]
      for (let degree = 0; degree < count; degree++)
        [polynomial, before] = [
          ((2 * degree + 1) * node * polynomial - degree * before) / (degree + 1),
          polynomial,
        ]
      const slope = (count * (node * polynomial - before)) / (node * node - 1)
      const step = polynomial / slope
      node -= step
      if (Math.abs(step) < 1e-15) return { node, weight: 2 / ((1 - node * node) * slope * slope) }
    }
  })
  return {
    nodes: Float64Array.from(rule, ({ node }) => node),
    weights: Float64Array.from(rule, ({ weight }) => weight),
  }
}

/** The odds of having stopped, and the slopes of what they weigh against being alive, by r, α, s and β. */
type Stopped = Float64Array

/**
 * Logarithm of the odds that the member has stopped,
 * s ∫ ((α+T)/(α+y))^(r+x) ((β+T)/(β+y))^s / (β+y) dy from t_x to T, and the slopes by r, α, s and β of the
 * logarithm of s ∫ (α+y)^−(r+x) (β+y)^−(s+1) dy, which is what they weigh against being alive. Written into `into`,
 * because a fit asks for millions of them; the slopes only `withSlopes`.
 */
function stoppedOdds(
  { r, alpha, s, beta }: Parameters,
  frequency: number,
  recency: number,
  age: number,
  into: Stopped,
  withSlopes: boolean,
): void {
  if (age <= recency) {
    into.fill(0)
    into[0] = -Infinity
    return
  }
  const buys = r + frequency
  const first = alpha + recency
  const from = Math.log(first)
  const silent = Math.log1p((age - recency) / first)
  // what is beyond weighs less than a double shows
  const half = Math.min(silent, 37 / Math.max(buys - 1, 1e-9)) / 2
  const begins = Math.log(beta + recency)
  const left = Math.log1p((age - recency) / (beta + recency))
  const falls = Math.abs(buys - 1) * 2 * half + (s + 1) * left
  const { nodes, weights } = falls < 2 ? few : falls < 10 ? some : many
  let sum = 0
  let byR = 0
  let byAlpha = 0
  let byS = 0
  let byBeta = 0
  for (let i = 0; i < nodes.length; i++) {
    const past = half * (1 + nodes[i]!)
    const bought = first * Math.exp(past)
    const stopped = beta - alpha + bought
    const stoppedLog = Math.log(stopped)
    const value = weights[i]! * Math.exp((1 - buys) * past - (s + 1) * (stoppedLog - begins))
    sum += value
    if (!withSlopes) continue
    byR -= value * past
    byAlpha -= value / bought
    byS -= value * stoppedLog
    byBeta -= value / stopped
  }
  into[0] = Math.log(s) + buys * silent + s * left + from - begins + Math.log(sum * half)
  if (!withSlopes) return
  into[1] = byR / sum - from
  into[2] = (buys * byAlpha) / sum
  into[3] = 1 / s + byS / sum
  into[4] = ((s + 1) * byBeta) / sum
}

function likelihood({ frequency, recency, age, members, total }: Histories): Objective {
  const most = frequency.reduce((a, b) => Math.max(a, b), 0)
  const rising = new Float64Array(most + 1)
  const risingR = new Float64Array(most + 1)
  const told: Stopped = new Float64Array(5)
  return (logs) => {
    const [r, alpha, s, beta] = logs.map(Math.exp) as [number, number, number, number]
    const parameters = { r, alpha, s, beta }
    for (let k = 0; k < most; k++) {
      rising[k + 1] = rising[k]! + Math.log(r + k)
      risingR[k + 1] = risingR[k]! + 1 / (r + k)
    }
    let value = 0
    let [byR, byAlpha, byS, byBeta] = [0, 0, 0, 0]
    for (let i = 0; i < frequency.length; i++) {
      const x = frequency[i]!
      stoppedOdds(parameters, x, recency[i]!, age[i]!, told, true)
      const odds = told[0]!
      const smaller = Math.exp(-Math.abs(odds))
      const stopped = (odds > 0 ? 1 : smaller) / (1 + smaller)
      const alive = 1 - stopped
      const [bought, left] = [alpha + age[i]!, beta + age[i]!]
      const weight = members[i]!
      value +=
        weight *
        (rising[x]! +
          r * logs[1]! +
          s * logs[3]! -
          (r + x) * Math.log(bought) -
          s * Math.log(left) +
          Math.max(odds, 0) +
          Math.log1p(smaller))
      byR += weight * (risingR[x]! + logs[1]! - alive * Math.log(bought) + stopped * told[1]!)
      byAlpha += weight * (r / alpha - (alive * (r + x)) / bought + stopped * told[2]!)
      byS += weight * (logs[3]! - alive * Math.log(left) + stopped * told[3]!)
      byBeta += weight * (s / beta - (alive * s) / left + stopped * told[4]!)
    }
    return {
      value: -value / total,
      gradient: [byR * r, byAlpha * alpha, byS * s, byBeta * beta].map((slope) => -slope / total),
    }
  }
}
