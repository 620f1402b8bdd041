import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { catalogue } from '../../analytics/metrics/catalogue.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { random } from '../../fixtures/random.ts'
import { runMetric } from '../analytics/run-metric.ts'
import { makeApp } from '../app.ts'
import { openPlatform, systemClock } from '../platform.ts'

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
  readonly act: (importId: string) => readonly string[]
  /** What stands after each part of it that may be done alone. */
  readonly parts: readonly ((importId: string) => readonly string[])[]
}
const root = mkdtempSync(join(tmpdir(), 'reveille-crash-'))
const base = join(root, 'base')
const path = (name: string) => join(root, name)
const taking = (...files: string[]) => ['import', ...files.map(path), '--yes']
const scenarios: readonly Scenario[] = [
  { name: 'orders', kills: 3, act: () => taking('orders.csv'), parts: [] },
  { name: 'members', kills: 2, act: () => taking('members.csv'), parts: [] },
  { name: 'tags', kills: 2, act: () => taking('tags.csv'), parts: [] },
  { name: 'undo', kills: 3, atCommit: 1, act: (importId) => ['imports', 'undo', importId], parts: [] },
  {
    name: 'two files',
    kills: 3,
    act: () => taking('orders.csv', 'members.csv'),
    parts: [() => taking('orders.csv')],
  },
  {
    name: 'joined tables',
    kills: 3,
    atCommit: 2,
    act: () => taking('joined.csv', 'joined_items.csv'),
    parts: [],
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
  after = Number.POSITIVE_INFINITY,
  { atCommit = false } = {},
) {
  const child = spawn(
    process.execPath,
    ['server/cli.ts', ...args, '--workspace', 'w', '--data', folder, '--lang', 'en'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, UV_THREADPOOL_SIZE: '16' } },
  )
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

interface State {
  readonly seen: string
  /** Every metric's; null where they were not asked. */
  readonly figures: string | null
  readonly files: readonly string[]
}

/**
 * What a start makes of the folder: the imports, all that figures are counted from, the names of its files, and the
 * figures themselves where `asked`, because they take longer than all the rest.
 */
async function state(folder: string, { asked = true } = {}): Promise<State> {
  const platform = await opened(folder)
  const app = await makeApp(platform)
  const seen: unknown[] = []
  const figures: unknown[] = []
  try {
    const workspace = (await platform.workspaces.byName('w'))!
    seen.push(
      await workspace.engine.rows(
        sql`select import_seq, kind, file_name, undone_at is not null as undone from imports order by 1`,
      ),
    )
    for (const table of [
      sql`workspace_state`,
      sql`import_lines`,
      sql`import_members`,
      sql`import_tags`,
      sql`imported_tags`,
      sql`member_tags`,
      sql`order_versions`,
      sql`keys_given`,
      sql`members`,
      sql`orders`,
      sql`order_lines`,
      sql`refunds`,
      sql`member_orders`,
      sql`member_facts`,
      sql`member_day`,
      sql`order_cube`,
    ])
      seen.push(
        await workspace.engine.rows(
          sql`select count(*) as n, cast(sum(cast(hash(row_of) as hugeint)) as varchar) as digest from ${table} as row_of`,
        ),
      )
    for (const metric of asked ? catalogue : []) {
      const outcome = await runMetric(platform.store, workspace, metric, { filters: {} })
      if (outcome.kind !== 'answered') throw new Error(metric.name)
      figures.push(outcome.answer.rows)
    }
  } finally {
    await app.close()
    await platform.close()
  }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID'))
    .toSorted()
  return { seen: JSON.stringify(seen), figures: asked ? JSON.stringify(figures) : null, files }
}

let importId = ''
let old: State

beforeAll(async () => {
  writeFileSync(path('first.csv'), orders(1000, 3))
  writeFileSync(path('base-members.csv'), members(800, 'silver'))
  writeFileSync(path('orders.csv'), orders(2500, 4))
  writeFileSync(path('members.csv'), members(2500, 'gold'))
  writeFileSync(path('tags.csv'), tags(2500, 'tea'))
  writeFileSync(
    path('joined.csv'),
    csv('order_id,customer_id,order_date', 1500, (i) => `J${i},m${i % 997},2026-03-0${1 + (i % 9)}`),
  )
  writeFileSync(
    path('joined_items.csv'),
    csv('order_id,product,quantity,amount', 3000, (i) => `J${i % 1500},tea ${i % 7},1,${i % 90}.25`),
  )
  const made = await opened(base)
  await made.workspaces.create({ name: 'w', currency: 'CNY', timeZone: 'Asia/Shanghai' })
  await made.close()
  await ran(base, taking('first.csv', 'base-members.csv'))
  const platform = await opened(base)
  const [first] = await (await platform.workspaces.byName('w'))!.engine.rows(
    sql`select import_id from imports where kind = 'orders'`,
  )
  importId = String(first!.importId)
  await platform.close()
  old = await state(base)
}, 200_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const draw = random(7)

test.each(scenarios)(
  'killed at any of $kills moments of $name, a workspace opens with the old state or the new and nothing else',
  { timeout: 400_000 },
  async ({ kills, atCommit = 0, act, parts }) => {
    const tried = join(root, 'tried')
    const begin = () => {
      rmSync(tried, { recursive: true, force: true })
      cpSync(base, tried, { recursive: true })
    }
    const whole: State[] = [old]
    for (const part of parts) {
      begin()
      await ran(tried, part(importId))
      whole.push(await state(tried))
    }
    begin()
    const { milliseconds } = await ran(tried, act(importId))
    whole.push(await state(tried))
    expect(new Set(whole.map(({ seen }) => seen)).size).toBe(parts.length + 2)

    let killed = 0
    for (let moment = 0; moment < kills; moment++) {
      begin()
      // one in each part of the whole, the closing of the files at its end included
      const spread = kills - atCommit
      const share = (moment + draw.below(1000) / 1000) / spread
      const run =
        moment < spread
          ? await ran(tried, act(importId), share * milliseconds)
          : await ran(tried, act(importId), draw.below(6), { atCommit: true })
      if (run.killed) killed++
      const last = moment === kills - 1
      const found = await state(tried, { asked: last })
      const same = whole.find(({ seen }) => seen === found.seen)
      expect(whole.map(({ seen }) => seen)).toContain(found.seen)
      expect(found.files).toEqual(same!.files)
      expect(found.figures).toBe(last ? same!.figures : null)
    }
    expect(killed).toBeGreaterThan(0)
  },
)
