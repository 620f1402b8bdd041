import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { campaignById, cancelCampaign, createCampaign } from '../campaigns/campaigns.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { leftOutOf } from '../campaigns/left-out.ts'
import { previewOf } from '../campaigns/preview.ts'
import { campaignResult } from '../campaigns/result.ts'
import { errorText } from './errors.ts'
import { changeDeliverySettings } from './settings.ts'
import { startDeliveries } from './worker.ts'

let shop: TestShop
const refused = new Set<string>()
/** Delivery ids by member: one that was broken off comes again under its own. */
const received = new Map<string, Set<string>>()
const receiver = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const { memberId } = (JSON.parse(body) as { data: { memberId: string } }).data
    const ids = received.get(memberId) ?? new Set()
    if (!refused.has(memberId)) received.set(memberId, ids.add(String(request.headers['webhook-id'])))
    response.writeHead(refused.has(memberId) ? 500 : 204).end()
  })
})
beforeAll(async () => {
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
  shop = await openTestShop(20)
  await shop.workspace.engine.run(
    sql`insert into member_tags values (9, ' 勿扰', 'manual', date '2026-01-01')`,
  )
})
afterAll(async () => {
  receiver.closeAllConnections()
  receiver.close()
  await shop.close()
})

const cap = (messages: number | null, days = 7) =>
  changeDeliverySettings(
    shop.platform.store,
    shop.workspace.id,
    { quiet: null, cap: messages === null ? null : { messages, days }, perMinute: {} },
    { actor: 'test', at: shop.clock.now() },
  )
async function draft(channel: object = { kind: 'webhook', url: address() }) {
  const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0, channel }))
  return (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
}
const address = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
async function previewed(campaign: Awaited<ReturnType<typeof draft>>) {
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  return outcome.preview
}
const excluded = async (channel?: object) =>
  Object.fromEntries((await previewed(await draft(channel))).excluded.map((one) => [one.reason, one.members]))
async function launched() {
  const campaign = await draft()
  const { digest, confirmations } = await previewed(campaign)
  const outcome = await launchCampaign(shop.desk, { campaignId: campaign.id, digest, confirm: confirmations })
  if (outcome.kind !== 'launched') throw new Error(outcome.kind)
  return campaign.id
}
const show = async (campaignId: string) => (await campaignResult(shop.platform, shop.workspace, campaignId))!
async function sent(campaignId: string, result: object) {
  const deliveries = startDeliveries(shop.platform)
  await vi.waitFor(async () => expect(await show(campaignId)).toMatchObject(result), { timeout: 20_000 })
  await deliveries.stop()
}

// 20 members: M0010 and M0020 have denied consent, M0009 is 勿扰.
const eligible = 17

test('so many messages a member in so many local days, over all campaigns, told with who was left out', async () => {
  await cap(1)
  const first = await launched()
  expect(
    await leftOutOf(shop.platform, shop.workspace, { campaignId: first, reason: 'do-not-contact', limit: 9 }),
  ).toEqual({ kind: 'found', members: ['M0009'], total: 1 })
  expect(
    await leftOutOf(shop.platform, shop.workspace, { campaignId: first, reason: 'consent-denied', limit: 1 }),
  ).toEqual({ kind: 'found', members: ['M0010'], total: 2 })
  // counted from when they are queued; who holds a coupon is told as that
  expect(await excluded()).toMatchObject({ 'holds-coupon': eligible })
  refused.add('M0001')
  await sent(first, { delivered: eligible - 1, queued: 1 })
  await cancelCampaign(shop.desk, first) // M0001's message is dropped, and counts no more
  expect(await excluded()).toMatchObject({ capped: eligible - 1, 'consent-denied': 2 })
  expect((await previewed(await draft())).issued).toBe(1)
  expect(await excluded({ kind: 'csv' })).not.toHaveProperty('capped')
  // 22 November is the first of seven local days, 28 the last; a moment later it is 29
  shop.clock.instant = new Date('2026-11-28T15:59:59Z')
  expect(await excluded()).toMatchObject({ capped: eligible - 1 })
  shop.clock.instant = new Date('2026-11-28T16:00:00Z')
  expect(await excluded()).not.toHaveProperty('capped')

  // checked again at sending: two campaigns are queued while there is no cap
  await cap(null)
  refused.clear()
  received.clear()
  const second = await launched()
  await shop.platform.store
    .updateTable('campaigns')
    .set({ state: 'cancelled' })
    .where('id', '=', second)
    .execute()
  shop.clock.instant = new Date('2026-11-28T16:05:00Z')
  const third = await launched()
  await shop.platform.store
    .updateTable('campaigns')
    .set({ state: 'running' })
    .where('id', '=', second)
    .execute()
  await cap(1)
  await sent(third, { delivered: 0, dropped: eligible, queued: 0 }) // the earlier ones go before, sent or not
  await sent(second, { delivered: eligible, dropped: 0 })
  expect([...received.values()].map((ids) => ids.size)).toEqual(Array(eligible).fill(1))
  const { droppedFor } = await show(third)
  expect(droppedFor.map(({ why, messages }) => [errorText('en', why), messages])).toEqual([
    ['The member has had as many messages as they may.', eligible],
  ])
}, 60_000)
