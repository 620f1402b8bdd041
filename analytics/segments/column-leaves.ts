import { addDays } from '../calendar/calendar.ts'
import type { AskedLeaf } from '../columns/answers.ts'
import { dayNumber } from '../columns/columns.ts'
import type { Node } from '../columns/question.ts'
import { amountColumn, amountFacts, factColumns, rowColumns } from '../columns/reading.ts'
import type { Check, CheckedTest, Span } from '../columns/totals.ts'
import type { Sql } from '../sql/sql.ts'
import type { Clause, Condition, Expression, Test, Value } from './ast.ts'
import { columnsIn, conditionSql } from './condition-sql.ts'
import { resolveDay } from './days.ts'
import { type Asked, conditionsOf, fieldsByName, measuresByName } from './fields/catalogue.ts'
import type { Reading } from './fields/field.ts'
import type { Measure } from './fields/measure.ts'
import { isByLine, isOneCategory, orders } from './fields/orders.ts'
import type { Leaf } from './references.ts'
import { hundredths, meets, minorUnits, type TestSetting } from './test-sql.ts'

export interface ColumnSetting {
  readonly reading: Reading
  readonly test: TestSetting
}

/** The clause as columns answer it; null for one that they don't: about anything else, or in a way that takes more. */
export function columnLeaf(clause: Clause, setting: ColumnSetting): AskedLeaf | null {
  if (!setting.reading.newest) return null
  return clause.subject.kind === 'field' ? factLeaf(clause, setting) : rowsLeaf(clause, setting)
}

const heldFacts: readonly string[] = factColumns
const heldAmounts: readonly string[] = amountFacts

function factLeaf({ subject, test }: Clause, { reading, test: setting }: ColumnSetting): AskedLeaf | null {
  if (subject.kind !== 'field') return null
  const field = fieldsByName.get(subject.field)!
  if (field.kind === 'set' || field.beside || field.per) return null
  const value = field.value(reading)
  const [fact, ...others] = columnsIn(value, 'facts')
  if (fact === undefined || others.length > 0) return null
  if (heldAmounts.includes(fact)) {
    const isItself = value.chunks.length === 1 && value.chunks[0] === `facts.${fact}`
    const meant = isItself && field.kind === 'money' ? testOf(test, field, setting) : null
    return meant && { kind: 'amount', fact, test: meant }
  }
  if (!heldFacts.includes(fact)) return null
  return { kind: 'fact', fact, condition: meets(test, { asked: field, value }, setting) }
}

function rowsLeaf({ subject, test }: Clause, { reading, test: setting }: ColumnSetting): AskedLeaf | null {
  if (subject.kind !== 'measure') return null
  const measure = measuresByName.get(subject.measure)!
  if (measure.source !== orders) return null
  const { where } = subject
  const table = isByLine(where) ? 'lines' : 'orders'
  const check = checkOf(test, measure, setting)
  if (!check) return null
  // lines of several categories may be of one order
  const counts = check.of === 'count' || (check.per?.over === 'those' && check.per.of === 'count')
  if (table === 'lines' && counts && !isOneCategory(where)) return null
  const held = [...Object.keys(rowColumns[table]), ...(table === 'orders' ? [amountColumn] : [])]
  const conditions = where.flatMap((one) => {
    const [column, ...others] = columnsIn(columnOf(one, measure, reading), 'entry')
    if (column === undefined || others.length > 0 || !held.includes(column)) return []
    return [{ column, condition: conditionSql(one, measure, reading, setting) }]
  })
  return conditions.length === where.length ? { kind: 'rows', table, conditions, check } : null
}

const columnOf = (one: Condition, measure: Measure, reading: Reading): Sql =>
  conditionsOf(measure.name)
    .get(one.kind === 'within' ? measure.source.day : one.field)!
    .column(reading)

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

function testOf(test: Test, { kind }: Asked, { asOf, currencyDecimals }: TestSetting): CheckedTest | null {
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

const isNoneOfSet = ({ subject, test }: Clause): boolean =>
  test.kind === 'unknown' && subject.kind === 'field' && fieldsByName.get(subject.field)!.kind === 'set'

/** Rules over leaves, some of which columns answer and the others the engine. */
export interface AskedRules {
  /** Those that columns answer have the first numbers in the rules, the others follow. */
  readonly byColumns: readonly AskedLeaf[]
  readonly byEngine: readonly Leaf[]
  readonly rules: readonly Node[]
}

/** Rules with the segments that they name, each leaf once. */
export function askedRules(
  expressions: readonly Expression[],
  segments: ReadonlyMap<string, Expression>,
  setting: ColumnSetting,
): AskedRules {
  const byColumns: AskedLeaf[] = []
  const byEngine: Leaf[] = []
  const found = new Map<string, { readonly isHeld: boolean; readonly number: number }>()
  const placeOf = (leaf: Leaf) => {
    const key = JSON.stringify(leaf)
    const known = found.get(key)
    if (known) return known
    const held = leaf.kind === 'clause' ? columnLeaf(leaf, setting) : null
    const place = { isHeld: held !== null, number: (held ? byColumns.push(held) : byEngine.push(leaf)) - 1 }
    found.set(key, place)
    return place
  }
  type Placed = (before: number) => Node
  const placed = (expression: Expression): Placed => {
    switch (expression.kind) {
      case 'everyone':
        return () => ({ kind: 'everyone' })
      case 'and':
      case 'or': {
        const { kind } = expression
        const parts = expression.parts.map(placed)
        return (before) => ({ kind, parts: parts.map((part) => part(before)) })
      }
      case 'not': {
        const part = placed(expression.part)
        return (before) => ({ kind: 'not', part: part(before) })
      }
      case 'segment':
        return placed(segments.get(expression.name)!)
      default: {
        const { kind } = expression
        if (kind === 'clause' && isNoneOfSet(expression)) {
          const some = placed({ ...expression, test: { kind: 'known' } })
          return (before) => ({ kind: 'not', part: some(before) })
        }
        const { isHeld, number } = placeOf(expression)
        return (before) => ({ kind: 'leaf', leaf: isHeld ? number : before + number })
      }
    }
  }
  const rules = expressions.map(placed)
  return { byColumns, byEngine, rules: rules.map((rule) => rule(byColumns.length)) }
}
