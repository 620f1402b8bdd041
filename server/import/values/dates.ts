import { steadyClock, utcOfLocalSql } from '../../../analytics/calendar/calendar.ts'
import { join, once, type Sql, sql } from '../../../analytics/sql/sql.ts'

/**
 * How a column writes its dates. `year-first`: 2011-12-09, 2011/12/9 8:05, 2011年12月9日, with or
 * without time and zone; `short-year-first`: 11/12/9; `compact`: 20111209; `day-first` and `month-first`: 9.12.2011, 12/9/2011 8:26;
 * `month-name`: 9 Dec 2011; `excel-serial`: 40886.53, days as spreadsheets count them; epochs: numbers since 1970.
 */
export type DateOrder =
  | 'year-first'
  | 'short-year-first'
  | 'compact'
  | 'day-first'
  | 'month-first'
  | 'month-name'
  | 'excel-serial'
  | 'epoch-seconds'
  | 'epoch-milliseconds'

export const dateOrders: readonly DateOrder[] = [
  'year-first',
  'short-year-first',
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

const slashed = /^(\d{1,2})[/.-] ?(\d{1,2})[/.-] ?(\d{4}|\d{2})(?:[ T,\u00a0\u202f].*)?$/
const shapes: readonly (readonly [DateOrder, RegExp])[] = [
  ['year-first', /^(19|20)\d\d ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2}/],
  ['compact', /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{4}|\d{6}|[ T]\d.*)?$/],
  // 1954 to 2091
  ['excel-serial', /^[2-6]\d{4}(\.\d+)?$/],
  ['epoch-seconds', /^[1-9]\d{8,9}(\.\d+)?$/],
  ['epoch-milliseconds', /^[1-9]\d{11,12}$/],
  [
    'month-name',
    /^([a-z]{3,9}\.?,? )?(\d{1,2}(st|nd|rd|th)?[ -][a-z]{3,9}\.?[ ,-]+\d{2,4}|[a-z]{3,9}\.? \d{1,2}(st|nd|rd|th)?,? \d{4})/i,
  ],
]

const wideForms = '０１２３４５６７８９－／．：'
const plainForms = '0123456789-/.:'
const plainOf = (value: string): string =>
  /[０-９]/.test(value)
    ? value.replace(/[０-９－／．：]/g, (letter) => plainForms[wideForms.indexOf(letter)]!)
    : value

const dayInDigits = /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([ T]\d.*)?$/
const serial = /^[2-6]\d{4}(\.\d+)?$/

/** Whether a value that is not written as a year-first column mostly is still means one thing there: a day in digits alone, or a serial. */
export const besideYearFirst = (value: string): boolean => {
  const plain = plainOf(value)
  return dayInDigits.test(plain) || serial.test(plain)
}

/**
 * How most of the sample values that are dates write them, and which share of all values those are; null: no dates.
 * Some of a year-first column may be days in digits alone; where most are year-first, serials too.
 */
export function dateOrderOf(written: readonly string[]): ReturnType<typeof mostWritten> {
  const values = written.map(plainOf)
  const most = mostWritten(values)
  if (most?.order !== 'year-first' && most?.order !== 'compact') return most
  const fitting = (shape: RegExp) => values.filter((value) => shape.test(value)).length
  const years = fitting(shapes[0]![1])
  if (years < 0.05 * values.length) return most
  const beside = fitting(dayInDigits) + (years * 2 > values.length ? fitting(serial) : 0)
  return beside === 0 ? most : { order: 'year-first', share: (years + beside) / values.length }
}

function mostWritten(values: readonly string[]): { order: DateOrder | 'undecided'; share: number } | null {
  const short = shareShortYearFirst(values)
  if (short > 0) return { order: 'short-year-first', share: short }
  let best: { order: DateOrder | 'undecided'; share: number } | null = null
  for (const [order, shape] of [...shapes, ['slashed', slashed] as const]) {
    const fitting = values.filter((value) => shape.test(value))
    const share = fitting.length / values.length
    if (fitting.length > 0 && share > (best?.share ?? 0))
      best = { order: order === 'slashed' ? dayOrMonthFirst(fitting) : order, share }
  }
  return best
}

const shortYear = /^(\d\d)[/.-](\d{1,2})[/.-](\d{1,2})(?:[ T].*)?$/

/**
 * The share of values with a year of two digits before month and day, `25/3/1`; 0 where another reading is as likely.
 * Nearly every value can be that, and some end in one digit, which is no year, or they end in far more different numbers
 * than they begin with, as days of few years do.
 */
function shareShortYearFirst(values: readonly string[]): number {
  const [begins, ends] = [new Set<number>(), new Set<number>()]
  let [fitting, single] = [0, false]
  for (const value of values) {
    const [, year, month, day] = shortYear.exec(value) ?? []
    if (!year || Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31) continue
    fitting++
    begins.add(Number(year))
    ends.add(Number(day))
    single ||= day!.length === 1
  }
  const share = fitting / values.length
  return share >= 0.95 && (single || ends.size > Math.max(3 * begins.size, 5)) ? share : 0
}

/** Decides by values over 12; `undecided` when there are none, or some for each. */
export function dayOrMonthFirst(values: Iterable<string>): 'day-first' | 'month-first' | 'undecided' {
  let day = false
  let month = false
  for (const value of values) {
    const parts = slashed.exec(value)
    if (!parts) continue
    if (Number(parts[1]) > 12) day ||= Number(parts[2]) <= 12
    else month ||= Number(parts[2]) > 12
  }
  if (day === month) return 'undecided'
  return day ? 'day-first' : 'month-first'
}

/** Why day and month are undecided: a value that can be read both ways, else one that says day first and one against it. */
export function undecidedDates(values: readonly string[]): { sample: string; against: string | null } {
  const dated = values.filter((value) => slashed.test(value))
  const saying = (order: ReturnType<typeof dayOrMonthFirst>) =>
    dated.find((value) => dayOrMonthFirst([value]) === order)
  // 1/1 is the same day in either order: who is to decide sees one that is not
  const differs = (value: string) => {
    const [, first, second] = slashed.exec(value)!
    return Number(first) !== Number(second)
  }
  const open =
    dated.find((value) => dayOrMonthFirst([value]) === 'undecided' && differs(value)) ?? saying('undecided')
  return open === undefined
    ? { sample: saying('day-first')!, against: saying('month-first')! }
    : { sample: open, against: null }
}

/**
 * SQL: the instant in UTC that the text means, or NULL. Text without zone is in `timeZone`. Where a column
 * is not of numbers, dates that begin with the year are read too: they mean one thing alone.
 */
export function instantSql(text: Sql, order: DateOrder, timeZone: string): Sql {
  const local = (timestamp: Sql) => utcOfLocalSql(timestamp, timeZone)
  const clock = (yearFirst: Sql) => clockSql(yearFirst, local)
  const dayAndMonth = (written: Sql, monthAndDay: string) =>
    sql`coalesce(${local(sql`case when regexp_matches(${written}, '^\\d{1,2}[/.-]\\d{1,2}[/.-]\\d{4}') then try_cast(${withYearFirst(written, monthAndDay)} as timestamp) end`)},
      ${clock(withShortYear(withYearFirst(written, monthAndDay), monthAndDay))})`
  switch (order) {
    case 'year-first':
      // Most columns are written as the engine reads them, or as Chinese programs write a day.
      return sql`coalesce(
        case ${steadily(text, timeZone)}
          when ${text} like '____-__-__ __:__:__' and not ends_with(${text}, 'Z') then ${local(sql`try_cast(${text} as timestamp)`)}
          when ${namesZone(text)} then try_cast(${text} as timestamptz) at time zone 'UTC'
          when regexp_matches(${text}, '^\\d{4}') then ${local(
            sql`coalesce(try_cast(${text} as timestamp),
              try_cast(regexp_replace(${text}, '^(\\d{4})年(\\d{1,2})月(\\d{1,2})日', '\\1-\\2-\\3') as timestamp))`,
          )} end,
        ${clock(text)}, ${serialSql(text, local)})`
    case 'short-year-first':
      return clock(withCentury(text))
    case 'compact':
      return sql`coalesce(${local(sql`try_strptime(${text}, ['%Y%m%d', '%Y%m%d%H%M%S', '%Y%m%d%H%M', '%Y%m%dT%H%M%S'])`)},
        ${clock(text)})`
    case 'day-first':
      return dayAndMonth(text, '\\2-\\1')
    case 'month-first':
      return dayAndMonth(text, '\\1-\\2')
    case 'month-name':
      return clock(numbered(text))
    case 'excel-serial':
      return serialSql(text, local, '\\d{5}(\\.\\d+)?')
    case 'epoch-seconds':
      return sql`make_timestamp(try_cast(round(try_cast(${text} as decimal(20, 6)) * 1000000) as bigint))`
    case 'epoch-milliseconds':
      return sql`make_timestamp(try_cast(${text} as bigint) * 1000)`
  }
}

/** A branch of a CASE for what most files write, in the years in which the zone's clocks did not change: several times as fast as asking for the zone. */
function steadily(text: Sql, timeZone: string): Sql {
  const steady = steadyClock(timeZone)
  return steady === null
    ? sql``
    : sql`when ${text} >= ${String(steady.fromYear)} and ${text} < ${String(steady.toYear + 1)}
        and strlen(${text}) = 19 and ${text} like '____-__-__ __:__:__' and not ends_with(${text}, 'Z')
        then make_timestamp(epoch_us(try_cast(${text} as timestamp)) - ${integer(steady.aheadMs * 1000)})`
}

const serialSql = (text: Sql, local: (timestamp: Sql) => Sql, shape = '[2-6]\\d{4}(\\.\\d+)?'): Sql =>
  local(
    sql`case when regexp_full_match(${text}, ${shape}) then timestamp '1899-12-30'
      + to_seconds(cast(round(try_cast(${text} as double) * 86400) as bigint)) end`,
  )

const namesZone = (text: Sql): Sql =>
  sql`(length(${text}) > 14 and regexp_matches(${text}, '\\d(UTC|GMT|Z| ?[+-]\\d{2}(:?\\d{2})?)$| (UTC|GMT|Z)$'))`

/** `9.12.2011 8:05` with the year in front. */
const withYearFirst = (text: Sql, monthAndDay: string): Sql =>
  sql`regexp_replace(${text}, '^(\\d{1,2})[/.-] ?(\\d{1,2})[/.-] ?(\\d{4})', ${`\\3-${monthAndDay}`})`

/** The same of years of two digits, as spreadsheets take them: 1930 to 2029. */
function withShortYear(text: Sql, monthAndDay: string): Sql {
  const short = (years: string) => `^(\\d{1,2})[/.-] ?(\\d{1,2})[/.-] ?(${years}\\d)($|\\D)`
  const recent = sql`regexp_replace(${text}, ${short('[0-2]')}, ${`20\\3-${monthAndDay} \\4`})`
  return sql`regexp_replace(${recent}, ${short('[3-9]')}, ${`19\\3-${monthAndDay} \\4`})`
}

/** `25/3/1 8:05` with its century, likewise. */
function withCentury(text: Sql): Sql {
  const short = (years: string) => `^(${years}\\d)[/.-](\\d{1,2})[/.-](\\d{1,2})($|[ T])`
  const recent = sql`regexp_replace(${text}, ${short('[0-2]')}, ${'20\\1-\\2-\\3\\4'})`
  return sql`regexp_replace(${recent}, ${short('[3-9]')}, ${'19\\1-\\2-\\3\\4'})`
}

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

/** `9 Dec 2011 8:05` and `Dec 9, 2011`, a day of the week before it or not, as `2011-12-9 8:05`. */
function numbered(text: Sql): Sql {
  const weekday = '(?i)^(?:[a-z]{3,9}\\.?,? )?'
  const dayFirst = `${weekday}(\\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\\.?[ ,-]+(\\d{4}|\\d{2})(?:$|([^\\d].*))`
  const monthFirst = `${weekday}([a-z]{3,9})\\.? (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})(?:$|([^\\d].*))`
  const part = (pattern: string, group: number) => sql`regexp_extract(${text}, ${pattern}, ${integer(group)})`
  const month = (name: Sql) => sql`list_position([${join(monthNames)}], lower(${name}[1:3]))`
  const year = (digits: Sql) =>
    sql`case when strlen(${digits}) = 4 then '' when ${digits} < '30' then '20' else '19' end || ${digits}`
  const written = (pattern: string, day: number, name: number) =>
    sql`(${year(part(pattern, 3))} || '-' || ${month(part(pattern, name))} || '-' || ${part(pattern, day)} || ' ' || ${part(pattern, 4)})`
  return sql`case when regexp_matches(${text}, ${dayFirst}) then ${written(dayFirst, 1, 2)}
    when regexp_matches(${text}, ${monthFirst}) then ${written(monthFirst, 2, 1)} else ${text} end`
}

const integer = (value: number): Sql => ({ kind: 'sql', chunks: [String(value)] })

/** The instant of a date that begins with its year, with what time of day and zone it has. */
function clockSql(text: Sql, local: (timestamp: Sql) => Sql): Sql {
  const replaced = (value: Sql, ...rules: readonly (readonly [string, string])[]): Sql =>
    rules.reduce((sofar, [from, to]) => sql`regexp_replace(${sofar}, ${from}, ${to})`, value)
  const time = '(\\d{1,2}:\\d\\d(?::\\d\\d)?(?:\\.\\d+)?)'
  const am = '(?:上午|凌晨|早上|清晨|(?i:a\\.?m\\.?))'
  const pm = '(?:下午|中午|傍晚|晚上|(?i:p\\.?m\\.?))'
  // programs put blanks that keep words together before the hour, or AM and PM
  const blanks = sql`regexp_replace(translate(${text}, ${wideForms}, ${plainForms}), '[\u00a0\u202f\u3000]', ' ', 'g')`
  const plain = replaced(
    blanks,
    ['^((?:19|20)\\d\\d)(\\d\\d)(\\d\\d)(?:$|[ T])', '\\1-\\2-\\3 '],
    ['^(\\d{4}) ?[-/.年] ?(\\d{1,2}) ?[-/.月] ?(\\d{1,2})日?[ T,]*(?:at )?', '\\1-\\2-\\3 '],
    ['(\\d{1,2})[时時点點](\\d{1,2})分?(?:(\\d{1,2})秒)?$', '\\1:\\2:\\3'],
    [':$', ''],
    [`${am} ?${time}$|${time} ?${am}$`, '\\1\\2 AM'],
    [`${pm} ?${time}$|${time} ?${pm}$`, '\\1\\2 PM'],
    // Some write the half of the day beside 24 hours, or the hour of midnight and noon as 0.
    [' (1[3-9]|2[0-3])(:[\\d:.]+) [AP]M$', ' \\1\\2'],
    [' 00?(:[\\d:.]+) ([AP]M)$', ' 12\\1 \\2'],
    [' $', ''],
  )
  const zoned = (plain: Sql) =>
    replaced(
      plain,
      [' ?(UTC|GMT|Z)$', '+00:00'],
      [' ?([+-]\\d{2})$', '\\1:00'],
      [' ?([+-]\\d{2}):?(\\d{2})$', '\\1:\\2'],
      ['( \\d{1,2}:\\d{2})([+-]\\d{2}:\\d{2})$', '\\1:00\\2'],
    )
  return once(
    plain,
    (plain) => sql`case
    when ${namesZone(text)} then try_cast(${zoned(plain)} as timestamptz) at time zone 'UTC'
    when regexp_matches(${plain}, ' [AP]M$') then ${local(
      sql`try_strptime(${plain}, ['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S.%g %p'])`,
    )}
    else ${local(sql`case when regexp_matches(${plain}, '^\\d{4}-') then try_cast(${plain} as timestamp) end`)} end`,
  )
}
