import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtTables } from '../../analytics/schema/derived.ts'
import { buildDerivedTables } from '../../analytics/schema/refresh.ts'
import { join as joined, name as named, sql } from '../../analytics/sql/sql.ts'
import { cases } from '../../fixtures/cases.ts'
import { random } from '../../fixtures/random.ts'
import { createKey } from '../api/keys.ts'
import { makeApp } from '../app.ts'
import { openPlatform, systemClock } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { workbookOf, zipped } from './containers/archive.fixture.ts'
import { inboxOf } from './inbox.ts'

const csv = (header: string, rows: number, row: (i: number) => string) =>
  [header, ...Array.from({ length: rows }, (_, i) => row(i))].join('\n')

/** The last row of each file is refused, so that an import writes a file of refused rows too. */
const orders = (rows: number, amount: number) =>
  `${csv(
    'order_id,customer_id,order_date,amount,product',
    rows,
    (i) => `A${i},m${i % 997},2026-01-0${1 + (i % 9)},${i % 7 ? amount : -1}.50,${'tea '.repeat(9)}`,
  )}\nA-late,m1,2036-01-01,1.00,tea`
const members = (rows: number, tier: string) =>
  `${csv(
    'member_id,name,phone,joined_at,tier,points',
    rows,
    (i) => `m${i},Ann ${i},+8613${String(800_000_000 + i)},2026-01-01,${tier},${i % 500}`,
  )}\n,Nobody,,2026-01-01,gold,1`
const tags = (rows: number, tag: string) =>
  `${csv('member_id,tag,tagged_on', rows, (i) => `m${i % 1500},${tag} ${i % 5},2026-02-01`)}\n,${tag},2026-02-01`

/** A file or more on top of what is there, or one of what is there taken out again. */
interface Scenario {
  readonly name: string
  readonly kills: number
  /** Of these, how many while it commits. */
  readonly atCommit?: number
  /** What is run: the command line with these words, or another script. */
  readonly act: () => readonly string[]
  readonly script?: string
  /** What stands after each part of it that may be done alone. */
  readonly parts?: readonly (() => readonly string[])[]
  /** Done again after a kill, it comes to what it comes to when nothing kills it. */
  readonly again?: boolean
}
const root = mkdtempSync(join(tmpdir(), 'reveille-crash-'))
const base = join(root, 'base')
const path = (name: string) => join(root, name)
const inW = (...words: string[]) => [...words, '--workspace', 'w', '--lang', 'en', '--data']
const taking = (...files: string[]) => inW('import', ...files.map(path), '--yes')
const several = ['orders.csv', 'products.csv', 'refunds.csv', 'points.csv']
const scenarios: readonly Scenario[] = [
  { name: 'orders', kills: cases(2), act: () => taking('orders.csv') },
  { name: 'members', kills: cases(2), act: () => taking('members.csv') },
  { name: 'tags', kills: cases(1), act: () => taking('tags.csv') },
  { name: 'an undoing', kills: cases(3), atCommit: 1, act: () => inW('imports', 'undo', importId) },
  {
    name: 'four files',
    kills: cases(2),
    act: () => taking(...several),
    parts: several.slice(1).map((_, length) => () => taking(...several.slice(0, length + 1))),
  },
  { name: 'a zip of joined tables', kills: cases(2), atCommit: 1, act: () => taking('joined.zip') },
  { name: 'joined sheets', kills: cases(1), act: () => taking('joined.xlsx') },
  { name: 'products in one cell', kills: cases(1), act: () => taking('youzan.csv') },
  { name: 'a merge', kills: cases(1), act: () => inW('member', 'merge', 'm7', 'm3', '--yes') },
  { name: 'a deletion', kills: cases(2), act: () => inW('member', 'delete', 'm5', '--yes'), again: true },
  {
    name: 'a batch of the API',
    kills: cases(2),
    script: 'server/api/batch-until-killed.fixture.ts',
    act: () => [key],
    again: true,
  },
]

/** How long the logs of the workspaces' engines are: a commit writes them. */
const logged = (folder: string) =>
  readdirSync(join(folder, 'workspaces'))
    .filter((name) => name.endsWith('.wal'))
    .reduce(
      (sum, name) => sum + (statSync(join(folder, 'workspaces', name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    )

/**
 * Runs a command in a process of its own. With `after` it is killed so many milliseconds after its Store is open, or,
 * `atCommit`, after its first commit began to be written; what it had to say is thrown where it ended badly by itself.
 */
async function ran(
  folder: string,
  args: readonly string[],
  {
    script = 'server/cli.ts',
    after = Number.POSITIVE_INFINITY,
    atCommit = false,
  }: { script?: string | undefined; after?: number; atCommit?: boolean } = {},
) {
  const child = spawn(process.execPath, [script, ...args, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  })
  let said = ''
  child.stderr.on('data', (piece) => (said += String(piece)))
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  // nothing can change before the Store is open
  while (!existsSync(join(folder, 'store.db-wal')) && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 3))
  const began = performance.now()
  while (atCommit && logged(folder) === 0 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 1))
  const timer = Number.isFinite(after) && setTimeout(() => child.kill('SIGKILL'), after)
  await gone
  if (timer) clearTimeout(timer)
  const killed = child.signalCode === 'SIGKILL'
  if (!killed && child.exitCode !== 0) throw new Error(said)
  return { milliseconds: performance.now() - began, killed }
}

/** With one thread: two take half as much processor time again for so few rows. */
const opened = (data: string) => openPlatform(data, systemClock, { threads: 1 })

/** What nobody can know beforehand. */
const drawn: Readonly<Record<string, readonly string[]>> = {
  imports: ['import_id', 'file_hash', 'report', 'imported_at', 'undone_at'],
  // a hash of what the other columns say, a pseudonym included
  import_lines: ['content_hash'],
  figure_changes: ['import_id', 'together', 'changed_at'],
  // a deletion that is applied again counts as a change again; its event may not have flowed in yet
  workspace_state: ['data_version', 'orders_version', 'watermark'],
  consents_set: ['set_at'],
}

interface State {
  /** By table: how many rows, and a digest of them. */
  readonly seen: Readonly<Record<string, unknown>>
  readonly files: readonly string[]
  readonly unlikeRebuilt: readonly string[]
}

/**
 * What a start makes of the folder: every table, so that every figure is the same, and the names of its files; with
 * `rebuilt` which derived tables are other than built anew. Leaves no trace in it.
 */
async function state(folder: string, { rebuilt = false } = {}): Promise<State> {
  const platform = await opened(folder)
  const app = await makeApp(platform)
  const seen: Record<string, unknown> = {}
  let unlikeRebuilt: string[] = []
  try {
    const workspace = (await platform.workspaces.byName('w'))!
    const tables = await workspace.engine.rows(sql`select table_name as t from duckdb_tables()
      where database_name = current_database() and schema_name = 'main'
        -- the members of each change: a deletion that is applied again counts as a change again
        and table_name <> 'member_changes' order by 1`)
    for (const table of tables.map(({ t }) => String(t))) {
      const left = drawn[table]
      const rows = left
        ? sql`(select * exclude (${joined(left.map(named))}) from ${named(table)})`
        : named(table)
      const [digest] = await workspace.engine.rows(sql`
        select count(*) as n, cast(sum(cast(hash(
          regexp_replace(cast(row_of as varchar), 'deleted-[0-9a-f]{16}', 'deleted', 'g')) as hugeint)) as varchar) as digest
        from ${rows} as row_of`)
      seen[table] = digest
    }
    if (rebuilt) unlikeRebuilt = await unlikeRebuiltIn(workspace)
  } finally {
    await app.close()
    await platform.close()
  }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID'))
    // an empty one is made by whatever asks for it first
    .filter((name) => name !== 'uploads')
    .toSorted()
  return { seen, files, unlikeRebuilt }
}

/** The derived tables that are other than built anew. */
async function unlikeRebuiltIn({ engine }: Workspace): Promise<string[]> {
  const found: string[] = []
  const takenBack = new Error('taken back')
  const tables = Object.entries(builtTables())
  const full = builtTables('full_')
  await engine
    .transaction(async (session) => {
      const [known] = await session.rows(sql`select as_of from workspace_state`)
      await buildDerivedTables(session, String(known!.asOf), 'full_')
      for (const [table, own] of tables) {
        const anew = full[table as keyof typeof full]
        const [differ] = await session.rows(sql`select count(*) as n from (
          (select * from ${own} except all select * from ${anew}) union all (select * from ${anew} except all select * from ${own})) as row_of`)
        if (differ!.n !== 0) found.push(table)
      }
      throw takenBack
    })
    .catch((error: unknown) => {
      if (error !== takenBack) throw error
    })
  return found
}

let importId = ''
let key = ''
let old: State

beforeAll(async () => {
  writeFileSync(path('first.csv'), orders(1000, 3))
  writeFileSync(path('base-members.csv'), members(800, 'silver'))
  writeFileSync(path('orders.csv'), orders(2500, 4))
  writeFileSync(path('members.csv'), members(2500, 'gold'))
  writeFileSync(path('tags.csv'), tags(2500, 'tea'))
  writeFileSync(
    path('products.csv'),
    csv('product_id,name,category,cost', 400, (i) => `p${i},tea ${i},tea,1.50`),
  )
  writeFileSync(
    path('refunds.csv'),
    csv(
      'refund_id,order_id,refunded_at,refund_amount',
      600,
      (i) => `R${i},A${i * 4},2026-02-0${1 + (i % 9)},0.50`,
    ),
  )
  writeFileSync(
    path('points.csv'),
    csv('entry_id,member_id,time,change', 2500, (i) => `${i},m${i % 1200},2026-01-05,${1 + (i % 9)}`),
  )
  const ofJoined = csv(
    'order_id,customer_id,order_date',
    1500,
    (i) => `J${i},m${i % 997},2026-03-0${1 + (i % 9)}`,
  )
  const lines = csv(
    'order_id,product,quantity,amount',
    3000,
    (i) => `J${i % 1500},tea ${i % 7},1,${i % 90}.25`,
  )
  writeFileSync(path('joined.zip'), zipped({ 'orders.csv': ofJoined, 'order_items.csv': lines }))
  writeFileSync(path('joined.xlsx'), workbookOf({ orders: ofJoined, order_items: lines }))
  writeFileSync(
    path('youzan.csv'),
    csv(
      '订单号,买家手机号,订单创建时间,订单状态,订单实付金额,订单已退款金额,全部商品名称',
      1500,
      (i) =>
        `E${10_000 + i},${13_800_000_000 + (i % 700)},2026-03-0${1 + (i % 9)} 10:00:00,交易完成,${i % 50}.00,0.00,"乌龙(1件),杯(${1 + (i % 3)}件)"`,
    ),
  )
  const empty = await opened(base)
  await empty.workspaces.create({ name: 'w', currency: 'CNY', timeZone: 'Asia/Shanghai' })
  await empty.close()
  await ran(base, taking('first.csv', 'base-members.csv'))
  const platform = await opened(base)
  const workspace = (await platform.workspaces.byName('w'))!
  const [first] = await workspace.engine.rows(sql`select import_id from imports where kind = 'orders'`)
  importId = String(first!.importId)
  const made = await createKey(platform.store, platform.clock, {
    workspaceId: workspace.id,
    name: 'ERP',
    scopes: ['orders'],
    actor: 'owner',
  })
  key = made.key
  const { done } = inboxOf(platform, workspace)
  mkdirSync(done, { recursive: true })
  writeFileSync(join(done, 'hers.csv'), 'member_id,name\nm5,Ann 5\n')
  writeFileSync(join(done, 'others.csv'), 'member_id,name\nm55,Ann 55\n')
  await platform.close()
  old = await state(base)
}, 200_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const draw = random(7)

test.each(scenarios)(
  'killed at any of $kills moments of $name, a workspace opens with the old state or the new and nothing else',
  { timeout: 400_000 * Math.ceil(cases(1) / 4) },
  async ({ kills, atCommit = 0, act, script, parts = [], again = false }) => {
    const tried = join(root, 'tried')
    const begin = () => {
      rmSync(tried, { recursive: true, force: true })
      cpSync(base, tried, { recursive: true })
    }
    const whole: State[] = [old]
    for (const part of parts) {
      begin()
      await ran(tried, part())
      whole.push(await state(tried, { rebuilt: true }))
    }
    begin()
    const { milliseconds } = await ran(tried, act(), { script })
    const done = await state(tried, { rebuilt: true })
    whole.push(done)
    expect(new Set(whole.map(({ seen }) => JSON.stringify(seen))).size).toBe(parts.length + 2)
    expect(whole.flatMap(({ unlikeRebuilt }) => unlikeRebuilt)).toEqual([])

    let killed = 0
    for (let moment = 0; moment < kills; moment++) {
      begin()
      // one in each part of the whole, the closing of the files at its end included
      const spread = kills - atCommit
      // one alone in the first half, so that it is not over by then
      const share = (moment + draw.below(1000) / 1000) / Math.max(spread, 2)
      const run =
        moment < spread
          ? await ran(tried, act(), { script, after: share * milliseconds })
          : await ran(tried, act(), { script, after: draw.below(6), atCommit: true })
      if (run.killed) killed++
      const found = await state(tried)
      const same = whole.find(({ seen }) => isDeepStrictEqual(seen, found.seen))
      // where it is none of them, the last shows by what it differs
      expect(found).toEqual(same ?? done)
      if (again && same === old) await ran(tried, act(), { script })
      const ended = again ? await state(tried) : done
      expect(ended).toEqual(done)
    }
    expect(killed).toBeGreaterThan(0)
  },
)
