import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { name, sql } from '../../analytics/sql/sql.ts'
import { takeOut } from '../import/apply.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { deletionsOf, listDeletion } from './deletions.ts'
import { deleteMember, finishDeletions } from './delete-member.ts'
import { findDeleted } from './find-deleted.ts'
import { keyedHash, keyedHashSql } from './keyed.ts'

const withIds = [
  'order_id,customer_id,order_date,amount,product,province',
  'A1,card-77,2026-01-02,10.00,tea,Kent',
  'A1,card-77,2026-01-02,2.50,cake,Kent',
  'A2,card-77,2026-02-02,20.00,tea,Kent',
  'A3,card-88,2026-02-03,30.00,tea,Kent',
  'A4,card-77,2026-02-05,-5.00,tea,Kent',
].join('\n')
const corrected = withIds.replace('20.00', '21.00')
/** Rows without an order id: each is an order, named by its content. */
const withoutIds = [
  'customer_id,order_date,amount,product',
  'card-77,2026-03-01,7.00,tea',
  'card-77,2026-03-01,7.00,tea',
  'card-88,2026-03-02,8.00,tea',
].join('\n')

const remove = async (shop: TestShop, memberId: string) => {
  const outcome = await deleteMember(shop.platform, shop.workspace, { memberId, actor: 'test' })
  if (outcome.kind !== 'deleted') throw new Error(outcome.kind)
  return outcome.pseudonym
}

/** What stands of orders, refunds and members, ids of content-named orders aside. */
const stand = async ({ workspace: { engine } }: TestShop) => ({
  orders: await engine.rows(sql`select members.member_id, ordered_at, state, net_minor, void_day from orders
    left join members on members.member_key = orders.member_key order by all`),
  refunds: await engine.rows(sql`select members.member_id, amount_minor, local_day, counts from refunds
    left join members on members.member_key = refunds.member_key order by all`),
  facts:
    await engine.rows(sql`select members.member_id, facts.orders, facts.purchase_days, facts.net_minor, facts.first_day
    from member_facts as facts join members on members.member_key = facts.member_key order by all`),
})

/** Every text that the workspace's engine holds. */
async function texts({ workspace: { engine } }: TestShop): Promise<string> {
  const kept: string[] = []
  for (const table of ['import_lines', 'members', 'member_facts', 'orders', 'order_versions', 'refunds'])
    kept.push(
      JSON.stringify(
        await engine.rows(sql`select cast(kept as varchar) as text from ${name(table)} as kept`),
      ),
    )
  return kept.join('\n')
}

test('the hash in the engine is the hash of Node, whatever the letters', async () => {
  await using shop = await openTestShop()
  for (const [secret, text] of [
    ['s'.repeat(43), 'card-77'],
    ['Zm9v', '会员 1'],
    ['k', ''],
  ] as const) {
    const [row] = await shop.workspace.engine.rows(sql`select ${keyedHashSql(secret, sql`${text}`)} as hash`)
    expect(row!.hash).toBe(keyedHash(secret, text))
  }
})

test('the same files again change nothing and do not bring the id back', async () => {
  await using shop = await openTestShop()
  const first = receiptOf(await shop.import(shop.file('a.csv', withIds)))
  receiptOf(await shop.import(shop.file('b.csv', withoutIds)))
  const before = await stand(shop)
  const pseudonym = await remove(shop, 'card-77')
  expect(pseudonym).toMatch(/^deleted-[0-9a-f]{16}$/)
  const expected = JSON.parse(JSON.stringify(before).replaceAll('card-77', pseudonym)) as typeof before
  const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted()
  const same = (now: typeof before) => {
    for (const part of ['orders', 'refunds', 'facts'] as const)
      expect(sorted(now[part])).toEqual(sorted(expected[part]))
  }
  same(await stand(shop))
  const kept = await texts(shop)
  expect(kept).not.toContain('card-77')
  expect(kept).toContain('card-88')

  for (const [file, content] of [
    ['a.csv', withIds],
    ['b.csv', withoutIds],
    // the same rows as another file
    ['c.csv', `${withIds}\n`],
    ['d.csv', `${withoutIds}\n`],
  ] as const) {
    const again = receiptOf(await shop.import(shop.file(file, content)))
    expect({ file, imported: again.imported, corrected: again.corrected }).toEqual({
      file,
      imported: 0,
      corrected: 0,
    })
  }
  same(await stand(shop))
  expect(await texts(shop)).not.toContain('card-77')

  // a corrected file restates the pseudonym's order
  const restated = receiptOf(await shop.import(shop.file('e.csv', corrected)))
  expect(restated.corrected).toBe(1)
  const [order] = await shop.workspace.engine.rows(
    sql`select net_minor, member_id from orders join members on members.member_key = orders.member_key where order_id = 'A2'`,
  )
  expect(order).toEqual({ netMinor: 2100, memberId: pseudonym })
  expect(await texts(shop)).not.toContain('card-77')

  // and taken out again, the fold says what it said
  await undo(shop, restated.importId!)
  same(await stand(shop))
  await undo(shop, first.importId!)
  receiptOf(await shop.import(shop.file('f.csv', withIds)))
  same(await stand(shop))
  expect(await texts(shop)).not.toContain('card-77')
})

const undo = ({ workspace }: TestShop, importId: string) =>
  takeOut(workspace.engine, importId, {
    timeZone: 'Europe/London',
    today: '2026-11-22',
    undoneAt: '2026-11-22T08:00:00.000Z',
    signal: new AbortController().signal,
  })

test('new orders of a deleted id are the pseudonym’s, and nobody may write to it', async () => {
  await using shop = await openTestShop()
  receiptOf(await shop.import(shop.file('a.csv', withIds)))
  const pseudonym = await remove(shop, 'card-77')
  receiptOf(
    await shop.import(
      shop.file(
        'new.csv',
        'order_id,customer_id,order_date,amount,province\nN1,card-77,2026-04-01,9.00,Essex\n',
      ),
    ),
  )
  const members = await shop.workspace.engine.rows(
    sql`select member_id, region, consent from members order by member_id`,
  )
  expect(members).toEqual([
    { memberId: 'card-88', region: 'Kent', consent: 'unknown' },
    { memberId: pseudonym, region: null, consent: 'denied' },
  ])
})

test('an import that was read before the deletion and saved after it is mapped too', async () => {
  await using shop = await openTestShop()
  receiptOf(await shop.import(shop.file('a.csv', withIds)))
  // the deletion waits for the writer's turn; both begin at once, in either order the id must be gone
  const [, pseudonym] = await Promise.all([
    shop.import(shop.file('b.csv', withoutIds)),
    remove(shop, 'card-77'),
  ])
  expect(await texts(shop)).not.toContain('card-77')
  const list = await deletionsOf(shop.platform.store, shop.workspace.id)
  expect(list.map((one) => one.pseudonym)).toEqual([pseudonym])
  await shop.workspace.engine.transaction(async (session) =>
    expect(
      await findDeleted(session, list, sql`(select member_id from import_lines)`, {
        currency: 'GBP',
        timeZone: 'Europe/London',
      }),
    ).toBe(false),
  )
})

test('files that come between the list and the engine name the pseudonym, who is one member', async () => {
  await using shop = await openTestShop()
  receiptOf(await shop.import(shop.file('a.csv', withIds)))
  const before = await stand(shop)
  const ended = deleteMember(
    shop.platform,
    shop.workspace,
    { memberId: 'card-77', actor: 'test' },
    (reached) => {
      if (reached === 'engine') throw new Error('ended')
    },
  )
  await expect(ended).rejects.toThrow('ended')
  receiptOf(await shop.import(shop.file('b.csv', withoutIds)))
  await shop.importMembers(shop.file('m.csv', 'member_id,name,points\ncard-77,Ann,5\n'))
  await shop.importKind(
    shop.file('t.csv', 'member_id,tag,tagged_on\ncard-77,vip,2026-02-01\ncard-88,vip,2026-02-01\n'),
  )
  await finishDeletions(shop.platform)
  expect(await texts(shop)).not.toContain('card-77')
  const [deletion] = await deletionsOf(shop.platform.store, shop.workspace.id)
  const { pseudonym } = deletion!
  const after = await stand(shop)
  expect(after.facts.map(({ memberId }) => memberId).toSorted()).toEqual(['card-88', pseudonym])
  const net = (orders: typeof before.orders, whose: string) =>
    orders
      .filter(({ memberId }) => memberId === whose)
      .reduce((sum, { netMinor }) => sum + Number(netMinor), 0)
  expect(net(after.orders, pseudonym)).toBe(net(before.orders, 'card-77') + 1400)
})

test('refused rows no longer name the person', async () => {
  await using shop = await openTestShop()
  const receipt = receiptOf(
    await shop.import(
      shop.file(
        'a.csv',
        `${withIds}\nA8,card-77,2026-02-02,many,tea,Kent\nA9,card-771,2026-02-02,few,"tea, ""green""",Kent\n`,
      ),
    ),
  )
  const refused = () => readFileSync(receipt.refusedFile!, 'utf8')
  expect(refused()).toContain('A8,card-77,')
  await remove(shop, 'card-77')
  expect(refused()).not.toMatch(/card-77\b/)
  expect(refused()).toContain('card-771')
  expect(refused()).toContain('"tea, ""green"""')
})

test('refused rows name nobody who was deleted, whoever knows them and whenever they come', async () => {
  await using shop = await openTestShop()
  const { store, clock, dataFolder } = shop.platform
  const file = (name: string, rows: string) =>
    shop.file(name, `order_id,customer_id,email,order_date,amount\n${rows}`)
  const good = (id: string) => `${id},card-77,Ann@Shop.example,2026-01-02,10.00\n`
  await shop.importMembers(shop.file('m.csv', 'member id,name,email\ncard-77,Ann,Ann@Shop.example\n'))
  const first = receiptOf(
    await shop.import(
      file(
        'a.csv',
        `${good('A1')}A2,,ANN@shop.Example,2026-01-02,many\nA3,ｃａｒｄ-77,,2026-01-02,few\nA4,card-99,,2026-01-02,few\nA5,card-88,,2026-01-02,few\n`,
      ),
    ),
  )
  const check = receiptOf(
    await shop.import(file('b.csv', `${good('B1')}B2,card-77,,2026-01-02,many\n`), { dryRun: true }),
  )
  const text = (path: string | null) => readFileSync(path!, 'utf8')
  expect(text(first.refusedFile)).toMatch(/ANN@shop.Example[^]*ｃａｒｄ-77[^]*card-99[^]*card-88/)
  expect(text(check.refusedFile)).toContain('card-77')
  await remove(shop, 'card-77')
  expect(text(first.refusedFile)).not.toMatch(/ann@|card-77|ｃａｒｄ/i)
  expect(existsSync(check.refusedFile!)).toBe(false)

  // the same file once more
  const again = receiptOf(
    await shop.import(
      file(
        'c.csv',
        `${good('C1')}C2,card-77,,2026-01-02,many\nC3,,ann@shop.example,2026-01-02,few\nC4,card-88,,2026-01-02,few\n`,
      ),
    ),
  )
  expect(again).toMatchObject({ imported: 1, refused: 3 })
  expect(text(again.refusedFile)).not.toMatch(/ann@|card-77/i)
  expect(text(again.refusedFile)).toMatch(/^3,amount,[^,]+,,,,,\r?$/m)
  expect(text(again.refusedFile)).toContain('C4,card-88')

  // as after a restore: the file is older than the member whom the list knows
  await listDeletion(store, shop.workspace.id, 'card-99', clock.now())
  await finishDeletions(shop.platform)
  expect(text(first.refusedFile)).not.toContain('card-99')
  expect(text(first.refusedFile)).toContain('A5,card-88')
  expect(readdirSync(join(dataFolder, 'imports')).filter((name) => !name.endsWith('-refused.csv'))).toEqual(
    [],
  )
})

test('who was deleted stays deleted in files of members: of them the day of joining and money stay', async () => {
  await using shop = await openTestShop()
  const file = () =>
    shop.file(
      'm.csv',
      'member id,name,phone,birthday,joined at,tier,stored value,consent,consent date\ncard-77,Ann Example,07700900001,1990-02-03,2026-01-02,gold,5.00,yes,2026-01-04\ncard-88,Bob,,,2026-01-03,,,yes,\n',
    )
  const first = await shop.importMembers(file())
  const pseudonym = await remove(shop, 'card-77')
  const same = async () => {
    const rows = await shop.workspace.engine.rows(
      sql`select * exclude (import_seq, row_number) from import_members where member_id = ${pseudonym}`,
    )
    const kept = {
      memberId: pseudonym,
      name: null,
      phone: null,
      openid: null,
      email: null,
      gender: null,
      birthday: null,
      region: null,
      channel: null,
      tier: null,
      points: null,
      joinedDay: '2026-01-02',
      storedValueMinor: 500,
      consent: 'denied',
    }
    expect(rows).toEqual([{ ...kept, consentAt: null }])
    const members = sql`select * exclude (member_key, stub) from members where member_id = ${pseudonym}`
    expect(await shop.workspace.engine.rows(members)).toEqual([kept])
    for (const table of ['import_members', 'consents_set', 'members'])
      expect(
        JSON.stringify(
          await shop.workspace.engine.rows(
            sql`select cast(kept as varchar) as text from ${name(table)} as kept`,
          ),
        ),
      ).not.toMatch(/card-77|Ann Example|7700900001/)
  }
  await same()
  expect(await shop.importMembers(file())).toMatchObject({ alreadyThere: true, importId: first.importId })
  await same()
  receiptOf(await shop.import(shop.file('a.csv', withIds)))
  await same()
})
