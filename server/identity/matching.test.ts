import { expect, test } from 'vitest'
import { createBaseTables } from '../../analytics/schema/base.ts'
import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { name, sql } from '../../analytics/sql/sql.ts'
import { takeOut } from '../import/apply.ts'
import { takeOutKind } from '../import/kinds/apply.ts'
import { merges } from '../import/kinds/merges.ts'
import { takeOutMembers } from '../import/members/apply.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { recordEvent, type StoreEvent } from '../store/events.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { conflictsOf } from './conflicts.ts'
import { ensureClaims } from './match.ts'
import { previewChange } from './preview.ts'

const settings = {
  timeZone: 'UTC',
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}

/** Whose each order is: a member's number, or what a person without one is known by; - for nobody. */
async function owners({ workspace }: TestShop): Promise<Record<string, string>> {
  const rows = await workspace.engine.rows(sql`select order_id,
      coalesce(case when starts_with(members.member_id, 'p-') then concat_ws(' ', members.phone, members.openid, members.email)
        else members.member_id end, '-') as owner
    from orders left join members on members.member_key = orders.member_key`)
  return Object.fromEntries(rows.map(({ orderId, owner }) => [String(orderId), String(owner)]))
}

const members = async ({ workspace }: TestShop) =>
  (
    await workspace.engine
      .rows(sql`select case when starts_with(member_id, 'p-') then 'p' else member_id end as member, phone, openid, email
      from members where not stub order by member_id, phone, email`)
  ).map((row) =>
    Object.values(row)
      .map((value) => value ?? '-')
      .join(' '),
  )

const orders = 'order_id,member_id,buyer_phone,openid,email,order_date,amount\n'
const people = 'member_id,name,phone,openid,email\n'

test('a row without an id is the member who claims its value, in the order phone, openid, e-mail; else a new person', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(
    shop.file('m.csv', `${people}M1,甲,13900000001,,jia@x.cn\nM2,乙,,oB,\nM3,丙,139****0003,,bing@x.cn\n`),
  )
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'o.csv',
        `${orders}A,,+86 139 0000 0001,,,2026-01-02,1
B,M2,13900000001,,,2026-01-02,1
C,,13900000009,oB,jia@x.cn,2026-01-02,1
D,,139****0001,,JIA@x.cn ,2026-01-02,1
E,,13900000009,,,2026-01-02,1
F,,13900000009,,new@x.cn,2026-01-02,1
G,,,,new@x.cn,2026-01-02,1
H,,139****0001,,,2026-01-02,1
I,0,无,0,无,2026-01-02,1
J,M9,,,,2026-01-02,1
K,,139****0003,,bing@x.cn,2026-01-02,1
`,
      ),
    ),
  )
  expect(await owners(shop)).toEqual({
    A: 'M1',
    B: 'M2', // the id goes first
    C: 'M2', // nobody claims the phone, and the openid goes before the e-mail
    D: 'M1',
    E: '+8613900000009',
    F: '+8613900000009',
    G: 'new@x.cn',
    H: '-',
    I: '-',
    J: 'M9',
    K: 'M3',
  })
  expect(receipt).toMatchObject({
    guestRows: 2,
    guestOrders: 2,
    hiddenRows: 3,
    members: 6,
    matched: { byId: 2, byPhone: 3, byOpenid: 1, byEmail: 3, newPeople: 2, conflicts: 0 },
  })
})

test('a value that two members claim is a conflict: nobody’s order, until one of them no longer has it', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  receiptOf(
    await shop.import(
      shop.file(
        'o.csv',
        `${orders}A,,13900000001,,,2026-01-02,1\nB,,13900000001,,jia@x.cn,2026-01-02,1\nC,M1,13900000001,,,2026-01-02,1\n`,
      ),
    ),
  )
  expect(await owners(shop)).toEqual({ A: '+8613900000001', B: '+8613900000001', C: 'M1' })
  expect(await members(shop)).toEqual(['M1 - - -', 'p +8613900000001 - -'])
  const first = await shop.importMembers(shop.file('a.csv', `${people}M1,甲,13900000001,,jia@x.cn\n`))
  expect(first).toMatchObject({ ordersMatched: 2, changedMembers: 1, newMembers: 0 })
  expect(await owners(shop)).toEqual({ A: 'M1', B: 'M1', C: 'M1' })
  expect(await members(shop)).toEqual(['M1 +8613900000001 - jia@x.cn'])
  const second = await shop.importMembers(shop.file('b.csv', `${people}M2,乙,13900000001,,\n`))
  expect(second).toMatchObject({ ordersMatched: 2, newMembers: 1 })
  // not the e-mail's: the phone comes first and could be either's
  expect(await owners(shop)).toEqual({ A: '-', B: '-', C: 'M1' })
  const third = await shop.importMembers(shop.file('c.csv', `${people}M1,甲,13900000002,,\n`))
  expect(third).toMatchObject({ ordersMatched: 2 })
  expect(await owners(shop)).toEqual({ A: 'M2', B: 'M2', C: 'M1' })
  await takeOutMembers(shop.workspace.engine, second.importId!, settings)
  // M1's phone is another one by now; the e-mail is still M1's
  expect(await owners(shop)).toEqual({ A: '+8613900000001', B: 'M1', C: 'M1' })
  await takeOutMembers(shop.workspace.engine, third.importId!, settings)
  await takeOutMembers(shop.workspace.engine, first.importId!, settings)
  expect(await owners(shop)).toEqual({ A: '+8613900000001', B: '+8613900000001', C: 'M1' })
  expect(await members(shop)).toEqual(['M1 - - -', 'p +8613900000001 - -'])
})

test('rows of members without an id are found by the others’ values, and say more of whom they are', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const told = receiptOf(
    await shop.import(shop.file('o.csv', `${orders}A,,,oA,,2026-01-02,1\nB,,13900000005,,,2026-01-02,1\n`)),
  )
  await shop.importMembers(shop.file('a.csv', `${people}M1,甲,13900000001,,\nM2,乙,,,yi@x.cn\n`))
  const phones = await shop.importMembers(
    shop.file('b.csv', 'nickname,phone,openid,points\n甲甲,13900000001,oA,7\n戊,13900000005,oE,9\n'),
  )
  expect(phones).toMatchObject({ newMembers: 0, changedMembers: 2, ordersMatched: 1, members: 2 })
  expect(await owners(shop)).toEqual({ A: 'M1', B: '+8613900000005 oE' })
  expect(await members(shop)).toEqual(['M1 +8613900000001 oA -', 'M2 - - yi@x.cn', 'p +8613900000005 oE -'])
  await takeOut(shop.workspace.engine, told.importId!, settings)
  expect(await members(shop)).toEqual(['M1 +8613900000001 oA -', 'M2 - - yi@x.cn', 'p +8613900000005 oE -'])
  await takeOutMembers(shop.workspace.engine, phones.importId!, settings)
  expect(await members(shop)).toEqual(['M1 +8613900000001 - -', 'M2 - - yi@x.cn'])
})

test('the same file gives the same people; ids give nothing away', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const file = (name: string) => shop.file(name, `${orders}A,,13900000001,,,2026-01-02,1\n`)
  const first = receiptOf(await shop.import(file('a.csv')))
  const ids = () => shop.workspace.engine.rows(sql`select member_id from members where not stub`)
  const before = await ids()
  expect(before).toEqual([{ memberId: expect.stringMatching(/^p-[0-9a-f]{16}$/) }])
  expect(receiptOf(await shop.import(file('b.csv')))).toMatchObject({ alreadyThere: true })
  await takeOut(shop.workspace.engine, first.importId!, settings)
  expect(await ids()).toEqual([])
  receiptOf(await shop.import(file('a.csv')))
  expect(await ids()).toEqual(before)
})

test('members who both claim a phone and are merged are one: their orders are theirs; taken apart, nobody’s again', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,\nM2,乙,13900000001,,\n`))
  receiptOf(
    await shop.import(shop.file('o.csv', `${orders}A,,13900000001,,,2026-01-02,1\nB,M1,,,,2026-01-02,1\n`)),
  )
  expect(await owners(shop)).toEqual({ A: '-', B: 'M1' })
  const found = await conflictsOf(shop.workspace)
  expect(found).toEqual({
    conflicts: [
      {
        kind: 'phone',
        value: '+86****0001',
        members: [
          { memberId: 'M1', name: '甲' },
          { memberId: 'M2', name: '乙' },
        ],
        orders: 1,
        netMinor: 100,
        rows: [],
      },
    ],
    total: 1,
    orders: 1,
    netMinor: 100,
    rows: 0,
  })
  const tell = async (event: StoreEvent) => {
    await shop.platform.store
      .transaction()
      .execute((tx) => recordEvent(tx, shop.workspace.id, event, new Date(0)))
    await drainEvents(shop.platform.store, shop.workspace)
  }
  // what a preview says counts the order that waits: two orders, and the only buyer bought again
  const previewed = async (into: string | null) => {
    const outcome = await previewChange(shop.platform, shop.workspace, { memberId: 'M2', into })
    if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
    return outcome.preview
  }
  const merging = await previewed('M1')
  expect(merging.after).toMatchObject([{ memberId: 'M1', orders: 2, netMinor: 200 }])
  expect([merging.shopBefore, merging.shopAfter]).toMatchObject([
    { buyers: 1, repeated: 0 },
    { buyers: 1, repeated: 1 },
  ])
  expect(await owners(shop)).toEqual({ A: '-', B: 'M1' })
  await tell({ kind: 'members-merged', from: 'M2', into: 'M1' })
  expect(await owners(shop)).toEqual({ A: 'M1', B: 'M1' })
  expect(await conflictsOf(shop.workspace)).toMatchObject({ total: 0, orders: 0 })
  const separating = await previewed(null)
  expect(separating.after).toMatchObject([
    { memberId: 'M2', orders: 0 },
    { memberId: 'M1', orders: 1 },
  ])
  expect(separating.shopAfter).toMatchObject({ buyers: 1, repeated: 0 })
  await tell({ kind: 'member-separated', from: 'M2' })
  expect(await owners(shop)).toEqual({ A: '-', B: 'M1' })
})

test('a workspace from before has its members found by their phones, and takes rows without an id', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { engine } = shop.workspace
  await shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,\n`))
  for (const [table, columns] of [
    ['import_lines', ['phone', 'openid', 'email', 'known_by']],
    ['import_members', ['openid', 'email']],
    ['members', ['openid', 'email']],
  ] as const)
    for (const column of columns)
      await engine.run(sql`alter table ${name(table)} drop column ${name(column)}`)
  await engine.run(sql`alter table import_members alter column member_id set not null`)
  for (const table of ['identity_rule', 'identity_claims', 'identities'])
    await engine.run(sql`drop table ${name(table)}`)
  await engine.transaction(async (session) => {
    await createBaseTables(session, { timeZone: 'Asia/Shanghai', firstWeekday: 1 })
    await ensureClaims(session)
  })
  receiptOf(
    await shop.import(
      shop.file('o.csv', `${orders}A,,13900000001,,,2026-01-02,1\nB,,13900000002,,,2026-01-02,1\n`),
    ),
  )
  await shop.importMembers(shop.file('b.csv', 'phone,name,points\n13900000002,乙,5\n'))
  expect(await owners(shop)).toEqual({ A: 'M1', B: '+8613900000002' })
})

test('tags under the id of a person known by a phone follow whoever claims it, and come back', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { engine } = shop.workspace
  receiptOf(await shop.import(shop.file('o.csv', `${orders}A,,13900000001,,,2026-01-02,1\n`)))
  const [person] = await engine.rows(sql`select member_id from members`)
  const id = String(person!.memberId)
  await shop.importKind(shop.file('t.csv', `member_id,tag\n${id},老客\n`))
  const tagged = async () =>
    (
      await engine.rows(sql`select member_id, tag from tags_of_members
        join members on members.member_key = tags_of_members.member_key`)
    ).map((row) => Object.values(row).join(' '))
  const named = async (text: string) =>
    (await engine.rows(sql`select member_id from members where member_key in ${memberKeyOf(text)}`)).map(
      ({ memberId }) => String(memberId),
    )
  const alone = async () => {
    expect(await tagged()).toEqual([`${id} 老客`])
    expect(await named(id)).toEqual([id])
    expect(await owners(shop)).toEqual({ A: '+8613900000001' })
  }
  await alone()
  const first = await shop.importMembers(shop.file('a.csv', `${people}M1,甲,13900000001,,\n`))
  expect(await tagged()).toEqual(['M1 老客'])
  expect(await named(id)).toEqual(['M1'])
  // a file that names the id later, of something else
  await shop.importKind(shop.file('u.csv', `member_id,tag\n${id},茶友\n`))
  expect((await tagged()).toSorted()).toEqual(['M1 老客', 'M1 茶友'])
  expect(await members(shop)).toEqual(['M1 +8613900000001 - -'])
  // two claim it: nobody's; one again
  const second = await shop.importMembers(shop.file('b.csv', `${people}M2,乙,13900000001,,\n`))
  expect(await named(id)).toEqual([id])
  await takeOutMembers(engine, second.importId!, settings)
  expect(await named(id)).toEqual(['M1'])
  // merged, the two are one
  await shop.importMembers(shop.file('c.csv', `${people}M3,丙,13900000001,,\n`))
  expect(await named(id)).toEqual([id])
  const tell = async (event: StoreEvent) => {
    await shop.platform.store
      .transaction()
      .execute((tx) => recordEvent(tx, shop.workspace.id, event, new Date(0)))
    await drainEvents(shop.platform.store, shop.workspace)
  }
  await tell({ kind: 'members-merged', from: 'M3', into: 'M1' })
  expect(await named(id)).toEqual(['M1'])
  expect((await tagged()).toSorted()).toEqual(['M1 老客', 'M1 茶友'])
  await tell({ kind: 'member-separated', from: 'M3' })
  expect(await named(id)).toEqual([id])
  await tell({ kind: 'members-merged', from: 'M3', into: 'M1' })
  await takeOutMembers(engine, first.importId!, settings)
  expect(await named(id)).toEqual(['M1']) // M3's now, whose member is M1
})

test('a refund that names no order is of the person whom its phone tells; one of an order is whose that is', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const first = await shop.importMembers(shop.file('a.csv', `${people}M1,甲,13900000001,,\n`))
  receiptOf(await shop.import(shop.file('o.csv', `${orders}A,M2,,,,2026-01-02,9\n`)))
  receiptOf(
    await shop.import(
      shop.file(
        'r.csv',
        `退款单号,订单号,买家手机号,退款金额,退款时间\nR1,,139 0000 0001,1,2026-02-01\nR2,A,13900000003,2,2026-02-01
R3,,139****0001,3,2026-02-01\nR4,,13900000004,4,2026-02-01\n`,
      ),
      { map: { kind: 'refunds' } },
    ),
  )
  const refunds = async () => {
    const rows = await shop.workspace.engine.rows(sql`select amount_minor,
        coalesce(case when starts_with(member_id, 'p-') then phone else member_id end, '-') as owner
      from refunds left join members on members.member_key = refunds.member_key order by amount_minor`)
    return rows.map((row) => Object.values(row).join(' '))
  }
  expect(await refunds()).toEqual(['100 M1', '200 M2', '300 -', '400 +8613900000004'])
  expect(await members(shop)).toEqual(['M1 +8613900000001 - -', 'M2 - - -', 'p +8613900000004 - -'])
  await takeOutMembers(shop.workspace.engine, first.importId!, settings)
  expect(await refunds()).toEqual(['100 +8613900000001', '200 M2', '300 -', '400 +8613900000004'])
})

test('the id of a person known by a phone is theirs again when the file that gave it to a member is undone', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { engine } = shop.workspace
  const told = receiptOf(await shop.import(shop.file('o.csv', `${orders}A,,13900000001,,,2026-01-02,1\n`)))
  const [person] = await engine.rows(sql`select member_key, member_id from members`)
  const id = String(person!.memberId)
  await shop.importKind(shop.file('t.csv', `member_id,tag\n${id},老客\n`))
  const first = await shop.importMembers(shop.file('a.csv', `${people}M1,甲,13900000001,,\n`))
  await takeOut(engine, told.importId!, settings)
  const state = () =>
    engine.rows(sql`select member_id, tag from members left join tags_of_members
      on tags_of_members.member_key = members.member_key order by all`)
  expect(await state()).toEqual([{ memberId: 'M1', tag: '老客' }])
  await takeOutMembers(engine, first.importId!, settings)
  expect(await state()).toEqual([{ memberId: id, tag: '老客' }])
  expect(await engine.rows(sql`select member_key, member_id from members`)).toEqual([person])
})

test('a file that names the id of a person who is known by a phone no more names the member who claims it', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { engine } = shop.workspace
  const told = receiptOf(await shop.import(shop.file('o.csv', `${orders}A,,13900000001,,,2026-01-02,1\n`)))
  const [person] = await engine.rows(sql`select member_id from members`)
  await takeOut(engine, told.importId!, settings)
  await shop.importMembers(shop.file('a.csv', `${people}M1,甲,13900000001,,\n`))
  const tags = await shop.importKind(shop.file('t.csv', `member_id,tag\n${String(person!.memberId)},老客\n`))
  expect(tags).toMatchObject({ newMembers: 0 })
  expect(
    await engine.rows(sql`select member_id, tag from members left join tags_of_members
      on tags_of_members.member_key = members.member_key`),
  ).toEqual([{ memberId: 'M1', tag: '老客' }])
})

test('a file that merges the claimants of a value settles whose the orders are, and its undo opens it again', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(shop.file('m.csv', `${people}M1,甲,13900000001,,\nM2,乙,13900000001,,\n`))
  await shop.import(shop.file('o.csv', `${orders}A,,13900000001,,,2026-01-02,1\nB,M1,,,,2026-01-02,1\n`))
  const guests = () =>
    shop.workspace.engine.rows(
      sql`select guest, cast(sum(orders) as integer) as n from order_cube group by guest order by guest`,
    )
  const open = [
    { guest: false, n: 1 },
    { guest: true, n: 1 },
  ]
  expect(await owners(shop)).toEqual({ A: '-', B: 'M1' })
  expect(await guests()).toEqual(open)
  const { importId } = await shop.importKind(shop.file('merges.csv', 'from,into\nM2,M1\n'))
  expect(await owners(shop)).toEqual({ A: 'M1', B: 'M1' })
  expect(await guests()).toEqual([{ guest: false, n: 2 }])
  await takeOutKind(shop.workspace.engine, merges, importId!, settings)
  expect(await owners(shop)).toEqual({ A: '-', B: 'M1' })
  expect(await guests()).toEqual(open)
})
