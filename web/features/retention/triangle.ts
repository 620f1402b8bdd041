import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../../server/router.ts'

export type RetentionAnswer = inferRouterOutputs<AppRouter>['analytics']['retention']
export type RetentionCell = RetentionAnswer['rows'][number]

export interface Cohort {
  /** First day of the cohort's month. */
  readonly cohort: string
  readonly size: number
  readonly firstSeen: boolean
  /** By months later, from 1; absent is not observable yet. */
  readonly cells: readonly (RetentionCell | undefined)[]
}

/** The first-purchase months that the mean of a month later is made of. */
export const meanAt = (cohorts: readonly Cohort[], period: number): string[] =>
  cohorts
    .filter(({ firstSeen, cells }) => !firstSeen && cells[period - 1]?.state === 'complete')
    .map(({ cohort }) => cohort)

/** The cells as rows of cohorts, from the first month after the cohort's own to the last one observed. */
export function cohortsOf(rows: readonly RetentionCell[]): Cohort[] {
  const periods = Math.max(0, ...rows.map(({ period }) => period))
  const byCohort = Map.groupBy(rows, ({ cohort }) => cohort)
  return [...byCohort].flatMap(([cohort, cells]) => {
    const [first] = cells
    if (!first) return []
    const byPeriod = new Map(cells.map((cell) => [cell.period, cell]))
    return {
      cohort,
      size: first.cohortSize,
      firstSeen: first.firstSeen,
      cells: Array.from({ length: periods }, (_, index) => byPeriod.get(index + 1)),
    }
  })
}

/** The lowest and the highest complete rate: the ends of the colour ramp. */
export function domainOf(cohorts: readonly Cohort[]): [number, number] {
  const rates = cohorts.flatMap(({ cells }) =>
    cells.flatMap((cell) => (cell?.state === 'complete' && cell.rate !== null ? cell.rate : [])),
  )
  return rates.length === 0 ? [0, 1] : [Math.min(...rates), Math.max(...rates)]
}
