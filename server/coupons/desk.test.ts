import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory, type Role } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { addLaunch, couponFor } from './issued-coupons.fixture.ts'
import { maskedPhone } from './member-hint.ts'

let folder: string
let platform: Platform
let shop: Workspace
const now = new Date('2026-11-22T04:00:00Z')

const as = (role: Role, workspace = shop) =>
  createCallerFactory(appRouter)({
    platform,
    workspace,
    role,
    language: 'en',
    actor: { kind: 'user', userId: `the ${role}`, name: role },
  }).coupons

describe('the desk', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reveille-desk-'))
    platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
    shop = (await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  })
  afterEach(async () => {
    await platform.close()
    rmSync(folder, { recursive: true })
  })

  it('shows what a code is worth and whom to look for, masked', async () => {
    await shop.engine.run(sql`insert into members (member_key, member_id, name, phone)
      values (1, 'M00042', '王小明', '+86 138 0013 2201')`)
    const coupon = couponFor('M00042')
    await addLaunch(platform.store, shop.id, [coupon])
    const seen = await as('cashier').look({ code: coupon.code.toLowerCase() })
    expect(seen).toMatchObject({
      kind: 'coupon',
      usesLeft: 1,
      member: { id: '…042', name: '王**', phone: '138****2201' },
    })
    expect(JSON.stringify(seen)).not.toMatch(/小明|0013|M00042/)
  })

  it('tells a code that cannot be from one that is not here', async () => {
    const foreign = couponFor('m1')
    const other = (await platform.workspaces.create({
      name: 'o',
      currency: 'CNY',
      timeZone: 'Asia/Shanghai',
    }))!
    await addLaunch(platform.store, other.id, [foreign])
    expect(await as('cashier').look({ code: 'KX7QM' })).toEqual({ kind: 'unknown', mistyped: true })
    expect(await as('cashier').look({ code: foreign.code })).toEqual({ kind: 'unknown', mistyped: false })
  })

  it('redeems once the member is confirmed, once by the same key, and says who did it', async () => {
    const coupon = couponFor('m1')
    await addLaunch(platform.store, shop.id, [coupon])
    const wish = { code: coupon.code, amountMinor: 3_000, receipt: 'R-9' }
    expect(await as('cashier').redeem({ ...wish, key: randomUUID(), memberConfirmed: false })).toMatchObject({
      kind: 'refused',
      code: 'wrong_member',
    })
    const key = randomUUID()
    const twice = await Promise.all([
      as('cashier').redeem({ ...wish, key, memberConfirmed: true }),
      as('cashier').redeem({ ...wish, key, memberConfirmed: true }),
    ])
    expect(twice[0]).toMatchObject({ kind: 'redeemed', discountMinor: 500 })
    expect(twice[1]).toEqual(twice[0])
    expect(await as('cashier').look({ code: coupon.code })).toMatchObject({ kind: 'refused', code: 'used' })
    const redeemed = await platform.store
      .selectFrom('ledger')
      .where('kind', '=', 'redeemed')
      .select(['actor', 'order_id'])
      .execute()
    expect(redeemed).toEqual([{ actor: 'the cashier', order_id: 'R-9' }])
    const { redemptionId } = twice[0] as { redemptionId: string }
    expect(await as('cashier').cancel({ redemptionId })).toMatchObject({ restored: true })
    expect(await as('cashier').look({ code: coupon.code })).toMatchObject({ kind: 'coupon', usesLeft: 1 })
  })

  it('is not for viewers', async () => {
    await expect(as('viewer').look({ code: 'KX7QM' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

it.each([
  ['13800132201', '138****2201'],
  ['+86-138-0013-2201', '138****2201'],
  ['010 6655 4433', '010****4433'],
  ['66554433', '****33'],
  ['', '****'],
])('masks %s as %s', (phone, masked) => {
  expect(maskedPhone(phone)).toBe(masked)
})
