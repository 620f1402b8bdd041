import { memberNames } from '../relations/member-names.ts'
import { addDays } from '../calendar/calendar.ts'
import type { Dialect } from '../sql/dialect.ts'
import { join, type Sql, sql } from '../sql/sql.ts'
import type { Clause } from './ast.ts'
import type { DaySetting } from './compile.ts'
import { conditionSql } from './condition-sql.ts'
import { type Answer, holds } from './evaluate.ts'
import { conditionsOf, measuresByName } from './fields/catalogue.ts'
import type { Aggregate } from './fields/measure.ts'

/** What of a member's lies in the window of a measure on a day, a day with something at a time. */
export interface WindowDay {
  readonly day: string
  readonly count: number
  /** Money in minor units, or how many items. */
  readonly amount: number
}

/** In how many days what happened leaves the window of a clause; null where it has none that moves by itself alone. */
export function windowOf({ subject }: Clause): number | null {
  if (subject.kind !== 'measure') return null
  const conditions = conditionsOf(subject.measure)
  const { source, of, per } = measuresByName.get(subject.measure)!
  const within = subject.where.flatMap((one) => (one.kind === 'within' ? [one.days] : []))
  const others = subject.where.filter((one) => one.kind !== 'within')
  if (within.length === 0 || of === 'first' || of === 'last' || per?.over === 'all') return null
  // conditions on days move too
  if (others.some((one) => one.kind === 'condition' && conditions.get(one.field)!.kind === 'day')) return null
  return source.name === 'orders' || source.name === 'items' ? Math.min(...within) : null
}

/** A row per day on which something of the member's lies in the clause's window: `day`, `count` and `amount`. */
export function compileWindow(
  { subject }: Clause,
  memberId: string,
  { scope, newest, currencyDecimals }: DaySetting & { readonly currencyDecimals: number },
  d: Dialect,
): Sql | null {
  if (subject.kind !== 'measure') return null
  const measure = measuresByName.get(subject.measure)!
  const { source } = measure
  const reading = { ...scope, newest, d }
  const rows = source.rows(subject.where, reading)
  if (rows.kind !== 'stored') return null
  const day = conditionsOf(subject.measure).get(source.day)!.column(reading)
  const test = { asOf: scope.asOf, currencyDecimals, d }
  const conditions = subject.where.map((one) => sql`(${conditionSql(one, measure, reading, test)})`)
  return sql`select ${day} as day, ${rows.aggregates.count} as count, ${rows.aggregates.amount} as amount
    from ${rows.relation} as entry
    where entry.member_key in (select member_key from ${memberNames} as names where named = ${memberId})
      and ${join(conditions, sql` and `)}
    group by ${day} order by ${day}`
}

/**
 * The first day on which a clause answers otherwise because what happened has left its window, nothing else happening;
 * undefined where it never does. `window` is what lies in it now.
 */
export function lapsesOn(
  clause: Clause,
  window: readonly WindowDay[],
  at: { readonly asOf: string; readonly currencyDecimals: number },
): string | undefined {
  const days = windowOf(clause)
  if (days === null) return undefined
  const now = answers(clause, window, at)
  for (const [i, { day }] of window.entries())
    if (answers(clause, window.slice(i + 1), at) !== now) return addDays(day, days + 1)
  return undefined
}

/** The last day of which something new still adds to all that lies in the clause's window now; undefined for none. */
export function lastWhole(clause: Clause, window: readonly WindowDay[]): string | undefined {
  const days = windowOf(clause)
  return days === null || window.length === 0 ? undefined : addDays(window[0]!.day, days)
}

function answers(
  { subject, test }: Clause,
  window: readonly WindowDay[],
  at: { readonly asOf: string; readonly currencyDecimals: number },
): boolean {
  const { kind, of, per } = measuresByName.get(subject.kind === 'measure' ? subject.measure : subject.field)!
  const total = (one: Aggregate) =>
    window.reduce((sum, day) => sum + day[one === 'count' ? one : 'amount'], 0)
  const answer: Answer = { kind, value: total(of), ...(per ? { per: total(per.of) } : {}) }
  return holds(test, answer, at)
}
