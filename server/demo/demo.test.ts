import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { listCampaigns } from '../campaigns/list.ts'
import { campaignResult } from '../campaigns/result.ts'
import { openPlatform } from '../platform.ts'
import { recordEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { createDemo, finishDemo, isDemoUnfinished } from './demo.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-demo-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T20:00:00Z') }, { threads: 1 })
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

test.each(['campaigns', 'coupons', 'redemption_requests'])(
  'a demo that ended at its first look into %s is made whole by the next start',
  async (table) => {
    const folder = mkdtempSync(join(tmpdir(), 'reveille-demo-'))
    const own = await openPlatform(folder, { now: () => new Date('2026-03-10T20:00:00Z') }, { threads: 1 })
    onTestFinished(async () => {
      await own.close()
      rmSync(folder, { recursive: true })
    })
    const shop = { members: 600, seed: 3, end: '2026-03-10' }
    const dying = { ...own, store: endingAt(own.store, table) }
    await expect(createDemo(dying, shop)).rejects.toThrow('killed')
    expect(isDemoUnfinished(own)).toBe(true)

    const made = (await finishDemo(own))!
    expect(isDemoUnfinished(own)).toBe(false)
    expect(await finishDemo(own)).toBeNull()
    const workspace = (await own.workspaces.byName('demo'))!
    const [campaign, ...others] = await listCampaigns(own, workspace)
    expect(others).toEqual([])
    expect(campaign).toMatchObject({ status: 'finished' })
    const [held] = await workspace.engine.rows(sql`select count(*) as orders,
      count(distinct order_id) as ids from orders`)
    expect(held).toEqual({ orders: made.orders, ids: made.orders })
    const redeemed = await own.store
      .selectFrom('ledger')
      .select('order_id')
      .where('kind', '=', 'redeemed')
      .execute()
    expect(redeemed.length).toBe((await campaignResult(own, workspace, campaign!.campaignId))!.redeemed)
    expect(redeemed.length).toBeGreaterThan(0)
  },
)

/** A Store whose process is killed when it first asks for a table. */
function endingAt(store: Store, table: string): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (given[0] === table) throw new Error('killed')
        const answer: unknown = value.apply(target, given)
        if (name !== 'transaction') return answer
        const { execute } = answer as { execute(work: (tx: Store) => unknown): unknown }
        return {
          execute: (work: (tx: Store) => unknown) => execute.call(answer, (tx) => work(endingAt(tx, table))),
        }
      }
    },
  })
}
