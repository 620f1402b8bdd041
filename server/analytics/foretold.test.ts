import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { loadShop } from '../../analytics/oracle/load.ts'
import type { PlainShop } from '../../analytics/oracle/shop.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { random } from '../../fixtures/random.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { foretelling, foretoldAt } from './foretold.ts'
import { outcomeSaid } from './outcome-said.ts'
import { tablesAt } from './tables-at.ts'

const start = '2023-01-01'
const asOf = addDays(start, 600)
let folder: string
let platform: Platform
let workspace: Workspace
const callerFor = createCallerFactory(appRouter)
let caller: ReturnType<typeof callerFor>

const { below } = random(5)
const dice = () => below(2 ** 20) / 2 ** 20
let key = 0
const members = 300
const shop: PlainShop = {
  calendar: { timeZone: 'Asia/Shanghai', firstWeekday: 1 },
  openedAtStart: false,
  members: Array.from({ length: members }, (_, i) => ({ key: i + 1, joinedDay: null })),
  orders: Array.from({ length: members }, (_, member) => {
    const [mean, amount, gone] = [8 - 25 * Math.log(1 - dice()), 2000 + 8000 * dice(), 0.7 * dice() ** 3]
    const bought: PlainShop['orders'][number][] = []
    for (let day = below(400); day <= 600; day += 1 + Math.floor(-mean * Math.log(1 - dice()))) {
      const orderedAt = new Date(`${addDays(start, day)}T12:00:00+08:00`)
      const net = Math.round(amount * (0.5 + dice()))
      bought.push({
        key: ++key,
        member: member + 1,
        orderedAt,
        state: 'paid',
        store: 'East',
        channel: null,
        net,
      })
      if (dice() < gone) break
    }
    return bought
  }).flat(),
  refunds: [],
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-foretold-'))
  platform = await openPlatform(folder, { now: () => new Date(`${asOf}T15:00:00Z`) }, { threads: 1 })
  workspace = (await platform.workspaces.create({
    name: 'shop',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  await workspace.engine.transaction(async (session) => {
    await loadShop(session, shop)
    await refreshDerivedTables(session, {}, workspace.today())
  })
  caller = callerFor({ platform, actor: { kind: 'local' }, workspace, role: 'viewer', language: 'en' })
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

test('is fitted once for all who ask, and again when orders changed', async () => {
  const made = vi.spyOn(workspace.engine, 'scratch')
  const at = await tablesAt(platform.store, workspace, undefined)
  const asking = [foretoldAt(workspace, at), foretoldAt(workspace, at)]
  expect(foretelling(workspace)).not.toBeNull()
  const [one, other] = await Promise.all(asking)
  expect(one).toBe(other)
  expect(one!.quality.kind).not.toBe('refused')
  expect(foretelling(workspace)).toBeNull()
  await foretoldAt(workspace, at)
  expect(made).toHaveBeenCalledTimes(1)
  await workspace.engine.transaction((session) => refreshDerivedTables(session, {}, workspace.today()))
  // who asks with tables of before is told that they are
  expect(
    await foretoldAt(workspace, {
      ...at,
      tables: {
        ...at.tables,
        memberScores: { kind: 'sql', chunks: [`${at.tables.memberScores.chunks[0]}9`] },
      },
    }),
  ).toBeNull()
  const after = await tablesAt(platform.store, workspace, undefined)
  expect(after.tables.memberScores).not.toEqual(at.tables.memberScores)
  expect(await foretoldAt(workspace, after)).toEqual(one)
  made.mockRestore()
})

test('ends when nobody waits any more, and begins anew', async () => {
  await workspace.engine.transaction((session) => refreshDerivedTables(session, {}, workspace.today()))
  const at = await tablesAt(platform.store, workspace, undefined)
  const [first, second] = [new AbortController(), new AbortController()]
  const asked = foretoldAt(workspace, at, first.signal)
  const alsoAsked = foretoldAt(workspace, at, second.signal)
  first.abort(new Error('gone'))
  await expect(asked).rejects.toThrow('gone')
  expect(foretelling(workspace)).not.toBeNull()
  second.abort(new Error('gone too'))
  await expect(alsoAsked).rejects.toThrow('gone too')
  expect(foretelling(workspace)).toBeNull()
  expect((await foretoldAt(workspace, at))!.quality.kind).not.toBe('refused')
})

test('rules ask it today and on days of the past, by what was known then', async () => {
  const count = async (expression: string, day?: string) =>
    (await caller.segments.count({ expression, ...(day && { asOf: day }) })).members
  expect(await count('p_alive is known')).toBe(members)
  const likely = await count('p_alive >= 50%')
  expect(likely).toBeGreaterThan(0)
  expect(likely + (await count('p_alive < 50%'))).toBe(members)
  const day = addDays(asOf, -90)
  const then = await count('p_alive >= 50%', day)
  expect(await count(`(p_alive >= 50%) on ${day}`)).toBe(then)
  expect(await count('(p_alive >= 50%) on -90d and p_alive < 50%')).toBeGreaterThan(0)
  // the past is asked without what came after it: the same shop with nothing later says as much
  const [known] = await workspace.engine.rows(
    sql`select count(*) as n from (select member_key from orders where local_day <= cast(${day} as date) group by 1) as b`,
  )
  expect(await count('p_alive is known', day)).toBe(known!.n)
})

test('every band opens the members that it counts, of all and of a segment', async () => {
  for (const filters of [{}, { segment: 'orders >= 3 or value_decile <= 2' }, { asOf: addDays(asOf, -60) }]) {
    const { rows, models, asOf: day } = await caller.analytics.clv({ filters })
    expect(models!.quality.kind).not.toBe('refused')
    const bands = rows.filter(({ kind }) => kind === 'alive')
    expect(bands).toHaveLength(10)
    for (const { membersExpression, members: counted } of bands)
      expect((await caller.segments.count({ expression: membersExpression!, asOf: day })).members).toBe(
        counted,
      )
  }
})

test('the rules of dormancy part the same members, whom each row opens', async () => {
  for (const filters of [{}, { segment: 'orders >= 3 or value_decile <= 2' }, { asOf: addDays(asOf, -60) }]) {
    const { rows, asOf: day } = await caller.analytics.dormancyRules({ filters })
    expect(new Set(rows.map(({ model }) => model)).size).toBeGreaterThan(2)
    for (const { membersExpression, members: counted } of rows)
      expect((await caller.segments.count({ expression: membersExpression!, asOf: day })).members).toBe(
        counted,
      )
    const { rows: fixed } = await caller.analytics.dormancy({ filters })
    for (const { status, members: counted } of fixed.filter(({ kind }) => kind === 'status'))
      expect(rows.filter((row) => row.fixed === status).reduce((sum, row) => sum + row.members, 0)).toBe(
        counted,
      )
  }
})

test('the group of before is the one in which the moves between groups begin', async () => {
  const { rows } = await caller.analytics.rfmMigration({ settings: { days: 90 } })
  const moved = rows.filter(({ members: n, from, to }) => n > 0 && !/never|not/.test(from + to))
  expect(moved.length).toBeGreaterThan(5)
  for (const { from, to, members: counted } of moved)
    expect(
      (await caller.segments.count({ expression: `previous_rfm_group = "${from}" and rfm_group = "${to}"` }))
        .members,
    ).toBe(counted)
})

test('the total is the sum of the members’ values, whatever money later is worth', async () => {
  const yearOf = async () =>
    (await caller.analytics.clv({})).rows.find(({ kind, days }) => kind === 'forecast' && days === 365)!
  const summed = async () => {
    const { tables } = await tablesAt(platform.store, workspace, undefined)
    const [row] = await workspace.engine.rows(
      sql`select sum(clv_minor) as clv_minor, count(*) as members from ${tables.memberScores}`,
    )
    return { members: Number(row!.members), netMinor: Number(row!.clvMinor) }
  }
  const plain = await yearOf()
  const before = await summed()
  // each value is rounded to a minor unit
  expect(Math.abs(plain.netMinor! - before.netMinor)).toBeLessThanOrEqual(before.members / 2)
  await workspace.engine.transaction(async (session) => {
    await session.run(
      sql`update workspace_state set clv_discount_percent = 25, data_version = data_version + 1`,
    )
  })
  const discounted = await yearOf()
  const after = await summed()
  expect(Math.abs(discounted.netMinor! - after.netMinor)).toBeLessThanOrEqual(after.members / 2)
  expect(discounted.netMinor! / plain.netMinor!).toBeGreaterThan(0.8)
  expect(discounted.netMinor! / plain.netMinor!).toBeLessThan(0.95)
  expect(discounted.highMinor!).toBeLessThan(plain.highMinor!)
})

test('how the models came out is said in a sentence, in both languages', async () => {
  const { models } = await caller.analytics.clv({})
  const { weeks, actual } = models!.calibration!
  const english = outcomeSaid('en', models!)
  expect(english).toMatch(/^(The model can be trusted|Read this with caution)/)
  expect(english).toContain(`Tried on the last ${weeks} weeks`)
  expect(english).toContain(`and ${new Intl.NumberFormat('en').format(actual)} came`)
  expect(outcomeSaid('zh-CN', models!)).toContain(`用最近 ${weeks} 周检验`)
  const none = {
    ...models!,
    calibration: null,
    buyers: 12,
    quality: { kind: 'refused', because: ['few-members'] },
  }
  expect(outcomeSaid('en', none as typeof models & object)).toBe(
    'There is no forecast. Only 12 members have bought so far; it takes 100.',
  )
})
