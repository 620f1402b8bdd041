import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDuckDb } from '../../analytics/engine/duckdb.ts'
import type { Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform } from '../platform.ts'

const views = sql`select view_name as name from duckdb_views() where view_name in ('tags_of_members', 'arms_of_members')
  and database_name = current_database() order by all`

/** Opens a workspace whose file was changed in between, and answers the names asked for: which of the views it has. */
async function reopened(changed: (session: Session) => Promise<void>, asked = views): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-workspaces-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const first = await openPlatform(folder)
  const { id } = (await first.workspaces.create({ name: 'w', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  await first.close()
  const engine = await openDuckDb(join(folder, 'workspaces', `${id}.duckdb`))
  await engine.transaction(async (session) => {
    await session.run(sql`drop view arms_of_members`)
    await changed(session)
  })
  await engine.close()
  const again = await openPlatform(folder)
  try {
    return (await (await again.workspaces.byId(id))!.engine.rows(asked)).map(({ name }) => name)
  } finally {
    await again.close()
  }
}

test('a file of another version gets what it lacks, one from before files said of which they are, too', async () => {
  const all = ['arms_of_members', 'tags_of_members']
  expect(await reopened((session) => session.run(sql`update made_by set structure = 'another'`))).toEqual(all)
  expect(await reopened((session) => session.run(sql`drop table made_by`))).toEqual(all)
})

test('derived tables of another version are filled anew', async () => {
  const columns = sql`select column_name as name from duckdb_columns()
    where table_name = 'member_facts' and column_name = 'first_dated_day' and database_name = current_database()`
  const older = async (session: Session) => {
    await session.run(sql`update made_by set structure = 'another'`)
    await session.run(sql`alter table member_facts drop column first_dated_day`)
  }
  expect(await reopened(older, columns)).toEqual(['first_dated_day'])
})

test('a file of this version is open without making anything', async () => {
  expect(await reopened(async () => {})).toEqual(['tags_of_members'])
})
