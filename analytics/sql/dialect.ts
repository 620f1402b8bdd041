import type { Sql } from './sql.ts'

/**
 * What the engines spell differently. Small and total: an engine that lacks a spelling does not
 * compile. Days and months are DATE values; a month is its first day.
 */
export interface Dialect {
  readonly name: 'duckdb' | 'clickhouse'
  readonly placeholder: (position: number) => string
  /** ISO text 'YYYY-MM-DD' as a DATE. */
  date(iso: string): Sql
  /** `day` plus a whole number of days. */
  addDays(day: Sql, count: Sql | number): Sql
  /** The same day of the year so many years later; 29 February becomes the 28th where there is none. */
  addYears(day: Sql, count: Sql): Sql
  yearOf(day: Sql): Sql
  /** Whole days from `from` to `to`; negative when `to` is earlier. */
  daysBetween(from: Sql, to: Sql): Sql
  /** The first day of the month, quarter or year that contains `day`. */
  startOf(unit: 'month' | 'quarter' | 'year', day: Sql): Sql
  /** The first day of the week that contains `day`; `firstWeekday` as ISO, 1 = Monday … 7 = Sunday. */
  startOfWeek(day: Sql, firstWeekday: Sql | number): Sql
  /** Calendar months from the month of `from` to the month of `to`. */
  monthsBetween(from: Sql, to: Sql): Sql
  lastDayOfMonth(day: Sql): Sql
  dayOfMonth(day: Sql): Sql
  monthOfYear(day: Sql): Sql
  /** ISO weekday, 1 = Monday … 7 = Sunday. */
  weekday(day: Sql): Sql
  /** A relation with one BIGINT column `n`: 0, 1, … count − 1. */
  integers(count: Sql | number): Sql
  /** Division of integers, truncated towards zero. */
  divide(numerator: Sql, denominator: Sql): Sql
  /** Exact p-quantile: the ⌈np⌉-th order statistic of a non-null value. */
  quantile(p: number, value: Sql): Sql
  /** A sum of integers that stays one 64-bit integer; 0 over no rows. */
  sum(value: Sql): Sql
  /** A count of the rows where `condition` holds. */
  countIf(condition: Sql): Sql
  /** A sum of integers over the rows where `condition` holds; 0 over none. */
  sumIf(value: Sql, condition: Sql): Sql
  /** The smallest and the largest value over the rows where `condition` holds; null over none. */
  minIf(value: Sql, condition: Sql): Sql
  maxIf(value: Sql, condition: Sql): Sql
  textLength(text: Sql): Sql
  /** Whether `text` contains `part`, or starts or ends with it, letter case ignored. */
  contains(text: Sql, part: string): Sql
  startsWith(text: Sql, part: string): Sql
  endsWith(text: Sql, part: string): Sql
  /** The first eight hexadecimal digits, in lower case, of the MD5 of a text's UTF-8. */
  hash8(text: Sql): Sql
}
