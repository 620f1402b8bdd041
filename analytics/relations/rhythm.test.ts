import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays, daysBetween } from '../calendar/calendar.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine } from '../engine/engine.ts'
import { loadShop } from '../oracle/load.ts'
import { qualifyingOrders } from '../oracle/meaning.ts'
import { dayOf, type PlainOrder, type PlainShop } from '../oracle/shop.ts'
import { derivedTables } from '../schema/derived.ts'
import { buildRuleTables } from '../schema/refresh.ts'
import { sql } from '../sql/sql.ts'
import { rhythms } from './rhythm.ts'
import { cases } from '../../fixtures/cases.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 })
})
afterAll(() => engine.close())

/** One member: the store and the days after the order before, of each order; 0 is the same day. */
type Habit = readonly { readonly store: string | null; readonly after: number }[]

const start = '2024-01-01'

function shopOf(habits: readonly Habit[]): PlainShop {
  let key = 0
  const orders = habits.flatMap((habit, i) => {
    let day = start
    return habit.map(({ store, after }, nth): PlainOrder => {
      day = addDays(day, after)
      const orderedAt = new Date(`${day}T10:00:${String(nth % 60).padStart(2, '0')}+08:00`)
      return { key: ++key, member: i + 1, orderedAt, state: 'paid', store, channel: null, net: 100 }
    })
  })
  return {
    calendar: { timeZone: 'Asia/Shanghai', firstWeekday: 1 },
    openedAtStart: false,
    members: habits.map((_, i) => ({ key: i + 1, joinedDay: null })),
    orders,
    refunds: [],
  }
}

async function asked(shop: PlainShop, asOf: string) {
  await engine.transaction((session) => loadShop(session, shop))
  return engine.scratch(async (session) => {
    const prefix = 'scratch.main.probe_'
    const made = await buildRuleTables(session, asOf, prefix, '')
    const rows =
      await session.rows(sql`select member_key as member, expected_day, cooling_after, dormant_after, lost_after
      from ${rhythms(derivedTables(prefix))} as rhythm order by member_key`)
    for (const table of made) await session.run(sql`drop table ${table}`)
    return rows
  })
}

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length

/** DEFINITIONS, "Dormancy", Rhythm, over plain orders. */
function defined(shop: PlainShop, asOf: string) {
  const members = shop.members.flatMap(({ key }) => {
    const orders = qualifyingOrders(shop, asOf).filter(({ member }) => member === key)
    if (orders.length === 0) return []
    const days = [...new Set(orders.map((order) => dayOf(shop, order.orderedAt)))].toSorted()
    const logs = days.slice(1).map((day, i) => Math.log(daysBetween(days[i]!, day)))
    const stores = orders.flatMap(({ store }) => store ?? [])
    const count = (store: string) => stores.filter((one) => one === store).length
    const most = Math.max(...stores.map(count))
    const mainStore = stores.findLast((store) => count(store) === most) ?? null
    return [{ key, last: days.at(-1)!, logs, mainStore }]
  })
  const all = members.flatMap(({ logs }) => logs)
  const returning = members.filter(({ logs }) => logs.length > 0)
  const freedom = returning.reduce((sum, { logs }) => sum + logs.length - 1, 0)
  if (freedom < 30) return []
  const within = returning.flatMap(({ logs }) => logs.map((log) => (log - mean(logs)) ** 2))
  const sigma = Math.sqrt(within.reduce((sum, one) => sum + one, 0) / freedom)
  return members.map(({ key, last, logs, mainStore }) => {
    const there = members.filter((one) => one.mainStore === mainStore).flatMap((one) => one.logs)
    const mu = mainStore !== null && there.length >= 100 ? mean(there) : mean(all)
    const expected = (logs.reduce((sum, log) => sum + log, 0) + 4 * mu) / (logs.length + 4)
    return {
      member: key,
      expectedDay: addDays(last, Math.round(Math.exp(expected))),
      coolingAfter: expect.closeTo(Math.exp(expected + 0.842 * sigma), 2) as number,
      dormantAfter: expect.closeTo(Math.exp(expected + 1.645 * sigma), 2) as number,
      lostAfter: expect.closeTo(Math.exp(expected + 2.326 * sigma), 2) as number,
    }
  })
}

const regular = (orders: number, after: number, store: string | null = 'East'): Habit =>
  Array.from({ length: orders }, () => ({ store, after }))

test('expected days and limits are as the definition says', async () => {
  const order = fc.record({
    store: fc.constantFrom('East', 'East', 'West', null),
    after: fc.constantFrom(0, 1, 2, 5, 7, 7, 14, 30, 90),
  })
  const habit = fc.array(order, { maxLength: 9 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(habit, { minLength: 1, maxLength: 30 }),
      fc.array(habit, { maxLength: 1 }).map(([one]) => (one ? Array<Habit>(24).fill(one) : [])),
      fc.integer({ min: 0, max: 300 }),
      async (habits, crowd, days) => {
        const shop = shopOf([...habits, ...crowd])
        const asOf = addDays(start, days)
        expect(await asked(shop, asOf)).toEqual(defined(shop, asOf))
      },
    ),
    { numRuns: cases(6) },
  )
})

test('29 degrees of freedom refuse the rule, 30 do not; who bought once adds none and takes none', async () => {
  const asOf = '2025-06-30'
  // 11 gaps each: 10 degrees
  const three = [regular(12, 7), regular(12, 7), regular(12, 7)]
  expect(await asked(shopOf([...three.slice(1), regular(11, 7), regular(1, 0)]), asOf)).toEqual([])
  expect(await asked(shopOf([...three, regular(1, 0)]), asOf)).toHaveLength(4)
})

test('who comes every seven days is expected on the seventh, and late after it', async () => {
  const shop = shopOf([regular(12, 7), regular(12, 7), regular(12, 7)])
  const [first] = await asked(shop, '2025-06-30')
  expect(first).toEqual({
    member: 1,
    expectedDay: addDays(start, 7 * 13),
    coolingAfter: 7,
    dormantAfter: 7,
    lostAfter: 7,
  })
})

test('a store speaks for its members from 100 gaps on', async () => {
  const asOf = '2025-12-31'
  const west = (gaps: number) => [
    ...Array.from({ length: 9 }, () => regular(12, 2, 'West')), // 99 gaps
    ...(gaps === 100 ? [regular(2, 2, 'West')] : [regular(1, 2, 'West')]),
  ]
  const east = Array.from({ length: 10 }, () => regular(11, 40, 'East'))
  const newcomer = regular(1, 0, 'West')
  const expectedOf = async (gaps: number) => {
    const rows = await asked(shopOf([newcomer, ...west(gaps), ...east]), asOf)
    return daysBetween(start, String(rows[0]!.expectedDay))
  }
  // below, the gaps of East and West together: between 2 and 40 days
  expect(await expectedOf(99)).toBeGreaterThan(5)
  expect(await expectedOf(100)).toBe(2)
})
