import { addDays, defaultCalendar, localDay } from '../../analytics/calendar/calendar.ts'
import { createBaseTables } from '../../analytics/schema/base.ts'
import { name, sql } from '../../analytics/sql/sql.ts'
import { loadShop } from '../../fixtures/load.ts'
import type { Platform } from '../platform.ts'
import { addWakeUp } from './wake-up.ts'

export const demoName = 'demo'

export interface DemoOptions {
  readonly members?: number | undefined
  readonly seed?: number | undefined
  /** ISO day of the newest orders; default yesterday. */
  readonly end?: string | undefined
}

export interface Demo {
  readonly workspace: string
  readonly members: number
  readonly orders: number
  readonly lines: number
  readonly end: string
}

/** Everything a data set is made of; workspace_state stays, because versions only rise. */
const dataTables = [
  'imports',
  'import_lines',
  'members',
  'orders',
  'order_lines',
  'refunds',
  'member_tags',
  'removed_tags',
  'campaign_arms',
]

/**
 * Creates the workspace `demo` with an invented bakery chain, or puts the chain in place of what was
 * in it. What people set there (tags, consent, campaigns) stays and applies to the members of the
 * same id. All or nothing: until the new data stands, the old is seen.
 */
export async function createDemo(platform: Platform, options: DemoOptions = {}): Promise<Demo> {
  const now = platform.clock.now()
  const end = options.end ?? addDays(localDay(now, defaultCalendar), -1)
  const workspace =
    (await platform.workspaces.byName(demoName)) ??
    (await platform.workspaces.create({
      name: demoName,
      currency: 'CNY',
      timeZone: defaultCalendar.timeZone,
    }))
  if (!workspace) throw new Error('The workspace demo was made by somebody else at the same moment.')
  const shop = { members: options.members ?? 8000, seed: options.seed ?? 1, end }
  const loaded = await workspace.engine.transaction(async (session) => {
    for (const table of dataTables) await session.run(sql`drop table if exists ${name(table)}`)
    await createBaseTables(session, workspace.calendar)
    // every event is taken in again, on the new members
    await session.run(sql`update workspace_state set watermark = 0`)
    return loadShop(session, shop, now)
  })
  const woken = await addWakeUp(platform, workspace, shop)
  return {
    workspace: demoName,
    members: loaded.members,
    orders: loaded.orders + woken,
    lines: loaded.lines + woken,
    end,
  }
}
