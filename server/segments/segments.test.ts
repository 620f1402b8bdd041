import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { addDays } from '../../analytics/calendar/calendar.ts'
import type { ExplainedClause, ExplainedDraw } from '../../analytics/segments/explain.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { createDemo } from '../demo/demo.ts'
import { openPlatform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { evaluateSegment } from './evaluation.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-segments-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 300, end: '2026-03-01' })
const workspace = (await platform.workspaces.byName('demo'))!
const { engine } = workspace
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

const count = async (query: ReturnType<typeof sql>) => Number((await engine.rows(query))[0]!.n)
const evaluated = async (expression: string, asOf?: string) => {
  const outcome = await evaluateSegment(platform.store, workspace, { expression, asOf })
  if (outcome.kind === 'refused') throw new Error(outcome.errors[0]!.message)
  return outcome.evaluation
}

test('count, list and the relation are one set', async () => {
  const expression = 'ORDERS >= 3 and not status = active'
  const wanted = await count(
    sql`select count(*) as n from member_facts where orders >= 3 and date '2026-03-01' - last_day > 30`,
  )
  const counted = await caller.segments.count({ expression })
  expect(counted).toMatchObject({
    expression: 'orders >= 3 and not status = "active"',
    asOf: '2026-03-01',
    members: wanted,
    all: 300,
  })
  expect(wanted).toBeGreaterThan(0)
  const first = await caller.segments.memberIds({ expression, limit: 2 })
  const ids = [...first.memberIds]
  for (;;) {
    const { memberIds } = await caller.segments.memberIds({
      expression,
      limit: 2,
      after: ids.at(-1),
      dataVersion: first.dataVersion,
    })
    if (memberIds.length === 0) break
    ids.push(...memberIds)
  }
  expect(new Set(ids).size).toBe(wanted)
  expect(first.members).toBe(wanted)
  await expect(caller.segments.memberIds({ expression, dataVersion: first.dataVersion - 1 })).rejects.toThrow(
    /data changed/,
  )
})

test('the same rule is evaluated once, however it is written and whoever asks at the same time', async () => {
  const [one, other] = await Promise.all([
    evaluated('orders >= 2 and net > 10'),
    evaluated('(ORDERS>=2) AND net > 10.00'),
  ])
  expect(one.memberKeys).toBe(other.memberKeys)
  const changed = await caller.tags.add({
    tag: 'one',
    whose: { kind: 'members', memberIds: ['M0000001'] },
  })
  expect(changed.members).toBe(1)
  const later = await evaluated('orders >= 2 and net > 10')
  expect(later.memberKeys).not.toBe(one.memberKeys)
  expect(later.dataVersion).toBeGreaterThan(one.dataVersion)
})

test('who leaves before the end is let go, and the set is still there for the others', async () => {
  const gone = new AbortController()
  const leaving = evaluateSegment(platform.store, workspace, { expression: 'orders >= 4' }, gone.signal)
  const staying = evaluated('orders >= 4')
  gone.abort()
  await expect(leaving).rejects.toThrow(/abort|cancelled/i)
  expect((await staying).members).toBe(
    await count(sql`select count(*) as n from member_facts where orders >= 4`),
  )
})

test('the parts of a rule are counted as rules of their own, and anew once the data is another', async () => {
  const parts = ['orders >= 3', 'not status = "active"', '(orders(within 90 days) >= 1 or tag is known)']
  const expression = `${parts.join(' and ')} and (orders >= 2) on -60d`
  const many = async (rule: string, asOf?: string) => (await evaluated(rule, asOf)).members
  const check = async () => {
    const { parts: counted } = await caller.segments.partCounts({ expression })
    const of = (path: string) => counted.find((one) => one.path === path)
    expect(of('')).toMatchObject({ members: await many(expression), all: await many('everyone') })
    for (const [i, part] of parts.entries())
      expect(of(`${i}`)).toMatchObject({
        members: await many(part),
        together: await many(parts.slice(0, i + 1).join(' and ')),
      })
    expect(of('2.1')).toMatchObject({ members: await many('tag is known'), together: await many(parts[2]!) })
    const day = '2025-12-31'
    expect(of('3.0')).toMatchObject({
      members: await many('orders >= 2', day),
      all: await many('everyone', day),
    })
    return of('2')!.members
  }
  const before = await check()
  await caller.tags.add({ tag: 'counted', whose: { kind: 'segment', expression: 'orders = 0' } })
  expect(await check()).toBeGreaterThan(before)
  await caller.tags.retire({ tag: 'counted' })
})

test('another day is answered from its own tables, and not what only today knows', async () => {
  const then = await evaluated('orders >= 1', '2025-06-30')
  expect(then).toMatchObject({ asOf: '2025-06-30' })
  const known = await count(sql`select count(distinct member_key) as n from orders
    where member_key is not null and state = 'paid' and net_minor > 0 and local_day <= date '2025-06-30'
      and (void_day is null or void_day > date '2025-06-30')`)
  expect(then.members).toBe(known)
  const refused = await evaluateSegment(platform.store, workspace, {
    expression: 'points > 1 or tier = "gold"',
    asOf: '2025-06-30',
  })
  expect(refused.kind === 'refused' && refused.errors.map(({ id, values }) => [id, values.field])).toEqual([
    ['no-history', 'points'],
    ['no-history', 'tier'],
  ])
})

test('an error of the text reaches the caller with place and suggestion', async () => {
  await expect(caller.segments.count({ expression: 'odrers > 2' })).rejects.toThrow(
    'At character 1: There is no field named odrers. Try: orders',
  )
  expect(await caller.segments.check({ expression: 'orders > ' })).toMatchObject({ kind: 'refused' })
  expect(await caller.segments.check({ expression: 'Orders>2' })).toMatchObject({
    kind: 'rule',
    expression: 'orders > 2',
  })
})

test('the sizes of all saved segments are those of their own counts, also after an edit', async () => {
  const inner = await caller.segments.save({ name: 'Sized', expression: 'orders >= 2' })
  const outer = await caller.segments.save({
    name: 'Made of it',
    expression: 'segment "Sized" and not status = "dormant"',
  })
  const counted = async () => {
    const { sizes, all } = await caller.segments.sizes()
    const saved = await caller.segments.list()
    const own = await Promise.all(
      saved.map(async ({ id, expression }) => [id, (await caller.segments.count({ expression })).members]),
    )
    expect(sizes).toEqual(Object.fromEntries(own))
    expect(all).toBe((await caller.segments.count({ expression: 'everyone' })).members)
    return sizes
  }
  const before = await counted()
  await caller.segments.save({ id: inner.id, name: 'Sized', expression: 'orders >= 6' })
  const after = await counted()
  expect(after[inner.id]).toBeLessThan(before[inner.id]!)
  expect(after[outer.id]).toBeLessThan(before[outer.id]!)
  await caller.segments.remove({ id: outer.id })
  await caller.segments.remove({ id: inner.id })
})

test('of two who change one version the second is told; without a version each gets one of its own', async () => {
  const { id } = await caller.segments.save({ name: 'Two hands', expression: 'orders >= 1' })
  const change = (n: number, from?: number) =>
    caller.segments.save({ id, name: 'Two hands', expression: `orders >= ${n}`, ...(from ? { from } : {}) })
  const both = await Promise.allSettled([change(2, 1), change(3, 1)])
  expect(both[0]).toMatchObject({ status: 'fulfilled', value: { version: 2 } })
  expect(both[1]).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT' } })
  expect(await change(2, 1)).toMatchObject({ version: 2 })
  const versions = await Promise.all([4, 5, 6].map((n) => change(n)))
  expect(versions.map(({ version }) => version).toSorted()).toEqual([3, 4, 5])
  await caller.segments.remove({ id })
})

test('a rule that would have automatic tags ask for each other is not saved', async () => {
  const { id } = await caller.segments.save({ name: 'Source', expression: 'orders >= 2' })
  await caller.tags.setRule({ tag: 'follows', expression: 'segment "Source"' })
  await expect(
    caller.segments.save({ id, name: 'Source', expression: 'not tag = "follows"', from: 1 }),
  ).rejects.toThrow(/circle: follows → follows/)
  expect((await caller.segments.get({ id })).versions).toHaveLength(1)
  await caller.tags.dropRule({ tag: 'follows' })
  await caller.segments.remove({ id })
})

test('an edit of a rule leaves the name that another gave meanwhile', async () => {
  const { id } = await caller.segments.save({ name: 'Before', expression: 'orders >= 1' })
  await caller.segments.rename({ id, name: 'After' })
  await caller.segments.save({ id, name: 'Before', expression: 'orders >= 2', from: 1 })
  expect(await caller.segments.get({ id })).toMatchObject({ name: 'After' })
  await caller.segments.remove({ id })
})

test('editing a saved segment adds a version, renaming does not, names are unique', async () => {
  const saved = await caller.segments.save({ name: 'Regulars', expression: 'ORDERS>=5' })
  expect(saved.version).toBe(1)
  expect(await caller.segments.save({ ...saved, name: 'Regulars', expression: 'orders >= 6' })).toEqual({
    id: saved.id,
    version: 2,
  })
  await caller.segments.rename({ id: saved.id, name: 'Best regulars' })
  expect(await caller.segments.list()).toMatchObject([
    { id: saved.id, name: 'Best regulars', expression: 'orders >= 6', version: 2, campaigns: 0 },
  ])
  await expect(caller.segments.save({ name: 'Best regulars', expression: 'everyone' })).rejects.toThrow(
    /already/,
  )
  const { versions } = await caller.segments.get({ id: saved.id })
  expect(versions.map(({ expression }) => expression)).toEqual(['orders >= 6', 'orders >= 5'])
  await caller.segments.remove({ id: saved.id })
  expect(await caller.segments.list()).toEqual([])
  expect((await caller.segments.save({ name: 'Best regulars', expression: 'everyone' })).version).toBe(1)
})

test('explain says the same as the set, with the value that would turn each clause', async () => {
  const expression = 'days_since_order > 40 and (average_order >= 1 or not net > 100000) and tag is unknown'
  const { memberIds } = await caller.segments.memberIds({ expression })
  const inside = new Set(memberIds)
  const everybody = (await caller.segments.memberIds({ expression: 'everyone' })).memberIds
  for (const memberId of everybody.slice(0, 60)) {
    const explained = await caller.segments.explain({ expression, memberId })
    expect(explained.selected).toBe(inside.has(memberId))
  }
  const [row] = await engine.rows(sql`select member_id, date '2026-03-01' - last_day as silent
    from member_facts join members on members.member_key = member_facts.member_key
    where date '2026-03-01' - last_day between 5 and 30 order by member_id limit 1`)
  const silent = Number(row!.silent)
  const one = await caller.segments.explain({
    expression: 'days_since_order > 40',
    memberId: String(row!.memberId),
  })
  const onDay = new Date(Date.UTC(2026, 2, 1 + 41 - silent)).toISOString().slice(0, 10)
  expect(one.explanation).toMatchObject({
    kind: 'clause',
    holds: false,
    value: silent,
    flip: { value: 41, onDay },
  })
  await expect(caller.segments.explain({ expression, memberId: 'nobody' })).rejects.toThrow(/No member/)
})

test('explain tells a member’s own tags and the number drawn, and what turns them', async () => {
  const { memberIds } = await caller.segments.memberIds({ expression: 'everyone' })
  const [memberId, other] = [memberIds[3]!, memberIds[4]!]
  await caller.tags.add({ tag: 'why “a”', whose: { kind: 'members', memberIds: [memberId] } })
  await caller.tags.add({ tag: 'why b', whose: { kind: 'members', memberIds: [memberId, other] } })
  const [inA, notA] = await Promise.all(
    [memberId, other].map((one) =>
      caller.segments.explain({ expression: 'tag = "why “a”" and random 40% (seed "s")', memberId: one }),
    ),
  )
  for (const told of [inA!, notA!]) {
    const [tag, draw] = 'parts' in told.explanation ? told.explanation.parts : []
    const carries = told === inA
    expect(tag).toMatchObject({
      holds: carries,
      has: expect.arrayContaining(carries ? ['why b', 'why “a”'] : ['why b']),
      tagging: { kind: carries ? 'take-off' : 'put-on', tags: ['why “a”'] },
    })
    // at the percent that it is said to turn at, the rule itself turns
    const { drawn, holds, flip } = draw as ExplainedDraw
    expect(holds).toBe(drawn! < 40)
    const at = async (percent: number) =>
      (
        await caller.segments.explain({
          expression: `random ${percent}% (seed "s")`,
          memberId: told.memberId,
        })
      ).selected
    expect(await at(flip!.value)).toBe(!holds)
    expect(await at(Number((flip!.value + (holds ? 0.01 : -0.01)).toFixed(2)))).toBe(holds)
  }
  await caller.tags.retire({ tag: 'why “a”' })
  await caller.tags.retire({ tag: 'why b' })
})

test('a tag is put on members, on a segment, taken off, renamed and retired; the language sees it', async () => {
  const members = async (expression: string) => (await caller.segments.count({ expression })).members
  const add = (tag: string, memberIds: string[]) =>
    caller.tags.add({ tag, whose: { kind: 'members', memberIds } })
  await add('vip', ['M0000001', 'M0000002', 'M0000001'])
  expect(await members('tag = "vip"')).toBe(2)
  const frequent = await members('orders >= 3')
  await caller.tags.add({ tag: 'frequent', whose: { kind: 'segment', expression: 'orders >= 3' } })
  expect(await members('tag = "frequent" and orders >= 3')).toBe(frequent)
  expect(await members('tag in ("frequent", "vip")')).toBeGreaterThanOrEqual(frequent)
  await caller.tags.remove({ tag: 'vip', whose: { kind: 'members', memberIds: ['M0000002'] } })
  expect(await members('tag = "vip"')).toBe(1)
  await caller.tags.save({ name: 'vip', colour: 3, description: 'Invited to tastings' })
  const saved = await caller.segments.save({
    name: 'Invited',
    expression: 'tag in ("vip", "other") and not (tag = "vip" and orders(category = "vip") >= 1)',
  })
  const { campaignId } = await caller.campaigns.create({
    name: 'To the invited',
    segment: 'tag = "vip"',
    offer: { kind: 'amount', amountMinor: 2000 },
    validDays: 14,
    channel: { kind: 'csv' },
  })
  await caller.tags.rename({ from: 'vip', to: 'VIP "2026"' })
  // rules that ask for the tag ask for its new name; a draft follows too
  const followed = await caller.segments.get({ id: saved.id })
  expect(followed.versions.map(({ version, expression }) => [version, expression])).toEqual([
    [
      2,
      'tag in ("VIP \\"2026\\"", "other") and not (tag = "VIP \\"2026\\"" and orders(category = "vip") >= 1)',
    ],
    [1, 'tag in ("vip", "other") and not (tag = "vip" and orders(category = "vip") >= 1)'],
  ])
  expect((await caller.campaigns.show({ campaignId })).definition.segment).toBe('tag = "VIP \\"2026\\""')
  expect(await members('tag = "VIP \\"2026\\""')).toBe(1)
  expect((await caller.tags.list()).find(({ name }) => name.startsWith('VIP'))).toMatchObject({
    colour: 3,
    description: 'Invited to tastings',
    members: 1,
    manual: 1,
  })
  await expect(caller.tags.rename({ from: 'frequent', to: 'VIP "2026"' })).rejects.toThrow(/already/)
  await caller.tags.retire({ tag: 'frequent' })
  expect(await members('tag = "frequent"')).toBe(0)
  expect((await caller.tags.list()).map(({ name }) => name)).not.toContain('frequent')
  await add('frequent', ['M0000003'])
  expect(await members('tag = "frequent"')).toBe(1)
  await expect(add('x', ['M0000001', 'nobody'])).rejects.toThrow(/nobody/)
  expect((await caller.tags.list()).map(({ name }) => name)).not.toContain('x')
})

test('a second segment whose name people would take for another’s is refused', async () => {
  const { id } = await caller.segments.save({ name: ' Cafe\u0301 Ａ ', expression: 'orders >= 1' })
  expect((await caller.segments.get({ id })).name).toBe('Caf\u00e9 Ａ')
  for (const name of ['caf\u00e9 a', 'CAFE\u0301 Ａ'])
    await expect(caller.segments.save({ name, expression: 'orders >= 2' })).rejects.toThrow(
      'There is “Caf\u00e9 Ａ” already',
    )
  const other = await caller.segments.save({ name: 'Other café', expression: 'orders >= 2' })
  await expect(caller.segments.rename({ id: other.id, name: 'café a' })).rejects.toThrow('“Café Ａ” already')
  await caller.segments.rename({ id, name: 'Café A' })
  await caller.segments.remove({ id })
  await caller.segments.rename({ id: other.id, name: 'café a' })
  await caller.segments.remove({ id: other.id })
})

test('what people set overrides an imported tag, also when every event is told again', async () => {
  const key = await count(sql`select member_key as n from members where member_id = 'M0000009'`)
  const imported = (tag: string) =>
    engine.run(sql`insert into member_tags values (${key}, ${tag}, 'imported', date '2025-01-01')`)
  await imported('wholesale')
  await imported('press')
  const state = async () =>
    engine.rows(sql`select tag, source from member_tags where member_key = ${key}
      and tag in ('wholesale', 'press') order by tag`)
  await caller.tags.add({ tag: 'press', whose: { kind: 'members', memberIds: ['M0000009'] } })
  await caller.tags.remove({ tag: 'wholesale', whose: { kind: 'members', memberIds: ['M0000009'] } })
  const wanted = [{ tag: 'press', source: 'manual' }]
  expect(await state()).toEqual(wanted)
  const past = (day: string) => evaluated('tag = "wholesale" and member = "M0000009"', day)
  expect((await past('2026-02-01')).members).toBe(1)
  expect((await evaluated('tag = "wholesale" and member = "M0000009"')).members).toBe(0)

  const everything = () =>
    engine.rows(sql`select member_key, tag, source, added_day, null as removed_day from member_tags
      union all select member_key, tag, '', added_day, removed_day from removed_tags
      order by all`)
  const before = await everything()
  await imported('wholesale')
  await engine.run(sql`update workspace_state set watermark = 0`)
  await drainEvents(platform.store, workspace)
  expect(await state()).toEqual(wanted)
  expect(await everything()).toEqual(before)
})

test('completion knows the values of the data', async () => {
  const { values, day } = await caller.segments.values()
  expect(day).toBe('2026-03-01')
  for (const list of ['categories', 'stores', 'channels', 'regions', 'tiers', 'tags'] as const)
    expect(values[list].length).toBeGreaterThan(0)
  // each with how often it occurs, the most frequent first
  const tiers = await engine.rows(sql`select tier as value, cast(count(*) as integer) as times from members
    where tier is not null group by tier order by times desc, value`)
  expect(values.tiers).toEqual(tiers)
})

test('waiting turns a condition on the day that its reason says, and not before', async () => {
  const kinds = new Set<string>()
  const everybody = (await caller.segments.memberIds({ expression: 'orders >= 1', limit: 60 })).memberIds
  const [{ category }] = (await engine.rows(
    sql`select category from order_items where category is not null group by category order by count(*) desc limit 1`,
  )) as [{ category: string }]
  for (const expression of [
    'orders(within 60 days) >= 2',
    'spend(within 45 days) < 150',
    `orders(category = "${category}", within 90 days) >= 1`,
    'average_order(within 90 days) >= 60',
    'items(within 30 days) between 2 and 9',
  ])
    for (const memberId of everybody) {
      const { selected, explanation } = await caller.segments.explain({ expression, memberId })
      const { flip } = explanation as ExplainedClause
      if (!flip?.lapsesOn) continue
      kinds.add(expression)
      const before = addDays(flip.lapsesOn, -1)
      const on = async (asOf: string) =>
        (await caller.segments.explain({ expression, memberId, asOf })).selected
      expect({ expression, memberId, on: [await on(before), await on(flip.lapsesOn)] }).toEqual({
        expression,
        memberId,
        on: [selected, !selected],
      })
    }
  expect(kinds.size).toBe(5)
})
