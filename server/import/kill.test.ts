import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { savedMappings } from './columns/remembered.ts'
import { settleRefused } from './refused/refused-draft.ts'
import { importRuns } from './runs.ts'
import { openTestShop, receiptOf } from './test-shop.ts'

const killed = fileURLToPath(new URL('undo-until-killed.fixture.ts', import.meta.url))

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
  const { refusedFile, refused } = receiptOf(
    await shop.import(shop.file('o.csv', `${many(3)}\nA9,m1,2036-01-01,1.00,tea`)),
  )
  expect(refused).toBe(1)
  const folder = join(shop.folder, 'data', 'imports')
  const [kept] = readdirSync(folder)
  expect(join(folder, kept!)).toBe(refusedFile)
  renameSync(refusedFile!, `${refusedFile}.unsaved`) // killed after the commit
  writeFileSync(join(folder, '00000000-0000-4000-8000-000000000000-refused.csv.unsaved'), 'm1') // and before
  await settleRefused(shop.platform)
  expect(readdirSync(folder)).toEqual([kept])
})

test(
  'killed after the commit of an undoing, before it is noted, a start notes it once, as of who did it',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reveille-noted-'))
    try {
      const [file, data] = [join(folder, 'o.csv'), join(folder, 'data')]
      writeFileSync(file, many(3))
      const made = await openPlatform(data)
      await made.workspaces.create({ name: 'w', currency: 'CNY', timeZone: 'Asia/Shanghai' })
      await made.close()
      const child = spawn(process.execPath, [killed, data, file], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
      })
      const gone = new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
      expect(await gone).toEqual([null, 'SIGKILL'])
      const platform = await openPlatform(data)
      try {
        expect(await notedIn(platform)).toEqual(['command-line: import-applied'])
        for (let start = 0; start < 2; start++) {
          await importRuns(platform).settleAudit()
          expect(await notedIn(platform)).toEqual(['command-line: import-applied', 'somebody: import-undone'])
        }
      } finally {
        await platform.close()
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

const notedIn = async ({ store }: Platform): Promise<string[]> =>
  (await store.selectFrom('audit').select(['actor', 'action']).execute())
    .map(({ actor, action }) => `${actor}: ${action}`)
    .toSorted()

test('what is done to the data is noted with it: an audit that takes no entry has them all later, once', async () => {
  await using shop = await openTestShop()
  const { platform, workspace } = shop
  const { store } = platform
  const caller = createCallerFactory(appRouter)({
    platform,
    workspace,
    role: 'owner',
    language: 'en',
    actor: { kind: 'user', userId: 'somebody', name: 'somebody' },
  })
  vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => void vi.restoreAllMocks())
  const { importId } = receiptOf(await shop.import(shop.file('o.csv', many(3))))
  const [saved] = await savedMappings(workspace.engine)
  const insertInto = store.insertInto.bind(store)
  store.insertInto = (table) => {
    if (table === 'audit') throw new Error('no room')
    return insertInto(table)
  }
  await expect(shop.import(shop.file('p.csv', many(5)))).rejects.toThrow('failed')
  await expect(caller.imports.forgetMapping({ kind: 'orders', headers: saved!.headers })).rejects.toThrow(
    'no room',
  )
  await expect(caller.imports.undo({ importId: importId! })).rejects.toThrow('no room')
  await expect(caller.identity.changeOrder({ kinds: ['email', 'id', 'phone', 'openid'] })).rejects.toThrow(
    'no room',
  )
  store.insertInto = insertInto
  for (let start = 0; start < 2; start++) {
    await importRuns(platform).settleAudit()
    expect(await notedIn(platform)).toEqual([
      'command-line: import-applied',
      'command-line: import-applied',
      'somebody: import-undone',
      'somebody: mapping-forgotten',
      'somebody: setting-changed',
    ])
  }
})

test('the same file again has its refused rows in the one place where that import keeps them', async () => {
  await using shop = await openTestShop()
  const path = shop.file('o.csv', `${many(3)}\nA9,m1,2036-01-01,1.00,tea`)
  const first = receiptOf(await shop.import(path))
  const again = receiptOf(await shop.import(path))
  expect(again).toMatchObject({ alreadyThere: true, refusedFile: first.refusedFile })
  expect(readdirSync(join(shop.folder, 'data', 'imports'))).toHaveLength(1)
})
