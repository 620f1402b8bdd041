import { addDays, addMonths, endOfMonth } from '../calendar/calendar.ts'
import type { Language } from './words.ts'

/**
 * A day of a rule is ISO text or relative to the day that is asked about: `today`, `yesterday`, or a signed
 * number with d, w, m or y: `-30d`, `+2w`. A month or year later or earlier is the same day of it, the last one
 * where it has no such day.
 */
export const relativeDay = /^([-+])(\d{1,5})([dwmy])$/

const units = { d: ['d', '天'], w: ['w', '周'], m: ['m', '个月', '月'], y: ['y', '年'] } as const
type Unit = keyof typeof units
const unitOf = (text: string): Unit | undefined =>
  (Object.keys(units) as Unit[]).find((unit) => (units[unit] as readonly string[]).includes(text))

/** As the sticky pattern of a token reads it, the unit in either language; `30_days_ago` is Shopify's. */
export const writtenRelativeDay =
  /(?:[-+]\d+(?:[dwmy]|天|周|个?月|年)|\d+_(?:days|weeks|months|years)_ago)(?![\p{L}\p{N}_])/iuy

/** How far away a relative day may lie: about a hundred years. */
const most: Readonly<Record<Unit, number>> = { d: 36_500, w: 5_200, m: 1_200, y: 100 }

/** A relative day as a rule keeps it, from how it is written in either language; null when it lies too far away. */
export function readRelativeDay(written: string): string | null {
  const short = written.toLowerCase().replace(/^(\d+)_([dwmy])[a-z]+_ago$/, '-$1$2')
  const [, sign, count, unitText] = /^([-+])(\d+)(.+)$/u.exec(short) ?? []
  const unit = unitOf(unitText ?? '')
  if (unit === undefined || Number(count) > most[unit]) return null
  return Number(count) === 0 ? 'today' : `${sign}${Number(count)}${unit}`
}

/** A day of a rule as it is written. */
export function printDay(day: string, language: Language): string {
  if (language === 'en') return day
  if (day === 'today') return '今天'
  if (day === 'yesterday') return '昨天'
  const [, sign, count, unit] = relativeDay.exec(day) ?? []
  return unit === undefined ? day : `${sign}${count}${units[unit as Unit][1]}`
}

/** The ISO day that a day of a rule is when `asOf` is asked about. */
export function resolveDay(day: string, asOf: string): string {
  if (day === 'today') return asOf
  if (day === 'yesterday') return addDays(asOf, -1)
  const [, sign, digits, unit] = relativeDay.exec(day) ?? []
  if (unit === undefined) return day
  const count = Number(`${sign}${digits}`)
  if (unit === 'd') return addDays(asOf, count)
  if (unit === 'w') return addDays(asOf, 7 * count)
  const month = addMonths(asOf, unit === 'm' ? count : 12 * count)
  const last = endOfMonth(month)
  const same = `${month.slice(0, 8)}${asOf.slice(8)}`
  return same > last ? last : same
}

/** Whether a day lies after another whatever day is asked about; false where that depends. */
export function isLater(a: string, b: string): boolean {
  const isRelative = (day: string) => day === 'today' || day === 'yesterday' || relativeDay.test(day)
  if (isRelative(a) !== isRelative(b)) return false
  return ['2023-01-01', '2023-03-15', '2023-03-31', '2023-05-15', '2024-02-29', '2024-12-31'].every(
    (asOf) => resolveDay(a, asOf) > resolveDay(b, asOf),
  )
}

/** The day in ISO form when the text names one of the calendar, with -, / or . between its parts. */
export function calendarDay(text: string): string | null {
  const [, year, month, day] = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text) ?? []
  if (year === undefined || Number(year) < 1) return null
  const iso = `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`
  const date = new Date(`${iso}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : null
}
