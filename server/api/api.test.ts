import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeApp } from '../app.ts'
import { campaignLedger } from '../coupons/counts.ts'
import { plainTerms } from '../coupons/terms.ts'
import { addLaunch, couponFor } from '../coupons/issued-coupons.fixture.ts'
import { revokeOpenCoupons } from '../coupons/revoke.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { createKey, type Scope, revokeKey } from './keys.ts'

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let now: Date
let shop: string
let otherShop: string
let till: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-api-'))
  now = new Date('2026-11-22T04:00:00Z')
  platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
  const made = ['shop', 'other'].map((name) =>
    platform.workspaces.create({ name, currency: 'CNY', timeZone: 'Asia/Shanghai' }),
  )
  ;[shop, otherShop] = (await Promise.all(made)).map((workspace) => workspace!.id) as [string, string]
  app = await makeApp(platform)
  till = await keyFor(shop, 'redemptions')
})
afterEach(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const keyFor = async (workspaceId: string, ...scopes: Scope[]) =>
  (await createKey(platform.store, platform.clock, { workspaceId, name: 'Till', scopes, actor: 'owner' })).key

const withKey = (key: string | null) => (key === null ? {} : { authorization: `Bearer ${key}` })

async function redeem(
  body: Record<string, unknown>,
  { key = till, idempotencyKey = randomUUID() }: { key?: string | null; idempotencyKey?: string | null } = {},
) {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/redemptions',
    headers: {
      ...withKey(key),
      ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
      'content-type': 'application/json',
    },
    payload: JSON.stringify(body),
  })
  return {
    status: answer.statusCode,
    type: answer.headers['content-type'],
    text: answer.body,
    said: answer.json(),
  }
}

const call = async (method: 'GET' | 'POST', path: string, key: string | null = till) => {
  const answer = await app.inject({ method, url: `/api/v1${path}`, headers: withKey(key) })
  return { status: answer.statusCode, headers: answer.headers, said: answer.json() }
}

const basket = (code: string, differs: Record<string, unknown> = {}) => ({
  code,
  orderId: 'R-1',
  memberId: 'm1',
  amountMinor: 10_000,
  ...differs,
})

describe('POST /api/v1/redemptions', () => {
  it('redeems, however the code is written, and answers with what to take off', async () => {
    const coupon = couponFor('m1', { offer: { kind: 'percent', percent: 15, capMinor: 1_200 } })
    const { campaignId } = await addLaunch(platform.store, shop, [coupon])
    const typed = coupon.code.toLowerCase().replace(/^(.{4})(.{4})/, '$1-$2 ')
    const { status, said } = await redeem(basket(typed, { storeId: 'Nanjing Road', lines: [] }))
    expect(status).toBe(201)
    expect(said).toEqual({
      redemptionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      code: coupon.code,
      discountMinor: 1_200,
    })
    expect(await campaignLedger(platform.store, shop, campaignId, now)).toMatchObject({
      issued: 1,
      open: 0,
      redeemed: 1,
      redeemers: 1,
      discountMinor: 1_200,
    })
  })

  it('says why in the language of the till, the same bytes each time', async () => {
    const coupon = couponFor('m1', { minSpendMinor: 20_000 })
    await addLaunch(platform.store, shop, [coupon])
    const ask = (language: string, body: object, key = till) =>
      app.inject({
        method: 'POST',
        url: '/api/v1/redemptions',
        headers: { ...withKey(key), 'idempotency-key': 'one', 'accept-language': language },
        payload: body,
      })
    const chinese = await ask('zh-CN,zh;q=0.9', basket(coupon.code))
    expect(chinese.json()).toMatchObject({ code: 'min_spend', title: '未达使用门槛', minSpendMinor: 20_000 })
    expect(chinese.headers['content-language']).toBe('zh-CN')
    expect((await ask('zh', basket(coupon.code))).body).toBe(chinese.body)
    expect((await ask('en-GB', basket(coupon.code))).json().title).toBe('Below the minimum spend')
    expect((await ask('zh', basket(coupon.code), 'no key')).json().detail).toMatch(/^请以“Authorization/)
    const wrong = (await ask('zh', basket(coupon.code, { amountMinor: 'ten' }))).json()
    expect(wrong).toMatchObject({ code: 'malformed', title: '请求有误' })
    expect(wrong.detail).toMatch(/^amountMinor：[^A-Z]*[一-鿿].*。请参阅/)
  })

  it('refuses with the status and the code of the definitions', async () => {
    const early = couponFor('m1', { validFrom: '2026-11-23T00:00:00.000Z' })
    const late = couponFor('m1', { validTo: '2026-11-22T04:00:00.000Z' })
    const large = couponFor('m1', { minSpendMinor: 10_001 })
    const plain = couponFor('m1')
    const withdrawn = couponFor('m1')
    const unpublished = couponFor('m1')
    await addLaunch(platform.store, shop, [early, late, large, plain])
    await addLaunch(platform.store, shop, [unpublished], { published: false })
    const cancelled = await addLaunch(platform.store, shop, [withdrawn])
    await revokeOpenCoupons(platform.store, {
      workspaceId: shop,
      campaignId: cancelled.campaignId,
      actor: 'owner',
      at: now,
    })
    const foreign = couponFor('m1')
    await addLaunch(platform.store, otherShop, [foreign])

    const refused = async (body: Record<string, unknown>) => {
      const { status, type, said } = await redeem(body)
      expect(type).toContain('application/problem+json')
      expect(said.status).toBe(status)
      return `${status} ${said.code}`
    }
    expect(await refused(basket('no code at all'))).toBe('404 unknown')
    expect(await refused(basket(couponFor('m1').code))).toBe('404 unknown')
    expect(await refused(basket(foreign.code))).toBe('404 unknown')
    expect(await refused(basket(unpublished.code))).toBe('404 unknown')
    expect(await refused(basket(early.code))).toBe('409 not_yet_valid')
    expect(await refused(basket(late.code))).toBe('409 expired')
    expect(await refused(basket(large.code))).toBe('409 min_spend')
    expect(await refused(basket(withdrawn.code))).toBe('409 revoked')
    expect(await refused(basket(plain.code, { memberId: 'm2' }))).toBe('409 wrong_member')
    expect(await refused(basket(plain.code, { memberId: undefined }))).toBe('409 wrong_member')
    expect((await redeem(basket(plain.code))).status).toBe(201)
    expect(await refused(basket(plain.code))).toBe('409 used')
  })

  it('answers the same key and body again byte for byte, a refusal too, and refuses another body', async () => {
    const coupon = couponFor('m1', { minSpendMinor: 5_000 })
    await addLaunch(platform.store, shop, [coupon])
    const first = await redeem(basket(coupon.code), { idempotencyKey: 'one' })
    const refused = await redeem(basket(coupon.code, { amountMinor: 4_999 }), { idempotencyKey: 'two' })
    expect([first.status, refused.said.code]).toEqual([201, 'used'])
    now = new Date('2027-11-22T04:00:00Z')
    expect(await redeem(basket(coupon.code), { idempotencyKey: 'one' })).toEqual(first)
    expect(await redeem(basket(coupon.code, { amountMinor: 4_999 }), { idempotencyKey: 'two' })).toEqual(
      refused,
    )
    for (const differs of [{ amountMinor: 10_001 }, { orderId: 'R-2' }, { storeId: 'elsewhere' }]) {
      const other = await redeem(basket(coupon.code, differs), { idempotencyKey: 'one' })
      expect([other.status, other.said.code]).toEqual([422, 'idempotency_key_reused'])
    }
    const elsewhere = await redeem(basket(coupon.code), {
      idempotencyKey: 'one',
      key: await keyFor(otherShop, 'redemptions'),
    })
    expect(elsewhere.said.code).toBe('unknown')
  })

  it('redeems a single-use code once in 200 attempts at the same time', async () => {
    const coupon = couponFor('m1')
    const { campaignId } = await addLaunch(platform.store, shop, [coupon])
    const answers = await Promise.all(Array.from({ length: 200 }, () => redeem(basket(coupon.code))))
    const counted = Map.groupBy(answers, ({ status, said }) => `${status} ${said.code}`)
    expect(counted.get(`201 ${coupon.code}`)).toHaveLength(1)
    expect(counted.get('409 used')).toHaveLength(199)
    expect(await campaignLedger(platform.store, shop, campaignId, now)).toMatchObject({
      redeemed: 1,
      open: 0,
    })
  })

  it('gives 200 attempts with one key at the same time the one answer', async () => {
    const coupon = couponFor('m1', { usesAllowed: 5 })
    const { campaignId } = await addLaunch(platform.store, shop, [coupon])
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => redeem(basket(coupon.code), { idempotencyKey: 'same' })),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(await campaignLedger(platform.store, shop, campaignId, now)).toMatchObject({
      redeemed: 1,
      open: 4,
    })
  })

  it('refuses what is malformed before anything is decided', async () => {
    const coupon = couponFor('m1')
    await addLaunch(platform.store, shop, [coupon])
    const wrong: Record<string, unknown>[] = [
      { ...basket(coupon.code), amountMinor: 12.5 },
      { ...basket(coupon.code), amountMinor: 0 },
      { ...basket(coupon.code), amountMinor: '10000' },
      { ...basket(coupon.code), orderId: undefined },
      { ...basket(''), lines: 'none' },
      {
        ...basket(coupon.code),
        amountMinor: 100,
        lines: [{ sku: 'a', category: 'tea', quantity: 1, amountMinor: 101 }],
      },
      {},
    ]
    for (const body of wrong) {
      const { status, said } = await redeem(body)
      expect([status, said.code]).toEqual([422, 'malformed'])
    }
    const noKey = await redeem(basket(coupon.code), { idempotencyKey: null })
    expect([noKey.status, noKey.said.code]).toEqual([422, 'idempotency_key_missing'])
    const sent = (payload: string, type: string) =>
      app.inject({
        method: 'POST',
        url: '/api/v1/redemptions',
        headers: { ...withKey(till), 'idempotency-key': 'k', 'content-type': type },
        payload,
      })
    for (const [payload, type] of [
      ['{', 'application/json'],
      ['a=b', 'text/plain'],
      ['null', 'application/json'],
    ] as const)
      expect((await sent(payload, type)).json()).toMatchObject({ status: 422, code: 'malformed' })
    expect((await redeem(basket(coupon.code))).status).toBe(201)
  })
})

describe('keys', () => {
  it('are needed, end when revoked, and only do what their scopes say', async () => {
    const coupon = couponFor('m1')
    await addLaunch(platform.store, shop, [coupon])
    for (const key of [null, 'reveille_nonsense', platform.ownerToken]) {
      const { status, said } = await redeem(basket(coupon.code), { key })
      expect([status, said.code]).toEqual([401, 'unauthorized'])
    }
    const orders = await keyFor(shop, 'orders')
    const { status, said } = await redeem(basket(coupon.code), { key: orders })
    expect([status, said.code]).toEqual([403, 'wrong_scope'])
    expect((await call('POST', '/orders/R-1/cancel', till)).status).toBe(403)

    const made = await createKey(platform.store, platform.clock, {
      workspaceId: shop,
      name: 'Lost till',
      scopes: ['redemptions'],
      actor: 'owner',
    })
    expect((await call('GET', `/coupons/${coupon.code}`, made.key)).status).toBe(200)
    const which = { id: made.id, actor: 'owner' }
    expect(await revokeKey(platform.store, platform.clock, { ...which, workspaceId: otherShop })).toBe(false)
    expect(await revokeKey(platform.store, platform.clock, { ...which, workspaceId: shop })).toBe(true)
    expect((await call('GET', `/coupons/${coupon.code}`, made.key)).status).toBe(401)
  })

  it('are nowhere kept', async () => {
    const rows = await platform.store.selectFrom('api_keys').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(till.slice(15))
  })

  it('say how much they may still ask for', async () => {
    const { headers } = await call('GET', `/coupons/nothing`)
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '300000', 'x-ratelimit-remaining': '299999' })
  })
})

describe('looking and cancelling', () => {
  it('shows a coupon without using it', async () => {
    const coupon = couponFor('m1', { usesAllowed: 2, minSpendMinor: 3_000 })
    await addLaunch(platform.store, shop, [coupon])
    const shown = {
      code: coupon.code,
      state: 'open',
      sentence: expect.stringMatching(
        /^¥5.00 off when spending ¥30.00 or more, good through .*; 2 uses per member\.$/,
      ),
      offer: { kind: 'amount', amountMinor: 500 },
      minSpendMinor: 3_000,
      terms: { ...plainTerms, usesPerCoupon: 2 },
      validFrom: coupon.validFrom,
      validTo: coupon.validTo,
      usesAllowed: 2,
      usesLeft: 2,
      needsMember: true,
    }
    for (let time = 0; time < 2; time++)
      expect((await call('GET', `/coupons/${coupon.code}`)).said).toEqual(shown)
    await redeem(basket(coupon.code))
    expect((await call('GET', `/coupons/${coupon.code}`)).said).toEqual({ ...shown, usesLeft: 1 })
    now = new Date('2026-12-01T00:00:00Z')
    expect((await call('GET', `/coupons/${coupon.code}`)).said.state).toBe('expired')
    const other = await keyFor(otherShop, 'redemptions')
    expect((await call('GET', `/coupons/${coupon.code}`, other)).said.code).toBe('unknown')
    expect((await call('GET', `/coupons/${coupon.code}/image`, other)).said.code).toBe('unknown')
    for (const [query, type, start] of [
      ['', 'image/svg+xml', '<?xml'],
      ['?symbol=code128&type=png', 'image/png', '\x89PNG'],
    ] as const) {
      const url = `/api/v1/coupons/${coupon.code}/image${query}`
      const picture = await app.inject({ url, headers: withKey(till) })
      expect([picture.statusCode, picture.headers['content-type']]).toEqual([200, type])
      expect(picture.rawPayload.toString('latin1', 0, 5).startsWith(start)).toBe(true)
    }
  })

  it('gives a cancelled use back once, and not after validity', async () => {
    const coupon = couponFor('m1')
    await addLaunch(platform.store, shop, [coupon])
    const first = (await redeem(basket(coupon.code))).said.redemptionId as string
    const stranger = await keyFor(otherShop, 'redemptions')
    expect((await call('POST', `/redemptions/${first}/cancel`, stranger)).status).toBe(404)
    const cancelled = await call('POST', `/redemptions/${first}/cancel`)
    expect(cancelled.said).toMatchObject({ redemptionId: first, discountMinor: 500, restored: true })
    expect((await call('POST', `/redemptions/${first}/cancel`)).said).toEqual(cancelled.said)
    const second = (await redeem(basket(coupon.code))).said.redemptionId as string
    expect((await redeem(basket(coupon.code))).said.code).toBe('used')
    now = new Date('2026-12-02T00:00:00Z')
    expect((await call('POST', `/redemptions/${second}/cancel`)).said.restored).toBe(false)
    expect((await redeem(basket(coupon.code))).said.code).toBe('expired')
  })

  it('cancels every redemption of an order', async () => {
    const coupons = [couponFor('m1'), couponFor('m1'), couponFor('m1')]
    await addLaunch(platform.store, shop, coupons)
    for (const [index, { code }] of coupons.entries())
      await redeem(basket(code, { orderId: index === 2 ? 'R 2/b' : 'R-1' }))
    const orders = await keyFor(shop, 'orders')
    const { said } = await call('POST', '/orders/R-1/cancel', orders)
    expect(said.cancelled.map(({ code }: { code: string }) => code)).toEqual([
      coupons[0]!.code,
      coupons[1]!.code,
    ])
    expect((await call('POST', '/orders/R%202%2Fb/cancel', orders)).said.cancelled).toHaveLength(1)
    expect((await call('POST', '/orders/R-3/cancel', orders)).status).toBe(404)
  })
})

it('describes every address it has, and answers any other with a problem', async () => {
  const { said } = await call('GET', '/openapi.json', null)
  expect(Object.keys(said.paths)).toEqual([
    '/api/v1/redemptions',
    '/api/v1/coupons/{code}',
    '/api/v1/coupons/{code}/image',
    '/api/v1/redemptions/{redemptionId}/cancel',
    '/api/v1/quotes',
    '/api/v1/reservations',
    '/api/v1/reservations/{reservationId}/confirm',
    '/api/v1/reservations/{reservationId}/release',
    '/api/v1/members/{memberId}/wallet',
    '/api/v1/orders',
    '/api/v1/orders/{orderId}/cancel',
    '/api/v1/members',
    '/api/v1/events',
    '/api/v1/segments/{id}/members',
    '/api/v1/campaigns',
    '/api/v1/campaigns/{campaignId}/effect',
    '/api/v1/campaigns/{campaignId}/member-days',
    '/api/v1/metrics',
    '/api/v1/digest',
    '/api/v1/metrics/{name}',
    '/api/v1/channels',
    '/api/v1/channels/sending',
    '/api/v1/channels/mail',
    '/api/v1/channels/returns',
    '/api/v1/channels/sms',
    '/api/v1/channels/wechat',
  ])
  const post = said.paths['/api/v1/redemptions'].post
  expect(Object.keys(post.responses)).toEqual(['201', '401', '403', '404', '409', '413', '422', '429', '500'])
  expect(post.parameters).toMatchObject([{ name: 'idempotency-key', in: 'header', required: true }])
  for (const path of ['/nothing', '/redemptions', '/', '/coupons/%ff', '/orders/100%/cancel'])
    expect((await call('GET', path)).said).toMatchObject({ status: 404, code: 'not_found' })
})
