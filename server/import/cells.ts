import { join, type Sql, sql } from '../../analytics/sql/sql.ts'
import { emptyWords } from './fields.ts'
import { numberSql } from './numbers.ts'

/** SQL over the raw text of a cell: what is written in it, without the marks of spreadsheets; NULL where that stands for nothing. */
export function cellText(raw: Sql): Sql {
  const noValue = sql`[${join([...emptyWords, '', '未知', '无'])}]`
  return sql`case when list_contains(${noValue}, lower(trim(${raw}))) then null else nullif(trim(regexp_replace(regexp_replace(${raw}, '^="(.*)"$', '\\1'), '^''+', '')), '') end`
}

const longestNothing = Math.max(...emptyWords.map((word) => Buffer.byteLength(word)))
const nothingBegins = [
  ...new Set(emptyWords.flatMap((word) => [word, word.toUpperCase()].map((way) => way.codePointAt(0)!))),
]

/**
 * SQL over a raw text without blanks around it: whether it stands for nothing. Where it begins is asked first,
 * because few texts begin so and letters of any script are slow to change their case.
 */
export const isNothing = (raw: Sql): Sql =>
  sql`(strlen(${raw}) <= ${longestNothing} and list_contains([${join(nothingBegins)}], ord(${raw}))
    and list_contains([${join(emptyWords)}], lower(${raw})))`

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
