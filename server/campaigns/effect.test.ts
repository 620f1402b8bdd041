import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { campaignOfKnownEffect, type KnownCampaign, trueEffect } from '../../fixtures/known-effect.ts'
import { definitionOf, openTestShop, type TestShop } from './campaign-shop.fixture.ts'
import { campaignById, createCampaign } from './campaigns.ts'
import { campaignBySegment, campaignEffect } from './effect.ts'
import { launchCampaign } from './launch.ts'
import { previewOf } from './preview.ts'
import { redemptionRatesOf } from './redemption-rates.ts'
import { saveSegment } from '../segments/saved.ts'
import { campaignResult } from './result.ts'

const members = 4000
const launchDay = '2026-11-22'
/** Coupons for 14 days and a week more. */
const windowLastDay = '2026-12-13'
const effect = { members, heldOutPerMille: 300, wokenPerMille: 120, days: 21 }

let shop: TestShop
let campaignId: string
let campaign: KnownCampaign
let arms: ReadonlyMap<number, 'treated' | 'held-out'>

beforeAll(async () => {
  shop = await openTestShop(members)
  ;({ campaignId } = await createCampaign(
    shop.desk,
    definitionOf({ holdout: 0.3, messageCostMinor: 5, channel: { kind: 'csv' } }),
  ))
  const { platform, workspace } = shop
  const draft = (await campaignById(platform.store, workspace.id, campaignId))!
  const outcome = await previewOf(platform, workspace, draft)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  const { digest } = outcome.preview
  await launchCampaign(shop.desk, { campaignId, digest, confirm: ['unknown-consent'] })
  await platform.store.updateTable('launches').set({ codes_taken_at: '2026-11-22T02:00:00Z' }).execute()
  const rows = await platform.store.selectFrom('campaign_members').select(['member_id', 'arm']).execute()
  arms = new Map(rows.map(({ member_id, arm }) => [Number(member_id.slice(1)) - 1, arm]))
  const heldOut = Uint8Array.from({ length: members }, (_, member) =>
    arms.get(member) === 'treated' ? 0 : 1,
  )
  campaign = campaignOfKnownEffect(5, effect, heldOut)
})
afterAll(() => shop.close())

/** Writes one order a row: member's position, day, net; each with a line of its product. */
async function addOrders(
  rows: { member: number; day: string; netMinor: number; sku: string }[],
  from: number,
  through: string,
) {
  await shop.workspace.engine.transaction(async (session) => {
    const told = JSON.stringify(rows.map((row, at) => ({ ...row, key: from + at })))
    await session.run(sql`create or replace temp table added as
      select unnest(from_json(${told}, '[{"member":"INTEGER","day":"DATE","netMinor":"BIGINT","sku":"VARCHAR","key":"BIGINT"}]'),
        recursive := true)`)
    await session.run(sql`insert into orders
      select key, 'K' || cast(key as varchar), member + 1, day + interval 4 hour, day, 12, 'East', 'shop', 'paid',
        null, null, netMinor, null, null from added order by key`)
    await session.run(sql`insert into order_lines (order_key, line_number, sku, quantity, net_minor)
      select key, 1, sku, 2, netMinor from added order by key`)
    await session.run(sql`insert into orders values (${from + rows.length}, ${`G${from}`}, null,
      cast(${`${through} 00:00:00`} as timestamp), cast(${through} as date), 1, 'S', 'C', 'paid', null, null, 1, null, null)`)
    await refreshDerivedTables(session, {}, through)
  })
}

const shown = async () => (await campaignResult(shop.platform, shop.workspace, campaignId))!
const effectOf = async () => {
  const found = await campaignEffect(shop.platform, shop.workspace, campaignId)
  if (found === null || found === 'not-launched') throw new Error('no effect')
  return found
}

test('before any order of its days nothing is told', async () => {
  expect(await campaignEffect(shop.platform, shop.workspace, 'none')).toBeNull()
  const { campaignId: draft } = await createCampaign(shop.desk, definitionOf())
  expect(await campaignEffect(shop.platform, shop.workspace, draft)).toBe('not-launched')
  const { economics, timeline, afterwards, next } = await effectOf()
  expect([economics, timeline, afterwards]).toEqual([null, null, null])
  expect(next).toEqual([{ kind: 'import-orders', day: windowLastDay }])
})

test('the effect that was planted is found, with what it brought and cost', async () => {
  const { orders, beforeMinor, heldOut } = campaign
  const earlier = [...beforeMinor].flatMap((netMinor, member) =>
    netMinor > 0 ? [{ member, day: '2026-09-01', netMinor, sku: 'A' }] : [],
  )
  // a piece of A costs 10.00, an order is of two; B is in no file of products yet
  await shop.workspace.engine.run(sql`insert into products (sku, cost_minor) values ('A', 1000)`)
  const within = orders.member.map((member, order) => ({
    member,
    day: addDays(launchDay, orders.day[order]!),
    netMinor: orders.netMinor[order]!,
    sku: order === 0 ? 'B' : 'A',
  }))
  await addOrders([...earlier, ...within], 10_000_000, windowLastDay)

  const truth = trueEffect(effect)
  const { measurement, treated, heldOut: control, ledger } = await shown()
  const row = (name: string) => measurement!.outcomes.find(({ outcome }) => outcome === name)!
  expect(measurement).toMatchObject({ verdict: 'works', windowEnded: true, method: 'fixed' })
  for (const [name, value] of [
    ['buyers', truth.buyers],
    ['orders', truth.orders],
    ['net', truth.netMinor],
  ] as const) {
    // the arms are drawn anew in every run: an interval of 96 % is asked at twice its width (its coverage
    // is a test of lift); an effect that is not the planted one stands further away than that
    const halfWidth = (row(name).high! - row(name).low!) / 2
    expect(row(name).low! - halfWidth).toBeLessThan(value)
    expect(row(name).high! + halfWidth).toBeGreaterThan(value)
    expect(row(name).verdict).toBe('works')
  }
  // what members bought before narrows the interval of net; buyers are compared as they are
  expect(row('net').narrowed!).toBeGreaterThan(0.01)
  expect(row('buyers').narrowed).toBeNull()
  const chosen = (arm: string) => [...arms].flatMap(([member, own]) => (own === arm ? [member] : []))
  const bought = (arm: string) => chosen(arm).filter((member) => orders.member.includes(member)).length
  expect(row('buyers').treated).toMatchObject({ numerator: bought('treated'), denominator: treated })
  expect(row('buyers').heldOut).toMatchObject({ numerator: bought('held-out'), denominator: control })

  // one order's cost is not known: no margin, and how much of net is known is said
  expect(row('margin')).toBeUndefined()
  const counted = within.filter(({ member }) => arms.has(member))
  const net = counted.reduce((sum, { netMinor }) => sum + netMinor, 0)
  const unknown = counted.filter(({ sku }) => sku === 'B').reduce((sum, { netMinor }) => sum + netMinor, 0)
  expect(measurement!.costKnown).toMatchObject({ numerator: net - unknown, denominator: net })

  const { economics } = await effectOf()
  const couponCostMinor = ledger.discountMinor
  expect(economics).toMatchObject({ couponCostMinor, messages: treated, messageCostMinor: treated * 5 })
  expect(economics!.marginMinor).toBeNull()
  expect(economics!.orders.value).toBeCloseTo(row('orders').difference! * treated, 6)
  expect(economics!.netMinor.value).toBe(row('net').difference! * treated - treated * 5)
  expect(economics!.netMinor.low).toBe(row('net').low! * treated - treated * 5)
  const cost = couponCostMinor + treated * 5
  expect(economics!.costPerOrderMinor).toEqual({
    value: Math.round(cost / economics!.orders.value),
    low: Math.round(cost / economics!.orders.high!),
    high: Math.round(cost / economics!.orders.low!),
  })
  expect(heldOut.length).toBe(members)
})

test('day by day: the last day is the verdict’s, each day before it wider', async () => {
  const { timeline } = await effectOf()
  const { measurement } = await shown()
  const [buyers] = measurement!.outcomes
  expect(timeline!.days.map(({ day }) => day)).toEqual(
    Array.from({ length: 22 }, (_, at) => addDays(launchDay, at)),
  )
  const last = timeline!.days.at(-1)!
  expect(last).toMatchObject({ treated: buyers!.treated.numerator, heldOut: buyers!.heldOut.numerator })
  expect([last.low, last.high]).toEqual([buyers!.low, buyers!.high])
  const dayBefore = timeline!.days.at(-2)!
  expect(dayBefore.high - dayBefore.low).toBeGreaterThan(last.high - last.low)
  for (const { day, treated } of timeline!.days) {
    const early = new Set(
      campaign.orders.member.filter(
        (member, order) =>
          arms.get(member) === 'treated' && addDays(launchDay, campaign.orders.day[order]!) <= day,
      ),
    )
    expect(treated).toBe(early.size)
  }
})

test('margin once every cost is known: net less the goods, of refunded orders the part that stayed', async () => {
  await shop.workspace.engine.transaction(async (session) => {
    await session.run(sql`insert into products (sku, cost_minor) values ('B', 500)`)
    const [order] = await session.rows(sql`select order_key, member_key, net_minor from orders
      where order_key > 10000000 and local_day = date '2026-12-01' and member_key is not null
        and member_key in (select member_key from campaign_arms where arm = 'treated') limit 1`)
    await session.run(sql`insert into refunds values ('R1', ${Number(order!.orderKey)}, ${Number(order!.memberKey)},
      timestamp '2026-12-02 04:00:00', date '2026-12-02', 'East', 'shop', ${Number(order!.netMinor) / 4}, true, false, null)`)
    await refreshDerivedTables(session, {}, windowLastDay)
  })
  const { measurement, treated } = await shown()
  const row = (name: string) => measurement!.outcomes.find(({ outcome }) => outcome === name)!
  const own = campaign.orders.member.flatMap((member, order) =>
    arms.get(member) === 'treated' ? [order] : [],
  )
  // two pieces an order: 20.00, of the first order 10.00, and of the refunded one a quarter less
  const cost = own.length * 2_000 - (own.includes(0) ? 1_000 : 0) - 500
  expect(row('net').treated.numerator - row('margin').treated.numerator).toBe(cost)
  expect(row('margin').treated.denominator).toBe(treated)
  expect((await effectOf()).economics!.marginMinor!.value).toBe(
    row('margin').difference! * treated - treated * 5,
  )
  expect(measurement!.costKnown!.value).toBe(1)
})

test('by parts of the audience, each with its share of the error', async () => {
  const { platform, workspace, clock } = shop
  const saved = await saveSegment(
    platform.store,
    workspace,
    { name: 'Spenders', expression: 'net > 200' },
    { by: 'test', at: clock.now() },
  )
  expect(saved).toMatchObject({ kind: 'saved' })
  const found = await campaignBySegment(platform, workspace, campaignId)
  if (!found || found === 'not-launched') throw new Error('nothing')
  expect(found.parts.map(({ name, isSaved }) => [name, isSaved])).toEqual([
    ['orders-0-1', false],
    ['orders-2-3', false],
    ['Spenders', true],
  ])
  expect(found).toMatchObject({ asOf: '2026-11-21', looks: 3, leftOut: [] })
  expect(found.alpha).toBeCloseTo(0.04 / 3, 12)
  // as of the launch: who had bought by then, not who bought because of it
  const spent = (member: number) => 10_000 + campaign.beforeMinor[member]!
  const spenders = [...arms].filter(([member]) => spent(member) > 20_000)
  const part = found.parts.find(({ name }) => name === 'Spenders')!
  expect(part.treated).toBe(spenders.filter(([, arm]) => arm === 'treated').length)
  expect(part.heldOut).toBe(spenders.filter(([, arm]) => arm === 'held-out').length)
  const { measurement } = await shown()
  const whole = measurement!.outcomes[0]!
  expect(part.buyers.high! - part.buyers.low!).toBeGreaterThan(whole.high! - whole.low!)
  const [few, some] = found.parts
  expect(few!.treated + some!.treated).toBe((await shown()).treated)
})

test('what the next campaign is expected to cost follows from how this one was redeemed', async () => {
  const { platform, workspace } = shop
  const { treated, redeemers } = await shown()
  const draft = definitionOf({ segment: 'orders >= 1', messageCostMinor: 7, holdout: 0 })
  const ask = async () => {
    const outcome = await previewOf(platform, workspace, { id: 'next', seed: 'next', definition: draft })
    if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
    return outcome.preview
  }
  // the campaign of before went to everybody: nothing is known of chosen members
  expect((await ask()).expectedCost).toBeNull()
  expect((await effectOf()).rates).toMatchObject({ isBroadcast: true, broadcast: { campaigns: 0 } })
  expect(redeemers).toBe(0)
  const found = () => redemptionRatesOf(platform, workspace.id, 'next')
  const nothing = { campaigns: 0, value: null }
  // its coupons may still be used: no rate follows from it before its window is over
  expect(await found()).toMatchObject({ isBroadcast: false, broadcast: nothing, targeted: nothing })
  const before = shop.clock.instant
  const { window_to } = await platform.store
    .selectFrom('launches')
    .select('window_to')
    .executeTakeFirstOrThrow()
  shop.clock.instant = new Date(Date.parse(window_to) - 1)
  expect((await found()).broadcast).toMatchObject(nothing)
  shop.clock.instant = new Date(window_to)
  expect(await found()).toMatchObject({
    broadcast: { campaigns: 1, numerator: 0, denominator: treated, value: 0 },
    targeted: nothing,
  })
  shop.clock.instant = before
})

test('refusals at the till are told by reason, the same wish once, of unknown codes none', async () => {
  const { platform, workspace } = shop
  const coupon = await platform.store
    .selectFrom('coupons')
    .select(['code', 'member_id'])
    .where('campaign_id', '=', campaignId)
    .executeTakeFirstOrThrow()
  const ask = (key: string, differs: object) => {
    const body = { code: coupon.code, orderId: key, amountMinor: 100_000, ...differs }
    return platform.redemptions.redeem({
      workspaceId: workspace.id,
      idempotencyKey: key,
      storeId: null,
      presented: { kind: 'member', memberId: coupon.member_id! },
      body,
      actor: 'key:till',
      ...body,
    })
  }
  const kinds = []
  for (const [key, differs] of [
    ['k1', { amountMinor: 10 }],
    ['k1', { amountMinor: 10 }],
    ['k2', { amountMinor: 20 }],
    ['k3', { presented: { kind: 'member', memberId: 'somebody' } }],
    ['k4', { code: 'ABCDEFGHJKMNPQ' }],
  ] as const)
    kinds.push((await ask(key, differs)).kind)
  expect(kinds).toEqual(Array(5).fill('refused'))
  expect((await effectOf()).refusals).toEqual([
    { reason: 'min_spend', refused: 2 },
    { reason: 'wrong_member', refused: 1 },
  ])
})

test('afterwards: who was woken and stays away as long is found to have been brought forward', async () => {
  expect((await effectOf()).afterwards).toMatchObject({
    state: 'not-begun',
    firstDay: '2026-12-14',
    lastDay: '2027-01-03',
  })
  // of the held out every third comes after the window, of the treated every sixth
  const later = [...arms].flatMap(([member, arm], at) =>
    at % (arm === 'treated' ? 6 : 3) === 0 ? [{ member, day: '2026-12-20', netMinor: 4_000, sku: 'A' }] : [],
  )
  await addOrders(later, 20_000_000, '2026-12-25')
  const during = (await effectOf()).afterwards!
  expect(during).toMatchObject({ state: 'in-progress', pulledForward: null })
  expect(during.outcomes.every(({ low, verdict }) => low === null && verdict === null)).toBe(true)
  await addOrders([], 30_000_000, '2027-01-03')
  const { afterwards, next } = await effectOf()
  expect(afterwards!.state).toBe('pulled-forward')
  const { treated } = await shown()
  const [, orders] = afterwards!.outcomes
  expect(afterwards!.pulledForward!.value).toBeCloseTo(-orders!.difference! * treated, 6)
  expect(Math.abs(orders!.difference! + 1 / 6)).toBeLessThan(0.03)
  expect(afterwards!.pulledForward!.low!).toBeGreaterThan(0)
  expect(next.map(({ kind }) => kind)).toEqual(['repeat', 'later-coupon'])
})
