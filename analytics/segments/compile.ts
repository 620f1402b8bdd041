import { memberNames } from '../relations/member-names.ts'
import type { Scope } from '../relations/scope.ts'
import type { Dialect } from '../sql/dialect.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import type { Clause, Condition, Expression, OnDay, Random, Subject, Test } from './ast.ts'
import { answersOfMembers, type AnsweringPass } from './answers-of-members.ts'
import { boundsOf, holdsOfNone } from './bounds.ts'
import { conditionSql } from './condition-sql.ts'
import { resolveDay } from './days.ts'
import { drawnBelow, drawnWith } from './draw.ts'
import { fieldsByName, measuresByName } from './fields/catalogue.ts'
import type { Reading, SetField } from './fields/field.ts'
import type { Aggregate, Measure } from './fields/measure.ts'
import type { Leaf } from './references.ts'
import { bind, decided, meets, type Tested, type TestSetting } from './test-sql.ts'

/** A day that a rule is asked about, with the tables as they are on it. */
export interface DaySetting {
  readonly scope: Pick<Scope, 'asOf' | 'tables' | 'dormancy' | 'rfm'>
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

/**
 * A relation with one column `member_key`: the members whom the rule selects. Expects a parsed expression. `narrow`:
 * orders, lines and the like are gone through only for those whom `compilePossible` leaves, which is worth it where these
 * are few.
 */
export function compile(
  expression: Expression,
  setting: SegmentSetting,
  d: Dialect,
  { narrow = false }: { narrow?: boolean } = {},
): Sql {
  const compiler = new Compiler(setting, d)
  const possible = narrow ? compilePossible(expression, setting, d) : null
  const chosen = compiler.condition(expression)
  if (!possible) return sql`select facts.member_key from ${compiler.from()} where ${chosen}`
  return sql`with possible as materialized (select member_key from ${possible} as left_open)
    select facts.member_key from ${compiler.from(sql`possible`)}
    where facts.member_key in (select member_key from possible) and ${chosen}`
}

/**
 * A relation with one column `member_key`: whom the facts leave the rule open for, or select by it, when they exclude
 * some and don't decide all by themselves; null otherwise.
 */
export function compilePossible(expression: Expression, setting: SegmentSetting, d: Dialect): Sql | null {
  const compiler = new Compiler(setting, d)
  const byFields = compiler.bounds(expression, false)
  if (byFields.possible === true || byFields.possible === byFields.certain) return null
  const { possible } = compiler.bounds(expression, true)
  return sql`(select facts.member_key from ${setting.scope.tables.memberFacts} as facts
    where ${typeof possible === 'boolean' ? sql`${possible}` : possible})`
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
  const wanted = sql`select member_key from ${memberNames} as names where named = ${memberId}`
  return sql`with wanted as materialized (${wanted})
    select ${join([sql`facts.member_key`, ...columns])} from ${compiler.from(sql`wanted`)}
    where facts.member_key in (select member_key from wanted)`
}

/** Of one member, named as in `compileValues`: `s0`, `s1`, …, whether each rule selects them; no row where nobody is known on the day. */
export function compileSelections(
  rules: readonly Expression[],
  memberId: string,
  setting: SegmentSetting,
  d: Dialect,
): Sql {
  const compiler = new Compiler(setting, d)
  const columns = rules.map((rule, i) => sql`${decided(compiler.condition(rule))} as ${name(`s${i}`)}`)
  const wanted = sql`select member_key from ${memberNames} as names where named = ${memberId}`
  return sql`with wanted as materialized (${wanted})
    select ${join([sql`facts.member_key`, ...columns])} from ${compiler.from(sql`wanted`)}
    where facts.member_key in (select member_key from wanted)`
}

/**
 * A row per member known on the day: of each leaf whether it holds (`h0`, `h1`, …) and, of a clause, the value that it
 * asks about and what an average or share is divided by, as `compileValues` answers them.
 */
export function compileAnswers(leaves: readonly Leaf[], setting: SegmentSetting, d: Dialect): Sql {
  const compiler = new Compiler(setting, d, { valuesToo: true })
  const columns = leaves.flatMap((leaf, i) => {
    const holds = sql`${decided(compiler.condition(leaf))} as ${name(`h${i}`)}`
    if (leaf.kind !== 'clause') return [holds]
    const { value, per } = compiler.asked(leaf)
    return [holds, sql`${value} as ${name(`v${i}`)}`, ...(per ? [sql`${per} as ${name(`n${i}`)}`] : [])]
  })
  const from = compiler.from()
  return sql`select ${join([sql`facts.member_key`, ...columns])} from ${from}`
}

/** A row per member known on the day: `h0`, `h1`, …, whether each leaf holds. */
export function compileHolds(leaves: readonly Leaf[], setting: SegmentSetting, d: Dialect): Sql {
  const compiler = new Compiler(setting, d)
  const columns = leaves.map((leaf, i) => sql`${decided(compiler.condition(leaf))} as ${name(`h${i}`)}`)
  return sql`select ${join([sql`facts.member_key`, ...columns])} from ${compiler.from()}`
}

/**
 * Of a condition on a set, such as on tags, the `member_key`s of whom it is true, some of them several times, without
 * looking whether they are known on the day; null for other conditions.
 */
export function compileHolders(leaf: Leaf, setting: DaySetting, d: Dialect): Sql | null {
  if (leaf.kind !== 'clause' || leaf.subject.kind !== 'field' || leaf.test.kind === 'unknown') return null
  const field = fieldsByName.get(leaf.subject.field)!
  if (field.kind !== 'set') return null
  const { relation, condition } = setRows(field.from, leaf.test, setting, d)
  return sql`select entry.member_key from ${relation} as entry where ${condition}`
}

/** A rule under the name by which others name it. */
export interface NamedRule {
  readonly name: string
  readonly expression: Expression
}

/**
 * A row per member known on the day: `s0`, `s1`, …, whether each rule selects them. What rules have in common is computed
 * once, and a rule that names one before it takes that one's answer.
 */
export function compileTogether(rules: readonly NamedRule[], setting: SegmentSetting, d: Dialect): Sql {
  const compiler = new Compiler(setting, d)
  const columns = rules.map((rule, i) => {
    const holds = decided(compiler.condition(rule.expression))
    compiler.answered.set(rule.name, name(`s${i}`))
    return sql`${holds} as ${name(`s${i}`)}`
  })
  return sql`select ${join([sql`facts.member_key`, ...columns])} from ${compiler.from()}`
}

/** Aggregates per member over the rows of a relation that matter; all of one pass are computed at once. */
interface Pass {
  readonly alias: Sql
  readonly relation: Sql
  readonly columns: Sql[]
  /** A row matters when one of these holds. */
  readonly wanted: Sql[]
}

/** A pass over a stored relation whose rows of a member are added up and held against tests at once. */
interface TestedPass {
  readonly relation: Sql
  readonly condition: Sql
  /** By the text of the test. */
  readonly tests: Map<string, { readonly column: Sql; readonly holds: Sql }>
}

interface StoredPass {
  readonly alias: string
  readonly condition: Sql
  readonly columns: Partial<Record<Aggregate, Sql>>
}

/** Collects, while a rule is translated, the passes over other tables that it needs. */
class Compiler {
  readonly #setting: SegmentSetting
  readonly #d: Dialect
  readonly #reading: Reading
  readonly #test: TestSetting
  readonly #passes = new Map<string, Pass>()
  /** The passes over stored relations, by their conditions. */
  readonly #stored = new Map<string, StoredPass>()
  /** Those of which nothing but the answers is needed. */
  readonly #tested = new Map<string, TestedPass>()
  #tests = 0
  readonly #memberSets: Sql[] = []
  /** What was selected by saved segments already, in columns of the same query. */
  readonly answered = new Map<string, Sql>()
  #draws = false
  readonly #besides = new Map<string, Sql>()

  /** The values that clauses ask about are told beside whether they hold: passes over them answer both. */
  readonly #valuesToo: boolean

  constructor(setting: SegmentSetting, d: Dialect, { valuesToo = false }: { valuesToo?: boolean } = {}) {
    this.#setting = setting
    this.#valuesToo = valuesToo
    this.#d = d
    this.#reading = { ...setting.scope, newest: setting.newest, d }
    this.#test = { asOf: setting.scope.asOf, currencyDecimals: setting.currencyDecimals, d }
  }

  /** What the facts decide of a rule. */
  bounds(expression: Expression, measures: boolean) {
    const { segments } = this.#setting
    return boundsOf(expression, { reading: this.#reading, test: this.#test, segments, measures })
  }

  /** Unknown counts as false; under NOT it is made false, so that NOT is the exact complement. */
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
        return sql`not ${decided(this.condition(expression.part))}`
      case 'clause':
        return this.#clause(expression)
      case 'random':
        return this.#drawn(expression)
      case 'segment':
        // compiled in its place, so that all conditions over one table stay one pass
        return (
          this.answered.get(expression.name) ?? this.condition(this.#setting.segments.get(expression.name)!)
        )
      case 'on':
        return this.#onDay(expression)
    }
  }

  /**
   * `member_facts` with what the translated clauses need beside it; call it after them. `members`: a relation of those
   * for whom it is needed.
   */
  from(members?: Sql): Sql {
    const needed = members ? sql` and entry.member_key in (select member_key from ${members})` : sql``
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
            from ${relation} as entry where (${join(
              wanted.map((one) => sql`(${one})`),
              sql` or `,
            )})${needed} group by entry.member_key) as ${alias}
            on ${alias}.member_key = facts.member_key`,
        ),
        ...(this.#tested.size === 0
          ? []
          : [
              sql`${answersOfMembers([...this.#tested.values()].map((pass) => answering(pass, needed)))} as tested
            on tested.member_key = facts.member_key`,
            ]),
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
  asked({ subject, test }: Clause): Tested {
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
    const answer = this.#answered(clause)
    if (answer) return answer
    const tested = this.asked(clause)
    if (tested.asked.kind === 'set')
      return clause.test.kind === 'unknown' ? sql`${tested.value} = 0` : sql`${tested.value} > 0`
    return sql`(${meets(clause.test, tested, this.#test)})`
  }

  /** What a pass over the rows that a measure is about can answer by itself; null: it takes more. */
  #answered({ subject, test }: Clause): Sql | null {
    if (subject.kind !== 'measure' || this.#valuesToo) return null
    const asked = measuresByName.get(subject.measure)!
    const { of, since, per, source } = asked
    const ofNone = holdsOfNone(test, asked)
    const rows = source.rows(subject.where, this.#reading)
    if (ofNone === null || rows.kind !== 'stored') return null
    const key = JSON.stringify([rows.alias, subject.where])
    const condition = all(subject.where.map((one) => this.#condition(one, asked)))
    const pass = this.#tested.get(key) ?? { relation: rows.relation, condition, tests: new Map() }
    this.#tested.set(key, pass)
    const sum = rows.aggregates[of]
    const value = since ? this.#d.daysBetween(sum, this.#d.date(this.#setting.scope.asOf)) : sum
    const meant = meets(test, { asked, value, ...(per && { per: rows.aggregates[per.of] }) }, this.#test)
    const text = JSON.stringify([subject.measure, test])
    // who has no row is told like those who have rows and fail
    const holds = ofNone ? sql`not ${decided(meant)}` : meant
    const own = pass.tests.get(text) ?? { column: name(`t${this.#tests++}`), holds }
    pass.tests.set(text, own)
    const answer = sql`tested.${own.column}`
    return ofNone ? sql`not ${decided(answer)}` : answer
  }

  #measured({ measure, where }: Extract<Subject, { kind: 'measure' }>): Tested {
    const asked = measuresByName.get(measure)!
    const { source, of, since, per } = asked
    const aggregated = this.#aggregate(asked, where, of)
    const { asOf } = this.#setting.scope
    const value = since ? this.#d.daysBetween(aggregated, this.#d.date(asOf)) : aggregated
    if (!per) return { asked, value }
    const whole =
      per.over === 'those'
        ? this.#aggregate(asked, where, per.of)
        : (source.inFacts?.[per.of] ?? this.#aggregate(asked, [], per.of))
    return { asked, value, per: whole }
  }

  #condition(one: Condition, measure: Measure): Sql {
    return conditionSql(one, measure, this.#reading, this.#test)
  }

  #matches({ name: field, from }: SetField, test: Test): Sql {
    const { relation, condition } = setRows(from, test, this.#setting, this.#d)
    const count = this.#column(`of_${field}`, relation, condition, this.#d.countIf(condition))
    return sql`coalesce(${count}, 0)`
  }

  #aggregate(measure: Measure, where: readonly Condition[], of: Aggregate): Sql {
    const { source } = measure
    const rows = source.rows(where, this.#reading)
    const condition = all(where.map((one) => this.#condition(one, measure)))
    if (rows.kind === 'stored') {
      const key = JSON.stringify([rows.alias, where])
      const alias = `${rows.alias}_${this.#stored.size}`
      const pass = this.#stored.get(key) ?? { alias, condition, columns: {} }
      this.#stored.set(key, pass)
      const column = (pass.columns[of] ??= this.#column(
        pass.alias,
        rows.relation,
        pass.condition,
        rows.aggregates[of],
      ))
      return of === 'count' || of === 'amount' ? sql`coalesce(${column}, 0)` : column
    }
    const column = (aggregate: Sql) => this.#column(rows.alias, rows.relation, condition, aggregate)
    const day = () => source.conditions.find(({ name: own }) => own === source.day)!.column(this.#reading)
    switch (of) {
      case 'count':
        return sql`coalesce(${column(this.#d.countIf(condition))}, 0)`
      case 'amount':
        return sql`coalesce(${column(this.#d.sumIf(rows.amount, condition))}, 0)`
      case 'first':
        return column(this.#d.minIf(day(), condition))
      case 'last':
        return column(this.#d.maxIf(day(), condition))
    }
  }

  /** Adds an aggregate to the pass over a relation; null for a member without a row. */
  #column(alias: string, relation: Sql, condition: Sql, aggregate: Sql): Sql {
    const pass = this.#passes.get(alias) ?? { alias: name(alias), relation, columns: [], wanted: [] }
    this.#passes.set(alias, pass)
    const column = name(`a${pass.columns.length}`)
    pass.columns.push(sql`${aggregate} as ${column}`)
    if (!pass.wanted.includes(condition)) pass.wanted.push(condition)
    return sql`${pass.alias}.${column}`
  }
}

/** The rows of a set that a test is about, called `entry`. */
function setRows(from: SetField['from'], test: Test, { scope, newest }: DaySetting, d: Dialect) {
  const text = sql`entry.${from.text}`
  const asOf = d.date(scope.asOf)
  const condition = all([
    ...(from.only ? [sql`entry.${from.only}`] : []),
    ...(from.day && !newest ? [sql`entry.${from.day} <= ${asOf}`] : []),
    ...(test.kind === 'compare' ? [sql`${text} = ${bind(test.value)}`] : []),
    ...(test.kind === 'in' ? [sql`${text} in (${join(test.values.map(bind))})`] : []),
  ])
  return { relation: from.past && !newest ? from.past(asOf) : from.table, condition }
}

const all = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`true` : join(conditions, sql` and `)

/** `needed`: a further condition on the rows. */
const answering = ({ relation, condition, tests }: TestedPass, needed: Sql): AnsweringPass => ({
  answers: [...tests.values()],
  select: (columns) => sql`select entry.member_key, ${columns} from ${relation} as entry
            where (${condition})${needed} group by entry.member_key having ${join(
              [...tests.values()].map(({ holds }) => sql`(${holds})`),
              sql` or `,
            )}`,
})
