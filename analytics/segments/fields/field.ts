import type { RfmRule } from '../../relations/rfm.ts'
import type { DormancyThresholds } from '../../relations/scope.ts'
import type { DerivedTables } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import type { Sql } from '../../sql/sql.ts'
import type { Moment, Person } from '../person.ts'
import type { Described, Kind, PhraseInBothLanguages } from './described.ts'

/** What an entry's SQL may use beside the columns of `facts`, the row of `member_facts`. */
export interface Reading {
  readonly asOf: string
  readonly dormancy: DormancyThresholds
  readonly rfm: RfmRule
  /** The derived tables as they are on `asOf`. */
  readonly tables: DerivedTables
  /** asOf is the workspace's newest day: what people decide counts as it stands now, whatever its date. */
  readonly newest: boolean
  readonly d: Dialect
}

/** A field with one value or none per member. */
export interface ValueField extends Described {
  readonly kind: Exclude<Kind, 'set'>
  readonly phrase: PhraseInBothLanguages
  /** The value; null is unknown. Money in minor units. */
  readonly value: (reading: Reading) => Sql
  readonly read: (person: Person, moment: Moment) => string | number | boolean | null
  /** A relation with a row or none per `member_key` that `value` reads beside `facts`, by its alias. */
  readonly beside?: { readonly alias: string; readonly relation: (reading: Reading) => Sql }
  /** `beside` is the table of what the models foretell, which has to be made before the rule is asked. */
  readonly foretold?: true
  /**
   * For an average or a share: what `value` is divided by; unknown when that is 0. Compared without dividing.
   * A `percent` is always such a share.
   */
  readonly per?: {
    readonly value: (reading: Reading) => Sql
    readonly read: (person: Person, moment: Moment) => number
  }
}

/** A field with any number of texts per member, kept in a table of its own. */
export interface SetField extends Described {
  readonly kind: 'set'
  readonly phrase: PhraseInBothLanguages
  /** The table has a `member_key`; `text` is the column asked for. `day`: rows count from that day on. */
  readonly from: {
    readonly table: Sql
    readonly text: Sql
    readonly only?: Sql
    readonly day?: Sql
    /** Takes the place of `table` when a past day is asked about. */
    readonly past?: (day: Sql) => Sql
  }
  readonly read: (person: Person, moment: Moment) => readonly string[]
}

export type Field = ValueField | SetField
