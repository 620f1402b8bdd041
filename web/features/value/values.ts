import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../../server/router.ts'

export type ValueAnswer = inferRouterOutputs<AppRouter>['analytics']['ltv']
export type ValueRow = ValueAnswer['rows'][number]

export interface CohortValue {
  /** First day of the cohort's month. */
  readonly cohort: string
  readonly size: number
  readonly firstSeen: boolean
  readonly members: string
  /** By months after the first, from 0; absent is not observable yet. */
  readonly cells: readonly (ValueRow | undefined)[]
}

/** The first-purchase months that the mean of an age is made of. */
export const blendedAt = (cohorts: readonly CohortValue[], period: number): string[] =>
  cohorts
    .filter(({ firstSeen, cells }) => !firstSeen && cells[period]?.state === 'complete')
    .map(({ cohort }) => cohort)

/** The rows as cohorts; the line of members without a qualifying order is none. */
export function cohortValuesOf(rows: readonly ValueRow[]): CohortValue[] {
  const periods = Math.max(-1, ...rows.map(({ period }) => period ?? -1)) + 1
  return [...Map.groupBy(rows, ({ cohort }) => cohort)].flatMap(([cohort, cells]) => {
    const [first] = cells
    if (cohort === null || !first) return []
    const byPeriod = new Map(cells.map((cell) => [cell.period, cell]))
    return {
      cohort,
      size: first.cohortSize,
      firstSeen: first.firstSeen,
      members: first.membersExpression,
      cells: Array.from({ length: periods }, (_, period) => byPeriod.get(period)),
    }
  })
}
