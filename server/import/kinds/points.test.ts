import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { differingPoints } from '../../elsewhere/differing-points.ts'
import { exportMember } from '../../rights/export.ts'
import { oneMember } from '../../members/one.ts'
import { openTestShop, type TestShop } from '../test-shop.ts'
import { takeOutKind } from './apply.ts'
import { points } from './points.ts'
import { toldKind } from './told.ts'

const settings = {
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}

const ledger = ({ workspace }: TestShop) =>
  workspace.engine.rows(
    sql`select entry_id, member_id, change, change_reason as reason from points_entries order by member_id, changed_at, change, reason`,
  )

test('entries with a number are corrected, those without only add what is not there', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const first = await shop.importKind(
    shop.file(
      'a.csv',
      `流水号,会员号,变动时间,变动积分,变动后积分,变动原因,过期时间
P1,M1,2026-01-01 10:00:00,+100,100,消费,2027-01-01
P2,M1,2026-01-02 10:00:00,-30,70,兑换,
,M2,2026-01-03 10:00:00,5,5,签到,
,M2,2026-01-03 10:00:00,5,5,签到,
P3,M1,2026-01-02 10:00:00,1.5,,,
P4,M1,2099-01-02 10:00:00,1,,,
P5,M1,,1,,,
`,
    ),
  )
  expect(first).toMatchObject({
    kind: 'points',
    read: 7,
    imported: 4,
    unchanged: 0,
    refused: 3,
    duplicates: 1,
    members: 2,
    newMembers: 2,
    newEntries: 4,
  })
  expect(first.reasons.map(({ reason }) => reason).toSorted()).toEqual([
    'bad-number',
    'future-date',
    'points.no-at',
  ])
  // P1 says another change, P2 only fills in; of M2's two there are three now: one more
  const second = await shop.importKind(
    shop.file(
      'b.csv',
      `流水号,会员号,变动时间,变动积分,变动后积分,变动原因,备注
P1,M1,2026-01-01 10:00:00,120,120,消费,
P2,M1,2026-01-02 10:00:00,-30,,,
,M2,2026-01-03 10:00:00,5,5,签到,
,M2,2026-01-03 10:00:00,5,5,签到,
,M2,2026-01-03 10:00:00,5,5,签到,
,M2,2026-01-03 10:00:00,5,5,生日,
`,
    ),
  )
  expect(second).toMatchObject({
    read: 6,
    imported: 3,
    unchanged: 3,
    duplicates: 2,
    newEntries: 2,
    changedEntries: 1,
    sameEntries: 3,
    newMembers: 0,
  })
  const m1 = [
    { entryId: 'P1', memberId: 'M1', change: 120, reason: '消费' },
    { entryId: 'P2', memberId: 'M1', change: -30, reason: '兑换' },
  ]
  const m2 = (reason: string) => ({ entryId: null, memberId: 'M2', change: 5, reason })
  expect(await ledger(shop)).toEqual([...m1, m2('生日'), m2('签到'), m2('签到'), m2('签到')])
  await takeOutKind(shop.workspace.engine, points, first.importId!, settings)
  expect(await ledger(shop)).toEqual([
    m1[0],
    { ...m1[1], reason: null },
    m2('生日'),
    m2('签到'),
    m2('签到'),
    m2('签到'),
  ])
  await takeOutKind(shop.workspace.engine, points, second.importId!, settings)
  expect(await ledger(shop)).toEqual([])
  expect(await shop.workspace.engine.rows(sql`select * from members`)).toEqual([])
})

test('the receipt counts other balances than the file of members has; page and export show the entries', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(shop.file('m.csv', '会员号,姓名,积分\nM1,甲,70\nM2,乙,6\nM3,丙,1\nM4,丁,\n'))
  // M1 agrees with the newest entry, M2 differs, M3 has no balance, M4 no points, M5 is in no file of members
  const receipt = await shop.importKind(
    shop.file(
      'p.jsonl',
      [
        {
          memberId: 'M1',
          at: '2026-01-02 10:00:00',
          change: -30,
          balanceAfter: 70,
          reason: 'gift',
          expiresOn: '2027-03-31',
        },
        { memberId: 'M1', at: '2026-01-01 23:30:00', change: 100, balanceAfter: 100, orderId: 'A1' },
        { memberId: 'M2', at: '2026-01-01', change: 5, balanceAfter: 5 },
        { memberId: 'M3', at: '2026-01-01', change: 5 },
        { memberId: 'M4', at: '2026-01-01', change: 5, balanceAfter: 5 },
        { memberId: 'M5', at: '2026-01-01', change: 5, balanceAfter: 5 },
      ]
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    ),
  )
  expect(receipt).toMatchObject({ imported: 6, newMembers: 1, counts: { differing: 1 } })
  expect(await differingPoints(shop.workspace.engine, {})).toEqual({
    total: 1,
    named: [{ memberId: 'M2', ledgerPoints: 5, points: 6 }],
  })
  expect(toldKind(receipt, 'en').facts).toEqual([
    '1 member has another balance here than in the files of members: they are listed under Data.',
  ])
  expect(toldKind(receipt, 'zh-CN').facts).toEqual([
    '1 位会员的流水余额与会员文件中的积分不一致，名单见“数据”页。',
  ])
  const seen = async (memberId: string, asOf: string) =>
    (await oneMember(shop.platform.store, shop.workspace, { memberId, asOf }))!.pointsList
  expect(await seen('M1', '2026-11-20')).toEqual([
    {
      changedAt: '2026-01-02T02:00:00.000Z',
      day: '2026-01-02',
      change: -30,
      balanceAfter: 70,
      reason: 'gift',
      orderId: null,
      expiresDay: '2027-03-31',
    },
    {
      changedAt: '2026-01-01T15:30:00.000Z',
      day: '2026-01-01',
      change: 100,
      balanceAfter: 100,
      reason: null,
      orderId: 'A1',
      expiresDay: null,
    },
  ])
  expect((await seen('M1', '2026-01-01')).map(({ change }) => change)).toEqual([100])
  const exported = await exportMember(shop.platform, shop.workspace, 'M1')
  expect(exported!.importedRows.points).toMatchObject([
    { fileName: 'p.jsonl', rowNumber: 1, change: -30, memberId: 'M1' },
    { fileName: 'p.jsonl', rowNumber: 2, change: 100, memberId: 'M1' },
  ])
  expect(exported!.importedRows.tags).toEqual([])
})

test('a ledger whose header says 变动 or change alone is one, and a till’s change beside the amount is none', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const kindOf = async (text: string) => {
    const read = await shop.inspect(shop.file('p.csv', text), 'p.csv', {})
    return 'id' in read ? read : [read.inspection.map.kind, read.inspection.otherKinds]
  }
  expect(await kindOf('会员号,时间,变动,余额\nm1,2026-01-02,120,120\nm1,2026-01-03,-20,100\n')).toEqual([
    'points',
    [],
  ])
  expect(await kindOf('member_id,date,change,balance\nm1,2026-01-02,120,120\n')).toEqual(['points', []])
  expect(await kindOf('order_id,member_id,date,amount,change\nA,m1,2026-01-02,120,3.50\n')).toEqual([
    'orders',
    [],
  ])
})
