import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { OpenAPIClientAxios, type Document, type OpenAPIClient } from 'openapi-client-axios'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { keepStanding } from '../campaigns/standing/keeper.ts'
import { addLaunch, couponFor } from '../coupons/issued-coupons.fixture.ts'
import { plainTerms } from '../coupons/terms.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { createKey } from './keys.ts'

// The client is made from the document that the server gives out, and knows nothing else. What is sent and what is
// answered is held against the same document.

type Operation = {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly requestBody?: { readonly content: Record<string, unknown> }
  readonly responses: Record<string, { readonly content?: Record<string, unknown> }>
}

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let client: OpenAPIClient
let operations: Map<string, { at: string; operation: Operation }>
let ajv: Ajv2020
const seen = new Map<string, Set<number>>()
const coupons = {
  five: couponFor('m1'),
  ten: couponFor('m1', { offer: { kind: 'amount', amountMinor: 1_000 } }),
  gift: couponFor('m1', { offer: { kind: 'gift', gift: 'mug', worthMinor: 3_000 } }),
  tea: couponFor('m1', { terms: { ...plainTerms, only: { categories: ['tea'] } } }),
  once: couponFor('m2'),
  free: couponFor(null, { usesAllowed: 5 }),
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-client-'))
  platform = await openPlatform(folder, { now: () => new Date('2026-11-22T04:00:00Z') }, { threads: 1 })
  const shop = (await platform.workspaces.create({ name: 's', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  await addLaunch(platform.store, shop.id, Object.values(coupons))
  app = await makeApp(platform)
  const base = await app.listen({ port: 0, host: '127.0.0.1' })
  const { key } = await createKey(platform.store, platform.clock, {
    workspaceId: shop.id,
    name: 'Till',
    scopes: ['redemptions', 'orders', 'campaigns'],
    actor: 'owner',
  })
  const document = (await (await fetch(`${base}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>
  }
  operations = new Map(
    Object.entries(document.paths).flatMap(([path, ofPath]) =>
      Object.entries(ofPath).map(([method, operation]) => [
        operation.operationId,
        { at: `#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}`, operation },
      ]),
    ),
  )
  ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'document')
  client = await new OpenAPIClientAxios({
    definition: structuredClone(document) as unknown as Document,
    axiosConfigDefaults: {
      baseURL: base,
      headers: { authorization: `Bearer ${key}` },
      validateStatus: () => true,
    },
  }).init()
})
afterAll(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const broken = (pointer: string, value: unknown): string | null => {
  const check = ajv.getSchema(`document${pointer}`)
  if (!check) throw new Error(`The document has no ${pointer}.`)
  return check(value) ? null : ajv.errorsText(check.errors)
}
const inPointer = (text: string) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))

/** Asks as the document says, and holds what came against what it promises. */
async function call(
  name: string,
  { params = {}, body, key }: { params?: Record<string, string>; body?: unknown; key?: string | null } = {},
): Promise<{ status: number; data: Record<string, unknown> }> {
  const { at, operation } = operations.get(name)!
  const wanted = `${at}/requestBody/content/${inPointer('application/json')}/schema`
  expect(body !== undefined && operation.requestBody ? broken(wanted, body) : null).toBeNull()
  const headers = key === null ? {} : { 'idempotency-key': key ?? randomUUID() }
  const answer = await client[name]!(params, body as never, { headers })
  const { status, data } = answer
  seen.set(name, (seen.get(name) ?? new Set()).add(status))
  const content = operation.responses[status]?.content
  expect(content, `${name} answers ${status}, which the document does not know`).toBeDefined()
  const type = String(answer.headers['content-type']).split(';')[0]!
  expect(Object.keys(content!)).toContain(type)
  const schema = `${at}/responses/${status}/content/${inPointer(type)}/schema`
  expect(type.endsWith('json') ? broken(schema, data) : null).toBeNull()
  return { status, data }
}

const basket = { memberId: 'm1', amountMinor: 8_000 }

test('quotes, reserves, confirms and releases as the document says', async () => {
  const { data: wallet } = await call('walletOf', { params: { memberId: 'm1' } })
  expect((wallet.coupons as unknown[]).length).toBe(4)
  const { data: quote } = await call('quote', {
    body: { ...basket, codes: [coupons.free.code, 'none such'], points: { worthMinor: 300 } },
  })
  const { codes } = quote.best as { codes: string[] }
  expect(codes).toEqual(expect.arrayContaining([coupons.five.code, coupons.ten.code, coupons.gift.code]))

  const key = randomUUID()
  const wish = { ...basket, orderId: 'R-1', codes: [coupons.five.code, coupons.gift.code] }
  const held = await call('reserve', { body: wish, key })
  expect(held.status).toBe(201)
  expect((await call('reserve', { body: wish, key })).data).toEqual(held.data)
  expect((await call('reserve', { body: { ...wish, orderId: 'R-2' }, key })).status).toBe(422)
  expect((await call('reserve', { body: wish })).data).toMatchObject({ code: 'held' })
  const params = { reservationId: held.data.reservationId as string }
  expect((await call('confirmReservation', { params })).status).toBe(200)
  expect((await call('releaseReservation', { params })).data).toMatchObject({ code: 'confirmed' })
  const { data: other } = await call('reserve', {
    body: { ...basket, orderId: 'R-3', codes: [coupons.ten.code] },
  })
  const let_ = { reservationId: other.reservationId as string }
  expect((await call('releaseReservation', { params: let_ })).status).toBe(200)
  expect((await call('confirmReservation', { params: let_ })).status).toBe(409)
  for (const name of ['confirmReservation', 'releaseReservation'])
    expect((await call(name, { params: { reservationId: 'none such' } })).status).toBe(404)
})

test('redeems, cancels one and a whole order, and refuses as the document says', async () => {
  const redeem = (body: object, key?: string | null) =>
    call('redeem', { body, ...(key === undefined ? {} : { key }) })
  const wish = { code: coupons.once.code, orderId: 'R-4', memberId: 'm2', amountMinor: 2_000 }
  expect((await call('lookUpCoupon', { params: { code: coupons.once.code } })).data).toMatchObject({
    state: 'open',
  })
  expect((await redeem({ ...wish, memberId: 'm9' })).data).toMatchObject({ code: 'wrong_member' })
  expect((await redeem({ ...wish, code: 'none such' })).status).toBe(404)
  expect((await redeem(wish, null)).data).toMatchObject({ code: 'idempotency_key_missing' })
  expect((await redeem({ ...wish, code: coupons.tea.code, memberId: 'm1' })).data).toMatchObject({
    code: 'out_of_scope',
  })
  const line = { sku: '1', category: 'tea', quantity: 1, amountMinor: 2_000 }
  expect((await redeem({ ...wish, code: coupons.tea.code, memberId: 'm1', lines: [line] })).status).toBe(201)
  const redeemed = await redeem(wish)
  expect(redeemed.status).toBe(201)
  expect((await redeem(wish)).data).toMatchObject({ code: 'used' })
  const params = { redemptionId: redeemed.data.redemptionId as string }
  expect((await call('cancelRedemption', { params })).data).toMatchObject({ restored: true })
  expect((await call('cancelRedemption', { params: { redemptionId: 'none such' } })).status).toBe(404)
  expect((await call('cancelOrder', { params: { orderId: 'R-4' } })).status).toBe(200)
  expect((await call('cancelOrder', { params: { orderId: 'none such' } })).status).toBe(404)
  expect((await call('pictureOfCode', { params: { code: coupons.free.code } })).status).toBe(200)
})

test('tells what campaigns brought as the document says, of those launched once and of those that stand', async () => {
  const workspace = (await platform.workspaces.byName('s'))!
  await workspace.engine.transaction(async (session) => {
    await session.run(sql`insert into members (member_key, member_id, consent)
      select cast(range + 1 as integer), 'M' || cast(range + 1 as varchar), 'granted' from range(400)`)
    await session.run(sql`insert into orders
      select range + 1, 'O' || cast(range + 1 as varchar), cast(range + 1 as integer), timestamp '2026-11-20 04:00:00',
        date '2026-11-20', 12, 'East', 'shop', 'paid', 10000, 0, 10000, null, null from range(400)`)
    await refreshDerivedTables(session, {}, '2026-11-22')
  })
  const caller = createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace,
    role: 'owner',
    language: 'en',
  })
  const definition = {
    name: 'Once',
    segment: 'everyone',
    offer: { kind: 'amount' as const, amountMinor: 1000 },
    validDays: 5,
    holdout: 0.25,
    budgetMinor: 10_000_000,
    channel: { kind: 'csv' as const },
  }
  const once = await caller.campaigns.create(definition)
  const params = (campaignId: string) => ({ params: { campaignId } })
  expect((await call('effectOfCampaign', params(once.campaignId))).data).toMatchObject({
    code: 'not_launched',
  })
  const preview = await caller.campaigns.preview(once)
  await caller.campaigns.launch({ ...once, digest: preview.digest, confirm: preview.confirmations })
  const standing = await caller.campaigns.create({
    ...definition,
    name: 'Stands',
    standing: {
      coolDownDays: 1,
      mostPerDay: 1000,
      alsoHolders: true,
      memberDays: { kind: 'monthly', days: [22] },
    },
  })
  expect((await call('memberDaysOfCampaign', params(standing.campaignId))).status).toBe(409)
  const shown = await caller.standing.preview(standing)
  await caller.standing.goLive({ ...standing, digest: shown.digest, confirm: [...shown.confirmations] })
  await keepStanding(platform, workspace)

  // two days later fifty of the treated and five held out have bought
  const arms = await platform.store
    .selectFrom('campaign_members')
    .select(['member_id', 'arm'])
    .where('campaign_id', '=', once.campaignId)
    .execute()
  const some = (arm: string, count: number) =>
    arms.flatMap((row) => (row.arm === arm ? [row.member_id.slice(1)] : [])).slice(0, count)
  await workspace.engine.transaction(async (session) => {
    for (const [nth, key] of [...some('treated', 50), ...some('held-out', 5)].entries())
      await session.run(sql`insert into orders values (${1_000 + nth}, ${`P${nth}`}, ${Number(key)},
        timestamp '2026-11-23 04:00:00', date '2026-11-23', 12, 'East', 'shop', 'paid', 5000, 0, 5000, null, null)`)
    await refreshDerivedTables(session, {}, '2026-11-23')
  })
  const { data: effect } = await call('effectOfCampaign', params(once.campaignId))
  expect(effect).toMatchObject({
    name: 'Once',
    stands: false,
    currency: 'CNY',
    asOf: '2026-11-23',
    treated: arms.filter(({ arm }) => arm === 'treated').length,
    heldOut: arms.filter(({ arm }) => arm === 'held-out').length,
    verdictText: expect.stringMatching(/proven|works/),
  })
  expect((effect.outcomes as { outcome: string; treated: unknown }[])[0]).toMatchObject({
    outcome: 'buyers',
    treated: { numerator: 50 },
    heldOut: { numerator: 5 },
  })
  expect((effect.timeline as unknown[]).length).toBe(2)
  expect((await call('effectOfCampaign', params(standing.campaignId))).data).toMatchObject({
    stands: true,
    verdict: 'no-data-yet',
    entries: { counted: 0 },
  })
  expect((await call('memberDaysOfCampaign', params(standing.campaignId))).data).toMatchObject({
    days: [{ day: '2026-11-22', netMinor: 0, comparedWith: [] }],
  })
  for (const name of ['effectOfCampaign', 'memberDaysOfCampaign'])
    expect((await call(name, params('none such'))).status).toBe(404)
  expect((await call('memberDaysOfCampaign', params(once.campaignId))).status).toBe(404)
  const { data } = await call('listCampaigns')
  const names = (data.campaigns as { name: string }[]).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['Once', 'Stands']))
})

test('what the document does not allow is refused, and every operation on coupons was asked', async () => {
  const at = `${operations.get('redeem')!.at}/requestBody/content/${inPointer('application/json')}/schema`
  const wish = { code: coupons.free.code, orderId: 'R-5', amountMinor: 2_000 }
  const wrong = [
    { ...wish, amountMinor: 0 },
    { ...wish, amountMinor: 1.5 },
    { ...wish, orderId: undefined },
    {},
  ]
  for (const body of wrong) {
    expect(broken(at, structuredClone(JSON.parse(JSON.stringify(body))))).not.toBeNull()
    const answer = await client.redeem!({}, body as never, { headers: { 'idempotency-key': randomUUID() } })
    expect([answer.status, answer.data.code]).toEqual([422, 'malformed'])
  }
  const ofCoupons = [...operations.values()].filter(({ operation }) =>
    operation.tags?.includes('Redemptions'),
  )
  expect(ofCoupons.length).toBeGreaterThanOrEqual(9)
  expect(ofCoupons.map(({ operation }) => operation.operationId).filter((name) => !seen.has(name))).toEqual(
    [],
  )
})
