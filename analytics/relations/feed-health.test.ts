import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays, daysBetween } from '../calendar/calendar.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine } from '../engine/engine.ts'
import { sql } from '../sql/sql.ts'
import { feedHealth } from './feed-health.ts'
import { cases } from '../../fixtures/cases.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 })
})
afterAll(() => engine.close())

interface Sold {
  readonly store: string | null
  readonly day: string
  /** Qualifying orders: 0 where all of the day's were given back. */
  readonly orders: number
}

async function asked(sold: readonly Sold[], day: string) {
  const cube = sql`(select unnest(from_json(${JSON.stringify(
    sold.map(({ store, day: localDay, orders }) => ({ store, local_day: localDay, orders })),
  )}, '[{"store":"VARCHAR","local_day":"DATE","orders":"INTEGER"}]'), recursive := true))`
  return feedHealth(engine, cube, day)
}

/** DEFINITIONS, "Feed gap", over plain arrays. */
function defined(sold: readonly Sold[], day: string) {
  const visible = sold.filter((row) => row.orders > 0 && row.day <= day)
  const stores = [...new Set(visible.flatMap(({ store }) => store ?? []))].toSorted()
  return [null, ...stores].flatMap((store) => {
    const days = [
      ...new Set(visible.filter((row) => store === null || row.store === store).map((row) => row.day)),
    ].toSorted()
    const newestDay = days.at(-1)
    if (newestDay === undefined) return []
    const recent = days.filter((one) => daysBetween(one, newestDay) <= 365)
    const gaps = recent
      .slice(1)
      .map((one, i) => daysBetween(recent[i]!, one))
      .toSorted((a, b) => a - b)
    // the ⌈.99 n⌉-th order statistic
    const usualGap = gaps.length === 0 ? null : gaps[Math.ceil((99 * gaps.length) / 100) - 1]!
    const silentDays = daysBetween(newestDay, day)
    return [{ store, newestDay, usualGap, silentDays, isGap: silentDays > Math.max(3, usualGap ?? 0) }]
  })
}

const every = (from: string, days: number, step: number, store: string | null): Sold[] =>
  Array.from({ length: days }, (_, i) => ({ store, day: addDays(from, i * step), orders: 1 }))

test('the shop and its stores are as the definition says', async () => {
  const one = fc.record({
    store: fc.constantFrom('East', 'West', null),
    day: fc.integer({ min: 0, max: 800 }).map((days) => addDays('2024-01-01', days)),
    orders: fc.constantFrom(0, 1, 3),
  })
  const many = fc.tuple(
    fc.array(one, { maxLength: 40 }),
    fc.integer({ min: 1, max: 320 }).map((days) => every('2025-01-01', days, 1, 'East')),
  )
  await fc.assert(
    fc.asyncProperty(many, fc.integer({ min: 0, max: 830 }), async ([rare, daily], days) => {
      const sold = [...rare, ...daily]
      const day = addDays('2024-01-01', days)
      expect(await asked(sold, day)).toEqual(defined(sold, day))
    }),
    { numRuns: cases(25) },
  )
})

test('three days are always waited for, and a store that rests a week is not missed for a week', async () => {
  const daily = every('2026-01-01', 31, 1, 'Daily')
  const gapOf = async (sold: readonly Sold[], day: string, store: string) =>
    (await asked(sold, day)).find((row) => row.store === store)!.isGap
  expect(await gapOf(daily, '2026-02-03', 'Daily')).toBe(false)
  expect(await gapOf(daily, '2026-02-04', 'Daily')).toBe(true)
  const weekly = every('2026-01-01', 10, 7, 'Weekly')
  const last = weekly.at(-1)!.day
  expect(await gapOf(weekly, addDays(last, 7), 'Weekly')).toBe(false)
  expect(await gapOf(weekly, addDays(last, 8), 'Weekly')).toBe(true)
  // what was a year before the newest order says nothing of what is usual now
  const long = [{ store: 'Daily', day: '2024-06-01', orders: 1 }, ...daily]
  expect(await gapOf(long, '2026-02-04', 'Daily')).toBe(true)
})

test('the shop goes on while a store is silent, and its orders without a store count too', async () => {
  const sold = [...every('2026-01-01', 20, 1, 'East'), ...every('2026-01-01', 31, 1, null)]
  expect(await asked(sold, '2026-01-31')).toEqual([
    { store: null, newestDay: '2026-01-31', usualGap: 1, silentDays: 0, isGap: false },
    { store: 'East', newestDay: '2026-01-20', usualGap: 1, silentDays: 11, isGap: true },
  ])
  expect(await asked([], '2026-01-31')).toEqual([])
})
