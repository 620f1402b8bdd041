import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openMigratedStore, type Store } from '../store/store.ts'
import { campaignLedger } from './counts.ts'
import { issueCoupons, newCode } from './issue.ts'

const at = new Date('2026-11-20T02:00:00Z')
let store: Store

beforeEach(async () => {
  store = await openMigratedStore(':memory:')
  await store
    .insertInto('workspaces')
    .values({
      id: 'shop',
      name: 'Shop',
      currency: 'CNY',
      time_zone: 'Asia/Shanghai',
      first_weekday: 1,
      active_days: 30,
      cooling_days: 90,
      dormant_days: 180,
      opened_at_start: 0,
      created_at: at.toISOString(),
    })
    .execute()
})
afterEach(() => store.destroy())

const coupon = (memberId: string, usesAllowed: number) => ({
  couponId: randomUUID(),
  code: newCode(),
  memberId,
  offer: { kind: 'amount' as const, amountMinor: 500 },
  minSpendMinor: 0,
  validFrom: '2026-11-20T10:00:00+08:00',
  validTo: '2026-11-27T00:00:00+08:00',
  usesAllowed,
})

const issue = (coupons: ReturnType<typeof coupon>[]) =>
  store
    .transaction()
    .execute((tx) =>
      issueCoupons(tx, { workspaceId: 'shop', campaignId: 'wake-up', launchId: 'l1', coupons, at }),
    )

it('issues more coupons than one statement takes, counted in uses, open until validity ends', async () => {
  await issue(Array.from({ length: 2_345 }, (_, n) => coupon(`m${n}`, 2)))
  const counted = { issued: 4_690, reserved: 0, redeemed: 0, revoked: 0, redeemers: 0, discountMinor: 0 }
  expect(await campaignLedger(store, 'shop', 'wake-up', new Date('2026-11-26T15:59:59.999Z'))).toEqual({
    ...counted,
    open: 4_690,
    expired: 0,
  })
  expect(await campaignLedger(store, 'shop', 'wake-up', new Date('2026-11-26T16:00:00Z'))).toEqual({
    ...counted,
    open: 0,
    expired: 4_690,
  })
})

it('counts nothing for a campaign of another workspace', async () => {
  await issue([coupon('m1', 1)])
  expect(await campaignLedger(store, 'other', 'wake-up', at)).toMatchObject({ issued: 0, open: 0 })
})

it('refuses a code that exists', async () => {
  const first = coupon('m1', 1)
  await issue([first])
  await expect(issue([{ ...coupon('m2', 1), code: first.code }])).rejects.toThrow(/UNIQUE/)
})

it('has a ledger that nobody can rewrite', async () => {
  await issue([coupon('m1', 1)])
  await expect(store.updateTable('ledger').set({ uses: 9 }).execute()).rejects.toThrow('append-only')
  await expect(store.deleteFrom('ledger').execute()).rejects.toThrow('append-only')
})
