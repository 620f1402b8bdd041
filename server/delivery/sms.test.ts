import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { campaignResult } from '../campaigns/result.ts'
import { changeDeliverySettings } from './settings.ts'
import { saveSmsSettings, smsSettingsOf } from './sms-settings.ts'
import { repliesToken } from './suppressions.ts'
import { startDeliveries } from './worker.ts'

let shop: TestShop
const asked: URLSearchParams[] = []
const platform = createServer((request, response) => {
  const { searchParams } = new URL(request.url!, 'http://x')
  asked.push(searchParams)
  const isNone = searchParams.get('PhoneNumbers') === '13800000002'
  response.end(JSON.stringify({ Code: isNone ? 'isv.MOBILE_NUMBER_ILLEGAL' : 'OK' }))
})
beforeAll(async () => {
  await new Promise<void>((ready) => platform.listen(0, '127.0.0.1', ready))
  shop = await openTestShop(8)
  await shop.workspace.engine.run(sql`update members
    set phone = '+8613800' || lpad(cast(member_key as varchar), 6, '0'), name = '会员 ' || member_id`)
  await shop.workspace.engine.run(sql`update members set phone = '138****0003' where member_key = 3`)
})
afterAll(async () => {
  platform.closeAllConnections()
  platform.close()
  await shop.close()
})

const doing = () => ({ actor: 'test', at: shop.clock.now() })
async function draft() {
  const channel = {
    kind: 'sms',
    templateCode: 'SMS_1',
    params: { name: '{{ member.name }}', code: '{{ coupon.code }}' },
    language: 'zh-CN',
  }
  const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0, channel }))
  const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  return { campaignId, preview: outcome.preview }
}

test('short messages reach whole numbers, what is none is asked no more, and a reply takes a number out', async () => {
  expect((await draft()).preview.blockers).toEqual([{ kind: 'channel-not-set-up', channel: 'sms' }])
  const settings = {
    endpoint: `http://127.0.0.1:${(platform.address() as AddressInfo).port}`,
    accessKeyId: 'key',
    signName: '好邻居',
    priceMinor: 5,
  }
  const { store } = shop.platform
  expect(await saveSmsSettings(store, shop.workspace.id, settings, null, doing())).toEqual({
    kind: 'secret-needed',
  })
  await saveSmsSettings(store, shop.workspace.id, settings, 'a secret', doing())
  // the key of one account is never sent to another address
  const elsewhere = { ...settings, endpoint: 'https://elsewhere.example' }
  expect(await saveSmsSettings(store, shop.workspace.id, elsewhere, null, doing())).toEqual({
    kind: 'secret-needed',
  })
  expect(await smsSettingsOf(store, shop.workspace.id)).toEqual({ settings, accessKeySecret: 'a secret' })
  await changeDeliverySettings(store, shop.workspace.id, { quiet: null, cap: null, perMinute: {} }, doing())

  const { campaignId, preview } = await draft()
  expect(preview.excluded).toEqual([{ reason: 'no-address', members: 1 }])
  const { digest, confirmations } = preview
  await launchCampaign(shop.desk, { campaignId, digest, confirm: confirmations })
  const deliveries = startDeliveries(shop.platform)
  await vi.waitFor(
    async () =>
      expect(await campaignResult(shop.platform, shop.workspace, campaignId)).toMatchObject({
        delivered: 6,
        dead: 1,
        queued: 0,
      }),
    { timeout: 20_000 },
  )
  await deliveries.stop()
  expect(asked).toHaveLength(7)
  const first = asked.find((one) => one.get('PhoneNumbers') === '13800000001')!
  const rows = await store.selectFrom('outbox').selectAll().execute()
  const row = rows.find(({ member_id }) => member_id === 'M0001')!
  expect(first.get('OutId')).toBe(row.id)
  expect(JSON.parse(first.get('TemplateParam')!)).toEqual({
    name: '会员 M0001',
    code: expect.stringMatching(/^\w{5}-\w{5}-\w+$/),
  })
  expect(JSON.stringify(rows)).not.toMatch(/1380000|会员/)

  const app = await makeApp(shop.platform)
  const token = await repliesToken(store, shop.workspace.id)
  const push = (url: string, content: string) =>
    app.inject({ method: 'POST', url, payload: [{ phone_number: '13800000001', content, send_time: '' }] })
  expect((await push(`/sms-replies/${token.slice(0, -2)}AA`, 'T')).statusCode).toBe(404)
  expect((await push(`/sms-replies/${token}`, '谢谢')).json()).toEqual({ code: 0, msg: 'OK' })
  await store.updateTable('campaigns').set({ state: 'cancelled' }).execute()
  const bounced = { reason: 'bounced', members: 1 }
  expect((await draft()).preview.excluded).toEqual([{ reason: 'no-address', members: 1 }, bounced])
  expect((await push(`/sms-replies/${token}`, '退订')).json()).toEqual({ code: 0, msg: 'OK' })
  await app.close()
  expect((await draft()).preview.excluded).toEqual([
    { reason: 'no-address', members: 1 },
    { reason: 'unsubscribed', members: 1 },
    bounced,
  ])
})
