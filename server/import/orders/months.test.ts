import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { takeOut } from '../apply.ts'
import { restatedMonths, restatedPeriods } from './restatements.ts'
import { now, openTestShop, receiptOf, visible } from '../test-shop.ts'
import { undoEffect } from '../undo.ts'

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
  const restatements = async (engine: Engine, since: string) =>
    (await restatedMonths(engine, since)).map(({ from, all }) => ({ month: from, ...all }))
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
  expect(again.months.every(({ restated }) => !restated)).toBe(true)
  await engine.run(sql`update figure_changes set changed_at = cast(${now.toISOString()} as timestamp) + interval 3 minute
    where change_seq = (select max(change_seq) from figure_changes)`)
  expect(await restatements(engine, since)).toMatchObject([
    { month: '2026-09-01', fileName: 'first.csv', cause: 'imported', before: none, after: is(2000, 1) },
    { month: '2026-08-01', fileName: 'first.csv', cause: 'imported', before: none, after: is(1000, 1) },
  ])
})

test('a week that was over says what it came to before its last change, by whatever changed it', async () => {
  await using shop = await openTestShop('CNY')
  const { engine } = shop.workspace
  const since = new Date(now.getTime() - 1000).toISOString()
  const weeks = [
    { from: '2026-08-31', to: '2026-09-06' },
    { from: '2026-09-07', to: '2026-09-13' },
    { from: '2026-09-14', to: '2026-09-20' },
    { from: '2026-09-28', to: '2026-10-04' },
  ]
  const told = async () =>
    (await restatedPeriods(engine, since, weeks)).flatMap(({ from, all }) =>
      all
        ? [
            [
              from.slice(5),
              all.fileName,
              all.cause,
              [all.before.netMinor, all.before.orders],
              [all.after.netMinor, all.after.orders],
            ],
          ]
        : [],
    )
  let minute = 0
  const later = () => new Date(now.getTime() + ++minute * 60_000).toISOString()
  const take = async (name: string, rows: string) => {
    const { importId } = receiptOf(await shop.import(shop.file(name, header + rows)))
    await engine.run(
      sql`update figure_changes set changed_at = cast(${later()} as timestamp)
        where change_seq = (select max(change_seq) from figure_changes)`,
    )
    return importId!
  }
  const undo = (importId: string) =>
    takeOut(engine, importId, {
      timeZone: 'UTC',
      today: '2026-11-22',
      undoneAt: later(),
      signal: new AbortController().signal,
    })

  const first = await take(
    'first.csv',
    'A,m1,2026-09-01,10,\nB,m2,2026-09-06,20,\nC,m3,2026-09-09,5,\nD,m1,2026-10-01,8,\n',
  )
  expect(await told()).toEqual([])

  // The week of 31 August is corrected on one day and gets a late order on another; that of the 14th had
  // nothing; that of the newest order runs on.
  const second = await take(
    'second.csv',
    'B,m2,2026-09-06,15,\nE,m3,2026-09-02,7,\nF,m3,2026-09-15,4,\nG,m3,2026-10-02,3,\n',
  )
  expect(await told()).toEqual([['08-31', 'second.csv', 'imported', [3000, 2], [3200, 3]]])

  // A later change of the same week is told instead, as what it came to in between; the 14th had figures by now.
  const third = await take('third.csv', 'A,m1,2026-09-01,11,\nF,m3,2026-09-15,6,\n')
  expect(await told()).toEqual([
    ['08-31', 'third.csv', 'imported', [3200, 3], [3300, 3]],
    ['09-14', 'third.csv', 'imported', [400, 1], [600, 1]],
  ])

  await undo(second)
  expect(await told()).toEqual([
    ['08-31', 'second.csv', 'undone', [3300, 3], [3100, 2]],
    ['09-14', 'third.csv', 'imported', [400, 1], [600, 1]],
  ])
  await undo(third)
  await undo(first)
  expect(await told()).toEqual([
    ['08-31', 'first.csv', 'undone', [3000, 2], [0, 0]],
    ['09-07', 'first.csv', 'undone', [500, 1], [0, 0]],
    ['09-14', 'third.csv', 'undone', [600, 1], [0, 0]],
  ])
  await take('again.csv', 'A,m1,2026-09-01,9,\nD,m1,2026-10-01,8,\n')
  expect(await told()).toEqual([
    ['08-31', 'again.csv', 'imported', [0, 0], [900, 1]],
    ['09-07', 'first.csv', 'undone', [500, 1], [0, 0]],
    ['09-14', 'third.csv', 'undone', [600, 1], [0, 0]],
  ])
})
