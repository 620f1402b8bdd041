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
import { accountOf, saveAccount } from './channel-account.ts'
import { smsAccount } from './sms-settings.ts'
import { pushToken } from './suppressions.ts'
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
  expect(
    await saveAccount(store, shop.workspace.id, smsAccount, { settings, secret: null }, doing()),
  ).toEqual({
    kind: 'secret-needed',
  })
  await saveAccount(store, shop.workspace.id, smsAccount, { settings, secret: 'a secret' }, doing())
  // the key of one account is never sent to another address
  const elsewhere = { ...settings, endpoint: 'https://elsewhere.example' }
  expect(
    await saveAccount(store, shop.workspace.id, smsAccount, { settings: elsewhere, secret: null }, doing()),
  ).toEqual({
    kind: 'secret-needed',
  })
  expect(await accountOf(store, shop.workspace.id, smsAccount)).toEqual({ settings, secret: 'a secret' })
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
  const token = await pushToken(store, shop.workspace.id, 'sms-replies')
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

test('receipts: what did not arrive is a dead letter, a number of nobody is written to no more, and only the address with the token takes any', async () => {
  const { store } = shop.platform
  await store.deleteFrom('suppressions').execute()
  await store.updateTable('outbox').set({ state: 'delivered', lease: null }).execute()
  const rows = await store.selectFrom('outbox').select(['id', 'member_id']).orderBy('member_id').execute()
  const idOf = (member: string) => rows.find(({ member_id }) => member_id === member)!.id
  const app = await makeApp(shop.platform)
  const token = await pushToken(store, shop.workspace.id, 'sms-reports')
  const push = async (reports: object[], at = token) =>
    app.inject({ method: 'POST', url: `/sms-reports/${at}`, payload: reports })
  const report = (member: number, success: boolean, err_code: string, err_msg: string) => ({
    phone_number: `1380000000${member}`,
    send_time: '2026-11-22 09:00:00',
    report_time: '2026-11-22 09:00:02',
    success,
    err_code,
    err_msg,
    sms_size: '1',
    biz_id: '1^0',
    out_id: idOf(`M000${member}`),
  })
  const stateOf = async (member: string) =>
    (
      await store
        .selectFrom('outbox')
        .select('state')
        .where('id', '=', idOf(member))
        .executeTakeFirstOrThrow()
    ).state
  const reports = [
    report(1, true, 'DELIVERED', '用户接收成功'),
    report(4, false, 'MOBILE_NOT_ON_SERVICE', '停机、空号、关机'),
    report(5, false, 'MK:0001', '空号'),
    report(6, false, 'USER_REJECT', '用户拒收'),
    { ...report(1, false, 'X', '空号'), out_id: 'msg_nobody' },
  ]
  // the address of replies takes no receipts, nor does a token that is none of ours
  const replies = await pushToken(store, shop.workspace.id, 'sms-replies')
  for (const wrong of [replies, `${token.slice(0, -2)}AA`])
    expect((await push(reports, wrong)).statusCode).toBe(404)
  expect((await push([{ phone_number: 1 }])).statusCode).toBe(400)
  expect(await stateOf('M0005')).toBe('delivered')

  for (const _ of [1, 2]) expect((await push(reports)).json()).toEqual({ code: 0, msg: 'OK' })
  expect(await Promise.all(['M0001', 'M0004', 'M0005', 'M0006'].map(stateOf))).toEqual([
    'delivered',
    'dead',
    'dead',
    'dead',
  ])
  const kept = await store
    .selectFrom('suppressions')
    .select(['reason', 'member_id'])
    .orderBy('member_id')
    .execute()
  expect(kept).toEqual([
    { reason: 'bounced', member_id: 'M0005' },
    { reason: 'unsubscribed', member_id: 'M0006' },
  ])
  // its own answer was lost: it arrived, and is not sent again; while the answer is awaited the receipt comes again
  await store
    .updateTable('outbox')
    .set({ state: 'queued', lease: 'a lease' })
    .where('id', '=', idOf('M0007'))
    .execute()
  // the platform pushes again what is not answered with 200, whatever the code says
  expect((await push([report(7, true, 'DELIVERED', '')])).statusCode).toBe(503)
  expect(await stateOf('M0007')).toBe('queued')
  await store.updateTable('outbox').set({ lease: null }).where('id', '=', idOf('M0007')).execute()
  expect((await push([report(7, true, 'DELIVERED', '')])).json()).toEqual({ code: 0, msg: 'OK' })
  expect(await stateOf('M0007')).toBe('delivered')
  await app.close()
})
