import { type Sql, sql } from '../sql/sql.ts'

/** How a shop turns instants into days and weeks. */
export interface BusinessCalendar {
  /** IANA name: 'Asia/Shanghai'. */
  readonly timeZone: string
  /** ISO: 1 = Monday … 7 = Sunday. */
  readonly firstWeekday: number
}

export const defaultCalendar: BusinessCalendar = { timeZone: 'Asia/Shanghai', firstWeekday: 1 }

/** Whether the platform knows the zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}

const dayMs = 86_400_000
const toDate = (day: string) => new Date(`${day}T00:00:00Z`)
const toDay = (date: Date) => date.toISOString().slice(0, 10)

/** The local day, as ISO text, of an instant. */
export function localDay(instant: Date, calendar: BusinessCalendar): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: calendar.timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(instant)
  return parts
}

/** What the clocks show at an instant, as HH:MM. */
export const localTime = (instant: Date, { timeZone }: BusinessCalendar): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    instant,
  )

/** The instant at which a local day begins; where midnight is skipped, the first instant that day has. */
export const startOfDay = (day: string, calendar: BusinessCalendar): Date => instantOf(day, '00:00', calendar)

/** The instant at which the clocks of a local day show HH:MM; where they skip it, one within the hour around it. */
export function instantOf(day: string, time: string, { timeZone }: BusinessCalendar): Date {
  const asIfUtc = new Date(`${day}T${time}:00Z`).getTime()
  const once = asIfUtc - offsetMs(asIfUtc, timeZone)
  return new Date(asIfUtc - offsetMs(once, timeZone))
}

/** What the zone's wall clock is ahead of UTC at an instant. */
function offsetMs(instant: number, timeZone: string, clock = clockOf(timeZone)): number {
  const parts = clock.formatToParts(instant)
  const read = (type: string) => Number(parts.find((part) => part.type === type)!.value)
  const wall = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  )
  return wall - Math.floor(instant / 1000) * 1000
}

const clockOf = (timeZone: string) =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })

/** What a zone's wall clock is ahead of UTC in all local years from one to another. */
export interface SteadyClock {
  readonly fromYear: number
  readonly toYear: number
  readonly aheadMs: number
}

const steadyClocks = new Map<string, SteadyClock | null>()

/**
 * Since when a zone has changed its clocks no more: Shanghai's since 1991. Null where they still change, and where they did
 * after 2015, which programs of some years ago don't know.
 */
export function steadyClock(timeZone: string): SteadyClock | null {
  const known = steadyClocks.get(timeZone)
  if (known !== undefined) return known
  const clock = clockOf(timeZone)
  const ahead = (instant: number) => offsetMs(instant, timeZone, clock)
  const toYear = 2037
  const last = Date.UTC(toYear + 1, 0, 8)
  // no zone puts its clocks forward and back again within a fortnight
  let since = last
  while (since > Date.UTC(1970, 0, 8) && ahead(since - 14 * dayMs) === ahead(last)) since -= 14 * dayMs
  const fromYear = new Date(since).getUTCFullYear() + 1
  const steady = fromYear > 2016 ? null : { fromYear, toYear, aheadMs: ahead(last) }
  steadyClocks.set(timeZone, steady)
  return steady
}

/** `day` plus a whole number of days. Days are ISO text throughout. */
export const addDays = (day: string, count: number): string =>
  toDay(new Date(toDate(day).getTime() + count * dayMs))

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((toDate(to).getTime() - toDate(from).getTime()) / dayMs)

/** The first day of the day's month. */
export const startOfMonth = (day: string): string => `${day.slice(0, 7)}-01`

/** The first day of the month that lies `count` months after the day's month. */
export function addMonths(day: string, count: number): string {
  const date = toDate(startOfMonth(day))
  date.setUTCMonth(date.getUTCMonth() + count)
  return toDay(date)
}

/** The same day a year before; of 29 February the 28th. */
export const yearBefore = (day: string): string => {
  const before = `${String(Number(day.slice(0, 4)) - 1).padStart(4, '0')}${day.slice(4)}`
  return before.endsWith('-02-29') ? before.replace(/29$/, '28') : before
}

/** The last day of the day's month. */
export const endOfMonth = (day: string): string => addDays(addMonths(day, 1), -1)

/** Calendar months from the month of `from` to the month of `to`. */
export const monthsBetween = (from: string, to: string): number =>
  (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7))

/** ISO weekday, 1 = Monday … 7 = Sunday. */
export const weekday = (day: string): number => ((toDate(day).getUTCDay() + 6) % 7) + 1

/** The first day of the day's week. */
export const startOfWeek = (day: string, firstWeekday: number): string =>
  addDays(day, -((weekday(day) - firstWeekday + 7) % 7))

/** SQL (DuckDB; by microseconds, twice as fast as a second `timezone`): the instant in UTC of a local TIMESTAMP in `timeZone`. */
export const utcOfLocalSql = (local: Sql, timeZone: string): Sql =>
  sql`make_timestamp(epoch_us(timezone(${timeZone}, ${local})))`

/** SQL (DuckDB, at import only): the local TIMESTAMP of an instant kept in UTC. */
export const localOfUtcSql = (utc: Sql, timeZone: string): Sql =>
  sql`timezone(${timeZone}, make_timestamptz(epoch_us(${utc})))`
