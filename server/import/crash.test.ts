import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform } from '../platform.ts'

const header = 'order_id,customer_id,order_date,amount,product'
const file = (rows: number, amount: number) =>
  [
    header,
    ...Array.from(
      { length: rows },
      (_, i) => `A${i},m${i % 997},2026-01-0${1 + (i % 9)},${i % 7 ? amount : -1}.50,${'tea '.repeat(9)}`,
    ),
  ].join('\n')

/** Imports a file in a process of its own; `killAfter` milliseconds after its import has begun it is killed. */
async function imported(folder: string, path: string, killAfter = Number.POSITIVE_INFINITY) {
  const child = spawn(
    process.execPath,
    ['server/cli.ts', 'import', path, '--workspace', 'w', '--yes', '--data', folder, '--lang', 'en'],
    { stdio: 'ignore', env: { ...process.env, UV_THREADPOOL_SIZE: '16' } },
  )
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const uploads = join(folder, 'uploads')
  const begun = () => existsSync(uploads) && readdirSync(uploads).length > 0
  while (!begun() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 3))
  const began = performance.now()
  const timer = Number.isFinite(killAfter) && setTimeout(() => child.kill('SIGKILL'), killAfter)
  await gone
  if (timer) clearTimeout(timer)
  return { milliseconds: performance.now() - began, killed: child.signalCode === 'SIGKILL' }
}

/** Everything but the moment of the import and its random id. */
async function state(folder: string): Promise<string> {
  const platform = await openPlatform(folder)
  try {
    const { engine } = (await platform.workspaces.byName('w'))!
    const digests = []
    for (const table of [
      sql`(select import_seq, file_name, undone_at from imports)`,
      sql`workspace_state`,
      sql`import_lines`,
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
      digests.push(
        await engine.rows(
          sql`select count(*) as n, cast(sum(cast(hash(row_of) as hugeint)) as varchar) as digest from ${table} as row_of`,
        ),
      )
    return JSON.stringify(digests)
  } finally {
    await platform.close()
  }
}

/** Numbers in [0, 1), the same ones each time. */
function* fractions(seed: number): Generator<number> {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    yield x / 2 ** 32
  }
}

test(
  'killed at any of twenty moments, a workspace opens with the old state or the new',
  { timeout: 400_000 },
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'reveille-crash-'))
    try {
      const [before, tried] = [join(root, 'before'), join(root, 'tried')]
      const [first, second] = [join(root, 'first.csv'), join(root, 'second.csv')]
      writeFileSync(first, file(4_000, 3))
      writeFileSync(second, file(12_000, 4))
      const made = await openPlatform(before)
      await made.workspaces.create({ name: 'w', currency: 'CNY', timeZone: 'Asia/Shanghai' })
      await made.close()
      await imported(before, first)
      const old = await state(before)

      cpSync(before, tried, { recursive: true })
      const { milliseconds } = await imported(tried, second)
      const restated = await state(tried)
      expect(restated).not.toBe(old)

      const chance = fractions(7)
      let killed = 0
      for (let moment = 0; moment < 20; moment++) {
        rmSync(tried, { recursive: true })
        cpSync(before, tried, { recursive: true })
        // one in each twentieth of the whole, the closing of the files at its end included
        const share = (moment + chance.next().value!) / 20
        const run = await imported(tried, second, share * milliseconds)
        if (run.killed) killed++
        expect([old, restated]).toContain(await state(tried))
      }
      expect(killed).toBeGreaterThan(5)
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
)
