import { addDays, weekday } from './calendar.ts'

/** Days on which shops sell more or less: Chinese festivals, Western ones, and those of commerce. */
export const festivals = [
  'new-year',
  'spring-festival',
  'lantern',
  'valentine',
  'womens-day',
  'qingming',
  'easter',
  'labour',
  'mothers-day',
  '520',
  'childrens-day',
  'dragon-boat',
  '618',
  'qixi',
  'mid-autumn',
  'national',
  'double-ninth',
  'halloween',
  'double-11',
  'black-friday',
  'double-12',
  'christmas',
] as const
export type Festival = (typeof festivals)[number]

/** Month and day of the Chinese calendar, by ICU; leap months are written otherwise and match none of these. */
const lunar: Readonly<Partial<Record<string, Festival>>> = {
  '1-1': 'spring-festival',
  '1-15': 'lantern',
  '5-5': 'dragon-boat',
  '7-7': 'qixi',
  '8-15': 'mid-autumn',
  '9-9': 'double-ninth',
}
const fixed: readonly (readonly [Festival, string])[] = [
  ['new-year', '01-01'],
  ['valentine', '02-14'],
  ['womens-day', '03-08'],
  ['labour', '05-01'],
  ['520', '05-20'],
  ['childrens-day', '06-01'],
  ['618', '06-18'],
  ['national', '10-01'],
  ['halloween', '10-31'],
  ['double-11', '11-11'],
  ['double-12', '12-12'],
  ['christmas', '12-25'],
]

const chinese = new Intl.DateTimeFormat('en-u-ca-chinese', {
  timeZone: 'UTC',
  month: 'numeric',
  day: 'numeric',
})

/** The festivals of a year from 1970 to 2200, by their day; of some years a lunar one falls on a fixed one's day. */
export function festivalsOf(year: number): { festival: Festival; day: string }[] {
  const found = fixed.map(([festival, date]) => ({ festival, day: `${year}-${date}` }))
  const begin = `${year}-01-20` // no Chinese year begins earlier
  for (let i = 0; i < 345; i++) {
    const day = addDays(begin, i)
    const parts = chinese.formatToParts(new Date(`${day}T12:00:00Z`))
    const of = (type: string) => parts.find((part) => part.type === type)?.value
    const festival = lunar[`${of('month')}-${of('day')}`]
    // the months before a year's beginning belong to the year before
    if (festival && !found.some((one) => one.festival === festival)) found.push({ festival, day })
  }
  found.push(
    { festival: 'qingming', day: qingming(year) },
    { festival: 'easter', day: easter(year) },
    { festival: 'mothers-day', day: nthWeekday(year, 5, 7, 2) },
    { festival: 'black-friday', day: addDays(nthWeekday(year, 11, 4, 4), 1) },
  )
  return found.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))
}

/** The n-th Monday (1) to Sunday (7) of a month. */
function nthWeekday(year: number, month: number, asked: number, n: number): string {
  const first = `${year}-${String(month).padStart(2, '0')}-01`
  return addDays(first, ((asked - weekday(first) + 7) % 7) + 7 * (n - 1))
}

/** When the sun stands at 15°, by China's clocks: by its mean motion from the evening of 4 April 2000. */
const qingming = (year: number): string => addDays('2000-04-04', Math.floor((year - 2000) * 365.2422 + 0.81))

/** Easter Sunday of the Gregorian calendar: the Sunday after the first full moon of spring (Meeus, "Astronomical Algorithms", 8). */
function easter(year: number): string {
  const century = Math.floor(year / 100)
  const golden = year % 19
  const moon =
    (19 * golden +
      century -
      Math.floor(century / 4) -
      Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3) +
      15) %
    30
  const sunday = (32 + 2 * (century % 4) + 2 * Math.floor((year % 100) / 4) - moon - ((year % 100) % 4)) % 7
  const late = Math.floor((golden + 11 * moon + 22 * sunday) / 451)
  return addDays(`${year}-03-22`, moon + sunday - 7 * late)
}
