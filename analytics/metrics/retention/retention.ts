import { z } from 'zod'
import { addMonths, endOfMonth } from '../../calendar/calendar.ts'
import { firstSeenCohort } from '../../relations/cohorts.ts'
import { boughtBetween, inMonthlyCohort } from '../../relations/expressions.ts'
import { askedMembers, countedOrders, everywhere } from '../../relations/member-orders.ts'
import { sql } from '../../sql/sql.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** The last period shown: months after the cohort's own. */
  periods: z.coerce.number().int().min(0).max(60).default(12),
  /** First cohort shown: any day of its month. Default: the first there is. */
  since: z.iso.date().optional(),
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
    // Over all activity the months are counted already; within stores or channels the orders are asked.
    const active = everywhere(scope)
      ? sql`select member_key, month from ${scope.tables.memberMonth} where orders > 0`
      : sql`select distinct member_key, ${d.startOf('month', sql`local_day`)} as month
        from ${countedOrders(scope)} as counted`
    return sql`
      with cohort_member as (
        select member_key, cohort_month
        from ${askedMembers(scope)} as asked
        where cohort_month is not null and cohort_month >= ${d.startOf('month', d.date(since ?? '0001-01-01'))}
      ),
      cohort as (
        select cohort_month, count(*) as members from cohort_member group by cohort_month
      ),
      active as (${active}),
      returns as (
        select cohort_month, ${d.monthsBetween(sql`cohort_month`, sql`active.month`)} as period, count(*) as members
        from active join cohort_member on cohort_member.member_key = active.member_key
        group by cohort_month, period
      )
      select cohort.cohort_month as cohort, later.n as period, cohort.members as cohort_size,
        coalesce(returns.members, 0) as returned
      from cohort
      join ${d.integers(periods + 1)} as later
        on later.n <= ${d.monthsBetween(sql`cohort.cohort_month`, asOf)}
      left join returns on returns.cohort_month = cohort.cohort_month and returns.period = later.n
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
          membersExpression: `${inMonthlyCohort(cohort)} AND ${boughtBetween(scope, month, endOfMonth(month))}`,
        }
      }),
})
