import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterAll, expect, test } from 'vitest'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { signingSecret } from '../../delivery/secrets.ts'
import { startDeliveries } from '../../delivery/worker.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { openTestShop } from '../campaign-shop.fixture.ts'
import { sendEvents } from './events.ts'
import { keepStanding } from './keeper.ts'

const shop = await openTestShop(30)
const { platform, workspace, clock } = shop
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
/** Messages and events as they arrive, by their ids. */
const received: { id: string; body: { type: string; data: Record<string, unknown> } }[] = []
const receiver = createServer((request, response) => {
  let text = ''
  request.on('data', (part) => (text += part))
  request.on('end', () => {
    const headers = request.headers as Record<string, string>
    // by the shop's clock, which a library that reads the real one would not believe
    const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000)
    if (new Webhook(secret).sign(headers['webhook-id']!, sentAt, text) !== headers['webhook-signature'])
      return response.writeHead(401).end()
    received.push({ id: headers['webhook-id']!, body: JSON.parse(text) })
    return response.end()
  })
})
await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
const secret = await signingSecret(platform.store, workspace.id, clock.now())
afterAll(async () => {
  receiver.close()
  await shop.close()
})

let orders = 2_000_000
/** Orders of 50.00 in the only store, at noon of a day; without a member a guest's. */
async function order(day: string, members: readonly (number | null)[]) {
  await workspace.engine.transaction(async (session) => {
    for (const member of members)
      await session.run(sql`insert into orders values (${++orders}, ${`N${orders}`}, ${member},
        cast(${`${day} 04:00:00`} as timestamp), cast(${day} as date), 12, 'East', 'shop', 'paid', 5000, 0, 5000, null, null)`)
    await refreshDerivedTables(session, {}, day)
  })
}
const at = (day: string, time = '12:00:00') => (clock.instant = new Date(`${day}T${time}Z`))
const look = () => keepStanding(platform, workspace)

async function simulated(campaignId: string) {
  for (;;) {
    const shown = await caller.standing.preview({ campaignId })
    if (shown.simulation.kind !== 'running') return shown
    await pause(20)
  }
}

const campaign = (differs: Record<string, unknown> = {}, standing: Record<string, unknown> = {}) => ({
  name: 'Five days quiet',
  segment: 'days_since_order >= 5',
  offer: { kind: 'amount' as const, amountMinor: 1000 },
  validDays: 14,
  holdout: 0,
  budgetMinor: 10_000_000,
  channel: { kind: 'webhook' as const, url },
  ...differs,
  standing: {
    coolDownDays: 60,
    mostPerDay: 1000,
    steps: [
      {
        afterDays: 7,
        when: 'not-bought' as const,
        action: {
          kind: 'coupon' as const,
          offer: { kind: 'amount' as const, amountMinor: 2500 },
          validDays: 5,
        },
      },
      { afterDays: 2, when: 'not-bought' as const, action: { kind: 'tag' as const, tag: 'lapsed' } },
      { afterDays: 1, action: { kind: 'webhook' as const, url } },
    ],
    ...standing,
  },
})

test('a standing campaign takes members from the day they begin to meet the rule through its steps', async () => {
  const { campaignId } = await caller.campaigns.create(campaign())
  await expect(caller.campaigns.preview({ campaignId })).rejects.toThrow('stands')
  const shown = await simulated(campaignId)
  // all bought on 20 November: until the 21st, the newest day, nobody had been quiet for five days
  expect(shown).toMatchObject({
    members: 0,
    simulation: { kind: 'done', simulation: { to: '2026-11-21', coupons: 0, worstMinor: 0 } },
    worstOfWayMinor: 3500,
    confirmations: [],
    blockers: [],
  })
  await expect(caller.standing.goLive({ campaignId, digest: 'another' })).rejects.toThrow('has changed')
  expect(await caller.standing.goLive({ campaignId, digest: shown.digest })).toMatchObject({ now: true })
  expect(await caller.standing.goLive({ campaignId, digest: 'whatever' })).toMatchObject({ now: false })
  expect((await caller.campaigns.show({ campaignId })).status).toBe('running')

  // 25 November: everybody is quiet for five days, but the store has sent nothing for four; three have said no, and
  // four of the others were never asked
  at('2026-11-25')
  await look()
  const held = (await caller.standing.runs({ campaignId }))!
  expect(held.runs[0]).toMatchObject({
    day: '2026-11-25',
    matching: 30,
    began: 30,
    cameIn: 0,
    waiting: 23,
    coupons: 0,
  })

  // the store sends again
  await order('2026-11-25', [null])
  await look()
  await look()
  const day = (await caller.standing.runs({ campaignId }))!.runs[0]!
  expect(day).toMatchObject({
    cameIn: 23,
    coupons: 23,
    worstMinor: 23_000,
    waiting: 0,
    missedDays: 2,
    missedMembers: 0,
  })
  expect(new Set(day.leftOut.map(({ reason, members }) => `${reason} ${members}`))).toEqual(
    new Set(['consent-denied 3', 'consent-unknown 4']),
  )

  // M0001 buys: there is no second coupon for them
  await order('2026-11-28', [1])
  at('2026-12-02', '01:00:00')
  await order('2026-12-01', [null])
  await look()
  const [way] = await caller.standing.ways({ campaignId, memberId: 'M0001' })
  expect(way).toMatchObject({
    enteredDay: '2026-11-25',
    ended: { day: '2026-12-02', why: 'bought', boughtDay: '2026-11-28' },
    steps: [{ step: 0, day: '2026-11-25' }],
  })
  const [other] = await caller.standing.ways({ campaignId, memberId: 'M0002' })
  expect(other).toMatchObject({
    steps: [{ step: 0 }, { step: 1, day: '2026-12-02', reason: null }],
    next: { step: 2, day: '2026-12-04' },
  })
  const second = await platform.store
    .selectFrom('coupons')
    .select(['offer', 'valid_to'])
    .where('id', '=', other!.steps[1]!.couponId!)
    .executeTakeFirstOrThrow()
  expect(second).toEqual({
    offer: JSON.stringify({ kind: 'amount', amountMinor: 2500 }),
    valid_to: '2026-12-07T16:00:00.000Z',
  })

  at('2026-12-04')
  await order('2026-12-03', [null])
  await look()
  at('2026-12-05')
  await look()
  await look()
  expect((await caller.tags.list()).find(({ name }) => name === 'lapsed')).toMatchObject({ members: 22 })
  const told = new AbortController()
  await sendEvents(platform, workspace, told.signal)
  await sendEvents(platform, workspace, told.signal)
  const events = received.filter(({ body }) => body.type === 'campaign.step_reached')
  expect(events).toHaveLength(22)
  expect(new Set(events.map(({ body }) => body.data.memberId)).size).toBe(22)
  const state = (await caller.standing.runs({ campaignId }))!
  expect(state).toMatchObject({
    cameIn: 23,
    onTheWay: 0,
    events: { queued: 0, delivered: 22, dead: 0 },
    budgetLeftMinor: 10_000_000 - 23 * 1000 - 22 * 2500,
  })
  expect(new Set(state.ended.map(({ why, members }) => `${why} ${members}`))).toEqual(
    new Set(['done 22', 'bought 1']),
  )

  // messages of both steps, each once; the first coupon is over by its own day, the second by its own
  const worker = startDeliveries(platform)
  await expect
    .poll(() => received.filter(({ body }) => body.type === 'coupon.issued').length, { timeout: 10_000 })
    .toBe(45)
  await worker.stop()
  const ids = received.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect((await caller.campaigns.show({ campaignId })).issued).toBe(45)

  // what another system was to be told and was given up is sent again under its id when somebody asks
  const [lost] = events
  const error = JSON.stringify({ id: 'message-campaign-cancelled' })
  await platform.store
    .updateTable('standing_events')
    .set({ state: 'dead', attempts: 12, last_error: error })
    .where('id', '=', lost!.id)
    .execute()
  expect(await caller.campaigns.show({ campaignId })).toMatchObject({ dead: 0, deadEvents: 1 })
  expect(await caller.campaigns.deadLetters({ campaignId })).toMatchObject([
    { kind: 'event', deliveryId: lost!.id, memberId: lost!.body.data.memberId, attempts: 12 },
  ])
  expect(await caller.campaigns.resend({ campaignId })).toEqual({ messages: 1 })
  expect(await caller.campaigns.resend({ campaignId })).toEqual({ messages: 0 })
  await sendEvents(platform, workspace, told.signal)
  expect(received.filter(({ id }) => id === lost!.id)).toHaveLength(2)
  expect(await caller.campaigns.deadLetters({ campaignId })).toEqual([])
  await caller.campaigns.cancel({ campaignId })
}, 60_000)

test('a segment that a live campaign asks for can’t go, and a new name of it is followed', async () => {
  const { id } = await caller.segments.save({ name: 'Quiet', expression: 'days_since_order >= 5' })
  const { campaignId } = await caller.campaigns.create(campaign({ name: 'Asks', segment: 'segment "Quiet"' }))
  const shown = await simulated(campaignId)
  await caller.standing.goLive({ campaignId, digest: shown.digest, confirm: [...shown.confirmations] })
  await caller.segments.rename({ id, name: 'Long quiet' })
  expect((await caller.campaigns.show({ campaignId })).definition.segment).toBe('segment "Long quiet"')
  await expect(caller.segments.remove({ id })).rejects.toThrow(/Asks/)
  await caller.campaigns.cancel({ campaignId })
  await caller.segments.remove({ id })
}, 60_000)
