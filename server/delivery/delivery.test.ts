import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import {
  campaignById,
  cancelCampaign,
  createCampaign,
  pauseCampaign,
  resumeCampaign,
} from '../campaigns/campaigns.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { campaignResult } from '../campaigns/result.ts'
import { recordEvent } from '../store/events.ts'
import { deadLettersOf, resendDeadLetters } from './dead-letters.ts'
import { errorText } from './errors.ts'
import { renewSecret, showSecret } from './secrets.ts'
import { mostAttempts } from './lease.ts'
import { changeDeliverySettings } from './settings.ts'
import { type Deliveries, type DeliveryStep, startDeliveries } from './worker.ts'

interface Received {
  headers: IncomingHttpHeaders
  body: string
  memberId: string
}

let shop: TestShop
let receiver: Server
let received: Received[]
let answer: (memberId: string) => number | 'hang'
let busyFor: number | null
let deliveries: Deliveries | undefined
let others: Deliveries[] = []

beforeEach(async () => {
  shop = await openTestShop(20)
  received = []
  answer = () => 204
  busyFor = null
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { memberId } = (JSON.parse(body) as { data: { memberId: string } }).data
      received.push({ headers: request.headers, body, memberId })
      const status = answer(memberId)
      const retry = busyFor === null ? {} : { 'retry-after': String(busyFor) }
      if (status !== 'hang') response.writeHead(status, { location: '/elsewhere', ...retry }).end()
    })
  })
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
})
afterEach(async () => {
  await deliveries?.stop()
  for (const worker of others) await worker.stop()
  others = []
  deliveries = undefined
  receiver.closeAllConnections()
  receiver.close()
  await shop.close()
})

async function launched(): Promise<string> {
  const { port } = receiver.address() as AddressInfo
  const { campaignId } = await createCampaign(
    shop.desk,
    definitionOf({ holdout: 0, channel: { kind: 'webhook', url: `http://127.0.0.1:${port}/coupons` } }),
  )
  const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  await launchCampaign(shop.desk, {
    campaignId,
    digest: outcome.preview.digest,
    confirm: outcome.preview.confirmations, // the real clock may be days past the shop's data
  })
  return campaignId
}

const show = async (campaignId: string) => (await campaignResult(shop.platform, shop.workspace, campaignId))!

const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 50 })

// 20 members, M0010 and M0020 have denied consent.
const treated = 18

test('everyone is sent one message that Standard Webhooks verifies', async () => {
  const shown = await showSecret(shop.platform.store, shop.workspace.id, shop.clock.now())
  if (shown.kind !== 'shown') throw new Error(shown.kind)
  expect(await showSecret(shop.platform.store, shop.workspace.id, shop.clock.now())).toMatchObject({
    kind: 'shown-before',
  })
  shop.clock.instant = new Date() // the signature's time is checked against the real clock
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  await eventually(async () => expect((await show(campaignId)).delivered).toBe(treated))
  expect(new Set(received.map(({ memberId }) => memberId)).size).toBe(treated)
  expect(received).toHaveLength(treated)
  for (const { headers, body, memberId } of received) {
    const message = new Webhook(shown.secret).verify(body, headers as Record<string, string>)
    expect(message).toMatchObject({
      type: 'coupon.issued',
      data: { memberId, campaignId, currency: 'CNY', minSpendMinor: 5000, offer: { amountMinor: 1000 } },
    })
    expect(headers['webhook-id']).toMatch(/^msg_/)
  }
  const other = await renewSecret(shop.platform.store, shop.workspace.id, shop.clock.now())
  expect(() =>
    new Webhook(other).verify(received[0]!.body, received[0]!.headers as Record<string, string>),
  ).toThrow('No matching signature found')
})

test('a failing recipient holds up nobody, is sent again under its id, and ends as a dead letter', async () => {
  answer = (memberId) => (memberId === 'M0001' ? 500 : 200)
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    await eventually(async () => {
      const [row] = await shop.platform.store
        .selectFrom('outbox')
        .select(['attempts', 'last_error', 'due_at', 'state'])
        .where('member_id', '=', 'M0001')
        .execute()
      expect(row).toMatchObject({ attempts: attempt })
      expect(errorText('en', row!.last_error)).toBe('The receiver answered 500.')
    })
    await eventually(async () => expect((await show(campaignId)).delivered).toBe(treated - 1))
    shop.clock.instant = new Date(shop.clock.instant.getTime() + 8 * 3_600_000)
  }
  expect(await show(campaignId)).toMatchObject({ delivered: treated - 1, dead: 1, queued: 0 })
  const toFirst = received.filter(({ memberId }) => memberId === 'M0001')
  expect(toFirst).toHaveLength(mostAttempts)
  expect(new Set(toFirst.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(received).toHaveLength(treated - 1 + mostAttempts)

  const [letter] = await deadLettersOf(shop.platform.store, shop.workspace.id, campaignId, 10)
  expect(letter).toMatchObject({ memberId: 'M0001', attempts: mostAttempts })
  answer = () => 200
  expect(await resendDeadLetters(shop.desk, campaignId)).toEqual({ kind: 'queued', messages: 1 })
  await eventually(async () =>
    expect(await show(campaignId)).toMatchObject({ delivered: treated, dead: 0, queued: 0 }),
  )
  expect(received.at(-1)!.headers['webhook-id']).toBe(letter!.deliveryId)
  expect(await resendDeadLetters(shop.desk, campaignId)).toEqual({ kind: 'queued', messages: 0 })
  await cancelCampaign(shop.desk, campaignId)
  expect(await resendDeadLetters(shop.desk, campaignId)).toEqual({
    kind: 'wrong-state',
    status: 'cancelled',
  })
}, 60_000)

test('a redirect is a failure and is not followed', async () => {
  answer = () => 302
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  await eventually(async () =>
    expect(errorText('zh-CN', (await show(campaignId)).newestError)).toBe('接收方返回 302。'),
  )
  expect(received.every(({ headers }) => headers['webhook-id'] !== undefined)).toBe(true)
  expect((await show(campaignId)).delivered).toBe(0)
})

test('stopping ends what hangs, at once, and the next start sends it under the same id', async () => {
  answer = () => 'hang'
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  await eventually(async () => expect(received.length).toBeGreaterThan(0))
  const before = new Set(received.map(({ headers }) => headers['webhook-id']))
  await deliveries.stop()
  expect(await show(campaignId)).toMatchObject({ queued: treated, delivered: 0, dead: 0 })
  answer = () => 200
  deliveries = startDeliveries(shop.platform)
  await eventually(async () => expect((await show(campaignId)).delivered).toBe(treated))
  const ids = received.map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids).size).toBe(treated)
  for (const id of before) expect(ids.filter((one) => one === id)).toHaveLength(2)
})

test('a message whose sender died is sent again when its lease is over', async () => {
  const campaignId = await launched()
  const inOneMinute = new Date(shop.clock.instant.getTime() + 60_000)
  await shop.platform.store
    .updateTable('outbox')
    .set({ attempts: 1, due_at: inOneMinute.toISOString() })
    .where('member_id', '=', 'M0002')
    .execute()
  deliveries = startDeliveries(shop.platform)
  await eventually(async () => expect((await show(campaignId)).delivered).toBe(treated - 1))
  shop.clock.instant = inOneMinute
  await eventually(async () => expect((await show(campaignId)).delivered).toBe(treated))
})

test('paused sends nothing, resumed the rest, cancelled never; who said no since is left out', async () => {
  const campaignId = await launched()
  await pauseCampaign(shop.desk, campaignId)
  await shop.platform.store
    .transaction()
    .execute((tx) =>
      recordEvent(
        tx,
        shop.workspace.id,
        { kind: 'consent-set', memberIds: ['M0003'], consent: 'denied' },
        shop.clock.now(),
      ),
    )
  deliveries = startDeliveries(shop.platform)
  const other = await launchedElsewhere()
  await eventually(async () => expect((await show(other)).delivered).toBe(1)) // the worker has been round
  expect((await show(campaignId)).queued).toBe(treated)
  await resumeCampaign(shop.desk, campaignId)
  await eventually(async () =>
    expect(await show(campaignId)).toMatchObject({ delivered: treated - 1, dropped: 1, queued: 0 }),
  )
  expect(received.some(({ memberId }) => memberId === 'M0003')).toBe(false)

  await deliveries.stop()
  const last = await launchedElsewhere()
  await cancelCampaign(shop.desk, last)
  expect(await show(last)).toMatchObject({ status: 'cancelled', queued: 0, dropped: 1 })
})

/** A second campaign, for a member who holds no coupon: one that was imported just now. */
let newcomers = 0
async function launchedElsewhere(): Promise<string> {
  const key = 100 + newcomers++
  await shop.workspace.engine.transaction(async (session) => {
    await session.run(
      sql`insert into members (member_key, member_id, consent) values (${key}, ${`N${key}`}, 'granted')`,
    )
    await refreshDerivedTables(session, {}, '2026-11-22')
  })
  return launched()
}

const setDelivery = (settings: Parameters<typeof changeDeliverySettings>[2]) =>
  changeDeliverySettings(shop.platform.store, shop.workspace.id, settings, {
    actor: 'test',
    at: shop.clock.now(),
  })

test('nothing is sent in the quiet hours of the shop’s zone, and everything after them', async () => {
  await setDelivery({ quiet: { from: '21:00', to: '09:00' }, cap: null, perMinute: {} })
  shop.clock.instant = new Date('2026-11-22T00:59:30Z') // 08:59:30 in Shanghai
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  await new Promise((done) => setTimeout(done, 1_200)) // it has looked twice
  expect(received).toHaveLength(0)
  shop.clock.instant = new Date('2026-11-22T01:00:00Z')
  await eventually(async () => expect((await show(campaignId)).delivered).toBe(treated))
})

test('a channel sends no more a minute than it may, however many workers there are', async () => {
  await setDelivery({ quiet: null, cap: null, perMinute: { webhook: 60 } })
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  others = [startDeliveries(shop.platform)]
  for (let sent = 1; sent <= 4; sent++) {
    await eventually(async () => expect((await show(campaignId)).delivered).toBe(sent))
    await new Promise((done) => setTimeout(done, 600)) // both have been round: the next place is a second away
    expect(received).toHaveLength(sent)
    shop.clock.instant = new Date(shop.clock.instant.getTime() + 1_000)
  }
  await setDelivery({ quiet: null, cap: null, perMinute: {} })
  await eventually(async () => expect((await show(campaignId)).delivered).toBe(treated))
})

test('a receiver that is busy is waited for as long as it says', async () => {
  answer = () => 503
  busyFor = 7200
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  await eventually(async () => expect(received).toHaveLength(treated))
  await eventually(async () => {
    const rows = await shop.platform.store.selectFrom('outbox').select(['due_at', 'lease']).execute()
    expect(rows.every(({ lease }) => lease === null)).toBe(true)
    expect(Math.min(...rows.map(({ due_at }) => Date.parse(due_at)))).toBe(
      shop.clock.instant.getTime() + 7_200_000,
    )
  })
  expect(await show(campaignId)).toMatchObject({ queued: treated, delivered: 0 })
})

test('a coupon that is over is not sent any more', async () => {
  const campaignId = await launched()
  await pauseCampaign(shop.desk, campaignId)
  shop.clock.instant = new Date('2026-12-07T00:00:00Z') // good through 6 December in Shanghai
  await shop.platform.store.updateTable('campaigns').set({ state: 'running' }).execute()
  deliveries = startDeliveries(shop.platform)
  await eventually(async () => expect(await show(campaignId)).toMatchObject({ dropped: treated, queued: 0 }))
  expect(received).toHaveLength(0)
})

test('two workers that die at every step: each member has one delivery id and none is lost', async () => {
  const silenced = vi.spyOn(console, 'error').mockImplementation(() => {})
  const campaignId = await launched()
  const steps = ['claim', 'claimed', 'sent', 'settled'] as const
  const left = new Map(steps.map((step) => [step, 10]))
  const dying: DeliveryStep = (step) => {
    if (left.get(step) === 0) return
    left.set(step, left.get(step)! - 1)
    throw new Error('died')
  }
  deliveries = startDeliveries(shop.platform, dying)
  others = [startDeliveries(shop.platform, dying)]
  await eventually(async () => {
    shop.clock.instant = new Date(shop.clock.instant.getTime() + 20_000) // leases of the dead run out
    expect(await show(campaignId)).toMatchObject({ delivered: treated, queued: 0, dead: 0 })
  })
  expect([...left.values()]).toEqual([0, 0, 0, 0])
  const ids = Map.groupBy(received, ({ memberId }) => memberId)
  expect(ids.size).toBe(treated)
  for (const [, messages] of ids)
    expect(new Set(messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(received.length).toBeGreaterThan(treated) // some were sent and died before it was written
  silenced.mockRestore()
})

test('who lost the lease changes nothing but that the message arrived', async () => {
  const campaignId = await launched()
  let first = true
  answer = () => (first ? 'hang' : 500)
  deliveries = startDeliveries(shop.platform)
  await eventually(async () => expect(received.length).toBeGreaterThan(0))
  first = false
  shop.clock.instant = new Date(shop.clock.instant.getTime() + 61_000)
  others = [startDeliveries(shop.platform)]
  await eventually(async () => expect(received.length).toBeGreaterThanOrEqual(treated))
  const before = await rowOf('M0001')
  await deliveries.stop() // its attempts count as not made, but they are not its own any more
  expect(await rowOf('M0001')).toEqual(before)
  expect((await show(campaignId)).queued).toBe(treated)
})

const rowOf = (memberId: string) =>
  shop.platform.store
    .selectFrom('outbox')
    .select(['attempts', 'due_at', 'last_error'])
    .where('member_id', '=', memberId)
    .executeTakeFirstOrThrow()
