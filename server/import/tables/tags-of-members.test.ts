import { renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { inboxOf, openInbox } from '../inbox.ts'
import { ordersOf, partsIn } from '../reading/ready-to-read.ts'
import { hasEnded, type ImportOrder, type RunState } from '../run-state.ts'
import { importRuns } from '../runs.ts'
import { openTestShop, type TestShop } from '../test-shop.ts'
import { undoImport } from '../undo.ts'

const youzan =
  '客户姓名,客户昵称,客户手机号,客户生日,客户性别,标签,是否会员,成长值,免费等级,付费等级,权益卡,客户积分,客户储值余额,来源渠道,成为客户时间,成为会员时间,\n'
const youzanRow = (name: string, phone: string, tags: string) =>
  `${name},,${phone},,,${tags},是,0,,,,0,0.00,,2024-01-05 10:00:00,2024-01-05 10:00:00,\n`
const shopify =
  'Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags\n'

async function partsOf(shop: TestShop, path: string, more: Partial<ImportOrder> = {}) {
  const order: ImportOrder = {
    path,
    fileName: basename(path),
    map: {},
    dryRun: false,
    replace: false,
    language: 'en',
    actor: 'command-line',
    ...more,
  }
  const folder = importRuns(shop.platform).joinedFolder(shop.workspace.id)
  const found = await partsIn(shop.workspace, order, folder, { as: order.map.kind })
  if (found && 'id' in found) throw new Error(found.id)
  return { order, found }
}

async function importBoth(shop: TestShop, path: string, more: Partial<ImportOrder> = {}) {
  const { order, found } = await partsOf(shop, path, more)
  if (!found) throw new Error('One table.')
  const runs = importRuns(shop.platform)
  const started = runs.startSet(shop.workspace, ordersOf(order, found))
  if (started.kind === 'refused') throw new Error(started.id)
  const ends: RunState[] = []
  for (const runId of started.runIds)
    for await (const state of runs.follow(shop.workspace.id, runId, new AbortController().signal))
      if (hasEnded(state)) ends.push(state)
  const refused = ends.flatMap(({ refusal }) => refusal?.id ?? [])
  if (refused.length > 0) throw new Error(refused.join())
  return { members: ends[0]!.membersReceipt!, tags: ends[1]!.kindReceipt! }
}

const carried = async ({ workspace }: TestShop) =>
  (
    await workspace.engine.rows(sql`select coalesce(phone, member_id) || ' ' || tag as line
      from member_tags join members on members.member_key = member_tags.member_key order by all`)
  ).map(({ line }) => String(line).replace('+86', ''))

const undo = async (shop: TestShop, importId: string | null) =>
  expect(
    await undoImport(shop.platform, shop.workspace, { importId: importId!, actor: 'command-line' }),
  ).toMatchObject({ kind: 'undone' })

test('Youzan: members and their tags from one file, whatever separates these, each undone by itself', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    'youzan.csv',
    youzan +
      youzanRow('王一', '13900000001', '"茶,咖啡"') +
      youzanRow('王二', '13900000002', '茶、周末，新客') +
      youzanRow('王三', '13900000003', '茶｜老客|团购') +
      youzanRow('王四', '13900000004', '') +
      youzanRow('王五', '13900000005', '——') +
      youzanRow('王六', '186******05', '茶'),
  )
  const all = [
    '13900000001 咖啡',
    '13900000001 茶',
    '13900000002 周末',
    '13900000002 新客',
    '13900000002 茶',
    '13900000003 团购',
    '13900000003 老客',
    '13900000003 茶',
  ]
  const { members, tags } = await importBoth(shop, path)
  expect(members).toMatchObject({ read: 6, imported: 5, refused: 1, newMembers: 5 })
  // who has no tag is no refused row
  expect(tags).toMatchObject({
    kind: 'tags',
    read: 4,
    passed: 2,
    imported: 3,
    refused: 1,
    newEntries: 8,
    newMembers: 0,
    counts: { tags: 6 },
  })
  expect(await carried(shop)).toEqual(all)
  const again = await importBoth(shop, path)
  expect([again.members.alreadyThere, again.tags.alreadyThere]).toEqual([true, true])
  await undo(shop, tags.importId)
  expect(await carried(shop)).toEqual([])
  const anew = await importBoth(shop, path)
  expect([anew.members.alreadyThere, anew.tags.newEntries]).toEqual([true, 8])
  await undo(shop, anew.members.importId)
  // the tags name their people themselves
  expect((await carried(shop)).length).toBe(8)
  expect((await importBoth(shop, path)).members).toMatchObject({
    imported: 5,
    newMembers: 2,
    changedMembers: 3,
  })
  expect(await carried(shop)).toEqual(all)
})

test('Shopify: Tags of customers are theirs by number, those of orders are nobody’s', async () => {
  await using shop = await openTestShop('USD', 'America/New_York')
  const path = shop.file(
    'customers.csv',
    `${shopify}'7001,Ann,Lee,ann@example.com,yes,,'+12125550101,no,10.00,1,,no,"VIP, wholesale"
'7002,Bob,,bob@example.com,no,,,no,0.00,0,,no,
'7003,Cy,,,no,'+12125550101,,no,0.00,0,,no,vip
`,
  )
  const { tags } = await importBoth(shop, path)
  expect(tags).toMatchObject({ read: 2, passed: 1, imported: 2, refused: 0, members: 2, newMembers: 0 })
  const rows = await shop.workspace.engine
    .rows(sql`select member_id, tag from member_tags join members on members.member_key = member_tags.member_key
      order by all`)
  expect(rows.map((row) => Object.values(row).join(' '))).toEqual(['7001 VIP', '7001 wholesale', '7003 vip'])
  const orders = shop.file(
    'orders.csv',
    `Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Tags
#1,ann@example.com,paid,2026-04-05 21:06:21 +0400,USD,5.00,0,0,5.00,2026-04-05 21:06:21 +0400,1,Tea,5.00,gift
`,
  )
  expect((await partsOf(shop, orders)).found).toBeNull()
})

test('a file of no platform: the column that may be tags is found by how its header ends', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const header = '卡号,姓名,手机,企微标签,打标时间\n'
  const path = shop.file('m.csv', `${header}M1,王一,13900000001,茶;周末,x\nM2,王二,13900000002,,y\n`)
  const { found } = await partsOf(shop, path)
  expect(found?.parts.map(({ kind, rows }) => ({ kind, rows }))).toEqual([
    { kind: 'members', rows: 2 },
    { kind: 'tags', rows: 2 },
  ])
  // what the first part is told of who the rows are holds for the second
  const { tags } = await importBoth(shop, path, { map: { columns: { memberId: null, phone: '手机' } } })
  expect(tags).toMatchObject({ read: 1, passed: 1, matched: { byPhone: 1, byId: 0 } })
  expect(await carried(shop)).toEqual(['13900000001 周末', '13900000001 茶'])
})

test.each([
  ['without one tag', '卡号,姓名,标签\nM1,王一,\nM2,王二,\n', {}],
  ['without a column of tags', '卡号,姓名,等级\nM1,王一,金\nM2,王二,\n', {}],
  ['said to be of members', '卡号,姓名,标签\nM1,王一,茶\nM2,王二,\n', { kind: 'members' as const }],
  ['of tags alone', '卡号,标签\nM1,茶\nM2,茶\n', {}],
])('a file %s stays one', async (_, content, map) => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  expect((await partsOf(shop, shop.file('m.csv', content), { map })).found).toBeNull()
})

test('the inbox takes both in, again and again', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { folder } = inboxOf(shop.platform, shop.workspace)
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  for (const [at, tags] of ['茶', '茶,咖啡'].entries()) {
    renameSync(
      shop.file(`m${at}.csv`, `卡号,姓名,标签\nM1,王一,"${tags}"\nM2,王二,\n`),
      join(folder, `m${at}.csv`),
    )
    await inbox.look()
    await inbox.look()
  }
  await inbox.stop()
  const kinds = await shop.workspace.engine.rows(sql`select kind, file_name from imports order by import_seq`)
  expect(kinds.map((row) => Object.values(row).join(' '))).toEqual([
    'members m0.csv',
    'tags m0.csv',
    'members m1.csv',
    'tags m1.csv',
  ])
  expect(await carried(shop)).toEqual(['M1 咖啡', 'M1 茶'])
})
