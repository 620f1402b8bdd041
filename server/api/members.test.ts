import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { takeOutMembers } from '../import/members/apply.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { consentOf } from '../rights/consent.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { createKey, type Scope } from './keys.ts'

const now = new Date('2026-11-22T04:00:00Z')
let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let address: string
let shop: Workspace
let key: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-members-'))
  platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
  shop = (await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  app = await makeApp(platform)
  address = await app.listen({ port: 0, host: '127.0.0.1' })
  key = await keyFor('members')
})
afterEach(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const keyFor = async (...scopes: Scope[]) =>
  (
    await createKey(platform.store, platform.clock, {
      workspaceId: shop.id,
      name: 'CRM',
      scopes,
      actor: 'owner',
    })
  ).key

interface Sent {
  as?: string
  language?: string
  at?: string
  path?: string
}
async function send(
  body: unknown,
  idempotencyKey: string | null,
  { as = key, language = 'en', at = address, path = 'members' }: Sent = {},
) {
  const answer = await fetch(`${at}/api/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${as}`,
      'content-type': 'application/json',
      ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
      'accept-language': language,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const said = (await answer.json()) as Record<string, unknown>
  return { status: answer.status, type: answer.headers.get('content-type'), said }
}
/** As the API tells a caller whose batch waited too long for others: again, with the same key. */
async function sendUntilTaken(body: unknown, idempotencyKey: string) {
  for (;;) {
    const answer = await send(body, idempotencyKey)
    if (answer.status !== 503) return answer
  }
}
const kept = ({ engine }: Workspace) =>
  engine.rows(sql`select * exclude (member_key, stub) from members order by member_id`)

const ann = {
  memberId: 'M1',
  name: '安',
  phone: '138 0000 0001',
  openid: 'oX-1',
  email: ' An@Example.com',
  gender: 'female',
  birthday: '1990-01-31',
  joinedAt: '2026-01-31T17:00:00Z',
  region: '上海',
  channel: 'app',
  tier: '金卡',
  points: 120,
  storedValueMinor: 5005,
  consent: 'granted',
  consentAt: '2026-02-01T18:05:00+08:00',
}

test('members come in as an import of its own, with every field, and are undone by it', async () => {
  const taken = await send({ members: [ann, { memberId: 'M2', joinedAt: '2026-03-01', points: 0 }] }, 'k1')
  expect(taken).toMatchObject({
    status: 200,
    said: { read: 2, imported: 2, unchanged: 0, refused: 0, refusedRows: [] },
  })
  const { memberId, name, gender, birthday, region, channel, tier, points } = ann
  const nothing = {
    name: null,
    phone: null,
    openid: null,
    email: null,
    gender: null,
    birthday: null,
    region: null,
    channel: null,
    tier: null,
  }
  expect(await kept(shop)).toEqual([
    {
      memberId,
      name,
      gender,
      birthday,
      region,
      channel,
      tier,
      points,
      phone: '+8613800000001',
      openid: 'oX-1',
      email: 'an@example.com',
      // 01:00 of the next day in Shanghai
      joinedDay: '2026-02-01',
      storedValueMinor: 5005,
      consent: 'granted',
    },
    {
      memberId: 'M2',
      ...nothing,
      joinedDay: '2026-03-01',
      points: 0,
      storedValueMinor: null,
      consent: 'unknown',
    },
  ])
  expect(await consentOf(platform.store, shop, 'M1')).toEqual({
    consent: 'granted',
    source: 'imported',
    since: '2026-02-01T10:05:00.000Z',
    file: 'API · CRM · 2026-11-22 12:00',
  })
  expect(await shop.engine.rows(sql`select import_id, kind, identity from imports`)).toEqual([
    { importId: taken.said.importId, kind: 'members', identity: 'member' },
  ])
  expect(readdirSync(join(folder, 'uploads'))).toEqual([])
  // a later batch says one thing more; undone, the first holds again
  const later = await send({ members: [{ memberId: 'M1', tier: '黑卡' }] }, 'k2')
  expect((await kept(shop))[0]).toMatchObject({ tier: '黑卡', name: '安', points: 120 })
  const { signal } = new AbortController()
  const undone = { timeZone: 'UTC', today: '2026-11-22', undoneAt: now.toISOString(), signal }
  await takeOutMembers(shop.engine, String(later.said.importId), undone)
  expect((await kept(shop))[0]).toMatchObject({ tier: '金卡' })
})

test('the same key answers the same again and takes nothing twice; another body is refused', async () => {
  const first = await send({ members: [ann] }, 'k1')
  expect(await send({ members: [ann] }, 'k1')).toEqual(first)
  const reused = await send({ members: [{ ...ann, points: 1 }] }, 'k1')
  expect(reused).toMatchObject({
    status: 422,
    type: expect.stringContaining('application/problem+json') as string,
    said: { code: 'idempotency_key_reused' },
  })
  expect((await send({ members: [ann] }, 'k2')).said).toMatchObject({ imported: 0, unchanged: 1 })
  expect(await kept(shop)).toMatchObject([{ points: 120 }])
  // a key of orders is no key of members
  const both = await keyFor('orders', 'members')
  const order = { orderId: 'A', memberId: 'M1', orderedAt: '2026-11-20T23:30:00+08:00', amountMinor: 1 }
  expect((await send({ orders: [order] }, 'k1', { as: both, path: 'orders' })).said).toMatchObject({
    code: 'idempotency_key_reused',
  })
})

test('what is refused is named by its place, with the field and the reason; the rest is taken', async () => {
  const members = [
    ann,
    { memberId: '138****0000', name: 'masked' },
    { memberId: 'M3', birthday: '2027-01-01' },
    { memberId: 'M4', consent: 'denied', consentAt: '2026-12-24' },
  ]
  const taken = await send({ members }, 'k1')
  expect(taken.said).toMatchObject({
    read: 4,
    imported: 1,
    refused: 3,
    refusedRows: [
      { index: 1, field: 'memberId', code: 'masked-member' },
      { index: 2, field: 'birthday', code: 'future-date', reason: 'The time lies in the future.' },
      { index: 3, field: 'consentAt', code: 'future-date' },
    ],
  })
  expect(await send({ members }, 'k1')).toEqual(taken)
  const again = await send({ members }, 'k1', { language: 'zh-CN' })
  expect(again.said).toMatchObject({ refusedRows: [{}, { reason: '时间在未来。' }, {}] })
  // nothing to take: nothing is there, and the places are told
  expect(await send({ members: members.slice(2) }, 'k2')).toMatchObject({
    status: 422,
    said: { code: 'malformed', refusedRows: [{ index: 0 }, { index: 1 }] },
  })
  expect(await kept(shop)).toHaveLength(1)
  expect(await shop.engine.rows(sql`select count(*) as n from imports`)).toEqual([{ n: 1 }])
})

test('a member that is not as it should be is refused by itself', async () => {
  const members = [
    { name: 'nobody' },
    ann,
    { memberId: 'M2', birthday: '31.1.1990' },
    { memberId: 'M3', points: 1.5 },
    null,
    { memberId: 'M4', birthday: '2027-01-01' },
    { memberId: 'M5', name: 'x'.repeat(600) },
  ]
  const taken = await send({ members }, 'k1')
  expect(taken).toMatchObject({
    status: 200,
    said: {
      read: 7,
      imported: 1,
      refused: 6,
      refusedRows: [
        { index: 0, field: 'memberId', value: null, reason: 'Missing; it has to be given.' },
        { index: 2, field: 'birthday', value: '31.1.1990', reason: 'Not a day; write it like 2026-01-31.' },
        { index: 3, field: 'points', value: '1.5', reason: 'Not a whole number.' },
        { index: 4, field: null, value: null },
        { index: 5, field: 'birthday', value: '2027-01-01', code: 'future-date' },
        { index: 6, field: 'name', value: `${'x'.repeat(100)}…` },
      ],
    },
  })
  expect(await send({ members }, 'k1')).toEqual(taken)
  expect(await kept(shop)).toMatchObject([{ memberId: 'M1' }])
})

test('an e-mail or a phone that is none is told by its place; the member is taken', async () => {
  const members = [
    { ...ann, email: 'not mail' },
    { name: 'nobody' },
    { memberId: 'M2', phone: '12', email: 'b@shop.example' },
    { memberId: 'M3', phone: '138****0003' },
    { memberId: 'M4', phone: '无', email: '' },
  ]
  const taken = await send({ members }, 'k1')
  const warnings = [
    {
      index: 0,
      field: 'email',
      value: 'not mail',
      code: 'unread-email',
      reason: 'This is no whole e-mail address: it was left out, and the member was taken without it.',
    },
    {
      index: 2,
      field: 'phone',
      value: '12',
      code: 'unfit-phone',
      reason: 'This is no whole phone number: it is shown as it was sent, and nobody is found by it.',
    },
  ]
  expect(taken.said).toMatchObject({ imported: 4, refused: 1, warnings })
  expect(await send({ members }, 'k1')).toEqual(taken)
  expect((await kept(shop)).map(({ memberId, phone, email }) => [memberId, phone, email])).toEqual([
    ['M1', '+8613800000001', null],
    ['M2', '12', 'b@shop.example'],
    ['M3', '138****0003', null],
    ['M4', null, null],
  ])
  const chinese = await send({ members }, 'k1', { language: 'zh-CN' })
  expect(chinese.said).toMatchObject({
    warnings: [{}, { reason: expect.stringContaining('这不是完整的电话号码') as string }],
  })
  expect((await send({ members: [{ memberId: 'M5' }] }, 'k2')).said).toMatchObject({ warnings: [] })
})

test('null is a field left out, and the same under the same key', async () => {
  const nulls = Object.fromEntries(Object.keys(ann).map((field) => [field, null]))
  expect((await send({ members: [ann] }, 'k1')).status).toBe(200)
  const before = await kept(shop)
  const taken = await send({ members: [{ ...nulls, memberId: 'M1' }, nulls] }, 'k2')
  expect(taken.said).toMatchObject({
    read: 2,
    unchanged: 1,
    refused: 1,
    refusedRows: [{ index: 1, field: 'memberId', reason: 'Missing; it has to be given.' }],
  })
  expect(await kept(shop)).toEqual(before)
  expect(await send({ members: [{ memberId: 'M1' }, nulls] }, 'k2')).toEqual(taken)
})

test('a body that is no JSON is told where, and one in another encoding is not read', async () => {
  const detail = async (body: string | Uint8Array<ArrayBuffer>, language = 'en') => {
    const answer = await fetch(`${address}/api/v1/members`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': 'k',
        'accept-language': language,
      },
      body,
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      422,
      'application/problem+json; charset=utf-8',
    ])
    const said = (await answer.json()) as { code: string; detail: string }
    expect(said.code).toBe('malformed')
    return said.detail
  }
  const broken = '\uFEFF{\n "members": [{"memberId": "M1",}]\n}'
  expect(await detail(broken)).toBe(
    'The body is not valid JSON: } at line 2, column 32 does not belong there. Nothing was taken; mend the body and send it again.',
  )
  expect(await detail(broken, 'zh-CN')).toContain('第 2 行第 32 列不应出现 }')
  expect(await detail('{"members": [{"memberId": "M1"}')).toContain('it ends at line 1, column 32')
  // 安 in GB18030
  const start = new TextEncoder().encode('{"members": [{"memberId": "M1", "name": "')
  const end = new TextEncoder().encode('"}]}')
  expect(await detail(new Uint8Array([...start, 0xb0, 0xb2, ...end]))).toContain('not in UTF-8')
  expect(await kept(shop)).toEqual([])
})

test('orders name what was refused too', async () => {
  const both = await keyFor('orders')
  const order = (orderId: string, more: object) => ({
    orderId,
    orderedAt: '2026-11-20T23:30:00+08:00',
    ...more,
  })
  const orders = [
    order('A', { lines: [{ amountMinor: 1 }, { amountMinor: 2 }] }),
    order('B', { amountMinor: 3, orderedAt: '2027-11-20T23:30:00+08:00' }),
  ]
  expect((await send({ orders }, 'k', { as: both, path: 'orders' })).said).toMatchObject({
    read: 3,
    imported: 2,
    refusedRows: [{ index: 1, field: 'orderedAt', code: 'future-date' }],
  })
})

test('a wrong scope, no key, no JSON, too much and too many are refused as a whole', async () => {
  for (const scope of ['orders', 'redemptions'] as const)
    expect(await send({ members: [ann] }, 'k', { as: await keyFor(scope) })).toMatchObject({
      status: 403,
      said: { code: 'wrong_scope' },
    })
  expect(await send({ members: [ann] }, 'k', { as: 'nobody' })).toMatchObject({ status: 401 })
  expect((await send({ members: [ann] }, null)).said).toMatchObject({ code: 'idempotency_key_missing' })
  for (const wrong of [
    '{',
    'null',
    '[]',
    {},
    { members: [] },
    { members: [{ name: 'nobody' }] },
    { members: [{ memberId: ' ' }] },
    { members: [{ memberId: 'M', birthday: '31.1.1990' }] },
    { members: [{ memberId: 'M', points: 1.5 }] },
    { members: [{ memberId: 'M', consent: 'yes' }] },
    { members: [{ memberId: 'M', joinedAt: '2026-01-01T00:00:00' }] },
    { members: Array.from({ length: 10_001 }, (_, n) => ({ memberId: `M${n}` })) },
    { members: { memberId: 'M' } },
  ])
    expect(await send(wrong, 'k')).toMatchObject({
      status: 422,
      type: expect.stringContaining('application/problem+json') as string,
      said: { code: 'malformed' },
    })
  expect((await send({ members: [{ memberId: 'M', consent: 'yes' }] }, 'k')).said.detail).toContain(
    '0/consent: Not known; one of granted, denied, unknown',
  )
  const large = { members: [{ ...ann, ignored: 'x'.repeat(9 << 20) }] }
  expect(await send(large, 'k')).toMatchObject({ status: 413, said: { code: 'too_large' } })
  expect(await kept(shop)).toEqual([])
})

test('batches at once are taken one after the other, each key once', async () => {
  const sent = Array.from({ length: 8 }, (_, i) =>
    sendUntilTaken({ members: [{ memberId: `M${i % 4}` }] }, `k${i % 4}`),
  )
  const answers = await Promise.all(sent)
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
  for (const i of [0, 1, 2, 3]) expect(answers[i + 4]).toEqual(answers[i])
  expect(answers.map(({ said }) => said.imported)).toEqual(Array.from({ length: 8 }, () => 1))
  expect(await shop.engine.rows(sql`select count(*) as n from imports`)).toEqual([{ n: 4 }])
})

test('killed between and within batches: what was answered is there, what was not is taken once when asked again', async () => {
  await app.close()
  await platform.close()
  let server = await serve(folder)
  onTestFinished(() => server.kill())
  const batches = Array.from({ length: 9 }, (_, b) =>
    Array.from({ length: 20 }, (_, n) => ({ memberId: `M${b}-${n}`, points: b })),
  )
  const answers = new Map<number, unknown>()
  for (const [b, members] of batches.entries()) {
    const asked = send({ members }, `k${b}`, { at: server.address }).catch(() => null)
    // within every third batch, at another moment each time
    if (b % 3 === 2) {
      await new Promise((resolve) => setTimeout(resolve, 40 * b))
      await server.kill()
    }
    const answer = await asked
    if (answer) answers.set(b, answer)
    if (b % 3 === 2) server = await serve(folder)
  }
  for (const [b, members] of batches.entries()) {
    const again = await send({ members }, `k${b}`, { at: server.address })
    expect(again).toMatchObject({ status: 200, said: { read: 20, refused: 0 } })
    expect(again).toEqual(answers.get(b) ?? again)
  }
  await server.kill()
  platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
  shop = (await platform.workspaces.byName('shop'))!
  app = await makeApp(platform)
  expect(
    await shop.engine.rows(sql`select count(*) as members, count(distinct points) as batches from members`),
  ).toEqual([{ members: 180, batches: 9 }])
  const rows = await shop.engine.rows(
    sql`select count(*) as n, count(distinct member_id) as members from import_members`,
  )
  expect(rows).toEqual([{ n: 180, members: 180 }])
})

async function serve(data: string): Promise<{ address: string; kill(): Promise<void> }> {
  const script = fileURLToPath(new URL('served.fixture.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [script, data, now.toISOString()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [said] = (await Promise.race([once(child.stdout!, 'data'), exited])) as [Buffer]
  return {
    address: String(said).trim(),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
