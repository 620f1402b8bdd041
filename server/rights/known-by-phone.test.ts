import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { deleteMember } from './delete-member.ts'
import { exportMember } from './export.ts'

const orders = 'order_id,member_id,buyer_phone,email,order_date,amount\n'

const owners = async ({ workspace }: TestShop) =>
  Object.fromEntries(
    (
      await workspace.engine.rows(
        sql`select order_id, member_id from orders left join members on members.member_key = orders.member_key`,
      )
    ).map(({ orderId, memberId }) => [orderId, memberId]),
  )

/** Everything that the engine holds, as one text. */
async function held({ workspace }: TestShop): Promise<string> {
  const texts = await Promise.all(
    ['import_lines', 'import_members', 'members', 'identities', 'identity_claims', 'orders'].map((table) =>
      workspace.engine.rows({ kind: 'sql', chunks: [`select cast(columns(*) as varchar) from ${table}`] }),
    ),
  )
  return JSON.stringify(texts)
}

test('who is known by a phone alone is exported whole, deleted, and does not come back with the same file', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const file = () =>
    shop.file(
      'o.csv',
      `${orders}A,,13900000001,,2026-01-02,1\nB,,13900000002,,2026-01-02,2\nC,,13900000001,a@x.cn,2026-01-03,4\n`,
    )
  receiptOf(await shop.import(file()))
  const before = await owners(shop)
  const memberId = String(before.A)
  const document = await exportMember(shop.platform, shop.workspace, memberId)
  expect(document!.profile).toMatchObject({ memberId, phone: '+8613900000001' })
  expect(document!.importedLines.map(({ orderId, phone }) => [orderId, phone])).toEqual([
    ['A', '+8613900000001'],
    ['C', '+8613900000001'],
  ])
  const outcome = await deleteMember(shop.platform, shop.workspace, { memberId, actor: 'command-line' })
  if (outcome.kind !== 'deleted') throw new Error(outcome.kind)
  const { pseudonym } = outcome
  expect(await owners(shop)).toEqual({ A: pseudonym, B: before.B, C: pseudonym })
  for (const trace of ['13900000001', 'a@x.cn', memberId]) {
    expect(await held(shop)).not.toContain(trace)
    expect(readFileSync(join(shop.platform.dataFolder, 'deletions.json'), 'utf8')).not.toContain(trace)
  }
  // The same rows in another file, and more of theirs.
  receiptOf(
    await shop.import(
      shop.file(
        'again.csv',
        `${orders}A,,13900000001,,2026-01-02,1\nC,,13900000001,a@x.cn,2026-01-03,4\nD,,139 0000 0001,,2026-01-04,8\n`,
      ),
    ),
  )
  expect(await owners(shop)).toEqual({ A: pseudonym, B: before.B, C: pseudonym, D: pseudonym })
  expect(await held(shop)).not.toContain('13900000001')
})

test('a member whose phone orders are found by takes the phone along; what somebody else has too is theirs', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(
    shop.file('m.csv', 'member_id,name,phone,email\nM1,甲,13900000001,a@x.cn\nM2,乙,13900000002,a@x.cn\n'),
  )
  const lines = 'A,,13900000001,,2026-01-02,1\nB,,,a@x.cn,2026-01-02,1\nC,M1,13900000001,,2026-01-02,1\n'
  receiptOf(await shop.import(shop.file('o.csv', `${orders}${lines}`)))
  expect(await owners(shop)).toEqual({ A: 'M1', B: null, C: 'M1' })
  const outcome = await deleteMember(shop.platform, shop.workspace, {
    memberId: 'M1',
    actor: 'command-line',
  })
  if (outcome.kind !== 'deleted') throw new Error(outcome.kind)
  const { pseudonym } = outcome
  expect(await owners(shop)).toEqual({ A: pseudonym, B: 'M2', C: pseudonym })
  expect(await held(shop)).not.toContain('13900000001')
  receiptOf(await shop.import(shop.file('again.csv', `${orders}${lines}D,,13900000001,,2026-01-05,2\n`)))
  expect(await owners(shop)).toEqual({ A: pseudonym, B: 'M2', C: pseudonym, D: pseudonym })
  await shop.importMembers(shop.file('m2.csv', 'member_id,name,phone,email\nM1,甲,13900000001,b@x.cn\n'))
  expect(await held(shop)).not.toContain('13900000001')
})

test('of a member who claims the phone of a person with an id of their own, that id is forgotten too', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { engine } = shop.workspace
  receiptOf(await shop.import(shop.file('o.csv', `${orders}A,,13900000001,,2026-01-02,1\n`)))
  const id = String((await owners(shop)).A)
  await shop.importKind(shop.file('t.csv', `member_id,tag\n${id},老客\n`))
  await shop.importKind(shop.file('g.csv', `campaign_id,member_id,arm\nC1,${id},treated\n`))
  await shop.importMembers(shop.file('m.csv', 'member_id,name,phone\nM1,甲,13900000001\n'))
  const outcome = await deleteMember(shop.platform, shop.workspace, {
    memberId: 'M1',
    actor: 'command-line',
  })
  if (outcome.kind !== 'deleted') throw new Error(outcome.kind)
  const { pseudonym } = outcome
  expect(await owners(shop)).toEqual({ A: pseudonym })
  expect(await engine.rows(sql`select member_id from members`)).toEqual([{ memberId: pseudonym }])
  for (const table of ['member_aliases', 'import_tags', 'imported_tags', 'member_tags'])
    expect(await engine.rows({ kind: 'sql', chunks: [`select * from ${table}`] })).toEqual([])
  expect(await engine.rows(sql`select campaign_id, member_id from campaign_targets`)).toEqual([
    { campaignId: 'C1', memberId: pseudonym },
  ])
  // The id alone, in a later file, is nobody else.
  await shop.importKind(shop.file('h.csv', `campaign_id,member_id,arm\nC2,${id},treated\n`))
  expect(await engine.rows(sql`select member_id from members`)).toEqual([{ memberId: pseudonym }])
})
