import type { Dialect } from './dialect.ts'
import { type Sql, sql } from './sql.ts'

export const duckdb: Dialect = {
  name: 'duckdb',
  placeholder: (position) => `$${position}`,
  date: (iso) => sql`cast(${iso} as date)`,
  addDays: (day, count) => sql`(${day} + cast(${count} as integer))`,
  addYears: (day, count) => sql`cast(${day} + to_years(cast(${count} as integer)) as date)`,
  yearOf: (day) => sql`year(${day})`,
  daysBetween: (from, to) => sql`date_diff('day', ${from}, ${to})`,
  startOf: (unit, day) =>
    ({
      month: sql`cast(date_trunc('month', ${day}) as date)`,
      quarter: sql`cast(date_trunc('quarter', ${day}) as date)`,
      year: sql`cast(date_trunc('year', ${day}) as date)`,
    })[unit],
  startOfWeek: (day, firstWeekday) =>
    sql`(${day} - cast((isodow(${day}) - cast(${firstWeekday} as bigint) + 7) % 7 as integer))`,
  monthsBetween: (from, to) => sql`((year(${to}) - year(${from})) * 12 + month(${to}) - month(${from}))`,
  lastDayOfMonth: (day) => sql`last_day(${day})`,
  dayOfMonth: (day) => sql`day(${day})`,
  monthOfYear: (day) => sql`month(${day})`,
  weekday: (day) => sql`isodow(${day})`,
  integers: (count) => sql`(select range as n from range(cast(${count} as bigint)))`,
  divide: (numerator, denominator) => sql`(${numerator} // ${denominator})`,
  quantile: (p, value) => sql`quantile_disc(${value}, ${p})`,
  sum: (value) => sql`coalesce(cast(sum(${value}) as bigint), 0)`,
  countIf: (condition) => sql`count(*) filter (where ${condition})`,
  sumIf: (value, condition) => sql`coalesce(cast(sum(${value}) filter (where ${condition}) as bigint), 0)`,
  minIf: (value, condition) => sql`min(${value}) filter (where ${condition})`,
  maxIf: (value, condition) => sql`max(${value}) filter (where ${condition})`,
  textLength: (text) => sql`length(${text})`,
  contains: (text, part) => sql`contains(lower(${text}), lower(${part}))`,
  startsWith: (text, part) => sql`starts_with(lower(${text}), lower(${part}))`,
  endsWith: (text, part) => sql`ends_with(lower(${text}), lower(${part}))`,
  hash8: (text) => sql`left(md5(${text}), 8)`,
}

/**
 * Run at the beginning of a session: what is grouped by one whole number, such as a member's, is added up in an array
 * instead of a hash table, as long as the numbers lie within four million. Per set of conditions and thread the array
 * takes some 30 bytes a number, used or not: nothing for queries that are not about most members.
 */
export const addUpByNumber: Sql = sql`set perfect_ht_threshold = 22`
