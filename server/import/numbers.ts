import { type Sql, sql } from '../../analytics/sql/sql.ts'

const decoration = /[\s_'\p{Sc}元]|^[A-Za-z]{3}(?=[\d.-])|(?<=\d)[A-Za-z]{3}$/gu

/** Whether a value reads as a number: signs, currency, separators of thousands, accounting brackets. */
export function isNumber(value: string): boolean {
  const bare = value.replace(decoration, '').replace(/^\((.+)\)$/, '-$1')
  return /^[+-]?(\d[\d.,]*|\.\d+)(e[+-]?\d+)?$/i.test(bare)
}

/** The decimal mark of formatted numbers: a comma where it stands before other than three digits, or after a point. */
export function decimalMarkOf(values: readonly string[]): '.' | ',' {
  const bare = values.map((value) => value.replace(decoration, ''))
  const comma = bare.filter(
    (value) => /\d,(\d{1,2}|\d{4,})$/.test(value) || /\.\d{3},\d+$/.test(value),
  ).length
  const point = bare.filter((value) => /\.\d*$/.test(value) && !/^-?\d{1,3}(\.\d{3})+$/.test(value)).length
  return comma > point ? ',' : '.'
}

/**
 * SQL over a text column: the number it means. Most values are short and plain; those are an exact
 * count of millionths in `micro`, by integer arithmetic. The rest is in `wide`, a DECIMAL(20, 10),
 * digits beyond the tenth cut, which can't move a rounding half away from zero. Both NULL: no number.
 */
export function numberSql(text: Sql, decimalMark: '.' | ','): { micro: Sql; wide: Sql } {
  const point = decimalMark === '.' ? text : sql`replace(replace(${text}, '.', ''), ',', '.')`
  // A double holds every number below 10^8 with at most 6 decimals closely enough to tell its millionths.
  const short = sql`(strlen(${point}) <= 7 or (strlen(${point}) <= 15 and (strpos(${point}, '.') = 0 or strlen(${point}) - strpos(${point}, '.') <= 6)))`
  const double = sql`try_cast(${point} as double)`
  const micro = sql`case when ${short} and abs(${double}) < 100000000 then cast(round(${double} * 1000000) as bigint) end`
  const bare = sql`regexp_replace(regexp_replace(${text}, '[\\s_''\\p{Sc}元]|^[A-Za-z]{3}|[A-Za-z]{3}$', '', 'g'), '^\\((.+)\\)$', '-\\1')`
  const marked =
    decimalMark === '.' ? sql`replace(${bare}, ',', '')` : sql`replace(replace(${bare}, '.', ''), ',', '.')`
  const cut = sql`regexp_replace(${marked}, '^([^.e]*\\.\\d{10})\\d+$', '\\1')`
  return { micro, wide: sql`try_cast(${cut} as decimal(20, 10))` }
}
