import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Desk } from './campaigns.ts'
import { CampaignDefinition } from './definition.ts'

/** For tests: a clock that stands until it is set. */
export class StandingClock {
  instant: Date
  constructor(instant: string) {
    this.instant = new Date(instant)
  }
  now = () => this.instant
}

export interface TestShop {
  readonly folder: string
  readonly clock: StandingClock
  readonly platform: Platform
  readonly workspace: Workspace
  readonly desk: Desk
  /** Closes the files without a word, as the end of a process does, and opens them again. */
  reopen(): Promise<TestShop>
  close(): Promise<void>
}

/**
 * For tests: a shop of `members` members M0001 … who all bought on 2026-11-20 for 100.00, seen on the
 * morning of 2026-11-22 in Shanghai, its newest order of the day before. Every tenth has denied consent,
 * every seventh of unknown consent, the rest granted.
 */
export async function openTestShop(members: number): Promise<TestShop> {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-campaigns-'))
  const clock = new StandingClock('2026-11-22T01:00:00Z')
  const platform = await openPlatform(folder, clock, { threads: 1 })
  const workspace = await platform.workspaces.create({
    name: 'shop',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  })
  await workspace!.engine.transaction(async (session) => {
    await session.run(sql`insert into members (member_key, member_id, consent)
      select cast(range + 1 as integer), 'M' || lpad(cast(range + 1 as varchar), 4, '0'),
        case when (range + 1) % 10 = 0 then 'denied' when (range + 1) % 7 = 0 then 'unknown' else 'granted' end
      from range(cast(${members} as bigint))`)
    await session.run(sql`insert into orders
      select range + 1, 'O' || cast(range + 1 as varchar), cast(range + 1 as integer), timestamp '2026-11-20 04:00:00',
        date '2026-11-20', 12, 'East', 'shop', 'paid', 10000, 0, 10000, null, null
      from range(cast(${members} as bigint))`)
    await session.run(sql`insert into orders values
      (1000000, 'newest', null, timestamp '2026-11-21 04:00:00', date '2026-11-21', 12, 'East', 'shop', 'paid', 100, 0, 100, null, null)`)
    await refreshDerivedTables(session, {}, '2026-11-22')
  })
  return opened(folder, clock, platform)
}

async function opened(folder: string, clock: StandingClock, platform: Platform): Promise<TestShop> {
  const workspace = (await platform.workspaces.byName('shop'))!
  return {
    folder,
    clock,
    platform,
    workspace,
    desk: { platform, workspace, actor: 'test' },
    async reopen() {
      await platform.close()
      return opened(folder, clock, await openPlatform(folder, clock, { threads: 1 }))
    },
    async close() {
      await platform.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** For tests: 10.00 off for everyone, a tenth held out, codes by CSV. */
export const definitionOf = (differs: Record<string, unknown> = {}): CampaignDefinition =>
  CampaignDefinition.parse({
    name: 'Wake-up',
    segment: 'everyone',
    offer: { kind: 'amount', amountMinor: 1000 },
    minSpendMinor: 5000,
    validDays: 14,
    holdout: 0.1,
    channel: { kind: 'csv' },
    ...differs,
  })
