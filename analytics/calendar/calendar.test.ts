import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine } from '../engine/engine.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { sql } from '../sql/sql.ts'
import {
  addDays,
  addMonths,
  daysBetween,
  defaultCalendar,
  endOfMonth,
  isTimeZone,
  localDay,
  localOfUtcSql,
  monthsBetween,
  startOfMonth,
  startOfWeek,
  steadyClock,
  utcOfLocalSql,
  weekday,
} from './calendar.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 })
})
afterAll(() => engine.close())

const zoned = (timeZone: string) => ({ ...defaultCalendar, timeZone })

test('an instant’s local day changes at local midnight', () => {
  expect(localDay(new Date('2026-02-28T15:59:59Z'), defaultCalendar)).toBe('2026-02-28')
  expect(localDay(new Date('2026-02-28T16:00:00Z'), defaultCalendar)).toBe('2026-03-01')
  expect(localDay(new Date('2025-12-31T16:00:00Z'), defaultCalendar)).toBe('2026-01-01')
})

test('days keep their length in the calendar when the clocks change', () => {
  // New York, 8 March and 1 November 2026: 23 and 25 hours long.
  const newYork = zoned('America/New_York')
  expect(localDay(new Date('2026-03-08T04:59:59Z'), newYork)).toBe('2026-03-07')
  expect(localDay(new Date('2026-03-08T05:00:00Z'), newYork)).toBe('2026-03-08')
  expect(localDay(new Date('2026-03-09T03:59:59Z'), newYork)).toBe('2026-03-08')
  expect(localDay(new Date('2026-03-09T04:00:00Z'), newYork)).toBe('2026-03-09')
  expect(localDay(new Date('2026-11-02T04:59:59Z'), newYork)).toBe('2026-11-01')
  expect(localDay(new Date('2026-11-02T05:00:00Z'), newYork)).toBe('2026-11-02')
  expect(daysBetween('2026-03-07', '2026-03-09')).toBe(2)
  expect(addDays('2026-10-31', 2)).toBe('2026-11-02')
})

test('a zone that skipped a whole day', () => {
  // Samoa went from 29 to 31 December 2011.
  const samoa = zoned('Pacific/Apia')
  expect(localDay(new Date('2011-12-30T09:59:59Z'), samoa)).toBe('2011-12-29')
  expect(localDay(new Date('2011-12-30T10:00:00Z'), samoa)).toBe('2011-12-31')
})

test('leap days, month ends and year ends', () => {
  expect(addDays('2024-02-28', 1)).toBe('2024-02-29')
  expect(addDays('2025-02-28', 1)).toBe('2025-03-01')
  expect(endOfMonth('2024-02-01')).toBe('2024-02-29')
  expect(endOfMonth('2100-02-10')).toBe('2100-02-28')
  expect(endOfMonth('2026-12-31')).toBe('2026-12-31')
  expect(addMonths('2024-01-31', 1)).toBe('2024-02-01')
  expect(addMonths('2026-11-30', 2)).toBe('2027-01-01')
  expect(addMonths('2026-01-15', -1)).toBe('2025-12-01')
  expect(monthsBetween('2025-12-31', '2026-01-01')).toBe(1)
  expect(monthsBetween('2026-01-31', '2026-01-01')).toBe(0)
})

test('weeks begin on the shop’s first weekday', () => {
  expect(weekday('2026-03-01')).toBe(7)
  expect(startOfWeek('2026-03-01', 1)).toBe('2026-02-23')
  expect(startOfWeek('2026-03-01', 7)).toBe('2026-03-01')
  expect(startOfWeek('2026-01-01', 1)).toBe('2025-12-29')
  expect(startOfWeek('2026-01-03', 6)).toBe('2026-01-03')
})

test('SQL and TypeScript agree on every day', async () => {
  const day = fc.integer({ min: 0, max: 60_000 }).map((n) => addDays('1960-01-01', n))
  await fc.assert(
    fc.asyncProperty(day, day, fc.integer({ min: 1, max: 7 }), async (one, other, firstWeekday) => {
      const [a, b] = [d.date(one), d.date(other)]
      const [row] = await engine.rows(sql`select
        ${d.startOf('month', a)} as start_of_month, ${d.lastDayOfMonth(a)} as end_of_month,
        ${d.startOfWeek(a, firstWeekday)} as start_of_week, ${d.weekday(a)} as weekday,
        ${d.monthsBetween(a, b)} as months, ${d.daysBetween(a, b)} as days, ${d.addDays(a, 40)} as later`)
      expect(row).toEqual({
        startOfMonth: startOfMonth(one),
        endOfMonth: endOfMonth(one),
        startOfWeek: startOfWeek(one, firstWeekday),
        weekday: weekday(one),
        months: monthsBetween(one, other),
        days: daysBetween(one, other),
        later: addDays(one, 40),
      })
    }),
    { numRuns: 60 },
  )
})

test('SQL turns local times into instants and back as the zone does', async () => {
  for (const [zone, instant] of [
    ['Asia/Shanghai', '2026-02-28T16:00:00Z'],
    ['America/New_York', '2026-03-08T07:00:00Z'],
    ['America/New_York', '2026-11-01T04:30:00Z'],
    ['Europe/London', '2011-12-09T12:50:00Z'],
  ] as const) {
    const [row] = await engine.rows(sql`
      with local as (select ${localOfUtcSql(sql`cast(${instant.slice(0, 19)} as timestamp)`, zone)} as noted)
      select cast(noted as date) as local_day, ${utcOfLocalSql(sql`noted`, zone)} as back from local`)
    expect(row).toEqual({
      localDay: localDay(new Date(instant), zoned(zone)),
      back: new Date(instant).toISOString(),
    })
  }
})

test('clocks that are steady are as far ahead of UTC on every day of those years as the engine says', async () => {
  expect(steadyClock('Asia/Shanghai')).toEqual({ fromYear: 1992, toYear: 2037, aheadMs: 8 * 3_600_000 })
  expect(steadyClock('America/New_York')).toBeNull()
  expect(steadyClock('Africa/Casablanca')).toBeNull() // one hour less in Ramadan
  const zones = [
    'Asia/Shanghai',
    'Asia/Urumqi',
    'Asia/Tokyo',
    'Asia/Kolkata',
    'Europe/Moscow',
    'Asia/Hong_Kong',
    'UTC',
  ]
  for (const zone of zones) {
    const steady = steadyClock(zone)!
    const [row] = await engine.rows(sql`select count(*) filter (where ${utcOfLocalSql(sql`noon`, zone)}
        is distinct from make_timestamp(epoch_us(noon) - ${steady.aheadMs * 1000})) as others
      from (select unnest(generate_series(make_timestamp(${steady.fromYear}, 1, 1, 0, 0, 0),
        make_timestamp(${steady.toYear}, 12, 31, 23, 59, 59), interval 12 hours)) as noon)`)
    expect([zone, row!.others]).toEqual([zone, 0])
  }
})

test('only zones that exist', () => {
  expect(isTimeZone('Asia/Shanghai')).toBe(true)
  expect(isTimeZone('Asia/Atlantis')).toBe(false)
})
