import { afterAll, expect, test, vi } from 'vitest'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { openTestShop } from '../campaign-shop.fixture.ts'
import { keepStanding } from './keeper.ts'

const shop = await openTestShop(30)
const { platform, workspace, clock } = shop
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
afterAll(() => shop.close())

/** A campaign for who is five days quiet, with room for so much in coupons of 10.00; live before anybody is. */
async function live(budgetMinor: number) {
  const { campaignId } = await caller.campaigns.create({
    name: `Five days quiet, ${budgetMinor}`,
    segment: 'days_since_order >= 5',
    offer: { kind: 'amount', amountMinor: 1000 },
    validDays: 14,
    holdout: 0.3,
    budgetMinor,
    channel: { kind: 'csv' },
    standing: { coolDownDays: 60, mostPerDay: 1000, alsoHolders: true },
  })
  const shown = await vi.waitFor(
    async () => {
      const preview = await caller.standing.preview({ campaignId })
      expect(preview.simulation.kind).toBe('done')
      return preview
    },
    { timeout: 30_000, interval: 50 },
  )
  await caller.standing.goLive({ campaignId, digest: shown.digest, confirm: [...shown.confirmations] })
  return campaignId
}

const stateOf = async (campaignId: string) => (await caller.standing.runs({ campaignId }))!
const nextOf = async (campaignId: string) => (await caller.campaigns.effect({ campaignId })).next

test('a budget that is spent is said so with who waits, in place of the advice to let it run', async () => {
  const [small, large] = [await live(2_500), await live(1_000_000)]
  await keepStanding(platform, workspace)
  // the store goes on selling, to guests: on the 25th all members are five days quiet
  await workspace.engine.transaction(async (session) => {
    await session.run(sql`insert into orders values (2000000, 'guest', null, timestamp '2026-11-25 04:00:00',
      date '2026-11-25', 12, 'East', 'shop', 'paid', 5000, 0, 5000, null, null)`)
    await refreshDerivedTables(session, {}, '2026-11-25')
  })
  clock.instant = new Date('2026-11-25T12:00:00Z')
  await keepStanding(platform, workspace)

  // two coupons of at most 10.00 fit, a third does not
  const spent = await stateOf(small)
  expect(spent).toMatchObject({ budgetLeftMinor: 500, isBudgetSpent: true })
  expect(spent.waiting).toBeGreaterThan(0)
  expect(await nextOf(small)).toEqual([{ kind: 'budget-spent', waiting: spent.waiting }])
  expect(await stateOf(large)).toMatchObject({ isBudgetSpent: false, waiting: 0 })
  expect(await nextOf(large)).toMatchObject([{ kind: 'wait-for-entries' }])

  for (const campaignId of [small, large]) {
    await caller.campaigns.cancel({ campaignId })
    expect(await nextOf(campaignId)).toEqual([])
  }
})
