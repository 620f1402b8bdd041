import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { sentAs } from '../import/kinds/batch.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { type KindField, namedFieldsOf } from '../import/kinds/kind.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { createKey, type Scope } from './keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-events-'))
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let address: string
let shop: Workspace
let key: string

beforeAll(async () => {
  platform = await openPlatform(folder, { now: () => new Date('2026-11-22T04:00:00Z') }, { threads: 1 })
  shop = (await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  app = await makeApp(platform)
  address = await app.listen({ port: 0, host: '127.0.0.1' })
  key = await keyFor('events')
})
afterAll(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const keyFor = async (scope: Scope) =>
  (
    await createKey(platform.store, platform.clock, {
      workspaceId: shop.id,
      name: 'ERP',
      scopes: [scope],
      actor: 'owner',
    })
  ).key

async function send(body: unknown, idempotencyKey: string, as = key, headers: Record<string, string> = {}) {
  const answer = await fetch(`${address}/api/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${as}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      ...headers,
    },
    body: JSON.stringify(body),
  })
  return { status: answer.status, said: (await answer.json()) as Record<string, unknown> }
}

test('products come in by their names of fields, money in minor units', async () => {
  const events = [
    { sku: '00017', name: 'Green tea', category: '茶', costMinor: 3000, listPriceMinor: 7005 },
    { sku: 'TEA-2', costMinor: -1 },
    { sku: 'TEA-3' },
  ]
  const taken = await send({ kind: 'products', events }, 'k1')
  expect(taken).toMatchObject({
    status: 200,
    said: {
      read: 3,
      imported: 2,
      refused: 1,
      refusedRows: [
        {
          index: 1,
          field: 'costMinor',
          code: 'products.negative-cost',
          reason: 'A cost can’t be negative.',
        },
      ],
    },
  })
  expect(await send({ kind: 'products', events }, 'k1')).toEqual(taken)
  expect((await send({ kind: 'products', events: [{ sku: 'TEA-4' }] }, 'k1')).said).toMatchObject({
    code: 'idempotency_key_reused',
  })
  expect((await send({ kind: 'products', events }, 'k2')).said).toMatchObject({ imported: 0, unchanged: 2 })
  expect(
    await shop.engine.rows(
      sql`select sku, name, category, cost_minor, list_price_minor from products order by sku`,
    ),
  ).toEqual([
    { sku: '00017', name: 'Green tea', category: '茶', costMinor: 3000, listPriceMinor: 7005 },
    { sku: 'TEA-3', name: null, category: null, costMinor: null, listPriceMinor: null },
  ])
  expect(await shop.engine.rows(sql`select import_id, kind from imports`)).toEqual([
    { importId: taken.said.importId, kind: 'products' },
  ])
})

/** What a shop’s system would send in the place of what the template says. */
function sent({ type, example }: KindField): string | number {
  switch (type) {
    case 'amount':
      return Math.round(Number(example) * 100)
    case 'number':
    case 'decimal':
      return Number(example)
    case 'date':
      return `${example.replace(' ', 'T')}${/\d:\d/.test(example) ? '+08:00' : ''}`
    default:
      return example
  }
}

test.each(allKinds.map((kind) => [kind.name, kind] as const))(
  'the example of %s is taken',
  async (_, kind) => {
    const event = Object.fromEntries(
      namedFieldsOf(kind).map(([name, field]) => [sentAs(name, field), sent(field)]),
    )
    const taken = await send({ kind: kind.name, events: [event] }, `example of ${kind.name}`)
    expect(taken).toMatchObject({ status: 200, said: { read: 1, imported: 1, refused: 0 } })
  },
)

test.each(allKinds.map((kind) => [kind.name, kind] as const))(
  'null is a field left out of %s',
  async (_, kind) => {
    const fields = namedFieldsOf(kind).map(([name, field]) => ({
      as: sentAs(name, field),
      value: field.needed || field.member ? sent(field) : null,
    }))
    const nulls = Object.fromEntries(fields.map(({ as, value }) => [as, value]))
    const left = Object.fromEntries(fields.flatMap(({ as, value }) => (value === null ? [] : [[as, value]])))
    const taken = await send({ kind: kind.name, events: [nulls] }, `nulls of ${kind.name}`)
    // what a kind needs besides is judged as if the field were left out
    expect(taken.said).toEqual(
      (await send({ kind: kind.name, events: [left] }, `nulls of ${kind.name}`)).said,
    )
    expect(JSON.stringify(taken.said)).not.toContain('"malformed"')
  },
)

test('an event that is not as it should be is refused by itself', async () => {
  const events = [{ sku: 'OK-1' }, { sku: 5 }, {}, { sku: 'OK-2', costMinor: 1.5 }, { sku: 'OK-3' }]
  const taken = await send({ kind: 'products', events }, 'alone')
  expect(taken.said).toMatchObject({
    read: 5,
    imported: 2,
    refused: 3,
    refusedRows: [
      { index: 1, field: 'sku', value: '5', code: 'malformed', reason: 'Not a text.' },
      { index: 2, field: 'sku', value: null, reason: 'Missing; it has to be given.' },
      { index: 3, field: 'costMinor', value: '1.5', reason: 'Not a whole number.' },
    ],
  })
  expect(await send({ kind: 'products', events }, 'alone')).toEqual(taken)
})

test('an unknown kind, a wrong scope, no batch and one of which nothing can be taken are refused as a whole', async () => {
  const events = [{ sku: 'X' }]
  expect(await send({ kind: 'products', events }, 'w', await keyFor('members'))).toMatchObject({
    status: 403,
    said: { code: 'wrong_scope' },
  })
  for (const wrong of [
    { kind: 'orders', events },
    { events },
    { kind: 'products' },
    { kind: 'products', events: [] },
    { kind: 'products', events: { sku: 'X' } },
    { kind: 'products', events: [{}] },
    { kind: 'products', events: [{ sku: 'X', costMinor: 1.5 }] },
    { kind: 'products', events: [{ sku: 5 }] },
    { kind: 'products', events: Array.from({ length: 10_001 }, (_, n) => ({ sku: `${n}` })) },
  ])
    expect(await send(wrong, 'w')).toMatchObject({ status: 422, said: { code: 'malformed' } })
  const { said } = await send({ kind: 'orders', events }, 'w')
  expect(said.detail).toContain('products, tags, points')
  const inChinese = { 'accept-language': 'zh' }
  const chinese = await send({ kind: 'nope', events }, 'w', key, inChinese)
  expect(chinese.said.detail).toContain('kind：无法识别，可填：products、tags、points')
  const tag = await send({ kind: 'tags', events: [{ memberId: 'm', tag: 5 }] }, 'w', key, inChinese)
  expect(tag.said.detail).toContain('0/tag：只能是列表或文本')
})

test('the document describes each kind with its fields', async () => {
  const document = (await (await fetch(`${address}/api/v1/openapi.json`)).json()) as {
    components: { schemas: Record<string, { properties: { events: { items: Described } } } & Described> }
  }
  interface Described {
    readonly required?: readonly string[]
    readonly properties: Record<string, { type?: unknown; anyOf?: readonly { type?: unknown }[] }>
  }
  /** The fields that may be null: all that may be left out, and no others. */
  const nullable = ({ properties }: Described) =>
    Object.keys(properties).filter((field) => {
      const { type, anyOf = [] } = properties[field]!
      return [type, ...anyOf.map((one) => one.type)].flat().includes('null')
    })
  const optional = ({ properties, required = [] }: Described) =>
    Object.keys(properties).filter((field) => !required.includes(field))
  for (const kind of allKinds) {
    const described = document.components.schemas[`Events_${kind.name}`]!
    expect(Object.keys(described.properties.events.items.properties)).toEqual(
      namedFieldsOf(kind).map(([name, field]) => sentAs(name, field)),
    )
    const { items } = document.components.schemas[`Events_${kind.name}Input`]!.properties.events
    expect(nullable(items).length).toBeGreaterThan(0)
    expect(nullable(items)).toEqual(optional(items))
  }
  for (const name of ['OrderInput', 'MemberInput']) {
    const described = document.components.schemas[name]!
    expect(nullable(described)).toEqual(optional(described))
    expect(nullable(described).length).toBeGreaterThan(10)
  }
})
