import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { createDemo } from '../demo/demo.ts'
import { openTestShop } from '../import/test-shop.ts'
import { openPlatform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-proposals-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 600, end: '2026-03-01' })
const workspace = (await platform.workspaces.byName('demo'))!
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})
const callerIn = (language: 'en' | 'zh-CN', of = { platform, workspace }) =>
  createCallerFactory(appRouter)({ ...of, actor: { kind: 'local' }, role: 'owner', language })

test('every shipped tag is proposed with a rule, or says what data it lacks', async () => {
  const { proposals } = await callerIn('en').tags.proposals()
  const kinds = new Set(proposals.map(({ id }) => id.split(':')[0]))
  expect([...kinds].toSorted()).toEqual([
    'big-basket',
    'birthday-month',
    'category',
    'daypart',
    'frequency-high',
    'frequency-low',
    'new',
    'price-sensitive',
    'tier-at-risk',
  ])
  expect(proposals.filter(({ why }) => why === '')).toEqual([])
  for (const { expression, members } of proposals) {
    const counted = expression === null ? { members: 0 } : await callerIn('en').segments.count({ expression })
    expect(counted.members).toBe(members)
  }
  const chinese = (await callerIn('zh-CN').tags.proposals()).proposals
  expect(chinese.map(({ id, expression }) => [id, expression])).toEqual(
    proposals.map(({ id, expression }) => [id, expression]),
  )
  for (const { tag } of chinese) expect(tag).toMatch(/\p{Script=Han}/u)
})

test('thresholds are what they say of the shop’s own members', async () => {
  const { proposals } = await callerIn('en').tags.proposals()
  const rule = (id: string) => proposals.find((one) => one.id === id)!
  // plain counting, member by member: orders of the 365 days to the last
  const rows = await workspace.engine.rows(sql`select member_key, count(*) as n, sum(net_minor) as net
    from orders where member_key is not null and state = 'paid' and net_minor > 0 and void_day is null
      and local_day between date '2025-03-01' and date '2026-03-01' group by member_key`)
  const yearly = rows.map(({ n }) => Number(n)).toSorted((a, b) => a - b)
  const high = Number(/>= (\d+)/.exec(rule('frequency-high').expression!)![1])
  expect(yearly.filter((n) => n >= high).length).toBeLessThanOrEqual(yearly.length / 5)
  expect(yearly.filter((n) => n >= high - 1).length).toBeGreaterThan(yearly.length / 5)
  expect(rule('frequency-high').members).toBe(yearly.filter((n) => n >= high).length)
  const low = Number(/and (\d+)/.exec(rule('frequency-low').expression!)![1])
  expect(yearly.filter((n) => n <= low).length).toBeGreaterThanOrEqual(yearly.length / 5)
  const all = await workspace.engine.rows(sql`select sum(net_minor) / count(*) as average
    from orders where member_key is not null and state = 'paid' and net_minor > 0 and void_day is null
      and local_day <= date '2026-03-01' group by member_key`)
  const big = rule('big-basket').members
  expect(big).toBeGreaterThan(0)
  expect(big).toBeLessThanOrEqual(all.length / 10)
})

test('a proposal that is switched on is a tag with its rule', async () => {
  const caller = callerIn('en')
  const { proposals } = await caller.tags.proposals()
  const { id, tag, expression, members } = proposals.find((one) => one.id === 'frequency-high')!
  await caller.tags.setRule({ tag, expression: expression!, proposal: id })
  expect((await caller.tags.list()).find(({ name }) => name === tag)).toMatchObject({
    members,
    automatic: members,
    rule: expression,
  })
})

test('of a shop whose buyers have one order each the numbers read naturally', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const rows = Array.from({ length: 25 }, (_, i) => `A${i},M${i},2026-01-05,3\n`)
  await shop.import(shop.file('o.csv', `order_id,member_id,date,amount\n${rows.join('')}`))
  const told = async (language: 'en' | 'zh-CN') => {
    const { proposals } = await callerIn(language, shop).tags.proposals()
    return proposals.flatMap(({ id, description, expression, why }) =>
      id.startsWith('frequency') ? [[description, expression, why]] : [],
    )
  }
  expect(await told('en')).toEqual([
    [
      '2 or more orders in 365 days.',
      'orders(within 365 days) >= 2',
      'From this shop’s data: four of five of the 25 buyers of the last 365 days have 1 order.',
    ],
    [
      '1 order in 365 days.',
      'orders(within 365 days) = 1',
      'From this shop’s data: at least a fifth of the 25 buyers of the last 365 days have 1 order.',
    ],
  ])
  expect(await told('zh-CN')).toEqual([
    [
      '365 天内下单 2 笔及以上。',
      'orders(within 365 days) >= 2',
      '取自本店数据：最近 365 天 25 位购买会员中，五分之四只有 1 笔订单。',
    ],
    [
      '365 天内下单 1 笔。',
      'orders(within 365 days) = 1',
      '取自本店数据：最近 365 天 25 位购买会员中，至少五分之一只有 1 笔订单。',
    ],
  ])
})

test('a shop without the data is told what is missing', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.import(shop.file('o.csv', 'order_id,member_id,date,amount\nA,M1,2026-01-05,3\n'))
  const { proposals } = await callerIn('en', shop).tags.proposals()
  expect(proposals.map(({ id, expression }) => [id, expression])).toEqual(
    [
      'frequency-high',
      'frequency-low',
      'new',
      'big-basket',
      'category',
      'price-sensitive',
      'daypart',
      'birthday-month',
      'tier-at-risk',
    ].map((id) => [id, null]),
  )
  expect(proposals.find(({ id }) => id === 'category')!.why).toContain('Import order lines with categories')
})
