import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { campaignResult } from '../campaigns/result.ts'
import { saveAccount } from './channel-account.ts'
import { deadLettersOf } from './dead-letters.ts'
import { errorText } from './errors.ts'
import { changeDeliverySettings } from './settings.ts'
import { pushToken, suppressionKey, wechatToken } from './suppressions.ts'
import { fieldsOf } from './wechat-events-route.ts'
import {
  openWechatServer,
  receiptOf,
  shopAccount,
  type WechatServer,
  wechatTemplateId,
} from './wechat-server.fixture.ts'
import { wechatAccount } from './wechat-settings.ts'
import { startDeliveries } from './worker.ts'

let wechat: WechatServer
let shop: TestShop
let app: Awaited<ReturnType<typeof makeApp>>
let path: string
let token: string
beforeEach(async () => {
  wechat = await openWechatServer()
  shop = await openTestShop(8)
  const { store } = shop.platform
  await shop.workspace.engine.run(
    sql`update members set openid = 'oMEMBER' || lpad(cast(member_key as varchar), 21, '0')`,
  )
  const doing = { actor: 'test', at: shop.clock.now() }
  const settings = { endpoint: wechat.endpoint, appId: shopAccount.appId }
  await saveAccount(
    store,
    shop.workspace.id,
    wechatAccount,
    { settings, secret: shopAccount.appSecret },
    doing,
  )
  await changeDeliverySettings(store, shop.workspace.id, { quiet: null, cap: null, perMinute: {} }, doing)
  app = await makeApp(shop.platform)
  path = `/wechat-events/${await pushToken(store, shop.workspace.id, 'wechat-events')}`
  token = wechatToken(await suppressionKey(store, shop.workspace.id))
})
afterEach(async () => {
  await app.close()
  wechat.close()
  await shop.close()
})

const openidOf = (n: number) => `oMEMBER${String(n).padStart(21, '0')}`
const seconds = () => Math.floor(shop.clock.now().getTime() / 1000)

/** Asks as WeChat does: token, timestamp and nonce sorted and hashed by SHA-1. */
function ask(
  method: 'GET' | 'POST',
  {
    at = seconds(),
    by = token,
    body = '',
    to = path,
  }: { at?: number; by?: string; body?: string; to?: string },
  more = '',
) {
  const signature = createHash('sha1')
    .update([by, String(at), '1372623149'].sort().join(''))
    .digest('hex')
  return app.inject({
    method,
    url: `${to}?signature=${signature}&timestamp=${at}&nonce=1372623149${more}`,
    ...(method === 'POST' ? { headers: { 'content-type': 'text/xml' }, payload: body } : {}),
  })
}
const event = (kind: string, member: number, more = '', at = seconds()) =>
  `<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName><FromUserName><![CDATA[${openidOf(member)}]]></FromUserName>` +
  `<CreateTime>${at}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${kind}]]></Event>${more}</xml>`
const finished = (member: number, msgId: string, status: string) =>
  event('TEMPLATESENDJOBFINISH', member, `<MsgID>${msgId}</MsgID><Status><![CDATA[${status}]]></Status>`)
async function push(body: string) {
  const answer = await ask('POST', { body })
  expect([answer.statusCode, answer.body]).toEqual([200, 'success'])
}
const suppressed = () =>
  shop.platform.store.selectFrom('suppressions').select(['reason', 'member_id']).execute()

async function draft() {
  const channel = {
    kind: 'wechat',
    templateId: wechatTemplateId,
    data: { thing1: '好邻居', character_string2: '{{ coupon.code }}', thing3: '来店就用' },
    language: 'zh-CN',
  }
  const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0, channel }))
  const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  return { campaignId, preview: outcome.preview }
}

/** A campaign whose messages WeChat has taken, and under which name each. */
async function sentCampaign() {
  const { campaignId, preview } = await draft()
  await launchCampaign(shop.desk, { campaignId, digest: preview.digest, confirm: preview.confirmations })
  const deliveries = startDeliveries(shop.platform)
  await vi.waitFor(async () => expect(await show(campaignId)).toMatchObject({ delivered: 8, queued: 0 }), {
    timeout: 20_000,
  })
  await deliveries.stop()
  const rows = await shop.platform.store.selectFrom('outbox').select(['id', 'member_id', 'receipt']).execute()
  expect(rows.map(({ id, receipt }) => [id, receipt])).toEqual(rows.map(({ id }) => [id, receiptOf(id)]))
  return {
    campaignId,
    receipt: (n: number) => rows.find(({ member_id }) => member_id === `M000${n}`)!.receipt!,
  }
}
const show = async (campaignId: string) => (await campaignResult(shop.platform, shop.workspace, campaignId))!

test('the address is WeChat’s alone: its signature, of these minutes, by the token of this workspace', async () => {
  const echoed = await ask('GET', {}, '&echostr=5838479218127813673')
  expect([echoed.statusCode, echoed.body]).toEqual([200, '5838479218127813673'])
  const subscribe = event('unsubscribe', 1)
  for (const wrong of [{ by: 'another' }, { at: seconds() - 601 }, { at: seconds() + 601 }])
    expect((await ask('POST', { ...wrong, body: subscribe })).statusCode).toBe(403)
  const { store } = shop.platform
  for (const to of [
    `${path.slice(0, -2)}AA`,
    `/wechat-events/${await pushToken(store, shop.workspace.id, 'sms-replies')}`,
  ])
    expect((await ask('POST', { to, body: subscribe })).statusCode).toBe(404)
  expect((await app.inject({ method: 'POST', url: path, payload: subscribe })).statusCode).toBe(404)
  expect(await suppressed()).toEqual([])
})

test('a message that did not arrive is a dead letter, who refuses the account has unsubscribed, once however often WeChat tells', async () => {
  const { campaignId, receipt } = await sentCampaign()
  for (const _ of [1, 2]) {
    await push(finished(1, receipt(1), 'success'))
    await push(finished(2, receipt(2), 'failed:user block'))
    await push(finished(3, receipt(3), 'failed: system failed'))
  }
  // neither under another's openid nor by a number that only looks alike
  await push(finished(5, receipt(4), 'failed:user block'))
  await push(finished(4, String(Number(receipt(4))), 'failed:user block'))
  expect(await show(campaignId)).toMatchObject({ delivered: 6, dead: 2 })
  expect(await suppressed()).toEqual([{ reason: 'unsubscribed', member_id: 'M0002' }])
  const letters = await deadLettersOf(shop.platform.store, shop.workspace.id, campaignId, 10)
  expect(letters.map(({ memberId, error }) => [memberId, errorText('zh-CN', error)]).toSorted()).toEqual([
    ['M0002', '微信通知未送达：会员拒收该公众号的消息。'],
    ['M0003', '微信通知未送达：微信侧发送失败。'],
  ])
})

test('a report that overtakes the answer of its own message waits for it', async () => {
  const { campaignId, receipt } = await sentCampaign()
  const { store } = shop.platform
  const id = (n: number) =>
    store.selectFrom('outbox').select('id').where('member_id', '=', `M000${n}`).executeTakeFirstOrThrow()
  const row = await id(1)
  const until = new Date(shop.clock.now().getTime() + 60_000).toISOString()
  const told = receipt(1)
  await store
    .updateTable('outbox')
    .set({ state: 'queued', lease: 'a lease', due_at: until, receipt: null })
    .where('id', '=', row.id)
    .execute()
  const answering = push(finished(1, told, 'failed:user block'))
  await new Promise((later) => setTimeout(later, 600)) // it has looked for the message meanwhile
  await store
    .updateTable('outbox')
    .set({ state: 'delivered', lease: null, receipt: told })
    .where('id', '=', row.id)
    .execute()
  await answering
  expect(await show(campaignId)).toMatchObject({ delivered: 7, dead: 1 })
})

test('who unfollows is written to no more until they follow again; what members refused stays', async () => {
  const excluded = async () => (await draft()).preview.excluded
  const at = seconds()
  await push(event('unsubscribe', 1, '', at))
  await push(event('unsubscribe', 1, '', at))
  expect(await excluded()).toEqual([{ reason: 'bounced', members: 1 }])
  // an old word of following changes nothing
  await push(event('subscribe', 1, '', at - 1))
  expect(await excluded()).toEqual([{ reason: 'bounced', members: 1 }])
  await push(event('subscribe', 1, '<EventKey><![CDATA[]]></EventKey>', at + 60))
  expect(await excluded()).toEqual([])
  const { receipt } = await sentCampaign()
  await push(finished(2, receipt(2), 'failed:user block'))
  await push(event('subscribe', 2, '', at + 60))
  expect(await suppressed()).toEqual([{ reason: 'unsubscribed', member_id: 'M0002' }])
})

test('of what members write nothing is kept, and nothing from outside is read', async () => {
  await push(
    event('x', 1)
      .replace('[event]', '[text]')
      .replace('</xml>', '<Content><![CDATA[secret]]></Content></xml>'),
  )
  await push('{"no": "XML"}')
  await push('')
  expect(await suppressed()).toEqual([])
  expect(fieldsOf('<!DOCTYPE x [<!ENTITY e "y">]><xml><Event>&e;</Event></xml>')).toEqual({})
  expect(fieldsOf('<xml><A>1</A><B><C>2</C></B><D><![CDATA[<&]]></D></xml>')).toEqual({
    A: '1',
    D: '<&',
  })
  expect(fieldsOf('<!DOCTYPE x><xml><A>1</A></xml>')).toEqual({})
  expect(fieldsOf('<xml><A>1</A>')).toEqual({})
})
