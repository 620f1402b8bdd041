import digamma from '@stdlib/math-base-special-digamma'
import gammaln from '@stdlib/math-base-special-gammaln'
import { type Fit, fitted } from './fit.ts'
import { distinct } from './histories.ts'
import type { Objective } from './minimise.ts'

/** A member's purchases are worth Gamma(p, ν) each, ν ~ Gamma(q, gamma) over members. */
export type SpendParameter = 'p' | 'q' | 'gamma'
type Parameters = Readonly<Record<SpendParameter, number>>

/** Repeat purchase days of members, and what they were worth on average, above 0. */
export interface Spend {
  readonly frequency: ArrayLike<number>
  readonly mean: ArrayLike<number>
}

/**
 * Fits what purchases are worth; of members with at least one repeat purchase of more than nothing.
 * `prior` and `start` as `fitted` takes them.
 * Source: P. Fader, B. Hardie, "The Gamma-Gamma model of monetary value" (2013).
 */
export function fitSpend(spend: Spend, prior: number, start?: Fit<SpendParameter>): Fit<SpendParameter> {
  const members = spend.frequency.length
  let sum = 0
  for (let at = 0; at < members; at++) sum += spend.mean[at]!
  const usual = { p: 6, q: 4, gamma: Math.max((sum / Math.max(members, 1)) * 0.5, 1e-3) }
  return fitted(likelihood(spend), usual, members, prior, start)
}

/** What a purchase of the member is worth; between the member's own mean and everybody's. Null where everybody's is not finite. */
export function expectedSpend({ p, q, gamma }: Parameters, frequency: number, mean: number): number | null {
  const weight = p * frequency + q - 1
  return weight > 0 ? (p * (gamma + frequency * mean)) / weight : null
}

/** Of one member: ln Γ(px+q) − ln Γ(px) − ln Γ(q) + q ln γ + px ln(x z̄) − ln z̄ − (px+q) ln(γ + x z̄). */
function likelihood({ frequency, mean }: Spend): Objective {
  const times = distinct(frequency)
  const count = frequency.length
  const shape = new Float64Array(times.values.length)
  const shapeP = new Float64Array(times.values.length)
  const shapeQ = new Float64Array(times.values.length)
  const logMean = Float64Array.from(mean, Math.log)
  return (logs) => {
    const [p, q, gamma] = logs.map(Math.exp) as [number, number, number]
    const [gammaQ, digammaQ] = [gammaln(q), digamma(q)]
    times.values.forEach((x, i) => {
      const all = digamma(p * x + q)
      shape[i] = gammaln(p * x + q) - gammaln(p * x) - gammaQ
      shapeP[i] = x * (all - digamma(p * x))
      shapeQ[i] = all - digammaQ
    })
    let value = 0
    let [byP, byQ, byGamma] = [0, 0, 0]
    for (let i = 0; i < count; i++) {
      const place = times.at[i]!
      const x = times.values[place]!
      const spent = x * mean[i]!
      const logSpent = Math.log(x) + logMean[i]!
      const logAll = Math.log(gamma + spent)
      value += shape[place]! + q * logs[2]! + p * x * logSpent - logMean[i]! - (p * x + q) * logAll
      byP += shapeP[place]! + x * (logSpent - logAll)
      byQ += shapeQ[place]! + logs[2]! - logAll
      byGamma += q / gamma - (p * x + q) / (gamma + spent)
    }
    return {
      value: -value / count,
      gradient: [byP * p, byQ * q, byGamma * gamma].map((slope) => -slope / count),
    }
  }
}
