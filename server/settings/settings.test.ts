import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { createDemo } from '../demo/demo.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { changeSettings, settingsOf, type WorkspaceSettings } from './settings.ts'

let folder: string
let platform: Platform
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-settings-'))
  platform = await openPlatform(folder, { now: () => new Date('2026-03-10T20:00:00Z') }, { threads: 1 })
  await createDemo(platform, { members: 200 })
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

const demo = async () => (await platform.workspaces.byName('demo'))!
const change = async (part: Partial<WorkspaceSettings>) => {
  const workspace = await demo()
  const present = await settingsOf(platform.store, workspace)
  return changeSettings(platform, workspace, { ...present, ...part }, 'command-line')
}

/** The local day and hour of an instant as the platform's own calendar has them. */
function wallClock(instant: string, timeZone: string) {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  }).formatToParts(new Date(instant))
  const read = (type: string) => parts.find((part) => part.type === type)!.value
  return { day: `${read('year')}-${read('month')}-${read('day')}`, hour: Number(read('hour')) }
}

test('another time zone moves every local day, what refunds left, and all that is derived', async () => {
  const { engine } = await demo()
  const version = async () =>
    Number((await engine.rows(sql`select data_version from workspace_state`))[0]!.dataVersion)
  const before = await version()
  const timeZone = 'America/New_York' // with summer time
  expect(await change({ timeZone })).toEqual({ changed: ['time-zone'] })
  expect(await version()).toBeGreaterThan(before)

  const orders = await engine.rows(
    sql`select order_key, ordered_at, local_day, local_hour, net_minor, void_day from orders`,
  )
  const refunds = await engine.rows(
    sql`select order_key, refunded_at, local_day, amount_minor, counts from refunds`,
  )
  const wrong = orders.filter((order) => {
    const { day, hour } = wallClock(String(order.orderedAt), timeZone)
    return day !== order.localDay || hour !== order.localHour
  })
  expect(wrong).toEqual([])
  expect(refunds.filter((one) => wallClock(String(one.refundedAt), timeZone).day !== one.localDay)).toEqual(
    [],
  )

  const wrongVoid = orders.filter((order) => {
    let left = Number(order.netMinor)
    const linked = refunds
      .filter(({ orderKey, counts }) => orderKey === order.orderKey && counts)
      .toSorted((a, b) => (String(a.localDay) < String(b.localDay) ? -1 : 1))
    const gone = linked.find(({ amountMinor }) => (left -= Number(amountMinor)) <= 0)
    return (gone?.localDay ?? null) !== order.voidDay
  })
  expect(wrongVoid).toEqual([])
  expect(refunds.some(({ orderKey }) => orderKey !== null)).toBe(true)

  const days = await engine.rows(sql`select count(*) as n from member_orders
    join orders on orders.order_key = member_orders.order_key where orders.local_day <> member_orders.local_day`)
  expect(days[0]!.n).toBe(0)
  const [first] = await engine.rows(sql`select count(*) as n from member_facts
    join (select member_key, min(local_day) as day from member_orders group by member_key) as own
      on own.member_key = member_facts.member_key where own.day <> member_facts.first_day`)
  expect(first!.n).toBe(0)
})

test('a shop that opened where its data starts has no first-seen members', async () => {
  const { engine } = await demo()
  const firstSeen = async () =>
    Number((await engine.rows(sql`select count(*) as n from member_facts where first_seen`))[0]!.n)
  expect(await firstSeen()).toBeGreaterThan(0)
  await change({ openedAtStart: true })
  expect(await firstSeen()).toBe(0)
  await change({ openedAtStart: false })
  expect(await firstSeen()).toBeGreaterThan(0)
})

test('thresholds hold from the next answer on, are noted, and make old answers old', async () => {
  const { engine } = await demo()
  const [before] = await engine.rows(sql`select data_version from workspace_state`)
  expect(await change({ dormancy: { active: 14, cooling: 40, dormant: 100 } })).toEqual({
    changed: ['dormancy'],
  })
  expect((await demo()).dormancy).toEqual({ active: 14, cooling: 40, dormant: 100 })
  const [after] = await engine.rows(sql`select data_version from workspace_state`)
  expect(after!.dataVersion).toBe(Number(before!.dataVersion) + 1)
  const noted = await platform.store.selectFrom('audit').select(['action', 'subject']).execute()
  expect(noted).toContainEqual(expect.objectContaining({ action: 'setting-changed', subject: 'dormancy' }))
  expect(await change({})).toEqual({ changed: [] })
})

test('where the engine can’t follow, the settings stay as they were, and the same change is done later', async () => {
  const { engine } = await demo()
  const before = await settingsOf(platform.store, await demo())
  const zone = async () => (await engine.rows(sql`select time_zone from workspace_state`))[0]!.timeZone
  const failing = vi.spyOn(engine, 'transaction').mockRejectedValueOnce(new Error('No space left on device'))
  await expect(change({ timeZone: 'Asia/Seoul' })).rejects.toThrow('No space left')
  expect(failing).toHaveBeenCalledOnce()
  expect(await settingsOf(platform.store, await demo())).toEqual(before)
  expect(await zone()).toBe(before.timeZone)
  // even where they could not be put back, asking once more brings the engine in line
  await platform.store.updateTable('workspaces').set({ time_zone: 'Asia/Seoul' }).execute()
  expect(await change({ timeZone: 'Asia/Seoul' })).toEqual({ changed: [] })
  expect(await zone()).toBe('Asia/Seoul')
  await change({ timeZone: before.timeZone })
})

test('a process that ended between Store and engine catches up at the next opening', async () => {
  await platform.store
    .updateTable('workspaces')
    .set({ time_zone: 'Asia/Tokyo' })
    .where('name', '=', 'demo')
    .execute()
  await platform.close()
  platform = await openPlatform(folder, platform.clock, { threads: 1 })
  const { engine } = await demo()
  const [order] = await engine.rows(
    sql`select ordered_at, local_day from orders order by hash(order_key) limit 1`,
  )
  expect(order!.localDay).toBe(wallClock(String(order!.orderedAt), 'Asia/Tokyo').day)
  expect((await engine.rows(sql`select time_zone from workspace_state`))[0]!.timeZone).toBe('Asia/Tokyo')
})

test('the most that coupons take off together is kept, and nothing is recomputed for it', async () => {
  const { engine } = await demo()
  const version = async () =>
    Number((await engine.rows(sql`select data_version from workspace_state`))[0]!.dataVersion)
  const before = await version()
  expect(await change({ mostOffPercent: 37.5 })).toEqual({ changed: ['most-off'] })
  expect(await settingsOf(platform.store, await demo())).toMatchObject({ mostOffPercent: 37.5 })
  // who sends the other settings alone leaves it as it is
  const { mostOffPercent: _, ...others } = await settingsOf(platform.store, await demo())
  expect(await changeSettings(platform, await demo(), others, 'command-line')).toEqual({ changed: [] })
  expect(await settingsOf(platform.store, await demo())).toMatchObject({ mostOffPercent: 37.5 })
  expect(await version()).toBe(before)
})

test('the discount of predicted CLV is kept, reaches the engine, and every answer that names an amount is asked anew', async () => {
  const { engine } = await demo()
  const state = async () =>
    (
      await engine.rows(sql`select data_version, orders_version, clv_discount_percent from workspace_state`)
    )[0]!
  const before = await state()
  expect(before.clvDiscountPercent).toBe(0)
  expect(await change({ clvDiscountPercent: 12.5 })).toEqual({ changed: ['clv-discount'] })
  const after = await state()
  expect(after.clvDiscountPercent).toBe(12.5)
  expect(Number(after.dataVersion)).toBeGreaterThan(Number(before.dataVersion))
  // orders are what they were
  expect(after.ordersVersion).toBe(before.ordersVersion)
  // who sends the other settings alone leaves it as it is
  const { clvDiscountPercent: _, ...others } = await settingsOf(platform.store, await demo())
  expect(await changeSettings(platform, await demo(), others, 'command-line')).toEqual({ changed: [] })
  expect(await settingsOf(platform.store, await demo())).toMatchObject({ clvDiscountPercent: 12.5 })
})

test('by what buyers are scored is kept, is noted, and reaches figures and rules', async () => {
  const caller = createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace: await demo(),
    role: 'owner',
    language: 'en',
  })
  const own = { windowDays: null, recency: [30, 90, 180, 365], frequency: [1, 2, 4, 8], money: null } as const
  const preview = await caller.analytics.rfmPreview({
    settings: { recency: own.recency.join(), frequency: own.frequency.join() },
  })
  const wouldBe = new Map<string, number>()
  for (const { to, members } of preview.rows) wouldBe.set(to, (wouldBe.get(to) ?? 0) + members)
  // each cell opens those whom it counts, while the old thresholds hold
  for (const { members, membersExpression } of preview.rows.slice(0, 6))
    expect((await caller.segments.count({ expression: membersExpression! })).members).toBe(members)

  expect(
    await caller.settings.changeRfm({ ...own, recency: [...own.recency], frequency: [...own.frequency] }),
  ).toEqual({ changed: ['rfm'] })
  const now = createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace: await demo(),
    role: 'viewer',
    language: 'en',
  })
  const { rows, rule } = await now.analytics.rfm({})
  expect(rule).toEqual(own)
  const groups = rows.filter(({ kind, members }) => kind === 'group' && members > 0)
  expect(Object.fromEntries(groups.map(({ group, members }) => [group, members]))).toEqual(
    Object.fromEntries(wouldBe),
  )
  for (const { group, members } of groups)
    expect((await now.segments.count({ expression: `rfm_group = "${group}"` })).members).toBe(members)
  const noted = await platform.store.selectFrom('audit').select(['action', 'subject']).execute()
  expect(noted).toContainEqual({ action: 'setting-changed', subject: 'rfm' })
  await expect(
    caller.settings.changeRfm({ ...own, recency: [30, 30, 90, 180], frequency: null }),
  ).rejects.toThrow('rfm-cuts')
  // who sends the other settings alone leaves it as it is
  expect(await change({})).toEqual({ changed: [] })
  expect((await settingsOf(platform.store, await demo())).rfm).toEqual(own)
})
