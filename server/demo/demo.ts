import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addDays, defaultCalendar, localDay } from '../../analytics/calendar/calendar.ts'
import { createBaseTables } from '../../analytics/schema/base.ts'
import { name, sql } from '../../analytics/sql/sql.ts'
import { loadShop } from '../../fixtures/load.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import type { Platform } from '../platform.ts'
import { ensureClaims } from '../identity/match.ts'
import { deletionsOf } from '../rights/deletions.ts'
import { pseudonymiseEngine } from '../rights/engine-pseudonyms.ts'
import { addWakeUp, forgetWakeUps } from './wake-up.ts'

export const demoName = 'demo'

export interface DemoOptions {
  readonly members?: number | undefined
  readonly seed?: number | undefined
  /** ISO day of the newest orders; default yesterday. */
  readonly end?: string | undefined
  /** As of a generated shop. */
  readonly linesAnOrder?: readonly number[] | undefined
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
  'figure_changes',
  'changed_figures',
  'import_lines',
  'import_members',
  'identities',
  'identity_claims',
  'row_people',
  'member_aliases',
  ...allKinds.flatMap(({ table, current }) => [table, current]),
  'members',
  'orders',
  'order_lines',
  'refunds',
  'member_tags',
  'tags_said',
  'automatic_tags',
  'tag_rules_applied',
  'removed_tags',
  'campaign_arms',
  'issued_coupons',
  'coupon_changes',
  'webhook_states',
  'webhook_members',
  'webhook_batches',
  'webhook_moves',
]

/** Stands in the data folder while a demo is made and says which: a start that finds it makes that one again. */
const unfinishedDemo = 'demo.unfinished'

const turns = new WeakMap<Platform, Promise<unknown>>()

/**
 * Creates the workspace `demo` with an invented bakery chain, or puts the chain in place of what was
 * in it. What people set there (tags, consent, campaigns) stays and applies to the members of the
 * same id. Until the new data stands, the old is seen; one that was cut short is made again by `finishDemo`.
 */
export function createDemo(platform: Platform, options: DemoOptions = {}): Promise<Demo> {
  const turn = (turns.get(platform) ?? Promise.resolve()).then(() => make(platform, options))
  turns.set(
    platform,
    turn.catch(() => undefined),
  )
  return turn
}

/** Whether the process before was cut short while it made a demo. */
export const isDemoUnfinished = (platform: Platform): boolean => unfinished(platform) !== null

/** Makes the demo again that the process before did not finish; null when there is none. */
export async function finishDemo(platform: Platform): Promise<Demo | null> {
  const cut = unfinished(platform)
  return cut && createDemo(platform, cut)
}

async function make(platform: Platform, options: DemoOptions): Promise<Demo> {
  const now = platform.clock.now()
  const end = options.end ?? addDays(localDay(now, defaultCalendar), -1)
  const { members = 8000, seed = 1, linesAnOrder } = options
  const shop = { members, seed, end, ...(linesAnOrder && { linesAnOrder }) }
  const cut = unfinished(platform)
  const mark = join(platform.dataFolder, unfinishedDemo)
  writeFileSync(mark, JSON.stringify(shop), { mode: 0o600, flush: true })
  const workspace =
    (await platform.workspaces.byName(demoName)) ??
    (await platform.workspaces.create({
      name: demoName,
      currency: 'CNY',
      timeZone: defaultCalendar.timeZone,
    }))
  if (!workspace) throw new Error('The workspace demo was made by somebody else at the same moment.')
  const deletions = await deletionsOf(platform.store, workspace.id)
  const loaded = await workspace.engine.transaction(async (session) => {
    for (const table of dataTables) await session.run(sql`drop table if exists ${name(table)}`)
    await createBaseTables(session, workspace.calendar)
    // every event is taken in again, on the new members
    await session.run(sql`update workspace_state set watermark = 0, ledger_watermark = 0`)
    const made = await loadShop(session, shop, now)
    await ensureClaims(session)
    await pseudonymiseEngine(
      session,
      deletions,
      { currency: workspace.currency, timeZone: workspace.calendar.timeZone },
      shop.end,
    )
    return made
  })
  // its campaign may be launched in part, or have gone to somebody who is deleted since
  if (cut || deletions.length > 0) await forgetWakeUps(platform, workspace.id)
  const woken = await addWakeUp(platform, workspace, shop)
  rmSync(mark)
  return {
    workspace: demoName,
    members: loaded.members,
    orders: loaded.orders + woken,
    lines: loaded.lines + woken,
    end,
  }
}

function unfinished({ dataFolder }: Platform): DemoOptions | null {
  let text
  try {
    text = readFileSync(join(dataFolder, unfinishedDemo), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return JSON.parse(text) as DemoOptions
  } catch {
    return {} // cut short while it was written
  }
}
