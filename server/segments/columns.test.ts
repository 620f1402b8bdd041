import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { numbersOfBits } from '../../analytics/columns/bits.ts'
import { ColumnThreadEnded, ColumnThreads } from '../../analytics/columns/threads.ts'
import { compile } from '../../analytics/segments/compile.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { createDemo } from '../demo/demo.ts'
import { importRuns } from '../import/runs.ts'
import { openPlatform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { evaluateSegment } from './evaluation.ts'
import { startColumns } from './columns.ts'
import { sampleOf } from './members.ts'
import { countParts } from './part-counts.ts'
import { prepareSegment } from './prepare.ts'
import { saveSegment } from './saved.ts'
import { newestVersions } from './saved-rules.ts'
import { selectedTogether } from './together.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-order-columns-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 300, end: '2026-03-01' })
const workspace = (await platform.workspaces.byName('demo'))!
const { engine } = workspace
const keeper = startColumns(platform, { leastOrders: 1 })
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
afterAll(async () => {
  await keeper.stop()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const clauses = [
  'orders(within 90 days) >= 2',
  'orders(category = "面包", within 180 days) >= 1',
  'spend(category in ("面包", "咖啡饮品"), store in ("湖滨银泰店", "城西银泰店")) > 30',
  'average_order(channel = "小程序") > 25',
  'days_since_order(category = "面包") > 20',
  'first_order(store contains "湖滨") < 2025-12-01',
  'order_share(weekday in ("saturday", "sunday")) >= 30%',
  'spend_share(daypart = "morning") > 12.5%',
  'orders(net != 30, discounted is unknown) = 0',
  'last_order(category is known) within last 40 days',
  'average_order(category = "生日蛋糕") is unknown',
]
const facts = ['net > 100', 'gender = "female"', 'not (tag is known)']
const rules = [
  clauses.join(' or '),
  `${facts.join(' and ')} and (${clauses.slice(0, 4).join(' or ')})`,
  `not (${clauses.slice(3, 8).join(' and ')})`,
  ...clauses,
  'stored_value > 50 and net != 100.5',
  'not (stored_value is unknown or value_at_risk between 10 and 1500)',
  'stored_value <= 0 or value_at_risk in (0, 25) or net is unknown',
]

const prepared = async (expression: string, asOf?: string) => {
  const found = await prepareSegment(platform.store, workspace, { expression, asOf })
  if (found.kind === 'refused') throw new Error(`${expression}: ${found.errors[0]!.message}`)
  return found
}
/** What the engine alone answers. */
const byEngine = async (expression: string, asOf?: string) => {
  const { rule, setting } = await prepared(expression, asOf)
  const query = compile(rule.expression, setting, duckdb)
  return (await engine.rows(sql`select member_key from (${query}) as chosen order by member_key`)).map(
    ({ memberKey }) => Number(memberKey),
  )
}
const evaluated = async (expression: string, asOf?: string) => {
  const outcome = await evaluateSegment(platform.store, workspace, { expression, asOf })
  if (outcome.kind === 'refused') throw new Error(`${expression}: ${outcome.errors[0]!.message}`)
  const { memberKeys, members } = outcome.evaluation
  const rows = await engine.rows(sql`select member_key from ${memberKeys} as chosen order by member_key`)
  expect(rows).toHaveLength(members)
  return rows.map(({ memberKey }) => Number(memberKey))
}
/** Whether there are columns of the data as it is now. */
const areHeld = async () => keeper.areHeld(engine, (await prepared('everyone')).at)
const agree = async () => {
  for (const rule of rules)
    expect({ rule, members: await evaluated(rule) }).toEqual({ rule, members: await byEngine(rule) })
}

async function importOrder(category: string): Promise<void> {
  const path = join(folder, 'orders.csv')
  const [member] = await engine.rows(sql`select member_id from members order by member_key limit 1`)
  writeFileSync(
    path,
    `orderId,memberId,orderedAt,store,category,quantity,amount\nX1,${String(member!.memberId)},2026-03-01 12:00:00,新店,${category},1,70.00\n`,
  )
  const runs = importRuns(platform)
  const order = { path, fileName: 'orders.csv', map: {}, dryRun: false, replace: false }
  const started = await runs.start(workspace, { ...order, language: 'en', actor: 'test' })
  if (started.kind === 'refused') throw new Error(JSON.stringify(started))
  for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal))
    if (state.receipt) return
  throw new Error('The import did not end well.')
}

test('columns answer what the engine answers, of every state of the data', async () => {
  expect(await areHeld()).toBe(false)
  await evaluated('orders(within 3 days) >= 1')
  expect(keeper.reading(engine)).not.toBeNull()
  await keeper.idle()
  expect(keeper.reading(engine)).toBeNull()
  expect(await areHeld()).toBe(true)
  await agree()
  for (const rule of clauses.slice(0, 3))
    expect(await evaluated(rule, '2025-12-31')).toEqual(await byEngine(rule, '2025-12-31'))

  // other changes of the data leave the orders as they are
  await caller.tags.add({ tag: 'noticed', whose: { kind: 'segment', expression: 'orders >= 3' } })
  expect(await areHeld()).toBe(true)
  const noticed = `tag = "noticed" and ${clauses[0]!}`
  expect(await evaluated(noticed)).toEqual(await byEngine(noticed))

  await importOrder('新品类')
  expect(await areHeld()).toBe(false)
  const fresh = 'orders(category = "新品类", store = "新店") = 1'
  expect(await evaluated(fresh)).toHaveLength(1)
  // brought up to date before the rule was asked
  expect(await areHeld()).toBe(true)
  await agree()
  // the dictionaries of the state before are gone
  const tables = await engine.rows(
    sql`select table_name from duckdb_tables() where table_name like 'columns_%'`,
  )
  expect(new Set(tables.map(({ tableName }) => String(tableName).split('_')[1])).size).toBe(1)
})

test('members shown first have the figures of the engine, also those who never bought', async () => {
  await evaluated('orders(within 4 days) >= 1')
  await keeper.idle()
  const asked = [
    'orders(category = "面包") = 0',
    'net < 60 or orders(within 20 days) >= 1',
    'last_order is unknown',
  ]
  for (const expression of asked) {
    const outcome = await evaluateSegment(platform.store, workspace, { expression })
    if (outcome.kind === 'refused') throw new Error(outcome.errors[0]!.message)
    const { evaluation } = outcome
    expect(evaluation.most?.length).toBe(Math.min(50, evaluation.members))
    const limit = Math.min(45, evaluation.members)
    const { rule, setting } = await prepared(expression)
    const rows = await engine.rows(
      sql`select member_id, members.name, facts.orders, facts.net_minor, cast(facts.last_day as varchar) as last_day
        from (${compile(rule.expression, setting, duckdb)}) as chosen
        join member_facts as facts using (member_key) join members using (member_key)
        order by facts.net_minor desc, member_key limit ${limit}`,
    )
    expect(await sampleOf(platform.store, workspace, evaluation, limit)).toEqual(rows)
    expect(rows.length).toBeGreaterThan(0)
  }
})

test('parts of a rule and saved segments are asked of columns too', async () => {
  const expression = `${facts[0]!} and (${clauses.join(' or ')}) and (orders >= 1) on -30d`
  const outcome = await countParts(platform.store, workspace, { expression })
  if (outcome.kind === 'refused') throw new Error(outcome.errors[0]!.message)
  const many = new Map(outcome.parts.map(({ path, members }) => [path, members]))
  for (const [i, clause] of clauses.entries())
    expect({ clause, members: many.get(`1.${i}`) }).toEqual({
      clause,
      members: (await byEngine(clause)).length,
    })
  expect(many.get('')).toBe((await byEngine(expression)).length)

  for (const [i, rule] of rules.entries())
    await saveSegment(
      platform.store,
      workspace,
      { name: `S${i}`, expression: rule },
      { by: 'test', at: new Date() },
    )
  const naming = 'segment "S1" or not segment "S2"'
  await saveSegment(
    platform.store,
    workspace,
    { name: 'naming', expression: naming },
    { by: 'test', at: new Date() },
  )
  const saved = await newestVersions(platform.store, workspace)
  let asked = 0
  for await (const { id, bits, members } of selectedTogether(platform.store, workspace, saved)) {
    const { expression: rule } = saved.find((one) => one.id === id)!
    expect({ rule, members: [...numbersOfBits(bits, members)] }).toEqual({
      rule,
      members: await byEngine(rule),
    })
    asked++
  }
  expect(asked).toBe(rules.length + 1)
})

test('a shop too large for the memory is asked of the engine', async () => {
  await keeper.stop()
  const small = startColumns(platform, { leastOrders: 1, mostBytes: 1000 })
  const { rule, at, setting } = await prepared(rules[1]!)
  await small.prepare(engine, at, [rule.expression], setting)
  await small.idle()
  expect(small.areHeld(engine, at)).toBe(false)
  expect(await evaluated(`${rules[1]!} and net > 101`)).toEqual(await byEngine(`${rules[1]!} and net > 101`))
  await small.stop()
})

test('threads that ended say so', async () => {
  const threads = new ColumnThreads()
  await threads.end()
  const nothing = {
    start: new Uint32Array(1),
    count: new Uint32Array(1),
    newest: new Uint16Array(1),
    amount: new Int32Array(0),
    codes: {},
  }
  const columns = {
    tables: { orders: nothing, lines: nothing },
    facts: {},
    known: new Uint32Array(1),
    amounts: {},
    members: 1,
    firstDay: 0,
    leastAmount: { orders: 0, lines: 0 },
  }
  const question = { leaves: [], rules: [{ kind: 'everyone' }] } as const
  await expect(threads.ask(0, columns, question)).rejects.toThrow(ColumnThreadEnded)
})
