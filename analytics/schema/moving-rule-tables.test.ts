import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cases } from '../../fixtures/cases.ts'
import { addDays } from '../calendar/calendar.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine, Session } from '../engine/engine.ts'
import { loadShop } from '../oracle/load.ts'
import { dayOf, days, shops } from '../oracle/shop.ts'
import { sql } from '../sql/sql.ts'
import { derivedTables } from './derived.ts'
import { MovingRuleTables } from './moving-rule-tables.ts'
import { buildRuleTables, refreshDerivedTables } from './refresh.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 })
})
afterAll(() => engine.close())

const kinds = [
  'memberOrders',
  'memberFacts',
  'ordersByMonth',
  'orderItems',
  'categoryTotals',
  'placeTotals',
] as const
const movedTables = 'scratch.main.moved_'
const builtTables = 'scratch.main.built_'
const textOf = (prefix: string) => kinds.map((kind) => derivedTables(prefix)[kind].chunks[0]).join(' ')

/** Tables in which one set has a row that the other has not. */
async function different(session: Session, { tables }: MovingRuleTables): Promise<string[]> {
  const built_ = derivedTables(builtTables)
  const found: string[] = []
  for (const kind of kinds) {
    const [moved, built] = [tables[kind], built_[kind]]
    const [row] = await session.rows(sql`select
      (select count(*) from (select * from ${moved} except all select * from ${built}))
      + (select count(*) from (select * from ${built} except all select * from ${moved})) as differences`)
    if (Number(row!.differences) > 0) found.push(kind)
  }
  return found
}

test('tables that move from day to day are those that are built for the day', async () => {
  let [voided, days_] = [0, 0]
  await fc.assert(
    fc.asyncProperty(shops, fc.uniqueArray(days, { minLength: 2, maxLength: 6 }), async (shop, some) => {
      // with the days of refunds, which undo orders of before, and the days before them
      const refunded = shop.refunds.map(({ refundedAt }) => dayOf(shop, refundedAt))
      const around = refunded.slice(0, 2).flatMap((day) => [-1, 0, 1, 6].map((n) => addDays(day, n)))
      const [first, ...later] = [...new Set([...some, ...around])].toSorted()
      await engine.transaction(async (session) => {
        await loadShop(session, shop)
        await refreshDerivedTables(session, {}, '2025-12-31')
      })
      await engine.scratch(async (session) => {
        const moving = await MovingRuleTables.build(session, first!, movedTables, textOf(movedTables))
        let from = first!
        for (const to of later) {
          await moving.moveTo(session, to)
          const built = await buildRuleTables(session, to, builtTables, textOf(builtTables))
          expect({ day: to, different: await different(session, moving) }).toEqual({ day: to, different: [] })
          for (const table of built) await session.run(sql`drop table ${table}`)
          const [row] = await session.rows(
            sql`select count(*) as orders from orders where void_day > cast(${from} as date)
              and void_day <= cast(${to} as date) and local_day <= cast(${from} as date)`,
          )
          voided += Number(row!.orders)
          days_++
          from = to
        }
        await moving.drop(session)
      })
    }),
    { numRuns: cases(10), seed: 20261129 },
  )
  // orders that an earlier day had and a later one has not were among them
  expect(days_).toBeGreaterThan(20)
  expect(voided).toBeGreaterThan(0)
}, 120_000)
