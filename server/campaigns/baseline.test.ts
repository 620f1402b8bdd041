import { afterEach, beforeEach, expect, test } from 'vitest'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import { definitionOf, openTestShop, type TestShop } from './campaign-shop.fixture.ts'
import { previewOf } from './preview.ts'

let shop: TestShop
beforeEach(async () => {
  shop = await openTestShop(60)
  // Long before: M0001 … M0040 once, M0001 … M0010 twice; the first 25 again on 2026-11-10. All buy on the 20th.
  await addOrders([
    { from: 1, to: 40, day: '2026-09-01', category: 'Tea' },
    { from: 1, to: 10, day: '2026-09-15', category: 'Cake' },
    { from: 1, to: 25, day: '2026-11-10', category: 'Tea' },
  ])
})
afterEach(() => shop.close())

async function addOrders(all: { from: number; to: number; day: string; category: string }[]) {
  await shop.workspace.engine.transaction(async (session) => {
    for (const [i, { from, to, day, category }] of all.entries()) {
      const key = sql`${2_000_000 + i * 1000} + member_key`
      const chosen = sql`members where member_key between ${from} and ${to}`
      await session.run(sql`insert into orders
        select ${key}, 'P' || cast(${key} as varchar), member_key, cast(${`${day} 04:00:00`} as timestamp),
          cast(${day} as date), 12, 'East', 'shop', 'paid', 5000, 0, 5000, null, null from ${chosen}`)
      await session.run(sql`insert into order_lines (order_key, line_number, category, quantity, net_minor)
        select ${key}, 1, ${category}, 1, 5000 from ${chosen}`)
    }
    await refreshDerivedTables(session, {}, '2026-11-22')
  })
}

async function previewed(segment: string) {
  const definition = definitionOf({ segment, validDays: 7 }) // a window of 14 days: the rule is asked of 11-07
  const campaign = { id: 'one', seed: 'one', definition }
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  return outcome.preview
}

const dayTables = () =>
  shop.workspace.engine.rows(
    sql`select table_name from duckdb_tables() where database_name = 'scratch' and table_name not like 'segment_%'`,
  )

test('of those whom the rule chose a window earlier, who bought in the window', async () => {
  await shop.workspace.engine.run(sql`delete from orders where local_day = date '2026-11-20'`)
  await addOrders([])
  for (const [segment, numerator, denominator] of [
    ['orders >= 1', 25, 40],
    ['orders >= 2', 10, 10],
    ['status = cooling and orders = 1', 15, 30],
    ['days_since_order > 60', 15, 30],
    ['orders(category = "Cake") >= 1', 10, 10],
  ] as const) {
    const { plan } = await previewed(segment)
    expect([segment, plan.baseline]).toMatchObject([segment, { numerator, denominator, asOf: '2026-11-07' }])
    const earlier = await evaluateSegment(shop.platform.store, shop.workspace, {
      expression: segment,
      asOf: '2026-11-07',
    })
    expect(earlier).toMatchObject({ evaluation: { members: denominator } })
  }
})

test('is not known of a field without a past, of nobody, and before the data begins', async () => {
  expect((await previewed('consent = granted')).plan.baseline).toBeNull()
  expect((await previewed('orders > 50')).plan.baseline).toBeNull()
  const definition = definitionOf({ validDays: 365 })
  const outcome = await previewOf(shop.platform, shop.workspace, { id: 'one', seed: 'one', definition })
  expect(outcome).toMatchObject({ preview: { plan: { baseline: null } } })
})

test("a preview makes no other day's tables and leaves nothing behind", async () => {
  expect((await previewed('orders >= 2')).plan.baseline).not.toBeNull()
  expect((await previewed('orders(category = "Cake") >= 1')).plan.baseline).not.toBeNull()
  expect(await dayTables()).toEqual([])
})

test('orders that change nobody’s place leave the digest as it was', async () => {
  const before = await previewed('orders >= 2')
  await addOrders([{ from: 1, to: 1, day: '2026-11-09', category: 'Tea' }])
  const after = await previewed('orders >= 2')
  expect(after.dataVersion).toBeGreaterThan(before.dataVersion)
  expect(after.digest).toBe(before.digest)
})
