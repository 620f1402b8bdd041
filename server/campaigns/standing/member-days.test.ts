import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addDays } from '../../../analytics/calendar/calendar.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { openTestShop, type TestShop } from '../campaign-shop.fixture.ts'
import { NewCampaign } from '../definition.ts'
import { keepStanding } from './keeper.ts'
import { comparableDays, isMemberDay, memberDaysBetween } from './member-days.ts'

const eighth = { kind: 'monthly', days: [8, 31] } as const
const wednesdays = { kind: 'weekly', weekdays: [3] } as const

test('member days are dates of the month, where it has them, or days of the week', () => {
  const of = (days: Parameters<typeof isMemberDay>[0]) => memberDaysBetween(days, '2026-01-25', '2026-03-09')
  expect(of({ ...eighth, days: [8, 31] })).toEqual(['2026-03-08', '2026-02-08', '2026-01-31'])
  expect(of({ ...wednesdays, weekdays: [3] })).toEqual([
    '2026-03-04',
    '2026-02-25',
    '2026-02-18',
    '2026-02-11',
    '2026-02-04',
    '2026-01-28',
  ])
})

test('days to compare with are of the same weekday, before, and no member days while it stood', () => {
  const anyDay = fc.integer({ min: 0, max: 700 }).map((n) => addDays('2025-01-01', n))
  const memberDays = fc.oneof(
    fc.record({
      kind: fc.constant('monthly' as const),
      days: fc.uniqueArray(fc.integer({ min: 1, max: 31 }), { minLength: 1 }),
    }),
    fc.record({
      kind: fc.constant('weekly' as const),
      weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
    }),
  )
  fc.assert(
    fc.property(memberDays, anyDay, anyDay, anyDay, (days, day, startedDay, dataStart) => {
      const expected: string[] = []
      for (let before = addDays(day, -7); before >= addDays(day, -182); before = addDays(before, -7))
        if (before >= dataStart && !(before >= startedDay && isMemberDay(days, before))) expected.push(before)
      expect(comparableDays(days, day, { startedDay, dataStart })).toEqual(expected.slice(0, 4))
    }),
  )
})

test('a file names dates and days of the week that there are', () => {
  const standing = (memberDays: unknown) =>
    NewCampaign.safeParse({
      name: 'Member day',
      segment: 'everyone',
      offer: { kind: 'amount', amountMinor: 1000 },
      validDays: 1,
      budgetMinor: 1,
      channel: { kind: 'csv' },
      standing: { coolDownDays: 1, mostPerDay: 10, memberDays },
    }).success
  expect(standing(eighth)).toBe(true)
  expect(standing(wednesdays)).toBe(true)
  for (const wrong of [
    { kind: 'monthly', days: [] },
    { kind: 'monthly', days: [32] },
    { kind: 'weekly', weekdays: [0] },
    { kind: 'weekly', weekdays: [1, 2, 3, 4, 5, 6, 7] },
    { kind: 'yearly', days: [1] },
  ])
    expect(standing(wrong)).toBe(false)
})

describe('a campaign with member days', () => {
  let shop: TestShop
  beforeAll(async () => {
    shop = await openTestShop(8)
  })
  afterAll(() => shop.close())
  const as = (role: 'owner' | 'viewer') =>
    createCallerFactory(appRouter)({
      platform: shop.platform,
      actor: { kind: 'local' },
      workspace: shop.workspace,
      role,
      language: 'en',
    })
  let orders = 2_000_000
  async function bought(day: string, ...amounts: [member: number | null, minor: number][]) {
    await shop.workspace.engine.transaction(async (session) => {
      for (const [member, minor] of amounts)
        await session.run(sql`insert into orders values (${++orders}, ${`N${orders}`}, ${member},
          cast(${`${day} 04:00:00`} as timestamp), cast(${day} as date), 12, 'East', 'shop', 'paid', ${minor}, 0, ${minor}, null, null)`)
      await refreshDerivedTables(session, {}, day)
    })
  }
  const lookOn = async (day: string) => {
    shop.clock.instant = new Date(`${day}T04:00:00Z`)
    await keepStanding(shop.platform, shop.workspace)
  }

  test('lets everybody in on those days alone, again on the next, and shows them beside days like them', async () => {
    // Tuesdays before it went live, the 24th being one
    await bought('2026-10-27', [1, 1_000], [null, 9_999])
    await bought('2026-11-03', [1, 2_000], [2, 4_000])
    await bought('2026-11-17', [1, 600], [1, 400])
    const caller = as('owner')
    const { campaignId } = await caller.campaigns.create({
      name: 'Member day',
      segment: 'everyone',
      offer: { kind: 'amount', amountMinor: 1000 },
      validDays: 1,
      holdout: 0,
      budgetMinor: 10_000_000,
      channel: { kind: 'csv' },
      standing: {
        coolDownDays: 1,
        mostPerDay: 1000,
        alsoHolders: true,
        memberDays: { kind: 'monthly', days: [24, 1] },
      },
    })
    await expect(caller.standing.memberDays({ campaignId })).rejects.toThrow('launched')
    let shown = await caller.standing.preview({ campaignId })
    for (; shown.simulation.kind === 'running'; shown = await caller.standing.preview({ campaignId }))
      await pause(20)
    // of all those days the past has 1 November, when one member was known
    expect(shown.simulation).toMatchObject({ kind: 'done', simulation: { coupons: 1 } })
    await caller.standing.goLive({ campaignId, digest: shown.digest, confirm: [...shown.confirmations] })
    const cameIn = async () =>
      (await caller.standing.runs({ campaignId }))!.runs.map((run) => [run.day, run.cameIn])
    await lookOn('2026-11-22')
    await lookOn('2026-11-23')
    expect((await cameIn()).every(([, members]) => members === 0)).toBe(true)
    // guests' orders, without which the store would be taken for silent
    await bought('2026-11-24', [null, 8_000])
    await lookOn('2026-11-24')
    await lookOn('2026-11-24')
    await lookOn('2026-11-25')
    await bought('2026-11-30', [null, 8_000])
    await lookOn('2026-12-01')
    expect(Object.fromEntries(await cameIn())).toMatchObject({
      '2026-11-24': 7,
      '2026-11-25': 0,
      '2026-12-01': 7,
    })

    await bought('2026-11-24', [1, 5_000], [2, 3_000], [2, 1_000])
    await bought('2026-11-30', [3, 100])
    const figures = await as('viewer').standing.memberDays({ campaignId })
    // the 10th of November has no order; the 3rd, 17th and 27th of October do
    expect(figures).toMatchObject({
      startedDay: '2026-11-22',
      days: [
        {
          day: '2026-11-24',
          netMinor: 9_000,
          orders: 3,
          buyers: 2,
          comparedWith: ['2026-11-17', '2026-11-10', '2026-11-03', '2026-10-27'],
          usual: { netMinor: 2_000, orders: 1, buyers: 1 },
          usualNetMinor: { least: 0, most: 6_000 },
        },
      ],
      together: {
        days: 1,
        on: { netMinor: 9_000, orders: 3, buyers: 2 },
        usual: { netMinor: 2_000, orders: 1, buyers: 1 },
      },
    })
    const { campaignId: other } = await caller.campaigns.create({
      name: 'Other',
      segment: 'everyone',
      offer: { kind: 'amount', amountMinor: 1000 },
      validDays: 1,
      channel: { kind: 'csv' },
    })
    await expect(caller.standing.memberDays({ campaignId: other })).rejects.toThrow('no member days')
  })
})
