import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueryCreator } from 'kysely'
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
  const mixed = [order('A'), order('B', { orderedAt: '2027-11-20T00:00:00Z' })]
  writeFileSync(join(folder, 'imports'), 'a file where refused rows would be kept')
  expect((await send(mixed, 'k')).said).toMatchObject({ status: 507, code: 'unwritable' })
  rmSync(join(folder, 'imports'))
  expect(await kept(shop)).toEqual([])

  const { insertInto } = QueryCreator.prototype
  const full = vi.spyOn(QueryCreator.prototype, 'insertInto').mockImplementation(function (
    this: QueryCreator<unknown>,
    table,
  ) {
    if (String(table) === 'order_batches')
      throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    return insertInto.call(this, table)
  })
  expect((await send(mixed, 'k')).said).toMatchObject({ status: 507, code: 'disk_full' })
  full.mockRestore()
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

test('a body that is no batch is refused as a whole, so is one of which nothing can be taken; in the language of the caller', async () => {
  expect((await send([order('A')], 'k', await keyFor(shop, 'redemptions'))).status).toBe(403)
  for (const wrong of [
    [],
    [order('A', { orderedAt: '2026-11-20' })],
    [order('')],
    [order('A', { amountMinor: 1.5 })],
    'x',
  ])
    expect((await send(wrong, 'k')).said).toMatchObject({ status: 422, code: 'malformed' })
  const nothing = [order('B', { lines: 5 }), order('A', { amountMinor: undefined })]
  expect((await send(nothing, 'k')).said).toEqual({
    title: 'Malformed request',
    status: 422,
    code: 'malformed',
    detail:
      '0/lines: Not a list; 1/amountMinor: Give amountMinor, or lines with their amounts. See /api/v1/openapi.json.',
    refusedRows: [
      { index: 0, field: 'lines', value: '5', code: 'malformed', reason: 'Not a list.' },
      {
        index: 1,
        field: 'amountMinor',
        value: null,
        code: 'malformed',
        reason: 'Give amountMinor, or lines with their amounts.',
      },
    ],
  })
  expect((await send(nothing, 'k', key, 'zh-CN')).said.detail).toContain('1/amountMinor：请给出 amountMinor')
  expect(
    (
      await send(
        Array.from({ length: 5_001 }, (_, n) => order(`${n}`)),
        'k',
      )
    ).said.detail,
  ).toContain('at most 5,000')
  expect((await send([order('A', { orderedAt: '2027-11-20T00:00:00Z' })], 'k')).said).toMatchObject({
    status: 422,
    code: 'malformed',
    detail: expect.stringContaining('future') as string,
  })
  expect(await kept(shop)).toEqual([])
})

test('null is a field left out, of an order and of its lines', async () => {
  const nulls = (fields: string) => Object.fromEntries(fields.split(' ').map((field) => [field, null]))
  const none = nulls(
    'memberId phone openid email state currency store channel region refundedMinor refundedAt',
  )
  const lines = [{ ...nulls('sku product category quantity'), amountMinor: 700 }]
  const orders = [
    { ...order('A'), ...none, lines: null },
    { ...order('B'), ...none, amountMinor: null, lines },
    { ...order('C'), orderedAt: null },
  ]
  expect((await send(orders, 'k1')).said).toMatchObject({
    imported: 2,
    refused: 1,
    refusedRows: [{ index: 2, field: 'orderedAt', reason: 'Missing; it has to be given.' }],
  })
  const left = [order('A'), { orderId: 'B', orderedAt: order('B').orderedAt, lines: [{ amountMinor: 700 }] }]
  expect((await kept(shop)).map(({ orderId, netMinor }) => [orderId, netMinor])).toContainEqual(['B', 700])
  expect((await send(left, 'k2')).said).toMatchObject({ refused: 0 })
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

test('an order twice in one batch is taken once, and the second is refused with its place', async () => {
  const twice = [order('A', { amountMinor: 'x' }), order('A'), order('B'), order('A', { amountMinor: 1 })]
  const { said } = await send(twice, 'k1')
  expect(said).toMatchObject({ read: 4, imported: 2, refused: 2 })
  expect(said.refusedRows).toEqual([
    { index: 0, field: 'amountMinor', value: 'x', code: 'malformed', reason: 'Not a number.' },
    {
      index: 3,
      field: 'orderId',
      value: 'A',
      code: 'malformed',
      reason: 'Stands in this batch already; send each order once, with all its lines.',
    },
  ])
  expect((await kept(shop)).map(({ netMinor }) => netMinor)).toEqual([12_345, 12_345])
})

test('refused orders are in a file with their places, also those that are not as they should be', async () => {
  const orders = [
    order('A'),
    order('B', { amountMinor: 'x' }),
    order('C', { orderedAt: '2027-01-01T00:00:00Z' }),
    order('D', { lines: [{ amountMinor: 100, product: 'tea' }, { amountMinor: '2' }] }),
    'no order',
    order('E', { currency: 'USD' }),
  ]
  const { said } = await send(orders, 'k1')
  expect(said).toMatchObject({ read: 7, imported: 1, refused: 6 })
  const file = join(folder, 'imports', `${said.importId}-refused.csv`)
  const text = readFileSync(file, 'utf8')
  const [titles, ...rows] = text
    .replace('\ufeff', '')
    .trimEnd()
    .split('\r\n')
    .map((row) => row.split(','))
  expect(titles!.slice(0, 5)).toEqual(['item', 'column', 'reason', 'orderId', 'memberId'])
  expect(rows.map((row) => row[0])).toEqual(['1', '2', '3', '3', '4', '5'])
  // as the answer has it, once an item
  expect(said.refusedRows.map(({ index }: { index: number }) => String(index))).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
  ])
  const column = (name: string) => rows.map((row) => row[titles!.indexOf(name)])
  expect(column('column')).toEqual([
    'amountMinor',
    'orderedAt',
    'lines/1/amountMinor',
    'lines/1/amountMinor',
    '',
    'currency',
  ])
  expect(column('memberId')).toEqual(['m1', 'm1', 'm1', 'm1', '', 'm1'])
  expect(column('amount')).toEqual(['x', '123.45', '1.00', '2', '', '123.45'])
  expect(column('product')[2]).toBe('tea')
  expect(new Set(column('reason')).size).toBe(3)
})

test('an order that is not as it should be is refused by itself, with all its lines; the same key says so again', async () => {
  const orders = [
    order('A'),
    order('B', { orderedAt: '2026-13-01' }),
    order('C', { lines: [{ amountMinor: 1 }, { amountMinor: '2' }, { amountMinor: 3 }] }),
    'no order',
    order('D', { lines: [{ amountMinor: 5, product: 'a\0b' }, { amountMinor: 7 }] }),
    order('E', { refundedMinor: 1, refundedAt: '2027-01-01T00:00:00Z' }),
    order('F', { currency: 'USD' }),
    order('', {}),
    order('G', { lines: [{ amountMinor: 5, product: '\ud83d' }] }),
  ]
  const taken = await send(orders, 'k1')
  expect(taken.said).toMatchObject({ read: 12, imported: 1, unchanged: 0, refused: 11 })
  const told = (rows: Record<string, unknown>[]) =>
    rows.map(({ index, field, value, code }) => [index, field, value, code])
  expect(told(taken.said.refusedRows)).toEqual([
    [1, 'orderedAt', '2026-13-01', 'malformed'],
    [2, 'lines/1/amountMinor', '2', 'malformed'],
    [3, null, null, 'malformed'],
    [4, 'lines/0/product', 'a\0b', 'malformed'],
    [5, 'refundedAt', '2027-01-01T00:00:00Z', 'future-date'],
    [6, 'currency', 'USD', 'other-currency'],
    [7, 'orderId', '', 'malformed'],
    [8, 'lines/0/product', '\ufffd', 'malformed'],
  ])
  expect(taken.said.refusedRows[0].reason).toBe(
    'Not a time with its zone; write it like 2026-01-31T20:31:00+08:00.',
  )
  expect(await send(orders, 'k1')).toEqual(taken)
  const chinese = (await send(orders, 'k1', key, 'zh-CN')).said
  expect(told(chinese.refusedRows)).toEqual(told(taken.said.refusedRows))
  expect(chinese.refusedRows[0].reason).toContain('带时区')
  expect((await send(orders.with(3, 'another'), 'k1')).said).toMatchObject({ code: 'idempotency_key_reused' })
  expect((await kept(shop)).map(({ orderId }) => orderId)).toEqual(['A'])
  // the history counts what the sender was told
  const [{ report, fileName }] = (await shop.engine.rows(sql`select report, file_name from imports`)) as [
    { report: string; fileName: string },
  ]
  expect(JSON.parse(report)).toMatchObject({
    read: 12,
    imported: 1,
    refused: 11,
    reasons: expect.arrayContaining([{ reason: 'malformed', field: null, rows: 9 }]) as unknown,
  })
  expect(fileName).toBe('API · ERP · 2026-11-22 12:00')
})
