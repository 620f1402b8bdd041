import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { takeOutKind } from '../import/kinds/apply.ts'
import { tags as tagsKind } from '../import/kinds/tags.ts'
import { now, openTestShop, type TestShop } from '../import/test-shop.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { applyTagRules } from './apply-rules.ts'

const callerOf = ({ platform, workspace }: TestShop) =>
  createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace,
    role: 'owner',
    language: 'en',
  })

const members = (...memberIds: string[]) => ({ kind: 'members' as const, memberIds })

/** Who carries a tag, and where from. */
const carriersOf = async ({ workspace }: TestShop, tag: string) =>
  (
    await workspace.engine.rows(sql`select member_id, source from tags_of_members as carried
      join members on members.member_key = carried.member_key where tag = ${tag} order by all`)
  ).map(({ memberId, source }) => `${String(memberId)} ${String(source)}`)

/** Orders of members, `M1 3` being three orders of M1 on days of their own. */
function orders(shop: TestShop, name: string, ...of: string[]) {
  const rows = of.flatMap((text) => {
    const [memberId, n] = text.split(' ')
    return Array.from(
      { length: Number(n) },
      (_, i) => `${name}-${memberId}-${i},${memberId},2026-11-${String(10 + i).padStart(2, '0')},20`,
    )
  })
  return shop.import(shop.file(`${name}.csv`, `order_id,member_id,date,amount\n${rows.join('\n')}\n`))
}

test('the preview says on whom a tag would not show, and whose other tag of its group it would take the place of', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await orders(shop, 'a', 'M1 2', 'M2 2', 'M3 2', 'M4 2', 'M5 2', 'M6 1')
  await shop.importKind(
    shop.file(
      't.csv',
      'member,tag,added on,tag group\nM2,silver,2026-06-01,level\nM3,silver,2026-11-22,level\nM4,other,2026-06-01,\nM6,silver,2026-06-01,level\n',
    ),
  )
  await caller.tags.saveGroup({ name: 'level', exclusive: true })
  await caller.tags.save({ name: 'gold', group: 'level' })
  await caller.tags.save({ name: 'black', group: 'level' })
  await caller.tags.add({ tag: 'black', whose: members('M1') })
  const asked = { tag: 'gold', expression: 'orders >= 2' }
  // M1's was set by hand, M3's file says today; M2's is older; M4's is of no group
  expect(await caller.tags.previewRule(asked)).toMatchObject({ gains: 5, covered: 2, replaces: 1 })
  const before = await carriersOf(shop, 'silver')
  await caller.tags.setRule(asked)
  expect(await carriersOf(shop, 'gold')).toEqual(['M2 automatic', 'M4 automatic', 'M5 automatic'])
  expect(before.filter((one) => !one.startsWith('M2'))).toEqual(await carriersOf(shop, 'silver'))
  await caller.tags.saveGroup({ name: 'level', exclusive: false })
  expect(await caller.tags.previewRule({ ...asked, expression: 'orders >= 1' })).toMatchObject({
    gains: 1,
    covered: 0,
    replaces: 0,
  })
})

test('a rule is shown before it is switched on, put on by it, and follows the data; what people set stands', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await orders(shop, 'a', 'M1 1', 'M2 2', 'M3 3', 'M4 3')
  await shop.importKind(shop.file('t.csv', 'member,tag\nM1,regular\n'))
  await caller.tags.add({ tag: 'regular', whose: members('M2') })
  await caller.tags.remove({ tag: 'regular', whose: members('M4') })
  const preview = await caller.tags.previewRule({ tag: 'regular', expression: 'ORDERS>=2' })
  expect(preview).toMatchObject({
    expression: 'orders >= 2',
    members: 3,
    gains: 1,
    losses: 0,
    keptOff: 1,
    untouched: 2,
    gaining: [{ memberId: 'M3', orders: 3 }],
    losing: [],
  })
  expect(await carriersOf(shop, 'regular')).toEqual(['M1 imported', 'M2 manual'])
  const set = await caller.tags.setRule({ tag: 'regular', expression: 'orders >= 2', reason: 'for the club' })
  // M2 is counted: the rule would keep the tag on if people took theirs back
  expect(set.applied).toMatchObject({ rules: 1, putOn: 2, takenOff: 0, refused: [] })
  expect(await carriersOf(shop, 'regular')).toEqual(['M1 imported', 'M2 manual', 'M3 automatic'])
  expect(await caller.tags.applyRules()).toEqual({ applied: null })
  expect(await caller.tags.list()).toMatchObject([
    { name: 'regular', members: 3, manual: 1, imported: 1, automatic: 1, rule: 'orders >= 2' },
  ])

  // more data: M5 gets it; a stricter rule takes it off M3, and the preview says so before
  await orders(shop, 'b', 'M5 4', 'M1 2')
  expect((await caller.tags.applyRules()).applied).toMatchObject({ putOn: 2, takenOff: 0 })
  expect(await carriersOf(shop, 'regular')).toEqual([
    'M1 imported',
    'M2 manual',
    'M3 automatic',
    'M5 automatic',
  ])
  expect(await caller.tags.previewRule({ tag: 'regular', expression: 'orders >= 4' })).toMatchObject({
    members: 1,
    gains: 0,
    losses: 1,
    losing: [{ memberId: 'M3' }],
  })
  await caller.tags.setRule({ tag: 'regular', expression: 'orders >= 4' })
  expect(await carriersOf(shop, 'regular')).toEqual(['M1 imported', 'M2 manual', 'M5 automatic'])
  // when and why, on the member's page and in the tag's history
  expect((await caller.members.one({ memberId: 'M5' })).tags).toMatchObject([
    { tag: 'regular', source: 'automatic', addedDay: '2026-11-22', rule: 'orders >= 4' },
  ])
  const { changes, runs } = await caller.tags.history({ tag: 'regular' })
  expect(changes.map(({ action, detail, reason }) => [action, detail, reason])).toEqual([
    ['rule-on', 'orders >= 4', ''],
    ['rule-on', 'orders >= 2', 'for the club'],
    ['taken-off', null, ''],
    ['put-on', null, ''],
  ])
  expect(runs.map(({ putOn, takenOff }) => [putOn, takenOff]).toSorted()).toEqual([
    [0, 3],
    [2, 0],
    [2, 0],
  ])

  // taken off by hand it stays off; switched off, the rule takes its own along and nothing else
  await caller.tags.remove({ tag: 'regular', whose: members('M5') })
  await caller.tags.applyRules()
  expect(await carriersOf(shop, 'regular')).toEqual(['M1 imported', 'M2 manual'])
  await caller.tags.setRule({ tag: 'regular', expression: 'everyone' })
  await caller.tags.dropRule({ tag: 'regular' })
  expect(await carriersOf(shop, 'regular')).toEqual(['M1 imported', 'M2 manual'])
  await expect(caller.tags.dropRule({ tag: 'regular' })).rejects.toThrow(/no rule/)
})

test('an undone file leaves the rule’s tag, which is told apart from the file’s all along', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await orders(shop, 'a', 'M1 2')
  await caller.tags.setRule({ tag: 'regular', expression: 'orders >= 2' })
  const { importId } = await shop.importKind(shop.file('t.csv', 'member,tag\nM1,regular\n'))
  expect(await carriersOf(shop, 'regular')).toEqual(['M1 imported'])
  await takeOutKind(shop.workspace.engine, tagsKind, importId!, {
    today: '2026-11-22',
    undoneAt: now.toISOString(),
    signal: new AbortController().signal,
  })
  expect(await carriersOf(shop, 'regular')).toEqual(['M1 automatic'])
})

test('a rule that asks for tags comes after theirs, and closes no circle', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await orders(shop, 'a', 'M1 1', 'M2 2', 'M3 3')
  // by name the last comes first: a sorts before b before c
  await caller.tags.setRule({ tag: 'c', expression: 'orders >= 2' })
  await caller.tags.setRule({ tag: 'b', expression: 'tag = "c" and orders >= 3' })
  await caller.tags.setRule({ tag: 'a', expression: 'tag in ("b", "other") or not tag = "c"' })
  expect(await carriersOf(shop, 'a')).toEqual(['M1 automatic', 'M3 automatic'])
  await orders(shop, 'b', 'M1 3')
  // all three in one go
  await caller.tags.applyRules()
  expect(await carriersOf(shop, 'b')).toEqual(['M1 automatic', 'M3 automatic'])
  expect(await carriersOf(shop, 'a')).toEqual(['M1 automatic', 'M3 automatic'])
  await expect(caller.tags.setRule({ tag: 'c', expression: 'tag = "b"' })).rejects.toThrow('c → b → c')
  await expect(caller.tags.previewRule({ tag: 'd', expression: 'tag = "d"' })).rejects.toThrow('d → d')
  await expect(caller.tags.previewRule({ tag: 'd', expression: 'tag is unknown' })).rejects.toThrow('d → d')
  await expect(caller.tags.setRule({ tag: 'd', expression: 'odrers > 1' })).rejects.toThrow(
    /no field named odrers/,
  )
  // through a saved segment as well
  await caller.segments.save({ name: 'thrice', expression: 'tag = "b"' })
  await expect(caller.tags.setRule({ tag: 'c', expression: 'segment "thrice"' })).rejects.toThrow('c → b → c')
  // a merge may close one too: nothing is merged then
  await expect(caller.tags.merge({ from: 'c', into: 'b' })).rejects.toThrow('b → b')
  expect((await caller.tags.list()).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  // of two automatic tags either rule puts on what they become; rules follow names
  await caller.tags.setRule({ tag: 'd', expression: 'orders = 1' })
  await caller.tags.setRule({ tag: 'e', expression: 'orders = 2' })
  await caller.tags.merge({ from: 'e', into: 'd' })
  await caller.tags.rename({ from: 'c', to: 'twice' })
  await caller.tags.applyRules()
  expect((await caller.tags.list()).map(({ name, rule }) => [name, rule])).toEqual([
    ['a', 'tag in ("b", "other") or not tag = "twice"'],
    ['b', 'tag = "twice" and orders >= 3'],
    ['d', 'orders = 1 or orders = 2'],
    ['twice', 'orders >= 2'],
  ])
  expect(await carriersOf(shop, 'd')).toEqual(['M2 automatic'])
  // a segment that a rule is made of: its new version moves the tag, its name follows, and it can't be removed
  const { id } = await caller.segments.save({ name: 'many', expression: 'orders >= 4' })
  await caller.tags.setRule({ tag: 'f', expression: 'segment "many"' })
  expect(await carriersOf(shop, 'f')).toEqual(['M1 automatic'])
  await caller.segments.save({ id, name: 'several', expression: 'orders >= 3' })
  expect((await caller.tags.applyRules()).applied).toMatchObject({ putOn: 1 })
  expect(await carriersOf(shop, 'f')).toEqual(['M1 automatic', 'M3 automatic'])
  await expect(caller.segments.remove({ id })).rejects.toThrow(/\bf\b/)
  // one that would close a circle afterwards is not saved; where one is there all the same, its tags stay as they are
  const thrice = (await caller.segments.list()).find(({ name }) => name === 'thrice')!
  await caller.tags.setRule({ tag: 'g', expression: 'segment "thrice"' })
  await expect(
    caller.segments.save({ id: thrice.id, name: 'thrice', expression: 'tag = "g"' }),
  ).rejects.toThrow('g → g')
  await shop.platform.store
    .updateTable('segment_versions')
    .set({ expression: 'tag = "g"' })
    .where('segment_id', '=', thrice.id)
    .execute()
  expect((await caller.tags.applyRules()).applied).toMatchObject({ refused: ['g'] })
  expect(await carriersOf(shop, 'g')).toEqual(['M1 automatic', 'M3 automatic'])
})

test('an application that is cut short has changed nothing, and the next does all of it', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await orders(shop, 'a', 'M1 1', 'M2 2')
  await caller.tags.setRule({ tag: 'one', expression: 'orders = 1' })
  await caller.tags.setRule({ tag: 'two', expression: 'orders = 2' })
  await orders(shop, 'b', 'M1 1', 'M3 1')
  const state = () =>
    shop.workspace.engine.rows(sql`select tag, member_key, added_day, null from automatic_tags
      union all select tag, put_on, as_of, taken_off from tag_rule_runs
      union all select 'version', data_version, null, null from workspace_state order by all`)
  const before = await state()
  const cut = new AbortController()
  const told: number[] = []
  const applying = applyTagRules(shop.platform.store, shop.workspace, now, {
    signal: cut.signal,
    progress({ done, of }) {
      told.push(done, of)
      if (done === 1) cut.abort()
    },
  })
  await expect(applying).rejects.toThrow(/abort|cancel/i)
  expect(told).toEqual([0, 2, 1, 2])
  expect(await state()).toEqual(before)
  expect((await caller.tags.applyRules()).applied).toMatchObject({ rules: 2, putOn: 2, takenOff: 1 })
  expect(await carriersOf(shop, 'one')).toEqual(['M3 automatic'])
  expect(await carriersOf(shop, 'two')).toEqual(['M1 automatic', 'M2 automatic'])
})
