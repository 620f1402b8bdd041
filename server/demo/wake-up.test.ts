import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { wakeUp } from '../../fixtures/wake-up.ts'
import { listCampaigns } from '../campaigns/list.ts'
import { campaignResult } from '../campaigns/result.ts'
import { openPlatform } from '../platform.ts'
import { createDemo } from './demo.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-wake-up-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T20:00:00Z') }, { threads: 1 })
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})
const shop = { members: 2500, seed: 3, end: '2026-03-10' }

async function told() {
  const workspace = (await platform.workspaces.byName('demo'))!
  const [summary, ...others] = await listCampaigns(platform, workspace)
  expect(others).toEqual([])
  const result = (await campaignResult(platform, workspace, summary!.campaignId))!
  const planted = await workspace.engine.rows(sql`
    select orders.order_id, members.member_id, orders.discount_minor, arms.arm,
      orders.gross_minor - orders.discount_minor - orders.net_minor as off,
      orders.net_minor - (
        select sum(net_minor) from order_lines as lines where lines.order_key = orders.order_key
      ) as lines_off,
      orders.local_day as day
    from orders
    join members on members.member_key = orders.member_key
    join campaign_arms as arms on arms.member_key = orders.member_key
    where orders.order_key > (select max(order_key) - ${result.redeemed} from orders)
    order by orders.order_id`)
  const redeemed = await platform.store
    .selectFrom('ledger')
    .innerJoin('coupons', 'coupons.id', 'ledger.coupon_id')
    .select(['ledger.order_id', 'coupons.member_id', 'ledger.amount_minor'])
    .where('ledger.kind', '=', 'redeemed')
    .orderBy('ledger.order_id')
    .execute()
  return { result, planted, redeemed }
}

test('the demo tells of a wake-up of which the truth is known, and the ledger adds up', async () => {
  await createDemo(platform, shop)
  const { result, planted, redeemed } = await told()

  expect(result).toMatchObject({ status: 'finished', launchedDay: '2026-01-24', lastDay: '2026-02-14' })
  expect(result.preview).toMatchObject({ asOf: '2026-01-23', issued: result.treated })
  expect(result.delivered).toBe(result.issued)
  expect(result.heldOut / (result.heldOut + result.treated)).toBeCloseTo(wakeUp.holdout, 1)

  // every redemption is an order of a treated member, charged less what the coupon gave
  expect(result.redeemed).toBeGreaterThan(5)
  expect(
    redeemed.map(({ order_id, member_id, amount_minor }) => [order_id, member_id, amount_minor]),
  ).toEqual(planted.map(({ orderId, memberId, discountMinor }) => [orderId, memberId, Number(discountMinor)]))
  for (const order of planted) {
    expect([order.arm, Number(order.off), Number(order.linesOff)]).toEqual(['treated', 0, 0])
    expect(String(order.day) > '2026-01-24' && String(order.day) <= '2026-02-14').toBe(true)
  }
  const { ledger } = result
  expect(ledger.open).toBe(0)
  expect(ledger.issued).toBe(ledger.redeemed + ledger.expired + ledger.revoked)
  expect(ledger.discountMinor).toBe(result.redeemed * wakeUp.discountMinor)

  // the orders that were planted are the only reason for which the arms differ: their interval holds it
  const buyers = result.measurement!.outcomes.find(({ outcome }) => outcome === 'buyers')!
  const plantedShare = wakeUp.wokenPerMille / 1000
  expect(result.measurement).toMatchObject({ windowEnded: true, method: 'fixed' })
  expect(buyers.low!).toBeLessThan(plantedShare)
  expect(buyers.high!).toBeGreaterThan(plantedShare * 0.8)
})

test('made again it is the same campaign once; of another shop it takes the place', async () => {
  const first = await told()
  await createDemo(platform, shop)
  expect(await told()).toEqual(first)

  await createDemo(platform, { ...shop, end: '2026-03-05' })
  const other = await told()
  expect(other.result.launchedDay).toBe('2026-01-19')
  expect(other.result.campaignId).not.toBe(first.result.campaignId)
  // what really happens stays guarded
  await expect(platform.store.deleteFrom('ledger').execute()).rejects.toThrow('append-only')
})

test('a shop with nobody to wake has no campaign', async () => {
  await createDemo(platform, { members: 1, seed: 1, end: '2026-03-10' })
  const workspace = (await platform.workspaces.byName('demo'))!
  expect(await listCampaigns(platform, workspace)).toEqual([])
})
