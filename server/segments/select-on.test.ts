import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { createDemo } from '../demo/demo.ts'
import { decimalsOf } from '../messages/money.ts'
import { openPlatform } from '../platform.ts'
import { prepareSegment } from './prepare.ts'
import { SelectedDays, selectOn } from './select-on.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-days-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 150, end: '2026-03-01' })
const workspace = (await platform.workspaces.byName('demo'))!
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

const into = sql`scratch.main.chosen`
const newest = '2026-03-01'

test.each([
  'days_since_order >= 30',
  'birthday within next 3 days',
  'orders = 1 and days_since_order >= 14',
  'next_order_in < 0',
  'net > 1000 and not ((orders >= 2) on -1m) or (orders >= 5) on -30d',
  'orders(within 90 days) >= 2 or spend(store in ("武林广场店")) > 500',
  'orders(category = "咖啡饮品") >= 1 and (days_since_order < 100) on 2025-12-31',
])(
  'day after day %s selects whom it selects on each day by itself',
  async (expression) => {
    const prepared = await prepareSegment(platform.store, workspace, { expression })
    if (prepared.kind === 'refused') throw new Error(JSON.stringify(prepared.errors))
    const setting = {
      dormancy: workspace.dormancy,
      rfm: workspace.rfm,
      currencyDecimals: decimalsOf(workspace.currency),
    }
    const selected = new SelectedDays(prepared.rule, setting)
    const alone = (asked: { day: string; newest: boolean }) =>
      workspace.engine.scratch(async (session) => {
        await selectOn(session, into, prepared.rule, { ...asked, ...setting })
        const rows = await session.rows(sql`select member_key from ${into} order by member_key`)
        await session.run(sql`drop table ${into}`)
        return rows.map(({ memberKey }) => Number(memberKey))
      })
    const sizes = new Set<number>()
    // some weeks day by day, then with leaps
    const days = [
      ...Array.from({ length: 12 }, (_, place) => addDays(newest, place - 60)),
      ...[-40, -39, -20, -3, 0].map((before) => addDays(newest, before)),
    ]
    for (const day of days) {
      const asked = { day, newest: day === newest }
      const keys = await workspace.engine.scratch((session) => selected.select(session, asked))
      const wanted = await alone(asked)
      expect({ day, members: [...keys].toSorted((one, other) => one - other) }).toEqual({
        day,
        members: wanted,
      })
      sizes.add(wanted.length)
    }
    expect(sizes.size).toBeGreaterThan(1)
    await workspace.engine.scratch((session) => selected.drop(session))
  },
  60_000,
)
