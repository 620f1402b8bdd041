import { join, type Sql, sql } from '../sql/sql.ts'
import type { Clause, Condition, Expression, Test } from './ast.ts'
import { resolveDay } from './days.ts'
import { fieldsByName, measuresByName } from './fields/catalogue.ts'
import type { Reading } from './fields/field.ts'
import type { Measure } from './fields/measure.ts'
import { decided as twoValued, meets, type TestSetting } from './test-sql.ts'

/** A condition over `facts`, unknown counting as false, or what it comes to for everybody. */
export type Decided = Sql | boolean

/**
 * What the row of `member_facts` alone says of a rule: nobody but `possible` is selected, everybody in `certain` is.
 * They are the same where it decides the rule.
 */
export interface Bounds {
  readonly possible: Decided
  readonly certain: Decided
}

export interface BoundsSetting {
  readonly reading: Reading
  readonly test: TestSetting
  readonly segments: ReadonlyMap<string, Expression>
  /** What a measure says of who has nothing in its days counts too; without, only fields decide. */
  readonly measures: boolean
}

const both = (...parts: readonly Decided[]): Decided => {
  const open = parts.filter((part) => part !== true)
  if (open.includes(false)) return false
  if (open.length === 0) return true
  return open.length === 1 ? open[0]! : sql`(${join(open as Sql[], sql` and `)})`
}

const either = (...parts: readonly Decided[]): Decided => {
  const open = parts.filter((part) => part !== false)
  if (open.includes(true)) return true
  if (open.length === 0) return false
  return open.length === 1 ? open[0]! : sql`(${join(open as Sql[], sql` or `)})`
}

const opposite = (part: Decided): Decided => (typeof part === 'boolean' ? !part : sql`not ${twoValued(part)}`)

const unsaid: Bounds = { possible: true, certain: false }
const decided = (part: Decided): Bounds => ({ possible: part, certain: part })

/** What the facts decide of a rule, on the day of the reading. */
export function boundsOf(expression: Expression, setting: BoundsSetting): Bounds {
  const inside = (part: Expression) => boundsOf(part, setting)
  switch (expression.kind) {
    case 'everyone':
      return decided(true)
    case 'and':
    case 'or': {
      const parts = expression.parts.map(inside)
      const joined = expression.kind === 'and' ? both : either
      const possible = joined(...parts.map((part) => part.possible))
      if (parts.every((part) => part.possible === part.certain)) return decided(possible)
      return { possible, certain: joined(...parts.map((part) => part.certain)) }
    }
    case 'not': {
      const { possible, certain } = inside(expression.part)
      if (possible === certain) return decided(opposite(possible))
      return { possible: opposite(certain), certain: opposite(possible) }
    }
    case 'segment':
      return inside(setting.segments.get(expression.name)!)
    case 'random':
    case 'on':
      return unsaid
    case 'clause':
      return ofClause(expression, setting)
  }
}

function ofClause(
  { subject, test }: Clause,
  { reading, test: testSetting, measures }: BoundsSetting,
): Bounds {
  if (subject.kind === 'field') {
    const field = fieldsByName.get(subject.field)!
    if (field.kind === 'set' || field.beside) return unsaid
    const value = field.value(reading)
    const per = field.per?.value(reading)
    return decided(sql`(${meets(test, { asked: field, value, ...(per && { per }) }, testSetting)})`)
  }
  const measure = measuresByName.get(subject.measure)!
  const { count, first, last } = measure.source.inFacts ?? {}
  const ofNone = holdsOfNone(test, measure)
  if (!measures || !count || !first || !last || ofNone === null) return unsaid
  const inWindow = inDays(subject.where, measure, { first, last }, testSetting)
  const some = sql`(${join([sql`${count} > 0`, ...inWindow], sql` and `)})`
  return ofNone ? { possible: true, certain: opposite(some) } : { possible: some, certain: false }
}

/** What the first and the last of a member's things have to be for one to lie in the days that are asked for. */
function inDays(
  where: readonly Condition[],
  { source }: Measure,
  { first, last }: { readonly first: Sql; readonly last: Sql },
  { asOf, d }: TestSetting,
): Sql[] {
  const day = (text: unknown) => d.date(resolveDay(String(text), asOf))
  return where.flatMap((one): Sql[] => {
    if (one.kind === 'within') return [sql`${last} >= ${d.addDays(d.date(asOf), -one.days)}`]
    if (one.field !== source.day) return []
    if (one.test.kind === 'between')
      return [sql`${last} >= ${day(one.test.from)}`, sql`${first} <= ${day(one.test.to)}`]
    if (one.test.kind !== 'compare') return []
    switch (one.test.operator) {
      case '>':
      case '>=':
        return [sql`${last} >= ${day(one.test.value)}`]
      case '<':
      case '<=':
        return [sql`${first} <= ${day(one.test.value)}`]
      case '=':
        return [sql`${last} >= ${day(one.test.value)}`, sql`${first} <= ${day(one.test.value)}`]
      case '!=':
        return []
    }
  })
}

/** Whether a test holds where nothing meets the conditions of a measure; null: that depends on what else there is. */
export function holdsOfNone(test: Test, { of, since, per }: Measure): boolean | null {
  if (per?.over === 'all') return null
  if (per || since || of === 'first' || of === 'last') return test.kind === 'unknown'
  switch (test.kind) {
    case 'compare': {
      const value = Number(test.value)
      return {
        '=': value === 0,
        '!=': value !== 0,
        '<': value > 0,
        '<=': value >= 0,
        '>': value < 0,
        '>=': value <= 0,
      }[test.operator]
    }
    case 'between':
      return Number(test.from) <= 0 && Number(test.to) >= 0
    case 'in':
      return test.values.some((value) => Number(value) === 0)
    case 'known':
      return true
    case 'unknown':
      return false
    case 'text':
    case 'within':
      return null
  }
}
