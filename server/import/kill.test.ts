import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform } from '../platform.ts'
import { importRuns } from './runs.ts'
import { openTestShop, receiptOf } from './test-shop.ts'

const many = (rows: number) => {
  const lines = ['order_id,customer_id,order_date,amount,product']
  for (let i = 0; i < rows; i++) lines.push(`A${i},m${i % 997},2026-01-02,${i % 100}.50,${'tea '.repeat(20)}`)
  return lines.join('\n')
}

/** Imports a file by the command line and ends the process while the lines are staged. */
async function endedHalfWay(folder: string, file: string, signal: NodeJS.Signals) {
  const made = await openPlatform(folder)
  await made.workspaces.create({ name: 'w', currency: 'CNY', timeZone: 'Asia/Shanghai' })
  await made.close()
  const child = spawn(
    process.execPath,
    ['server/cli.ts', 'import', file, '--workspace', 'w', '--yes', '--data', folder, '--lang', 'en'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, UV_THREADPOOL_SIZE: '16' } },
  )
  let said = ''
  child.stderr.on('data', (chunk) => (said += String(chunk)))
  const uploads = join(folder, 'uploads')
  const halfWay = () =>
    existsSync(uploads) &&
    readdirSync(uploads, { recursive: true }).some((name) => String(name).endsWith('.parquet'))
  while (!halfWay() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(child.exitCode).toBeNull()
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.kill(signal)
  return { exitCode: await gone, said }
}

/** Opens the folder again and expects a workspace without a row. */
async function expectNothing(folder: string) {
  const platform = await openPlatform(folder)
  try {
    importRuns(platform)
    expect(existsSync(join(folder, 'uploads'))).toBe(false)
    const workspace = (await platform.workspaces.byName('w'))!
    for (const table of [sql`imports`, sql`import_lines`, sql`orders`, sql`members`, sql`order_versions`])
      expect(await workspace.engine.rows(sql`select count(*) as n from ${table}`)).toEqual([{ n: 0 }])
  } finally {
    await platform.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

test(
  'kill -9 half way changes nothing, and the next start clears what it left',
  { timeout: 180_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reveille-kill-'))
    await using shop = await openTestShop() // only for its file
    const { exitCode } = await endedHalfWay(folder, shop.file('many.csv', many(300_000)), 'SIGKILL')
    expect(exitCode).toBeNull()
    await expectNothing(folder)
  },
)

test('Ctrl-C half way cancels: exit code 3, nothing changed', { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-cancel-'))
  await using shop = await openTestShop()
  const { exitCode, said } = await endedHalfWay(folder, shop.file('many.csv', many(300_000)), 'SIGINT')
  expect(exitCode).toBe(3)
  expect(said).toContain('Cancelled.')
  await expectNothing(folder)
})

test('a cancelled import ends at once and leaves nothing', { timeout: 60_000 }, async () => {
  await using shop = await openTestShop()
  const runs = importRuns(shop.platform)
  const started = await runs.start(shop.workspace, {
    path: shop.file('many.csv', many(300_000)),
    fileName: 'many.csv',
    map: {},
    dryRun: false,
    replace: false,
    language: 'en',
    actor: 'command-line',
  })
  if (started.kind === 'refused') throw new Error(started.id)
  for await (const state of runs.follow(shop.workspace.id, started.runId, new AbortController().signal))
    if (state.rows > 0) break
  expect(
    await runs.start(shop.workspace, {
      path: shop.file('o.csv', many(2)),
      fileName: 'o.csv',
      map: {},
      dryRun: false,
      replace: false,
      language: 'en',
      actor: 'command-line',
    }),
  ).toMatchObject({ kind: 'refused', id: 'import-running' })
  await runs.cancel(shop.workspace.id, started.runId)
  expect(runs.state(shop.workspace.id, started.runId)).toMatchObject({ phase: 'cancelled', receipt: null })
  expect(await shop.workspace.engine.rows(sql`select count(*) as n from import_lines`)).toEqual([{ n: 0 }])
  expect(readdirSync(runs.temporaryFolder)).toEqual([])
})

test('refused rows of an import that was killed as it ended are kept if it is there, and go if not', async () => {
  await using shop = await openTestShop()
  const runs = importRuns(shop.platform)
  const { refusedFile, refused } = receiptOf(
    await shop.import(shop.file('o.csv', `${many(3)}\nA9,m1,2036-01-01,1.00,tea`)),
  )
  expect(refused).toBe(1)
  const folder = join(shop.folder, 'data', 'imports')
  const [kept] = readdirSync(folder)
  expect(join(folder, kept!)).toBe(refusedFile)
  renameSync(refusedFile!, `${refusedFile}.unsaved`) // killed after the commit
  writeFileSync(join(folder, '00000000-0000-4000-8000-000000000000-refused.csv.unsaved'), 'm1') // and before
  await runs.settleRefused()
  expect(readdirSync(folder)).toEqual([kept])
})

test('an import that was killed before it was noted is noted at the next start, once, as its importer’s', async () => {
  await using shop = await openTestShop()
  const { store } = shop.platform
  const noted = () =>
    store.selectFrom('audit').select(['actor', 'action', 'subject', 'at']).orderBy('at').execute()
  const first = receiptOf(await shop.import(shop.file('o.csv', many(3)), { actor: 'somebody' }))
  receiptOf(await shop.import(shop.file('p.csv', many(5))))
  const whole = await noted()
  expect(whole.map(({ actor }) => actor).toSorted()).toEqual(['command-line', 'somebody'])
  await store.deleteFrom('audit').where('subject', '=', first.importId!).execute() // killed after the commit
  await importRuns(shop.platform).settleAudit()
  await importRuns(shop.platform).settleAudit()
  expect((await noted()).toSorted((a, b) => a.actor.localeCompare(b.actor))).toEqual(
    whole.toSorted((a, b) => a.actor.localeCompare(b.actor)),
  )
})

test('the same file again has its refused rows in the one place where that import keeps them', async () => {
  await using shop = await openTestShop()
  const path = shop.file('o.csv', `${many(3)}\nA9,m1,2036-01-01,1.00,tea`)
  const first = receiptOf(await shop.import(path))
  const again = receiptOf(await shop.import(path))
  expect(again).toMatchObject({ alreadyThere: true, refusedFile: first.refusedFile })
  expect(readdirSync(join(shop.folder, 'data', 'imports'))).toHaveLength(1)
})
