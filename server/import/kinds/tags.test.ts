import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { setTag } from '../../tags/set-tag.ts'
import { renameTag } from '../../tags/tags.ts'
import { kindTitle } from '../import-kinds.ts'
import { now, openTestShop, type TestShop } from '../test-shop.ts'
import { takeOutKind } from './apply.ts'
import { tags } from './tags.ts'

const settings = {
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}
const doing = { by: 'somebody', at: now }

const carried = ({ workspace }: TestShop) =>
  workspace.engine.rows(sql`select member_id, tag, source, added_day from member_tags
    join members on members.member_key = member_tags.member_key order by member_id, tag`)

const decide = async (
  { platform, workspace }: TestShop,
  tag: string,
  carries: boolean,
  ...memberIds: string[]
) =>
  expect(
    await setTag(platform.store, workspace, tag, carries, { kind: 'members', memberIds }, doing),
  ).toMatchObject({ kind: 'done' })

const undo = (shop: TestShop, importId: string | null) =>
  takeOutKind(shop.workspace.engine, tags, importId!, settings)

test('several tags in a column, a day of their own or that of the import; members become known', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const receipt = await shop.importKind(
    shop.file(
      't.csv',
      '会员号,标签,打标日期\nM1,"茶，咖啡；茶",2026-01-05\nM2,茶|新客、周末,\nM3,；,\n,茶,\nM1,茶,\n',
    ),
  )
  // M3 and the row without a member are refused; the last row says nothing that the first does not
  expect(receipt).toMatchObject({
    kind: 'tags',
    read: 5,
    imported: 3,
    unchanged: 0,
    refused: 2,
    members: 2,
    newMembers: 2,
    newEntries: 5,
    counts: { tags: 4, keptOff: 0 },
  })
  expect(receipt.reasons.map(({ reason }) => reason).toSorted()).toEqual(['tags.no-memberId', 'tags.no-tag'])
  // 2026-11-22T08:00:00Z is that day in Shanghai too
  expect(await carried(shop)).toEqual([
    { memberId: 'M1', tag: '咖啡', source: 'imported', addedDay: '2026-01-05' },
    { memberId: 'M1', tag: '茶', source: 'imported', addedDay: '2026-01-05' },
    { memberId: 'M2', tag: '周末', source: 'imported', addedDay: '2026-11-22' },
    { memberId: 'M2', tag: '新客', source: 'imported', addedDay: '2026-11-22' },
    { memberId: 'M2', tag: '茶', source: 'imported', addedDay: '2026-11-22' },
  ])
  await undo(shop, receipt.importId)
  expect(await carried(shop)).toEqual([])
  expect(await shop.workspace.engine.rows(sql`select * from members`)).toEqual([])
})

test('a day under the plainest of headers is the day of the tag', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importKind(shop.file('t.csv', '会员编号,标签,日期\nM1,茶,2026-01-05\n'))
  await shop.importKind(shop.file('u.csv', 'member,tag,date\nM2,tea,2026-01-06\n'))
  expect((await carried(shop)).map(({ addedDay }) => addedDay)).toEqual(['2026-01-05', '2026-01-06'])
})

test('what people set stands: taken off stays off, put on stays on, renamed comes under its new name', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const first = await shop.importKind(shop.file('a.csv', 'member,tag\nM1,tea\nM1,gold\nM2,tea\n'))
  await decide(shop, 'tea', false, 'M1') // on the day it came: of that no history is kept, and yet it stays off
  await decide(shop, 'gold', true, 'M1')
  const second = await shop.importKind(shop.file('b.csv', 'member,tag\nM1,tea\nM1,gold\nM2,tea\nM3,tea\n'))
  expect(second).toMatchObject({
    imported: 1,
    unchanged: 3,
    newEntries: 1,
    sameEntries: 3,
    counts: { keptOff: 1 },
  })
  expect(await carried(shop)).toMatchObject([
    { memberId: 'M1', tag: 'gold', source: 'manual' },
    { memberId: 'M2', tag: 'tea', source: 'imported' },
    { memberId: 'M3', tag: 'tea', source: 'imported' },
  ])
  await renameTag(shop.platform.store, shop.workspace, 'tea', 'Tea', doing)
  const third = await shop.importKind(shop.file('c.csv', 'member,tag\nM4,tea\nM1,tea\n'))
  expect(await carried(shop)).toMatchObject([
    { memberId: 'M1', tag: 'gold' },
    { memberId: 'M2', tag: 'Tea' },
    { memberId: 'M3', tag: 'Tea' },
    { memberId: 'M4', tag: 'Tea' },
  ])
  // M2's tag is said by two files, M3's by the second alone
  await undo(shop, first.importId)
  await undo(shop, third.importId)
  expect(await carried(shop)).toMatchObject([
    { memberId: 'M1', tag: 'gold', source: 'manual' },
    { memberId: 'M2', tag: 'Tea', source: 'imported' },
    { memberId: 'M3', tag: 'Tea', source: 'imported' },
  ])
  await undo(shop, second.importId)
  // M1 is kept for the tag that people gave
  expect(await carried(shop)).toMatchObject([{ memberId: 'M1', tag: 'gold', source: 'manual' }])
  expect(await shop.workspace.engine.rows(sql`select member_id, stub from members`)).toEqual([
    { memberId: 'M1', stub: true },
  ])
})

test('with --replace the file is the whole truth for the tags that it names, until it is undone', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importKind(shop.file('a.csv', 'member,tag\nM1,tea\nM2,tea\nM2,gold\n'))
  const whole = await shop.importKind(shop.file('b.csv', 'member,tag\nM1,tea\nM3,tea\n'), { replace: true })
  const pairs = async () => (await carried(shop)).map(({ memberId, tag }) => `${memberId} ${tag}`)
  expect(await pairs()).toEqual(['M1 tea', 'M2 gold', 'M3 tea'])
  await shop.importKind(shop.file('c.csv', 'member,tag\nM2,tea\nM4,tea\n'))
  expect(await pairs()).toEqual(['M1 tea', 'M2 gold', 'M2 tea', 'M3 tea', 'M4 tea'])
  await undo(shop, whole.importId)
  expect(await pairs()).toEqual(['M1 tea', 'M2 gold', 'M2 tea', 'M4 tea'])
})

test('a file of members with a column of tags stays one of members', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const kindOf = async (content: string) => {
    const seen = await shop.inspect(shop.file('x.csv', content), 'x.csv', {})
    if ('id' in seen) throw new Error(seen.id)
    return seen.inspection.map.kind
  }
  expect(await kindOf('会员号,姓名,标签\nM1,甲,茶\n')).toBe('members')
  expect(await kindOf('会员号,标签\nM1,茶\n')).toBe('tags')
  expect(await kindOf('customer id,tags\nM1,a\n')).toBe('tags')
  expect(await kindOf('order id,customer id,date,amount,tags\nA,M1,2026-01-01,3,a\n')).toBe('orders')
})

test('a text is no tag: its row is refused whole, with a sentence', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const receipt = await shop.importKind(
    shop.file(
      't.csv',
      `member,tag\nM1,${'茶'.repeat(200)}\nM2,${'茶'.repeat(201)}\nM3,tea;${'x'.repeat(100_000)}\n`,
    ),
  )
  expect(receipt).toMatchObject({
    read: 3,
    imported: 1,
    reasons: [{ reason: 'tags.long-tag', field: 'tag' }],
  })
  expect((await carried(shop)).map(({ memberId }) => memberId)).toEqual(['M1'])
})

test('--replace is refused where a file replaces nothing', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const kinds = { named: (['orders', 'refunds', 'tags'] as const).map(kindTitle) }
  expect(
    await shop.import(shop.file('m.csv', 'member_id,name,phone\nM1,甲,13900000001\n'), { replace: true }),
  ).toMatchObject({
    kind: 'refused',
    id: 'no-replace',
    values: { file: 'm.csv', kind: kindTitle('members'), kinds },
  })
  expect(
    await shop.import(shop.file('p.csv', 'member_no,changed_at,change\nM1,2026-01-02,5\n'), {
      replace: true,
    }),
  ).toMatchObject({ kind: 'refused', id: 'no-replace', values: { kind: kindTitle('points'), kinds } })
  expect(await shop.workspace.engine.rows(sql`select * from imports`)).toEqual([])
})
