import { afterEach, beforeEach, expect, it } from 'vitest'
import { openMigratedStore, type Store } from '../store/store.ts'
import { campaignLedger } from './counts.ts'
import { addLaunch, addShop, couponFor } from './issued-coupons.fixture.ts'

let store: Store

beforeEach(async () => {
  store = await openMigratedStore(':memory:')
  await addShop(store, 'shop')
})
afterEach(() => store.destroy())

it('issues more coupons than one statement takes, counted in uses, open until validity ends', async () => {
  const coupons = Array.from({ length: 2_345 }, (_, n) =>
    couponFor(`m${n}`, { usesAllowed: 2, validTo: '2026-12-01T00:00:00+08:00' }),
  )
  const { campaignId } = await addLaunch(store, 'shop', coupons)
  const counted = {
    issued: 4_690,
    reserved: 0,
    redeemed: 0,
    revoked: 0,
    redeemers: 0,
    discountMinor: 0,
    worthMinor: 0,
  }
  expect(await campaignLedger(store, 'shop', campaignId, new Date('2026-11-30T15:59:59.999Z'))).toEqual({
    ...counted,
    open: 4_690,
    expired: 0,
  })
  expect(await campaignLedger(store, 'shop', campaignId, new Date('2026-11-30T16:00:00Z'))).toEqual({
    ...counted,
    open: 0,
    expired: 4_690,
  })
})

it('counts nothing for another workspace, nor before the launch is published', async () => {
  const at = new Date('2026-11-20T02:00:00Z')
  const { campaignId } = await addLaunch(store, 'shop', [couponFor('m1')])
  const unpublished = await addLaunch(store, 'shop', [couponFor('m1')], { published: false })
  expect(await campaignLedger(store, 'shop', campaignId, at)).toMatchObject({ issued: 1, open: 1 })
  expect(await campaignLedger(store, 'other', campaignId, at)).toMatchObject({ issued: 0, open: 0 })
  expect(await campaignLedger(store, 'shop', unpublished.campaignId, at)).toMatchObject({
    issued: 0,
    open: 0,
  })
})

it('refuses a code that exists', async () => {
  const coupon = couponFor('m1')
  await addLaunch(store, 'shop', [coupon])
  await expect(addLaunch(store, 'shop', [couponFor('m2', { code: coupon.code })])).rejects.toThrow(/UNIQUE/)
})

it('has a ledger that nobody can rewrite', async () => {
  await addLaunch(store, 'shop', [couponFor('m1')])
  await expect(store.updateTable('ledger').set({ uses: 9 }).execute()).rejects.toThrow('append-only')
  await expect(store.deleteFrom('ledger').execute()).rejects.toThrow('append-only')
})
