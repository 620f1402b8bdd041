import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { createBaseTables } from '../../../analytics/schema/base.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { recordEvent } from '../../store/events.ts'
import { drainEvents } from '../../workspaces/drain.ts'
import { takeOut } from '../apply.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'
import { takeOutMembers } from './apply.ts'
import { cases } from '../../../fixtures/cases.ts'

// What figures can see of members, whatever their keys. Stubs are nobody to any figure.
async function seen({ workspace }: TestShop) {
  return {
    members: await workspace.engine.rows(
      sql`select * exclude (member_key) from members where not stub order by member_id`,
    ),
    facts: await workspace.engine.rows(sql`select members.member_id, facts.* exclude (member_key)
      from member_facts as facts join members on members.member_key = facts.member_key order by members.member_id`),
    orders: await workspace.engine.rows(
      sql`select order_id, member_id, net_minor from orders left join members on members.member_key = orders.member_key order by order_id`,
    ),
  }
}

interface Step {
  readonly kind: 'members' | 'orders'
  readonly name: string
  readonly content: string
}

const settings = {
  timeZone: 'UTC',
  today: '2026-11-22',
  undoneAt: '2026-11-22T00:00:00Z',
  signal: new AbortController().signal,
}

async function take(shop: TestShop, { kind, name, content }: Step): Promise<string> {
  const path = shop.file(name, content)
  return kind === 'members'
    ? (await shop.importMembers(path, { map: { kind } })).importId!
    : receiptOf(await shop.import(path)).importId!
}

const setConsent = async (
  { platform, workspace }: TestShop,
  memberId: string,
  consent: 'granted' | 'denied' | 'unknown',
) => {
  await platform.store
    .transaction()
    .execute((tx) =>
      recordEvent(tx, workspace.id, { kind: 'consent-set', memberIds: [memberId], consent }, new Date(0)),
    )
  await drainEvents(platform.store, workspace)
}

function choices(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

function randomStep(pick: (below: number) => number, number: number): Step {
  const some = (...values: readonly string[]) => values[pick(values.length)]!
  const rows = Array.from({ length: 1 + pick(4) }, () =>
    [
      `m${pick(4)}`,
      some('', 'Ann', 'Bob'),
      some('', '07700900001', '077****0001'),
      some('', 'f', 'm'),
      some('', '1990-02-03', '1988-02-29'),
      some('', '2025-12-31', '2026-02-01'),
      some('', 'north', 'south'),
      some('', 'gold'),
      some('', '5', '70'),
      some('', '1.50'),
      some('', 'yes', 'no'),
    ].join(','),
  )
  if (pick(3) > 0)
    return {
      kind: 'members',
      name: `m${number}.csv`,
      content: `member id,name,phone,gender,birthday,joined at,region,tier,points,stored value,consent,n${number}\n${rows.map((row) => `${row},`).join('\n')}\n`,
    }
  const lines = Array.from(
    { length: 1 + pick(3) },
    () => `O${pick(4)},m${pick(4)},2026-0${1 + pick(3)}-02,${1 + pick(3)},${some('', 'east', 'west')},`,
  )
  return {
    kind: 'orders',
    name: `o${number}.csv`,
    content: `order_id,customer_id,order_date,amount,region,n${number}\n${lines.join('\n')}\n`,
  }
}

test.each([1, 2, 3, 4, 5].slice(0, cases(2)))(
  'any imports and undos of members and orders are the surviving ones in an empty workspace (%i)',
  async (seed) => {
    const pick = choices(seed * 7919)
    await using shop = await openTestShop()
    let live: { step: Step; importId: string }[] = []
    const consents = new Map<string, 'granted' | 'denied' | 'unknown'>()
    for (let number = 0; number < 10; number++) {
      const choice = pick(6)
      if (choice < 2 && live.length > 1) {
        const gone = live[pick(live.length)]!
        live = live.filter((one) => one !== gone)
        if (gone.step.kind === 'members') await takeOutMembers(shop.workspace.engine, gone.importId, settings)
        else await takeOut(shop.workspace.engine, gone.importId, settings)
      } else if (choice === 2) {
        const memberId = `m${pick(4)}`
        const consent = (['granted', 'denied', 'unknown'] as const)[pick(3)]!
        consents.set(memberId, consent)
        await setConsent(shop, memberId, consent)
      } else {
        const step = randomStep(pick, number)
        live.push({ step, importId: await take(shop, step) })
      }
    }
    await using fresh = await openTestShop()
    for (const { step } of live) await take(fresh, step)
    // Whichever comes later: here people said it last, there in between.
    for (const [memberId, consent] of consents) await setConsent(fresh, memberId, consent)
    const figures = await seen(shop)
    expect(figures).toEqual(await seen(fresh))
    await shop.workspace.engine.transaction((session) => refreshDerivedTables(session, {}, '2026-11-22'))
    expect(await seen(shop)).toEqual(figures)
  },
  60_000,
)

test('a part of the attributes fills in, the newest file wins, undone it gives way; the same file changes nothing', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const row = async (memberId: string) => {
    const [found] = await shop.workspace.engine.rows(
      sql`select name, tier, points, region, consent from members where member_id = ${memberId}`,
    )
    return found
  }
  const first = shop.file(
    'a.csv',
    '会员号,姓名,会员等级,积分,是否订阅,地区\nM1,张三,金卡,10,是,浙江\nM2,李四,,,否,\nM2,,银卡,5,,\n',
  )
  const a = await shop.importMembers(first)
  expect(a).toMatchObject({
    read: 3,
    imported: 3,
    members: 2,
    newMembers: 2,
    repeatedRows: 1,
    neverBought: 2,
  })
  expect(await row('M2')).toEqual({ name: '李四', tier: '银卡', points: 5, region: null, consent: 'denied' })
  // An order's region gives way to the file's, and stands where no file has one.
  receiptOf(
    await shop.import(
      shop.file(
        'o.csv',
        'order_id,customer_id,order_date,amount,region\nA,M1,2026-01-02,10,上海\nB,M2,2026-01-02,10,上海\n',
      ),
    ),
  )
  expect((await row('M1'))!.region).toBe('浙江')
  expect((await row('M2'))!.region).toBe('上海')
  const b = await shop.importMembers(
    shop.file('b.csv', '会员号,会员等级,积分,地区\nM1,,99,北京\nM2,银卡,,\nM3,金卡,1,\n'),
  )
  expect(b).toMatchObject({
    imported: 2,
    unchanged: 1,
    newMembers: 1,
    changedMembers: 1,
    unchangedMembers: 1,
    neverBought: 1,
  })
  expect(await row('M1')).toEqual({
    name: '张三',
    tier: '金卡',
    points: 99,
    region: '北京',
    consent: 'granted',
  })
  // The first file again changes what the second brought: it is an import of its own.
  const again = await shop.importMembers(first)
  expect(again).toMatchObject({ changedMembers: 1, alreadyThere: false })
  expect(await shop.importMembers(first)).toMatchObject({
    imported: 0,
    unchanged: 3,
    alreadyThere: true,
    importId: a.importId,
  })
  await takeOutMembers(shop.workspace.engine, again.importId!, settings)
  expect((await row('M1'))!.points).toBe(99)
  await setConsent(shop, 'M1', 'denied')
  await shop.workspace.engine.run(
    sql`insert into member_tags select member_key, 'vip', 'manual', date '2026-01-01' from members where member_id = 'M3'`,
  )
  expect(await takeOutMembers(shop.workspace.engine, b.importId!, settings)).toEqual({ members: 2 })
  expect(await row('M1')).toEqual({
    name: '张三',
    tier: '金卡',
    points: 10,
    region: '浙江',
    consent: 'denied',
  })
  expect(
    await shop.workspace.engine.rows(sql`select member_id, stub from members order by member_id`),
  ).toEqual([
    { memberId: 'M1', stub: false },
    { memberId: 'M2', stub: false },
    { memberId: 'M3', stub: true },
  ])
})

test('a workspace from before keeps what its demo says of members, and the consents that people had set', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { engine } = shop.workspace
  await engine.run(
    sql`insert into imports values (1, 'demo-1', 'demo', 'order', 'demo', '', '{}', '{}', timestamp '2026-01-01', null)`,
  )
  await engine.run(sql`insert into members (member_key, member_id, tier, region, consent)
    values (1, 'M1', 'gold', 'north', 'granted'), (2, 'M2', 'gold', 'north', 'granted')`)
  await setConsent(shop, 'M2', 'denied')
  await engine.run(sql`delete from consents_set`)
  await engine.run(sql`update workspace_state set schema_version = 1`)
  await engine.transaction(async (session) => {
    await createBaseTables(session, { timeZone: 'Asia/Shanghai', firstWeekday: 1 })
    await refreshDerivedTables(session, {}, shop.workspace.today())
  })
  await drainEvents(shop.platform.store, shop.workspace)
  const members = sql`select member_id, tier, region, consent from members order by 1`
  const before = await engine.rows(members)
  expect(before).toEqual([
    { memberId: 'M1', tier: 'gold', region: 'north', consent: 'granted' },
    { memberId: 'M2', tier: 'gold', region: 'north', consent: 'denied' },
  ])
  const { importId } = await shop.importMembers(
    shop.file('m.csv', '会员号,会员等级,地区,是否订阅\nM1,silver,south,否\nM2,silver,south,是\n'),
  )
  expect(await engine.rows(members)).toEqual([
    { memberId: 'M1', tier: 'silver', region: 'south', consent: 'denied' },
    { memberId: 'M2', tier: 'silver', region: 'south', consent: 'denied' },
  ])
  await takeOutMembers(engine, importId!, settings)
  expect(await engine.rows(members)).toEqual(before)
})

test('who is named by a line of another’s order has a region by it, and none after it is restated or undone', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const orders = (rows: string): string =>
    `order_id,customer_id,order_date,amount,region\n${rows.replaceAll('; ', '\n')}\n`
  const regions = async () => {
    const rows = await shop.workspace.engine.rows(sql`select member_id, region from members order by 1`)
    return Object.fromEntries(rows.map(({ memberId, region }) => [memberId, region]))
  }
  const both = 'S1,cat,2026-01-01,1.00,west; S1,dog,2026-01-02,2.00,east'
  await take(shop, { kind: 'members', name: 'm.csv', content: 'member id,name\ndog,Rex\n' })
  const first = await take(shop, { kind: 'orders', name: 'o.csv', content: orders(both) })
  expect(await regions()).toEqual({ cat: 'west', dog: 'east' })
  const restated = await take(shop, {
    kind: 'orders',
    name: 'r.csv',
    content: orders('S1,cat,2026-01-01,3.00,west'),
  })
  expect(await regions()).toEqual({ cat: 'west', dog: null })
  await takeOut(shop.workspace.engine, restated, settings)
  expect(await regions()).toEqual({ cat: 'west', dog: 'east' })
  await takeOut(shop.workspace.engine, first, settings)
  expect(await regions()).toEqual({ dog: null })
})
