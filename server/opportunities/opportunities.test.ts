import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { loadShop } from '../../analytics/oracle/load.ts'
import type { PlainOrder, PlainShop } from '../../analytics/oracle/shop.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'

const asOf = '2026-06-30'
const callerFor = createCallerFactory(appRouter)
let folder: string
let platform: Platform
let caller: ReturnType<typeof callerFor>

/**
 * Who is where, worked by hand. 40 members (1–40) bought 1,000 a year ago and again ten days later, and
 * for the last time 100 days ago: dormant. 41–45 are regulars who bought 500 on three days, the last 50
 * days ago: cooling. 46–48 bought once, 10 days ago, for 300. 49 bought today and has a birthday in a week.
 */
function shop(): PlainShop {
  let key = 0
  const order = (member: number, daysAgo: number, net: number): PlainOrder => ({
    key: ++key,
    member,
    orderedAt: new Date(`${addDays(asOf, -daysAgo)}T04:00:00Z`),
    state: 'paid',
    store: member === 46 ? 'West' : 'East',
    channel: null,
    net,
  })
  const some = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
  return {
    calendar: { timeZone: 'Asia/Shanghai', firstWeekday: 1 },
    openedAtStart: true,
    members: some(1, 49).map((member) => ({ key: member, joinedDay: null })),
    orders: [
      ...some(1, 40).flatMap((m) => [
        order(m, 360, 1000),
        order(m, m <= 30 ? 350 : 335, 1000),
        order(m, 100, 1000),
      ]),
      ...some(41, 45).flatMap((m) => [order(m, 90, 500), order(m, 80, 500), order(m, 50, 500)]),
      ...some(46, 48).map((m) => order(m, 10, 300)),
      order(49, 0, 700),
    ],
    refunds: [],
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-opportunities-'))
  platform = await openPlatform(folder, { now: () => new Date('2026-07-01T04:00:00Z') }, { threads: 1 })
  const workspace = (await platform.workspaces.create({
    name: 'w',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  await workspace.engine.transaction(async (session) => {
    await loadShop(session, shop())
    await session.run(sql`update members set birthday = cast('1990-07-07' as date) where member_key = 49`)
    await session.run(sql`update members set consent = 'denied' where member_key in (1, 46)`)
    await session.run(sql`update members set points = 200 where member_key in (2, 3, 41)`)
    await refreshDerivedTables(session, {}, workspace.today())
  })
  caller = callerFor({ platform, actor: { kind: 'local' }, workspace, role: 'viewer', language: 'en' })
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

test('groups are found from what the data says, ranked by money, without those who said no', async () => {
  const found = await caller.opportunities.thisWeek()
  expect(found.asOf).toBe(asOf)
  expect(
    found.opportunities.map(({ id, members, deniedMembers, moneyAtStakeMinor, moneyKind }) => [
      id,
      members,
      deniedMembers,
      moneyAtStakeMinor,
      moneyKind,
    ]),
  ).toEqual([
    ['quiet-high-value', 39, 1, 39 * 3000, 'yearly-net-before-silence'],
    ['cooling-regulars', 5, 0, 5 * 1500, 'yearly-net-before-silence'],
    ['unspent-points', 2, 0, 2 * 3000, 'yearly-net-before-silence'],
    ['birthdays', 1, 0, 700, 'yearly-net-before-silence'],
    ['second-order', 2, 1, 2 * 300, 'spent-so-far'],
  ])
  // Of 45 who came back, the middle one after 10 days, nine in ten within 25.
  expect(found.opportunities.at(-1)!.why).toEqual({
    id: 'second-order',
    values: { returned: 45, medianDays: 10, lateDays: 25 },
  })
  for (const { expression, members } of found.opportunities)
    expect((await caller.segments.count({ expression })).members).toBe(members)
})

test('filters narrow the groups; a past day knows no consent and no points', async () => {
  const inWest = await caller.opportunities.thisWeek({ filters: { stores: ['West'] } })
  expect(inWest.opportunities).toEqual([]) // member 46 alone, who said no
  const some = await caller.opportunities.thisWeek({ filters: { segment: 'orders = 1 or net > 20' } })
  expect(some.opportunities.map(({ id }) => id)).toContain('second-order')
  const past = await caller.opportunities.thisWeek({ filters: { asOf: '2026-06-29' } })
  expect(past.opportunities.map(({ id, members, deniedMembers }) => [id, members, deniedMembers])).toEqual([
    ['quiet-high-value', 40, null],
    ['cooling-regulars', 5, null],
  ])
  await expect(caller.opportunities.thisWeek({ filters: { segment: 'nonsense' } })).rejects.toThrow(
    /character 1/,
  )
})

test('the four figures stand beside what they were before', async () => {
  const figures = await caller.opportunities.keyFigures()
  expect(figures).toMatchObject({
    asOf,
    net: {
      nowMinor: 3 * 300 + 700,
      beforeMinor: 5 * 500,
      change: 1600 / 2500 - 1,
      from: '2026-06-01',
      beforeTo: '2026-05-31',
    },
    // 90 days: 41–45 bought on days 80 and 50 within them, 46–49 once. Before: 1–40 on day 100, 41–45 on day 90.
    repurchase: {
      now: { numerator: 5, denominator: 9 },
      before: { numerator: 0, denominator: 45 },
      change: 5 / 9,
    },
    active: { members: 4, of: 49, before: 5, change: -1, beforeAsOf: '2026-05-31' },
    valueAtRisk: { nowMinor: 40 * 3000, members: 40, beforeMinor: 0, changeMinor: 40 * 3000 },
  })
  const unaskable = await caller.opportunities.keyFigures({ filters: { segment: 'points is unknown' } })
  expect(unaskable.active).toMatchObject({ before: null, change: null })
})

test('a figure whose comparison reaches before the data begins is compared with nothing', async () => {
  // The first orders were on 2025-07-05. By 2 September the 30 days before the last 30 begin on that day.
  const on = async (day: string) => {
    const { net, repurchase, active, valueAtRisk, dataStart } = await caller.opportunities.keyFigures({
      filters: { asOf: day },
    })
    expect(dataStart).toBe('2025-07-05')
    return {
      covered: [net.covered, repurchase.covered, active.covered, valueAtRisk.covered],
      change: [net.change, repurchase.change, active.change, valueAtRisk.changeMinor],
    }
  }
  expect(await on('2025-09-02')).toEqual({
    covered: ['whole', 'none', 'part', 'part'],
    change: [-1, null, null, null],
  })
  expect(await on('2025-09-01')).toEqual({
    covered: ['part', 'none', 'part', 'part'],
    change: [null, null, null, null],
  })
  // The 30 days of orders that tell who was active on 4 August begin on the first day of the data; a day earlier not.
  expect((await on('2025-09-03')).covered[2]).toBe('whole')
  expect((await on('2025-12-31')).covered).toEqual(['whole', 'whole', 'whole', 'part'])
})
