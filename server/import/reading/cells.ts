import { join, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { emptyWords } from '../columns/fields.ts'
import { numberSql } from '../values/numbers.ts'

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

/** SQL over a cell's text: an id, without what spreadsheets and other programs make of its digits (`17850.0`, `9e+05`). */
export const cellId = (text: Sql): Sql =>
  sql`coalesce(${wholeDigits(text)}, nullif(trim(regexp_replace(${text}, '^(\\d+)\\.0$', '\\1')), ''))`

const short = "'?(\\d)(?:\\.(\\d+))?[eE]\\+(\\d+)"
/** One of these stands in every number of which `wholeDigits` or `lostDigits` says something. */
export const shortMarks = ['e+'] as const
const isShort = (text: Sql): Sql => sql`(contains(${text}, 'e+') or contains(${text}, 'E+'))`

/**
 * SQL: the digits of a number that a program wrote as `9e+05`, where all of them are told: they stand in it, or it has up to
 * six and is written as R writes whole numbers with zeros at their end, exactly; other programs round only longer ones in
 * lower case. A number of 16 digits or more went through a fraction, which keeps 15. NULL for any other text.
 */
export const wholeDigits = (text: Sql): Sql => {
  const part = (which: 1 | 2 | 3) => sql`regexp_extract(${text}, ${short}, ${literal(which)})`
  const exponent = sql`try_cast(${part(3)} as utinyint)`
  return sql`case when ${isShort(text)} then case
    when not regexp_full_match(${text}, ${short}) or coalesce(${exponent} > 14, true) then null
    when regexp_full_match(${text}, '''?[1-9](\\.\\d*[1-9])?e\\+0[0-5]')
        and strlen(${part(2)}) <= ${exponent}
      or strlen(${part(2)}) >= ${exponent} and regexp_full_match(substr(${part(2)}, ${exponent} + 1), '0*')
    then rpad(${part(1)} || ${part(2)}, cast(${exponent} as integer) + 1, '0') end end`
}

/** SQL: whether a spreadsheet has written a long number as `6.9E+17`: what its other digits were nobody knows. */
export const lostDigits = (text: Sql): Sql =>
  sql`case when ${isShort(text)} then regexp_full_match(${text}, ${short}) and ${wholeDigits(text)} is null else false end`

/** SQL over a cell's text: its number as an exact decimal; NULL: no number. `signs` may stand beside it. */
export function cellNumber(text: Sql, decimalMark: '.' | ',', signs: readonly string[]): Sql {
  const { micro, wide } = numberSql(text, decimalMark, signs)
  return sql`cast(coalesce(cast(${micro} as decimal(20, 0)) * cast(0.000001 as decimal(6, 6)), ${wide}) as decimal(28, 10))`
}

/** SQL: an exact number in units of which `digits` decimals make one, rounded once, half away from zero. */
export const roundedTo = (exact: Sql, digits: number): Sql =>
  sql`try_cast(round(${exact} * ${literal(10 ** digits)}, 0) as bigint)`

const literal = (integer: number): Sql => ({ kind: 'sql', chunks: [String(integer)] })
