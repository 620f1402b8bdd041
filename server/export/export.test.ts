import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { Visitor } from '../accounts/test-visitor.ts'
import { makeApp } from '../app.ts'
import { addLaunch, couponFor } from '../coupons/issued-coupons.fixture.ts'
import { createDemo } from '../demo/demo.ts'
import { dictionaryTables } from '../dictionary/dictionary.ts'
import { unzipped } from './unzipped.fixture.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type ExportFormat, exportWorkspace } from './export.ts'
import { exportsOf } from './exports.ts'
import { FolderSink, type Sink } from './sink.ts'
import { ZipSink } from './zip.ts'

let folder: string
let platform: Platform
let workspace: Workspace
let app: Awaited<ReturnType<typeof makeApp>>
const secret = { code: '' }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-export-'))
  platform = await openPlatform(join(folder, 'data'))
  await createDemo(platform, { members: 400 })
  workspace = (await platform.workspaces.byName('demo'))!
  await workspace.engine.run(
    sql`update members set name = '=1+1', phone = '13800138000' where member_id = (select min(member_id) from members)`,
  )
  app = await makeApp(platform)
  const unpublished = couponFor(null)
  secret.code = unpublished.code
  await addLaunch(platform.store, workspace.id, [unpublished], { published: false })
})
afterAll(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const uploads = () => {
  const path = join(folder, 'data/uploads')
  return existsSync(path) ? readdirSync(path) : []
}
let made = 0
const newFolder = () => {
  const path = join(folder, `out-${made++}`)
  mkdirSync(path)
  return path
}
async function exported(format: ExportFormat, wrap: (sink: Sink) => Sink = (sink) => sink) {
  const to = newFolder()
  const { signal } = new AbortController()
  const answer = await exportWorkspace(
    platform,
    workspace,
    { format, sink: wrap(new FolderSink(to, signal)), temporaryFolder: join(folder, 'data/uploads') },
    signal,
  )
  return { to, answer }
}

/** CSV as RFC 4180 has it, by another way than ours: records of cells. */
function parsed(csv: string): string[][] {
  const records: string[][] = [[]]
  for (const [whole, quoted, plain, end] of csv
    .replace(/^\uFEFF/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    if (whole === '') break
    records.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'))
    if (end === '\r\n') records.push([])
  }
  return records.filter((record) => record.length > 0)
}
const column = (records: string[][], header: string) => {
  const at = records[0]!.indexOf(header)
  return records.slice(1).map((record) => record[at]!)
}
const sum = (values: string[]) => values.reduce((total, value) => total + Number(value), 0)

test('CSV holds every row and column of every table, and the dictionary says what they are', async () => {
  const { to, answer } = await exported('csv')
  expect(readdirSync(to).toSorted()).toEqual(
    ['dictionary.csv', 'manifest.json', ...dictionaryTables.map(({ name }) => `${name}.csv`)].toSorted(),
  )
  const read = (name: string) => parsed(readFileSync(join(to, `${name}.csv`), 'utf8'))
  for (const { name, columns } of dictionaryTables) {
    const records = read(name)
    expect(records[0]).toEqual(columns.map((one) => one.name))
    expect(records.every((record) => record.length === columns.length)).toBe(true)
    expect(answer.tables[name]).toBe(records.length - 1)
  }
  const [there] = await workspace.engine.rows(sql`select
    (select count(*) from members) as members, (select count(*) from orders) as orders,
    (select count(*) from order_lines) as order_lines, (select count(*) from refunds) as refunds,
    (select count(*) from member_tags) as tags, (select count(*) from campaign_arms) as campaign_arms,
    (select cast(sum(net_minor) as bigint) from orders) as net,
    (select cast(sum(net_minor) as bigint) from order_lines) as line_net,
    (select cast(sum(amount_minor) as bigint) from refunds) as refunded`)
  expect(answer.tables).toMatchObject({
    members: there!.members,
    orders: there!.orders,
    order_lines: there!.orderLines,
    refunds: there!.refunds,
    tags: there!.tags,
    campaign_arms: there!.campaignArms,
  })
  expect(Number(there!.orders)).toBeGreaterThan(5_000)
  const orders = read('orders')
  expect(sum(column(orders, 'net_minor'))).toBe(there!.net)
  expect(new Set(column(orders, 'order_id')).size).toBe(there!.orders)
  const lines = read('order_lines')
  expect(sum(column(lines, 'net_minor'))).toBe(there!.lineNet)
  const known = new Set(column(orders, 'order_id'))
  expect(column(lines, 'order_id').every((id) => known.has(id))).toBe(true)
  expect(sum(column(read('refunds'), 'amount_minor'))).toBe(there!.refunded)

  // what would run in a spreadsheet is text, and phones are whole
  const members = read('members')
  expect(column(members, 'name')[0]).toBe("'=1+1")
  expect(column(members, 'phone')[0]).toBe('13800138000')

  // the ledger's rule holds in what was handed out; an unpublished launch is not there
  const ledger = read('coupon_ledger')
  const coupons = read('coupons')
  expect(coupons.length).toBeGreaterThan(10)
  expect(column(coupons, 'code')).not.toContain(secret.code)
  const handedOut = new Set(column(coupons, 'coupon_id'))
  expect(column(ledger, 'coupon_id').every((id) => handedOut.has(id))).toBe(true)
  expect(column(ledger, 'kind').filter((kind) => kind === 'issued')).toHaveLength(coupons.length - 1)

  const dictionary = parsed(readFileSync(join(to, 'dictionary.csv'), 'utf8'))
  const money = dictionary.filter(([, name]) => name!.endsWith('_minor'))
  expect(money.length).toBeGreaterThan(8)
  expect(money.every(([, , , unit]) => unit === 'CNY 1/100')).toBe(true)
  expect(dictionary.filter(([, name]) => name !== '')).toHaveLength(
    1 + dictionaryTables.reduce((total, { columns }) => total + columns.length, 0),
  )
  expect(JSON.parse(readFileSync(join(to, 'manifest.json'), 'utf8'))).toMatchObject({
    currency: 'CNY',
    minorDigits: 2,
    dataVersion: answer.dataVersion,
    tables: answer.tables,
  })
  expect(uploads()).toEqual([])
})

const parquetTypes = {
  text: 'VARCHAR',
  json: 'VARCHAR',
  boolean: 'BOOLEAN',
  day: 'DATE',
  instant: 'TIMESTAMP',
  decimal: 'DECIMAL',
  integer: '',
}

test('Parquet holds the same rows with their types, and never more than one file aside', async () => {
  const aside: string[][] = []
  const csv = await exported('csv')
  const { to, answer } = await exported('parquet', (sink) => ({
    async file(name, content) {
      aside.push(uploads().flatMap((one) => readdirSync(join(folder, 'data/uploads', one))))
      await sink.file(name, content)
    },
    end: () => sink.end(),
  }))
  expect(answer.tables).toEqual(csv.answer.tables)
  for (const { name, columns } of dictionaryTables) {
    const file = join(to, `${name}.parquet`)
    const described = await workspace.engine.rows(sql`describe select * from read_parquet(${file})`)
    expect(described.map(({ columnName }) => columnName)).toEqual(columns.map((one) => one.name))
    const types = described.map(({ columnType }) =>
      String(columnType).replace(/\(.*|^U?(TINY|SMALL|BIG)?INT(EGER)?$/, ''),
    )
    expect({ name, types }).toEqual({ name, types: columns.map(({ type }) => parquetTypes[type]) })
    const [found] = await workspace.engine.rows(sql`select count(*) as n from read_parquet(${file})`)
    expect({ name, n: found!.n }).toEqual({ name, n: answer.tables[name] })
  }
  const [same] = await workspace.engine.rows(sql`select count(*) as n from (
    select order_id, cast(net_minor as bigint) from read_parquet(${join(to, 'orders.parquet')})
    except select order_id, net_minor from orders)`)
  expect(same!.n).toBe(0)
  const [ledger] = await workspace.engine.rows(
    sql`select min(happened_at) as first from read_parquet(${join(to, 'coupon_ledger.parquet')})`,
  )
  expect(String(ledger!.first)).toMatch(/^20\d\d-.*Z$/)
  expect(Math.max(...aside.map((files) => files.filter((name) => name.endsWith('.parquet')).length))).toBe(1)
  expect(Math.max(...aside.map((files) => files.length))).toBeLessThanOrEqual(2)
  expect(uploads()).toEqual([])
})

test('what changes while it runs is not in it, in the engine and in the Store', async () => {
  const before = await exported('csv')
  let changed = false
  const during = await exported('csv', (sink) => ({
    async file(name, content) {
      if (name === 'members.csv' && !changed) {
        changed = true
        await workspace.engine.transaction(async (session) => {
          await session.run(sql`delete from orders where order_key % 2 = 0`)
          await session.run(sql`update workspace_state set data_version = data_version + 1`)
        })
        await addLaunch(platform.store, workspace.id, [couponFor(null), couponFor(null)])
        const issued = await platform.store
          .selectFrom('ledger')
          .select(['workspace_id', 'coupon_id', 'campaign_id'])
          .executeTakeFirstOrThrow()
        await platform.store
          .insertInto('ledger')
          .values({
            ...issued,
            kind: 'revoked',
            uses: 1,
            amount_minor: 0,
            actor: 'test',
            at: '2026-11-22T00:00:00.000Z',
          })
          .execute()
      }
      await sink.file(name, content)
    },
    end: () => sink.end(),
  }))
  expect(during.answer).toEqual(before.answer)
  for (const file of ['orders.csv', 'order_lines.csv', 'coupons.csv', 'coupon_ledger.csv', 'campaigns.csv'])
    expect(readFileSync(join(during.to, file), 'utf8')).toBe(readFileSync(join(before.to, file), 'utf8'))
  const after = await exported('csv')
  // the orders that went, and the launch that told its coupons
  expect(after.answer.dataVersion).toBe(before.answer.dataVersion + 2)
  expect(after.answer.tables.orders).toBeLessThan(before.answer.tables.orders!)
  expect(after.answer.tables.coupons).toBe(before.answer.tables.coupons! + 2)
})

test('a launch that has not told its arms yet is in it with its arms as with its coupons', async () => {
  const [member] = await workspace.engine.rows(sql`select min(member_id) as id from members`)
  const memberId = String(member!.id)
  const { campaignId, launchId } = await addLaunch(platform.store, workspace.id, [couponFor(memberId)])
  await platform.store
    .insertInto('campaign_members')
    .values({
      workspace_id: workspace.id,
      campaign_id: campaignId,
      launch_id: launchId,
      member_id: memberId,
      arm: 'treated',
      coupon_id: null,
    })
    .execute()
  await platform.store.updateTable('launches').set({ arms_told: 0 }).where('id', '=', launchId).execute()
  const { to } = await exported('csv')
  const arms = parsed(readFileSync(join(to, 'campaign_arms.csv'), 'utf8'))
  const at = (header: string) => arms[0]!.indexOf(header)
  expect(
    arms
      .filter((row) => row[at('campaign_id')] === campaignId)
      .map((row) => [row[at('member_id')], row[at('arm')]]),
  ).toEqual([[memberId, 'treated']])
})

test('a download is a zip of the same files, for owners alone, and is noted', async () => {
  const owner = new Visitor(app)
  await owner.mutate('accounts.signInWithLink', { token: platform.accounts.newOwnerToken() })
  const url = '/export/workspace.zip?format=csv'
  expect((await new Visitor(app).send('GET', url)).status).toBe(401)
  for (const role of ['marketer', 'viewer', 'cashier'] as const) {
    const { token } = await platform.accounts.team.invite(workspace.id, role, 'test')
    const visitor = new Visitor(app)
    await visitor.mutate('accounts.acceptInvite', {
      token,
      credentials: { name: `x-${role}`, password: 'correct horse' },
    })
    const refused = await visitor.send('GET', url)
    expect({ role, status: refused.status }).toEqual({ role, status: 403 })
    expect(refused.body).not.toContain('13800138000')
    expect((await visitor.mutate('exports.start', { folder: 'anywhere', format: 'csv' })).status).toBe(403)
    expect((await visitor.send('GET', '/export/orders-template.csv')).status).toBe(
      role === 'marketer' ? 200 : 403,
    )
  }
  const noted = () =>
    platform.store.selectFrom('audit').selectAll().where('action', '=', 'workspace-exported').execute()
  expect(await noted()).toEqual([])
  expect((await owner.send('GET', '/export/workspace.zip?format=xml')).status).toBe(422)
  expect((await owner.send('GET', `${url}&shown=${crypto.randomUUID()}`)).status).toBe(409)
  expect((await owner.send('GET', url)).status).toBe(200)
  expect(await noted()).toMatchObject([{ workspace_id: workspace.id, subject: 'csv' }])

  const whole = await app.inject({
    url,
    headers: { authorization: `Bearer ${platform.ownerToken}`, 'x-reveille-workspace': 'demo' },
  })
  expect(whole.headers['content-disposition']).toMatch(/filename="reveille-\d{4}-\d\d-\d\d-csv\.zip"/)
  const { to } = await exported('csv')
  const files = await unzipped(whole.rawPayload)
  expect([...files.keys()].toSorted()).toEqual(readdirSync(to).toSorted())
  files.delete('manifest.json') // has the moment of the export
  const differing = [...files].filter(
    ([name, content]) => content !== readFileSync(join(to, name), 'utf8').replace(/^\uFEFF/, ''),
  )
  expect(differing).toEqual([])
  expect(files.size).toBe(dictionaryTables.length + 1)
})

test('one at a time; closing the download cancels it and leaves nothing', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  const desk = exportsOf(platform)
  const first = desk.zip(workspace, 'parquet')!
  first.on('error', () => {})
  expect(desk.zip(workspace, 'csv')).toBeNull()
  const busy = await app.inject({
    url: '/export/workspace.zip',
    headers: { authorization: `Bearer ${platform.ownerToken}`, 'x-reveille-workspace': 'demo' },
  })
  expect(busy.statusCode).toBe(409)
  first.destroy()
  await desk.stop(workspace.id)
  expect(uploads()).toEqual([])
  expect(said).not.toHaveBeenCalled()
  said.mockRestore()

  // where it can't be noted, there is none, and none that others would wait for
  const insertInto = platform.store.insertInto.bind(platform.store)
  platform.store.insertInto = (table) => {
    if (table === 'audit') throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    return insertInto(table)
  }
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const headers = { authorization: `Bearer ${platform.ownerToken}`, 'x-reveille-workspace': 'demo' }
  const unnoted = await app.inject({ url: '/export/workspace.zip', headers })
  expect(unnoted.json()).toMatchObject({ status: 507, code: 'disk_full' })
  await vi.waitFor(() => expect(desk.running(workspace.id)).toBe(false))
  const aside = join(folder, 'unnoted')
  const refused = await app.inject({
    method: 'POST',
    url: '/trpc/exports.start',
    headers,
    payload: { folder: aside, format: 'csv' },
  })
  expect(refused.json()).toMatchObject({
    error: { message: expect.stringContaining('is full, so this could not be done') },
  })
  expect([desk.running(workspace.id), existsSync(aside)]).toEqual([false, false])
  platform.store.insertInto = insertInto
  logged.mockRestore()

  const into = join(folder, 'stopped')
  expect(desk.intoFolder(workspace, 'csv', into)).toBe('begun')
  await desk.stop(workspace.id)
  expect(desk.state(workspace.id)).toEqual({ kind: 'stopped' })
  expect(existsSync(into)).toBe(false)
  const filled = newFolder()
  writeFileSync(join(filled, 'mine.txt'), 'mine')
  expect(desk.intoFolder(workspace, 'csv', filled)).toBe('not-empty')
  expect(readdirSync(filled)).toEqual(['mine.txt'])
  expect(desk.intoFolder(workspace, 'csv', into)).toBe('begun')
  await vi.waitFor(() => expect(desk.state(workspace.id).kind).toBe('exported'), { timeout: 20_000 })
})

test('an archive waits for who reads it instead of holding what is not read yet', async () => {
  const out = new PassThrough({ highWaterMark: 1024 })
  const zip = new ZipSink(out, new Date('2026-11-22T00:00:00Z'), new AbortController().signal)
  let asked = 0
  const noise = Array.from({ length: 400 }, (_, i) => `${i} ${randomBytes(30_000).toString('base64')}`)
  const written = zip
    .file(
      'long.csv',
      (async function* () {
        for (const piece of noise) {
          asked++
          yield piece
        }
      })(),
    )
    .then(() => zip.end())
    .then(() => out.end())
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect(asked).toBeLessThan(100)
  const chunks: Buffer[] = []
  for await (const chunk of out) chunks.push(chunk as Buffer)
  await written
  expect((await unzipped(Buffer.concat(chunks))).get('long.csv')).toBe(noise.join(''))
})
