import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { Channel, channelProblems } from '../campaigns/channel.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { campaignResult } from '../campaigns/result.ts'
import { sentence } from '../messages/messages.ts'
import { deadLettersOf } from './dead-letters.ts'
import { changeDeliverySettings } from './settings.ts'
import { addressDigest } from './suppressions.ts'
import { outcomeOfWechat, sendWechat } from './wechat.ts'
import { misfit, misfits } from './wechat-values.ts'
import { templateValues } from './template.ts'
import { wechatTemplate } from './wechat-sender.ts'
import {
  openWechatServer,
  receiptOf,
  shopAccount,
  type WechatServer,
  wechatTemplateId,
} from './wechat-server.fixture.ts'
import { accountOf, saveAccount } from './channel-account.ts'
import { wechatAccount, WechatSettings } from './wechat-settings.ts'
import { startDeliveries } from './worker.ts'

let wechat: WechatServer
let shop: TestShop | undefined
beforeEach(async () => {
  wechat = await openWechatServer()
})
afterEach(async () => {
  wechat.close()
  await shop?.close()
  shop = undefined
})

const openidOf = (n: number) => `oMEMBER${String(n).padStart(21, '0')}`
const at = new Date('2026-11-28T00:00:00Z')
const message = (n: number) => ({
  openid: openidOf(n),
  templateId: wechatTemplateId,
  url: 'https://shop.example/c?code=ABC',
  miniProgram: null,
  data: { thing1: '好邻居', character_string2: 'ABCDE-23456', thing3: '满 50 减 10' },
  deliveryId: `msg_${n}`,
})
const go = () => ({ at, stop: new AbortController().signal })
const account = () => ({ endpoint: wechat.endpoint, ...shopAccount })

test('a message is taken as WeChat’s document has it, and one token serves many', async () => {
  const outcomes = await Promise.all([1, 2, 3, 4].map((n) => sendWechat(account(), message(n), go())))
  expect(outcomes).toEqual([1, 2, 3, 4].map((n) => ({ kind: 'delivered', receipt: receiptOf(`msg_${n}`) })))
  expect(wechat.tokensAsked).toEqual([{ force: false }])
  expect(wechat.taken.find(({ touser }) => touser === openidOf(2))).toEqual({
    touser: openidOf(2),
    template_id: wechatTemplateId,
    url: 'https://shop.example/c?code=ABC',
    client_msg_id: 'msg_2',
    data: {
      thing1: { value: '好邻居' },
      character_string2: { value: 'ABCDE-23456' },
      thing3: { value: '满 50 减 10' },
    },
  })
})

test('a tap leads into a mini program where one is named, and to the link elsewhere', async () => {
  const miniProgram = { appId: 'wx00112233445566aa', path: 'pages/coupon/index?code=ABC' }
  await sendWechat(account(), { ...message(1), miniProgram }, go())
  expect(wechat.taken[0]).toMatchObject({
    url: 'https://shop.example/c?code=ABC',
    miniprogram: { appid: 'wx00112233445566aa', pagepath: 'pages/coupon/index?code=ABC' },
  })
  const parse = (path: string) =>
    Channel.safeParse({
      kind: 'wechat',
      templateId: wechatTemplateId,
      data: { thing1: 'x' },
      miniProgram: { appId: miniProgram.appId, path },
      language: 'zh-CN',
    }).success
  expect(['pages/coupon/index', 'index?code={{ coupon.code }}'].map(parse)).toEqual([true, true])
  expect(['/pages/coupon', 'https://shop.example/x', '{{ coupon.code }}', ''].map(parse)).toEqual(
    Array(4).fill(false),
  )
})

test.each([40001, 42001] as const)(
  'after %i the next token is used, and the message goes out once',
  async (code) => {
    await sendWechat(account(), message(1), go())
    wechat.endToken(code)
    const outcomes = await Promise.all([2, 3, 4].map((n) => sendWechat(account(), message(n), go())))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'delivered'])
    expect(wechat.taken.map(({ client_msg_id }) => client_msg_id).toSorted()).toEqual([
      'msg_1',
      'msg_2',
      'msg_3',
      'msg_4',
    ])
    expect(wechat.repeated).toBe(0)
    expect(wechat.tokensAsked).toEqual([{ force: false }, { force: false }])
  },
)

test('another is forced only where WeChat names the refused one again, and a second refusal is a failure', async () => {
  await sendWechat(account(), message(1), go())
  wechat.nextCodes.push(40001)
  expect(await sendWechat(account(), message(2), go())).toMatchObject({ kind: 'delivered' })
  expect(wechat.tokensAsked).toEqual([{ force: false }, { force: false }, { force: true }])
  wechat.nextCodes.push(42001, 42001)
  expect(await sendWechat(account(), message(3), go())).toMatchObject({
    kind: 'failed',
    why: { id: 'wechat-answered', values: { code: '42001' } },
  })
})

test('an old token is not used in its last five minutes', async () => {
  await sendWechat(account(), message(1), go())
  const later = (seconds: number) => ({ ...go(), at: new Date(at.getTime() + seconds * 1000) })
  await sendWechat(account(), message(2), later(6899))
  expect(wechat.tokensAsked).toHaveLength(1)
  await sendWechat(account(), message(3), later(6901))
  expect(wechat.tokensAsked).toHaveLength(2)
})

test('a wrong secret, a lost answer and a stop say so, and nothing says the secret or the token', async () => {
  const wrong = await sendWechat({ ...account(), appSecret: 'another' }, message(1), go())
  expect(wrong).toEqual({ kind: 'failed', why: { id: 'wechat-answered', values: { code: '40125' } } })
  const stopping = new AbortController()
  stopping.abort()
  expect(await sendWechat(account(), message(1), { at, stop: stopping.signal })).toEqual({ kind: 'stopped' })
  await sendWechat(account(), message(1), go())
  wechat.close()
  const lost = await sendWechat(account(), message(2), go())
  expect(lost).toMatchObject({ kind: 'failed', why: { id: 'receiver-not-reached' } })
  expect(JSON.stringify([wrong, lost])).not.toMatch(/token_|another|secret of/)
})

test('codes by class, each with a sentence of its own', () => {
  const kind = (code: number) => {
    const outcome = outcomeOfWechat(code)
    if (outcome.kind !== 'dead') return outcome.kind
    return outcome.bounced ? 'bounced' : outcome.unsubscribed ? 'unsubscribed' : 'dead'
  }
  expect(kind(0)).toBe('delivered')
  for (const code of [40003, 43004]) expect(kind(code)).toBe('bounced')
  expect(kind(43101)).toBe('unsubscribed')
  for (const code of [40037, 43116, 47001, 47003]) expect(kind(code)).toBe('dead')
  for (const code of [-1, 40001, 40013, 40125, 40164, 42001, 48001, 99999]) expect(kind(code)).toBe('failed')
  expect(outcomeOfWechat(45009)).toMatchObject({ kind: 'failed', afterMs: 3_600_000 })
  expect(outcomeOfWechat(45011)).toMatchObject({ kind: 'failed', afterMs: 60_000 })
  for (const language of ['en', 'zh-CN'] as const) {
    const said = [40003, 43004, 43101, 45009, 47001, 47003, 40001, 40164].map((code) =>
      sentence(language, 'wechat-answered', { code: String(code) }).replace(String(code), ''),
    )
    expect(new Set(said).size).toBe(said.length)
    expect(sentence(language, 'wechat-answered', { code: '99999' })).toContain('99999')
  }
})

test('values have the limits and the signs of their kinds', () => {
  const good = {
    thing1: '好'.repeat(20),
    thing3: '😀'.repeat(20),
    character_string2: 'ABCDE-23456 #1',
    phrase1: '配送中',
    number4: '12.5',
    amount5: '¥10.00',
    amount6: '10元',
    date7: '2026年11月30日',
    date8: '2026-11-30 09:00 ~ 2026-12-01 18:00',
    time9: '15:01',
    time10: '2019年10月1日 15:01',
    phone_number11: '+86-0766-66888866',
    symbol12: '？！',
    // nothing is known of these
    keyword1: '好'.repeat(99),
    first: '你好',
    short_thing1: '好'.repeat(30),
  }
  expect(misfits(good)).toEqual([])
  expect(misfit('thing2', '好'.repeat(21))).toBe('long')
  expect(misfit('character_string2', 'A'.repeat(33))).toBe('long')
  const signs = {
    thing1: 'two\nlines',
    character_string2: '测试单号',
    phrase1: '13笔',
    number4: '12 张',
    letter1: 'ab1',
    amount5: '10.00 off',
    date7: '30 Nov 2026',
    time9: 'noon',
  }
  expect(misfits(signs)).toEqual(Object.keys(signs))
  expect(Object.entries(signs).map(([name, value]) => misfit(name, value))).toEqual(Array(8).fill('signs'))
  const channel = { kind: 'wechat', templateId: wechatTemplateId, language: 'zh-CN' } as const
  expect(channelProblems({ ...channel, data: { thing1: '好'.repeat(21) } })).toEqual([
    { path: ['data', 'thing1'], id: 'wechat-value-too-long' },
  ])
  expect(channelProblems({ ...channel, data: { character_string2: '券码' } })).toEqual([
    { path: ['data', 'character_string2'], id: 'wechat-value-signs' },
  ])
  expect(
    channelProblems({ ...channel, data: { thing1: '{{ nobody.knows }}' }, url: 'https://x/{% if %}' }),
  ).toEqual([
    {
      path: ['data', 'thing1'],
      id: 'template-unknown-value',
      values: { names: { listed: ['nobody.knows'] }, values: { listed: templateValues } },
    },
    { path: ['url'], id: 'template-has-tags' },
  ])
})

test('in the link values are percent-encoded, elsewhere they are as they are', () => {
  const template = wechatTemplate({
    kind: 'wechat',
    templateId: wechatTemplateId,
    data: { thing1: '{{ member.name }}' },
    url: 'https://shop.example/c?code={{ coupon.code }}&who={{ member.name }}',
    miniProgram: {
      appId: 'wx00112233445566aa',
      path: 'pages/coupon/index?code={{ coupon.code }}&who={{ member.name }}',
    },
    language: 'zh-CN',
  })
  const values = { 'member.name': '王 & 李/#', 'coupon.code': 'ABCDE-1' }
  expect(template.write(values)).toEqual({
    data: { thing1: '王 & 李/#' },
    url: 'https://shop.example/c?code=ABCDE-1&who=%E7%8E%8B%20%26%20%E6%9D%8E%2F%23',
    miniProgram: {
      appId: 'wx00112233445566aa',
      path: 'pages/coupon/index?code=ABCDE-1&who=%E7%8E%8B%20%26%20%E6%9D%8E%2F%23',
    },
  })
  expect(template.write({ 'member.name': 'x' })).toBeNull()
})

test('openids that differ in letter case are two people’s', () => {
  const key = Buffer.alloc(32, 7)
  expect(addressDigest(key, 'wechat', openidOf(1))).not.toBe(
    addressDigest(key, 'wechat', openidOf(1).toLowerCase()),
  )
})

test('settings: AppID and address are checked, the secret stays for the same account alone', async () => {
  expect(WechatSettings.safeParse({ appId: 'wx1' }).success).toBe(false)
  expect(
    WechatSettings.safeParse({ appId: shopAccount.appId, endpoint: 'http://elsewhere.example' }).success,
  ).toBe(false)
  shop = await openTestShop(1)
  const { platform, workspace } = shop
  const doing = { actor: 'test', at: shop.clock.now() }
  const settings = WechatSettings.parse({ appId: shopAccount.appId })
  const save = (differs: object, secret: string | null) =>
    saveAccount(
      platform.store,
      workspace.id,
      wechatAccount,
      { settings: { ...settings, ...differs }, secret },
      doing,
    )
  expect(await save({}, null)).toEqual({ kind: 'secret-needed' })
  expect(await save({}, 's')).toEqual({ kind: 'saved' })
  expect(await save({}, null)).toEqual({ kind: 'saved' })
  expect(await save({ appId: 'wxffffffffffffffff' }, null)).toEqual({ kind: 'secret-needed' })
  expect(await save({ endpoint: 'https://elsewhere.example' }, null)).toEqual({ kind: 'secret-needed' })
  expect(await accountOf(platform.store, workspace.id, wechatAccount)).toEqual({ settings, secret: 's' })
})

test('a campaign by WeChat: followers get it, strangers and who unfollowed are written to no more', async () => {
  shop = await openTestShop(9)
  const { platform, workspace, desk } = shop
  const { store } = platform
  await workspace.engine.run(sql`update members set name = '会员' || member_id,
    openid = 'oMEMBER' || lpad(cast(member_key as varchar), 21, '0')`)
  await workspace.engine.run(
    sql`update members set openid = 'wmEXTERNAL000000000000000003' where member_key = 3`,
  )
  await workspace.engine.run(
    sql`update members set name = '名字很长很长很长很长很长很长很长很长的会员' where member_key = 5`,
  )
  wechat.strangers.add(openidOf(1))
  wechat.notFollowing.add(openidOf(2))
  const channel = {
    kind: 'wechat',
    templateId: wechatTemplateId,
    data: { thing1: '{{ member.name }}', character_string2: '{{ coupon.code }}', thing3: '来店就用' },
    url: 'https://shop.example/c?code={{ coupon.code }}',
    language: 'zh-CN',
  }
  const draft = async () => {
    const { campaignId } = await createCampaign(desk, definitionOf({ holdout: 0, channel }))
    const campaign = (await campaignById(store, workspace.id, campaignId))!
    const outcome = await previewOf(platform, workspace, campaign)
    if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
    return { campaignId, preview: outcome.preview }
  }
  expect((await draft()).preview.blockers).toEqual([{ kind: 'channel-not-set-up', channel: 'wechat' }])
  const doing = { actor: 'test', at: shop.clock.now() }
  const settings = { endpoint: wechat.endpoint, appId: shopAccount.appId }
  await saveAccount(store, workspace.id, wechatAccount, { settings, secret: shopAccount.appSecret }, doing)
  await changeDeliverySettings(store, workspace.id, { quiet: null, cap: null, perMinute: {} }, doing)

  const { campaignId, preview } = await draft()
  expect(preview.excluded).toEqual([{ reason: 'no-address', members: 1 }])
  await launchCampaign(desk, { campaignId, digest: preview.digest, confirm: preview.confirmations })
  const deliveries = startDeliveries(platform)
  await vi.waitFor(
    async () =>
      expect(await campaignResult(platform, workspace, campaignId)).toMatchObject({
        delivered: 5,
        dead: 3,
        queued: 0,
      }),
    { timeout: 20_000 },
  )
  await deliveries.stop()
  const rows = await store.selectFrom('outbox').selectAll().execute()
  const coupons = await store.selectFrom('coupons').selectAll().execute()
  for (const taken of wechat.taken) {
    const row = rows.find(({ id }) => id === taken.client_msg_id)!
    const { code } = coupons.find(({ id }) => id === row.coupon_id)!
    expect(taken.touser).toBe(openidOf(Number(row.member_id.slice(1))))
    expect(taken.data.character_string2!.value.replaceAll('-', '')).toBe(code)
    expect(taken.url).toBe(`https://shop.example/c?code=${taken.data.character_string2!.value}`)
    expect(taken.data.thing1!.value).toBe(`会员${row.member_id}`)
  }
  expect(JSON.stringify(rows)).not.toMatch(/oMEMBER|会员/)
  const letters = await deadLettersOf(store, workspace.id, campaignId, 10)
  const why = new Map(letters.map(({ memberId, error }) => [memberId, JSON.parse(error!) as object]))
  expect(why.get('M0001')).toEqual({ id: 'wechat-answered', values: { code: '40003' } })
  expect(why.get('M0002')).toEqual({ id: 'wechat-answered', values: { code: '43004' } })
  expect(why.get('M0005')).toEqual({ id: 'wechat-misfit', values: { names: 'thing1' } })

  await store.updateTable('campaigns').set({ state: 'cancelled' }).execute()
  expect((await draft()).preview.excluded).toEqual([
    { reason: 'no-address', members: 1 },
    { reason: 'bounced', members: 2 },
  ])
})
