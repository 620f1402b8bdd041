import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { command } from '../../command-line/in-process.fixture.ts'
import { sentence } from '../../messages/messages.ts'
import { workbookOf, zipped } from '../containers/archive.fixture.ts'
import { openInbox } from '../inbox.ts'
import { ordersOf, partsIn } from '../reading/ready-to-read.ts'
import { hasEnded, type ImportOrder, type RunState } from '../run-state.ts'
import { importRuns } from '../runs.ts'
import { openTestShop, receiptOf, type TestShop, visible } from '../test-shop.ts'

const orders = '订单号,会员号,下单时间,实付金额\nA,m1,2026-01-05,15\nB,m2,2026-01-06,7\nC,m1,2026-02-07,30\n'
const february = '订单号,会员号,下单时间,实付金额\nC,m1,2026-02-07,30\nD,m3,2026-02-08,4\n'
const members = '会员号,姓名,等级\nm1,安,金\nm2,白,银\nm4,陈,金\n'
const notes = '本文件由收银系统导出\n请勿外传\n'

const orderOf = (path: string): ImportOrder => ({
  path,
  fileName: basename(path),
  map: {},
  dryRun: false,
  replace: false,
  language: 'en',
  actor: 'command-line',
})

const partsOf = (shop: TestShop, path: string) =>
  partsIn(shop.workspace, orderOf(path), importRuns(shop.platform).joinedFolder(shop.workspace.id))

/** Takes in whatever a file becomes, and answers how each import ended. */
async function importAll(shop: TestShop, path: string): Promise<RunState[]> {
  const runs = importRuns(shop.platform)
  const found = await partsOf(shop, path)
  if (!found || 'id' in found) throw new Error(`No parts: ${JSON.stringify(found)}`)
  const started = runs.startSet(shop.workspace, ordersOf(orderOf(path), found))
  if (started.kind === 'refused') throw new Error(started.id)
  const ends: RunState[] = []
  for (const runId of started.runIds)
    for await (const state of runs.follow(shop.workspace.id, runId, new AbortController().signal))
      if (hasEnded(state)) ends.push(state)
  return ends
}

/** What figures see, without imports' numbers and names. */
async function seen(shop: TestShop): Promise<object> {
  const { imports: _, importLines: __, state: ___, ...tables } = await visible(shop)
  const named = await shop.workspace.engine.rows(
    sql`select member_id, name, tier from members order by member_id`,
  )
  return { ...tables, named }
}

test.each<Record<string, string | null>>([
  { 说明: notes, 订单: orders },
  { 说明: '导出时间,2026-03-01\n负责人,安\n', 订单: orders },
  { 订单: orders, Sheet2: '', Sheet3: '' },
  { 图: null, 订单: `一月与二月的订单\n\n${orders}` },
])(
  'a workbook of one table is read as if it had no other sheet, and says which it leaves out (%#)',
  async (sheets) => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const path = shop.file('book.xlsx', workbookOf(sheets))
    expect(await shop.inspect(path, 'book.xlsx', {})).toMatchObject({
      inspection: {
        fileName: 'book.xlsx',
        container: 'xlsx',
        sheet: '订单',
        otherSheets: Object.keys(sheets).filter((name) => name !== '订单'),
        tables: null,
        lacking: [],
      },
    })
    expect(await partsOf(shop, path)).toMatchObject({ parts: [{ kind: 'orders', fileName: 'book.xlsx' }] })
    expect(receiptOf(await shop.import(path))).toMatchObject({
      read: 3,
      refused: 0,
      orders: 3,
      netMinor: 5200,
    })
  },
)

test('sheets become what the files of a zip do, each with a receipt of its own, and again change nothing', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await using other = await openTestShop('CNY', 'Asia/Shanghai')
  const tagged = members.replace('等级', '等级,标签').replaceAll(/([金银])\n/g, '$1,茶\n')
  const path = shop.file('book.xlsx', workbookOf({ 说明: notes, 订单: orders, 会员: tagged }))
  const found = await partsOf(shop, path)
  expect(found).toMatchObject({
    parts: [
      { kind: 'orders', names: ['订单', '会员'], rows: 3, refusal: null },
      { kind: 'members', names: ['会员'], rows: 3, refusal: null },
      { kind: 'tags', names: ['会员'], refusal: null },
    ],
    unused: [{ name: '说明', why: 'no-table' }],
  })
  const ends = await importAll(shop, path)
  expect(ends.map(({ phase, fileName }) => [phase, fileName])).toEqual([
    ['done', 'book.xlsx/订单'],
    ['done', 'book.xlsx/会员'],
    ['done', 'book.xlsx/会员'],
  ])
  await importAll(other, other.file('shop.zip', zipped({ '订单.csv': orders, '会员.csv': tagged })))
  expect(await seen(shop)).toEqual(await seen(other))
  const before = await visible(shop)
  const again = await importAll(shop, path)
  expect(again.map((one) => (one.receipt ?? one.membersReceipt ?? one.kindReceipt)?.alreadyThere)).toEqual([
    true,
    true,
    true,
  ])
  expect(await visible(shop)).toEqual(before)
})

test('sheets of months follow one another as files do, and two of members are two imports', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const months = shop.file('book.xlsx', workbookOf({ 一月: orders, 二月: february.replace('30', '31') }))
  // as imported one by one, in the order of the workbook: the later sheet restates C
  expect(receiptOf(await shop.import(months))).toMatchObject({ orders: 4, netMinor: 5700, superseded: 1 })
  const others = '会员号,姓名,等级\nm8,何,金\nm9,吴,银\n'
  const ends = await importAll(shop, shop.file('people.xlsx', workbookOf({ 东店: members, 西店: others })))
  expect(ends.map(({ membersReceipt }) => membersReceipt)).toMatchObject([
    { read: 3, alreadyThere: false },
    { read: 2, alreadyThere: false },
  ])
})

test('a workbook in a zip gives its sheets too', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const book = workbookOf({ 说明: notes, 订单: orders, 会员: members })
  const refunds = 'refund_id,order_id,refunded_at,refund_amount\nR1,A,2026-02-01,3\n'
  const path = shop.file('shop.zip', zipped({ 'book.xlsx': book, 'refunds.csv': refunds }))
  const found = await partsOf(shop, path)
  expect(found).toMatchObject({
    parts: [
      { kind: 'orders', rows: 3 },
      { kind: 'members', fileName: 'shop.zip/book.xlsx/会员', rows: 3 },
      { kind: 'refunds', rows: 1 },
    ],
    unused: [{ name: '说明', why: 'no-table' }],
  })
  expect((await importAll(shop, path)).map(({ phase }) => phase)).toEqual(['done', 'done', 'done'])
  const [net] = await shop.workspace.engine.rows(
    sql`select cast(sum(net_minor) as bigint) as net from member_facts`,
  )
  expect(net).toEqual({ net: 4900 })
})

test('sheets that nobody can tell are each shown with their columns, to be said what they are', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file('book.xlsx', workbookOf({ 甲: 'k1,k2\n1,2\n', 乙: 'k3,k4\n3,4\n' }))
  expect(await partsOf(shop, path)).toMatchObject({
    parts: [
      { names: ['甲'], rows: 1, refusal: null },
      { names: ['乙'], rows: 1, refusal: null },
    ],
    unused: [],
  })
})

test('what keeps a workbook from being read is said of its sheets', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const said = async (sheets: Record<string, string | null>) => {
    const refused = await shop.import(shop.file('b.xlsx', workbookOf(sheets)))
    if (!('id' in refused)) throw new Error('taken')
    return [sentence('en', refused.id, refused.values), sentence('zh-CN', refused.id, refused.values)]
  }
  expect(await said({ 说明: notes })).toEqual([
    'The sheet “说明” of b.xlsx has only one column. Orders, members and other kinds need several, each under its name: export the table itself and import that.',
    'b.xlsx 的工作表“说明”只有一列。订单、会员等文件需要多列，每列有列名。请导出数据表本身后再导入。',
  ])
  expect(await said({ 说明: notes, 备注: notes, 图: null, 空: '' })).toEqual([
    'No sheet of b.xlsx (说明, 备注, 图, 空) is a table: a line with the names of several columns, and rows below it. Export the table itself and import that.',
    'b.xlsx 的工作表（说明、备注、图、空）都不是数据表：数据表要有一行列名（多列），下面是数据行。请导出数据表本身后再导入。',
  ])
})

test('the terminal and the inbox take the sheets as the screen does', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const book = workbookOf({ 说明: notes, 订单: orders, 会员: members })
  const path = shop.file('book.xlsx', book)
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  shop.file('data/inbox/shop/book.xlsx', book)
  await inbox.look()
  await inbox.look()
  await inbox.stop()
  const rows = await shop.workspace.engine.rows(sql`select kind, file_name from imports order by import_seq`)
  expect(rows).toEqual([
    { kind: 'orders', fileName: 'book.xlsx/订单' },
    { kind: 'members', fileName: 'book.xlsx/会员' },
  ])
  const run = (...args: string[]) => command(...args, '--data', join(shop.folder, 'own'))
  expect((await run('workspace', 'create', 'w')).status).toBe(0)
  const { stderr, stdout, status } = await run('import', path, '--workspace', 'w', '--yes')
  expect({ status, stderr }).toMatchObject({ status: 0 })
  expect(stderr).toContain('book.xlsx becomes 2 imports')
  expect(stderr).toContain('说明 is not used')
  expect(stdout).toContain('book.xlsx/会员')
})
