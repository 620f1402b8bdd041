import { z } from 'zod'
import { type Status, statusBy, statuses } from '../../relations/dormancy-rules.ts'
import { askedMembers, everywhere, inPlace } from '../../relations/member-orders.ts'
import { rhythms } from '../../relations/rhythm.ts'
import { sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({})

const Row = z.object({
  /** A status by each rule; null: that rule is refused for the shop. */
  fixed: z.enum(statuses),
  rhythm: z.enum(statuses).nullable(),
  model: z.enum(statuses).nullable(),
  /** Who has these statuses. */
  members: z.int(),
  /**
   * Of them, summed: what they would spend within 365 days if they were sure to be alive, less what is expected of them.
   * Where amounts are not foretold, the yearly net before silence.
   */
  valueAtRiskMinor: z.int(),
  valueBasis: z.enum(['expected', 'before silence']),
  /** The members, in the segment language; null within stores or channels, where it has no word for it. */
  membersExpression: z.string().nullable(),
})

export type DormancyRulesRow = z.output<typeof Row>

const Counted = z.object({
  fixed: z.enum(statuses),
  rhythm: z.enum(statuses).nullable(),
  model: z.enum(statuses).nullable(),
  members: z.int(),
  yearlyMinor: z.int(),
  atRiskMinor: z.int().nullable(),
})

const place = (status: Status | null) => (status === null ? -1 : statuses.indexOf(status))

/**
 * The three rules of dormancy side by side: how many members have which status by fixed days, by their own rhythm and by
 * P(alive), and what may not come back with them. Every member is in one row. Stores and channels choose members who
 * bought there; what is said of them is by all that they buy.
 * Source: DEFINITIONS.md, "Dormancy", "Value at risk".
 */
export const dormancyRules = defineMetric({
  name: 'dormancy-rules',
  version: 1,
  title: { en: 'Dormancy by three rules', 'zh-CN': '三种沉睡规则' },
  description: {
    en: 'Members by their status under each rule (fixed days, own rhythm, model), where the rules agree, and the value at risk.',
    'zh-CN': '会员在固定天数、自身节奏、模型三种规则下的状态，规则是否一致，以及流失风险价值。',
  },
  settings: Settings,
  row: Row,
  foretold: true,

  build(_settings, scope, d) {
    const { asOf, tables, dormancy } = scope
    return sql`
      select ${statusBy.fixed(asOf, dormancy, d)} as fixed, ${statusBy.rhythm(asOf, d)} as rhythm,
        ${statusBy.model()} as model, count(*) as members, ${d.sum(sql`facts.yearly_net_minor`)} as yearly_minor,
        ${d.sum(sql`scores.clv_if_alive_minor - scores.clv_minor`)} as at_risk_minor
      from ${askedMembers(scope)} as facts
      left join ${rhythms(tables)} as rhythm on rhythm.member_key = facts.member_key
      left join ${tables.memberScores} as scores on scores.member_key = facts.member_key
      ${everywhere(scope) ? sql`` : sql`where facts.member_key in (select member_key from ${tables.memberOrders} as bought where ${inPlace(scope, tables.orderItems)})`}
      group by 1, 2, 3`
  },

  finish(rows, _settings, scope) {
    const foretold =
      scope.models !== undefined &&
      scope.models.value.kind !== 'refused' &&
      scope.models.quality.kind !== 'refused'
    const is = (field: string, status: string | null) =>
      status === null ? `${field} is unknown` : `${field} = "${status}"`
    return z
      .array(Counted)
      .parse(rows)
      .toSorted(
        (a, b) =>
          place(a.fixed) - place(b.fixed) ||
          place(a.rhythm) - place(b.rhythm) ||
          place(a.model) - place(b.model),
      )
      .map(({ fixed, rhythm, model, members, yearlyMinor, atRiskMinor }) => ({
        fixed,
        rhythm,
        model,
        members,
        valueAtRiskMinor: foretold ? (atRiskMinor ?? 0) : yearlyMinor,
        valueBasis: foretold ? 'expected' : 'before silence',
        membersExpression: everywhere(scope)
          ? [is('status', fixed), is('rhythm_status', rhythm), is('model_status', model)].join(' and ')
          : null,
      }))
  },
})

/** How many buyers have one status by every rule that says something; by fixed days alone where no other does. */
export function dormancyRulesFindings(rows: readonly DormancyRulesRow[]): Finding[] {
  const buyers = rows.filter(({ fixed }) => fixed !== 'never bought')
  const total = (some: readonly DormancyRulesRow[]) => some.reduce((sum, row) => sum + row.members, 0)
  const members = total(buyers)
  if (members === 0) return [{ id: 'dormancy-rules.neutral', values: {} }]
  if (buyers.every(({ rhythm, model }) => rhythm === null && model === null))
    return [{ id: 'dormancy-rules.fixed-alone', values: {} }]
  const agreeing = total(
    buyers.filter(({ fixed, rhythm, model }) => (rhythm ?? fixed) === fixed && (model ?? fixed) === fixed),
  )
  return [{ id: 'dormancy-rules.agree', values: { agreeing, members, share: agreeing / members } }]
}
