import { z } from 'zod'
import { askedMembers, countedTotals, everywhere, inPlace } from '../../relations/member-orders.ts'
import { type Status, statuses } from '../../relations/dormancy-rules.ts'
import type { DormancyThresholds, Scope } from '../../relations/scope.ts'
import { netEvents } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** The silence curve's points: every so many days … */
  every: z.coerce.number().int().min(1).max(365).default(10),
  /** … up to so many. */
  until: z.coerce.number().int().min(0).max(3650).default(360),
})

const Row = z.object({
  /** A status of the fixed rule, or a point of the silence curve. */
  kind: z.enum(['status', 'silence']),
  status: z.enum(statuses).nullable(),
  /** Status: its first and last number of days since the last order; null: no bound, or never bought. */
  fromDays: z.int().nullable(),
  toDays: z.int().nullable(),
  members: z.int(),
  /** Yearly net before silence, summed: what these members bring a year when they buy. */
  valueAtRiskMinor: z.int(),
  /** The members, in the segment language; null within stores or channels, where it has no word for it. */
  membersExpression: z.string().nullable(),
})

export type DormancyRow = z.output<typeof Row>

const Counted = z.object({ silentDays: z.int().nullable(), members: z.int(), valueMinor: z.int() })

/** The fixed rule: the status of a member whose last order lies `silentDays` before asOf; null: no order. */
export function fixedStatus(silentDays: number | null, thresholds: DormancyThresholds): Status {
  if (silentDays === null) return 'never bought'
  if (silentDays <= thresholds.active) return 'active'
  if (silentDays <= thresholds.cooling) return 'cooling'
  return silentDays <= thresholds.dormant ? 'dormant' : 'lost'
}

/**
 * Every member's status by the fixed rule (days since the last qualifying order ≤ 30 active, ≤ 90
 * cooling, ≤ 180 dormant, else lost; thresholds are settings of the workspace), with the value at risk
 * by its fallback, "yearly net before silence": net from 364 days before the last order's day through
 * asOf, at least 0 for each member. And the silence curve: how many buyers have been silent for at
 * least d days. Order filters restrict the orders and the net: the last order is then the last one
 * there, and who never bought there counts as never bought.
 * Source: DEFINITIONS, "Dormancy", "Value".
 */
export const dormancy = defineMetric({
  name: 'dormancy',
  version: 1,
  title: { en: 'Dormancy', 'zh-CN': '沉睡会员' },
  description: {
    en: 'How many members are active, cooling, dormant or lost, and the yearly net they brought before they went quiet.',
    'zh-CN': '活跃、趋冷、沉睡、流失的会员各有多少，以及他们沉默之前一年的净消费。',
  },
  settings: Settings,
  row: Row,

  build(_settings, scope, d) {
    const silent = d.daysBetween(sql`last_day`, d.date(scope.asOf))
    return sql`
      select ${silent} as silent_days, count(*) as members, ${d.sum(sql`yearly_net_minor`)} as value_minor
      from ${everywhere(scope) ? askedMembers(scope) : sql`(${lastCounted(scope, d)})`} as member
      group by silent_days
      order by silent_days`
  },

  finish(rows, { every, until }, scope) {
    const counted = z.array(Counted).parse(rows)
    const { active, cooling, dormant } = scope.dormancy
    const bounds = {
      active: [0, active],
      cooling: [active + 1, cooling],
      dormant: [cooling + 1, dormant],
      lost: [dormant + 1, null],
      'never bought': [null, null],
    } as const
    const total = (some: typeof counted) => ({
      members: some.reduce((sum, row) => sum + row.members, 0),
      valueAtRiskMinor: some.reduce((sum, row) => sum + row.valueMinor, 0),
    })
    const expressed = (expression: string) => (everywhere(scope) ? expression : null)
    const byStatus = statuses.map((status) => ({
      kind: 'status' as const,
      status,
      fromDays: bounds[status][0],
      toDays: bounds[status][1],
      ...total(counted.filter(({ silentDays }) => fixedStatus(silentDays, scope.dormancy) === status)),
      membersExpression: expressed(`status = "${status}"`),
    }))
    const curve = Array.from({ length: Math.floor(until / every) + 1 }, (_, i) => ({
      kind: 'silence' as const,
      status: null,
      fromDays: i * every,
      toDays: null,
      ...total(counted.filter(({ silentDays }) => silentDays !== null && silentDays >= i * every)),
      membersExpression: expressed(`days_since_order >= ${i * every}`),
    }))
    return [...byStatus, ...curve]
  },
})

/** Each member's last order and yearly net within the question's stores and channels. */
const lastCounted = (scope: Scope, d: Dialect): Sql => sql`
        select asked.member_key, latest.last_day, greatest(coalesce(yearly.net_minor, 0), 0) as yearly_net_minor
        from ${askedMembers(scope)} as asked
        left join ${countedTotals(scope, d)} as latest on latest.member_key = asked.member_key
        left join (
          select event.member_key, ${d.sum(sql`event.net_minor`)} as net_minor
          from (select * from (${netEvents(d.date(scope.asOf))}) as any_event where ${inPlace(scope)}) as event
          join ${countedTotals(scope, d)} as until
            on until.member_key = event.member_key and event.local_day >= ${d.addDays(sql`until.last_day`, -364)}
          group by event.member_key
        ) as yearly on yearly.member_key = asked.member_key`

/** Where the yearly net lies that may not come back. */
export function dormancyFindings(rows: readonly DormancyRow[]): Finding[] {
  const of = (status: DormancyRow['status']) => rows.find((row) => row.status === status)
  const [cooling, dormant] = [of('cooling'), of('dormant')]
  const buyers = rows.filter(({ status }) => status !== null && status !== 'never bought')
  const members = buyers.reduce((sum, row) => sum + row.members, 0)
  if (!cooling || !dormant || members === 0) return [{ id: 'dormancy.neutral', values: {} }]
  return [
    dormant.members > 0
      ? {
          id: 'dormancy.dormant-value',
          values: {
            members: dormant.members,
            valueMinor: dormant.valueAtRiskMinor,
            share: dormant.members / members,
            fromDays: dormant.fromDays!,
            toDays: dormant.toDays!,
          },
        }
      : { id: 'dormancy.none-dormant', values: { cooling: cooling.members, members } },
  ]
}
