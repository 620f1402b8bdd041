import { join, type Sql, sql } from '../../analytics/sql/sql.ts'
import { emptyWords } from './fields.ts'
import { numberSql } from './numbers.ts'

/** SQL over the raw text of a cell: what is written in it, without the marks of spreadsheets; NULL where that stands for nothing. */
export function cellText(raw: Sql): Sql {
  const noValue = sql`[${join([...emptyWords, '', '未知', '无'])}]`
  return sql`case when list_contains(${noValue}, lower(trim(${raw}))) then null else nullif(trim(regexp_replace(regexp_replace(${raw}, '^="(.*)"$', '\\1'), '^''+', '')), '') end`
}

/**
 * SQL over a text without blanks around it: whether it is one of `words`, in any case. Where it begins is asked
 * first, because few texts begin like one of them and letters of any script are slow to change their case.
 */
export function isOneOf(text: Sql, words: readonly string[]): Sql {
  const longest = Math.max(...words.map((word) => Buffer.byteLength(word)))
  const begins = new Set(
    words.flatMap((word) => [word, word.toUpperCase()].map((way) => way.codePointAt(0) ?? -1)),
  )
  return sql`(strlen(${text}) <= ${longest} and list_contains([${join([...begins])}], ord(${text}))
    and list_contains([${join(words)}], lower(${text})))`
}

/** SQL over a cell's text: an id, without what spreadsheets make of its digits (`17850.0`). */
export const cellId = (text: Sql): Sql =>
  sql`nullif(trim(regexp_replace(${text}, '^(\\d+)\\.0$', '\\1')), '')`

/** SQL over a cell's text: its number as an exact decimal; NULL: no number. `signs` may stand beside it. */
export function cellNumber(text: Sql, decimalMark: '.' | ',', signs: readonly string[]): Sql {
  const { micro, wide } = numberSql(text, decimalMark, signs)
  return sql`cast(coalesce(cast(${micro} as decimal(20, 0)) * cast(0.000001 as decimal(6, 6)), ${wide}) as decimal(28, 10))`
}

/** SQL: an exact number in units of which `digits` decimals make one, rounded once, half away from zero. */
export const roundedTo = (exact: Sql, digits: number): Sql =>
  sql`try_cast(round(${exact} * ${literal(10 ** digits)}, 0) as bigint)`

const literal = (integer: number): Sql => ({ kind: 'sql', chunks: [String(integer)] })
