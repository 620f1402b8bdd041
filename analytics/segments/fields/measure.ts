import type { Sql } from '../../sql/sql.ts'
import type { Condition } from '../ast.ts'
import type { Moment, Person } from '../person.ts'
import type { Described, PhraseInBothLanguages } from './described.ts'
import type { Reading } from './field.ts'

/**
 * Things that happened to a member, each with a day and an amount: what the measures over it count, add up
 * and date. A source is an entry of `sources` in catalogue.ts with its conditions and its measures.
 */
export interface Source {
  readonly name: string
  /** What can be asked inside the parentheses, beside `within n days`. */
  readonly conditions: readonly ConditionField[]
  /** The condition that `within n days`, `between … and …` and first and last are about. */
  readonly day: string
  /** The condition to begin with; without, `within 180 days`. */
  readonly first?: Condition
  readonly rows: (where: readonly Condition[], reading: Reading) => Rows
  /** Aggregates over all rows that `facts` has already. */
  readonly inFacts?: Partial<Record<Aggregate, Sql>>
  /** The same as plain data: those of the person's things that `meets` accepts by the values of their conditions. */
  readonly occurrences: (
    person: Person,
    moment: Moment,
    where: readonly Condition[],
    meets: (values: ConditionValues) => boolean,
  ) => readonly Occurrence[]
}

/** A relation with a `member_key`, its rows called `entry`. */
export type Rows = StoredRows | ComputedRows

/** A table that is cheaper gone through for each set of conditions, which it can skip rows by, than once for all. */
export interface StoredRows {
  readonly kind: 'stored'
  readonly alias: string
  readonly relation: Sql
  /** Over the rows that meet the conditions. */
  readonly aggregates: Readonly<Record<Aggregate, Sql>>
}

/** A row for each thing. All that share the alias are aggregated in one pass. */
export interface ComputedRows {
  readonly kind: 'computed'
  readonly alias: string
  readonly relation: Sql
  readonly amount: Sql
}

export type ConditionValues = Readonly<Record<string, string | number | boolean | null>>

export interface Occurrence {
  readonly day: string
  /** Money in minor units. */
  readonly amount: number
}

/** What can be asked of one thing inside the parentheses of a measure. */
export interface ConditionField extends Described {
  readonly kind: 'text' | 'day' | 'count' | 'money' | 'choice' | 'flag'
  readonly phrase: PhraseInBothLanguages
  /** Where it stands in a sentence: what the thing is, where it happened, when. */
  readonly reads: 'what' | 'where' | 'when'
  /** The value over the source's rows; null is unknown. Money in minor units, a choice as `code` says. */
  readonly column: (reading: Reading) => Sql
  /** The number that stands for a choice in `column`; without, the choice itself does. */
  readonly code?: (choice: string) => number
}

/** `count` and `amount` are 0 over no rows; the days, first and last, are unknown. */
export type Aggregate = 'count' | 'amount' | 'first' | 'last'

/** A count, a sum, a day or a share over those of a source's things that meet the conditions in parentheses. */
export interface Measure extends Described {
  readonly kind: 'count' | 'money' | 'percent' | 'day'
  readonly source: Source
  readonly of: Aggregate
  /** The day is told as the days from it to asOf. */
  readonly since?: true
  /** Divided by an aggregate over the same things or over all of the source's; unknown when that is 0. */
  readonly per?: { readonly of: 'count' | 'amount'; readonly over: 'those' | 'all' }
  readonly phrase: { readonly en: MeasurePhrase; readonly 'zh-CN': MeasurePhrase }
}

/**
 * How a measure reads: `{}` is the value, `{where}` the conditions. In Chinese `{when}` is when and where, and
 * `{what}` what the things are, ending with 的 (without it before the noun of the value); `{whose}` is both.
 */
export interface MeasurePhrase {
  readonly is: string
  readonly none?: string
  readonly known: string
  readonly unknown: string
  /** Put around the conditions when they say more than when: "on orders …", 「在…订单上」. */
  readonly around?: string
}
