import type { Dialect } from '../sql/dialect.ts'
import { join, type Scalar, type Sql, sql } from '../sql/sql.ts'
import type { Test, Value } from './ast.ts'
import { resolveDay } from './days.ts'
import type { Asked } from './fields/catalogue.ts'

/** What a test is asked of: the value of what it is about, for an average or a share with what it is divided by. */
export interface Tested {
  readonly asked: Asked
  readonly value: Sql
  readonly per?: Sql
}

/** The day that relative days count from, and the decimals of amounts. */
export interface TestSetting {
  readonly asOf: string
  readonly currencyDecimals: number
  readonly d: Dialect
}

/** A condition that may be unknown, which counts as not meeting it, as one that is true or false. */
export const decided = (condition: Sql): Sql => sql`coalesce(${condition}, false)`

/**
 * Whether a value meets a test; of an unknown value it is unknown, except to `is known` and `is unknown`. Where members or rows are kept by
 * it, that is as good as false, and an engine sees what it may skip in a bare comparison; NOT and what is answered take
 * it `decided`.
 */
export function meets(test: Test, { asked, value: given, per }: Tested, setting: TestSetting): Sql {
  const { d } = setting
  // value / per is compared with x as value with x · per: exact, and false where per is 0; a share in hundredths of a percent
  const value = asked.kind === 'percent' ? sql`${given} * ${hundredths}` : given
  const against = (operand: Value) =>
    per ? sql`${bound(operand, asked, setting)} * ${per}` : bound(operand, asked, setting)
  const defined = (condition: Sql) => (per ? sql`${condition} and ${per} > 0` : condition)
  switch (test.kind) {
    case 'compare':
      return defined(sql`${value} ${operators[test.operator]} ${against(test.value)}`)
    case 'in':
      return defined(
        per
          ? sql`(${join(
              test.values.map((operand) => sql`${value} = ${against(operand)}`),
              sql` or `,
            )})`
          : sql`${value} in (${join(test.values.map(against))})`,
      )
    case 'between':
      return defined(sql`${value} between ${against(test.from)} and ${against(test.to)}`)
    case 'text': {
      const part = String(test.value)
      switch (test.operator) {
        case 'contains':
          return defined(d.contains(value, part))
        case 'not contains':
          return defined(sql`not ${d.contains(value, part)}`)
        case 'starts with':
          return defined(d.startsWith(value, part))
        case 'ends with':
          return defined(d.endsWith(value, part))
      }
    }
    case 'within':
      return defined(
        asked.kind === 'anniversary' ? returnsWithin(value, test, setting) : dayWithin(value, test, setting),
      )
    case 'known':
      return per ? sql`${per} > 0` : sql`(${value} is not null)`
    case 'unknown':
      return per ? sql`${per} = 0` : sql`(${value} is null)`
  }
}

type Within = Extract<Test, { kind: 'within' }>

/** The day lies so near. */
export function dayWithin(
  day: Sql,
  { direction, days }: Omit<Within, 'kind'>,
  { asOf, d }: TestSetting,
): Sql {
  const today = d.date(asOf)
  return direction === 'last'
    ? sql`${day} between ${d.addDays(today, -days)} and ${today}`
    : sql`${day} between ${today} and ${d.addDays(today, days)}`
}

/** The nearest return of a yearly day lies so near; it returns in later years than its own. */
function returnsWithin(day: Sql, { direction, days }: Within, { asOf, d }: TestSetting): Sql {
  const [today, thisYear] = [d.date(asOf), Number(asOf.slice(0, 4))]
  const year = d.yearOf(day)
  const inYear = (wanted: Sql) => d.addYears(day, sql`${wanted} - ${year}`)
  const from = sql`case when ${year} >= ${thisYear} then ${year} + 1 else ${thisYear} end`
  if (direction === 'next')
    return sql`case when ${inYear(from)} >= ${today} then ${inYear(from)} else ${inYear(sql`${from} + 1`)} end
        <= ${d.addDays(today, days)}`
  const latest = sql`case when ${inYear(sql`${thisYear}`)} <= ${today} then ${thisYear} else ${thisYear} - 1 end`
  return sql`(${latest} > ${year} and ${inYear(latest)} >= ${d.addDays(today, -days)})`
}

/** A value of a rule as a parameter, of the type of what it is held against. */
export function bound(value: Value, asked: Asked, { asOf, currencyDecimals, d }: TestSetting): Sql {
  if (asked.kind === 'day') return d.date(resolveDay(String(value), asOf))
  if (asked.kind === 'month') return d.date(`${String(value)}-01`)
  if (asked.kind === 'money') return bind(minorUnits(Number(value), currencyDecimals))
  if (asked.kind === 'percent') return bind(minorUnits(Number(value), 2))
  if ('code' in asked && asked.code) return bind(asked.code(String(value)))
  return bind(value)
}

const operators = {
  '=': sql`=`,
  '!=': sql`<>`,
  '<': sql`<`,
  '<=': sql`<=`,
  '>': sql`>`,
  '>=': sql`>=`,
} as const

/** Hundredths of a percent in the whole. */
export const hundredths = 10_000

/** Any value of a rule becomes a parameter. */
export const bind = (value: Scalar): Sql => sql`${value}`

/** An amount in currency units as a whole number of minor units, exactly; the parser has checked its decimals. */
export function minorUnits(amount: number, decimals: number): number {
  const [whole = '0', fraction = ''] = String(Math.abs(amount)).split('.')
  return Math.sign(amount) * Number(whole + fraction.padEnd(decimals, '0')) + 0
}
