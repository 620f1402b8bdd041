import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { peopleOfMembers } from '../identity/told.ts'
import { toldKind } from '../import/kinds/told.ts'
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

const remove = async ({ platform, workspace }: TestShop, memberId: string) => {
  const outcome = await deleteMember(platform, workspace, { memberId, actor: 'command-line' })
  if (outcome.kind !== 'deleted') throw new Error(outcome.kind)
  return outcome.pseudonym
}

const known = async ({ workspace }: TestShop) =>
  (await workspace.engine.rows(sql`select member_id from members order by 1`)).map(({ memberId }) => memberId)

/** Everything that rows of the further kinds hold, as one text. */
const heldByKinds = async ({ workspace }: TestShop) =>
  JSON.stringify(
    await Promise.all(
      ['row_people', 'import_tags', 'imported_tags', 'import_points', 'points_entries', 'member_tags'].map(
        (table) =>
          workspace.engine.rows({
            kind: 'sql',
            chunks: [`select cast(columns(*) as varchar) from ${table}`],
          }),
      ),
    ),
  )

test('a deleted person does not come back as a number that is their phone, e-mail or openid, however it is written', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(
    shop.file(
      'm.csv',
      'member_id,name,phone,openid,email\nM1,甲,13900000001,oAbCdEfGhIjKlMnOpQrStUv,jia@x.cn\nM2,乙,+852 5123 4567,,\nM3,丙,13900000003,,\n',
    ),
  )
  const first = await remove(shop, 'M1')
  const second = await remove(shop, 'M2')
  const numbers = [
    '13900000001',
    '+86 139-0000-0001',
    '0086 13900000001',
    '8613900000001',
    '13900000001.0',
    'JIA@x.cn',
    'oAbCdEfGhIjKlMnOpQrStUv',
  ]
  const rows = [...numbers, '85251234567', '+85251234567', '13900000003', '51234567']
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'o.csv',
        `order_id,手机号,order_date,amount\n${rows.map((text, at) => `O${at},${text},2026-01-02,1`).join('\n')}\n`,
      ),
      { map: { columns: { memberId: '手机号' } } },
    ),
  )
  expect(receipt.refused).toBe(0)
  const by = await owners(shop)
  for (const [at, text] of numbers.entries()) expect([text, by[`O${at}`]]).toEqual([text, first])
  expect([by.O7, by.O8]).toEqual([second, second])
  // somebody else's phone, and a number of eight digits that is no phone here
  expect([by.O9, by.O10]).toEqual(['13900000003', '51234567'])
  const map = { columns: { memberId: '手机号' as const } }
  await shop.importKind(shop.file('t.csv', '手机号,标签\n13900000001,茶\n13900000003,茶\n'), { map })
  expect(await heldByKinds(shop)).not.toContain('13900000001')
  expect(await heldByKinds(shop)).toContain('13900000003')
})

test('rows of further kinds by the phone of a deleted person are the pseudonym’s or gone, before and after', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const tags = (name: string) => shop.file(name, '手机号,邮箱,标签\n13900000001,a@x.cn,茶\n13900000002,,茶\n')
  const points = (name: string) =>
    shop.file(name, '手机号,变动时间,变动积分\n139 0000 0001,2026-01-02,5\n13900000002,2026-01-02,7\n')
  await shop.importMembers(shop.file('m.csv', 'member_id,name,phone\nM1,甲,13900000001\n'))
  await shop.importKind(tags('t.csv'))
  await shop.importKind(points('p.csv'))
  const document = await exportMember(shop.platform, shop.workspace, 'M1')
  expect(JSON.stringify(document)).toContain('a@x.cn')
  const [, other] = await known(shop)
  const pseudonym = await remove(shop, 'M1')
  for (const name of ['again', 'anew']) {
    expect(await known(shop)).toEqual([pseudonym, other])
    for (const trace of ['13900000001', 'a@x.cn']) expect(await heldByKinds(shop)).not.toContain(trace)
    expect(
      await shop.workspace.engine.rows(sql`select member_id, change from points_entries order by change`),
    ).toEqual([
      { memberId: pseudonym, change: 5 },
      { memberId: other, change: 7 },
    ])
    expect(await shop.workspace.engine.rows(sql`select distinct member_id from imported_tags`)).toEqual([
      { memberId: other },
    ])
    await shop.importKind(
      shop.file(`${name}-t.csv`, `手机号,标签,${name}\n13900000001,茶,\n13900000002,茶,\n`),
    )
    await shop.importKind(
      shop.file(
        `${name}-p.csv`,
        `手机号,变动时间,变动积分,${name}\n139 0000 0001,2026-01-02,5,\n13900000002,2026-01-02,7,\n`,
      ),
    )
  }
})

test('who is known by a tag’s phone alone is deleted with it, as is a member whose number it is', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importKind(shop.file('p.csv', '手机号,变动时间,变动积分\n13900000001,2026-01-02,5\n'))
  const [person] = await known(shop)
  await shop.importKind(shop.file('n.csv', '手机号,变动时间,变动积分\n13900000001,2026-01-03,6\n'), {
    map: { columns: { memberId: '手机号' } },
  })
  expect(await known(shop)).toEqual(['13900000001', person])
  const pseudonym = await remove(shop, String(person))
  const left = await known(shop)
  expect(left).toHaveLength(2)
  expect(left).toContain(pseudonym)
  expect(left.every((id) => String(id).startsWith('deleted-'))).toBe(true)
  expect(await heldByKinds(shop)).not.toContain('13900000001')
  await shop.importKind(shop.file('q.csv', '手机号,变动时间,变动积分\n13900000001,2026-01-04,7\n'))
  expect(await known(shop)).toEqual(left)
})

test('a member whose number is a phone does not come back by a column of phones', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const file = (name: string) => shop.file(name, `手机号,标签,${name}\n13900000001,茶,\n`)
  await shop.importKind(file('a'), { map: { kind: 'tags', columns: { memberId: '手机号' } } })
  await remove(shop, '13900000001')
  const before = await known(shop)
  await shop.importKind(file('b'), { map: { kind: 'tags' } }).catch(() => null)
  receiptOf(
    await shop.import(
      shop.file('o.csv', 'order_id,buyer_phone,order_date,amount\nA,13900000001,2026-01-02,1\n'),
    ),
  )
  expect((await owners(shop)).A).toMatch(/^deleted-/)
  expect((await known(shop)).filter((id) => !before.includes(id))).toEqual(
    before.length > 0 ? [] : [(await owners(shop)).A],
  )
})

test('an invisible letter beside a number does not make it another, nor bring back who was deleted', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(
    shop.file(
      'm.csv',
      'member_id,name,phone,email\nCARD-7,甲,13900000001,a@x.cn\nCARD-8,乙,13900000002,b@x.cn\n',
    ),
  )
  const pseudonym = await remove(shop, 'CARD-7')
  const rows = [
    'A,CARD-7\u200b,,,2026-01-02,1',
    'B,\ufeffCARD-7,,,2026-01-02,1',
    'C,,\u202a+86 13900000001\u202c,,2026-01-02,1',
    'D,,,\u200ea@x.cn,2026-01-02,1',
    'E,CARD-8\u2060,,,2026-01-02,1',
    // two numbers tell nobody
    'F,,13900000001/13900000009,,2026-01-02,1',
  ]
  receiptOf(await shop.import(shop.file('o.csv', `${orders}${rows.join('\n')}\n`)))
  expect(await owners(shop)).toEqual({
    A: pseudonym,
    B: pseudonym,
    C: pseudonym,
    D: pseudonym,
    E: 'CARD-8',
    F: null,
  })
  expect(await known(shop)).toEqual(['CARD-8', pseudonym].toSorted())
})

test('what a test calls its subject, what is said of refunds and what a check refused go with the member', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  receiptOf(
    await shop.import(
      shop.file('o.csv', `${orders}A,CARD-7,13900000001,,2026-01-02,10\nB,M2,,,2026-01-02,9\n`),
    ),
  )
  const results = 'experiment,subject,arm,spend\nE,CARD-7,a,3\nE,M2,b,3\n'
  const back =
    '退款编号,原订单号,退款金额,退款时间,退款原因\nR1,A,5,2026-01-31,甲 13900000001\nR2,B,5,2026-01-31,broken\n'
  await shop.importKind(shop.file('e.csv', results), { map: { kind: 'experiments' } })
  receiptOf(await shop.import(shop.file('r.csv', back)))
  const { refusedFile } = receiptOf(
    await shop.import(
      shop.file('check.csv', `${orders}C,CARD-7,,,2026-01-02,1\nD,,139 0000 0001,,soon,1\n`),
      {
        dryRun: true,
      },
    ),
  )
  expect(readFileSync(refusedFile!, 'utf8')).toContain('139 0000 0001')
  const pseudonym = await remove(shop, 'CARD-7')
  expect(existsSync(refusedFile!)).toBe(false)
  const said = async () => ({
    subjects: (
      await shop.workspace.engine.rows(sql`select subject_id from experiment_subjects order by 1`)
    ).map(({ subjectId }) => subjectId),
    reasons: (
      await shop.workspace.engine.rows(
        sql`select distinct refund_reason as reason from import_lines order by 1`,
      )
    ).map(({ reason }) => reason),
  })
  const after = { subjects: ['M2', pseudonym].toSorted(), reasons: ['broken', null] }
  expect(await said()).toEqual(after)
  // and the same again brings nothing of it back
  await shop.importKind(shop.file('e2.csv', `${results}E,M3,a,1\n`), { map: { kind: 'experiments' } })
  receiptOf(await shop.import(shop.file('r2.csv', `${back}R3,A,1,2026-02-01,甲 again\n`)))
  expect(await said()).toEqual({ ...after, subjects: ['M2', 'M3', pseudonym].toSorted() })
})

test('files that name a deleted member say so, with the lines and what became of them', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const members = 'member_id,name,phone,tags\nM1,甲,13900000001,茶\nM2,乙,13900000002,茶\n,丙,13900000001,\n'
  await shop.importMembers(shop.file('m.csv', members.replace(',丙,13900000001,\n', '')))
  const outcome = await deleteMember(shop.platform, shop.workspace, {
    memberId: 'M1',
    actor: 'command-line',
  })
  expect(outcome.kind).toBe('deleted')
  const again = await shop.importMembers(shop.file('again.csv', members))
  expect(again.deleted).toEqual({ rows: 2, lines: [2, 4] })
  expect(peopleOfMembers('en', again).at(-1)).toMatch(
    /^2 rows name members who were deleted \(lines 2, 4\)\. Of them only the day of joining and the stored value are kept/,
  )
  expect(peopleOfMembers('zh-CN', again).at(-1)).toMatch(/^2 行属于已删除的会员（第 2、4 行）。/)
  const lines = 'A,,13900000001,,2026-01-02,1\nB,M2,,,2026-01-02,2\n'
  const sales = receiptOf(await shop.import(shop.file('o.csv', `${orders}${lines}`)))
  expect(sales.deleted).toEqual({ rows: 1, lines: [2] })
  const tags = await shop.importKind(shop.file('t.csv', '会员号,标签\nM2,茶\nM1,茶;咖啡\n'))
  expect(tags.deleted).toEqual({ rows: 1, lines: [3] })
  expect(toldKind(tags, 'en').facts.join()).toContain('(line 3). It was left out')
  const others = await shop.importMembers(shop.file('b.csv', 'member_id,name,phone\nM2,乙二,13900000002\n'))
  expect(others.deleted).toBeUndefined()
  expect(await held(shop)).not.toContain('13900000001')
})
