import { addDays } from '../calendar/calendar.ts'
import { amountColumn, type ColumnTable, columnTables, dayNumber } from '../columns/tables.ts'
import type { Check, CheckedTest, Span } from '../columns/tally.ts'
import type { Sql } from '../sql/sql.ts'
import type { Clause, Test, Value } from './ast.ts'
import { keyOf } from './compile.ts'
import { columnOf, conditionSql } from './condition-sql.ts'
import { resolveDay } from './days.ts'
import { measuresByName } from './fields/catalogue.ts'
import type { Reading } from './fields/field.ts'
import type { Measure } from './fields/measure.ts'
import { isByLine, isOneCategory, orders } from './fields/orders.ts'
import { hundredths, minorUnits, type TestSetting } from './test-sql.ts'

/** A clause over orders as columns of numbers answer it. */
export interface Tallied {
  readonly table: ColumnTable
  /** On rows, each with the one column that it is about: over the values of that column, called `entry`. */
  readonly conditions: readonly { readonly column: string; readonly condition: Sql }[]
  readonly check: Check
}

export interface TalliedSetting {
  readonly reading: Reading
  readonly test: TestSetting
}

/** The clause as columns answer it; null for one that they don't: about anything else, or in a way that takes more. */
export function tallied(
  { subject, test }: Clause,
  { reading, test: setting }: TalliedSetting,
): Tallied | null {
  if (subject.kind !== 'measure' || !reading.newest) return null
  const measure = measuresByName.get(subject.measure)!
  if (measure.source !== orders) return null
  const { where } = subject
  const table = isByLine(where) ? 'lines' : 'orders'
  const check = checkOf(test, measure, setting)
  if (!check) return null
  // lines of several categories may be of one order
  const counts = check.of === 'count' || (check.per?.over === 'those' && check.per.of === 'count')
  if (table === 'lines' && counts && !isOneCategory(where)) return null
  const held: readonly string[] = [...columnTables[table], ...(table === 'orders' ? [amountColumn] : [])]
  const conditions = where.flatMap((one) => {
    const column = columnOf(one, measure, reading)
    if (column === null || !held.includes(column)) return []
    return [{ column, condition: conditionSql(one, measure, reading, setting) }]
  })
  return conditions.length === where.length ? { table, conditions, check } : null
}

function checkOf(test: Test, measure: Measure, setting: TestSetting): Check | null {
  const { of, per, since, kind } = measure
  const meant = testOf(test, measure, setting)
  return (
    meant && {
      of,
      ...(since && { since: dayNumber(setting.asOf) }),
      scale: kind === 'percent' ? hundredths : 1,
      ...(per && { per }),
      test: meant,
    }
  )
}

function testOf(test: Test, { kind }: Measure, { asOf, currencyDecimals }: TestSetting): CheckedTest | null {
  const number = (value: Value): number => {
    if (kind === 'day') return dayNumber(resolveDay(String(value), asOf))
    if (kind === 'money') return minorUnits(Number(value), currencyDecimals)
    return kind === 'percent' ? minorUnits(Number(value), 2) : Number(value)
  }
  const between = (from: number, to: number): Span => ({ from, to, withFrom: true, withTo: true })
  switch (test.kind) {
    case 'known':
    case 'unknown':
      return { kind: test.kind }
    case 'between':
      return { kind: 'spans', spans: [between(number(test.from), number(test.to))] }
    case 'in':
      return { kind: 'spans', spans: test.values.map((value) => between(number(value), number(value))) }
    case 'within': {
      const [from, to] = test.direction === 'last' ? [-test.days, 0] : [0, test.days]
      return { kind: 'spans', spans: [between(dayNumber(addDays(asOf, from)), dayNumber(addDays(asOf, to)))] }
    }
    case 'text':
      return null
    case 'compare': {
      const value = number(test.value)
      const below = { from: -Infinity, to: value, withFrom: true, withTo: false }
      const above = { from: value, to: Infinity, withFrom: false, withTo: true }
      const spans = {
        '=': [between(value, value)],
        '!=': [below, above],
        '<': [below],
        '<=': [{ ...below, withTo: true }],
        '>': [above],
        '>=': [{ ...above, withFrom: true }],
      }[test.operator]
      return { kind: 'spans', spans }
    }
  }
}

/** Clauses as passes over columns, each set of conditions once. */
export interface TalliedPasses {
  readonly passes: readonly Pick<Tallied, 'table' | 'conditions'>[]
  readonly checks: readonly (readonly Check[])[]
  /** Of each clause that columns answer, by `keyOf`, its pass and its check. */
  readonly clauses: ReadonlyMap<string, { readonly pass: number; readonly check: number }>
}

/** Those of the clauses that columns answer. */
export function talliedPasses(clauses: readonly Clause[], setting: TalliedSetting): TalliedPasses {
  const numbers = new Map<string, number>()
  const passes: Pick<Tallied, 'table' | 'conditions'>[] = []
  const checks: Check[][] = []
  const found = new Map<string, { pass: number; check: number }>()
  for (const clause of clauses) {
    const key = keyOf(clause)
    if (found.has(key)) continue
    const one = tallied(clause, setting)
    if (!one) continue
    const { check, ...rows } = one
    const text = JSON.stringify(rows)
    let pass = numbers.get(text)
    if (pass === undefined) {
      numbers.set(text, (pass = passes.push(rows) - 1))
      checks.push([])
    }
    found.set(key, { pass, check: checks[pass]!.push(check) - 1 })
  }
  return { passes, checks, clauses: found }
}
