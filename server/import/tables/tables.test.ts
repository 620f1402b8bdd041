import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { sentence } from '../../messages/messages.ts'
import { takeOut } from '../apply.ts'
import { zipped } from '../containers/archive.fixture.ts'
import type { Refusal } from '../refusal.ts'
import { importRuns } from '../runs.ts'
import { openTestShop, receiptOf, type TestShop, visible } from '../test-shop.ts'
import { forgetUploads } from '../uploads.ts'
import { partsOf, joiningIn } from './joined.ts'
import { fiveTables, type Tables } from './tables.fixture.ts'
import { tableNotes } from './told.ts'
import { command } from '../../command-line/in-process.fixture.ts'
import { cases } from '../../../fixtures/cases.ts'

const cents = (money: string) => Math.round(Number(money) * 100)

/** Each line with what its order, its customer and its product say of it, by maps over the rows; by order id, in the order of the lines. */
function expectedLines({ orders, items, customers, products }: Tables) {
  const orderOf = new Map(orders.map((order) => [order.order_id, order]))
  const customerOf = new Map(customers.map((customer) => [customer.customer_id, customer]))
  const productOf = new Map(products.map((product) => [product.product_id, product]))
  return items.map((item) => {
    const order = orderOf.get(item.order_id)!
    const customer = customerOf.get(order.customer_id)!
    return {
      orderId: item.order_id,
      memberId: customer.customer_unique_id,
      orderedAt: order.order_purchase_timestamp,
      state: order.order_status === 'delivered' ? 'paid' : 'closed',
      sku: item.product_id,
      category: productOf.get(item.product_id!)?.category ?? null,
      region: customer.customer_state,
      netMinor: cents(item.price!) + cents(item.freight_value!),
    }
  })
}

const importedLines = ({ workspace }: TestShop) =>
  workspace.engine
    .rows(sql`select order_id, member_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S') as ordered_at, state,
    sku, category, region, net_minor from import_lines order by row_number`)

async function notesOf(shop: TestShop, path: string): Promise<string[]> {
  const seen = await shop.inspect(path, 'shop.zip', {})
  if ('id' in seen) throw new Error(`${seen.id} ${JSON.stringify(seen.values)}`)
  return tableNotes('en', seen.inspection.tables)
}

test.each([7, 8, 12].slice(0, cases(2)))(
  'five tables become order lines, from file to figures (seed %i)',
  async (seed) => {
    await using shop = await openTestShop('CNY', 'UTC')
    const tables = fiveTables(seed)
    const lines = expectedLines(tables)
    const path = shop.file('shop.zip', zipped(tables.files))
    const seen = await shop.inspect(path, 'shop.zip', {})
    if ('id' in seen) throw new Error(seen.id)
    expect(seen.inspection).toMatchObject({ lacking: [], questions: [], personHint: null })
    expect(seen.inspection.map.columns).toMatchObject({
      memberId: 'customer_unique_id',
      unitPrice: 'price',
      shipping: 'freight_value',
      state: 'order_status',
    })

    const withLines = new Set(lines.map(({ orderId }) => orderId))
    const without = tables.orders.filter(({ order_id }) => !withLines.has(order_id!))
    const listed = new Set(tables.products.map(({ product_id }) => product_id))
    const unlisted = tables.items.filter(({ product_id }) => !listed.has(product_id!)).length
    const dry = receiptOf(await shop.import(path, { dryRun: true }))
    const receipt = receiptOf(await shop.import(path))
    for (const one of [dry, receipt])
      expect(one).toMatchObject({
        read: lines.length + without.length,
        imported: lines.length,
        refused: without.length,
        orders: new Set(lines.filter(({ state }) => state === 'paid').map(({ orderId }) => orderId)).size,
        members: new Set(lines.map(({ memberId }) => memberId)).size,
        netMinor: lines.reduce((sum, { state, netMinor }) => sum + (state === 'paid' ? netMinor : 0), 0),
        tables: {
          base: { name: 'order_items.csv', rows: lines.length },
          joins: [
            { name: 'orders.csv', by: 'order_id', child: 'order_items.csv', without: 0, unnamed: 0 },
            { name: 'products.csv', by: 'product_id', child: 'order_items.csv', without: unlisted },
            { name: 'customers.csv', by: 'customer_id', child: 'orders.csv', without: 0, unnamed: 0 },
          ],
          added: { name: 'orders.csv', rows: without.length, line: lines.length + 1 },
          unused: [{ name: 'payments.csv', why: 'not-unique', column: 'order_id' }],
        },
      })
    expect(unlisted * without.length).toBeGreaterThan(0)
    expect(await importedLines(shop)).toEqual(lines)

    // Orders without a line come back as refused rows, with all that is known of them.
    const refused = readFileSync(receipt.refusedFile!, 'utf8').trim().split('\r\n').slice(1)
    expect(refused.map((row) => row.split(',').slice(0, 2))).toEqual(
      without.map((order) => ['shop.zip/orders.csv', String(tables.orders.indexOf(order) + 2)]),
    )
    expect(refused.map((row) => /o\d{5}/.exec(row)?.[0])).toEqual(without.map(({ order_id }) => order_id))
  },
)

test('the same tables again change nothing, whatever their order in the zip; undone, nothing is left', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const { files } = fiveTables()
  const empty = await visible(shop)
  const first = receiptOf(await shop.import(shop.file('a.zip', zipped(files))))
  const again = zipped(Object.fromEntries(Object.entries(files).toReversed()))
  expect(receiptOf(await shop.import(shop.file('b.zip', again)))).toMatchObject({
    alreadyThere: true,
    imported: 0,
    importId: first.importId,
  })
  expect(readdirSync(importRuns(shop.platform).joinedFolder(shop.workspace.id))).toEqual([])
  await takeOut(shop.workspace.engine, first.importId!, {
    timeZone: 'UTC',
    today: '2026-11-22',
    undoneAt: '2026-11-22T08:00:00.000Z',
    signal: new AbortController().signal,
    aside: false,
  })
  const { imports: _, state: __, importLines: ___, ...after } = await visible(shop)
  expect(empty).toMatchObject(after)
})

test('given as files of several kinds, the tables come to the same', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const tables = fiveTables()
  const parquet = join(shop.folder, 'customers.parquet')
  const engine = await openDuckDb(':memory:')
  await engine.run(
    sql`copy (select * from read_csv(${shop.file('c.csv', tables.files['customers.csv']!)}, all_varchar = true)) to (${parquet}) (format parquet)`,
  )
  await engine.close()
  const semicolons = tables.files['orders.csv']!.replaceAll(',', ';')
  const paths = {
    'orders.csv': shop.file('orders.csv', `\ufeff${semicolons}`),
    'items.csv.gz': shop.file('items.csv.gz', tables.files['order_items.csv']!),
    'customers.parquet': parquet,
    'products.jsonl': shop.file(
      'products.jsonl',
      tables.products.map((product) => `${JSON.stringify(product)}\n`).join(''),
    ),
  }
  const together = Object.entries(paths).map(([fileName, path]) => ({ fileName, path }))
  const receipt = receiptOf(await shop.import(together[0]!.path, { together, fileName: 'orders.csv + 3' }))
  expect(receipt.tables).toMatchObject({ base: { name: 'items.csv.gz' }, unused: [] })
  expect(await importedLines(shop)).toEqual(expectedLines(tables))
})

test('compressed tables that are chosen together come to the same, though what they are joined into is text', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const tables = fiveTables()
  const chosen = (names: readonly string[]) => {
    const given = names.map((name) => ({
      fileName: `${name}.gz`,
      path: shop.file(`${name}.gz`, tables.files[name] ?? 'Exported from the till\n'),
    }))
    const fileName = given.map((one) => one.fileName).join(' + ')
    return [given[0]!.path, { together: given, fileName }] as const
  }
  const receipt = receiptOf(await shop.import(...chosen(Object.keys(tables.files))))
  expect(receipt.tables).toMatchObject({ base: { name: 'order_items.csv.gz' } })
  expect(await importedLines(shop)).toEqual(expectedLines(tables))
  // also where nothing is joined to the only table
  const [path, together] = chosen(['customers.csv', 'readme.txt'])
  expect(await shop.importMembers(path, together)).toMatchObject({
    read: tables.customers.length,
    refused: 0,
  })
})

const orders = 'order_id,customer,order_date\nA,m1,2026-01-05\nB,m2,2026-01-06\n'
const items = 'order_id,product_id,amount\nA,p1,10\nA,p2,5\nB,p1,7\n'
const paid = 'order_id,customer,order_date,amount\nA,m1,2026-01-05,15\nB,m2,2026-01-06,7\n'

test('JSON Lines in a zip are parts of one table where they share most names, else tables', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const tables = fiveTables()
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const { items } = tables
  const half = 50 + items.slice(50).findIndex(({ order_id }) => order_id !== items[49]!.order_id)
  const path = shop.file(
    'a.zip',
    zipped({
      'items-1.jsonl': lines(items.slice(0, half)),
      'items-2.jsonl': lines(items.slice(half).map((item) => ({ ...item, gift: 'no' }))),
      'orders.jsonl': lines(tables.orders),
      'customers.jsonl': lines(tables.customers),
      'products.csv': tables.files['products.csv']!,
    }),
  )
  receiptOf(await shop.import(path))
  expect(await importedLines(shop)).toEqual(expectedLines(tables))
  const [first] = await shop.workspace.engine.rows(sql`select min(row_number) as n from import_lines`)
  expect(first).toEqual({ n: 1 })
})

test('a line that is refused is named by its line in the base table, also behind breaks within values', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const note = 'order_id,note,amount\nA,"two\nlines",10\n\nA,,ten\nB,x,7\n'
  const receipt = receiptOf(await shop.import(shop.file('a.zip', zipped({ 'o.csv': orders, 'i.csv': note }))))
  // with the other row of its order
  expect(receipt).toMatchObject({ imported: 1, refused: 2, orders: 1 })
  const refused = readFileSync(receipt.refusedFile!, 'utf8')
  expect(refused.split('\r\n')[1]).toMatch(/^a\.zip\/i\.csv,2,order_id,/)
  expect(refused).toMatch(/\na\.zip\/i\.csv,5,amount,/)
  const mended = shop.file('mended.csv', refused.replace('"ten"', '3').replace(',ten,', ',3,'))
  expect(receiptOf(await shop.import(mended))).toMatchObject({ read: 2, refused: 0, netMinor: 1300 })
})

test('orders without lines are orders of their total where their table has one', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const totals =
    'order_id,customer,order_date,total\nA,m1,2026-01-05,16\nB,m2,2026-01-06,7\nC,m1,2026-01-07,30\nD,m3,2026-01-08,9\n'
  const lines = 'order_id,product_id,price\nA,p1,10\nA,p2,5\nB,p1,5\nB,p3,2\nD,p1,4\nD,p2,5\n'
  const receipt = receiptOf(
    await shop.import(shop.file('a.zip', zipped({ 'o.csv': totals, 'i.csv': lines }))),
  )
  expect(receipt).toMatchObject({
    read: 7,
    refused: 0,
    orders: 4,
    netMinor: 6200,
    tables: { added: { rows: 1 } },
  })
})

test.each([
  ['order_id,sku,quantity\nA,p1,1\nB,p1,1\nA,p2,2\n'],
  ['order_id,sku,quantity,price\nA,p1,1,5\nB,p1,1,7\nA,p2,2,5\n'],
  // names of fields as in a template
  ['orderId,sku,quantity\nA,p1,1\nB,p1,1\nA,p2,2\n'],
])('what an order came to counts once, on however many lines and wherever they stand (%#)', async (lines) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const of = lines.startsWith('orderId')
    ? 'orderId,memberId,orderedAt,amount'
    : 'order_id,customer,order_date,amount'
  const path = shop.file(
    'a.zip',
    zipped({ 'i.csv': lines, 'o.csv': `${of}\n${paid.split('\n').slice(1).join('\n')}` }),
  )
  expect(receiptOf(await shop.import(path))).toMatchObject({ read: 3, refused: 0, orders: 2, netMinor: 2200 })
  expect(await shop.workspace.engine.rows(sql`select order_id, net_minor from orders order by 1`)).toEqual([
    { orderId: 'A', netMinor: 1500 },
    { orderId: 'B', netMinor: 700 },
  ])
})

test('keys named id belong to the table that has them, and only same-named keys that find their rows join', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'a.zip',
    zipped({
      'customers.csv':
        'id,name,email,created_at\n1,Ann,a@x.example,2025-01-01\n2,Bob,b@x.example,2025-01-01\n',
      'orders.csv':
        'id,customer_id,status,created_at\n1,2,paid,2026-01-05\n2,1,paid,2026-01-06\n3,2,paid,2026-01-07\n',
      'order_items.csv':
        'id,order_id,product_id,name,quantity,price\n1,3,9,Cup,1,10\n2,1,8,Tea,2,5\n3,2,9,Cup,1,10\n4,2,8,Tea,1,5\n',
      'products.csv': 'id,name,price\n8,Tea,5\n9,Cup,10\n',
    }),
  )
  expect(await notesOf(shop, path)).toEqual([
    'Each row is one of the 4 rows of order_items.csv and is told by its line there; other tables add their columns.',
    'orders.csv (3 rows) is joined by order_id of order_items.csv.',
    'products.csv (2 rows) is joined by product_id of order_items.csv.',
    'customers.csv (2 rows) is joined by customer_id of orders.csv.',
  ])
  const seen = await shop.inspect(path, 'a.zip', {})
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection.headers).toEqual([
    'id',
    'order_id',
    'product_id',
    'name',
    'quantity',
    'price',
    'customer_id',
    'status',
    'created_at',
    'product_name',
    'products.price',
    'customers.name',
    'email',
    'customers.created_at',
  ])
  expect(receiptOf(await shop.import(path))).toMatchObject({ orders: 3, members: 2, netMinor: 3500 })
})

test('tables that name each other in a circle, and two possible keys, are joined once and always alike', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'a.zip',
    zipped({
      'items.csv': 'order_id,order_no,amount\nA,1,10\nA,1,5\nB,2,7\nX,3,1\n',
      'orders.csv':
        'order_id,order_no,customer_id,order_date\nA,1,m1,2026-01-05\nB,2,m2,2026-01-06\nC,3,m2,2026-01-06\n',
      'customers.csv': 'customer_id,order_id,city\nm1,A,Ghent\nm2,B,Bruges\n',
    }),
  )
  // order_no finds all four rows of items.csv, order_id three of them
  expect((await notesOf(shop, path)).slice(1)).toEqual([
    'customers.csv (2 rows) is joined by order_id of items.csv. 1 row of items.csv names no row of it.',
    'orders.csv (3 rows) is joined by order_no of items.csv.',
  ])
})

test.each<{ of: string; files: Record<string, string>; says: string }>([
  {
    of: 'no shared key',
    files: { 'orders.csv': orders, 'sellers.csv': 'seller_id,city\ns1,Ghent\n' },
    says: 'sellers.csv is not used: no column in it is the key of another table',
  },
  {
    of: 'a key that is unique nowhere',
    files: { 'items.csv': items, 'payments.csv': 'order_id,paid\nA,3\nA,12\nB,7\n' },
    says: 'payments.csv is not used: order_id does not tell its rows apart, so that rows of items.csv would be counted several times.',
  },
  {
    of: 'a key with an empty cell',
    files: { 'items.csv': items, 'orders.csv': `${orders},m3,2026-01-07\n` },
    says: 'orders.csv is not used: order_id does not tell its rows apart',
  },
  {
    of: 'an empty table',
    files: { 'items.csv': items, 'orders.csv': 'order_id,customer,order_date\n' },
    says: 'orders.csv is not used: it has no rows.',
  },
  {
    of: 'ids of another shop',
    files: { 'items.csv': items, 'orders.csv': orders.replace('A,', 'K,').replace('B,', 'L,') },
    says: 'orders.csv is not used: of 3 rows of items.csv with order_id, it has that of only 0.',
  },
  {
    of: 'the same orders with fewer columns',
    files: {
      'lines.csv': 'order_id,customer,order_date,sku,amount\nA,m1,2026-01-05,p1,9\nA,m1,2026-01-05,p2,6\n',
      'orders.csv': paid,
    },
    says: 'orders.csv is not used: it has the same columns as lines.csv, or fewer, and would add none to its rows.',
  },
])('nothing is joined over $of', async ({ files, says }) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const before = await visible(shop)
  const outcome = await shop.import(shop.file('a.zip', zipped(files)))
  expect(outcome).toMatchObject({ id: 'tables-apart' })
  const { id, values } = outcome as { id: 'tables-apart'; values: Record<string, string> }
  for (const name of Object.keys(files)) expect(sentence('en', id, values)).toContain(name)
  expect(sentence('en', id, values)).toContain(says)
  expect(sentence('zh-CN', id, values)).toMatch(/无法关联成一张表。未使用 \w+\.csv：/)
  expect(await visible(shop)).toEqual(before)
})

test.each([
  [{ 'i.csv': `${items}B,p2\n` }, 'broken-table', { file: 'a.zip/i.csv', line: 5 }],
  [{ 'i.csv': `${items}B,"p2,4\n` }, 'open-quote', { file: 'a.zip/i.csv', line: 5 }],
  [
    {
      'i.csv': `${items
        .trim()
        .split('\n')
        .map((line, row) => line + (row === 0 ? ',x' : ',1').repeat(9_997))
        .join('\n')}\n`,
    },
    'many-columns',
    { file: 'a.zip/i.csv' },
  ],
  [{ 'i.csv': `order_id,amount\n${'\0'.repeat(60 << 20)}` }, 'zip-bomb', { entry: 'i.csv' }],
  [
    Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`${i}.csv`, `order_id,c${i}\nA,1\n`])),
    'many-tables',
    {},
  ],
])('tables that can’t be read are refused with their place (%#)', async (files, id, values) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file('a.zip', zipped({ 'o.csv': orders, ...(files as Record<string, string>) }))
  const outcome = (await shop.import(path)) as Refusal
  expect(outcome).toMatchObject({ kind: 'refused', id, values })
  expect(sentence('en', outcome.id, outcome.values)).toContain('a.zip')
  expect(sentence('zh-CN', outcome.id, outcome.values)).toContain('a.zip')
})

test('what is no table, or broken and not needed, keeps nothing from being joined', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'a.zip',
    zipped({
      'o.csv': orders,
      'i.csv': items,
      'readme.txt': 'Exported\nfor the auditor\n',
      'reviews.csv': 'review,stars\nfine,5\nbad,1,2,3\n',
    }),
  )
  expect((await notesOf(shop, path)).slice(2)).toEqual([
    'readme.txt is not used: it is no table with a header and several columns.',
    'reviews.csv is not used: no column in it is the key of another table, or the other way round.',
  ])
  expect(receiptOf(await shop.import(path))).toMatchObject({ imported: 3, orders: 2, netMinor: 2200 })
})

test.each<{ of: string; files: Record<string, string>; reads: object }>([
  {
    of: 'orders',
    files: { 'orders.csv': paid },
    reads: { base: { name: 'orders.csv', rows: 2 }, joins: [], added: null },
  },
  {
    of: 'refunds',
    files: {
      'refunds.csv': 'refund_id,order_id,refunded_at,refund_amount\nR1,A,2026-02-01,3\nR2,A,2026-02-02,2\n',
    },
    reads: { base: { name: 'refunds.csv', rows: 2 }, joins: [] },
  },
])('a single table of $of is read beside what is none, which is told', async ({ files, reads }) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const [[name, text]] = Object.entries(files) as [[string, string]]
  const beside = {
    'README.txt': 'Exported\nfor the auditor\n',
    'scan.pdf': '%PDF-1.7\n\0\0',
    '.DS_Store': '\0\0Bud1',
    '__MACOSX/._a.csv': 'x',
    [name]: text,
  }
  const path = shop.file('a.zip', zipped(beside))
  expect(await notesOf(shop, path)).toEqual([
    'README.txt is not used: it is no table with a header and several columns.',
    'scan.pdf is not used: it is no table with a header and several columns.',
  ])
  const receipt = receiptOf(await shop.import(path))
  expect(receipt).toMatchObject({ read: 2, imported: 2, refused: 0, tables: reads })
  // the same as the table alone
  await using other = await openTestShop('CNY', 'UTC')
  const plain = receiptOf(await other.import(other.file(name, text)))
  expect(plain).toMatchObject({
    imported: receipt.imported,
    orders: receipt.orders,
    netMinor: receipt.netMinor,
  })
  expect(await shop.import(shop.file('b.zip', zipped({ 'scan.pdf': '%PDF' })))).toMatchObject({
    id: 'zip-content',
    values: { entry: 'scan.pdf' },
  })
})

test.each([
  [
    'the same columns',
    'order_id,customer,order_date,amount,note',
    'order_id,customer,order_date,amount,note',
  ],
  [
    'them in another order',
    'order_id,customer,order_date,amount,note',
    'amount,order_date,note,order_id,customer',
  ],
  ['fewer columns', 'order_id,customer,order_date,amount,note', 'order_date,order_id,customer,amount'],
])('files of two months with %s come to what both come to, one after the other', async (_, first, second) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = (month: number) =>
    Array.from({ length: 7 }, (_, i): Record<string, string> => ({
      order_id: `${month}-${i}`,
      customer: `m${i % 3}`,
      order_date: `2026-0${month}-1${i}`,
      amount: String(month * 100 + i),
      note: i === 3 ? '"two\nlines, quoted"' : 'x',
    }))
  const file = (header: string, all: readonly Record<string, string>[]) =>
    `${header}\n${all
      .map((row) =>
        header
          .split(',')
          .map((name) => row[name])
          .join(','),
      )
      .join('\n')}\n`
  const files = { 'feb.csv': file(first, rows(2)), 'jan.csv': file(second, rows(1)) }
  const given = Object.entries(files).map(([fileName, text]) => ({
    fileName,
    path: shop.file(fileName, text),
  }))
  // in one zip and as files that are chosen together
  const zip = shop.file('a.zip', zipped(files))
  const said = (await notesOf(shop, zip)).join(' ')
  expect(said).toMatch(
    first === second ? /^$/ : /^jan\.csv \(7 rows\) has the same columns.* other orders: its rows follow\.$/,
  )
  expect(said.includes('but note, which stay empty')).toBe(!second.includes('note'))
  receiptOf(await shop.import(given[0]!.path, { together: given, fileName: 'feb.csv + jan.csv' }))
  const found = await shop.workspace.engine.rows(
    sql`select order_id, member_id, cast(local_day as varchar) as day, net_minor from orders join members using (member_key) order by order_id`,
  )
  expect(found).toEqual(
    [...rows(1), ...rows(2)].map((row) => ({
      orderId: row.order_id,
      memberId: row.customer,
      day: row.order_date,
      netMinor: Number(row.amount) * 100,
    })),
  )
  expect(receiptOf(await shop.import(zip))).toMatchObject({ read: 14, imported: 0, unchanged: 14 })
})

test('the name of a product is the order line’s', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const products = 'product_id,name,category,cost\np1,Green tea,tea,1\np2,Mug,cups,2\n'
  const path = shop.file('a.zip', zipped({ 'o.csv': orders, 'i.csv': items, 'products.csv': products }))
  receiptOf(await shop.import(path))
  expect(
    await shop.workspace.engine.rows(sql`select distinct sku, product from import_lines order by 1`),
  ).toEqual([
    { sku: 'p1', product: 'Green tea' },
    { sku: 'p2', product: 'Mug' },
  ])
})

test('joining says how far it is, and ends within a second once nobody waits for it', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const { files } = fiveTables(7, 30_000)
  const path = shop.file('big.zip', zipped(files))
  const folder = importRuns(shop.platform).joinedFolder(shop.workspace.id)
  const given = [{ path, fileName: 'big.zip' }]
  const left = new AbortController()
  const first = partsOf(given, 'big.zip', folder, { signal: left.signal })
  const shares: number[] = []
  while (shares.length < 2) {
    const told = joiningIn(folder)
    if (told && told.share > 0 && told.share !== shares.at(-1)) shares.push(told.share)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const began = performance.now()
  left.abort()
  expect(await first).toMatchObject({ id: 'import-cancelled' })
  expect(performance.now() - began).toBeLessThan(1000)
  expect(joiningIn(folder)).toBeNull()
  expect(readdirSync(folder)).toEqual([])
  expect(shares[0]).toBeLessThan(shares[1]!)
  // who waits on is not sent away by who leaves
  const leaving = new AbortController()
  const stays = partsOf(given, 'big.zip', folder)
  const leaves = partsOf(given, 'big.zip', folder, { signal: leaving.signal })
  while (!joiningIn(folder)) await new Promise((resolve) => setTimeout(resolve, 5))
  leaving.abort()
  const found = await stays
  expect(found && 'parts' in found && found.parts[0].tables?.base.name).toBe('order_items.csv')
  await leaves
})

test('columns that were confirmed are remembered for the next tables, and joined ones go with the import', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const next = {
    'o.csv': orders.replaceAll('A', 'C').replaceAll('B', 'D'),
    'i.csv': items.replaceAll('A', 'C').replaceAll('B', 'D'),
  }
  await shop.import(shop.file('a.zip', zipped({ 'o.csv': orders, 'i.csv': items })), {
    map: { columns: { product: 'product_id' } },
  })
  const path = shop.file('b.zip', zipped(next))
  const seen = await shop.inspect(path, 'b.zip', {})
  expect(seen).toMatchObject({
    inspection: { remembered: { fileName: 'a.zip' }, map: { columns: { product: 'product_id' } } },
  })
  const folder = importRuns(shop.platform).joinedFolder(shop.workspace.id)
  expect(readdirSync(folder)).toHaveLength(1)
  await shop.import(path)
  expect(readdirSync(folder)).toEqual([])
  // where nobody imports them they go as uploads do
  await shop.inspect(path, 'b.zip', {})
  forgetUploads(shop.platform, shop.workspace.id)
  expect(existsSync(folder)).toBe(false)
})

test.each([
  ['order_id,line,product_id,price\nA,1,p1,10\nA,2,p2,5\n', 'part-of-orders'],
  [
    'order_id,customer_id,status,purchased_at\nA,m1,delivered,2026-01-05 10:00:00\nB,m2,delivered,2026-01-05 11:00:00\n',
    'part-of-orders',
  ],
  ['customer_id,amount\nm1,10\nm2,5\n', 'missing-columns'],
])('a lone table of several is told that the others may be given with it (%#)', async (content, id) => {
  await using shop = await openTestShop('CNY', 'UTC')
  expect(await shop.import(shop.file('a.csv', content))).toMatchObject({ kind: 'refused', id })
})

test('the command line takes files that need each other together, others one by one', async () => {
  await using shop = await openTestShop()
  const tables = fiveTables()
  const run = (...args: string[]) => command(...args, '--data', join(shop.folder, 'own'))
  const file = (name: string) => shop.file(name, tables.files[name]!)
  expect((await run('workspace', 'create', 'w')).status).toBe(0)
  const together = await run(
    'import',
    file('orders.csv'),
    file('order_items.csv'),
    file('customers.csv'),
    '--workspace',
    'w',
    '--yes',
  )
  expect(together).toMatchObject({ status: 0 })
  // each import is called by the files that are in it
  expect(together.stdout).toContain('order_items.csv + orders.csv is imported')
  expect(together.stdout).toContain('customers.csv is imported')
  expect(together.stderr).toContain('customers.csv (400 rows) is joined by customer_id of orders.csv.')
  expect(together.stdout).toContain('customers.csv (400 rows) is joined by customer_id of orders.csv.')

  const whole = (id: string) =>
    shop.file(`${id}.csv`, `order_id,customer_id,order_date,amount\n${id},m1,2026-01-05,10\n`)
  const apart = await run('import', whole('Y1'), whole('Y2'), '--workspace', 'w', '--yes', '--json')
  expect(JSON.parse(apart.stdout)).toMatchObject([
    { fileName: 'Y1.csv', imported: 1 },
    { fileName: 'Y2.csv', imported: 1 },
  ])
  const alone = await run('import', file('order_items.csv'), '--workspace', 'w', '--yes')
  expect(alone.status).toBe(1)
  expect(alone.stderr).toContain('give them together: in one zip, or as several files')
}, 240_000)
