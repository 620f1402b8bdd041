import { z } from 'zod'
import {
  addDays,
  addMonths,
  daysBetween,
  endOfMonth,
  startOfMonth,
  startOfWeek,
} from '../../calendar/calendar.ts'
import { boughtBetween } from '../../relations/expressions.ts'
import { everywhere, inAudience, inPlace, ofAudience } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { isFirstSeen } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { join, type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** The ledger's periods: so many whole weeks or months, the last one holding asOf and cut there. */
  step: z.enum(['week', 'month']).default('month'),
  steps: z.coerce.number().int().min(1).max(120).default(13),
})

export const growthParts = ['start', 'restated', 'new', 'first seen', 'reactivated', 'lapsed', 'end'] as const

const Row = z.object({
  /** First and last day of the period. */
  from: z.iso.date(),
  to: z.iso.date(),
  /** In progress: it ends after asOf, and its end is counted as of asOf. */
  state: z.enum(['complete', 'in-progress']),
  /** Active before the period begins and at its end, and what leads from the one to the other. */
  part: z.enum(growthParts),
  members: z.int(),
  /** What the part adds to the active members: members, taken off for lapsed and restated ones; null at start and end. */
  change: z.int().nullable(),
  membersExpression: z.string(),
})

export type GrowthRow = z.output<typeof Row>

interface Span {
  readonly from: string
  readonly to: string
  /** The day before the first one, and the last one that is counted. */
  readonly opened: string
  readonly closed: string
}

/** The periods that do not end before the data begins, the one with asOf last. */
function spansOf({ step, steps }: z.output<typeof Settings>, scope: Scope): Span[] {
  const { asOf, dataStart, calendar } = scope
  if (dataStart === null) return []
  return Array.from({ length: steps }, (_, i) => {
    const back = steps - 1 - i
    const from =
      step === 'month'
        ? addMonths(startOfMonth(asOf), -back)
        : addDays(startOfWeek(asOf, calendar.firstWeekday), -7 * back)
    const to = step === 'month' ? endOfMonth(from) : addDays(from, 6)
    return { from, to, opened: addDays(from, -1), closed: to < asOf ? to : asOf }
  }).filter(({ closed }) => closed >= dataStart)
}

/**
 * A ledger of active members by month or week. *Active* is the fixed rule of dormancy: days since the last qualifying
 * order are at most the workspace's threshold (30). Of each period: *start*, active on the day before it; *restated*,
 * of these who is not once refunds known at the end are taken off; *new* (or *first seen*), active at the end, with
 * the first order inside; *reactivated*, active at the end and not at the start, the first order before; *lapsed*,
 * active at the start and not at the end. active(end) = active(start) − restated + new + first seen + reactivated −
 * lapsed, and the end of a period is the start of the next. Each side is what was visible on its day: an order that
 * was refunded whole counts until then. Order filters restrict the orders that make a member active; the first order
 * stays that of all orders. Source: DEFINITIONS, "Growth", "Dormancy", "Time", "Filters".
 */
export const growth = defineMetric({
  name: 'growth',
  version: 1,
  title: { en: 'Growth ledger', 'zh-CN': '会员增减账' },
  description: {
    en: 'Active members at the beginning of each month or week, who came, returned and went quiet, and who is active at its end.',
    'zh-CN': '每月或每周期初有多少活跃会员，其间新增、回来、沉默了多少，期末还有多少。',
  },
  settings: Settings,
  row: Row,

  build(settings, scope, d) {
    const spans = spansOf(settings, scope)
    if (spans.length === 0)
      return sql`select 0 as place, 0 as at_start, 0 as restated, 0 as kept, 0 as at_end, 0 as new, 0 as first_seen where false`
    const { active } = scope.dormancy
    const asOf = d.date(scope.asOf)
    const span = sql`(
        select * from (values ${join(spans.map(({ opened, closed }, i) => sql`(${i}, ${d.date(opened)}, ${d.date(closed)})`))}) as given(place, opened, closed)
      ) as span`
    // who has an order that no longer counts, but counted at the beginning of one of the periods
    const voided = sql`
        select member_key, local_day, void_day from orders
        where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= ${asOf}
          and void_day > ${d.date(spans[0]!.opened)} and void_day <= ${asOf}`
    // a member who bought inside the period is active at its end
    const inside = spans.every(({ opened, closed }) => daysBetween(opened, closed) <= active + 1)
    const parts =
      everywhere(scope) && inside
        ? [byDay(scope, span, d), byOrder(scope, span, sql`member_key in (select member_key from voided)`, d)]
        : [byOrder(scope, span, sql`true`, d)]
    return sql`
      with voided as (${voided})
      ${join(parts, sql` union all `)}
      order by place`
  },

  finish(rows, settings, scope) {
    const counted = z.array(Counted).parse(rows)
    return spansOf(settings, scope).flatMap(({ from, to, opened, closed }, place): GrowthRow[] => {
      const of = (what: keyof z.output<typeof Counted>) =>
        counted.filter((row) => row.place === place).reduce((sum, row) => sum + row[what], 0)
      const [start, end] = [of('atStart'), of('atEnd')]
      const { before, was, is, stillWas, firstInside } = expressionsOf(scope, opened, closed)
      const line = (part: GrowthRow['part'], members: number, sign: 1 | -1 | null, expression: string) => ({
        from,
        to,
        state: to <= scope.asOf ? ('complete' as const) : ('in-progress' as const),
        part,
        members,
        // never −0
        change: sign === null ? null : sign * members + 0,
        membersExpression: expression,
      })
      const on = (rule: string) => `(${rule}) on ${closed}`
      return [
        line('start', start, null, was),
        line('restated', of('restated'), -1, `${was} and not ${on(stillWas)}`),
        line('new', of('new'), 1, on(`${is} and ${firstInside} and first_seen = false`)),
        line('first seen', of('firstSeen'), 1, on(`${is} and ${firstInside} and first_seen = true`)),
        line(
          'reactivated',
          end - of('kept') - of('new') - of('firstSeen'),
          1,
          on(`${is} and ${before} and not (${stillWas})`),
        ),
        line('lapsed', start - of('restated') - of('kept'), -1, on(`${stillWas} and not (${is})`)),
        line('end', end, null, on(is)),
      ]
    })
  },
})

const Counted = z.object({
  place: z.int(),
  atStart: z.int(),
  restated: z.int(),
  /** Active at the start, as known at the end, and at the end. */
  kept: z.int(),
  atEnd: z.int(),
  new: z.int(),
  firstSeen: z.int(),
})

function expressionsOf(scope: Scope, opened: string, closed: string) {
  const { active } = scope.dormancy
  const boughtBy = (day: string) => boughtBetween(scope, addDays(day, -active), day)
  const activeOn = (day: string) => (everywhere(scope) ? 'status = "active"' : boughtBy(day))
  return {
    was: `(${activeOn(opened)}) on ${opened}`,
    is: activeOn(closed),
    stillWas: boughtBy(opened),
    firstInside: `first_order between ${addDays(opened, 1)} and ${closed}`,
    before: `first_order <= ${opened}`,
  }
}

/**
 * Members all of whose orders count to this day, from their purchase days alone: the last one before a day says whether
 * they are active on it, and whoever bought again inside a period is active at its end.
 */
function byDay(scope: Scope, span: Sql, d: Dialect): Sql {
  const { active } = scope.dormancy
  const lastBy = (day: Sql) =>
    sql`local_day <= ${day} and coalesce(next_day > ${day}, true) and local_day >= ${d.addDays(day, -active)}`
  const [atStart, atEnd] = [lastBy(sql`opened`), lastBy(sql`closed`)]
  return sql`
      select place, ${d.countIf(atStart)} as at_start, 0 as restated,
        ${d.countIf(sql`${atStart} and (local_day >= ${d.addDays(sql`closed`, -active)} or coalesce(next_day <= closed, false))`)} as kept,
        ${d.countIf(atEnd)} as at_end,
        ${d.countIf(sql`${atEnd} and first_day > opened and not first_seen`)} as new,
        ${d.countIf(sql`${atEnd} and first_day > opened and first_seen`)} as first_seen
      from (
        select * from ${ofAudience(scope, scope.tables.memberDay)} as any_day
        where orders > 0 and member_key not in (select member_key from voided)
      ) as purchase_day
      join ${span} on local_day <= closed and local_day >= ${d.addDays(sql`opened`, -active)}
      group by place`
}

/** Any members, from all their orders, each as long as it counted. */
function byOrder(scope: Scope, span: Sql, only: Sql, d: Dialect): Sql {
  const { active } = scope.dormancy
  const knownAtEnd = sql`coalesce(void_day > closed, true)`
  return sql`
      select place, ${d.countIf(sql`at_start > 0`)} as at_start, ${d.countIf(sql`at_start > 0 and still = 0`)} as restated,
        ${d.countIf(sql`still > 0 and at_end > 0`)} as kept, ${d.countIf(sql`at_end > 0`)} as at_end,
        ${d.countIf(sql`at_end > 0 and first_day > opened and not first_seen`)} as new,
        ${d.countIf(sql`at_end > 0 and first_day > opened and first_seen`)} as first_seen
      from (
        select moved.*, known.first_day, ${isFirstSeen(sql`known.first_day`, sql`joined.joined_day`)} as first_seen
        from (
          select member_key, place, opened, closed, ${d.countIf(sql`local_day <= opened`)} as at_start,
            ${d.countIf(sql`local_day <= opened and ${knownAtEnd}`)} as still,
            ${d.countIf(sql`local_day >= ${d.addDays(sql`closed`, -active)} and ${knownAtEnd}`)} as at_end
          from (
            select member_key, local_day, void_day from orders
            where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= ${d.date(scope.asOf)}
              and ${only} and ${inPlace(scope)} and ${inAudience(scope, sql`member_key`)}
          ) as counted
          join ${span} on local_day <= closed and local_day >= ${d.addDays(sql`opened`, -active)}
            and coalesce(void_day > opened, true)
          group by member_key, place, opened, closed
        ) as moved
        join (select member_key, joined_day from members) as joined on joined.member_key = moved.member_key
        cross join workspace_state as state
        left join (
          select member_key, place, min(local_day) as first_day
          from (
            select member_key, place, first_day as local_day from ${scope.tables.memberFacts} as facts cross join ${span}
            where first_day is not null and ${only}
            union all
            select member_key, place, local_day from voided join ${span} on local_day <= closed and void_day > closed
          ) as begun
          group by member_key, place
        ) as known on known.member_key = moved.member_key and known.place = moved.place
      ) as flagged
      group by place`
}

/** How the active members changed in the newest complete period, and by what. */
export function growthFindings(rows: readonly GrowthRow[], step: 'week' | 'month'): Finding[] {
  const last = rows.findLast(({ part, state }) => part === 'end' && state === 'complete')
  const of = (part: GrowthRow['part']) =>
    rows.find((row) => row.from === last?.from && row.part === part)?.members ?? 0
  const start = of('start')
  if (!last || start === 0) return [{ id: 'growth.neutral', values: {} }]
  const id = last.members > start ? 'grew' : last.members < start ? 'shrank' : 'level'
  return [
    {
      id: `growth.${id}-${step}`,
      values: {
        ...(step === 'month' ? { since: last.from } : { day: last.from }),
        start,
        end: last.members,
        came: of('new') + of('first seen'),
        returned: of('reactivated'),
        quiet: of('lapsed'),
      },
    },
  ]
}
