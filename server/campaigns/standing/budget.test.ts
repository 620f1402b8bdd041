import { afterAll, expect, test, vi } from 'vitest'
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

/** A campaign for all who are five days quiet, on the day on which everybody is; with room for some coupons of 10.00. */
async function afterItsDay(budgetMinor: number) {
  clock.instant = new Date('2026-11-22T01:00:00Z')
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
  clock.instant = new Date('2026-11-25T12:00:00Z')
  await keepStanding(platform, workspace)
  const state = (await caller.standing.runs({ campaignId }))!
  const effect = await caller.campaigns.effect({ campaignId })
  return { campaignId, state, next: effect.next }
}

test('a budget that is spent is said so with who waits, in place of the advice to let it run', async () => {
  const { campaignId, state, next } = await afterItsDay(2_500)
  // two coupons of at most 10.00 fit, a third does not
  expect(state).toMatchObject({ budgetLeftMinor: 500, isBudgetSpent: true })
  expect(state.waiting).toBeGreaterThan(0)
  expect(next).toEqual([{ kind: 'budget-spent', waiting: state.waiting }])
  await caller.campaigns.cancel({ campaignId })
  expect((await caller.campaigns.effect({ campaignId })).next).toEqual([])
})

test('while there is room nothing is said of it', async () => {
  const { state, next } = await afterItsDay(1_000_000)
  expect(state).toMatchObject({ isBudgetSpent: false, waiting: 0 })
  expect(next).toMatchObject([{ kind: 'wait-for-entries' }])
})
