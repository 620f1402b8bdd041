import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { createKey, type Scope } from './keys.ts'

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let shop: Workspace
let other: Workspace
let key: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-orders-'))
  platform = await openPlatform(folder, { now: () => new Date('2026-11-22T04:00:00Z') }, { threads: 1 })
  shop = (await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  other = (await platform.workspaces.create({ name: 'other', currency: 'JPY', timeZone: 'Asia/Tokyo' }))!
  app = await makeApp(platform)
  key = await keyFor(shop, 'orders')
})
afterEach(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const keyFor = async ({ id }: Workspace, ...scopes: Scope[]) =>
  (await createKey(platform.store, platform.clock, { workspaceId: id, name: 'ERP', scopes, actor: 'owner' }))
    .key

async function send(orders: unknown, idempotencyKey: string, as = key, language = 'en') {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/orders',
    headers: {
      authorization: `Bearer ${as}`,
      'idempotency-key': idempotencyKey,
      'accept-language': language,
    },
    payload: { orders },
  })
  return { status: answer.statusCode, said: answer.json() }
}
const order = (orderId: string, differs: object = {}) => ({
  orderId,
  memberId: 'm1',
  orderedAt: '2026-11-20T23:30:00+08:00',
  amountMinor: 12_345,
  ...differs,
})
const kept = ({ engine }: Workspace) =>
  engine.rows(sql`select order_id, member_id, local_day, state, net_minor, void_day from orders
    left join members on members.member_key = orders.member_key order by order_id`)

test('orders come in as an import: totals, lines, guests, states, refunds', async () => {
  const taken = await send(
    [
      order('A'),
      order('B', {
        amountMinor: undefined,
        memberId: 'm2',
        lines: [{ sku: '1', category: '茶', quantity: 2, amountMinor: 500 }, { amountMinor: 100 }],
      }),
      order('C', { memberId: undefined, lines: [{ amountMinor: 12_000 }] }),
      order('D', { state: 'closed' }),
      order('E', { refundedMinor: 12_345, refundedAt: '2026-11-21T00:00:00Z' }),
      // Two lines of 50 each, 50 given back of the order.
      order('F', {
        memberId: 'm3',
        amountMinor: undefined,
        refundedMinor: 5000,
        lines: [{ amountMinor: 5000 }, { amountMinor: 5000 }],
      }),
    ],
    'k1',
  )
  expect(taken).toMatchObject({ status: 200, said: { read: 8, imported: 8, unchanged: 0, refused: 0 } })
  const row = { memberId: 'm1', localDay: '2026-11-20', state: 'paid', netMinor: 12_345, voidDay: null }
  expect(await kept(shop)).toEqual([
    { ...row, orderId: 'A' },
    { ...row, orderId: 'B', memberId: 'm2', netMinor: 600 },
    { ...row, orderId: 'C', memberId: null },
    { ...row, orderId: 'D', state: 'closed' },
    { ...row, orderId: 'E', voidDay: '2026-11-21' },
    { ...row, orderId: 'F', memberId: 'm3', netMinor: 10_000 },
  ])
  expect(
    await shop.engine.rows(
      sql`select sum(amount_minor) as back from refunds where order_key = (select order_key from orders where order_id = 'F')`,
    ),
  ).toEqual([{ back: 5000 }])
  expect(await shop.engine.rows(sql`select import_id, identity from imports`)).toEqual([
    { importId: taken.said.importId, identity: 'order' },
  ])
  expect(readdirSync(join(folder, 'uploads'))).toEqual([])
})

test('sent again it changes nothing, by key and by content; a changed order is restated', async () => {
  const first = await send([order('A'), order('B')], 'k1')
  expect(await send([order('A'), order('B')], 'k1')).toEqual(first)
  expect((await send([order('A')], 'k1')).said).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  expect((await send([order('A'), order('B')], 'k2')).said).toMatchObject({ imported: 0, unchanged: 2 })
  expect((await send([order('A', { amountMinor: 1 })], 'k3')).said).toMatchObject({ imported: 1 })
  expect((await kept(shop)).map(({ netMinor }) => netMinor)).toEqual([1, 12_345])
})

test('batches at once are taken one after the other, each once', async () => {
  const sent = Array.from({ length: 6 }, (_, i) => send([order(`O${i % 3}`)], `k${i % 3}`))
  const answers = await Promise.all(sent)
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
  expect(await kept(shop)).toHaveLength(3)
  expect(await shop.engine.rows(sql`select count(*) as n from imports`)).toEqual([{ n: 3 }])
})

test('what the disk refuses is no fault of the batch: sent again, it is there once', async () => {
  vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => void vi.restoreAllMocks())
  const { store } = platform
  const mixed = [order('A'), order('B', { orderedAt: '2027-11-20T00:00:00Z' })]
  writeFileSync(join(folder, 'imports'), 'a file where refused rows would be kept')
  expect((await send(mixed, 'k')).said).toMatchObject({ status: 500, code: 'internal' })
  rmSync(join(folder, 'imports'))
  expect(await kept(shop)).toEqual([])

  const insertInto = store.insertInto.bind(store)
  store.insertInto = (table) => {
    if (table === 'order_batches') throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    return insertInto(table)
  }
  expect((await send(mixed, 'k')).said).toMatchObject({ status: 507, code: 'disk_full' })
  store.insertInto = insertInto
  expect(await send(mixed, 'k')).toMatchObject({
    status: 200,
    said: {
      read: 2,
      imported: 0,
      unchanged: 1,
      refused: 1,
      refusedRows: [{ index: 1, code: 'future-date' }],
    },
  })
  expect(await kept(shop)).toHaveLength(1)
  expect(await shop.engine.rows(sql`select count(*) as n from imports`)).toEqual([{ n: 1 }])
})

test('money is in the minor units of the workspace of the key', async () => {
  expect((await send([order('A', { amountMinor: 1500 })], 'k', await keyFor(other, 'orders'))).status).toBe(
    200,
  )
  expect(await kept(other)).toMatchObject([{ netMinor: 1500 }])
  expect(await kept(shop)).toEqual([])
})

test('what is malformed is refused as a whole, in the language of the caller', async () => {
  expect((await send([order('A')], 'k', await keyFor(shop, 'redemptions'))).status).toBe(403)
  for (const wrong of [
    [],
    [order('A', { orderedAt: '2026-11-20' })],
    [order('')],
    [order('A', { amountMinor: 1.5 })],
    'x',
  ])
    expect((await send(wrong, 'k')).said).toMatchObject({ status: 422, code: 'malformed' })
  const nothing = [order('B'), order('A', { amountMinor: undefined })]
  expect((await send(nothing, 'k')).said.detail).toContain('orders/1/amountMinor: give amountMinor, or lines')
  expect((await send(nothing, 'k', key, 'zh-CN')).said.detail).toContain('请给出 amountMinor')
  expect((await send([order('A', { orderedAt: '2027-11-20T00:00:00Z' })], 'k')).said).toMatchObject({
    status: 422,
    code: 'malformed',
    detail: expect.stringContaining('future') as string,
  })
  expect(await kept(shop)).toEqual([])
})

test('an order in another currency is refused, one in the workspace’s is taken', async () => {
  const mixed = [order('A', { currency: 'CNY' }), order('B', { currency: 'USD' }), order('C')]
  expect((await send(mixed, 'k1')).said).toMatchObject({
    imported: 2,
    refused: 1,
    refusedRows: [{ index: 1, field: 'currency', code: 'other-currency' }],
  })
  expect((await kept(shop)).map(({ orderId }) => orderId)).toEqual(['A', 'C'])
  const foreign = await send([order('D', { currency: 'USD' })], 'k2')
  expect(foreign.said).toMatchObject({ status: 422, code: 'malformed' })
  expect(foreign.said.detail).toContain('USD')
  expect(await kept(shop)).toHaveLength(2)
})

test('an order twice in one batch is refused with its place, and counts never twice', async () => {
  const twice = [order('A'), order('B'), order('A')]
  expect((await send(twice, 'k1')).said.detail).toBe(
    'orders/2/orderId: stands in this batch already; send each order once, with all its lines. See /api/v1/openapi.json.',
  )
  expect((await send(twice, 'k1', key, 'zh-CN')).said.detail).toContain('orders/2/orderId：与本批')
  expect(await kept(shop)).toEqual([])
})
