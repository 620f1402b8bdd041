import type { Fit } from './fit.ts'
import { type Forecast, forecastPurchases, historyAt } from './forecast.ts'
import type { Histories } from './histories.ts'
import { expectedPurchases, type PurchaseModel } from './purchase-model.ts'

/** Members of so many repeat purchases before the held-back weeks, with what was predicted of those weeks and what came. */
export interface CalibrationRow {
  readonly frequency: number
  /** The last row's members have this many or more. */
  readonly orMore: boolean
  readonly members: number
  readonly predicted: number
  readonly actual: number
  /** What going on at the own pace so far (x/T) would have made. */
  readonly naive: number
}

export interface Calibration {
  readonly weeks: number
  readonly predicted: Forecast
  readonly actual: number
  readonly naive: number
  readonly rows: readonly CalibrationRow[]
}

const lastFrequency = 7
const alpha = 0.05

/**
 * How a fit of the time before has done in weeks that were held back from it: `later` has each member's
 * purchase days in them, in the members' order of `histories`. Null where the fit gives no interval.
 */
export function calibrated<Parameter extends string>(
  model: PurchaseModel<Parameter>,
  fit: Fit<Parameter>,
  histories: Histories,
  later: ArrayLike<number>,
  weeks: number,
): Calibration | null {
  const predicted = forecastPurchases(model, fit, histories, weeks, alpha)
  if (!predicted) return null
  const rows = Array.from({ length: lastFrequency + 1 }, (_, frequency) => ({
    frequency,
    orMore: frequency === lastFrequency,
    members: 0,
    predicted: 0,
    actual: 0,
    naive: 0,
  }))
  const rowOf = (place: number) => rows[Math.min(histories.frequency[place]!, lastFrequency)]!
  histories.members.forEach((members, place) => {
    const history = historyAt(histories, place)
    const row = rowOf(place)
    row.members += members
    row.predicted += members * expectedPurchases(model, fit.parameters, history, weeks)
    row.naive += history.age > 0 ? (members * history.frequency * weeks) / history.age : 0
  })
  histories.of.forEach((place, member) => (rowOf(place).actual += later[member]!))
  const sum = (of: (row: CalibrationRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  return { weeks, predicted, actual: sum((row) => row.actual), naive: sum((row) => row.naive), rows }
}

/** Why a fit is not to be used, or only with care. */
export type Doubt =
  | 'few-members'
  | 'few-repeats'
  | 'no-maximum'
  | 'open-parameters'
  | 'short-history'
  | 'off-in-total'
  | 'off-by-frequency'
  | 'no-better-than-pace'

export type Quality =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'with-caution'; readonly because: readonly Doubt[] }
  | { readonly kind: 'refused'; readonly because: readonly Doubt[] }

/** Below these nothing is fitted to rely on. */
export const fewest = { members: 100, repeaters: 50 }
/** Held-back weeks that say something of a year. */
const fewestWeeks = 13
/** How far the held-back weeks' total may be off, as a share of what came. */
const offBy = { caution: 0.15, refused: 0.4 }
/** How uncertain the logarithm of a parameter may be: a factor of e either way. */
const widest = { caution: 1, refused: 3 }

/**
 * Whether a fit may be shown. Trusted: the held-back weeks came as predicted, in total within 15 % or
 * within the interval, and by frequency nearer than everybody's own pace. With caution: nearly so.
 * Refused: too few members, no maximum, parameters that the data leave open, or off by more than 40 %.
 */
export function judged<Parameter extends string>(
  fit: Fit<Parameter>,
  histories: Histories,
  calibration: Calibration | null,
): Quality {
  let repeaters = 0
  histories.members.forEach((members, place) => {
    if (histories.frequency[place]! > 0) repeaters += members
  })
  const widths = fit.covariance?.map((row, i) => Math.sqrt(row[i]!)) ?? []
  const width = Math.max(0, ...widths)
  const refused: Doubt[] = []
  if (histories.total < fewest.members) refused.push('few-members')
  else if (repeaters < fewest.repeaters) refused.push('few-repeats')
  else if (!fit.converged || !calibration) refused.push('no-maximum')
  else if (width > widest.refused) refused.push('open-parameters')
  if (refused.length > 0 || !calibration) return { kind: 'refused', because: refused }
  const { predicted, actual, rows, weeks } = calibration
  const off = Math.abs(predicted.mean - actual) / Math.max(actual, 1)
  const within = predicted.low <= actual && actual <= predicted.high
  if (off > offBy.refused && !within) return { kind: 'refused', because: ['off-in-total'] }
  const missed = (of: (row: CalibrationRow) => number) =>
    rows.reduce((sum, row) => sum + Math.abs(of(row) - row.actual), 0)
  const doubts: Doubt[] = []
  if (width > widest.caution) doubts.push('open-parameters')
  if (weeks < fewestWeeks) doubts.push('short-history')
  if (off > offBy.caution && !within) doubts.push('off-in-total')
  if (missed((row) => row.predicted) > 2 * offBy.caution * Math.max(actual, 1))
    doubts.push('off-by-frequency')
  if (missed((row) => row.predicted) >= missed((row) => row.naive)) doubts.push('no-better-than-pace')
  return doubts.length === 0 ? { kind: 'trusted' } : { kind: 'with-caution', because: doubts }
}
