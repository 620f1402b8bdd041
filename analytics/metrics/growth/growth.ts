import { z } from 'zod'
import { addDays, addMonths, endOfMonth, startOfMonth, startOfWeek } from '../../calendar/calendar.ts'
import { boughtBetween } from '../../relations/expressions.ts'
import { everywhere } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { countedBySpan, type Span } from './counting.ts'

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
    return countedBySpan(spans, scope, d)
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
