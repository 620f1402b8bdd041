import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { countBits, numbersOfBits } from '../../analytics/columns/bits.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { createDemo } from '../demo/demo.ts'
import { openPlatform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { keepMemberships, refreshMemberships } from './memberships.ts'
import { newestVersions } from './saved-rules.ts'
import { takenOn } from './takings.ts'
import { createCallerFactory } from '../trpc.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-made-of-segments-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 200, end: '2026-03-01' })
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

const members = async (expression: string, asOf?: string) =>
  (await caller.segments.count({ expression, asOf })).members
const ids = async (expression: string, asOf?: string) =>
  (await caller.segments.memberIds({ expression, asOf })).memberIds
const save = (name: string, expression: string, id?: string) =>
  caller.segments.save({ name, expression, ...(id === undefined ? {} : { id }) })
const newest = async (id: string) => (await caller.segments.get({ id })).versions[0]!.expression

test('a segment is asked by name, follows its rule and its name, and is not lost', async () => {
  const regulars = await save('Regulars', 'orders >= 3')
  expect(await ids('segment "Regulars"')).toEqual(await ids('orders >= 3'))
  const quiet = await save('Quiet "regulars" 🍵', 'segment "Regulars" and days_since_order > 60')
  expect(await ids('segment "Quiet \\"regulars\\" 🍵"')).toEqual(
    await ids('orders >= 3 and days_since_order > 60'),
  )
  expect(await ids('not segment "Quiet \\"regulars\\" 🍵"')).toEqual(
    await ids('not (orders >= 3 and days_since_order > 60)'),
  )

  // another rule under the same name: the set that was kept is not answered with
  await save('Regulars', 'orders >= 5', regulars.id)
  expect(await ids('segment "Regulars"')).toEqual(await ids('orders >= 5'))
  expect(await members('orders >= 5')).toBeLessThan(await members('orders >= 3'))

  const { campaignId } = await caller.campaigns.create({
    name: 'To regulars',
    segment: 'segment "Regulars" on -30d',
    offer: { kind: 'amount', amountMinor: 2000 },
    validDays: 14,
    channel: { kind: 'csv' },
  })
  await caller.segments.rename({ id: regulars.id, name: '熟客 “A”' })
  expect(await newest(quiet.id)).toBe('segment "熟客 “A”" and days_since_order > 60')
  const { versions } = await caller.segments.get({ id: quiet.id })
  expect(versions).toHaveLength(2)
  // the version before names it by its new name, so that it can be used again
  expect(versions[1]!.expression).toBe('segment "熟客 “A”" and days_since_order > 60')
  expect(await members(versions[1]!.expression)).toBe(await members('orders >= 5 and days_since_order > 60'))
  expect((await caller.campaigns.show({ campaignId })).definition.segment).toBe('segment "熟客 “A”" on -30d')
  expect(await members('segment "Quiet \\"regulars\\" 🍵"')).toBe(
    await members('orders >= 5 and days_since_order > 60'),
  )

  await expect(caller.segments.remove({ id: regulars.id })).rejects.toThrow(
    '熟客 “A” is part of other rules: Quiet "regulars" 🍵, To regulars. Take it out of them first.',
  )
  await save('Quiet "regulars" 🍵', 'orders = 1', quiet.id)
  await expect(caller.segments.remove({ id: regulars.id })).rejects.toThrow(/To regulars/)
})

test('circles and names that are not there are refused by name', async () => {
  const a = await save('A', 'orders = 1')
  const b = await save('B', 'segment "A" or net > 1')
  await save('C', 'not segment "B" on -1d')
  await expect(save('A', 'segment "C"', a.id)).rejects.toThrow('in a circle: A → C → B → A')
  await expect(save('A', 'segment "A"', a.id)).rejects.toThrow('in a circle: A → A')
  await expect(save('A2', 'segment "A"', a.id)).rejects.toThrow('in a circle: A → A')
  expect(await newest(a.id)).toBe('orders = 1')
  await expect(save('New', 'orders = 1 and segment "b"')).rejects.toThrow(
    'At character 24: There is no saved segment named b. Try: "B"',
  )
  await expect(caller.segments.count({ expression: 'segment "Nobody has this name"' })).rejects.toThrow(
    /no saved segment/,
  )
  expect(await caller.segments.check({ expression: 'segment "c"' })).toMatchObject({
    kind: 'refused',
    errors: [{ id: 'no-such-segment', from: 8, to: 11, suggestion: '"C"' }],
  })
  // a name that was changed in between is the new one's everywhere
  await caller.segments.rename({ id: b.id, name: 'B2' })
  expect((await caller.segments.list()).find(({ name }) => name === 'C')?.expression).toBe(
    'not segment "B2" on -1d',
  )
})

test('another day is answered as the whole rule on that day is', async () => {
  const then = await ids('orders >= 2 and days_since_order <= 30', '2025-09-30')
  expect(then.length).toBeGreaterThan(0)
  expect(await ids('(orders >= 2 and days_since_order <= 30) on 2025-09-30')).toEqual(then)
  await save('Active regulars', 'orders >= 2 and last_order within last 30 days')
  expect(await ids('segment "Active regulars" on 2025-09-30')).toEqual(then)
  // days count from the day that they stand in: 2025-10-30 minus 30
  expect(await ids('(segment "Active regulars" on -30d) on 2025-10-30')).toEqual(then)
  const later = new Set(await ids('everyone', '2025-09-30'))
  expect((await ids('not segment "Active regulars" on 2025-09-30')).length).toBe(
    (await members('everyone')) - then.length,
  )
  expect((await ids('(not segment "Active regulars") on 2025-09-30')).length).toBe(later.size - then.length)

  await expect(caller.segments.count({ expression: '(orders = 1) on 2026-03-02' })).rejects.toThrow(
    '2026-03-02 lies after 2026-03-01',
  )
  await expect(caller.segments.count({ expression: '(points > 1) on -1d and tier = "x"' })).rejects.toThrow(
    /points is known as it is today only, so it can.t be asked about 2026-02-28/,
  )
  expect(await members('(points >= 0 or points is unknown) on today')).toBe(200)
})

test('a draw is the same every time, of all its members, and another with another seed', async () => {
  const drawn = await ids('random 25% (seed "spring")')
  expect(drawn.length).toBeGreaterThan(200 * 0.25 - 3 * Math.sqrt(200 * 0.25 * 0.75))
  expect(drawn.length).toBeLessThan(200 * 0.25 + 3 * Math.sqrt(200 * 0.25 * 0.75))
  expect(await ids('random 25% (seed "spring")', '2026-02-28')).toEqual(drawn)
  expect(await ids('random 25% (seed "autumn")')).not.toEqual(drawn)
  const half = new Set(await ids('random 50% (seed "spring")'))
  expect(drawn.every((id) => half.has(id))).toBe(true)
  const [row] = await engine.rows(sql`select count(*) as n from members
    where ('0x' || left(md5('spring:' || member_id), 8))::bigint < 0.25 * 4294967296`)
  expect(drawn.length).toBe(Number(row!.n))
})

test('why and why not go through segments and other days', async () => {
  const expression = 'segment "Active regulars" on 2025-09-30 and not segment "A" and random 100%'
  const chosen = new Set(await ids(expression))
  const everybody = await ids('everyone')
  for (const memberId of everybody.slice(0, 40)) {
    const { selected, explanation } = await caller.segments.explain({ expression, memberId })
    expect(selected).toBe(chosen.has(memberId))
    expect(explanation).toMatchObject({
      kind: 'and',
      parts: [
        { kind: 'on', day: '2025-09-30' },
        {
          kind: 'not',
          parts: [{ kind: 'segment', name: 'A', parts: [{ kind: 'clause', text: 'orders = 1' }] }],
        },
        { kind: 'random', holds: true, text: 'random 100%' },
      ],
    })
  }
  const [member] = await ids('(orders >= 2 and days_since_order <= 30) on 2025-09-30')
  const { explanation } = await caller.segments.explain({ expression, memberId: member! })
  expect(explanation).toMatchObject({
    parts: [
      {
        parts: [
          { kind: 'segment', parts: [{ kind: 'and', parts: [{ text: 'orders >= 2', holds: true }, {}] }] },
        ],
      },
      {},
      {},
    ],
  })
})

test('what is kept of who is in a segment is whom its rule selects, of segments of segments and of other days too', async () => {
  const rules = {
    'Late but named first': 'segment "Bought lately" and not segment "Big spenders"',
    'Bought lately': 'orders(within 90 days) >= 1',
    'Big spenders': 'spend(within 365 days) > 300 or segment "Bought lately" on -30d',
    'Both again': 'segment "Late but named first" or orders(within 90 days) >= 1',
  }
  const saved = Object.entries(rules).toReversed()
  // a segment can only name what is there
  for (const [name] of saved) await save(name, 'everyone')
  const known = await newestVersions(platform.store, workspace)
  const idOf = (name: string) => known.find((one) => one.name === name)!.id
  for (const [name, rule] of saved) await save(name, rule, idOf(name))
  const progress: number[] = []
  await keepMemberships(platform, workspace, { onKept: (kept) => progress.push(kept) })
  expect(progress[0]).toBe(0)
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  expect(progress.at(-1)).toBe(known.length)
  for (const name of Object.keys(rules)) {
    const [state] = await engine.rows(sql`select as_of from workspace_state`)
    const kept = (await takenOn(engine, idOf(name), String(state!.asOf)))!
    const keys = JSON.stringify([...numbersOfBits(kept, countBits(kept))])
    const members = await engine.rows(sql`select member_id from members
      where member_key in (select unnest(from_json(${keys}, '["INTEGER"]'))) order by member_id`)
    const selected = await ids(`segment "${name}"`)
    expect(selected.length).toBeGreaterThan(0)
    expect(members.map(({ memberId }) => memberId)).toEqual(selected)
  }
})

test('bringing them up to date is seen, and stopped by who may, with what is kept staying', async () => {
  // more than are written down at once
  for (let more = 0; more < 40; more++)
    await caller.segments.save({ name: `One more ${more}`, expression: 'orders >= 1' })
  expect(await caller.segments.refreshing()).toBeNull()
  await engine.transaction(async (session) => {
    await session.run(sql`delete from segment_takings`)
  })
  const all = (await newestVersions(platform.store, workspace)).length
  const ending = new AbortController()
  let ended = false
  const working = refreshMemberships(platform, workspace, ending.signal).finally(() => (ended = true))
  const state = async () => (await caller.segments.refreshing()) ?? { kept: 0, all }
  while (!ended && (await state()).kept < 1) {
    expect((await state()).all).toBe(all)
    await pause(1)
  }
  await caller.segments.stopRefreshing()
  await working
  expect(await caller.segments.refreshing()).toBeNull()
  const [kept] = await engine.rows(sql`select count(*) as n from segment_takings`)
  expect(kept!.n).toBeGreaterThan(0)
  expect(kept!.n).toBeLessThan(all)
})
