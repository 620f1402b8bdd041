import { type Bits, wordsFor } from '../../analytics/columns/bits.ts'
import type { QueryOptions, ScratchSession } from '../../analytics/engine/engine.ts'
import { join, type Sql, sql } from '../../analytics/sql/sql.ts'

/** So many answers are told by the bits of a whole number. */
const bitsOfNumber = 31

/** No member yet of `members`, in memory that threads share. */
export const noneOf = (members: number): Bits => new Uint32Array(new SharedArrayBuffer(4 * wordsFor(members)))

/**
 * Of each of some columns of a relation the members, by its `member_key`, for whom it is true; keys from `members` on are
 * passed over.
 */
export async function toldBits(
  session: ScratchSession,
  relation: Sql,
  columns: readonly Sql[],
  members: number,
  options: QueryOptions = {},
): Promise<Bits[]> {
  const told = columns.map(() => noneOf(members))
  const numbers = Array.from({ length: Math.ceil(columns.length / bitsOfNumber) }, (_, n) => {
    const own = columns.slice(n * bitsOfNumber, (n + 1) * bitsOfNumber)
    return sql`cast(${join(
      own.map((one, bit) => sql`case when ${one} then ${2 ** bit} else 0 end`),
      sql` + `,
    )} as integer)`
  })
  const query = sql`select ${join([sql`member_key`, ...numbers])} from ${relation} as answers
    where ${join(columns, sql` or `)}`
  for await (const [some, ...answers] of session.numbers(query, options))
    for (const [i, bits] of told.entries()) {
      const answer = answers[Math.floor(i / bitsOfNumber)]!
      const bit = i % bitsOfNumber
      for (let row = 0; row < some!.length; row++) {
        const member = some![row]!
        if (member < members) bits[member >>> 5]! |= ((answer[row]! >>> bit) & 1) << (member & 31)
      }
    }
  return told
}
