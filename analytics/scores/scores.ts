import type { Fit } from '../models/fit.ts'
import { expectedSpend, fitSpend, type SpendParameter } from '../models/gamma-gamma.ts'
import { gathered, type Histories } from '../models/histories.ts'
import { dot } from '../models/minimise.ts'
import type { PurchaseModel } from '../models/purchase-model.ts'
import { type Calibration, calibrated, fewest, judged, type Quality } from '../models/quality.ts'
import { type FittedModel, selected } from '../models/selection.ts'
import type { MemberHistories } from './histories-of-members.ts'

/** Days ahead for which net is forecast; a predicted CLV is that of the last. */
export const horizons = [91, 182, 274, 365] as const

/** What came of fitting the models to a shop's members. */
export interface ModelOutcome {
  /** Who had bought, and who had on more than one day. */
  readonly buyers: number
  readonly repeaters: number
  /** Whether P(alive) may be shown; refused, no member has one. */
  readonly quality: Quality
  /** Null where too few members buy for anything to be fitted. */
  readonly model: PurchaseModel['name'] | null
  readonly parameters: Readonly<Record<string, number>> | null
  readonly standardErrors: Readonly<Record<string, number>> | null
  /** How the time that was held back came out, against a fit of what was known before. */
  readonly calibration: Calibration | null
  /** Whether predicted CLV may be shown, where P(alive) may. */
  readonly value: ValueQuality
  readonly spend: Readonly<Record<SpendParameter, number>> | null
  /** How far parameters that are not known for certain put a forecast off: its standard deviation as a share of it. */
  readonly uncertainty: number
}

/** Why amounts of money are not to be foretold, or only with care. */
export type ValueDoubt = 'few-amounts' | 'amounts-alike' | 'amounts-too-uneven' | 'amounts-follow-frequency'
export type ValueQuality =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'with-caution'; readonly because: readonly ValueDoubt[] }
  | { readonly kind: 'refused'; readonly because: readonly ValueDoubt[] }

/** What is foretold of members, in the order of their histories. */
export interface MemberScores {
  /** P(alive) in millionths. */
  readonly alive: Int32Array
  /** Net within 365 days, discounted: of the member, and if the member is alive; minor units. Null: amounts are refused. */
  readonly clv: Float64Array | null
  readonly clvIfAlive: Float64Array | null
  /** Net within each of `horizons`, discounted, and its variance as far as the parameters are known; within the last it is `clv`. */
  readonly expected: readonly Float64Array[] | null
  readonly variance: readonly Float64Array[] | null
}

export interface Scored {
  readonly outcome: ModelOutcome
  /** Null: P(alive) is refused. */
  readonly scores: MemberScores | null
}

export interface ScoreSettings {
  /** Of money a year: .1 makes what comes in a year worth 1/1.1. */
  readonly discountRate: number
}

/** Told after each of these. */
export const scoringSteps = ['gathered', 'fitted', 'tried', 'amounts', 'scored'] as const
export type ScoringStep = (typeof scoringSteps)[number]

const daysAWeek = 7
/** Weight of the prior on parameters: none, so that a fit is that of maximum likelihood. */
const prior = 0
/** Members up to which histories are told apart by the day; of more, by whole weeks. */
const mostByDay = 30_000
const millionths = 1e6
/** Repeat buyers of whom amounts have to be known. */
const fewestAmounts = 50
/** A correlation of frequency and amounts from which the model of amounts, which takes them as independent, is doubted. */
const correlated = 0.3
/** No more members than this are asked for what other parameters would foretell. */
const mostVaried = 20_000
/** Of more members than this, those at equal distances say which model is the likelier and where its maximum is near. */
const mostSampled = 50_000

/**
 * Fits the models to members, tries the better one on the days held back, and foretells each member's purchases and
 * net. Pure, and long: call it where nobody waits for the thread. Sources: DEFINITIONS.md, "Value"; those of the models.
 */
export function scored(
  histories: MemberHistories,
  { discountRate }: ScoreSettings,
  onStep: (step: ScoringStep) => void = () => {},
): Scored {
  const buyers = histories.frequency.length
  const repeaters = histories.frequency.reduce((sum, x) => sum + (x > 0 ? 1 : 0), 0)
  const refused = (quality: Quality, more: Partial<ModelOutcome> = {}): Scored => ({
    outcome: {
      buyers,
      repeaters,
      quality,
      model: null,
      parameters: null,
      standardErrors: null,
      calibration: null,
      value: { kind: 'refused', because: [] },
      spend: null,
      uncertainty: 0,
      ...more,
    },
    scores: null,
  })
  if (buyers < fewest.members) return refused({ kind: 'refused', because: ['few-members'] })
  if (repeaters < fewest.repeaters) return refused({ kind: 'refused', because: ['few-repeats'] })
  const { frequency, recencyDays, ageDays } = histories
  const together = inWeeks(frequency, recencyDays, ageDays)
  onStep('gathered')
  const chosen = chosenFor(together, inWeeks(sampled(frequency), sampled(recencyDays), sampled(ageDays)))
  onStep('fitted')
  const calibration = triedOn(histories, chosen)
  const quality = judged(chosen.fit, together, calibration)
  onStep('tried')
  const { model, fit } = chosen
  const told = {
    model: model.name,
    parameters: fit.parameters,
    standardErrors: fit.standardErrors,
    calibration,
  }
  if (quality.kind === 'refused') return refused(quality, told)
  const { value, spend } = amountsOf(histories)
  onStep('amounts')
  const scores = scoresOf(histories, chosen, spend?.parameters ?? null, discountRate)
  const uncertainty = spend ? uncertaintyOf(histories, chosen, spend) : 0
  onStep('scored')
  return {
    outcome: {
      buyers,
      repeaters,
      quality,
      ...told,
      value,
      spend: spend?.parameters ?? null,
      uncertainty,
    },
    scores,
  }
}

/** At most `mostSampled` values of a column, at equal distances. */
function sampled<Column extends Int32Array | Float64Array>(column: Column): Column {
  const apart = Math.ceil(column.length / mostSampled)
  return apart <= 1 ? column : (column.filter((_, at) => at % apart === 0) as Column)
}

/** The likelier model, fitted to everybody. */
function chosenFor(everybody: Histories, some: Histories): FittedModel {
  const chosen = selected(some, prior)
  if (some.total === everybody.total || !chosen.fit.converged) return chosen
  return { ...chosen, fit: chosen.model.fit(everybody, prior, chosen.fit) }
}

/** Members of one history together, by the day where members are few, else by whole weeks. */
function inWeeks(frequency: Int32Array, recencyDays: Int32Array, ageDays: Int32Array): Histories {
  const weeks = (days: Int32Array) => Float64Array.from(days, (day) => day / daysAWeek)
  if (frequency.length <= mostByDay) return gathered(frequency, weeks(recencyDays), weeks(ageDays))
  const whole = (days: Int32Array) => Float64Array.from(days, (day) => Math.round(day / daysAWeek))
  return gathered(frequency, whole(recencyDays), whole(ageDays))
}

/**
 * The chosen model fitted to what was known before the days held back (of many members, of some), beside what came of
 * everybody in them; null without such days.
 */
function triedOn(histories: MemberHistories, { model }: FittedModel): Calibration | null {
  const { heldBackDays, frequency, ageDays, earlierFrequency, earlierRecencyDays } = histories
  if (heldBackDays === 0) return null
  const known = placesOf(earlierFrequency, (at) => earlierFrequency[at]! >= 0)
  if (known.length === 0) return null
  const x = known.map((at) => earlierFrequency[at]!)
  const recency = known.map((at) => earlierRecencyDays[at]!)
  const age = known.map((at) => ageDays[at]! - heldBackDays)
  // x counts days after the first, both times
  const later = known.map((at) => frequency[at]! - earlierFrequency[at]!)
  const fit = model.fit(inWeeks(sampled(x), sampled(recency), sampled(age)), prior)
  if (!fit.converged) return null
  return calibrated(model, fit, inWeeks(x, recency, age), later, heldBackDays / daysAWeek)
}

/** What purchase days are worth, of members whose repeat purchase days were worth more than nothing. */
export function amountsOf({ frequency, spentMinor }: MemberHistories): {
  value: ValueQuality
  spend: Fit<SpendParameter> | null
} {
  const known = placesOf(frequency, (at) => frequency[at]! > 0 && spentMinor[at]! > 0)
  const refused = (...because: ValueDoubt[]) => ({
    value: { kind: 'refused', because } as const,
    spend: null,
  })
  if (known.length < fewestAmounts) return refused('few-amounts')
  const times = known.map((at) => frequency[at]!)
  const mean = Float64Array.from(known, (at) => spentMinor[at]! / frequency[at]!)
  const some = { frequency: sampled(times), mean: sampled(mean) }
  const first = fitSpend(some, prior)
  const spend =
    first.converged && some.mean.length < mean.length
      ? fitSpend({ frequency: times, mean }, prior, first)
      : first
  if (!spend.converged) return refused('amounts-alike')
  // the second moment of a one-time buyer's amounts has to be finite, or a forecast has no interval
  if (spend.parameters.q <= 2) return refused('amounts-too-uneven')
  return Math.abs(correlation(times, mean)) >= correlated
    ? { value: { kind: 'with-caution', because: ['amounts-follow-frequency'] }, spend }
    : { value: { kind: 'trusted' }, spend }
}

/** The places of a column of which something holds. */
function placesOf({ length }: Int32Array, holds: (at: number) => boolean): Int32Array {
  const places = new Int32Array(length)
  let count = 0
  for (let at = 0; at < length; at++) if (holds(at)) places[count++] = at
  return places.subarray(0, count)
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const sum = (of: (at: number) => number) => {
    let total = 0
    for (let at = 0; at < a.length; at++) total += of(at)
    return total
  }
  const [meanA, meanB] = [sum((at) => a[at]!) / a.length, sum((at) => b[at]!) / a.length]
  const [partA, partB] = [sum((at) => (a[at]! - meanA) ** 2), sum((at) => (b[at]! - meanB) ** 2)]
  if (partA === 0 || partB === 0) return 0
  return sum((at) => (a[at]! - meanA) * (b[at]! - meanB)) / Math.sqrt(partA * partB)
}

/** Mean amount of a repeat purchase day; refunds never make it less than nothing. */
const meanSpent = (spent: number, frequency: number): number =>
  frequency > 0 ? Math.max(0, spent / frequency) : 0

/** What a fit, and one of amounts, foretell of each member; money discounted by `discountRate` a year. */
export function scoresOf(
  { frequency, recencyDays, ageDays, spentMinor }: MemberHistories,
  { model, fit }: FittedModel,
  spend: Readonly<Record<SpendParameter, number>> | null,
  discountRate: number,
): MemberScores {
  const members = frequency.length
  const alive = new Int32Array(members)
  const column = () => new Float64Array(members)
  const [clv, clvIfAlive] = [column(), column()]
  const expected = horizons.map(column)
  const variance = horizons.map(column)
  const { rowOf, ahead } = aheadOf({ model, fit }, discountRate)
  for (let at = 0; at < members; at++) {
    const x = frequency[at]!
    const chance = model.alive(fit.parameters, {
      frequency: x,
      recency: recencyDays[at]! / daysAWeek,
      age: ageDays[at]! / daysAWeek,
    })
    alive[at] = Math.round(chance * millionths)
    if (!spend) continue
    const mean = meanSpent(spentMinor[at]!, x)
    const amount = expectedSpend(spend, x, mean)!
    const row = rowOf(x, ageDays[at]!)
    const worth = ahead.values[row]!
    clvIfAlive[at] = worth * amount
    clv[at] = chance * worth * amount
    // amounts are Gamma(p, ν), ν of the member Gamma(px + q, γ + x z̄) by what is known
    const shape = spend.p * x + spend.q
    const inverseSquare = (spend.gamma + x * mean) ** 2 / ((shape - 1) * (shape - 2))
    for (let i = 0; i < horizons.length; i++) {
      const purchased = ahead.values[row + 1 + 2 * i]!
      const square = ahead.values[row + 2 + 2 * i]!
      const net = chance * purchased * amount
      expected[i]![at] = net
      variance[i]![at] = chance * spend.p * inverseSquare * (purchased + spend.p * square) - net * net
    }
  }
  return spend
    ? { alive, clv, clvIfAlive, expected, variance }
    : { alive, clv: null, clvIfAlive: null, expected: null, variance: null }
}

/**
 * What is foretold of purchases of who is alive, which depends on x and T alone: made once for all members of the same.
 * From `rowOf(x, T in days)` on `ahead.values` has what they come to within the last horizon, and their mean and mean
 * square within each of `horizons`, each as much less as money that comes later is worth less.
 */
function aheadOf({ model, fit }: FittedModel, discountRate: number) {
  const width = 1 + 2 * horizons.length
  const rows = new Map<number, number>()
  const ahead = { values: new Float64Array(width * 1024) }
  const rowOf = (x: number, days: number): number => {
    const key = x * 2 ** 20 + days
    const found = rows.get(key)
    if (found !== undefined) return found
    const row = rows.size * width
    if (row === ahead.values.length) {
      const more = new Float64Array(2 * row)
      more.set(ahead.values)
      ahead.values = more
    }
    const history = { frequency: x, recency: 0, age: days / daysAWeek }
    const purchases = horizons.map((within) =>
      model.purchasesIfAlive(fit.parameters, history, within / daysAWeek),
    )
    const worth = discounted(
      purchases.map(({ mean }) => mean),
      discountRate,
    )
    ahead.values[row] = worth.at(-1)!
    purchases.forEach(({ mean, square }, i) => {
      const share = mean > 0 ? worth[i]! / mean : 1
      ahead.values.set([worth[i]!, square * share ** 2], row + 1 + 2 * i)
    })
    rows.set(key, row)
    return row
  }
  return { rowOf, ahead }
}

/**
 * What comes within each horizon, each part worth less the later it comes, from what comes within each:
 * e^−δh E(h) + δ ∫ e^−δu E(u) du over the horizons, which are quarters of a year: by Simpson's rules, and within the
 * first quarter by the trapezoidal one.
 */
function discounted(within: readonly number[], rate: number): readonly number[] {
  if (rate === 0) return within
  const year = horizons[3] / 365
  const yearly = Math.log1p(rate)
  const worth = within.map((value, i) => value * Math.exp((-yearly * year * (i + 1)) / 4))
  const [first, second, third, all] = worth as [number, number, number, number]
  const areas = [
    first / 8,
    (4 * first + second) / 12,
    (3 * (3 * first + 3 * second + third)) / 32,
    (4 * first + 2 * second + 4 * third + all) / 12,
  ]
  return worth.map((value, i) => value + yearly * year * areas[i]!)
}

/**
 * The standard deviation, as a share of it, of what all members are expected to spend within the last horizon, by how
 * uncertain the parameters are: the delta method on their logarithms, over members at equal distances where these are many.
 */
function uncertaintyOf(
  { frequency, recencyDays, ageDays, spentMinor }: MemberHistories,
  { model, fit }: FittedModel,
  spend: Fit<SpendParameter>,
): number {
  const apart = Math.ceil(frequency.length / mostVaried)
  const weeks = horizons[3] / daysAWeek
  const total = (
    purchases: Readonly<Record<string, number>>,
    amounts: Readonly<Record<SpendParameter, number>>,
  ) => {
    const ahead = new Map<number, number>()
    let sum = 0
    for (let at = 0; at < frequency.length; at += apart) {
      const x = frequency[at]!
      const history = { frequency: x, recency: recencyDays[at]! / daysAWeek, age: ageDays[at]! / daysAWeek }
      const key = x * 2 ** 20 + ageDays[at]!
      let purchased = ahead.get(key)
      if (purchased === undefined)
        ahead.set(key, (purchased = model.purchasesIfAlive(purchases, history, weeks).mean))
      const amount = expectedSpend(amounts, x, meanSpent(spentMinor[at]!, x)) ?? 0
      sum += model.alive(purchases, history) * purchased * amount
    }
    return sum
  }
  const step = 1e-4
  const slopes = <Name extends string>(
    at: Readonly<Record<Name, number>>,
    totalAt: (moved: Readonly<Record<Name, number>>) => number,
  ) =>
    (Object.keys(at) as Name[]).map((name) => {
      const moved = (by: number) => Math.log(totalAt({ ...at, [name]: at[name] * Math.exp(by) }))
      return (moved(step) - moved(-step)) / (2 * step)
    })
  const spread = (of: readonly number[], covariance: Fit<string>['covariance']) =>
    covariance
      ? dot(
          of,
          covariance.map((row) => dot(row, of)),
        )
      : 0
  const byPurchases = slopes(fit.parameters, (moved) => total(moved, spend.parameters))
  const byAmounts = slopes(spend.parameters, (moved) => total(fit.parameters, moved))
  return Math.sqrt(Math.max(0, spread(byPurchases, fit.covariance) + spread(byAmounts, spend.covariance)))
}
