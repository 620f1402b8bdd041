import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { createDemo } from '../demo/demo.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { deleteMember } from '../rights/delete-member.ts'
import { appRouter } from '../router.ts'
import { saveSegment } from '../segments/saved.ts'
import { keptForMs, mostKept } from '../segments/snapshots.ts'
import { createCallerFactory } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { createKey, type Scope } from './keys.ts'

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let now: Date
let demo: Workspace
let key: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-api-segments-'))
  now = new Date('2026-03-10T04:00:00Z')
  platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
  await createDemo(platform, { members: 300, end: '2026-03-01' })
  demo = (await platform.workspaces.byName('demo'))!
  app = await makeApp(platform)
  key = await keyFor(demo.id, 'segments')
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
      name: 'CRM',
      scopes: [scope],
      actor: 'owner',
    })
  ).key

async function save(name: string, expression: string, id?: string): Promise<string> {
  const doing = { by: 'owner', at: now }
  const saved = await saveSegment(platform.store, demo, { id, name, expression }, doing)
  if (saved.kind !== 'saved') throw new Error(saved.kind)
  return saved.id
}

async function get(path: string, as = key, language = 'en') {
  const answer = await app.inject({
    method: 'GET',
    url: `/api/v1/segments/${path}`,
    headers: { authorization: `Bearer ${as}`, 'accept-language': language },
  })
  return { status: answer.statusCode, said: answer.json() }
}

interface Page {
  members: number
  version: number
  dataVersion: number
  items: { memberId: string }[]
  nextCursor: string | null
}

/** All ids from a page on, page by page; `between` runs after each. */
async function restOf(id: string, first: Page, between: () => Promise<void> = async () => {}) {
  const ids = first.items.map(({ memberId }) => memberId)
  for (let { nextCursor } = first; nextCursor !== null;) {
    await between()
    const { status, said } = await get(`${id}/members?limit=7&cursor=${nextCursor}`)
    expect(status).toBe(200)
    expect(said).toMatchObject({ members: first.members, dataVersion: first.dataVersion })
    ids.push(...(said as Page).items.map(({ memberId }) => memberId))
    nextCursor = (said as Page).nextCursor
  }
  return ids
}

/** Read without the rule's language: members with so many orders that count. */
async function withOrders(least: number): Promise<string[]> {
  const rows = await demo.engine.rows(
    sql`select m.member_id from members m join orders o on o.member_key = m.member_key
      where o.state = 'paid' and o.net_minor > 0 and o.local_day <= date '2026-03-01'
        and (o.void_day is null or o.void_day > date '2026-03-01')
      group by m.member_id having count(*) >= ${least}`,
  )
  return rows.map(({ memberId }) => String(memberId)).toSorted()
}

test('the pages hold every member once, and as many as they say', async () => {
  const id = await save('Often', 'orders >= 3')
  const wanted = await withOrders(3)
  expect(wanted.length).toBeGreaterThan(14)
  const { status, said } = await get(`${id}/members?limit=7`)
  expect(status).toBe(200)
  expect(said).toMatchObject({
    segmentId: id,
    version: 1,
    expression: 'orders >= 3',
    asOf: '2026-03-01',
    members: wanted.length,
  })
  expect((said as Page).items).toHaveLength(7)
  expect(await restOf(id, said as Page)).toEqual(wanted)
  const whole = (await get(`${id}/members`)).said as Page
  expect(whole.nextCursor).toBe(null)
  expect(whole.items.map(({ memberId }) => memberId)).toEqual(wanted)
})

test('columns are said beside the ids, contacts masked, on every page of one moment', async () => {
  const id = await save('Often', 'orders >= 3')
  const asked = `${id}/members?limit=20&columns=phone,%20orders,points,tags,stored_value_minor`
  const first = (await get(asked)).said as Page
  const rows = await demo.engine.rows(sql`select member_id, phone, points from members`)
  const known = new Map(rows.map((row) => [row.memberId, row]))
  await demo.engine.transaction((session) => session.run(sql`update members set points = 7`))
  const second = (await get(`${id}/members?limit=20&cursor=${first.nextCursor}`)).said as Page
  expect(second.items).toHaveLength(20)
  for (const item of [...first.items, ...second.items] as (Page['items'][number] &
    Record<string, unknown>)[]) {
    const { phone, points } = known.get(item.memberId)!
    expect(Object.keys(item).toSorted()).toEqual(
      ['memberId', 'phone', 'orders', 'points', 'stored_value_minor', 'tags'].toSorted(),
    )
    expect(item.phone).toBe(phone && `${String(phone).slice(0, 3)}****${String(phone).slice(-4)}`)
    expect(item.points).toBe(points === null ? null : Number(points))
    expect(item.orders).toBeGreaterThanOrEqual(3)
  }
  // without columns, ids alone, also while the others are kept
  expect(Object.keys(((await get(`${id}/members`)).said as Page).items[0]!)).toEqual(['memberId'])
  expect((await get(`${id}/members?columns=phones`)).status).toBe(422)
  expect((await get(`${id}/members?columns=phone,phone`)).status).toBe(422)
})

test('what changes in between changes no page, and the next list has it', async () => {
  const caller = createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace: demo,
    role: 'owner',
    language: 'en',
  })
  const all = await withOrders(1)
  const tagged = all.slice(0, 20)
  await caller.tags.add({ tag: 'kept', whose: { kind: 'members', memberIds: tagged } })
  const id = await save('Kept', 'tag = "kept"')
  const first = (await get(`${id}/members?limit=7`)).said as Page
  expect(first.members).toBe(20)
  let step = 20
  const ids = await restOf(id, first, async () => {
    await caller.tags.add({ tag: 'kept', whose: { kind: 'members', memberIds: [all[step++]!] } })
    await save('Kept', `tag = "kept" and orders >= ${step}`, id)
  })
  expect(ids).toEqual(tagged)
  expect(step).toBeGreaterThan(21)
  await save('Kept', 'tag = "kept"', id)
  const again = (await get(`${id}/members`)).said as Page
  expect(again.items.map(({ memberId }) => memberId)).toEqual(all.slice(0, step))
  expect(again.version).toBeGreaterThan(1)
})

test('a cursor that is no longer kept says so, one of nothing is refused', async () => {
  const id = await save('Often', 'orders >= 3')
  const other = await save('Seldom', 'orders < 3')
  const { nextCursor } = (await get(`${id}/members?limit=7`)).said as Page
  expect((await get(`${other}/members?cursor=${nextCursor}`)).said).toMatchObject({ code: 'malformed' })
  expect((await get(`${id}/members?cursor=abc`)).said).toMatchObject({
    status: 422,
    code: 'malformed',
    detail:
      'The cursor is none of this segment. Send nextCursor of the page before, or no cursor for the first page.',
  })
  now = new Date(now.getTime() + keptForMs - 1)
  const renewed = await get(`${id}/members?limit=7&cursor=${nextCursor}`)
  expect(renewed.status).toBe(200)
  now = new Date(now.getTime() + keptForMs - 1)
  expect((await get(`${id}/members?limit=7&cursor=${nextCursor}`)).status).toBe(200)
  now = new Date(now.getTime() + keptForMs)
  const late = await get(`${id}/members?limit=7&cursor=${nextCursor}`, key, 'zh')
  expect(late).toMatchObject({ status: 410, said: { code: 'cursor_expired', title: 'cursor 已过期' } })
})

test('many lists push out the one that was used longest ago, and not its reader’s next page unsaid', async () => {
  const id = await save('Often', 'orders >= 3')
  const { nextCursor } = (await get(`${id}/members?limit=7`)).said as Page
  for (let least = 0; least < mostKept; least++) {
    now = new Date(now.getTime() + 1)
    expect((await get(`${await save(`${least}`, `net > ${least}`)}/members?limit=1`)).status).toBe(200)
  }
  expect((await get(`${id}/members?cursor=${nextCursor}`)).said).toMatchObject({ code: 'cursor_expired' })
  const [kept] = await demo.engine.rows(sql`select count(*) as n from duckdb_tables()
    where database_name = 'scratch' and table_name like 'snapshot_%'`)
  expect(kept!.n).toBe(mostKept)
})

test('a deleted member’s id is in no list that is kept', async () => {
  const id = await save('Often', 'orders >= 3')
  const { nextCursor } = (await get(`${id}/members?limit=7`)).said as Page
  const [gone] = (await withOrders(3)).slice(-1)
  expect(await deleteMember(platform, demo, { memberId: gone!, actor: 'owner' })).toMatchObject({
    kind: 'deleted',
  })
  expect((await get(`${id}/members?cursor=${nextCursor}`)).status).toBe(410)
  expect(JSON.stringify((await get(`${id}/members`)).said)).not.toContain(gone)
})

test('only a key of the workspace with the scope reads; each list is noted once', async () => {
  const id = await save('Often', 'orders >= 3')
  expect((await get(`${id}/members`, await keyFor(demo.id, 'members'))).said.code).toBe('wrong_scope')
  const shop = await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'UTC' })
  const foreign = await keyFor(shop!.id, 'segments')
  expect((await get(`${id}/members`, foreign)).said).toMatchObject({ status: 404, code: 'unknown' })
  const { nextCursor } = (await get(`${id}/members?limit=7`)).said as Page
  expect((await get(`${id}/members?cursor=${nextCursor}`, foreign)).status).toBe(410)
  await get(`${id}/members?cursor=${nextCursor}`)
  await get(`${id}/members`)
  const noted = await platform.store
    .selectFrom('audit')
    .where('action', '=', 'members-exported')
    .select(['actor', 'subject'])
    .execute()
  expect(noted).toEqual([{ actor: expect.stringMatching(/^key:/), subject: id }])
  expect((await get(`${id}/members?limit=0`)).said.code).toBe('malformed')
})

test('the document says what a webhook of a segment sends, and how', async () => {
  const answer = await app.inject({ method: 'GET', url: '/api/v1/openapi.json' })
  const { webhooks } = answer.json() as {
    webhooks: Record<
      string,
      { post: { description: string; requestBody: { content: Record<string, { schema: object }> } } }
    >
  }
  const { description, requestBody } = webhooks['segment.members_changed']!.post
  expect(description).toContain('webhook-signature')
  expect(requestBody.content['application/json']!.schema).toMatchObject({
    properties: {
      type: { const: 'segment.members_changed' },
      data: {
        properties: {
          entered: { type: 'array' },
          left: { type: 'array' },
          cause: { enum: ['data', 'rule'] },
        },
      },
    },
  })
})
