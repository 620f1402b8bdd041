import { z } from 'zod'
import { addMonths, endOfMonth, monthsBetween } from '../../calendar/calendar.ts'
import { firstSeenCohort } from '../../relations/cohorts.ts'
import { inMonthlyCohort } from '../../relations/expressions.ts'
import { askedMembers, everywhere, inPlace, ofAudience } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { netEvents } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Average, average, wholeMinor } from '../ratio.ts'

const Settings = z.object({
  /** The last period shown: months after the cohort's own. */
  periods: z.coerce.number().int().min(0).max(120).default(24),
})

const Row = z.object({
  /** First day of the cohort's month; null: the members without a qualifying order, in one line. */
  cohort: z.iso.date().nullable(),
  /** Months after the cohort's month; null on that line. */
  period: z.int().nullable(),
  cohortSize: z.int(),
  /** Net of the cohort's members in the period; period 0 holds what came before it too. */
  netMinor: z.int(),
  /** Net through the period. */
  cumulativeNetMinor: z.int(),
  /** Cumulative net per cohort member; unknown while the period is in progress. */
  value: Average.nullable(),
  state: z.enum(['complete', 'in-progress']),
  firstSeen: z.boolean(),
  /** The cohort's members, in the segment language. */
  membersExpression: z.string(),
})

export type LtvRow = z.output<typeof Row>

const Counted = z.object({
  cohort: z.string().nullable(),
  cohortSize: z.int(),
  period: z.int().nullable(),
  netMinor: z.int().nullable(),
})

/**
 * Historic lifetime value: net, refunds taken off on their own dates, cumulated per member of a
 * monthly first-order cohort through the k-th month after it. `value` is known for complete cells
 * only; a cell in progress states its net so that the lines add up. A member's net before the
 * cohort's month (a refund without an order, an order that was voided) is in period 0. One line holds
 * the members without a qualifying order: all lines' last cumulative net and it make the members'
 * whole net, unless the cohorts are older than `periods`. Order filters restrict the net that is
 * counted, never the cohort. Source: DEFINITIONS, "Value", "Orders and refunds".
 */
export const ltv = defineMetric({
  name: 'ltv',
  version: 1,
  title: { en: 'Historic value per member', 'zh-CN': '人均累计消费' },
  description: {
    en: 'What the members of a first-order month have spent per head, month after month.',
    'zh-CN': '按首购月份分组的会员，人均累计净消费随月份的增长。',
  },
  settings: Settings,
  row: Row,

  build(_settings, scope, d) {
    return sql`
      with cohort as (
        select cohort_month, count(*) as members from ${askedMembers(scope)} as asked group by cohort_month
      ),
      spent as (${netByCohortAndMonth(scope, d)})
      select cohort.cohort_month as cohort, cohort.members as cohort_size,
        ${d.monthsBetween(sql`cohort.cohort_month`, sql`spent.month`)} as period, ${d.sum(sql`spent.net_minor`)} as net_minor
      from cohort left join spent on spent.cohort_month is not distinct from cohort.cohort_month
      group by cohort.cohort_month, cohort.members, period
      order by cohort nulls last, period`
  },

  finish(rows, { periods }, scope) {
    const byCohort = Map.groupBy(z.array(Counted).parse(rows), ({ cohort }) => cohort)
    return [...byCohort].flatMap(([cohort, cells]) => {
      const cohortSize = cells[0]!.cohortSize
      const net = (from: number, to: number) =>
        cells
          .filter(({ period }) => period !== null && period >= from && period <= to)
          .reduce((sum, cell) => sum + cell.netMinor!, 0)
      if (cohort === null) {
        const whole = cells.reduce((sum, cell) => sum + (cell.netMinor ?? 0), 0)
        return [
          {
            cohort,
            period: null,
            cohortSize,
            netMinor: whole,
            cumulativeNetMinor: whole,
            value: null,
            state: 'complete' as const,
            firstSeen: false,
            membersExpression: 'orders = 0',
          },
        ]
      }
      const last = Math.min(periods, monthsBetween(cohort, scope.asOf))
      return Array.from({ length: last + 1 }, (_, period): LtvRow => {
        const through = net(-Infinity, period)
        const complete = endOfMonth(addMonths(cohort, period)) <= scope.asOf
        return {
          cohort,
          period,
          cohortSize,
          netMinor: period === 0 ? through : net(period, period),
          cumulativeNetMinor: through,
          value: complete ? average(through, cohortSize) : null,
          state: complete ? 'complete' : 'in-progress',
          firstSeen: firstSeenCohort(scope, cohort),
          membersExpression: inMonthlyCohort(cohort),
        }
      })
    })
  },
})

const netByCohortAndMonth = (scope: Scope, d: Dialect): Sql => {
  if (everywhere(scope) && !scope.audience)
    return sql`select cohort_month, month, net_minor from ${scope.tables.cohortMonth}`
  if (everywhere(scope))
    return sql`
        select cohort_month, month, ${d.sum(sql`net_minor`)} as net_minor
        from ${ofAudience(scope, scope.tables.memberMonth)} as spending
        group by cohort_month, month`
  return sql`
        select cohort_month, month, ${d.sum(sql`spending.net_minor`)} as net_minor
        from (
          select member_key, ${d.startOf('month', sql`local_day`)} as month, net_minor
          from (${netEvents(d.date(scope.asOf))}) as event where ${inPlace(scope)}
        ) as spending
        join ${askedMembers(scope)} as member on member.member_key = spending.member_key
        group by cohort_month, month`
}

/** A point of the blended curve. */
export interface BlendedValue {
  readonly period: number
  /** Cohorts that are complete at this period and count: new ones only. */
  readonly cohorts: number
  /** Their members. */
  readonly members: number
  /** What a member adds in this period, and has spent through it: whole minor units. */
  readonly stepMinor: number
  readonly cumulativeMinor: number
}

/**
 * The blended curve adds up steps, each the net of a period ÷ members over the cohorts complete at it.
 * First-seen cohorts are left out; the curve ends where no cohort is left.
 */
export function blendedValue(rows: readonly LtvRow[]): BlendedValue[] {
  const curve: BlendedValue[] = []
  let cumulative = 0
  for (let period = 0; ; period++) {
    const cells = rows.filter((row) => row.period === period && row.state === 'complete' && !row.firstSeen)
    const members = cells.reduce((sum, cell) => sum + cell.cohortSize, 0)
    if (members === 0) return curve
    const step = cells.reduce((sum, cell) => sum + cell.netMinor, 0) / members
    cumulative += step
    curve.push({
      period,
      cohorts: cells.length,
      members,
      stepMinor: wholeMinor(step),
      cumulativeMinor: wholeMinor(cumulative),
    })
  }
}

/** How far a member's value grows after the first month. */
export function ltvFindings(rows: readonly LtvRow[]): Finding[] {
  const curve = blendedValue(rows)
  const [first, latest] = [curve[0], curve.at(-1)]
  if (!first || !latest || latest.period === 0 || first.cumulativeMinor <= 0)
    return [
      { id: rows.some(({ cohort }) => cohort !== null) ? 'ltv.only-first-seen' : 'ltv.neutral', values: {} },
    ]
  return [
    {
      id: 'ltv.grows',
      values: {
        periods: latest.period,
        firstMinor: first.cumulativeMinor,
        latestMinor: latest.cumulativeMinor,
        times: latest.cumulativeMinor / first.cumulativeMinor,
      },
    },
  ]
}
