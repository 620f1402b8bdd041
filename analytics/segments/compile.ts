import { memberNames } from '../relations/member-names.ts'
import type { Scope } from '../relations/scope.ts'
import type { Dialect } from '../sql/dialect.ts'
import { join, name, type Scalar, type Sql, sql } from '../sql/sql.ts'
import type { Clause, Condition, Expression, OnDay, Random, Subject, Test, Value } from './ast.ts'
import { resolveDay } from './days.ts'
import { drawnBelow, drawnWith } from './draw.ts'
import { type Asked, conditionsOf, fieldsByName, measuresByName } from './fields/catalogue.ts'
import type { Reading, SetField } from './fields/field.ts'
import type { Aggregate, Measure, Rows, Source } from './fields/measure.ts'
import type { Leaf } from './references.ts'

/** A day that a rule is asked about, with the tables as they are on it. */
export interface DaySetting {
  readonly scope: Pick<Scope, 'asOf' | 'tables' | 'dormancy'>
  /** asOf is the workspace's newest day: tags and campaigns count as they stand now, whatever their date. */
  readonly newest: boolean
}

/** What a rule is compiled for. */
export interface SegmentSetting extends DaySetting {
  /** Decimals of the workspace's currency. */
  readonly currencyDecimals: number
  /** The saved segments that the rule names, and those that they name, by name (references.ts). */
  readonly segments: ReadonlyMap<string, Expression>
  /** The other days that it asks about, by ISO day. */
  readonly days: ReadonlyMap<string, DaySetting>
}

/** A relation with one column `member_key`: the members whom the rule selects. Expects a parsed expression. */
export function compile(expression: Expression, setting: SegmentSetting, d: Dialect): Sql {
  const compiler = new Compiler(setting, d)
  const chosen = compiler.condition(expression)
  return sql`select facts.member_key from ${compiler.from()} where ${chosen}`
}

/**
 * One row for one member: `v0`, `v1`, … of the leaves in the order in which `leavesOf` tells them. Of a clause the
 * value that it asks about (null is unknown, money in minor units, sets as 1 or 0), and `n0`, `n1`, … what an
 * average or share is divided by; of a draw and of another day whether it holds. No row: the member isn't known on
 * that day.
 */
export function compileValues(
  leaves: readonly Leaf[],
  memberId: string,
  setting: SegmentSetting,
  d: Dialect,
): Sql {
  const compiler = new Compiler(setting, d)
  const columns = leaves.flatMap((leaf, i) => {
    if (leaf.kind !== 'clause') return [sql`${compiler.condition(leaf)} as ${name(`v${i}`)}`]
    const { value, per } = compiler.asked(leaf)
    return [sql`${value} as ${name(`v${i}`)}`, ...(per ? [sql`${per} as ${name(`n${i}`)}`] : [])]
  })
  const from = compiler.from()
  return sql`select ${join([sql`facts.member_key`, ...columns])} from ${from}
    join ${memberNames} as wanted on wanted.member_key = facts.member_key where wanted.named = ${memberId}`
}

/**
 * A row per member known on the day: of each leaf whether it holds (`h0`, `h1`, …) and, of a clause, the value that it
 * asks about and what an average or share is divided by, as `compileValues` answers them.
 */
export function compileAnswers(leaves: readonly Leaf[], setting: SegmentSetting, d: Dialect): Sql {
  const compiler = new Compiler(setting, d)
  const columns = leaves.flatMap((leaf, i) => {
    const holds = sql`${compiler.condition(leaf)} as ${name(`h${i}`)}`
    if (leaf.kind !== 'clause') return [holds]
    const { value, per } = compiler.asked(leaf)
    return [holds, sql`${value} as ${name(`v${i}`)}`, ...(per ? [sql`${per} as ${name(`n${i}`)}`] : [])]
  })
  const from = compiler.from()
  return sql`select ${join([sql`facts.member_key`, ...columns])} from ${from}`
}

interface AskedValue {
  readonly asked: Asked
  readonly value: Sql
  readonly per?: Sql
}

/** One aggregate per member over a table; all of one table are computed in one pass. */
interface Pass {
  readonly alias: Sql
  readonly relation: Sql
  readonly columns: Sql[]
  /** A row matters when one of these holds. */
  readonly wanted: Sql[]
}

/** Collects, while a rule is translated, the passes over other tables that it needs. */
class Compiler {
  readonly #setting: SegmentSetting
  readonly #d: Dialect
  readonly #reading: Reading
  readonly #passes = new Map<string, Pass>()
  readonly #memberSets: Sql[] = []
  #draws = false
  readonly #besides = new Map<string, Sql>()

  constructor(setting: SegmentSetting, d: Dialect) {
    this.#setting = setting
    this.#d = d
    this.#reading = { ...setting.scope, newest: setting.newest, d }
  }

  /** Two-valued: a comparison with unknown is false, so that NOT is the exact complement. */
  condition(expression: Expression): Sql {
    switch (expression.kind) {
      case 'everyone':
        return sql`true`
      case 'and':
      case 'or': {
        const connective = expression.kind === 'and' ? sql` and ` : sql` or `
        return sql`(${join(
          expression.parts.map((part) => this.condition(part)),
          connective,
        )})`
      }
      case 'not':
        return sql`not ${this.condition(expression.part)}`
      case 'clause':
        return this.#clause(expression)
      case 'random':
        return this.#drawn(expression)
      case 'segment':
        // compiled in its place, so that all conditions over one table stay one pass
        return this.condition(this.#setting.segments.get(expression.name)!)
      case 'on':
        return this.#onDay(expression)
    }
  }

  /** `member_facts` with what the translated clauses need beside it; call it after them. */
  from(): Sql {
    const facts = sql`${this.#setting.scope.tables.memberFacts} as facts`
    return join(
      [
        facts,
        ...[...this.#besides].map(
          ([alias, relation]) =>
            sql`${relation} as ${name(alias)} on ${name(alias)}.member_key = facts.member_key`,
        ),
        ...[...this.#passes.values()].map(
          ({ alias, relation, columns, wanted }) => sql`(select entry.member_key, ${join(columns)}
            from ${relation} as entry where ${join(wanted, sql` or `)} group by entry.member_key) as ${alias}
            on ${alias}.member_key = facts.member_key`,
        ),
        ...this.#memberSets.map(
          (set, i) =>
            sql`(${set}) as ${name(`set_${i}`)} on ${name(`set_${i}`)}.member_key = facts.member_key`,
        ),
        ...(this.#draws ? [sql`members as drawn on drawn.member_key = facts.member_key`] : []),
      ],
      sql`
        left join `,
    )
  }

  /** The value a clause asks about. For a set: how many of the values it asks for the member has. */
  asked({ subject, test }: Clause): AskedValue {
    if (subject.kind === 'measure') return this.#measured(subject)
    const field = fieldsByName.get(subject.field)!
    if (field.kind === 'set') return { asked: field, value: this.#matches(field, test) }
    if (field.beside) this.#besides.set(field.beside.alias, field.beside.relation(this.#reading))
    const value = field.value(this.#reading)
    return field.per ? { asked: field, value, per: field.per.value(this.#reading) } : { asked: field, value }
  }

  #drawn({ percent, seed }: Random): Sql {
    if (percent >= 100) return sql`true`
    this.#draws = true
    return sql`(${this.#d.hash8(sql`(cast(${drawnWith(seed)} as varchar) || drawn.member_id)`)} < ${drawnBelow(percent)})`
  }

  #onDay({ part, day }: OnDay): Sql {
    const asked = resolveDay(day, this.#setting.scope.asOf)
    if (asked === this.#setting.scope.asOf) return this.condition(part)
    this.#memberSets.push(compile(part, { ...this.#setting, ...this.#setting.days.get(asked)! }, this.#d))
    return sql`(${name(`set_${this.#memberSets.length - 1}`)}.member_key is not null)`
  }

  #clause(clause: Clause): Sql {
    const { asked, value, per } = this.asked(clause)
    if (asked.kind === 'set') return clause.test.kind === 'unknown' ? sql`${value} = 0` : sql`${value} > 0`
    return this.#holds(clause.test, asked, value, per)
  }

  #holds(test: Test, asked: Asked, given: Sql, per?: Sql): Sql {
    // value / per is compared with x as value with x · per: exact, and false where per is 0; a share in hundredths of a percent
    const value = asked.kind === 'percent' ? sql`${given} * ${hundredths}` : given
    const against = (operand: Value) =>
      per ? sql`${this.#bound(operand, asked)} * ${per}` : this.#bound(operand, asked)
    const defined = per ? sql` and ${per} > 0` : sql``
    const known = (condition: Sql) => sql`coalesce(${condition}${defined}, false)`
    switch (test.kind) {
      case 'compare':
        return known(sql`${value} ${operators[test.operator]} ${against(test.value)}`)
      case 'in':
        return known(
          per
            ? sql`(${join(
                test.values.map((operand) => sql`${value} = ${against(operand)}`),
                sql` or `,
              )})`
            : sql`${value} in (${join(test.values.map(against))})`,
        )
      case 'between':
        return known(sql`${value} between ${against(test.from)} and ${against(test.to)}`)
      case 'text': {
        const part = String(test.value)
        switch (test.operator) {
          case 'contains':
            return known(this.#d.contains(value, part))
          case 'not contains':
            return known(sql`not ${this.#d.contains(value, part)}`)
          case 'starts with':
            return known(this.#d.startsWith(value, part))
          case 'ends with':
            return known(this.#d.endsWith(value, part))
        }
      }
      case 'within':
        return known(
          asked.kind === 'anniversary' ? this.#returnsWithin(value, test) : this.#dayWithin(value, test),
        )
      case 'known':
        return per ? sql`${per} > 0` : sql`(${value} is not null)`
      case 'unknown':
        return per ? sql`${per} = 0` : sql`(${value} is null)`
    }
  }

  #dayWithin(day: Sql, { direction, days }: Within): Sql {
    const today = this.#d.date(this.#setting.scope.asOf)
    return direction === 'last'
      ? sql`${day} between ${this.#d.addDays(today, -days)} and ${today}`
      : sql`${day} between ${today} and ${this.#d.addDays(today, days)}`
  }

  /** The nearest return of a yearly day lies so near; it returns in later years than its own. */
  #returnsWithin(day: Sql, { direction, days }: Within): Sql {
    const { asOf } = this.#setting.scope
    const [today, thisYear] = [this.#d.date(asOf), Number(asOf.slice(0, 4))]
    const year = this.#d.yearOf(day)
    const inYear = (wanted: Sql) => this.#d.addYears(day, sql`${wanted} - ${year}`)
    const from = sql`case when ${year} >= ${thisYear} then ${year} + 1 else ${thisYear} end`
    if (direction === 'next')
      return sql`case when ${inYear(from)} >= ${today} then ${inYear(from)} else ${inYear(sql`${from} + 1`)} end
        <= ${this.#d.addDays(today, days)}`
    const latest = sql`case when ${inYear(sql`${thisYear}`)} <= ${today} then ${thisYear} else ${thisYear} - 1 end`
    return sql`(${latest} > ${year} and ${inYear(latest)} >= ${this.#d.addDays(today, -days)})`
  }

  #bound(value: Value, asked: Asked): Sql {
    if (asked.kind === 'day') return this.#d.date(resolveDay(String(value), this.#setting.scope.asOf))
    if (asked.kind === 'month') return this.#d.date(`${String(value)}-01`)
    if (asked.kind === 'money') return bind(minorUnits(Number(value), this.#setting.currencyDecimals))
    if (asked.kind === 'percent') return bind(minorUnits(Number(value), 2))
    return bind(value)
  }

  #measured(subject: Extract<Subject, { kind: 'measure' }>): AskedValue {
    const asked = measuresByName.get(subject.measure)!
    const { source, of, since, per } = asked
    const rows = source.rows(subject.where, this.#reading)
    const condition = join(
      subject.where.map((one) => this.#condition(one, asked)),
      sql` and `,
    )
    const aggregated = this.#aggregate(rows, of, condition, source)
    const { asOf } = this.#setting.scope
    const value = since ? this.#d.daysBetween(aggregated, this.#d.date(asOf)) : aggregated
    if (!per) return { asked, value }
    return {
      asked,
      value,
      per:
        per.over === 'those'
          ? this.#aggregate(rows, per.of, condition, source)
          : (source.inFacts?.[per.of] ??
            this.#aggregate(source.rows([], this.#reading), per.of, sql`true`, source)),
    }
  }

  #condition(one: Condition, { name: measure, source }: Measure): Sql {
    const conditions = conditionsOf(measure)
    if (one.kind === 'within') {
      const day = conditions.get(source.day)!.column(this.#reading)
      return this.#dayWithin(day, { kind: 'within', direction: 'last', days: one.days })
    }
    const field = conditions.get(one.field)!
    return this.#holds(one.test, field, field.column(this.#reading))
  }

  #matches({ name: field, from }: SetField, test: Test): Sql {
    const text = sql`entry.${from.text}`
    const asOf = this.#d.date(this.#setting.scope.asOf)
    const relation = from.past && !this.#setting.newest ? from.past(asOf) : from.table
    const conditions = [
      ...(from.only ? [sql`entry.${from.only}`] : []),
      ...(from.day && !this.#setting.newest ? [sql`entry.${from.day} <= ${asOf}`] : []),
      ...(test.kind === 'compare' ? [sql`${text} = ${bind(test.value)}`] : []),
      ...(test.kind === 'in' ? [sql`${text} in (${join(test.values.map(bind))})`] : []),
    ]
    const condition = conditions.length === 0 ? sql`true` : join(conditions, sql` and `)
    const count = this.#column(`of_${field}`, relation, this.#d.countIf(condition), condition)
    return sql`coalesce(${count}, 0)`
  }

  #aggregate(
    { alias, relation, count, amount, sum }: Rows,
    of: Aggregate,
    condition: Sql,
    source: Source,
  ): Sql {
    const day = () => source.conditions.find(({ name: own }) => own === source.day)!.column(this.#reading)
    switch (of) {
      case 'count':
        return sql`coalesce(${this.#column(alias, relation, count(condition), condition)}, 0)`
      case 'amount':
        return sql`coalesce(${this.#column(alias, relation, sum?.(condition) ?? this.#d.sumIf(amount, condition), condition)}, 0)`
      case 'first':
        return this.#column(alias, relation, this.#d.minIf(day(), condition), condition)
      case 'last':
        return this.#column(alias, relation, this.#d.maxIf(day(), condition), condition)
    }
  }

  /** Adds an aggregate to the pass over a relation; null for a member without a row. */
  #column(alias: string, relation: Sql, aggregate: Sql, condition: Sql): Sql {
    const pass = this.#passes.get(alias) ?? { alias: name(alias), relation, columns: [], wanted: [] }
    this.#passes.set(alias, pass)
    const column = name(`a${pass.columns.length}`)
    pass.columns.push(sql`${aggregate} as ${column}`)
    pass.wanted.push(sql`(${condition})`)
    return sql`${pass.alias}.${column}`
  }
}

type Within = Extract<Test, { kind: 'within' }>

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
const bind = (value: Scalar): Sql => sql`${value}`

/** An amount in currency units as a whole number of minor units, exactly; the parser has checked its decimals. */
export function minorUnits(amount: number, decimals: number): number {
  const [whole = '0', fraction = ''] = String(Math.abs(amount)).split('.')
  return Math.sign(amount) * Number(whole + fraction.padEnd(decimals, '0')) + 0
}
