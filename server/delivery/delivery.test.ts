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
import { renewSecret, showSecret } from './secrets.ts'
import { type Deliveries, mostAttempts, startDeliveries, waitAfter } from './worker.ts'

interface Received {
  headers: IncomingHttpHeaders
  body: string
  memberId: string
}

let shop: TestShop
let receiver: Server
let received: Received[]
let answer: (memberId: string) => number | 'hang'
let deliveries: Deliveries | undefined

beforeEach(async () => {
  shop = await openTestShop(20)
  received = []
  answer = () => 204
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { memberId } = (JSON.parse(body) as { data: { memberId: string } }).data
      received.push({ headers: request.headers, body, memberId })
      const status = answer(memberId)
      if (status !== 'hang') response.writeHead(status, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
})
afterEach(async () => {
  await deliveries?.stop()
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
      expect(row).toMatchObject({ attempts: attempt, last_error: 'The receiver answered 500.' })
    })
    await eventually(async () => expect((await show(campaignId)).delivered).toBe(treated - 1))
    shop.clock.instant = new Date(shop.clock.instant.getTime() + 8 * 3_600_000)
  }
  expect(await show(campaignId)).toMatchObject({ delivered: treated - 1, dead: 1, queued: 0 })
  const toFirst = received.filter(({ memberId }) => memberId === 'M0001')
  expect(toFirst).toHaveLength(mostAttempts)
  expect(new Set(toFirst.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(received).toHaveLength(treated - 1 + mostAttempts)
}, 60_000)

test('a redirect is a failure and is not followed', async () => {
  answer = () => 302
  const campaignId = await launched()
  deliveries = startDeliveries(shop.platform)
  await eventually(async () =>
    expect((await show(campaignId)).newestError).toBe('The receiver answered 302.'),
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

test('waits grow fourfold, up to six hours, and differ by chance', () => {
  expect([1, 2, 3, 9].map((attempt) => waitAfter(attempt, () => 0))).toEqual([
    5_000, 20_000, 80_000, 21_600_000,
  ])
  const waits = Array.from({ length: 50 }, () => waitAfter(1))
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(5_000)
  expect(Math.max(...waits)).toBeLessThan(6_250)
  expect(new Set(waits).size).toBeGreaterThan(10)
})
