/**
 * Rows of a table as columns of numbers, in memory that threads share: a member's rows together, in the order of their
 * days. Those of members that changed stand at the end, what stood for them before is nobody's.
 */
export interface RowColumns {
  /** Of each member, where the rows begin and how many there are. */
  readonly start: Uint32Array
  readonly count: Uint32Array
  /** The code of the day of a member's newest row, where there is one. */
  readonly newest: Uint16Array
  readonly amount: Int32Array | Float64Array
  /** By the name of what conditions ask about: the place of the row's value in its dictionary; `day`: days after the first one. */
  readonly codes: Readonly<Record<string, Uint16Array>>
}

/** What conditions ask of members, as columns of numbers in memory that threads share. */
export interface MemberColumns {
  readonly tables: Readonly<Record<RowTable, RowColumns>>
  /** Of each member the place of a fact's value in its dictionary. */
  readonly facts: Readonly<Record<string, Int32Array>>
  /** The bits of the members that there are. */
  readonly known: Uint32Array
  /** Of each member the amounts that nearly everybody has others of, as they are; an unknown one is NaN. */
  readonly amounts: Readonly<Record<string, Float64Array>>
  /** A member's number is below it, which is a number of whole words of bits. */
  readonly members: number
  /** Days since 1970. */
  readonly firstDay: number
  /** Of each table, that no amount is below it. */
  readonly leastAmount: Readonly<Record<RowTable, number>>
}

export type RowTable = 'orders' | 'lines'

/** A dictionary has at most so many values, which codes of two bytes tell apart. */
export const mostCodes = 1 << 16

const millisecondsOfDay = 24 * 60 * 60 * 1000
/** Days from 1970 to an ISO day. */
export const dayNumber = (day: string): number => Date.parse(day) / millisecondsOfDay
