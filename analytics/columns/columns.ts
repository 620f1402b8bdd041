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
}

export type RowTable = 'orders' | 'lines'

/** A dictionary has at most so many values, which codes of two bytes tell apart. */
export const mostCodes = 1 << 16

const millisecondsOfDay = 24 * 60 * 60 * 1000
/** Days from 1970 to an ISO day. */
export const dayNumber = (day: string): number => Date.parse(day) / millisecondsOfDay

/** Words of 32 bits for so many members. */
export const wordsFor = (members: number): number => Math.ceil(members / 32)

export function countBits(bits: Uint32Array): number {
  let count = 0
  for (let word = 0; word < bits.length; word++) {
    let left = bits[word]!
    left -= (left >>> 1) & 0x55555555
    left = (left & 0x33333333) + ((left >>> 2) & 0x33333333)
    count += Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}

/** The numbers of the bits that are set, of which there are `count`. */
export function numbersOfBits(bits: Uint32Array, count: number): Int32Array {
  const numbers = new Int32Array(count)
  let at = 0
  for (let word = 0; word < bits.length; word++)
    for (let left = bits[word]!; left !== 0; left &= left - 1)
      numbers[at++] = 32 * word + (31 - Math.clz32(left & -left))
  return numbers
}
