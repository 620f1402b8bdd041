import gammaln from '@stdlib/math-base-special-gammaln'
import { fitted } from './fit.ts'
import { distinct, type Histories, type History } from './histories.ts'
import type { Objective } from './minimise.ts'
import type { Moments, PurchaseModel } from './purchase-model.ts'

/** Rate of buying: Gamma(r, alpha), in weeks; chance to stop after a purchase: Beta(a, b). */
export type BetaGeometricParameter = 'r' | 'alpha' | 'a' | 'b'
type Parameters = Readonly<Record<BetaGeometricParameter, number>>

const usual: Parameters = { r: 0.5, alpha: 7, a: 0.9, b: 1.8 }

/**
 * Members buy at rates of their own and may stop for good after each purchase, the first included. A
 * member with one purchase may be gone.
 * Source: E. Batislam, M. Denizel, A. Filiztekin, "Empirical validation and comparison of models for
 * customer base analysis", International Journal of Research in Marketing 24 (2007).
 */
export const mbgNbd: PurchaseModel<BetaGeometricParameter> = betaGeometric('mbg-nbd', 1)

/**
 * Likewise, but nobody stops after the first purchase: a member with one is alive for certain.
 * Source: P. Fader, B. Hardie, K. Lee, "Counting your customers the easy way: an alternative to the
 * Pareto/NBD model", Marketing Science 24 (2005).
 */
export const bgNbd: PurchaseModel<BetaGeometricParameter> = betaGeometric('bg-nbd', 0)

/** `first`: how many times a member could stop before the first repeated purchase. */
function betaGeometric(name: 'mbg-nbd' | 'bg-nbd', first: 0 | 1): PurchaseModel<BetaGeometricParameter> {
  const alive = ({ r, alpha, a, b }: Parameters, { frequency, recency, age }: History) => {
    const chances = frequency + first // to stop so far
    if (chances === 0) return 1
    const odds =
      Math.log(a) -
      Math.log(b + chances - 1) +
      (r + frequency) * Math.log1p((age - recency) / (alpha + recency))
    return 1 / (1 + Math.exp(odds))
  }
  return {
    name,
    tellsAlive: first === 1,
    fit: (histories, prior, start) =>
      fitted(likelihood(histories, first), usual, histories.total, prior, start),
    alive,
    purchasesIfAlive: ({ r, alpha, a, b }, { frequency, age }, weeks) =>
      untilStopped(r + frequency, weeks / (alpha + age), a, b + frequency + first),
  }
}

/**
 * Of one history, with n = x + first:
 * ln Γ(r+x)/Γ(r) − x ln α − (r+x) ln(1 + T/α) + ln B(a, b+n)/B(a, b) + ln(1 + e^c),
 * c = (r+x) ln((α+T)/(α+t_x)) + ln a − ln(b+n−1), the odds of having stopped; without it where n is 0.
 * As x is whole, every ratio of gamma functions is a sum of logarithms, kept for each x.
 */
function likelihood(histories: Histories, first: 0 | 1): Objective {
  const { frequency, members, total } = histories
  const most = frequency.reduce((a, b) => Math.max(a, b), 0)
  const ages = distinct(histories.age)
  const recencies = distinct(histories.recency)
  const table = (length: number) => new Float64Array(length)
  const [rising, risingR] = [table(most + 1), table(most + 1)]
  const [stays, staysA, staysB] = [table(most + 2), table(most + 2), table(most + 2)]
  const [ageLog, recencyLog] = [table(ages.values.length), table(recencies.values.length)]
  return (logs) => {
    const [r, alpha, a, b] = logs.map(Math.exp) as [number, number, number, number]
    for (let k = 0; k < most; k++) {
      rising[k + 1] = rising[k]! + Math.log(r + k)
      risingR[k + 1] = risingR[k]! + 1 / (r + k)
    }
    for (let k = 0; k <= most; k++) {
      stays[k + 1] = stays[k]! + Math.log((b + k) / (a + b + k))
      staysA[k + 1] = staysA[k]! - 1 / (a + b + k)
      staysB[k + 1] = staysB[k]! + 1 / (b + k) - 1 / (a + b + k)
    }
    ages.values.forEach((age, i) => (ageLog[i] = Math.log1p(age / alpha)))
    recencies.values.forEach((recency, i) => (recencyLog[i] = Math.log1p(recency / alpha)))
    const logA = Math.log(a)
    let value = 0
    let [byR, byAlpha, byA, byB] = [0, 0, 0, 0]
    for (let i = 0; i < frequency.length; i++) {
      const x = frequency[i]!
      const age = ages.values[ages.at[i]!]!
      const ageLogged = ageLog[ages.at[i]!]!
      const chances = x + first
      const buys = r + x
      let one = rising[x]! - x * logs[1]! - buys * ageLogged + stays[chances]!
      let oneR = risingR[x]! - ageLogged
      let oneAlpha = -x / alpha + ((buys / alpha) * age) / (alpha + age)
      let oneA = staysA[chances]!
      let oneB = staysB[chances]!
      if (chances > 0) {
        const recency = recencies.values[recencies.at[i]!]!
        const silent = ageLogged - recencyLog[recencies.at[i]!]!
        const kept = b + chances - 1
        const odds = buys * silent + logA - Math.log(kept)
        const smaller = Math.exp(-Math.abs(odds))
        one += Math.max(odds, 0) + Math.log1p(smaller)
        const stopped = (odds > 0 ? 1 : smaller) / (1 + smaller)
        oneR += stopped * silent
        oneAlpha += stopped * buys * (1 / (alpha + age) - 1 / (alpha + recency))
        oneA += stopped / a
        oneB -= stopped / kept
      }
      const weight = members[i]!
      value += weight * one
      byR += weight * oneR
      byAlpha += weight * oneAlpha
      byA += weight * oneA
      byB += weight * oneB
    }
    return {
      value: -value / total,
      gradient: [byR * r, byAlpha * alpha, byA * a, byB * b].map((slope) => -slope / total),
    }
  }
}

/** Above so many the sum over purchases would take too long, and the integral over the chance to stop is as exact. */
const mostSummed = 4000

/**
 * Purchases until the member stops, of a negative binomial number of them (shape n, odds `pace`), where
 * after each the member stops with a chance drawn from Beta(a, b). Every term is positive: neither poles
 * nor cancellation, as the published forms with a hypergeometric function have for a near 1.
 */
function untilStopped(n: number, pace: number, a: number, b: number): Moments {
  if (!(pace > 0)) return { mean: 0, square: 0 }
  const none = n * Math.log1p(pace)
  if (n * pace > mostSummed || none > 600) return untilStoppedByChance(n, pace, a, b)
  const more = pace / (1 + pace)
  let chance = Math.exp(-none)
  let reaches = 1 // the chance that the member gets as far as this purchase
  let [met, metSquare, mean, square] = [0, 0, 0, 0]
  for (let k = 1; ; k++) {
    met += reaches
    metSquare += (2 * k - 1) * reaches
    reaches *= (b + k - 1) / (a + b + k - 1)
    chance *= ((n + k - 1) / k) * more
    mean += chance * met
    square += chance * metSquare
    if (k > n * pace && chance * metSquare <= 1e-17 * square) return { mean, square }
  }
}

/** The same by integrating over the chance p, in steps that crowd towards 0 and 1 (tanh-sinh). */
function untilStoppedByChance(n: number, pace: number, a: number, b: number): Moments {
  const step = 1 / 64
  const logBeta = gammaln(a) + gammaln(b) - gammaln(a + b)
  const logistic = (value: number) => -(Math.max(-value, 0) + Math.log1p(Math.exp(-Math.abs(value))))
  let [mean, square] = [0, 0]
  for (let i = -420; i <= 420; i++) {
    const place = (Math.PI / 2) * Math.sinh(i * step)
    const [logP, logQ] = [logistic(2 * place), logistic(-2 * place)]
    const p = Math.exp(logP)
    const density = Math.exp(a * logP + b * logQ - logBeta + Math.log(Math.PI * Math.cosh(i * step)))
    if (!(density > 0)) continue
    const all = n * pace
    // 1 − (1 + p pace)^−n over p, and its slope; near 0 by their series
    const near = p * pace * (n + 1) < 1e-6
    const met = near ? all : -Math.expm1(-n * Math.log1p(p * pace)) / p
    const slope = near
      ? -(all * (n + 1) * pace) / 2
      : (all * Math.exp(-(n + 1) * Math.log1p(p * pace)) - met) / p
    mean += density * met
    square += density * (met - 2 * (1 - p) * slope)
  }
  return { mean: mean * step, square: square * step }
}
