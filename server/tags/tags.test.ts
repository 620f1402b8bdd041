import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openTestShop, type TestShop } from '../import/test-shop.ts'
import { tags as tagsKind } from '../import/kinds/tags.ts'
import { takeOutKind } from '../import/kinds/apply.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { drainEvents } from '../workspaces/drain.ts'

const callerOf = ({ platform, workspace }: TestShop) =>
  createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace,
    role: 'owner',
    language: 'en',
  })

const members = (...memberIds: string[]) => ({ kind: 'members' as const, memberIds })

/** `member tag` of everything that is carried, in order. */
const carried = async ({ workspace }: TestShop) =>
  (
    await workspace.engine.rows(sql`select member_id, tag from tags_of_members as carried
      join members on members.member_key = carried.member_key order by all`)
  ).map(({ memberId, tag }) => `${String(memberId)} ${String(tag)}`)

const undo = ({ workspace }: TestShop, importId: string | null) =>
  takeOutKind(workspace.engine, tagsKind, importId!, {
    today: '2026-11-22',
    undoneAt: '2026-11-22T00:00:00Z',
    signal: new AbortController().signal,
  })

test('of an exclusive group a member carries one tag: what people set first, else the newest file', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  const first = await shop.importKind(
    shop.file('a.csv', '会员号,标签,标签组\nM1,金卡,卡级\nM2,金卡,卡级\nM3,茶,口味\n'),
  )
  await caller.tags.saveGroup({ name: '卡级', exclusive: true })
  // both without a day, so on the same: the later file wins
  const second = await shop.importKind(shop.file('b.csv', '会员号,标签,标签组\nM1,银卡,卡级\nM3,银卡,卡级\n'))
  expect(await carried(shop)).toEqual(['M1 银卡', 'M2 金卡', 'M3 茶', 'M3 银卡'])
  expect(await caller.tags.groups()).toEqual([
    { name: '卡级', exclusive: true, tags: ['金卡', '银卡'], covered: 1 },
    { name: '口味', exclusive: false, tags: ['茶'], covered: 0 },
  ])
  // the tag that is put on takes the other off, with the reason; files that come later say nothing against it
  await caller.tags.save({ name: '黑卡', group: '卡级' })
  await caller.tags.add({ tag: '黑卡', whose: members('M2', 'M3'), reason: '年度评审' })
  await shop.importKind(shop.file('c.csv', '会员号,标签,标签组\nM2,金卡,卡级\nM3,金卡,卡级\n'))
  expect(await carried(shop)).toEqual(['M1 银卡', 'M2 黑卡', 'M3 茶', 'M3 黑卡'])
  const { changes } = await caller.tags.history({ tag: '银卡' })
  expect(changes).toMatchObject([
    { action: 'taken-off', origin: 'exclusive', detail: '黑卡', reason: '年度评审', members: 1 },
  ])
  expect((await caller.members.one({ memberId: 'M3' })).tagChanges).toMatchObject([
    { tag: '银卡', action: 'taken-off', origin: 'exclusive' },
    { tag: '黑卡', action: 'put-on', reason: '年度评审', by: 'command-line' },
  ])
  // what the undone file alone said is gone, and what it covered shows again
  await undo(shop, second.importId)
  expect(await carried(shop)).toEqual(['M1 金卡', 'M2 黑卡', 'M3 茶', 'M3 黑卡'])
  await undo(shop, first.importId)
  // who has nothing but a tag that people gave stays known
  expect(await carried(shop)).toEqual(['M2 黑卡', 'M3 黑卡'])
  // a group that is not exclusive any more covers nothing; the gold that people took off M2 stays off
  await caller.tags.saveGroup({ name: '卡级', exclusive: false })
  await caller.tags.remove({ tag: '黑卡', whose: members('M3') })
  expect(await carried(shop)).toEqual(['M2 黑卡', 'M3 金卡'])
})

test('a group is renamed with its tags and taken away without them', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await shop.importKind(
    shop.file(
      'a.csv',
      '会员号,标签,打标日期,标签组\nM1,金卡,2026-02-01,卡级\nM1,银卡,2026-01-01,卡级\nM2,茶,2026-01-01,口味\n',
    ),
  )
  await caller.tags.saveGroup({ name: '卡级', exclusive: true })
  expect(await caller.tags.renameGroup({ from: '卡级', to: '等级' })).toEqual({ tags: 2 })
  // the silver one shows on nobody, as the gold one covers it
  expect(await caller.tags.groups()).toEqual([
    { name: '口味', exclusive: false, tags: ['茶'], covered: 0 },
    { name: '等级', exclusive: true, tags: ['金卡', '银卡'], covered: 1 },
  ])
  expect(await carried(shop)).toEqual(['M1 金卡', 'M2 茶'])
  await expect(caller.tags.renameGroup({ from: '口味', to: '等级' })).rejects.toThrow(/already/)
  await expect(caller.tags.removeGroup({ name: '卡级' })).rejects.toThrow(/no group/)
  expect(await caller.tags.removeGroup({ name: '等级' })).toEqual({ tags: 2 })
  expect((await caller.tags.groups()).map(({ name }) => name)).toEqual(['口味'])
  expect(await carried(shop)).toEqual(['M1 金卡', 'M1 银卡', 'M2 茶'])
})

test('on any day of the past a member carries one tag of an exclusive group', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await caller.tags.saveGroup({ name: 'level', exclusive: true })
  await shop.import(
    shop.file('o.csv', 'order_id,member_id,date,amount\nA,M1,2026-01-05,3\nB,M1,2026-11-20,3\n'),
  )
  await shop.importKind(
    shop.file(
      't.csv',
      'member,tag,added on,tag group\nM1,bronze,2026-02-01,level\nM1,silver,2026-04-01,level\nM1,gold,2026-06-01,level\n',
    ),
  )
  const on = async (asOf?: string) => {
    const found: string[] = []
    for (const tag of ['bronze', 'silver', 'gold'])
      if ((await caller.segments.count({ expression: `tag = "${tag}"`, asOf })).members === 1) found.push(tag)
    return found
  }
  expect(await on('2026-01-20')).toEqual([])
  expect(await on('2026-02-20')).toEqual(['bronze'])
  expect(await on('2026-04-20')).toEqual(['silver'])
  expect(await on('2026-06-20')).toEqual(['gold'])
  expect(await on()).toEqual(['gold'])
})

test('cards of one member are one member to an exclusive group', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await caller.tags.saveGroup({ name: 'level', exclusive: true })
  await shop.importKind(
    shop.file(
      't.csv',
      'member,tag,added on,tag group\nM1,gold,2026-06-01,level\nM2,silver,2026-07-01,level\n',
    ),
  )
  const change = { memberId: 'M1', into: 'M2' }
  const { digest } = await caller.merges.preview(change)
  await caller.merges.change({ ...change, digest })
  expect(await carried(shop)).toEqual(['M2 silver'])
})

test('two tags become one: carriers, rules, drafts and names in files follow; undoing a file takes off what it alone said', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  const first = await shop.importKind(shop.file('a.csv', 'member,tag\nM1,vip\nM2,vip\nM3,VIP\nM4,vip\n'))
  await caller.tags.add({ tag: 'vip', whose: members('M3') })
  await caller.tags.remove({ tag: 'vip', whose: members('M4') })
  const { id } = await caller.segments.save({ name: 'best', expression: 'tag = "vip" and not tag = "new"' })
  await expect(caller.tags.merge({ from: 'vip', into: 'vip' })).rejects.toThrow(/one and the same/)
  await expect(caller.tags.merge({ from: 'vip', into: 'none' })).rejects.toThrow(/no such tag/)
  await caller.tags.merge({ from: 'vip', into: 'VIP', reason: 'the same thing' })
  expect(await carried(shop)).toEqual(['M1 VIP', 'M2 VIP', 'M3 VIP'])
  expect((await caller.segments.get({ id })).versions[0]).toMatchObject({
    expression: 'tag = "VIP" and not tag = "new"',
  })
  expect((await caller.tags.list()).map(({ name }) => name)).toEqual(['VIP'])
  const { changes } = await caller.tags.history({ tag: 'VIP' })
  expect(changes.map(({ action, detail, reason }) => [action, detail, reason])).toEqual([
    ['merged', 'vip', 'the same thing'],
    ['taken-off', null, ''],
    ['put-on', null, ''],
  ])
  // files that say the old name put on the one that is left; M4 stays off
  await shop.importKind(shop.file('b.csv', 'member,tag\nM5,vip\nM4,vip\nM1,vip\n'))
  expect(await carried(shop)).toEqual(['M1 VIP', 'M2 VIP', 'M3 VIP', 'M5 VIP'])
  await undo(shop, first.importId)
  expect(await carried(shop)).toEqual(['M1 VIP', 'M3 VIP', 'M5 VIP'])
  // told again from the first event, nothing changes
  await shop.workspace.engine.run(sql`update workspace_state set watermark = 0`)
  await drainEvents(shop.platform.store, shop.workspace)
  expect(await carried(shop)).toEqual(['M1 VIP', 'M3 VIP', 'M5 VIP'])
})

test('names that people would take for one are one: a second is refused, composed letters are kept', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await shop.importKind(shop.file('a.csv', 'member,tag\nM1,cafe\u0301\nM2,\u3000caf\u00e9\nM1,vip\n'))
  expect(await carried(shop)).toEqual(['M1 caf\u00e9', 'M1 vip', 'M2 caf\u00e9'])
  await caller.tags.add({ tag: ' cafe\u0301 ', whose: members('M1') })
  for (const tag of ['VIP', 'ｖｉｐ', 'ＶＩＰ　']) {
    const alike = /There is “vip” already/
    await expect(caller.tags.add({ tag, whose: members('M2') })).rejects.toThrow(alike)
    await expect(caller.tags.save({ name: tag })).rejects.toThrow(alike)
    await expect(caller.tags.rename({ from: 'caf\u00e9', to: tag })).rejects.toThrow(alike)
    await expect(caller.tags.setRule({ tag, expression: 'everyone' })).rejects.toThrow(alike)
  }
  expect((await caller.tags.list()).map(({ name }) => name)).toEqual(['caf\u00e9', 'vip'])
  await caller.tags.rename({ from: 'vip', to: 'VIP' }) // of its own
  // two that files have are both there and can be made one
  await shop.importKind(shop.file('b.csv', 'member,tag\nM2,ｖｉｐ\n'))
  await caller.tags.add({ tag: 'ｖｉｐ', whose: members('M1') })
  await caller.tags.merge({ from: 'ｖｉｐ', into: 'VIP' })
  expect(await carried(shop)).toEqual(['M1 VIP', 'M1 caf\u00e9', 'M2 VIP', 'M2 caf\u00e9'])
  await caller.tags.saveGroup({ name: 'Level', exclusive: true })
  await expect(caller.tags.saveGroup({ name: 'ＬＥＶＥＬ', exclusive: false })).rejects.toThrow(
    /“Level” already/,
  )
  await expect(caller.tags.save({ name: 'VIP', group: 'level' })).rejects.toThrow(/“Level” already/)
  await caller.tags.renameGroup({ from: 'Level', to: 'level' })
  expect((await caller.tags.groups()).map(({ name }) => name)).toEqual(['level'])
})

test('a tag is put on with a reason, from a list of ids or a file, or on nobody', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const caller = callerOf(shop)
  await shop.importKind(shop.file('a.csv', 'member,tag\nM1,tea\nM2,tea\n'))
  await expect(caller.tags.add({ tag: 'vip', whose: members('M1', 'M9') })).rejects.toThrow(
    '1 of these members are not known, such as M9. Nothing was changed.',
  )
  expect((await caller.tags.history({ tag: 'vip' })).changes).toEqual([])
  const whose = { ...members('M1', 'M2'), file: 'vips.txt' }
  await caller.tags.add({ tag: 'vip', whose, reason: 'tasting' })
  await caller.tags.add({
    tag: 'both',
    whose: { kind: 'segment', expression: 'tag = "vip"' },
    reason: 'again',
  })
  expect((await caller.tags.history({ tag: 'vip' })).changes).toMatchObject([
    { action: 'put-on', origin: 'file', detail: 'vips.txt', reason: 'tasting', members: 2 },
  ])
  expect((await caller.members.one({ memberId: 'M1' })).tags).toMatchObject([
    { tag: 'both', source: 'manual', reason: 'again', by: 'command-line' },
    { tag: 'tea', source: 'imported', reason: '' },
    { tag: 'vip', source: 'manual', reason: 'tasting' },
  ])
})
