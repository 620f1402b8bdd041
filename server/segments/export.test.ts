import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { createDemo } from '../demo/demo.ts'
import { importRuns } from '../import/runs.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { exportSegment } from './export.ts'
import { segmentColumns, type SegmentExportFormat, usualColumns } from './export-columns.ts'
import { command } from '../command-line/in-process.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-segment-export-'))
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let demo: Workspace

beforeAll(async () => {
  platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
  await createDemo(platform, { members: 300, end: '2026-03-01' })
  demo = (await platform.workspaces.byName('demo'))!
  app = await makeApp(platform)
})
afterAll(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const post = (payload: object, token = platform.ownerToken) =>
  app.inject({
    method: 'POST',
    url: '/export/segment',
    headers: { authorization: `Bearer ${token}`, 'x-reveille-workspace': 'demo' },
    payload,
  })

/** What an export set aside and has not taken away. */
const leftAside = () =>
  readdirSync(importRuns(platform).temporaryFolder).filter((one) => one.startsWith('export-'))

/** Members as the definitions have them, from the base tables: orders that count, and the days of the first and last. */
const wanted = () =>
  demo.engine.rows(
    sql`select m.member_id, m.name, m.phone, m.tier, m.region, m.channel, m.joined_day as joined,
        count(o.order_key) as orders, min(o.local_day) as first_order, max(o.local_day) as last_order,
        date '2026-03-01' - max(o.local_day) as days_since_order
      from members m left join orders o on o.member_key = m.member_key and o.state = 'paid' and o.net_minor > 0
        and o.local_day <= date '2026-03-01' and (o.void_day is null or o.void_day > date '2026-03-01')
      group by all order by m.member_id`,
  )

const statusAfter = (days: unknown) => {
  if (days === null) return 'never bought'
  const silent = Number(days)
  return silent <= 30 ? 'active' : silent <= 90 ? 'cooling' : silent <= 180 ? 'dormant' : 'lost'
}

test('JSON Lines and Parquet hold every member with what the definitions say of them', async () => {
  const expected = (await wanted()).map((row) => ({
    member_id: row.memberId,
    name: row.name,
    phone: row.phone,
    status: statusAfter(row.daysSinceOrder),
    days_since_order: row.daysSinceOrder === null ? null : Number(row.daysSinceOrder),
    first_order: row.firstOrder,
    last_order: row.lastOrder,
    orders: Number(row.orders),
    joined: row.joined,
    tier: row.tier,
    region: row.region,
    channel: row.channel,
  }))
  expect(new Set(expected.map(({ status }) => status)).size).toBeGreaterThan(2)
  const columns = Object.keys(expected[0]!).join(',')
  const lines = await post({ expression: 'everyone', format: 'jsonl', columns })
  expect(lines.statusCode).toBe(200)
  expect(lines.headers['x-reveille-members']).toBe('300')
  const read = lines.body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(read).toEqual(expected)

  const parquet = await post({ expression: 'everyone', format: 'parquet', columns })
  const file = join(folder, 'got.parquet')
  writeFileSync(file, parquet.rawPayload)
  const rows = await demo.engine.rows(sql`select * from read_parquet(${file})`)
  expect(rows.map((row) => Object.values(row))).toEqual(expected.map((row) => Object.values(row)))
  const types = await demo.engine.rows(sql`describe select * from read_parquet(${file})`)
  const typeOf = new Map(types.map(({ columnName, columnType }) => [columnName, columnType]))
  expect(typeOf.get('last_order')).toBe('DATE')
  expect(typeOf.get('phone')).toBe('VARCHAR')
  expect(leftAside()).toEqual([])
})

test('CSV has the columns asked for, in their order, of as many members as the rule counts', async () => {
  const answer = await post({ expression: 'orders >= 3', columns: 'orders, member_id' })
  const [header, ...rows] = answer.body.trimEnd().split('\r\n')
  expect(header).toBe('\uFEFForders,member_id')
  const expected = (await wanted()).filter(({ orders }) => Number(orders) >= 3)
  expect(rows).toEqual(expected.map(({ orders, memberId }) => `${Number(orders)},${String(memberId)}`))
  expect(rows.length).toBeGreaterThan(10)
  const all = await post({ expression: 'nobody', format: 'csv' })
  expect(all.statusCode).toBe(400)
  const none = await post({ expression: 'orders > 100000' })
  expect(none.body).toBe(`\uFEFF${usualColumns.join(',')}\r\n`)
})

test('who is not an owner gets masked phones, in every format', async () => {
  const phones = new Map((await wanted()).map(({ memberId, phone }) => [memberId, phone]))
  for (const format of ['csv', 'jsonl', 'parquet'] satisfies SegmentExportFormat[]) {
    const outcome = await exportSegment(
      platform,
      demo,
      { expression: 'everyone', format, columns: ['member_id', 'phone'], unmasked: false, actor: 'test' },
      new AbortController().signal,
    )
    if (outcome.kind === 'refused') throw new Error(outcome.kind)
    const chunks: Buffer[] = []
    for await (const chunk of outcome.content) chunks.push(Buffer.from(chunk))
    const file = join(folder, `masked.${format}`)
    writeFileSync(file, Buffer.concat(chunks))
    const source =
      format === 'parquet'
        ? sql`read_parquet(${file})`
        : format === 'csv'
          ? sql`read_csv(${file}, all_varchar = true)`
          : sql`read_json(${file}, columns = {member_id: 'VARCHAR', phone: 'VARCHAR'})`
    const rows = await demo.engine.rows(sql`select * from ${source}`)
    expect(rows).toHaveLength(300)
    for (const { memberId, phone } of rows) {
      const whole = phones.get(memberId) as string | null
      expect(phone).toBe(whole && `${whole.slice(0, 3)}****${whole.slice(-4)}`)
    }
    expect(rows.some(({ phone }) => phone !== null)).toBe(true)
  }
  expect(leftAside()).toEqual([])
})

test('what would be a formula is text in CSV and as it is in JSON Lines', async () => {
  await demo.engine.transaction((session) =>
    session.run(sql`update members set name = '=1+1' where member_id = 'M0000001'`),
  )
  const of = { expression: 'everyone', columns: 'member_id,name' }
  const csv = (await post(of)).body.split('\r\n')
  expect(csv.find((line) => line.startsWith('M0000001'))).toBe("M0000001,'=1+1")
  const lines = (await post({ ...of, format: 'jsonl' })).body.split('\n')
  expect(lines).toContain('{"member_id":"M0000001","name":"=1+1"}')
})

test('a question that makes no sense is refused with what to do, and nothing is noted', async () => {
  const noted = async () =>
    (await platform.store.selectFrom('audit').where('action', '=', 'members-exported').selectAll().execute())
      .length
  const before = await noted()
  expect((await post({ expression: 'everyone', columns: 'phones' })).json()).toMatchObject({
    status: 422,
    detail: expect.stringContaining('member_id, name, phone, status'),
  })
  expect((await post({ expression: 'everyone', columns: 'name,name' })).statusCode).toBe(422)
  expect((await post({ expression: 'everyone', format: 'xlsx' })).statusCode).toBe(422)
  expect((await post({ expression: 'odrers > 1' })).json().detail).toContain('odrers')
  expect((await post({ expression: 'everyone' }, 'nobody')).statusCode).toBe(401)
  expect(await noted()).toBe(before)
  await post({ expression: 'everyone' })
  expect(await noted()).toBe(before + 1)
})

test.each(['/export/segment', '/trpc/segments.check'])(
  'a body over 1 MiB to %s is refused in words',
  async (url) => {
    const answer = await app.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${platform.ownerToken}`, 'x-reveille-workspace': 'demo' },
      payload: { expression: 'x'.repeat(1_100_000) },
    })
    expect(answer.statusCode).toBe(413)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    const said = answer.json()
    expect(said).toMatchObject({ status: 413, code: 'too_large', detail: expect.stringContaining('1 MiB') })
    // the dashboard and the terminal read what tRPC says
    expect(said.error?.message).toBe(url.startsWith('/trpc') ? said.detail : undefined)
    const chinese = await app.inject({
      method: 'POST',
      url,
      headers: { 'accept-language': 'zh-CN', 'content-type': 'application/json' },
      payload: `{"expression":"${'x'.repeat(1_100_000)}"}`,
    })
    expect(chinese.json().detail).toContain('超过 1 MiB')
  },
)

test('who goes away leaves nothing aside', async () => {
  const outcome = await exportSegment(
    platform,
    demo,
    { expression: 'everyone', format: 'csv', columns: segmentColumns, unmasked: true, actor: 'test' },
    new AbortController().signal,
  )
  if (outcome.kind === 'refused') throw new Error(outcome.kind)
  expect(leftAside()).toHaveLength(1)
  const closed = new Promise((resolve) => outcome.content.once('close', resolve))
  outcome.content.destroy()
  await closed
  expect(leftAside()).toEqual([])
  const gone = AbortSignal.abort()
  const asked = {
    expression: 'everyone',
    format: 'csv',
    columns: segmentColumns,
    unmasked: true,
    actor: 'test',
  }
  await expect(exportSegment(platform, demo, asked as never, gone)).rejects.toThrow(/cancelled/i)
  expect(leftAside()).toEqual([])
})

test('the command line writes the file, and never over another', async () => {
  const data = join(folder, 'command-line')
  const run = (...args: string[]) => command(...args, '--data', data, '--lang', 'en')
  expect((await run('demo', '--members', '50')).status).toBe(0)
  const file = join(folder, 'out.jsonl')
  const asked = ['segment', 'export', 'everyone', file, '--workspace', 'demo', '--format', 'jsonl']
  const done = await run(...asked, '--columns', 'member_id,phone')
  expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('50 members') })
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  expect(lines).toHaveLength(50)
  expect(Object.keys(JSON.parse(lines[0]!) as object)).toEqual(['member_id', 'phone'])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const again = await run(...asked)
  expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('out.jsonl') })
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(51)
  const other = join(folder, 'other.csv')
  const wrong = await run(
    'segment',
    'export',
    'everyone',
    other,
    '--workspace',
    'demo',
    '--columns',
    'phones',
  )
  expect(wrong).toMatchObject({ status: 1, stderr: expect.stringContaining('member_id, name') })
  expect(existsSync(other)).toBe(false)
  const misspelt = await run('segment', 'export', 'odrers > 1', other, '--workspace', 'demo')
  expect(misspelt).toMatchObject({ status: 1, stderr: expect.stringContaining('odrers > 1\n^^^^^^\n') })
  expect(existsSync(other)).toBe(false)
})
