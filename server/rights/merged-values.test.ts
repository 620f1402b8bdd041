import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { mergeTies, previewTies } from '../identity/merge-ties.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { undoImport } from '../import/undo.ts'
import { deleteMember } from './delete-member.ts'

const merged = async ({ platform, workspace }: TestShop, pair: readonly [string, string]) => {
  const outcome = await previewTies(platform, workspace, [pair])
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  const { digest } = outcome.preview
  expect(await mergeTies(platform, workspace, [pair], { digest, actor: 'command-line' })).toMatchObject({
    kind: 'done',
  })
}

test('a member who was merged with the ids of their own phone and e-mail is deleted, and imports go on', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const sales =
    '订单编号,手机号,邮箱,下单时间,实付金额\nD1,13800130021,,2026-10-01 10:00,5\nD2,,a@x.cn,2026-10-01 10:00,5\nD3,13800130021,a@x.cn,2026-10-02 10:00,6\n'
  const people = '会员编号,姓名,手机号\nM21,张,13800130021\n'
  const first = await shop.importMembers(shop.file('m.csv', people))
  receiptOf(await shop.import(shop.file('d.csv', sales)))
  const idOf = async (orderId: string) => {
    const [row] = await shop.workspace.engine.rows(sql`select member_id from orders
      join members on members.member_key = orders.member_key where order_id = ${orderId}`)
    return String(row!.memberId)
  }
  await merged(shop, ['M21', await idOf('D2')])
  // without the file the phone is somebody of its own, and merged by itself
  await undoImport(shop.platform, shop.workspace, { importId: first.importId!, actor: 'command-line' })
  await merged(shop, ['M21', await idOf('D1')])
  await shop.importMembers(shop.file('m.csv', people))
  const outcome = await deleteMember(shop.platform, shop.workspace, {
    memberId: 'M21',
    actor: 'command-line',
  })
  if (outcome.kind !== 'deleted') throw new Error(outcome.kind)
  const owners = () =>
    shop.workspace.engine.rows(sql`select order_id, member_id, orders.identity_key from orders
    join members on members.member_key = orders.member_key order by order_id`)
  const one = ['D1', 'D2', 'D3'].map((orderId) => ({
    orderId,
    memberId: outcome.pseudonym,
    identityKey: null,
  }))
  expect(await owners()).toEqual(one)
  expect(await shop.workspace.engine.rows(sql`select * from merges_set where from_id = into_id`)).toEqual([])
  receiptOf(await shop.import(shop.file('again.csv', `${sales}D4,13800130022,,2026-10-03 10:00,7\n`)))
  await shop.importMembers(shop.file('again-m.csv', people))
  expect((await owners()).slice(0, 3)).toEqual(one)
})
