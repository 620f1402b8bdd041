import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openTestShop, receiptOf } from '../import/test-shop.ts'
import { deleteMember } from './delete-member.ts'
import { without } from './forget-in-texts.ts'

test.each([
  ['orders of CARD-77.csv', ['CARD-77'], 'orders of ….csv'],
  ['orders of CARD-771.csv', ['CARD-77'], 'orders of CARD-771.csv'],
  ['XCARD-77.csv', ['CARD-77'], 'XCARD-77.csv'],
  ['订单13800138000导出.csv', ['13800138000'], '订单…导出.csv'],
  ['SO1380013800020261001', ['13800138000'], 'SO…20261001'],
  ['王芳的订单.csv', ['王芳'], '…的订单.csv'],
  ['to fang@example.com, fang', ['fang@example.com', 'fang'], 'to …, …'],
  ['a.csv', [], 'a.csv'],
])('of %s without %j is left %s', (text, words, left) => {
  expect(without(text, words)).toBe(left)
})

test('names and reports of imports keep nothing of a deleted person, of what was imported and of what comes later', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { platform, workspace } = shop
  await shop.importMembers(
    shop.file(
      '王芳 fang@example.com.csv',
      'member_id,name,phone,email\nCARD-77,王芳,13800138000,Fang@Example.com\nCARD-78,李雷,13911112222,\n',
    ),
  )
  const orders = 'order_id,customer_id,order_date,amount\nA1,CARD-77,2026-10-01,10\n'
  receiptOf(await shop.import(shop.file('CARD-77 CARD-78.csv', orders)))
  const refunds =
    'refund_id,order_id,refund_amount,refunded_at\nR1,SO-13800138000-1,5,2026-10-02\nR2,SO-13911112222-2,5,2026-10-02\n'
  receiptOf(await shop.import(shop.file('refunds.csv', refunds), { map: { kind: 'refunds' } }))
  const told = async () =>
    (await workspace.engine.rows(sql`select file_name, report from imports order by import_seq`)).map(
      ({ fileName, report }) => `${String(fileName)} ${String(report)}`,
    )
  const marks = /CARD-77|13800138000|fang@|王芳/i
  expect((await told()).every((text) => marks.test(text))).toBe(true)

  expect(await deleteMember(platform, workspace, { memberId: 'CARD-77', actor: 'owner' })).toMatchObject({
    kind: 'deleted',
  })
  const after = await told()
  expect(after.filter((text) => marks.test(text))).toEqual([])
  expect(after.map((text) => text.slice(0, text.indexOf(' {')))).toEqual([
    '… ….csv',
    '… CARD-78.csv',
    'refunds.csv',
  ])
  // what names others, and what is counted, stays
  expect(JSON.parse(after[2]!.slice('refunds.csv '.length))).toMatchObject({
    fileName: 'refunds.csv',
    read: 2,
    givenBack: { unknownOrders: 2, unknownNamed: ['SO-…-1', 'SO-13911112222-2'] },
  })

  // later files: one that brings something, one whose very content was there, one of members
  const more = `${orders}A2,CARD-78,2026-10-03,10\n`
  receiptOf(await shop.import(shop.file('13800138000.csv', more)))
  receiptOf(await shop.import(shop.file('again CARD-77.csv', more)))
  await shop.importMembers(shop.file('fang@example.com.csv', 'member_id,name\nCARD-79,韩梅梅\n'))
  receiptOf(
    await shop.import(shop.file('more.csv', refunds.replace('R1', 'R3').replace('R2', 'R4')), {
      map: { kind: 'refunds' },
    }),
  )
  const later = await told()
  expect(later.filter((text) => marks.test(text))).toEqual([])
  expect(later.slice(3).map((text) => text.slice(0, text.indexOf(' {')))).toEqual([
    '….csv',
    '….csv',
    'more.csv',
  ])
  expect(later[3]).toContain('"again":{"fileName":"again ….csv"')
})

test('days and words of reports stay, whatever somebody who goes was called', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { platform, workspace } = shop
  await shop.importMembers(
    shop.file('m.csv', 'member_id,name\nCARD-71,10\nCARD-72,no\nCARD-73,orders\nCARD-74,date\n'),
  )
  await shop.import(
    shop.file(
      'day 10.csv',
      'order_id,customer_id,order_date,amount\nA1,CARD-79,2026-10-01,10\nA2,CARD-79,,10\n',
    ),
  )
  const told = async () =>
    (await workspace.engine.rows(sql`select report from imports order by import_seq`)).map(
      ({ report }) => JSON.parse(String(report)) as Record<string, unknown>,
    )
  const before = await told()
  expect(before[1]).toMatchObject({ firstDay: '2026-10-01', reasons: [{ reason: 'no-date' }] })
  for (const memberId of ['CARD-71', 'CARD-72', 'CARD-73', 'CARD-74'])
    expect(await deleteMember(platform, workspace, { memberId, actor: 'owner' })).toMatchObject({
      kind: 'deleted',
    })
  expect(await told()).toEqual([before[0], { ...before[1], fileName: 'day ….csv' }])
})
