import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeApp } from '../app.ts'
import { accountOf } from '../delivery/channel-account.ts'
import { mailAccount } from '../delivery/mail-settings.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { createKey, type Scope } from './keys.ts'

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let shop: Workspace
let key: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-api-channels-'))
  platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
  shop = (await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  app = await makeApp(platform)
  key = await keyFor(shop.id, 'channels')
})
afterEach(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const keyFor = async (workspaceId: string, scope: Scope) =>
  (
    await createKey(platform.store, platform.clock, {
      workspaceId,
      name: 'set-up',
      scopes: [scope],
      actor: 'owner',
    })
  ).key

async function call(method: 'GET' | 'PUT', path: string, body?: object, as = key, language = 'en') {
  const answer = await app.inject({
    method,
    url: `/api/v1/channels${path}`,
    headers: { authorization: `Bearer ${as}`, 'accept-language': language },
    ...(body ? { payload: body } : {}),
  })
  return { status: answer.statusCode, said: answer.json() as Record<string, unknown>, text: answer.body }
}

const mail = {
  host: 'smtp.example.com',
  port: 465,
  security: 'tls',
  user: 'shop',
  sender: 'offers@shop.example',
  senderName: 'The shop',
  publicUrl: 'https://shop.example',
}
const returns = {
  host: 'imap.example.com',
  port: 993,
  security: 'tls',
  user: 'offers@shop.example',
  folder: 'INBOX',
}
const sms = {
  endpoint: 'https://dysmsapi.aliyuncs.com',
  accessKeyId: 'key',
  signName: '好邻居',
  priceMinor: 5,
}
const wechat = { endpoint: 'https://api.weixin.qq.com', appId: 'wx0123456789abcdef' }

test('all channels are set up and read back without their secrets, which stay for the same account', async () => {
  const empty = { mail: null, returns: null, sms: null, wechat: null }
  expect((await call('GET', '')).said).toMatchObject({ ...empty, sending: { quiet: null, cap: null } })
  for (const [path, settings] of Object.entries({ mail, returns, sms, wechat })) {
    const without = await call('PUT', `/${path}`, { settings })
    expect([without.status, without.said.code]).toEqual([422, 'secret_needed'])
    expect((await call('PUT', `/${path}`, { settings, secret: `a secret of ${path}` })).said).toEqual({
      saved: true,
    })
  }
  // the first channel that reaches members by itself brings quiet hours; then they are what is set
  const sending = {
    quiet: { from: '22:00', to: '07:30' },
    cap: { messages: 2, days: 7 },
    perMinute: { sms: 60 },
  }
  expect((await call('GET', '')).said.sending).toMatchObject({ quiet: { from: '21:00', to: '08:00' } })
  expect((await call('PUT', '/sending', sending)).said).toEqual({ saved: true })
  const read = await call('GET', '')
  expect(read.said).toEqual({
    sending,
    mail: { ...mail, hasSecret: true },
    returns: { ...returns, hasSecret: true },
    sms: { ...sms, hasSecret: true },
    wechat: { ...wechat, hasSecret: true },
  })
  expect(read.text).not.toContain('a secret')
  expect((await call('PUT', '/mail', { settings: { ...mail, senderName: 'Shop' } })).status).toBe(200)
  expect(await accountOf(platform.store, shop.id, mailAccount)).toMatchObject({ secret: 'a secret of mail' })
  const moved = await call(
    'PUT',
    '/mail',
    { settings: { ...mail, host: 'smtp.elsewhere.example' } },
    key,
    'zh-CN',
  )
  expect(moved.said).toMatchObject({
    code: 'secret_needed',
    detail: '账号或服务器与已保存密钥的不同，请同时提供 secret。',
  })
  const audit = await platform.store
    .selectFrom('audit')
    .select(['actor', 'subject'])
    .where('action', '=', 'setting-changed')
    .execute()
  expect(new Set(audit.map(({ subject }) => subject))).toEqual(
    new Set(['delivery', 'mail', 'returns', 'sms', 'wechat']),
  )
  expect(audit.every(({ actor }) => actor.startsWith('key:'))).toBe(true)
})

test('only a key of this workspace with the scope, and only what Settings would take', async () => {
  const metrics = await keyFor(shop.id, 'metrics')
  expect((await call('GET', '', undefined, metrics)).said.code).toBe('wrong_scope')
  expect((await call('PUT', '/mail', { settings: mail, secret: 'x' }, metrics)).status).toBe(403)
  const other = (await platform.workspaces.create({
    name: 'other',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  await call('PUT', '/mail', { settings: mail, secret: 'x' }, await keyFor(other.id, 'channels'))
  expect((await call('GET', '')).said.mail).toBeNull()
  for (const [path, body] of [
    ['/mail', { settings: { ...mail, security: 'none' }, secret: 'x' }],
    ['/mail', { settings: { ...mail, publicUrl: 'http://shop.example' }, secret: 'x' }],
    ['/returns', { settings: { ...returns, security: 'none' }, secret: 'x' }],
    ['/sms', { settings: { ...sms, endpoint: 'http://sms.example' }, secret: 'x' }],
    ['/wechat', { settings: { ...wechat, appId: 'x' }, secret: 'x' }],
    ['/sending', { quiet: { from: '25:00', to: '08:00' }, cap: null, perMinute: {} }],
  ] as const) {
    const { status, said } = await call('PUT', path, body)
    expect([path, status, said.code]).toEqual([path, 422, 'malformed'])
  }
})
