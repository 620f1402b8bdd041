import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { catalogue } from '../../analytics/metrics/catalogue.ts'
import { tableColumns } from '../../analytics/metrics/table.ts'
import { handShop } from '../../analytics/oracle/hand-shop.ts'
import { loadShop } from '../../analytics/oracle/load.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { createKey } from '../api/keys.ts'
import { makeApp } from '../app.ts'
import { command } from '../command-line/in-process.fixture.ts'
import { writeServerFile } from '../command-line/server-file.ts'
import { createDemo } from '../demo/demo.ts'
import { importRuns } from '../import/runs.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

type Row = Record<string, unknown>

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let demo: Workspace
let key: string
/** The rooms that had something to compare. */
const withRows = new Set<string>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-answer-file-'))
  platform = await openPlatform(folder, { now: () => new Date('2026-03-02T04:00:00Z') }, { threads: 1 })
  await createDemo(platform, { members: 400, end: '2026-03-01' })
  demo = (await platform.workspaces.byName('demo'))!
  // the demo has balances without their entries
  await demo.engine.transaction(async (session) => {
    await session.run(sql`insert into points_entries by name
      select 'E' || member_key as entry_id, member_id, timestamp '2026-02-01 04:00:00' as changed_at,
        10 + member_key as change, 'gift, or "bonus"' as change_reason, date '2026-05-01' as expires_day
      from members where member_key <= 20`)
    await refreshDerivedTables(session, {}, demo.today())
  })
  const wanted = { workspaceId: demo.id, name: 'BI', actor: 'owner' }
  key = (await createKey(platform.store, platform.clock, { ...wanted, scopes: ['metrics'] })).key
  app = await makeApp(platform)
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  // commands are answered by this server, as beside any other
  writeServerFile(folder, {
    host: '127.0.0.1',
    port: Number(port),
    token: platform.ownerToken,
    pid: process.pid,
  })
})
afterAll(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const askApi = (name: string, payload: object, as = key) =>
  app.inject({
    method: 'POST',
    url: `/api/v1/metrics/${name}`,
    headers: { authorization: `Bearer ${as}` },
    payload,
  })

const exported = (payload: object, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: '/export/metric',
    headers: { authorization: `Bearer ${platform.ownerToken}`, 'x-reveille-workspace': 'demo', ...headers },
    payload,
  })

const run = (...words: string[]) => command(...words, '--data', folder, '--workspace', 'demo')

/** A row of JSON as the guide says that a table has it: names in snake_case, the parts of a ratio behind its name. */
const flat = (row: Row, before = ''): Row =>
  Object.entries(row).reduce<Row>((all, [name, value]) => {
    const column = before + name.replaceAll(/([A-Z])/g, '_$1').toLowerCase()
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { ...all, ...flat(value as Row, `${column}_`) }
    return { ...all, [column]: Array.isArray(value) ? JSON.stringify(value) : value }
  }, {})

/** Each row with every column that any row or the file has, null where it says nothing; whole ratios may be null. */
const filled = (rows: readonly Row[], columns: readonly string[]) =>
  rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? null])))

/** Lines of CSV as their cells, by RFC 4180, character by character. */
function linesOf(csv: string): string[][] {
  const lines: string[][] = [['']]
  let quoted = false
  const put = (text: string) => {
    const line = lines.at(-1)!
    line[line.length - 1] += text
  }
  for (let i = 0; i < csv.length; i++) {
    const sign = csv[i]!
    if (quoted && sign === '"' && csv[i + 1] === '"') put(csv[++i]!)
    else if (sign === '"') quoted = !quoted
    else if (!quoted && sign === ',') lines.at(-1)!.push('')
    else if (!quoted && sign === '\r' && csv[i + 1] === '\n') {
      i++
      lines.push([''])
    } else put(sign)
  }
  return lines.slice(0, -1)
}

/** A value as CSV has it: nothing for null; of a text that a spreadsheet would run, behind an apostrophe. */
const inCsv = (value: unknown) => {
  if (value === null) return ''
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(value) && !/^[+-]?\d+(\.\d+)?$/.test(value)
    ? `'${value}`
    : String(value)
}

async function parquetRows(bytes: Uint8Array): Promise<Row[]> {
  const file = join(folder, 'read.parquet')
  writeFileSync(file, bytes)
  const rows = await demo.engine.rows(sql`select * from read_parquet(${file})`)
  return rows.map((row) => flat(row))
}

/** What an answer set aside and has not taken away. */
const leftAside = async () => {
  const { readdirSync } = await import('node:fs')
  return readdirSync(importRuns(platform).temporaryFolder).filter((one) => one.startsWith('answer-'))
}

describe.each(catalogue.map((metric) => [metric.name, metric] as const))('%s', (name, metric) => {
  test('is answered alike by the API, as CSV, JSON Lines and Parquet, and by the command line', async () => {
    const json = await askApi(name, {})
    expect(json.statusCode).toBe(200)
    const answer = json.json<{ rows: Row[]; asOf: string; metric: string; version: number }>()
    expect(answer).toMatchObject({ metric: name, version: metric.version, asOf: '2026-03-01' })
    if (answer.rows.length > 0) withRows.add(name)
    const columns = tableColumns(metric.row).map((one) => one.name)
    const wanted = filled(
      answer.rows.map((row) => flat(row)),
      columns,
    )
    // no value of the JSON is left out of the table
    const said = answer.rows.flatMap((row) =>
      Object.entries(flat(row)).flatMap(([column, value]) => (value === null ? [] : [column])),
    )
    expect(said.filter((column) => !columns.includes(column))).toEqual([])

    const csv = await askApi(name, { format: 'csv' })
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(csv.body.charCodeAt(0)).toBe(0xfeff)
    const [header, ...lines] = linesOf(csv.body.slice(1))
    expect(header).toEqual(columns)
    expect(lines).toEqual(wanted.map((row) => Object.values(row).map(inCsv)))

    const jsonl = await askApi(name, { format: 'jsonl' })
    expect(
      jsonl.body
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Row),
    ).toEqual(wanted)

    const parquet = await askApi(name, { format: 'parquet' })
    expect(parquet.statusCode).toBe(200)
    expect(filled(await parquetRows(parquet.rawPayload), columns)).toEqual(wanted)

    const printed = await run('metric', name, '--json')
    expect({ ...(JSON.parse(printed.stdout) as Row), milliseconds: 0 }).toEqual({
      ...answer,
      milliseconds: 0,
    })
    expect((await run('metric', name, '--format', 'csv')).stdout).toBe(csv.body)
    const table = await run('metric', name)
    // the day, the outcome of the models where there is one, the names of the columns, and the end of the last line
    const besides = 'models' in answer ? 4 : 3
    expect([table.status, table.stdout.split('\n').length]).toEqual([0, answer.rows.length + besides])
    const out = join(folder, `${name}.parquet`)
    const written = await run('metric', name, '--format', 'parquet', '--out', out, '--json')
    expect(JSON.parse(written.stdout)).toEqual({ file: out, rows: answer.rows.length, asOf: '2026-03-01' })
    expect(filled(await parquetRows(readFileSync(out)), columns)).toEqual(wanted)
    expect(await leftAside()).toEqual([])
  })
})

test('the demo has rows of all rooms to compare', () => expect(withRows.size).toBeGreaterThanOrEqual(18))

test('the catalogue is listed by the API and the command line, each room once', async () => {
  const names = catalogue.map(({ name }) => name)
  const headers = { authorization: `Bearer ${key}` }
  const listed = (await app.inject({ url: '/api/v1/metrics', headers })).json<{
    metrics: { name: string }[]
  }>()
  expect(listed.metrics.map(({ name }) => name)).toEqual(names)
  const { stdout } = await command('metric', 'list', '--data', folder)
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(names)
})

test('filters and settings narrow a file as they do the answer', async () => {
  const question = {
    filters: { segment: 'orders >= 2', asOf: '2026-01-31' },
    settings: { periods: '2' },
  }
  const { rows } = (await askApi('retention', question)).json<{ rows: Row[] }>()
  const { body, headers } = await exported({ name: 'retention', ...question })
  expect(headers['content-disposition']).toBe('attachment; filename="retention-2026-01-31.csv"')
  expect(headers['x-reveille-rows']).toBe(String(rows.length))
  expect(linesOf(body).length).toBe(rows.length + 1)
  expect(body).toContain('orders >= 2 and first_order between')
})

test('names that a spreadsheet would run are text, and what is empty is not the same as unknown', async () => {
  const names = ['=1+1', '+cmd', '-2+3', '@SUM(1)', 'a,"b"\nc', '']
  const shop = (await platform.workspaces.create({
    name: 'hostile',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  await shop.engine.transaction(async (session) => {
    const orders = handShop.orders.slice(1, 7).map((order, i) => ({ ...order, store: names[i]! }))
    await loadShop(session, { ...handShop, orders, refunds: [] })
    await refreshDerivedTables(session, {}, shop.today())
  })
  const asked = { name: 'places', filters: { asOf: '2024-08-31' }, settings: { from: '2024-01-01' } }
  const to = { 'x-reveille-workspace': 'hostile' }
  const csv = linesOf((await exported(asked, to)).body.slice(1))
  const place = csv[0]!.indexOf('place')
  const cells = csv.slice(1).map((line) => line[place])
  expect(cells).toEqual(expect.arrayContaining(["'=1+1", "'+cmd", "'-2+3", "'@SUM(1)", 'a,"b"\nc']))
  const parquet = await exported({ ...asked, format: 'parquet' }, to)
  const read = (await parquetRows(parquet.rawPayload)).map((row) => row['place'])
  expect(read).toEqual(expect.arrayContaining([...names, null]))
})

test('a column that is no plain value is JSON, and a ratio that is not there is unknown in each part', () => {
  const Ratio = z.object({ numerator: z.int(), value: z.number().nullable() })
  const columns = tableColumns(
    z.object({ from: z.iso.date(), list: z.array(z.int()), guestShare: Ratio.nullable(), is: z.boolean() }),
  )
  expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
    ['from', 'day'],
    ['list', 'json'],
    ['guest_share_numerator', 'integer'],
    ['guest_share_value', 'number'],
    ['is', 'boolean'],
  ])
  const read = (row: Row) => columns.map((column) => column.read(row))
  expect(read({ from: '2026-01-01', list: [1, 2], guestShare: null, is: false })).toEqual([
    '2026-01-01',
    '[1,2]',
    null,
    null,
    false,
  ])
})

test('what makes no sense is refused in words, and nobody reads what they may not', async () => {
  const { json, statusCode } = await askApi('retention', { settings: { perods: '3' } })
  expect([statusCode, json<{ code: string }>().code]).toEqual([409, 'refused'])
  expect(json<{ detail: string }>().detail).toContain('perods')
  expect((await askApi('retension', {})).json()).toMatchObject({ status: 404, code: 'unknown' })
  expect((await askApi('retention', { filter: {} })).statusCode).toBe(422)
  expect((await askApi('retention', { format: 'xls' })).statusCode).toBe(422)
  const wanted = { workspaceId: demo.id, name: 'till', actor: 'owner' }
  const till = await createKey(platform.store, platform.clock, { ...wanted, scopes: ['redemptions'] })
  expect((await askApi('retention', {}, till.key)).statusCode).toBe(403)
  expect((await exported({ name: 'retention' }, { authorization: 'Bearer none' })).statusCode).toBe(401)
  expect((await exported({ name: 'retension' })).json<{ detail: string }>().detail).toContain('overview')
  expect((await exported({ name: 'ltv', filters: { segment: 'odrers > 2' } })).statusCode).toBe(400)

  const parquet = await run('metric', 'ltv', '--format', 'parquet')
  expect([parquet.status, parquet.stderr]).toEqual([1, 'Parquet is no text. Name a file with --out FILE.\n'])
  expect((await run('metric', 'ltv', '--out', join(folder, 'x'))).status).toBe(1)
  const wrong = await run('metric', 'ltv', '--format', 'csv', '--segment', 'odrers > 2')
  expect([wrong.status, wrong.stdout]).toEqual([1, ''])
  expect(wrong.stderr).toContain('orders')
})
