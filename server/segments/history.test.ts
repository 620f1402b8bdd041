import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { createDemo } from '../demo/demo.ts'
import { exportMembers } from '../members/export.ts'
import { openPlatform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-history-'))
let now = new Date('2026-03-10T04:00:00Z')
const platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
await createDemo(platform, { members: 150, end: '2026-03-01' })
const workspace = (await platform.workspaces.byName('demo'))!
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
afterAll(() => {
  // the last test has closed it
  rmSync(folder, { recursive: true })
})

async function counted(id: string) {
  for (;;) {
    const history = await caller.segmentHistory.sizes({ id })
    if (history.phase === 'done') return history
    await pause(20)
  }
}

/** Qualifying orders of each member as of a day, from the base tables. */
const ordersOn = async (day: string) => {
  const rows = await workspace.engine.rows(sql`select member_key, count(*) as orders, max(local_day) as last
    from orders where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= cast(${day} as date)
      and (void_day is null or void_day > cast(${day} as date)) group by member_key`)
  return rows.map(({ orders, last }) => ({ orders: Number(orders), last: String(last) }))
}

test('every week is counted as of its day, and the list of any of them is as long', async () => {
  const { id } = await caller.segments.save({
    name: 'Quiet regulars',
    expression: 'orders >= 2 and days_since_order > 30',
  })
  const begun = await caller.segmentHistory.sizes({ id })
  expect(begun.phase).toBe('counting')
  const { points, asOf } = await counted(id)
  expect(asOf).toBe('2026-03-01')
  expect(points).toHaveLength(53)
  for (const [i, { day, members }] of points.entries()) {
    expect(day).toBe(addDays(asOf, -7 * (52 - i)))
    const wanted = (await ordersOn(day)).filter(({ orders, last }) => orders >= 2 && addDays(last, 30) < day)
    expect({ day, members }).toEqual({ day, members: wanted.length })
  }
  expect(new Set(points.map(({ members }) => members)).size).toBeGreaterThan(5)
  for (const { day, members } of [points[0]!, points[30]!, points[52]!]) {
    const listed = await caller.segments.memberIds({
      expression: 'orders >= 2 and days_since_order > 30',
      asOf: day,
    })
    expect(listed.memberIds).toHaveLength(members!)
    const exported = await exportMembers(platform.store, workspace, {
      segment: 'orders >= 2 and days_since_order > 30',
      asOf: day,
      sort: 'net',
      descending: true,
      unmasked: false,
    })
    if (exported.kind === 'refused') throw new Error('refused')
    let rows = -1 // its header
    for await (const chunk of exported.csv) rows += chunk.split('\r\n').length - 1
    expect(rows).toBe(members)
  }
  const left = await workspace.engine.rows(
    sql`select table_name from duckdb_tables() where database_name = 'scratch' and (table_name like 'past_%' or table_name like 'history_%')`,
  )
  expect(left).toEqual([])
})

test('a rule over other days is counted as it is asked, from the first order on, and versions carry their days', async () => {
  await workspace.engine.run(sql`update workspace_state set data_start = date '2025-12-20'`)
  const saved = await caller.segments.save({ name: 'Came back', expression: 'orders >= 1' })
  now = new Date('2026-03-20T17:00:00Z') // the 21st in Shanghai
  await caller.segments.save({
    ...saved,
    name: 'Came back',
    expression:
      '(days_since_order > 60) on -30d and days_since_order <= 30 and orders(category is known) >= 0',
  })
  const { points, versions, expression } = await counted(saved.id)
  expect(versions.map(({ version, day }) => [version, day])).toEqual([
    [1, '2026-03-10'],
    [2, '2026-03-21'],
  ])
  expect(points.map(({ day }) => day)).toEqual(
    Array.from({ length: 11 }, (_, i) => addDays('2026-03-01', -7 * (10 - i))),
  )
  for (const { day, members } of points.filter((_, i) => i % 5 === 0)) {
    const asked = await caller.segments.count({ expression, asOf: day })
    expect({ day, members }).toEqual({ day, members: asked.members })
  }
  const dated = await caller.segments.save({
    name: 'From January',
    expression: '(orders >= 1) on 2026-01-15',
  })
  const { points: some } = await counted(dated.id)
  for (const { day, members, unasked } of some) {
    expect(unasked).toBe(day < '2026-01-15')
    expect(members === null).toBe(unasked)
  }
})

test('counting is stopped and goes on; other data is counted anew', async () => {
  const { id } = await caller.segments.save({ name: 'Stopped', expression: 'net >= 100' })
  await caller.segmentHistory.sizes({ id })
  const stopped = await caller.segmentHistory.stop({ id })
  expect(stopped.phase).toBe('stopped')
  await pause(300)
  const later = await caller.segmentHistory.sizes({ id })
  expect(later.phase).toBe('stopped')
  const known = later.points.filter(({ members }) => members !== null)
  expect(known.length).toBeLessThan(11)
  expect((await caller.segmentHistory.continue({ id })).phase).toBe('counting')
  const done = await counted(id)
  expect(done.points.every(({ members }) => members !== null)).toBe(true)

  const before = await caller.segmentHistory.sizes({ id })
  await caller.tags.add({ tag: 'one', whose: { kind: 'members', memberIds: ['M0000001'] } })
  const moved = await caller.segmentHistory.sizes({ id })
  expect(moved.dataVersion).toBeGreaterThan(before.dataVersion)
  expect(moved.phase).toBe('counting')
  expect((await counted(id)).points.map(({ members }) => members)).toEqual(
    before.points.map(({ members }) => members),
  )
})

test('a rule of which only today is known is told as of today, a segment that is none is refused', async () => {
  const expression = 'tier = "gold" and orders >= 1'
  const { id } = await caller.segments.save({ name: 'Gold', expression })
  const { phase, points, withoutPast } = await caller.segmentHistory.sizes({ id })
  expect({ phase, withoutPast }).toEqual({
    phase: 'done',
    withoutPast: [{ en: 'tier = "gold"', 'zh-CN': '等级 = "gold"' }],
  })
  const { members } = await caller.segments.count({ expression })
  expect(points).toEqual([{ day: '2026-03-01', members, unasked: false }])
  await expect(caller.segmentHistory.sizes({ id: '00000000-0000-4000-8000-000000000000' })).rejects.toThrow(
    /no.*segment/i,
  )
})

test('after a restart nothing is counted again, of other data everything', async () => {
  const { id } = await caller.segments.save({ name: 'Kept', expression: 'orders >= 2 and net >= 50' })
  const before = await counted(id)
  const kept = async () => {
    const [row] = await workspace.engine
      .rows(sql`select count(*) as n, count(distinct data_version) as versions
      from segment_sizes`)
    return { days: Number(row!.n), versions: Number(row!.versions) }
  }
  expect((await kept()).days).toBeGreaterThanOrEqual(before.points.length)
  expect((await kept()).versions).toBe(1)
  // a figure that only the file has: what is answered comes from there
  await workspace.engine.run(
    sql`update segment_sizes set members = 777 where counted_day = date '2026-02-22'`,
  )
  await platform.close()
  const again = await openPlatform(folder, { now: () => now }, { threads: 1 })
  try {
    const shop = (await again.workspaces.byName('demo'))!
    const other = createCallerFactory(appRouter)({
      platform: again,
      actor: { kind: 'local' },
      workspace: shop,
      role: 'owner',
      language: 'en',
    })
    const after = await other.segmentHistory.sizes({ id })
    expect(after.phase).toBe('done')
    expect(after.points).toEqual(
      before.points.map((point) => (point.day === '2026-02-22' ? { ...point, members: 777 } : point)),
    )
    await other.tags.add({ tag: 'two', whose: { kind: 'members', memberIds: ['M0000001'] } })
    expect((await other.segmentHistory.sizes({ id })).phase).toBe('counting')
    let anew = await other.segmentHistory.sizes({ id })
    for (; anew.phase !== 'done'; anew = await other.segmentHistory.sizes({ id })) await pause(20)
    expect(anew.points).toEqual(before.points)
    const [left] = await shop.engine.rows(
      sql`select count(distinct data_version) as versions from segment_sizes`,
    )
    expect(Number(left!.versions)).toBe(1)
  } finally {
    await again.close()
  }
})
