import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cases } from '../../fixtures/cases.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine, Row } from '../engine/engine.ts'
import { handShop } from '../oracle/hand-shop.ts'
import { loadShop } from '../oracle/load.ts'
import { days, type PlainShop, shops } from '../oracle/shop.ts'
import { sql } from '../sql/sql.ts'
import { builtTables } from './derived.ts'
import { tablesOfOtherDay } from './other-day.ts'
import { buildDerivedTables, refreshDerivedTables } from './refresh.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 })
})
afterAll(() => engine.close())

async function load(shop: PlainShop, today: string): Promise<string> {
  await engine.transaction(async (session) => {
    await loadShop(session, shop)
    await refreshDerivedTables(session, {}, today)
  })
  const [state] = await engine.rows(sql`select as_of from workspace_state`)
  return String(state!.asOf ?? today)
}

async function differencesFromFullBuild(own: string, asOf: string): Promise<Row[]> {
  const full = builtTables('scratch.main.full_')
  const other = await engine.scratch(async (session) => {
    await buildDerivedTables(session, asOf, 'scratch.main.full_')
    return tablesOfOtherDay(session, own, asOf, 'scratch.main.other_')
  })
  const found: Row[] = []
  for (const [table, whole] of Object.entries(full)) {
    const seen = other.tables[table as keyof typeof full]
    const rows = await engine.rows(sql`
      (select 'stale' as side, * from (select * from ${seen} except all select * from ${whole}))
      union all (select 'missing' as side, * from (select * from ${whole} except all select * from ${seen}))`)
    found.push(...rows.map((row) => ({ table, ...row })))
  }
  await engine.scratch(async (session) => {
    for (const table of other.made) await session.run(sql`drop table ${table}`)
  })
  return found
}

test('tables of another day, past or to come, hold the rows of a full build', async () => {
  await fc.assert(
    fc.asyncProperty(shops, days, days, async (shop, today, asOf) => {
      const own = await load(shop, today)
      fc.pre(own !== asOf)
      expect(await differencesFromFullBuild(own, asOf)).toEqual([])
    }),
    { numRuns: cases(12) },
  )
})

test.each(['2024-06-25', '2024-07-31', '2024-08-01', '2024-08-02', '2024-09-05'])(
  'the hand-worked shop on %s: a week across two months, an order given back later, one of less than nothing',
  async (asOf) => {
    const bought = { ...handShop.orders[3]!, key: 11, member: 5 }
    const lost = { ...bought, key: 12, orderedAt: new Date('2024-08-25T12:00+08:00'), net: -500 }
    const own = await load(
      {
        ...handShop,
        members: [...handShop.members, { key: 5, joinedDay: null }],
        orders: [...handShop.orders, bought, lost],
      },
      '2025-12-31',
    )
    expect(own).toBe('2024-09-01')
    expect(await differencesFromFullBuild(own, asOf)).toEqual([])
  },
)

test('nothing of another day is left once it is dropped', async () => {
  const own = await load(fc.sample(shops, { numRuns: 1, seed: 3 })[0]!, '2025-12-31')
  await differencesFromFullBuild(own, '2024-01-31')
  const left = await engine.rows(
    sql`select table_name from duckdb_tables() where database_name = 'scratch' and table_name like 'other%'`,
  )
  expect(left).toEqual([])
})
