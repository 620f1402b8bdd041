import { addDays, daysBetween } from '../calendar/calendar.ts'
import type { Clause, Expression, OrderCondition, Test, Value } from './ast.ts'
import { fieldsByName, type Kind, measuresByName, orderFieldsByName } from './fields.ts'
import { type Moment, type Person, type Purchase, qualifyingOrders } from './person.ts'

/** A value that a clause asks about; null is unknown. `per`: it is a ratio with this denominator. */
export interface Answer {
  readonly kind: Kind
  readonly value: string | number | boolean | null | readonly string[]
  readonly per?: number
}

/**
 * Whether the rule selects the person: the meaning of the language, written from DEFINITIONS over plain
 * data. Slow; what the SQL is checked against, and what explains a single member.
 */
export function evaluate(
  expression: Expression,
  person: Person,
  moment: Moment,
  currencyDecimals: number,
): boolean {
  switch (expression.kind) {
    case 'everyone':
      return true
    case 'and':
      return expression.parts.every((part) => evaluate(part, person, moment, currencyDecimals))
    case 'or':
      return expression.parts.some((part) => evaluate(part, person, moment, currencyDecimals))
    case 'not':
      return !evaluate(expression.part, person, moment, currencyDecimals)
    case 'clause':
      return holds(expression.test, answerOf(expression, person, moment), currencyDecimals)
  }
}

function answerOf({ subject }: Clause, person: Person, moment: Moment): Answer {
  if (subject.kind === 'field') {
    const field = fieldsByName.get(subject.field)!
    if (field.kind === 'set') return { kind: 'set', value: field.read(person, moment) }
    const value = field.read(person, moment)
    return field.per
      ? { kind: field.kind, value, per: field.per.read(person, moment) }
      : { kind: field.kind, value }
  }
  const { kind } = measuresByName.get(subject.measure)!
  const byCategory = subject.where.some((one) => one.kind === 'condition' && one.field === 'category')
  let orders = 0
  let spendMinor = 0
  const qualifying = qualifyingOrders(person, moment)
  const days = [...new Set(qualifying.map(({ day }) => day))]
  for (const order of qualifying) {
    const nth = days.indexOf(order.day)
    const opens = qualifying.find(({ day }) => day === order.day) === order
    const placed: Placed = {
      ...order,
      purchaseDay: nth + 1,
      daysAfterPrevious: opens && nth > 0 ? daysBetween(days[nth - 1]!, order.day) : null,
    }
    const meets = (category: string | null) =>
      subject.where.every((one) => orderMeets(one, placed, category, moment))
    const lines = order.lines.filter(({ category }) => category !== null && meets(category))
    if (byCategory ? lines.length > 0 : meets(null)) orders++
    if (byCategory) for (const line of lines) spendMinor += line.netMinor
    else if (meets(null)) spendMinor += order.netMinor
  }
  return { kind, value: subject.measure === 'orders' ? orders : spendMinor }
}

/** An order with its place among the member's purchase days. */
interface Placed extends Purchase {
  readonly purchaseDay: number
  /** On the first order of a day; null on the first purchase day. */
  readonly daysAfterPrevious: number | null
}

function orderMeets(one: OrderCondition, order: Placed, category: string | null, { asOf }: Moment): boolean {
  if (one.kind === 'within') return order.day >= addDays(asOf, -one.days)
  const value = {
    category,
    store: order.store,
    channel: order.channel,
    day: order.day,
    purchase_day: order.purchaseDay,
    days_after_previous: order.daysAfterPrevious,
  }[one.field]!
  return holds(one.test, { kind: orderFieldsByName.get(one.field)!.kind, value }, 0)
}

/** Whether the test is true of the value. Of an unknown value only `is unknown` is. */
export function holds(test: Test, { kind, value, per }: Answer, currencyDecimals: number): boolean {
  if (Array.isArray(value)) return ofSet(test, value as readonly string[])
  if (value === null || per === 0) return test.kind === 'unknown'
  const comparable = (operand: Value): string | number | boolean =>
    kind === 'money' ? Math.round(Number(operand) * 10 ** currencyDecimals) * (per ?? 1) : operand
  const own = value as string | number | boolean
  switch (test.kind) {
    case 'known':
      return true
    case 'unknown':
      return false
    case 'in':
      return test.values.some((operand) => own === comparable(operand))
    case 'between':
      return own >= comparable(test.from) && own <= comparable(test.to)
    case 'compare': {
      const other = comparable(test.value)
      switch (test.operator) {
        case '=':
          return own === other
        case '!=':
          return own !== other
        case '<':
          return own < other
        case '<=':
          return own <= other
        case '>':
          return own > other
        case '>=':
          return own >= other
      }
    }
  }
}

function ofSet(test: Test, values: readonly string[]): boolean {
  switch (test.kind) {
    case 'known':
      return values.length > 0
    case 'unknown':
      return values.length === 0
    case 'in':
      return test.values.some((value) => values.includes(String(value)))
    case 'compare':
      return values.includes(String(test.value))
    case 'between':
      return false
  }
}
