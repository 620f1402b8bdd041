import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform } from '../platform.ts'
import { recordEvent } from '../store/events.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { createDemo } from './demo.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-demo-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T20:00:00Z') })
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

test('the demo ends yesterday of the business calendar, and made again it keeps what people set', async () => {
  // 20:00 UTC is already the 11th in Shanghai
  expect(await createDemo(platform, { members: 150 })).toMatchObject({ members: 150, end: '2026-03-10' })
  const workspace = (await platform.workspaces.byName('demo'))!
  const [first] = await workspace.engine.rows(sql`select data_version, as_of from workspace_state`)
  expect(first!.asOf).toBe('2026-03-10')
  await platform.store
    .transaction()
    .execute((tx) =>
      recordEvent(
        tx,
        workspace.id,
        { kind: 'tag-added', tag: 'vip', memberIds: ['M0000003'], source: 'manual', day: '2026-03-11' },
        platform.clock.now(),
      ),
    )
  await drainEvents(platform.store, workspace)

  expect(await createDemo(platform, { members: 120, end: '2026-02-01' })).toMatchObject({
    members: 120,
    end: '2026-02-01',
  })
  await drainEvents(platform.store, workspace)
  const [second] = await workspace.engine.rows(sql`select data_version, as_of,
    (select count(*) from members) as members, (select count(*) from member_facts) as facts,
    (select count(*) from member_tags where tag = 'vip') as tagged,
    (select max(local_day) from orders) as newest from workspace_state`)
  expect(second).toMatchObject({ asOf: '2026-02-01', members: 120, tagged: 1, newest: '2026-02-01' })
  expect(Number(second!.dataVersion)).toBeGreaterThan(Number(first!.dataVersion))
  expect((await platform.workspaces.list()).length).toBe(1)
})
