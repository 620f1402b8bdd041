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
import { plainTerms } from './terms.ts'

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
const till = () =>
  createCallerFactory(appRouter)({
    platform,
    workspace: shop,
    role: 'cashier',
    language: 'en',
    actor: { kind: 'user', userId: 'the cashier', name: 'cashier' },
  }).desk

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

  it('finds a customer by the whole card number or phone, and by nothing less', async () => {
    await shop.engine.run(sql`insert into members (member_key, member_id, name, phone) values
      (1, 'M00042', '王小明', '+86 138 0013 2201'), (2, '7', '李', '13900000000'), (3, '8', '李', '+8613900000000')`)
    const found = { kind: 'member', memberId: 'M00042', hint: { name: '王**', phone: '138****2201' } }
    expect(await till().customer({ typed: 'M00042' })).toMatchObject(found)
    for (const typed of ['13800132201', '138-0013-2201', '+86 13800132201'])
      expect(await till().customer({ typed })).toMatchObject(found)
    for (const typed of ['00132201', '1380013220', '小明', 'm00042 ', 'M0004'])
      expect(await till().customer({ typed })).toEqual({ kind: 'nobody' })
    expect(await till().customer({ typed: '13900000000' })).toEqual({ kind: 'several' })
  })

  it('quotes a wallet and a choice of it, sets it aside, redeems it, and takes the receipt back', async () => {
    await shop.engine.run(sql`insert into members (member_key, member_id, name) values (1, 'm1', '王小明')`)
    const [five, ten, small] = [
      couponFor('m1'),
      couponFor('m1', { offer: { kind: 'amount', amountMinor: 1_000 } }),
      couponFor('m1', { minSpendMinor: 50_000 }),
    ]
    await addLaunch(platform.store, shop.id, [five, ten, small])
    const basket = { amountMinor: 8_000, memberId: 'm1', receipt: 'R-1' }
    const quote = await till().quote(basket)
    expect(quote.best).toMatchObject({ discountMinor: 1_500, payableMinor: 6_500 })
    expect(new Set(quote.best.codes)).toEqual(new Set([five.code, ten.code]))
    expect(quote.coupons.find(({ code }) => code === small.code)).toMatchObject({
      applies: false,
      reason: 'min_spend',
      missingMinor: 42_000,
    })
    expect((await till().quote({ ...basket, only: [five.code] })).best).toMatchObject({
      codes: [five.code],
      payableMinor: 7_500,
    })

    const key = randomUUID()
    const wish = { ...basket, key, codes: [five.code, ten.code] }
    const [held, again] = await Promise.all([till().reserve(wish), till().reserve(wish)])
    expect(again).toEqual(held)
    if (held.kind !== 'reserved') throw new Error(held.kind)
    expect(await as('cashier').look({ code: five.code })).toMatchObject({ kind: 'refused', code: 'held' })
    const { reservationId } = held
    const end = { key: randomUUID(), reservationId }
    expect(await till().confirm(end)).toMatchObject({ kind: 'confirmed' })
    expect(await till().confirm(end)).toMatchObject({ kind: 'confirmed' })
    expect(await till().release({ ...end, key: randomUUID() })).toEqual({ kind: 'ended', as: 'confirmed' })
    const taken = await till().takeBack({ receipt: 'R-1' })
    expect(taken.map(({ discountMinor, restored }) => [discountMinor, restored]).toSorted()).toEqual([
      [1_000, true],
      [500, true],
    ])
    expect(await till().takeBack({ receipt: 'R-1' })).toEqual(taken)
    await expect(till().takeBack({ receipt: 'R-2' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('names who buys where each may use a code for all only so often', async () => {
    await shop.engine.run(sql`insert into members (member_key, member_id) values (1, 'm1')`)
    const shared = couponFor(null, { usesAllowed: 10, terms: { ...plainTerms, usesPerMember: 1 } })
    await addLaunch(platform.store, shop.id, [shared])
    expect(await as('cashier').look({ code: shared.code })).toMatchObject({ needsMember: true })
    const wish = { amountMinor: 2_000, codes: [shared.code] }
    expect(await till().reserve({ ...wish, key: randomUUID(), memberConfirmed: true })).toMatchObject({
      code: 'wrong_member',
    })
    expect(await till().reserve({ ...wish, key: randomUUID(), memberId: 'm1' })).toMatchObject({
      kind: 'reserved',
    })
    expect((await till().quote({ ...wish, memberId: 'm1' })).coupons).toMatchObject([{ reason: 'used' }])
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
