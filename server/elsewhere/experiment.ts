import { type Arm, type Difference, mean } from '../../analytics/lift/arm.ts'
import { newcombe, relativeWelch, welch } from '../../analytics/lift/intervals.ts'
import { sampleRatioLimit, sampleRatioP } from '../../analytics/lift/sample-ratio.ts'
import { alphas, buyersNeeded, type Verdict, verdictOf } from '../../analytics/lift/verdict.ts'
import type { Engine, QueryOptions } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { isHeldOut } from '../import/kinds/campaign-figures.ts'
import { valuesOfExperiments } from '../import/kinds/experiments.ts'

/** An outcome of an arm beside the control's. */
export interface ExperimentDifference {
  readonly outcome: string
  /** `share`: every value is 0 or 1. */
  readonly kind: 'share' | 'mean'
  /** Means over those subjects that have the outcome. */
  readonly treated: number
  readonly control: number
  readonly difference: number
  readonly low: number | null
  readonly high: number | null
  /** In proportion to the control’s mean; null where that is 0 or has one subject. */
  readonly relative: number | null
  /** Of the outcomes that every test has: visit, conversion, spend. Other columns may be from before the test. */
  readonly verdict: Verdict | null
}

export interface ExperimentArmResult {
  readonly arm: string
  readonly subjects: number
  readonly share: number
  /** Empty for the control. */
  readonly differences: ExperimentDifference[]
}

export interface ExperimentResult {
  readonly experiment: string
  readonly control: string
  /** A word of the file says that it is the control; else it is the first by name, or the one that was asked for. */
  readonly controlIs: 'named' | 'assumed' | 'chosen'
  readonly subjects: number
  readonly sampleRatioP: number
  /** Each arm's interval misses the truth in so many of 1: the error at the end, shared by the arms that are compared. */
  readonly alpha: number
  readonly arms: ExperimentArmResult[]
}

/** The outcomes that are judged; numbers in other columns are shown without a verdict. */
const judged = ['visit', 'conversion', 'spend']

export type ExperimentOutcome =
  | { kind: 'found'; result: ExperimentResult }
  | { kind: 'no-such-experiment' }
  | { kind: 'no-such-arm'; arms: string[] }

/**
 * What came of an imported randomised test: each arm against the control by one fixed interval, Newcombe's for
 * shares and Welch's for means. `shares` are the planned sizes of the arms in any unit; without them equal ones
 * were planned. A split that is not the planned one withholds the verdicts.
 */
export async function experimentResult(
  engine: Engine,
  {
    experiment,
    control: wanted,
    shares = {},
  }: {
    experiment: string
    control?: string | undefined
    shares?: Readonly<Record<string, number>> | undefined
  },
  options: QueryOptions,
): Promise<ExperimentOutcome> {
  const counted = await engine.rows(
    sql`select arm, count(*) as subjects, ${isHeldOut(sql`arm`)} as is_control
      from experiment_subjects where experiment = ${experiment} group by arm order by arm`,
    options,
  )
  if (counted.length === 0) return { kind: 'no-such-experiment' }
  const names = counted.map(({ arm }) => String(arm))
  const unknown = [...Object.keys(shares), ...(wanted === undefined ? [] : [wanted])].some(
    (arm) => !names.includes(arm),
  )
  if (unknown) return { kind: 'no-such-arm', arms: names }
  const named = counted.find(({ isControl }) => isControl === true)
  const control = wanted ?? String(named?.arm ?? names[0])
  const rows = await engine.rows(
    sql`select arm, place, outcome, count(value) as subjects, sum(value) as total, sum(value * value) as squares,
        bool_and(value in (0, 1)) as is_share, count(*) filter (where value <> 0) as positive
      from (${valuesOfExperiments(sql`experiment = ${experiment}`)}) as told
      where value is not null group by all order by place, outcome`,
    options,
  )
  const sizes = counted.map(({ subjects }) => Number(subjects))
  const all = sizes.reduce((sum, n) => sum + n, 0)
  const isPlanned = Object.keys(shares).length > 0
  const p = sampleRatioP(
    sizes,
    names.map((arm) => (isPlanned ? (shares[arm] ?? 0) : 1)),
  )
  const alpha = alphas.atEnd / Math.max(1, names.length - 1)
  const told = (arm: string) => rows.filter((row) => row.arm === arm)
  const difference = (row: (typeof rows)[number]): ExperimentDifference[] => {
    const other = told(control).find(({ outcome }) => outcome === row.outcome)
    if (!other) return []
    const [treated, heldOut] = [armOf(row), armOf(other)]
    const isShare = row.isShare === true && other.isShare === true
    const enough =
      Math.min(Number(row.positive), Number(other.positive)) >= buyersNeeded(treated.n, heldOut.n)
    const interval: Difference | null = isShare
      ? newcombe(treated, heldOut, alpha)
      : enough
        ? welch(treated, heldOut, alpha)
        : null
    const outcome = String(row.outcome)
    return [
      {
        outcome,
        kind: isShare ? 'share' : 'mean',
        treated: mean(treated),
        control: mean(heldOut),
        difference: mean(treated) - mean(heldOut),
        low: interval?.low ?? null,
        high: interval?.high ?? null,
        relative: relativeWelch(treated, heldOut, alpha)?.difference ?? null,
        verdict: !judged.includes(outcome) ? null : p < sampleRatioLimit ? 'withheld' : verdictOf(interval),
      },
    ]
  }
  return {
    kind: 'found',
    result: {
      experiment,
      control,
      controlIs: wanted !== undefined ? 'chosen' : named ? 'named' : 'assumed',
      subjects: all,
      sampleRatioP: p,
      alpha,
      arms: names.map((arm, at) => ({
        arm,
        subjects: sizes[at]!,
        share: sizes[at]! / all,
        differences: arm === control ? [] : told(arm).flatMap(difference),
      })),
    },
  }
}

const armOf = (row: Readonly<Record<string, unknown>>): Arm => ({
  n: Number(row.subjects),
  sum: Number(row.total),
  sumOfSquares: Number(row.squares),
})
