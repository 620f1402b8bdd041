import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { addDays, daysBetween } from '../../analytics/calendar/calendar.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { cases } from '../../fixtures/cases.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { openTestShop } from './campaign-shop.fixture.ts'
import type { OutcomeRow } from './measurement.ts'
import type { TimelineDay } from './timeline.ts'
import { campaignBySegment, campaignEffect } from './effect.ts'
import { campaignResult } from './result.ts'
import { keepStanding } from './standing/keeper.ts'

/** Members who may be written to come in by 20 a day, from 25 November. */
const perDay = 20
const members = 160
/** A coupon for 5 days, 3 days later another for 6, and a week more. */
const ownDays = 3 + 6 + 7
const firstEntry = '2026-11-25'

const shop = await openTestShop(members)
const { platform, workspace, clock } = shop
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
afterAll(() => shop.close())

interface Bought {
  readonly member: number
  readonly day: string
  /** Hours after local midnight. */
  readonly hours: number
  readonly netMinor: number
  readonly isRefund: boolean
}

/** Puts these in the place of all orders since the shop's first ones; a guest's says how far the data goes. */
async function bought(all: readonly Bought[], through: string) {
  const instant = ({ day, hours }: Bought) =>
    new Date(Date.parse(`${day}T00:00:00+08:00`) + hours * 3_600_000)
      .toISOString()
      .replace('T', ' ')
      .replace('Z', '')
  const told = JSON.stringify(all.map((one, at) => ({ ...one, key: 2_000_000 + at, moment: instant(one) })))
  await workspace.engine.transaction(async (session) => {
    await session.run(sql`delete from orders where order_key >= 2000000`)
    await session.run(sql`delete from refunds`)
    await session.run(sql`create or replace temp table told as select unnest(from_json(${told},
      '[{"member":"INTEGER","day":"DATE","netMinor":"BIGINT","isRefund":"BOOLEAN","key":"BIGINT","moment":"TIMESTAMP"}]'),
      recursive := true)`)
    await session.run(sql`insert into orders select key, 'K' || cast(key as varchar), member, moment, day, 12, 'East', 'shop',
      'paid', netMinor, 0, netMinor, null, null from told where not isRefund`)
    await session.run(sql`insert into refunds select 'R' || cast(key as varchar), null, member, moment, day, 'East', 'shop',
      netMinor, true, false, null from told where isRefund`)
    await session.run(sql`insert into orders values (3000000, 'guest', null, cast(${`${through} 04:00:00`} as timestamp),
      cast(${through} as date), 12, 'East', 'shop', 'paid', 100, 0, 100, null, null)`)
    await refreshDerivedTables(session, {}, through)
  })
}

const { campaignId } = await caller.campaigns.create({
  name: 'Five days quiet',
  segment: 'days_since_order >= 5',
  offer: { kind: 'amount', amountMinor: 1000 },
  validDays: 5,
  holdout: 0.3,
  budgetMinor: 10_000_000,
  messageCostMinor: 5,
  channel: { kind: 'webhook', url: 'http://127.0.0.1:9/' },
  standing: {
    coolDownDays: 60,
    mostPerDay: perDay,
    steps: [
      {
        afterDays: 3,
        action: { kind: 'coupon', offer: { kind: 'amount', amountMinor: 2500 }, validDays: 6 },
      },
    ],
  },
})

const shown = async () => (await campaignResult(platform, workspace, campaignId))!
const effectOf = async () => {
  const found = await campaignEffect(platform, workspace, campaignId)
  if (found === null || found === 'not-launched') throw new Error('no effect')
  return found
}

interface Entry {
  readonly member: number
  readonly arm: 'treated' | 'held-out'
  readonly day: string
  readonly at: string
}
let entries: Entry[] = []
let lastEntry = firstEntry

test('members come in over days, drawn into arms, and nobody counts before their own days are over', async () => {
  for (;;) {
    const preview = await caller.standing.preview({ campaignId })
    if (preview.simulation.kind === 'running') continue
    await caller.standing.goLive({
      campaignId,
      digest: preview.digest,
      confirm: [...preview.confirmations],
    })
    break
  }
  for (let day = firstEntry; ; day = addDays(day, 1)) {
    clock.instant = new Date(`${day}T04:30:00Z`)
    await bought([], day)
    await keepStanding(platform, workspace)
    lastEntry = day
    const state = (await caller.standing.runs({ campaignId }))!
    if (state.waiting === 0) break
  }
  const paths = await platform.store.selectFrom('standing_paths').selectAll().execute()
  entries = paths.map(({ member_id, arm, entered_day: day, entered_at: at }) => ({
    member: Number(member_id.slice(1)),
    arm,
    day,
    at,
  }))
  expect(new Set(entries.map(({ day }) => day)).size).toBeGreaterThan(4)
  expect(entries.filter(({ arm }) => arm === 'held-out').length).toBeGreaterThan(10)

  const { measurement } = await shown()
  expect(measurement).toMatchObject({
    verdict: 'no-data-yet',
    windowEnded: false,
    windowLastDay: null,
    entries: { ownDays, counted: 0 },
    outcomes: [],
  })
  expect((await effectOf()).next).toEqual([{ kind: 'wait-for-entries', days: ownDays }])
  expect((await effectOf()).economics).toBeNull()
}, 120_000)

/** What an arm did by `asOf`, each member over days of their own: from the definition, over plain arrays. */
function slowly(all: readonly Bought[], arm: Entry['arm'], asOf: string, shift = 0) {
  const counted = entries.filter(
    (entry) => entry.arm === arm && addDays(entry.day, ownDays * (1 + shift)) <= asOf,
  )
  const each = counted.map((entry) => {
    const [first, last] = [addDays(entry.day, shift * ownDays), addDays(entry.day, ownDays * (1 + shift))]
    const own = all.filter(
      ({ member, day, hours }) =>
        member === entry.member &&
        day <= last &&
        (shift > 0
          ? day > first
          : Date.parse(`${day}T00:00:00+08:00`) + hours * 3_600_000 >= Date.parse(entry.at)),
    )
    const sum = (isRefund: boolean) =>
      own.reduce((total, one) => total + (one.isRefund === isRefund ? one.netMinor : 0), 0)
    return { orders: own.filter(({ isRefund }) => !isRefund).length, net: sum(false) - sum(true) }
  })
  return {
    members: counted.length,
    buyers: each.filter(({ orders }) => orders > 0).length,
    orders: each.reduce((total, { orders }) => total + orders, 0),
    net: each.reduce((total, { net }) => total + net, 0),
  }
}

const purchases = fc.array(
  fc.record({
    member: fc.integer({ min: 1, max: members }),
    day: fc.integer({ min: -3, max: 45 }).map((days) => addDays(firstEntry, days)),
    // 12.5: the very moment of coming in
    hours: fc.oneof(fc.constantFrom(0, 12.25, 12.5, 12.75, 23.9), fc.integer({ min: 0, max: 23 })),
    netMinor: fc.integer({ min: 1, max: 50_000 }),
    isRefund: fc.constantFrom(false, false, false, true),
  }) as fc.Arbitrary<Bought>,
  { minLength: 60, maxLength: 250 },
)

test('buyers, orders and net are those of a slow count over each member’s own days, and so is what came afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(purchases, fc.integer({ min: 14, max: 50 }), async (all, days) => {
      const asOf = addDays(firstEntry, days)
      const known = all.filter(({ day }) => day <= asOf)
      await bought(known, asOf)
      const { measurement } = await shown()
      const expected = {
        treated: slowly(known, 'treated', asOf),
        heldOut: slowly(known, 'held-out', asOf),
      }
      const counted = expected.treated.members + expected.heldOut.members
      expect(measurement!.entries).toMatchObject({ counted, lastEntry: addDays(asOf, -ownDays) })
      const rows = (
        of: typeof expected,
        outcomes: readonly ('buyers' | 'orders' | 'net')[],
      ): Record<string, unknown>[] =>
        of.treated.members === 0 || of.heldOut.members === 0
          ? []
          : outcomes.map((outcome) => ({
              outcome,
              treated: [of.treated[outcome], of.treated.members],
              heldOut: [of.heldOut[outcome], of.heldOut.members],
            }))
      const told = (all: readonly OutcomeRow[]) =>
        all.map(({ outcome, treated, heldOut }) => ({
          outcome,
          treated: [treated.numerator, treated.denominator],
          heldOut: [heldOut.numerator, heldOut.denominator],
        }))
      const names = ['buyers', 'orders', 'net'] as const
      const isMeasured = rows(expected, names).length > 0
      expect(told(measurement!.outcomes.filter(({ outcome }) => outcome !== 'margin'))).toEqual(
        rows(expected, names),
      )
      expect(measurement!.method).toBe(isMeasured ? 'always-valid' : null)

      const { timeline, afterwards } = await effectOf()
      const points = isMeasured ? timeline!.days : []
      expect(points.at(-1)?.day).toBe(isMeasured ? asOf : undefined)
      const arms = ({ treated, heldOut, ofTreated, ofHeldOut }: TimelineDay) => [
        [treated, ofTreated],
        [heldOut, ofHeldOut],
      ]
      for (const point of [points.at(0), points.at(-1)].filter((one) => one !== undefined)) {
        const [one, other] = [slowly(known, 'treated', point.day), slowly(known, 'held-out', point.day)]
        expect(arms(point)).toEqual([
          [one.buyers, one.members],
          [other.buyers, other.members],
        ])
      }
      const after = {
        treated: slowly(known, 'treated', asOf, 1),
        heldOut: slowly(known, 'held-out', asOf, 1),
      }
      expect(told((afterwards?.outcomes ?? []).filter(({ outcome }) => outcome !== 'margin'))).toEqual(
        rows(after, names),
      )
    }),
    { numRuns: cases(8) },
  )
}, 120_000)

test('money counts the coupons and messages of those who count, in their own days', async () => {
  const asOf = addDays(firstEntry, ownDays + 2)
  const all = entries.flatMap(({ member, arm }): Bought[] =>
    member % 2 === 0 || arm === 'treated'
      ? [{ member, day: addDays(firstEntry, 8), hours: 10, netMinor: 4000 + member, isRefund: false }]
      : [],
  )
  await bought(all, asOf)
  clock.instant = new Date(`${addDays(firstEntry, 4)}T04:30:00Z`)
  await keepStanding(platform, workspace)
  const treated = entries.filter(({ arm }) => arm === 'treated')
  const isCounted = ({ day }: Entry) => addDays(day, ownDays) <= asOf
  const [one, late] = [treated.find(isCounted)!, treated.findLast((entry) => !isCounted(entry))!]
  const couponOf = async ({ member }: Entry) =>
    (
      await platform.store
        .selectFrom('coupons')
        .select('code')
        .where('campaign_id', '=', campaignId)
        .where('member_id', '=', `M${String(member).padStart(4, '0')}`)
        .orderBy('created_at')
        .executeTakeFirstOrThrow()
    ).code
  for (const entry of [one, late]) {
    clock.instant = new Date(`${addDays(entry.day, 1)}T04:00:00Z`)
    const outcome = await platform.redemptions.redeem({
      workspaceId: workspace.id,
      idempotencyKey: `k${entry.member}`,
      body: {},
      actor: 'till',
      code: await couponOf(entry),
      orderId: `B${entry.member}`,
      storeId: null,
      presented: { kind: 'confirmed' },
      amountMinor: 9000,
    })
    expect(outcome.kind).toBe('redeemed')
  }
  await platform.store.updateTable('outbox').set({ state: 'delivered' }).execute()
  const steps = await platform.store
    .selectFrom('standing_steps')
    .innerJoin('standing_paths', 'standing_paths.id', 'standing_steps.path_id')
    .select('standing_paths.entered_day as day')
    .where('standing_steps.outcome', '=', 'coupon')
    .execute()
  const messages = steps.filter(({ day }) => addDays(day, ownDays) <= asOf).length
  const { measurement } = await shown()
  const { economics } = await effectOf()
  const net = measurement!.outcomes.find(({ outcome }) => outcome === 'net')!
  const counted = treated.filter(isCounted).length
  expect(messages).toBeGreaterThan(counted)
  expect(net.treated.denominator).toBe(counted)
  expect(economics).toMatchObject({
    couponCostMinor: 1000,
    messages,
    messageCostMinor: 5 * messages,
  })
  expect(economics!.netMinor.value).toBe(Math.round(net.difference! * counted - 5 * messages))
})

test('by segment, the parts add up to those who count', async () => {
  const found = await campaignBySegment(platform, workspace, campaignId)
  if (found === null || found === 'not-launched') throw new Error('no parts')
  const { measurement } = await shown()
  expect(found.asOf).toBe('2026-11-21')
  const every = found.parts.filter(({ isSaved }) => !isSaved)
  expect(every.reduce((sum, { treated, heldOut }) => sum + treated + heldOut, 0)).toBe(
    measurement!.entries!.counted,
  )
})

test('only an end that was settled beforehand has the interval of one look', async () => {
  const asOf = addDays(lastEntry, ownDays)
  await bought([], asOf)
  expect((await shown()).measurement).toMatchObject({ windowEnded: false, method: 'always-valid' })
  const { definition } = await platform.store
    .selectFrom('campaigns')
    .select('definition')
    .where('id', '=', campaignId)
    .executeTakeFirstOrThrow()
  const settled = JSON.parse(definition) as { standing: Record<string, unknown> }
  settled.standing.lastDay = lastEntry
  await platform.store
    .updateTable('campaigns')
    .set({ definition: JSON.stringify(settled) })
    .where('id', '=', campaignId)
    .execute()
  expect((await shown()).measurement).toMatchObject({
    windowLastDay: asOf,
    windowEnded: true,
    method: 'fixed',
    alpha: 0.04,
    entries: { counted: entries.length },
  })
  expect(daysBetween(firstEntry, lastEntry)).toBeGreaterThan(3)
  await bought([], addDays(asOf, -1))
  expect((await shown()).measurement).toMatchObject({ windowEnded: false, method: 'always-valid' })
  await bought([], asOf)
  await caller.campaigns.pause({ campaignId })
  await caller.campaigns.resume({ campaignId })
  expect((await shown()).measurement).toMatchObject({ windowEnded: false, method: 'always-valid' })
})
