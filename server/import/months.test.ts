import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { takeOut } from './apply.ts'
import { restatements } from './restatements.ts'
import { now, openTestShop, receiptOf, visible } from './test-shop.ts'
import { undoEffect } from './undo.ts'

const header = 'order_id,customer_id,order_date,amount,original_order_id\n'

test('an import says which months it changes, a dry run too; a month that was over is restated', async () => {
  await using shop = await openTestShop('CNY')
  const file = (name: string, rows: string) => shop.file(name, header + rows)
  const first = receiptOf(
    await shop.import(file('first.csv', 'A,m1,2026-08-02,10,\nB,m2,2026-09-03,20,\nC,,2026-10-01,5,\n')),
  )
  const none = { netMinor: 0, orders: 0 }
  const is = (netMinor: number, orders: number) => ({ netMinor, orders })
  expect(first).toMatchObject({ newOrders: 3, corrected: 0 })
  expect(first.months).toEqual([
    { month: '2026-10-01', before: none, after: is(500, 1), restated: false },
    { month: '2026-09-01', before: none, after: is(2000, 1), restated: false },
    { month: '2026-08-01', before: none, after: is(1000, 1), restated: false },
  ])

  // A late order in August, a corrected one in September, the running October goes on, November begins.
  const late = file(
    'late.csv',
    'D,m3,2026-08-09,7,\nB,m2,2026-09-03,15,\nE,m1,2026-10-20,5,\nR,m1,2026-11-02,-10,A\n',
  )
  const months = [
    { month: '2026-11-01', before: none, after: is(-1000, 0), restated: false },
    { month: '2026-10-01', before: is(500, 1), after: is(1000, 2), restated: false },
    { month: '2026-09-01', before: is(2000, 1), after: is(1500, 1), restated: true },
    // The refund takes A from the orders of August, and its money in November.
    { month: '2026-08-01', before: is(1000, 1), after: is(1700, 1), restated: true },
  ]
  expect(receiptOf(await shop.import(late, { dryRun: true })).months).toEqual(months)
  const second = receiptOf(await shop.import(late))
  expect(second).toMatchObject({ newOrders: 3, corrected: 1, months })
  expect(receiptOf(await shop.import(late)).months).toEqual([])

  const { engine } = shop.workspace
  const since = new Date(now.getTime() - 1000).toISOString()
  expect(await restatements(engine, since)).toMatchObject([
    { month: '2026-09-01', fileName: 'late.csv', cause: 'imported', after: is(1500, 1) },
    { month: '2026-08-01', fileName: 'late.csv', cause: 'imported' },
  ])
  const told = await visible(shop)
  const effect = await undoEffect(shop.platform, shop.workspace, second.importId!)
  expect(effect).toEqual({
    kind: 'told',
    effect: {
      kind: 'orders',
      ordersGone: 3,
      ordersChanged: 1,
      membersGone: 1,
      membersChanged: 0,
      rows: 0,
      months: months.map(({ before, after, ...rest }) => ({ ...rest, before: after, after: before })),
    },
  })
  expect(await visible(shop)).toEqual(told)
  const undoneAt = new Date(now.getTime() + 60_000).toISOString()
  await takeOut(engine, second.importId!, {
    timeZone: 'UTC',
    today: '2026-11-22',
    undoneAt,
    signal: new AbortController().signal,
  })
  expect(await restatements(engine, since)).toMatchObject([
    { month: '2026-09-01', cause: 'undone', before: is(1500, 1), after: is(2000, 1) },
    { month: '2026-08-01', cause: 'undone', before: is(1700, 1), after: is(1000, 1) },
  ])
  expect(await restatements(engine, new Date(now.getTime() + 180_000).toISOString())).toEqual([])

  // Taken out altogether and imported again: the months are told as what they have come back to.
  await takeOut(engine, first.importId!, {
    timeZone: 'UTC',
    today: '2026-11-22',
    undoneAt: new Date(now.getTime() + 120_000).toISOString(),
    signal: new AbortController().signal,
  })
  expect(await restatements(engine, since)).toMatchObject([
    { month: '2026-09-01', fileName: 'first.csv', cause: 'undone', after: none },
    { month: '2026-08-01', fileName: 'first.csv', cause: 'undone', after: none },
  ])
  const again = receiptOf(await shop.import(join(shop.folder, 'first.csv')))
  await engine.run(sql`update imports set imported_at = cast(${now.toISOString()} as timestamp) + interval 3 minute
    where import_id = ${again.importId}`)
  expect(await restatements(engine, since)).toMatchObject([
    { month: '2026-09-01', fileName: 'first.csv', cause: 'imported', before: none, after: is(2000, 1) },
    { month: '2026-08-01', fileName: 'first.csv', cause: 'imported', before: none, after: is(1000, 1) },
  ])
})
