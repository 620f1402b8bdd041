import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import type { Fit } from './fit.ts'
import type { Histories, History } from './histories.ts'
import { dot } from './minimise.ts'
import { expectedPurchases, type PurchaseModel } from './purchase-model.ts'

/** What is expected, and between what it will be with the chance that was asked for. */
export interface Forecast {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/**
 * Purchase days of all members together within the next weeks, two-sided at 1 − alpha. Its variance is
 * that of the purchases, each member's on their own, and that of the parameters, by the delta method on
 * their logarithms; the sum of many is taken as normal. Null where the data leave a parameter open.
 */
export function forecastPurchases<Parameter extends string>(
  model: PurchaseModel<Parameter>,
  { parameters, covariance }: Fit<Parameter>,
  histories: Histories,
  weeks: number,
  alpha: number,
): Forecast | null {
  if (!covariance) return null
  const total = (at: Readonly<Record<Parameter, number>>) => {
    let [mean, variance] = [0, 0]
    for (let place = 0; place < histories.members.length; place++) {
      const history = historyAt(histories, place)
      const alive = model.alive(at, history)
      const purchases = model.purchasesIfAlive(at, history, weeks)
      const expected = alive * purchases.mean
      mean += histories.members[place]! * expected
      variance += histories.members[place]! * (alive * purchases.square - expected * expected)
    }
    return { mean, variance }
  }
  const step = 1e-4
  const slopes = (Object.keys(parameters) as Parameter[]).map((name) => {
    const moved = (by: number) => total({ ...parameters, [name]: parameters[name] * Math.exp(by) }).mean
    return (moved(step) - moved(-step)) / (2 * step)
  })
  const { mean, variance } = total(parameters)
  const uncertain = dot(
    slopes,
    covariance.map((row) => dot(row, slopes)),
  )
  const half = normalQuantile(1 - alpha / 2, 0, 1) * Math.sqrt(variance + uncertain)
  return { mean, low: Math.max(0, mean - half), high: mean + half }
}

export const historyAt = ({ frequency, recency, age }: Histories, place: number): History => ({
  frequency: frequency[place]!,
  recency: recency[place]!,
  age: age[place]!,
})

/** Parts of the horizon in each of which the rate of buying changes little. */
const parts = 8
/** Simpson's rule has this many intervals a part. */
const intervals = 16

/**
 * Purchase days expected of a member within the next weeks, each worth less the later it comes, at a
 * continuous rate a week (ln(1 + annual rate) ÷ 52 for an annual one); 0: undiscounted.
 */
export function discountedPurchases<Parameter extends string>(
  model: PurchaseModel<Parameter>,
  parameters: Readonly<Record<Parameter, number>>,
  history: History,
  weeks: number,
  weeklyRate: number,
): number {
  const expected = (until: number) => expectedPurchases(model, parameters, history, until)
  const all = expected(weeks)
  if (weeklyRate === 0) return all
  // by parts: ∫ e^−δu dE(u) = e^−δh E(h) + δ ∫ e^−δu E(u) du
  const count = parts * intervals
  const width = weeks / count
  let sum = 0
  for (let at = 0; at <= count; at++) {
    const weight = at === 0 || at === count ? 1 : at % 2 === 1 ? 4 : 2
    sum += weight * Math.exp(-weeklyRate * at * width) * expected(at * width)
  }
  return Math.exp(-weeklyRate * weeks) * all + (weeklyRate * sum * width) / 3
}
