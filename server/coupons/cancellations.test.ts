import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { openMigratedStore } from '../store/store.ts'
import { cancelRedemptions } from './cancellations.ts'
import { campaignLedger } from './counts.ts'
import { addLaunch, addShop, couponFor } from './issued-coupons.fixture.ts'
import { Redemptions } from './redemptions.ts'
import { revokeOpenCoupons } from './revoke.ts'

it('does not bring a coupon back that was revoked after its redemption', async () => {
  const clock = { now: () => new Date('2026-11-22T04:00:00Z') }
  const store = await openMigratedStore(':memory:')
  await addShop(store, 'shop')
  const coupon = couponFor('m1', { usesAllowed: 3 })
  const { campaignId } = await addLaunch(store, 'shop', [coupon])
  const outcome = await new Redemptions(store, clock).redeem({
    workspaceId: 'shop',
    idempotencyKey: randomUUID(),
    code: coupon.code,
    orderId: 'o1',
    storeId: null,
    presented: { kind: 'member', memberId: 'm1' },
    amountMinor: 2_000,
    body: null,
    actor: 'key:till',
  })
  const { redemptionId } = outcome as { redemptionId: string }
  const revoked = { workspaceId: 'shop', campaignId, actor: 'owner', at: clock.now() }
  expect(await revokeOpenCoupons(store, revoked)).toBe(2)
  expect(await revokeOpenCoupons(store, revoked)).toBe(0)
  const counted = () => campaignLedger(store, 'shop', campaignId, clock.now())
  expect(await counted()).toMatchObject({ issued: 3, open: 0, redeemed: 1, revoked: 2, discountMinor: 500 })

  const which = { workspaceId: 'shop', redemptionId }
  const first = await cancelRedemptions(store, clock, which, 'key:till')
  expect(first).toMatchObject([{ redemptionId, discountMinor: 500, restored: false }])
  expect(await cancelRedemptions(store, clock, which, 'key:till')).toEqual(first)
  expect(await counted()).toMatchObject({ issued: 3, open: 0, redeemed: 0, revoked: 3, discountMinor: 0 })
  await store.destroy()
})
