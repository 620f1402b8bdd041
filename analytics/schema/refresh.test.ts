import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine, Row } from '../engine/engine.ts'
import { handShop } from '../oracle/hand-shop.ts'
import { loadShop } from '../oracle/load.ts'
import { dataStart, firstDays, isFirstSeen, isKnown, netEvents, qualifyingOrders } from '../oracle/meaning.ts'
import { dayOf, days, type PlainShop, shops, shopsAndDays } from '../oracle/shop.ts'
import { name, type Sql, sql } from '../sql/sql.ts'
import { builtTables } from './derived.ts'
import { buildDerivedTables, refreshDerivedTables } from './refresh.ts'
import { cases } from '../../fixtures/cases.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 })
})
afterAll(() => engine.close())

const keys = (list: readonly (number | null)[]): Sql =>
  sql`(select unnest(from_json(${JSON.stringify([...new Set(list)])}, '["INTEGER"]')) as member_key)`
const dayList = (list: readonly string[]): Sql =>
  sql`(select unnest(from_json(${JSON.stringify([...new Set(list)])}, '["DATE"]')) as local_day)`

test('after any sequence of changes, refreshed tables equal a full build', async () => {
  await fc.assert(
    fc.asyncProperty(
      shops,
      fc.array(
        fc.record({
          next: shops,
          keep: fc.nat(5),
          today: days,
          openedAtStart: fc.boolean(),
          namesDays: fc.boolean(),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      async (first, changes) => {
        let shop = padded(first)
        await engine.transaction(async (session) => {
          await loadShop(session, shop)
          await refreshDerivedTables(session, {}, '2025-12-31')
        })
        for (const [nth, { next, keep, today, openedAtStart, namesDays }] of changes.entries()) {
          const changed = changedBy(shop, next, keep, openedAtStart, 1000 * (nth + 1))
          shop = changed.shop
          await engine.transaction(async (session) => {
            await loadShop(session, shop)
            await refreshDerivedTables(
              session,
              { members: keys(changed.members), ...(namesDays ? { days: dayList(changed.days) } : {}) },
              today,
            )
          })
          expect(await differencesFromFullBuild(today)).toEqual([])
          expect(await disorder()).toEqual({ scattered: 0, unordered: 0 })
        }
      },
    ),
    { numRuns: cases(6) },
  )
})

test('a rebuild and a refresh of few members both happen in that test', async () => {
  const shop = padded(fc.sample(shops, { numRuns: 1, seed: 7 })[0]!)
  await engine.transaction(async (session) => {
    await loadShop(session, shop)
    await refreshDerivedTables(session, {}, '2025-12-31')
  })
  const made = async () =>
    (
      await engine.rows(
        sql`select table_oid as oid from duckdb_tables() where table_name = 'member_facts' and database_name = current_database()`,
      )
    )[0]!.oid
  const before = await made()
  await engine.transaction((session) =>
    refreshDerivedTables(session, { members: keys([1]), days: dayList([]) }, '2025-12-31'),
  )
  expect(await made()).toBe(before)
  await engine.transaction((session) => refreshDerivedTables(session, {}, '2025-12-31'))
  expect(await made()).not.toBe(before)
})

test('an order counts until the day on which its refunds leave nothing, that day not included', async () => {
  const benOn = async (asOf: string) => {
    const [ben] = await engine.transaction(async (session) => {
      await loadShop(session, handShop)
      const { memberFacts } = await buildDerivedTables(session, asOf, 'probe_')
      return session.rows(sql`select orders, net_minor as net from ${memberFacts} where member_key = 2`)
    })
    return ben
  }
  expect(await benOn('2024-08-01')).toEqual({ orders: 1, net: 8000 })
  expect(await benOn('2024-08-02')).toEqual({ orders: 0, net: 0 })
})

test('facts, orders, months and cube are what the definitions say, on any day', async () => {
  await fc.assert(
    fc.asyncProperty(shopsAndDays, async ({ shop, asOf }) => {
      const tables = await engine.transaction(async (session) => {
        await loadShop(session, shop)
        await refreshDerivedTables(session, {}, '2025-12-31')
        return buildDerivedTables(session, asOf, 'probe_')
      })
      const qualifying = qualifyingOrders(shop, asOf)
      const events = netEvents(shop, asOf)
      const first = firstDays(shop, asOf)

      const orders = await engine.rows(
        sql`select member_key as member, order_key as key, local_day as day, order_number, purchase_day_number, opens_day, previous_day, first_day
          from ${tables.memberOrders} order by rowid`,
      )
      expect(orders).toEqual(
        shop.members.flatMap(({ key }) => {
          const own = qualifying.filter((order) => order.member === key)
          const distinct = [...new Set(own.map(({ day }) => day))]
          return own.map((order, i) => {
            const opens = own.findIndex(({ day }) => day === order.day) === i
            const nth = distinct.indexOf(order.day)
            return {
              member: key,
              key: order.key,
              day: order.day,
              orderNumber: i + 1,
              purchaseDayNumber: nth + 1,
              opensDay: opens,
              previousDay: opens && nth > 0 ? distinct[nth - 1]! : null,
              firstDay: distinct[0]!,
            }
          })
        }),
      )

      const facts = await engine.rows(
        sql`select member_key as key, orders, purchase_days, first_day, second_day, last_day, first_store, main_store, net_minor, yearly_net_minor, first_seen
          from ${tables.memberFacts} order by member_key`,
      )
      expect(facts).toEqual(
        shop.members
          .filter((member) => isKnown(shop, member, asOf))
          .map((member) => {
            const own = qualifying.filter((order) => order.member === member.key)
            const distinct = [...new Set(own.map(({ day }) => day))]
            const last = distinct.at(-1) ?? null
            const net = events.filter((event) => event.member === member.key)
            const yearAgo = last && new Date(Date.parse(last) - 364 * 86_400_000).toISOString().slice(0, 10)
            return {
              key: member.key,
              orders: own.length,
              purchaseDays: distinct.length,
              firstDay: distinct[0] ?? null,
              secondDay: distinct[1] ?? null,
              lastDay: last,
              firstStore: own[0]?.store ?? null,
              mainStore: mainStore(own.map(({ store }) => store)),
              netMinor: net.reduce((sum, event) => sum + event.net, 0),
              yearlyNetMinor:
                yearAgo === null
                  ? 0
                  : Math.max(
                      0,
                      net.filter(({ day }) => day >= yearAgo).reduce((sum, event) => sum + event.net, 0),
                    ),
              firstSeen: first.has(member.key) && isFirstSeen(shop, member, first.get(member.key)!),
            }
          }),
      )

      const [cube] = await engine.rows(
        sql`select coalesce(sum(orders), 0) as orders, coalesce(sum(net_minor), 0) as net, coalesce(sum(orders) filter (where guest), 0) as guest_orders from ${tables.orderCube}`,
      )
      expect(cube).toEqual({
        orders: qualifying.length,
        net: events.reduce((sum, event) => sum + event.net, 0),
        guestOrders: qualifying.filter(({ member }) => member === null).length,
      })
      const [month] = await engine.rows(
        sql`select coalesce(sum(orders), 0) as orders, coalesce(sum(net_minor), 0) as net from ${tables.memberMonth}`,
      )
      expect(month).toEqual({
        orders: qualifying.filter(({ member }) => member !== null).length,
        net: events.filter(({ member }) => member !== null).reduce((sum, event) => sum + event.net, 0),
      })
      const memberDays = await engine.rows(
        sql`select member_key as member, local_day as day, orders, net_minor, previous_day, second_previous_day, next_day, first_day, first_seen
          from ${tables.memberDay} order by member_key, local_day`,
      )
      expect(memberDays).toEqual(
        shop.members.flatMap((member) => {
          const bought = qualifying.filter((order) => order.member === member.key).map(({ day }) => day)
          const moved = events.filter((event) => event.member === member.key)
          const firstDay = first.get(member.key) ?? null
          return [...new Set([...bought, ...moved.map(({ day }) => day)])].toSorted().map((day) => ({
            member: member.key,
            day,
            orders: bought.filter((other) => other === day).length,
            netMinor: moved.filter((event) => event.day === day).reduce((sum, { net }) => sum + net, 0),
            previousDay: bought.includes(day) ? (bought.findLast((other) => other < day) ?? null) : null,
            secondPreviousDay: bought.includes(day)
              ? ([...new Set(bought)].filter((other) => other < day).at(-2) ?? null)
              : null,
            nextDay: bought.includes(day) ? (bought.find((other) => other > day) ?? null) : null,
            firstDay,
            firstSeen: firstDay !== null && isFirstSeen(shop, member, firstDay),
          }))
        }),
      )
      const steps = await engine.rows(
        sql`select member_key as member, purchase_day_number as n, local_day as day, previous_day
          from ${tables.purchaseSteps} order by member_key, purchase_day_number`,
      )
      expect(steps).toEqual(
        shop.members.flatMap(({ key }) => {
          const own = [...new Set(qualifying.filter((order) => order.member === key).map(({ day }) => day))]
          return own.map((day, i) => ({ member: key, n: i + 1, day, previousDay: own[i - 1] ?? null }))
        }),
      )
      const [state] = await engine.rows(sql`select data_start from workspace_state`)
      expect(state!.dataStart).toBe(dataStart(shop))
    }),
    { numRuns: cases(10) },
  )
})

/** The store with most orders; of equal ones, that of the latest order. */
function mainStore(stores: readonly (string | null)[]): string | null {
  const count = new Map<string, number>()
  for (const store of stores) if (store !== null) count.set(store, (count.get(store) ?? 0) + 1)
  const most = Math.max(...count.values())
  return stores.findLast((store) => store !== null && count.get(store) === most) ?? null
}

/** Enough members that a few changed ones are no reason to rebuild. */
const padded = (shop: PlainShop): PlainShop => ({
  ...shop,
  members: [...shop.members, ...Array.from({ length: 60 }, (_, i) => ({ key: 100 + i, joinedDay: null }))],
})

/**
 * Takes the orders and refunds of some members (and of guests) from another shop, their keys above
 * `aboveKey`, and says whom and which days that touched.
 */
function changedBy(shop: PlainShop, next: PlainShop, keep: number, openedAtStart: boolean, aboveKey: number) {
  const touched = (member: number | null) => member === null || member % 6 > keep
  const known = new Set(shop.members.map(({ key }) => key))
  const fromNext = <T extends { member: number | null }>(rows: readonly T[]) =>
    rows.filter(({ member }) => touched(member) && (member === null || known.has(member)))
  const orders = [
    ...shop.orders.filter(({ member }) => !touched(member)),
    ...fromNext(next.orders).map((order) => ({ ...order, key: order.key + aboveKey })),
  ]
  const refunds = [
    ...shop.refunds.filter(({ member }) => !touched(member)),
    ...fromNext(next.refunds).map((refund) => ({
      ...refund,
      order: refund.order && refund.order + aboveKey,
    })),
  ]
  const after: PlainShop = { ...shop, openedAtStart, orders, refunds }
  const gone = [...shop.orders, ...next.orders].filter(({ member }) => touched(member))
  const back = [...shop.refunds, ...next.refunds].filter(({ member }) => touched(member))
  return {
    shop: after,
    members: [...gone, ...back].map(({ member }) => member),
    days: [
      ...gone.map(({ orderedAt }) => dayOf(shop, orderedAt)),
      ...back.map(({ refundedAt }) => dayOf(shop, refundedAt)),
    ],
  }
}

async function differencesFromFullBuild(today: string) {
  const [state] = await engine.rows(sql`select as_of from workspace_state`)
  await engine.transaction((session) => buildDerivedTables(session, String(state!.asOf ?? today), 'full_'))
  const fresh = builtTables('full_')
  const found: Row[] = []
  for (const [table, own] of Object.entries(builtTables())) {
    const full = fresh[table as keyof typeof fresh]
    const rows = await engine.rows(sql`
      (select 'stale' as side, * from (select * from ${own} except all select * from ${full}))
      union all (select 'missing' as side, * from (select * from ${full} except all select * from ${own}))`)
    found.push(...rows.map((row) => ({ table, ...row })))
  }
  return found
}

/** Orders on disk that stand apart from their member's others, or before an earlier one. */
async function disorder() {
  const [counted] = await engine.rows(sql`
    with stored as (
      select member_key, ordered_at, order_key, lag(member_key) over stored_in as before_key,
        lag((ordered_at, order_key)) over stored_in as before
      from ${name('member_orders')} window stored_in as (order by rowid)
    )
    select count(*) filter (where before_key is distinct from member_key) - count(distinct member_key) as scattered,
      count(*) filter (where before_key = member_key and (ordered_at, order_key) < before) as unordered
    from stored`)
  return counted
}
