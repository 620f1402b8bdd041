import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { name, sql } from '../../analytics/sql/sql.ts'
import { Visitor } from '../accounts/test-visitor.ts'
import { makeApp } from '../app.ts'
import { createDemo } from '../demo/demo.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { recordEvent } from '../store/events.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { backUp, type BackupOutcome, restore } from './backup.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-backup-'))
const file = join(folder, 'saved.tar')
let before: string
let saved: BackupOutcome
let memberIds: string[]

/** Every row of every table, Store and engines, in its physical order. */
async function everything(platform: Platform): Promise<string> {
  const kept: string[] = []
  for (const table of await platform.store.introspection.getTables())
    kept.push(
      table.name,
      JSON.stringify(
        await platform.store
          .selectFrom(table.name as 'audit')
          .selectAll()
          .execute(),
      ),
    )
  for (const { id } of await platform.workspaces.list()) {
    const { engine } = (await platform.workspaces.byId(id))!
    const columns =
      await engine.rows(sql`select table_name, column_name, data_type, column_default, is_nullable
      from duckdb_columns() where database_name = current_database() and schema_name = 'main' order by 1, column_index`)
    kept.push(JSON.stringify(columns))
    for (const table of new Set(columns.map((column) => String(column.tableName)))) {
      // A copy closes the gaps that deleted rows left in the row ids; the order must stay.
      const [found] = await engine.rows(
        sql`select count(*) as n, cast(coalesce(sum(hash(one) % 1000003), 0) as bigint) as digest
          from (select *, row_number() over () as place from ${name(table)}) as one`,
      )
      kept.push(`${table} ${JSON.stringify(found)}`)
    }
  }
  return kept.join('\n')
}

async function tag(platform: Platform, word: string) {
  const { id } = (await platform.workspaces.byName('demo'))!
  await platform.store
    .transaction()
    .execute((tx) =>
      recordEvent(
        tx,
        id,
        { kind: 'tag-added', tag: word, memberIds, source: 'manual', day: '2026-03-11' },
        platform.clock.now(),
      ),
    )
}

const tagged = async (platform: Platform, word: string) => {
  const workspace = (await platform.workspaces.byName('demo'))!
  await drainEvents(platform.store, workspace)
  const [found] = await workspace.engine.rows(sql`select count(*) as n from member_tags where tag = ${word}`)
  return found!.n
}

beforeAll(async () => {
  const platform = await openPlatform(join(folder, 'data'))
  try {
    await createDemo(platform, { members: 400 })
    await platform.workspaces.create({ name: 'second', currency: 'JPY', timeZone: 'Asia/Tokyo' })
    const app = await makeApp(platform)
    const owner = new Visitor(app)
    await owner.mutate('accounts.signInWithLink', { token: platform.accounts.newOwnerToken() })
    await owner.mutate('accounts.setPassword', { name: 'Ann', password: 'correct horse' })
    const rows = await (await platform.workspaces.byName('demo'))!.engine.rows(
      sql`select member_id from members order by member_key limit 5`,
    )
    memberIds = rows.map(({ memberId }) => String(memberId))
    await tag(platform, 'taken in')
    await drainEvents(platform.store, (await platform.workspaces.byName('demo'))!)
    await tag(platform, 'not yet taken in')
    before = await everything(platform)
    saved = await backUp(platform, file)
    await tag(platform, 'after the backup')
    await app.close()
  } finally {
    await platform.close()
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a restored folder holds every row, in its order, and lets the same people in', async () => {
  const data = join(folder, 'restored')
  expect(saved).toMatchObject({ kind: 'backed-up', backup: { workspaces: 2 } })
  expect(await restore(file, data)).toEqual({ kind: 'restored', workspaces: 2, deletions: null })
  const platform = await openPlatform(data)
  try {
    expect(await everything(platform)).toBe(before)
    expect(await tagged(platform, 'taken in')).toBe(5)
    expect(await tagged(platform, 'not yet taken in')).toBe(5)
    expect(await tagged(platform, 'after the backup')).toBe(0)
    const { engine } = (await platform.workspaces.byName('demo'))!
    await expect(
      engine.run(sql`insert into members (member_key, member_id) values (1, 'again')`),
    ).rejects.toThrow(/constraint/i)
    const app = await makeApp(platform)
    const ann = new Visitor(app)
    expect((await ann.mutate('accounts.signIn', { name: 'Ann', password: 'correct horse' })).status).toBe(200)
    expect((await ann.query('accounts.me')).data).toMatchObject({ ownsInstallation: true, name: 'Ann' })
    await app.close()
  } finally {
    await platform.close()
  }
})

test('what is set while engines are being copied is drained after the restore', async () => {
  const platform = await openPlatform(join(folder, 'data'))
  const during = join(folder, 'during.tar')
  try {
    const demo = (await platform.workspaces.byName('demo'))!
    const copy = demo.engine.backup.bind(demo.engine)
    // between the engine's copy and the Store's: somebody tags, and the live engine takes it in
    demo.engine.backup = async (path) => {
      await copy(path)
      await tag(platform, 'meanwhile')
      await drainEvents(platform.store, demo)
    }
    await backUp(platform, during)
  } finally {
    await platform.close()
  }
  await restore(during, join(folder, 'during'))
  const restored = await openPlatform(join(folder, 'during'))
  try {
    expect(await tagged(restored, 'meanwhile')).toBe(5)
    await tag(restored, 'later')
    expect(await tagged(restored, 'later')).toBe(5)
  } finally {
    await restored.close()
  }
})

test('only its owner may read a backup, and an existing file is never replaced', async () => {
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const size = statSync(file).size
  const platform = await openPlatform(join(folder, 'data'))
  try {
    expect(await backUp(platform, file)).toEqual({ kind: 'exists' })
  } finally {
    await platform.close()
  }
  expect(statSync(file).size).toBe(size)
  expect(readdirSync(folder)).not.toContain('saved.tar.partial')
})

describe('a restore is refused and leaves nothing', () => {
  const bytes = () => Buffer.from(readFileSync(file))
  const damaged: [string, () => Buffer][] = [
    ['one byte changed', () => ((whole) => ((whole[whole.length - 5000]! ^= 1), whole))(bytes())],
    ['cut in half', () => bytes().subarray(0, statSync(file).size / 2)],
    ['without its end', () => bytes().subarray(0, statSync(file).size - 1024 - 512 * 40)],
    ['empty', () => Buffer.alloc(0)],
    ['something else', () => Buffer.from('order_id,amount\n1,2\n'.repeat(100))],
    [
      'another manifest',
      () => Buffer.from(bytes().toString('latin1').replace('"version": 1', '"version": 9'), 'latin1'),
    ],
  ]
  test.each(damaged)('of a file: %s', async (_, make) => {
    const bad = join(folder, 'bad.tar')
    writeFileSync(bad, make())
    const data = join(folder, 'from-bad')
    expect(await restore(bad, data)).toMatchObject({ kind: 'damaged' })
    expect(readdirSync(data)).toEqual([])
  })

  test('into a folder that holds anything', async () => {
    const data = join(folder, 'full')
    mkdirSync(data)
    writeFileSync(join(data, 'note.txt'), 'mine')
    expect(await restore(file, data)).toEqual({ kind: 'folder-not-empty' })
    expect(readdirSync(data)).toEqual(['note.txt'])
  })

  test('of a folder', async () => {
    expect(await restore(folder, join(folder, 'x'))).toEqual({ kind: 'no-file' })
  })

  test.skipIf(process.platform !== 'linux')('into a place where nobody can make a folder', async () => {
    await expect(restore(file, '/proc/x')).rejects.toThrow('ENOENT')
  })

  test('of a file that is not there', async () => {
    expect(await restore(join(folder, 'none.tar'), join(folder, 'x'))).toEqual({ kind: 'no-file' })
  })
})
