import { utcOfLocalSql } from '../../analytics/calendar/calendar.ts'
import { join, type Sql, sql } from '../../analytics/sql/sql.ts'

/**
 * How a column writes its dates. `year-first`: 2011-12-09, 2011/12/9 8:05, 2011年12月9日, with or
 * without time and zone; `compact`: 20111209; `day-first` and `month-first`: 9.12.2011, 12/9/2011 8:26;
 * `month-name`: 9 Dec 2011; `excel-serial`: 40886.53, days as spreadsheets count them; epochs: numbers since 1970.
 */
export type DateOrder =
  | 'year-first'
  | 'compact'
  | 'day-first'
  | 'month-first'
  | 'month-name'
  | 'excel-serial'
  | 'epoch-seconds'
  | 'epoch-milliseconds'

export const dateOrders: readonly DateOrder[] = [
  'year-first',
  'compact',
  'day-first',
  'month-first',
  'month-name',
  'excel-serial',
  'epoch-seconds',
  'epoch-milliseconds',
]

/** Written as numbers: a column of them may hold something else. */
export const numericOrders = [
  'compact',
  'excel-serial',
  'epoch-seconds',
  'epoch-milliseconds',
] as const satisfies DateOrder[]

const slashed = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[ T,].*)?$/
const shapes: readonly (readonly [DateOrder, RegExp])[] = [
  ['year-first', /^(19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}/],
  ['compact', /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{4}|\d{6})?$/],
  // 1954 to 2091
  ['excel-serial', /^[2-6]\d{4}(\.\d+)?$/],
  ['epoch-seconds', /^[1-9]\d{8,9}(\.\d+)?$/],
  ['epoch-milliseconds', /^[1-9]\d{11,12}$/],
  ['month-name', /^\d{1,2}[ -][a-z]{3,9}[ -,]+\d{2,4}|^[a-z]{3,9} \d{1,2},? \d{4}/i],
]

/** How most of the sample values that are dates write them, and which share of all values those are; null: no dates. */
export function dateOrderOf(
  values: readonly string[],
): { order: DateOrder | 'undecided'; share: number } | null {
  let best: { order: DateOrder | 'undecided'; share: number } | null = null
  for (const [order, shape] of [...shapes, ['slashed', slashed] as const]) {
    const fitting = values.filter((value) => shape.test(value))
    const share = fitting.length / values.length
    if (fitting.length > 0 && share > (best?.share ?? 0))
      best = { order: order === 'slashed' ? dayOrMonthFirst(fitting) : order, share }
  }
  return best
}

/** Decides by values over 12; `undecided` when there are none. */
export function dayOrMonthFirst(values: Iterable<string>): 'day-first' | 'month-first' | 'undecided' {
  let day = 0
  let month = 0
  for (const value of values) {
    const parts = slashed.exec(value)
    if (!parts) continue
    if (Number(parts[1]) > 12) day++
    else if (Number(parts[2]) > 12) month++
  }
  if (day === month) return 'undecided'
  return day > month ? 'day-first' : 'month-first'
}

const times = ['', ' %H:%M', ' %H:%M:%S', ' %H:%M:%S.%g', ' %I:%M %p', ' %I:%M:%S %p']
const formats = (...days: string[]): Sql => {
  const all = days.flatMap((day) => times.map((time) => sql`${`${day}${time}`}`))
  return sql`[${join(all)}]`
}
/** SQL: the instant in UTC that the text means, or NULL. Text without zone is in `timeZone`. */
export function instantSql(text: Sql, order: DateOrder, timeZone: string): Sql {
  const local = (timestamp: Sql) => utcOfLocalSql(timestamp, timeZone)
  switch (order) {
    case 'year-first': {
      const western = sql`regexp_replace(${text}, '^(\\d{4})[年.](\\d{1,2})[月.](\\d{1,2})日?', '\\1-\\2-\\3')`
      const named = sql`regexp_replace(${text}, ' ?(UTC|GMT|Z)$', '+00:00')`
      const hours = sql`regexp_replace(${named}, ' ?([+-]\\d{2})$', '\\1:00')`
      const offset = sql`regexp_replace(${hours}, ' ?([+-]\\d{2}):?(\\d{2})$', '\\1:\\2')`
      const withZone = sql`regexp_replace(${offset}, '([ T]\\d{1,2}:\\d{2})([+-]\\d{2}:\\d{2})$', '\\1:00\\2')`
      return sql`case
        when length(${text}) > 14 and regexp_matches(${text}, '\\d(UTC|GMT|Z| ?[+-]\\d{2}(:?\\d{2})?)$| (UTC|GMT|Z)$')
          then try_cast(${withZone} as timestamptz) at time zone 'UTC'
        else ${local(sql`coalesce(try_cast(${text} as timestamp), try_cast(${western} as timestamp))`)} end`
    }
    case 'compact':
      return local(sql`try_strptime(${text}, ['%Y%m%d', '%Y%m%d%H%M%S', '%Y%m%d%H%M'])`)
    case 'day-first':
      return local(sql`try_strptime(translate(${text}, '.-,', '//'), ${formats('%d/%m/%Y', '%d/%m/%y')})`)
    case 'month-first':
      return local(sql`try_strptime(translate(${text}, '.-,', '//'), ${formats('%m/%d/%Y', '%m/%d/%y')})`)
    case 'month-name':
      return local(
        sql`try_strptime(translate(${text}, '-,', ' '), ${formats('%d %b %Y', '%d %B %Y', '%b %d %Y', '%B %d %Y', '%d %b %y')})`,
      )
    case 'excel-serial':
      return local(
        sql`case when regexp_full_match(${text}, '\\d{5}(\\.\\d+)?') then timestamp '1899-12-30'
          + to_seconds(cast(round(try_cast(${text} as double) * 86400) as bigint)) end`,
      )
    case 'epoch-seconds':
      return sql`make_timestamp(try_cast(round(try_cast(${text} as decimal(20, 6)) * 1000000) as bigint))`
    case 'epoch-milliseconds':
      return sql`make_timestamp(try_cast(${text} as bigint) * 1000)`
  }
}
