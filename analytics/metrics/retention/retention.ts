import { z } from 'zod'
import { AskedDay } from '../../calendar/day.ts'
import { addMonths, endOfMonth } from '../../calendar/calendar.ts'
import { firstSeenCohort } from '../../relations/cohorts.ts'
import { boughtBetween, inMonthlyCohort } from '../../relations/expressions.ts'
import { askedMembers, countedOrders, everywhere, ofAudience } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** The last period shown: months after the cohort's own. */
  periods: z.coerce.number().int().min(0).max(60).default(12),
  /** First cohort shown: any day of its month. Default: the first there is. */
  since: AskedDay.optional(),
})

const Row = z.object({
  /** First day of the cohort's month. */
  cohort: z.iso.date(),
  /** Months after the cohort's month; 0 is that month itself. */
  period: z.int(),
  cohortSize: z.int(),
  eligible: z.int(),
  returned: z.int(),
  /** returned ÷ eligible. */
  rate: z.number().nullable(),
  state: z.enum(['complete', 'in-progress']),
  firstSeen: z.boolean(),
  /** The members behind `returned`, in the segment language. */
  membersExpression: z.string(),
})

export type RetentionCell = z.output<typeof Row>

const Counted = z.object({ cohort: z.string(), period: z.int(), cohortSize: z.int(), returned: z.int() })

/**
 * Bounded calendar retention. A cohort is the members whose first qualifying order ever falls in one
 * local month; `returned` at period k counts those with at least one counted qualifying order in the
 * k-th month after it, of `eligible` = all of the cohort, which a calendar month observes alike.
 * Order filters (store, channel) restrict which orders count as a return, never the cohort, so that
 * period 0 may then be less than the cohort. A cell is complete when its month's last day ≤ asOf, in
 * progress in the month of asOf before that, and has no row later. `firstSeen` marks a cohort that
 * begins within 90 days of the start of the data: shown, but out of averages.
 * Source: DEFINITIONS, "Cohorts and retention".
 */
export const retention = defineMetric({
  name: 'retention',
  version: 1,
  title: { en: 'Retention', 'zh-CN': '留存' },
  description: {
    en: 'Of the members whose first order fell in a month, how many ordered again in each month after it.',
    'zh-CN': '按首购月份分组的会员，在之后每个月有多少人再次下单。',
  },
  settings: Settings,
  row: Row,

  build({ periods, since }, scope, d) {
    const asOf = d.date(scope.asOf)
    const sinceMonth = d.startOf('month', d.date(since ?? '0001-01-01'))
    return sql`
      with cohort as (
        select cohort_month, count(*) as members
        from ${askedMembers(scope)} as asked
        where cohort_month >= ${sinceMonth}
        group by cohort_month
      ),
      bought as (${buyersByMonth(scope, d)})
      select cohort.cohort_month as cohort, later.n as period, cohort.members as cohort_size,
        coalesce(bought.members, 0) as returned
      from cohort
      join ${d.integers(periods + 1)} as later
        on later.n <= ${d.monthsBetween(sql`cohort.cohort_month`, asOf)}
      left join bought
        on bought.cohort_month = cohort.cohort_month
        and ${d.monthsBetween(sql`cohort.cohort_month`, sql`bought.month`)} = later.n
      order by cohort, period`
  },

  finish: (rows, _settings, scope) =>
    z
      .array(Counted)
      .parse(rows)
      .map(({ cohort, period, cohortSize, returned }) => {
        const month = addMonths(cohort, period)
        return {
          cohort,
          period,
          cohortSize,
          eligible: cohortSize,
          returned,
          rate: cohortSize === 0 ? null : returned / cohortSize,
          state: endOfMonth(month) <= scope.asOf ? 'complete' : 'in-progress',
          firstSeen: firstSeenCohort(scope, cohort),
          membersExpression: `${inMonthlyCohort(cohort)} and ${boughtBetween(scope, month, endOfMonth(month))}`,
        }
      }),
})

/** Per cohort and month, the members with a counted order in it; from the most condensed table that can say it. */
const buyersByMonth = (scope: Scope, d: Dialect): Sql => {
  if (everywhere(scope) && !scope.audience)
    return sql`select cohort_month, month, members from ${scope.tables.cohortMonth}`
  return everywhere(scope)
    ? sql`
        select cohort_month, month, count(*) as members
        from ${ofAudience(scope, scope.tables.memberMonth)} as active
        where orders > 0
        group by cohort_month, month`
    : sql`
        select cohort_month, month, count(*) as members
        from (
          select distinct member_key, ${d.startOf('month', sql`first_day`)} as cohort_month,
            ${d.startOf('month', sql`local_day`)} as month
          from ${countedOrders(scope)} as counted
        ) as active
        group by cohort_month, month`
}

/** The weighted mean of a period over the complete cells of new cohorts. */
export interface RetentionAverage {
  readonly period: number
  /** How many cohorts are in it; 0: none is left, and the rate is unknown. */
  readonly cohorts: number
  readonly eligible: number
  readonly returned: number
  readonly rate: number | null
}

/**
 * The mean of each period, weighted by eligible members, over complete cells of cohorts that are not
 * first seen; a period for which no such cell remains says so with 0 cohorts and no rate.
 */
export function retentionAverages(cells: readonly RetentionCell[]): RetentionAverage[] {
  const periods = Math.max(-1, ...cells.map(({ period }) => period))
  return Array.from({ length: periods + 1 }, (_, period) => {
    const counted = cells.filter(
      (cell) => cell.period === period && cell.state === 'complete' && !cell.firstSeen,
    )
    const eligible = counted.reduce((sum, cell) => sum + cell.eligible, 0)
    const returned = counted.reduce((sum, cell) => sum + cell.returned, 0)
    return {
      period,
      cohorts: counted.length,
      eligible,
      returned,
      rate: eligible > 0 ? returned / eligible : null,
    }
  })
}

/**
 * Whether newer cohorts come back after a month more or less than older ones: the last three against the
 * three before; a difference that chance alone would often show is none.
 */
export function retentionFindings(cells: readonly RetentionCell[]): Finding[] {
  const month1 = cells.filter((cell) => cell.period === 1 && cell.state === 'complete' && !cell.firstSeen)
  if (month1.length === 0) {
    const only = cells.some(({ firstSeen }) => firstSeen)
    return [{ id: only ? 'retention.only-first-seen' : 'retention.neutral', values: {} }]
  }
  const mean = (some: readonly RetentionCell[]) =>
    some.reduce((sum, cell) => sum + cell.returned, 0) / some.reduce((sum, cell) => sum + cell.eligible, 0)
  const [older, newer] = [month1.slice(-6, -3), month1.slice(-3)]
  const enough =
    older.length === 3 && [older, newer].every((some) => some.reduce((n, c) => n + c.eligible, 0) >= 100)
  // No difference that is proven is not proof of none: single cohorts may differ, so nothing is called steady.
  const neutral: Finding[] = [
    { id: 'retention.month-1', values: { rate: mean(month1), cohorts: month1.length } },
  ]
  if (!enough) return neutral
  const values = { before: mean(older), after: mean(newer), since: newer[0]!.cohort }
  const change = values.after - values.before
  const counts = [older, newer].map((some) => some.reduce((n, cell) => n + cell.eligible, 0))
  const pooled = mean([...older, ...newer])
  const standardError = Math.sqrt(pooled * (1 - pooled) * (1 / counts[0]! + 1 / counts[1]!))
  if (Math.abs(change) < Math.max(0.02, 1.96 * standardError)) return neutral
  return [{ id: change < 0 ? 'retention.fell' : 'retention.rose', values }]
}
