import { join, name, type Sql, sql } from '../sql/sql.ts'

/** A pass over a relation that answers questions about the members it has rows of. */
export interface AnsweringPass {
  /** The columns under which it is told of a member whether something holds, each with the condition. */
  readonly answers: readonly { readonly column: Sql; readonly holds: Sql }[]
  /** The query over the relation: `member_key`, and what it is given as further columns. */
  readonly select: (columns: Sql) => Sql
}

/** So many answers are told by the bits of one whole number. */
const bitsOfWord = 32

/**
 * A relation of members of whom any pass has a row: `member_key` and a boolean column for each answer, false where the
 * pass has no row of the member. The passes are added up by member, where joining them one by one would cost a join each.
 */
export function answersOfMembers(passes: readonly AnsweringPass[]): Sql {
  const words: { used: number }[] = []
  const places = passes.map(({ answers }) =>
    answers.map(() => {
      let word = words.at(-1)
      if (!word || word.used === bitsOfWord) words.push((word = { used: 0 }))
      return { word: words.length - 1, bit: sql`cast(${2 ** word.used++} as bigint)` }
    }),
  )
  const wordOf = (word: number) => name(`word${word}`)
  const queries = passes.map(({ answers, select }, pass) =>
    select(
      join(
        words.map((_, word) => {
          const bits = answers.flatMap(({ holds }, i) => {
            const place = places[pass]![i]!
            return place.word === word ? [sql`case when ${holds} then ${place.bit} else 0 end`] : []
          })
          return sql`${join([sql`cast(0 as bigint)`, ...bits], sql` | `)} as ${wordOf(word)}`
        }),
      ),
    ),
  )
  const columns = passes.flatMap(({ answers }, pass) =>
    answers.map(({ column }, i) => {
      const { word, bit } = places[pass]![i]!
      return sql`(bit_or(${wordOf(word)}) & ${bit}) <> 0 as ${column}`
    }),
  )
  return sql`(select member_key, ${join(columns)} from (${join(
    queries,
    sql`
      union all `,
  )}) as answered group by member_key)`
}
