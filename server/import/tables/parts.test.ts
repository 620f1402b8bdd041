import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { workbook, zipped } from '../containers/archive.fixture.ts'
import { ordersOf, partsIn } from '../reading/ready-to-read.ts'
import { forgetMapping, savedMappings } from '../columns/remembered.ts'
import { hasEnded, type ImportOrder, type RunState } from '../run-state.ts'
import { importRuns } from '../runs.ts'
import { openTestShop, type TestShop, visible } from '../test-shop.ts'
import { fiveTables } from './tables.fixture.ts'
import { command } from '../../command-line/in-process.fixture.ts'

const orders =
  'order_id,customer,order_date,amount\nA,m1,2026-01-05,15\nB,m2,2026-01-06,7\nC,m1,2026-02-07,30\n'
const members =
  'customer,name,tier,phone\nm1,Ann,gold,13900000001\nm2,Bob,silver,13900000002\nm3,Cy,gold,13900000003\n'
const refunds = 'refund_id,order_id,refunded_at,refund_amount\nR1,A,2026-02-01,3\nR2,A,2026-02-02,2\n'
const tags = 'customer,tag\nm1,tea\nm1,gold\nm2,tea\nm4,tea\n'
const points = 'entry_id,customer,time,change\n1,m1,2026-01-05,5\n2,m1,2026-01-06,5\n3,m2,2026-01-06,5\n'
const coupons = 'code,order_id,used_at\nK1,A,2026-01-05\nK2,A,2026-01-05\nK3,B,2026-01-05\n'
const products = 'product_id,name,category,cost\np1,Green tea,tea,1\np2,Mug,cups,2\n'
const all = { orders, members, refunds, tags, points, coupons, products }
const csvs = (files: Record<string, string | Uint8Array>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${name}.csv`, text]))

const orderOf = (path: string, more: Partial<ImportOrder> = {}): ImportOrder => ({
  path,
  fileName: basename(path),
  map: {},
  dryRun: false,
  replace: false,
  language: 'en',
  actor: 'command-line',
  ...more,
})

/** The parts of a file, told by what is in them. */
async function partsOfFile(shop: TestShop, path: string, more: Partial<ImportOrder> = {}) {
  const folder = importRuns(shop.platform).joinedFolder(shop.workspace.id)
  const found = await partsIn(shop.workspace, orderOf(path, more), folder)
  if (!found || 'id' in found) throw new Error(`No parts: ${JSON.stringify(found)}`)
  return found
}

async function importAll(shop: TestShop, path: string, more: Partial<ImportOrder> = {}): Promise<RunState[]> {
  const order = orderOf(path, more)
  const runs = importRuns(shop.platform)
  const found = await partsOfFile(shop, path, more)
  const started = runs.startSet(shop.workspace, ordersOf(order, found))
  if (started.kind === 'refused') throw new Error(started.id)
  const ends: RunState[] = []
  for (const runId of started.runIds)
    for await (const state of runs.follow(shop.workspace.id, runId, new AbortController().signal))
      if (hasEnded(state)) ends.push(state)
  return ends
}

/** What figures see, without the numbers and names of imports. */
async function seen(shop: TestShop): Promise<object> {
  const { imports: _, importLines: __, state, ...tables } = await visible(shop)
  const rows = (query: ReturnType<typeof sql>) => shop.workspace.engine.rows(query)
  const [first] = state as [{ dataVersion: number; asOf: unknown; dataStart: unknown }]
  return {
    ...tables,
    asOf: [first.asOf, first.dataStart],
    tags: await rows(sql`select * exclude (import_seq) from import_tags order by all`).catch(() => 'none'),
    members: await rows(sql`select member_id, name, tier, phone from members order by member_id`),
  }
}

test('a zip of seven tables becomes seven imports, and comes to what its files come to one by one in that order', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('shop.zip', zipped(csvs(all)))
  const { parts, unused, open } = await partsOfFile(shop, path)
  expect({ unused: unused.map(({ name }) => name), open }).toEqual({ unused: [], open: [] })
  expect(parts.map(({ kind, names, rows, refusal }) => [kind, names, rows, refusal])).toEqual([
    ['orders', ['orders.csv', 'members.csv'], 3, null],
    ['members', ['members.csv'], 3, null],
    ['products', ['products.csv'], 2, null],
    ['refunds', ['refunds.csv'], 2, null],
    ['tags', ['tags.csv'], 4, null],
    ['points', ['points.csv'], 3, null],
    ['coupons', ['coupons.csv'], 3, null],
  ])
  const ends = await importAll(shop, path)
  expect(ends.map(({ phase }) => phase)).toEqual(Array(7).fill('done'))
  expect(new Set(ends.map(({ set }) => set.join())).size).toBe(1)
  const receipts = ends.map((end) => (end.receipt ?? end.membersReceipt ?? end.kindReceipt)!)
  expect(receipts.map(({ read, imported, refused }) => [read, imported, refused])).toEqual([
    [3, 3, 0],
    [3, 3, 0],
    [2, 2, 0],
    [2, 2, 0],
    [4, 4, 0],
    [3, 3, 0],
    [3, 3, 0],
  ])
  // what was taken out of the zip goes with the last of them
  expect(readdirSync(importRuns(shop.platform).joinedFolder(shop.workspace.id))).toEqual([])

  await using other = await openTestShop('CNY', 'UTC')
  const together = ['orders', 'members'].map((name) => ({
    fileName: `${name}.csv`,
    path: other.file(`${name}.csv`, all[name as 'orders']),
  }))
  await other.import(together[0]!.path, { together })
  for (const name of ['members', 'products', 'refunds', 'tags', 'points', 'coupons'] as const)
    await other.import(other.file(`${name}.csv`, all[name]))
  expect(await seen(shop)).toEqual(await seen(other))
  const [kept] = await shop.workspace.engine.rows(sql`select count(*) as n from orders`)
  expect(kept).toEqual({ n: 3 })

  // the same file alone is known again
  const again = await importOne(shop, shop.file('refunds.csv', refunds))
  expect(again).toMatchObject({ alreadyThere: true, importId: ends[3]!.receipt!.importId })
})

/** The receipt of a file that is one table, of whatever kind. */
async function importOne(shop: TestShop, path: string) {
  const runs = importRuns(shop.platform)
  const started = await runs.start(shop.workspace, orderOf(path))
  if (started.kind === 'refused') throw new Error(started.id)
  for await (const state of runs.follow(shop.workspace.id, started.runId, new AbortController().signal))
    if (hasEnded(state)) return state.receipt ?? state.membersReceipt ?? state.kindReceipt
  return null
}

test('members of a shop that numbers customers anew with each order are told apart as in its orders', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const { files, customers } = fiveTables()
  const ends = await importAll(shop, shop.file('shop.zip', zipped(files)))
  expect(ends.map(({ phase }) => phase)).toEqual(['done', 'done', 'done'])
  const [found] = await shop.workspace.engine.rows(sql`select count(*) as n from members`)
  expect(found).toEqual({ n: new Set(customers.map((one) => one.customer_unique_id)).size })
})

test.each([
  ['orders beside refunds', { orders, refunds }, ['orders', 'refunds']],
  ['no orders at all', { members, tags, points }, ['members', 'tags', 'points']],
  ['what is no table', { orders, tags, README: 'Exported\nfor the auditor\n' }, ['orders', 'tags']],
  [
    'reviews, which name orders and have nothing sold',
    { orders, tags, reviews: 'review_id,order_id,stars\n1,A,5\n2,A,4\n3,B,3\n' },
    ['orders', 'tags'],
  ],
])('taken apart beside %s', async (_, files, kinds) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('a.zip', zipped(csvs(files)))
  const { parts, unused } = await partsOfFile(shop, path)
  expect(parts.map(({ kind }) => kind)).toEqual(kinds)
  expect(parts.map(({ refusal }) => refusal)).toEqual(kinds.map(() => null))
  const named = [...parts.flatMap(({ names }) => names), ...unused.map(({ name }) => name)]
  expect(new Set(named)).toEqual(new Set(Object.keys(csvs(files))))
})

test('what can’t be taken is named with its reason, and the others come in', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'a.zip',
    zipped({
      'orders.csv': orders,
      'points.csv': `${points}4,"m2,2026-01-06,5\n`,
      'refunds.csv': refunds,
      'tags.csv': 'customer,tag\n,tea\n,gold\n',
      'coupons.csv': 'code,order_id,used_at\nK1,"A,2026-01-05\n',
      'odd.xlsx': 'no workbook\0\0\0\0',
    }),
  )
  const { parts } = await partsOfFile(shop, path)
  expect(parts.map(({ names, refusal }) => [names[0], refusal?.id ?? null])).toEqual([
    ['orders.csv', null],
    ['coupons.csv', 'open-quote'],
    ['odd.xlsx', 'binary'],
    ['refunds.csv', null],
    ['tags.csv', null],
    ['points.csv', 'open-quote'],
  ])
  const ends = await importAll(shop, path)
  expect(ends.map(({ fileName, phase, refusal }) => [fileName, phase, refusal?.id ?? null])).toEqual([
    ['a.zip/orders.csv', 'done', null],
    ['a.zip/coupons.csv', 'refused', 'open-quote'],
    ['a.zip/odd.xlsx', 'refused', 'binary'],
    ['a.zip/refunds.csv', 'done', null],
    ['a.zip/tags.csv', 'refused', 'nothing-accepted'],
    ['a.zip/points.csv', 'refused', 'open-quote'],
  ])
  expect(
    await shop.workspace.engine.rows(
      sql`select kind from imports where undone_at is null order by import_seq`,
    ),
  ).toEqual([{ kind: 'orders' }, { kind: 'refunds' }])
})

test('tables that were each packed as .gz are joined and imported like others, and each says what it holds', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const together = Object.entries(all).map(([name, text]) => ({
    fileName: `${name}.csv.gz`,
    path: shop.file(`${name}.csv.gz`, text),
  }))
  const ends = await importAll(shop, together[0]!.path, { together, fileName: 'a shop' })
  expect(ends.map(({ kind, phase, refusal }) => [kind, phase, refusal?.id ?? null])).toEqual(
    ['orders', 'members', 'products', 'refunds', 'tags', 'points', 'coupons'].map((kind) => [
      kind,
      'done',
      null,
    ]),
  )
  expect(ends[0]!.receipt).toMatchObject({ read: 3, imported: 3, orders: 3 })
})

test('cancelling one cancels those after it; those before stay', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('a.zip', zipped(csvs({ orders, refunds, tags })))
  const runs = importRuns(shop.platform)
  const started = runs.startSet(shop.workspace, ordersOf(orderOf(path), await partsOfFile(shop, path)))
  if (started.kind === 'refused') throw new Error(started.id)
  const [first, second, third] = started.runIds
  expect(runs.state(shop.workspace.id, third!)).toMatchObject({ phase: 'waiting' })
  expect(runs.startSet(shop.workspace, [orderOf(path)])).toMatchObject({ id: 'import-running' })
  for await (const state of runs.follow(shop.workspace.id, first!, new AbortController().signal))
    if (hasEnded(state)) break
  await runs.cancel(shop.workspace.id, second!)
  for await (const state of runs.follow(shop.workspace.id, third!, new AbortController().signal))
    if (hasEnded(state)) break
  expect(started.runIds.map((id) => runs.state(shop.workspace.id, id)!.phase)).toEqual([
    'done',
    'cancelled',
    'cancelled',
  ])
  expect(runs.current(shop.workspace.id)).toBeNull()
})

const cell = (text: string) => `<c t="str"><v>${text}</v></c>`
const sheet = (csv: string) =>
  workbook(
    csv
      .trim()
      .split('\n')
      .map((line) => `<row>${line.split(',').map(cell).join('')}</row>`)
      .join(''),
  )

test('workbooks and .gz in a zip are read as the same tables in text are', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await using other = await openTestShop('CNY', 'UTC')
  const items = 'order_id,product_id,amount\nA,p1,10\nA,p2,5\nB,p1,7\n'
  const heads = 'order_id,customer,order_date\nA,m1,2026-01-05\nB,m2,2026-01-06\n'
  const packed = {
    'orders.xlsx': sheet(heads),
    'items.csv.gz': new Uint8Array(gzipSync(items)),
    'members.xlsx': sheet(members),
    'tags.csv.gz': new Uint8Array(gzipSync(tags)),
  }
  const ends = await importAll(shop, shop.file('a.zip', zipped(packed)))
  expect(ends.map(({ phase, fileName }) => [phase, fileName])).toEqual([
    ['done', 'a.zip/items.csv + orders.xlsx'],
    ['done', 'a.zip/members.xlsx'],
    ['done', 'a.zip/tags.csv'],
  ])
  await importAll(other, other.file('a.zip', zipped(csvs({ orders: heads, items, members, tags }))))
  expect(await seen(shop)).toEqual(await seen(other))
  // alone in a zip as well
  await using third = await openTestShop('CNY', 'UTC')
  expect(await third.import(third.file('one.zip', zipped({ 'orders.xlsx': sheet(orders) })))).toMatchObject({
    imported: 3,
    netMinor: 5200,
  })
  expect(
    await third.import(third.file('two.zip', zipped({ 'o.csv.gz': new Uint8Array(gzipSync(orders)) }))),
  ).toMatchObject({ imported: 0, unchanged: 3 })
})

test.each([
  [
    'a bomb in .gz',
    { 'o.csv.gz': new Uint8Array(gzipSync(gzipSync(''.padEnd(60 << 20, '\n')))) },
    'packed-twice',
  ],
  [
    'a bomb that both layers hide',
    { 'o.csv.gz': new Uint8Array(gzipSync(`${orders}${'\n'.repeat(60 << 20)}`)) },
    'zip-bomb',
  ],
  ['a zip named as a workbook', { 'o.xlsx': zipped({ 'orders.csv': orders }) }, 'packed-twice'],
  ['a workbook in .gz', { 'o.xlsx.gz': new Uint8Array(gzipSync(sheet(orders))) }, 'packed-twice'],
  ['a broken .gz', { 'o.csv.gz': new Uint8Array(gzipSync(orders)).slice(0, 30) }, 'broken-gzip'],
  ['what is no gzip', { 'o.csv.gz': orders }, 'broken-gzip'],
  [
    'a damaged workbook',
    { 'o.xlsx': workbook('<row><c t="str"><v>&laughs;</v></c></row>') },
    'broken-workbook',
  ],
])('%s in a zip is refused by itself', async (_, files, id) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('a.zip', zipped({ ...files, 'tags.csv': tags }))
  const { parts } = await partsOfFile(shop, path)
  expect(parts.map(({ kind, refusal }) => [kind, refusal?.id ?? null])).toEqual([
    ['orders', id],
    ['tags', null],
  ])
})

/** Few letters that GB18030 and Big5 both read. */
const open = Buffer.concat([
  Buffer.from('order_id,customer,order_date,store\nA,m1,2026-01-05,'),
  Buffer.from([0xa5, 0xfa]),
  Buffer.from('\nB,m2,2026-01-06,'),
  Buffer.from([0xa5, 0xfa]),
  Buffer.from('\n'),
])

test('tables to be joined that leave open what they are written in are asked for by themselves', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const items = 'order_id,product_id,amount\nA,p1,10\nB,p1,7\n'
  const path = shop.file(
    'a.zip',
    zipped({ 'orders.csv': new Uint8Array(open), 'items.csv': items, 'tags.csv': tags }),
  )
  const asked = await partsOfFile(shop, path)
  expect(asked.parts.map(({ kind, refusal }) => [kind, refusal?.id ?? null])).toEqual([
    ['orders', 'undecided-encoding'],
    ['tags', null],
  ])
  const [table] = asked.open
  expect(table).toMatchObject({ name: 'orders.csv' })
  const choice = table!.readings[1]!
  const answered = { encodings: { parts: { [table!.part]: choice.encoding } } }
  expect((await partsOfFile(shop, path, answered)).open).toEqual([])
  const ends = await importAll(shop, path, answered)
  expect(ends.map(({ phase }) => phase)).toEqual(['done', 'done'])
  const store = new TextDecoder(choice.encoding).decode(new Uint8Array([0xa5, 0xfa]))
  expect(await shop.workspace.engine.rows(sql`select distinct store from import_lines`)).toEqual([{ store }])

  // the next set with the same headers is asked neither this nor which of 3/4 is the day
  const next = Buffer.from(open.toString('latin1').replaceAll('A,', 'C,').replaceAll('B,', 'D,'), 'latin1')
  const following = (day: string) =>
    shop.file(
      'b.zip',
      zipped({
        'orders.csv': new Uint8Array(
          Buffer.from(next.toString('latin1').replaceAll(/2026-01-0\d/g, day), 'latin1'),
        ),
        'items.csv': items.replaceAll('A,', 'C,').replaceAll('B,', 'D,'),
      }),
    )
  const asksDates = await shop.inspect(following('3/4/2026'), 'b.zip', {})
  expect(asksDates).toMatchObject({ inspection: { questions: [{ kind: 'dates' }] } })
  const said = await shop.import(following('3/4/2026'), { map: { dates: 'day-first' } })
  expect(said).toMatchObject({ imported: 2, firstDay: '2026-04-03' })
  expect(await shop.import(following('5/6/2026'))).toMatchObject({ imported: 2, firstDay: '2026-06-05' })
  expect(await shop.workspace.engine.rows(sql`select distinct store from import_lines`)).toEqual([{ store }])
  // what was forgotten is asked anew
  for (const { kind, headers } of await savedMappings(shop.workspace.engine))
    await forgetMapping(shop.workspace.engine, { kind, headers }, { actor: 'somebody', at: new Date() })
  expect((await partsOfFile(shop, following('7/8/2026'))).open).toMatchObject([{ name: 'orders.csv' }])
})

test('the command line takes a zip apart, says what becomes of it and what is missing', async () => {
  await using shop = await openTestShop()
  const run = (...args: string[]) => command(...args, '--data', join(shop.folder, 'own'))
  const zip = shop.file('shop.zip', zipped(csvs({ orders, tags, points: `${points}4,"m2,2026-01-06,5\n` })))
  expect((await run('workspace', 'create', 'w')).status).toBe(0)
  const dry = await run('import', zip, '--workspace', 'w', '--dry-run', '--json')
  expect(dry.status).toBe(1)
  expect(JSON.parse(dry.stdout)).toMatchObject([
    { fileName: 'shop.zip/orders.csv', dryRun: true, imported: 3 },
    { fileName: 'shop.zip/tags.csv', dryRun: true, imported: 4 },
    { fileName: 'shop.zip/points.csv', refusal: expect.stringContaining('quote') as string },
  ])
  const done = await run('import', zip, '--workspace', 'w', '--yes')
  expect(done.status).toBe(1)
  expect(done.stderr).toContain(
    'shop.zip becomes 2 imports, each with a receipt of its own and undone by itself:\n  orders.csv: Orders, 3 rows\n  tags.csv: Tags, 4 rows\n  points.csv is not imported: ',
  )
  expect(done.stdout).toContain('shop.zip/tags.csv is imported')
  expect(done.stdout).toContain('shop.zip/points.csv is not imported: ')
  expect(JSON.parse((await run('imports', '--workspace', 'w', '--json')).stdout)).toHaveLength(2)
  // files named together: orders first, whatever their order; one that is wrong keeps none back
  const separate = await run(
    'import',
    shop.file('tags.csv', tags),
    shop.file('empty.csv', ''),
    shop.file('orders.csv', orders.replaceAll('2026-0', '2025-0')),
    '--workspace',
    'w',
    '--yes',
    '--json',
  )
  expect(separate.status).toBe(1)
  expect(JSON.parse(separate.stdout)).toMatchObject([
    { fileName: 'tags.csv', unchanged: 4 },
    { fileName: 'empty.csv', refusal: 'empty.csv is empty. Export it again and try once more.' },
    { fileName: 'orders.csv', imported: 3 },
  ])
  const history = JSON.parse((await run('imports', '--workspace', 'w', '--json')).stdout) as {
    kind: string
  }[]
  expect(history.map(({ kind }) => kind)).toEqual(['orders', 'tags', 'orders'])
}, 240_000)
