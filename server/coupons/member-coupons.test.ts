import { expect, it } from 'vitest'
import { defaultCalendar } from '../../analytics/calendar/calendar.ts'
import type { Row } from '../../analytics/engine/engine.ts'
import { openMigratedStore } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { cancelRedemptions } from './cancellations.ts'
import { addLaunch, addShop, couponFor } from './issued-coupons.fixture.ts'
import { couponsOfMember } from './member-coupons.ts'
import { Redemptions } from './redemptions.ts'
import { revokeOpenCoupons } from './revoke.ts'

it("tells what became of a member's coupons, and masks codes", async () => {
  const clock = { now: () => new Date('2026-11-22T04:00:00Z') }
  const store = await openMigratedStore(':memory:')
  await addShop(store, 'shop')
  await addShop(store, 'other')
  const used = couponFor('m1')
  const taken = couponFor('m1')
  const gone = couponFor('m1', { validTo: '2026-11-20T16:00:00.000Z' })
  const open = couponFor('m1')
  const { campaignId } = await addLaunch(store, 'shop', [used, gone, open, couponFor('m2')])
  const revoked = await addLaunch(store, 'shop', [taken])
  await addLaunch(store, 'shop', [couponFor('m1')], { published: false })
  await addLaunch(store, 'other', [couponFor('m1')])
  const at = clock.now()
  await revokeOpenCoupons(store, { workspaceId: 'shop', campaignId: revoked.campaignId, actor: 'owner', at })
  const redeem = (orderId: string) =>
    new Redemptions(store, clock).redeem({
      workspaceId: 'shop',
      idempotencyKey: orderId,
      code: used.code,
      orderId,
      storeId: null,
      presented: { kind: 'member', memberId: 'm1' },
      amountMinor: 2_000,
      body: orderId,
      actor: 'key:till',
    })
  // a redemption that was taken back leaves no trace in the state
  const first = (await redeem('o1')) as { redemptionId: string }
  await cancelRedemptions(store, clock, { workspaceId: 'shop', redemptionId: first.redemptionId }, 'key:till')
  await redeem('o2')

  // nobody is merged with anybody
  const engine = { rows: async () => [] as Row[] }
  const workspace = { id: 'shop', currency: 'CNY', calendar: defaultCalendar, engine } as unknown as Workspace
  const found = await couponsOfMember(store, workspace, { memberId: 'm1', unmasked: false, at })
  const byId = new Map(found.map((coupon) => [coupon.couponId, coupon]))
  expect(byId.size).toBe(4)
  expect(byId.get(used.couponId)).toMatchObject({
    campaignId,
    state: 'redeemed',
    orderId: 'o2',
    discountMinor: 500,
    redeemedAt: at.toISOString(),
    code: `•••••-•••••-${used.code.slice(-4)}`,
  })
  expect(byId.get(gone.couponId)).toMatchObject({ state: 'expired', lastDay: '2026-11-20', orderId: null })
  expect(byId.get(open.couponId)).toMatchObject({ state: 'open', redeemedAt: null })
  expect(byId.get(open.couponId)!.sentence.en).toBe(
    '¥5.00 off, good through 30 Nov 2026; one use per member.',
  )
  expect(byId.get(taken.couponId)).toMatchObject({ state: 'revoked' })
  const whole = await couponsOfMember(store, workspace, { memberId: 'm1', unmasked: true, at })
  expect(whole.map(({ code }) => code.replaceAll('-', '')).toSorted()).toEqual(
    [used, gone, open, taken].map(({ code }) => code).toSorted(),
  )
  await store.destroy()
})
