import type { BusinessCalendar } from '../calendar/calendar.ts'
import type { DerivedTables } from '../schema/derived.ts'
import type { ModelOutcome } from '../scores/scores.ts'
import type { Sql } from '../sql/sql.ts'
import type { RfmRule } from './rfm.ts'

/** The fixed dormancy rule: the last day, in days since the last order, of each status before lost. */
export interface DormancyThresholds {
  readonly active: number
  readonly cooling: number
  readonly dormant: number
}

export const defaultDormancy: DormancyThresholds = { active: 30, cooling: 90, dormant: 180 }

/**
 * What a question is asked of: the day, the members, the part of the activity. Every metric takes
 * one and reads nothing else, the clock least of all.
 */
export interface Scope {
  /** ISO local day, inclusive: a thing is visible when its local day is on or before it. */
  readonly asOf: string
  readonly calendar: BusinessCalendar
  /** The derived tables as they are on `asOf`. */
  readonly tables: DerivedTables
  readonly dormancy: DormancyThresholds
  /** By what recency, frequency and money are scored, where a question says nothing else. */
  readonly rfm: RfmRule
  /** Digits after the point of an amount of money in a rule, where figures are in minor units. */
  readonly currencyDecimals: number
  /** Local day of the first order in the data; null while there is none. */
  readonly dataStart: string | null
  /** The shop really opened where its data starts: nobody is first seen. */
  readonly openedAtStart: boolean
  /** A relation with one column `member_key`, each once: only these members are asked about. Null: all members. */
  readonly audience: Sql | null
  /** Order filters: only activity in these is counted; cohorts, ordinals and first orders stay those of all orders. Null: everywhere. */
  readonly stores: readonly string[] | null
  readonly channels: readonly string[] | null
  /** An order counts, whole, when a line of it is in one of these; where lines are counted, only those in them. Null: all. */
  readonly categories: readonly string[] | null
  /** How the fit of the models to the members of the day came out, where a metric asks what they foretell. */
  readonly models?: ModelOutcome
}
