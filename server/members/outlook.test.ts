import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays, daysBetween } from '../../analytics/calendar/calendar.ts'
import { loadShop } from '../../analytics/oracle/load.ts'
import type { PlainShop } from '../../analytics/oracle/shop.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { random } from '../../fixtures/random.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { changeSettings, settingsOf } from '../settings/settings.ts'
import { recordEvent } from '../store/events.ts'
import { createCallerFactory } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Outlook } from './outlook.ts'

const start = '2023-01-01'
const asOf = addDays(start, 600)
const members = 300
let folder: string
let platform: Platform
const callerFor = createCallerFactory(appRouter)

const { below } = random(5)
const dice = () => below(2 ** 20) / 2 ** 20

/** Members who come at a pace of their own and stop at some time; the last one never bought. */
function shop(buyers: number): PlainShop {
  let key = 0
  const bought: PlainShop['orders'][number][] = []
  for (let member = 1; member <= buyers; member++) {
    const [mean, amount, gone] = [8 - 25 * Math.log(1 - dice()), 2000 + 8000 * dice(), 0.7 * dice() ** 3]
    for (let day = below(400); day <= 600; day += 1 + Math.floor(-mean * Math.log(1 - dice()))) {
      const net = Math.round(amount * (0.5 + dice()))
      const orderedAt = new Date(`${addDays(start, day)}T12:00:00+08:00`)
      bought.push({ key: ++key, member, orderedAt, state: 'paid', store: 'East', channel: null, net })
      if (dice() < gone) break
    }
  }
  return {
    calendar: { timeZone: 'Asia/Shanghai', firstWeekday: 1 },
    openedAtStart: false,
    members: Array.from({ length: buyers + 1 }, (_, i) => ({ key: i + 1, joinedDay: null })),
    orders: bought,
    refunds: [],
  }
}

async function opened(name: string, buyers: number): Promise<Workspace> {
  const workspace = (await platform.workspaces.create({ name, currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  await workspace.engine.transaction(async (session) => {
    await loadShop(session, shop(buyers))
    await refreshDerivedTables(session, {}, workspace.today())
  })
  return workspace
}

const callerIn = (workspace: Workspace) =>
  callerFor({ platform, actor: { kind: 'local' }, workspace, role: 'viewer', language: 'en' })

/** What is said once the fit is there. */
async function outlookOf(workspace: Workspace, memberId: string): Promise<Outlook> {
  for (;;) {
    const said = await callerIn(workspace).members.outlook({ memberId })
    if (said.foretold.kind !== 'computing') return said
    await pause(20)
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-outlook-'))
  platform = await openPlatform(folder, { now: () => new Date(`${asOf}T13:00:00Z`) }, { threads: 1 })
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

test('while there is no fit it is begun and said to be computed; then numbers are those of the segment fields and of the room', async () => {
  const workspace = await opened('shop', members)
  const caller = callerIn(workspace)
  const ids = await workspace.engine.rows(
    sql`select member_id, purchase_days, last_day from members join member_facts as facts using (member_key)
      where facts.orders > 0 order by member_key limit 12`,
  )
  const first = await caller.members.outlook({ memberId: String(ids[0]!.memberId) })
  expect(first.foretold).toMatchObject({ kind: 'computing' })
  expect(await caller.analytics.foretelling()).not.toBeNull()
  const one = async (expression: string) => (await caller.segments.count({ expression })).members
  let [once, repeated] = [0, 0]
  for (const { memberId, purchaseDays, lastDay } of ids) {
    const said = await outlookOf(workspace, String(memberId))
    const { foretold, rhythm } = said
    if (foretold.kind !== 'foretold' || foretold.value.kind !== 'expected') throw new Error(foretold.kind)
    const own = `member = "${String(memberId)}"`
    const { alive, boughtOnce } = foretold
    const { netMinor, lowMinor, highMinor } = foretold.value
    // a share is compared in hundredths of a percent, money to the cent
    const [low, high] = [Math.floor(alive * 10_000) / 100, Math.ceil(alive * 10_000 + 1e-9) / 100]
    expect(await one(`${own} and p_alive >= ${low}% and p_alive <= ${high}%`)).toBe(1)
    expect(await one(`${own} and predicted_clv = ${netMinor / 100}`)).toBe(1)
    expect(
      await one(`${own} and next_order_in = ${rhythm!.nextOrderIn} and rhythm_status = "${rhythm!.status}"`),
    ).toBe(1)
    expect(daysBetween(asOf, rhythm!.nextOrderDay)).toBe(rhythm!.nextOrderIn)
    expect(said.silentDays).toBe(daysBetween(String(lastDay), asOf))
    expect(boughtOnce).toBe(purchaseDays === 1)
    if (boughtOnce) once++
    else repeated++
    // the room, asked about this member alone, expects as much, as widely
    const { rows } = await caller.analytics.clv({ filters: { segment: own } })
    const year = rows.find(({ kind, days }) => kind === 'forecast' && days === 365)!
    expect(Math.abs(year.netMinor! - netMinor)).toBeLessThanOrEqual(1)
    expect(Math.abs(year.lowMinor! - lowMinor)).toBeLessThanOrEqual(2)
    expect(Math.abs(year.highMinor! - highMinor)).toBeLessThanOrEqual(2)
  }
  expect(Math.min(once, repeated)).toBeGreaterThan(0)
})

test('with a discount money of later is worth less, to members and to segments alike', async () => {
  const workspace = (await platform.workspaces.byName('shop'))!
  const [row] = await workspace.engine.rows(
    sql`select member_id from members join member_facts as facts using (member_key)
      where facts.orders > 0 order by facts.last_day desc, member_key limit 1`,
  )
  const memberId = String(row!.memberId)
  const netOf = async () => {
    const { foretold } = await outlookOf(workspace, memberId)
    if (foretold.kind !== 'foretold' || foretold.value.kind !== 'expected') throw new Error(foretold.kind)
    return foretold.value
  }
  const plain = await netOf()
  const present = await settingsOf(platform.store, workspace)
  const change = (clvDiscountPercent: number) =>
    changeSettings(platform, workspace, { ...present, clvDiscountPercent }, 'command-line')
  await change(25)
  const later = await netOf()
  // nothing comes before today, and nothing after a year
  expect(later.netMinor).toBeLessThan(plain.netMinor)
  expect(later.netMinor).toBeGreaterThan(plain.netMinor / 1.25)
  expect(later.highMinor / plain.highMinor).toBeCloseTo(later.netMinor / plain.netMinor, 2)
  const expression = `member = "${memberId}" and predicted_clv = ${later.netMinor / 100}`
  expect((await callerIn(workspace).segments.count({ expression })).members).toBe(1)
  await change(0)
  expect(await netOf()).toEqual(plain)
})

test('who never bought, a shop with too few buyers, and nobody are told apart, without a number', async () => {
  const workspace = (await platform.workspaces.byName('shop'))!
  const never = await outlookOf(workspace, await idOf(workspace, members + 1))
  expect(never).toMatchObject({
    orders: 0,
    silentDays: null,
    rhythm: null,
    foretold: { kind: 'never-bought' },
  })
  const small = await opened('small', 40)
  const { foretold } = await outlookOf(small, await idOf(small, 1))
  expect(foretold).toEqual({
    kind: 'refused',
    because: ['few-members'],
    buyers: 40,
    repeaters: expect.any(Number) as number,
  })
  await expect(callerIn(small).members.outlook({ memberId: 'nobody' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  await expect(callerIn(small).members.whatNext({ memberId: 'nobody' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('what to send next is by the member’s own consent, tags, orders and groups', async () => {
  const workspace = (await platform.workspaces.byName('shop'))!
  const caller = callerIn(workspace)
  const { starters } = await caller.segments.starters()
  const some = await workspace.engine
    .rows(sql`select member_id from members join member_facts as facts using (member_key)
    where member_key % 25 = 1 order by member_key`)
  const [latest] = await workspace.engine
    .rows(sql`select member_id from members join member_facts as facts using (member_key)
    where facts.last_day is not null order by facts.last_day desc limit 1`)
  const kinds = new Set<string>()
  for (const { memberId } of [...some, latest!]) {
    const { standsIn, advice, status } = await caller.members.whatNext({ memberId: String(memberId) })
    kinds.add(advice.kind === 'nothing' ? advice.because.id : advice.kind)
    const own = `member = "${String(memberId)}"`
    // every starter says of the member what its rule does
    for (const { id, expression } of starters) {
      if (expression === null) continue
      const { members: in_ } = await caller.segments.count({ expression: `${own} and (${expression})` })
      expect([memberId, id, standsIn.some((one) => one.id === id)]).toEqual([memberId, id, in_ === 1])
    }
    expect((await caller.segments.count({ expression: `${own} and status = "${status}"` })).members).toBe(1)
    const groups = standsIn.map(({ id }) => id)
    expect(advice.kind !== 'send' || groups.includes(advice.group)).toBe(true)
  }
  expect([...kinds]).toEqual(expect.arrayContaining(['send', 'just-bought']))

  const memberId = await idOf(workspace, 1)
  const told = (event: Parameters<typeof recordEvent>[2]) =>
    platform.store.transaction().execute((tx) => recordEvent(tx, workspace.id, event, platform.clock.now()))
  await told({ kind: 'tag-added', tag: '勿扰', source: 'manual', memberIds: [memberId], day: asOf })
  expect((await caller.members.whatNext({ memberId })).advice).toEqual({
    kind: 'nothing',
    because: { id: 'barred', reason: 'do-not-contact' },
  })
  await told({ kind: 'consent-set', memberIds: [memberId], consent: 'denied' })
  expect(await caller.members.whatNext({ memberId })).toMatchObject({
    consent: 'denied',
    advice: { kind: 'nothing', because: { id: 'barred', reason: 'consent-denied' } },
  })
})

async function idOf({ engine }: Workspace, key: number): Promise<string> {
  const [row] = await engine.rows(sql`select member_id from members where member_key = ${key}`)
  return String(row!.memberId)
}
