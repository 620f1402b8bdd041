import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cancelRedemptions } from '../coupons/cancellations.ts'
import { campaignLedger } from '../coupons/counts.ts'
import { couponsOfMember } from '../coupons/member-coupons.ts'
import { importPool } from '../coupons/pools.fixture.ts'
import { freeCodes } from '../coupons/pools.ts'
import { walletOf } from '../coupons/wallet.ts'
import { definitionOf, openTestShop, type TestShop } from './campaign-shop.fixture.ts'
import { campaignById, createCampaign } from './campaigns.ts'
import { takeCodes } from './codes.ts'
import { launchCampaign } from './launch.ts'
import { recoverLaunches } from './launch-steps.ts'
import { previewOf } from './preview.ts'

let shop: TestShop
beforeEach(async () => {
  shop = await openTestShop(1200)
})
afterEach(async () => {
  await shop.platform.close()
  rmSync(shop.folder, { recursive: true })
})

async function fill(codes: number, name = 'Youzan', from = 0) {
  const { store, clock } = shop.platform
  const text = Array.from({ length: codes }, (_, n) => `yz-${from + n}`).join('\n')
  await importPool({ store, clock, workspaceId: shop.workspace.id }, name, text)
}

async function draft(differs: Record<string, unknown>) {
  const { campaignId } = await createCampaign(shop.desk, definitionOf(differs))
  return campaignId
}

async function preview(campaignId: string) {
  const { platform, workspace } = shop
  const campaign = (await campaignById(platform.store, workspace.id, campaignId))!
  const outcome = await previewOf(platform, workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  return outcome.preview
}

async function launch(campaignId: string, step?: Parameters<typeof launchCampaign>[2]) {
  const { digest } = await preview(campaignId)
  return launchCampaign(shop.desk, { campaignId, digest, confirm: ['unknown-consent'] }, step)
}

const left = async (name = 'Youzan') => (await freeCodes(shop.platform.store, shop.workspace.id, name))!.free

const codesOf = async (campaignId: string) => {
  const taken = await takeCodes(shop.platform, shop.workspace, campaignId, { unmasked: true, language: 'en' })
  if (taken.kind !== 'codes') throw new Error(taken.kind)
  return taken.codes
}

const fromPool = { codes: { kind: 'pool', pool: 'Youzan' } }
const redeem = (code: string, memberId: string | null, key: string) =>
  shop.platform.redemptions.redeem({
    workspaceId: shop.workspace.id,
    idempotencyKey: key,
    body: key,
    actor: 'key:till',
    code,
    orderId: key,
    storeId: null,
    presented: memberId === null ? { kind: 'nobody' } : { kind: 'member', memberId },
    amountMinor: 8_000,
  })

describe('codes of a pool', () => {
  test('a launch takes each once, in the file’s order, and tills take them as they are typed', async () => {
    const campaignId = await draft(fromPool)
    expect((await preview(campaignId)).blockers).toEqual([{ kind: 'no-such-pool', pool: 'Youzan' }])
    await fill(100)
    const { issued, blockers } = await preview(campaignId)
    expect(blockers).toEqual([{ kind: 'pool-too-small', pool: 'Youzan', free: 100, missing: issued - 100 }])
    expect(await launch(campaignId)).toMatchObject({ kind: 'blocked' })
    expect(await left()).toBe(100)

    await fill(issued, 'Youzan', 100)
    expect(await launch(campaignId)).toMatchObject({ kind: 'launched', report: { issued } })
    expect(await left()).toBe(100)
    const codes = await codesOf(campaignId)
    expect(codes.map(({ code }) => code)).toEqual(Array.from({ length: issued }, (_, n) => `yz-${n}`))
    const { code, memberId } = codes[7]!
    expect(await redeem('YZ 7', 'somebody else', 'wrong')).toMatchObject({ code: 'wrong_member' })
    expect(await redeem('YZ 7', memberId, 'right')).toMatchObject({ kind: 'redeemed', code })
    expect(await redeem('yz7', memberId, 'again')).toMatchObject({ kind: 'refused', code: 'used' })
    expect(await redeem('yz-99999', memberId, 'none')).toMatchObject({ kind: 'refused', code: 'unknown' })
    const [coupon] = await walletOf(
      shop.platform.store,
      shop.workspace,
      codes[8]!.memberId,
      shop.clock.now(),
      'en',
    )
    expect(coupon!.code).toBe('yz-8')
  })

  test('two launches at once share a pool that is enough for one', async () => {
    await fill(1000)
    const both = [
      await draft({ ...fromPool, name: 'one' }),
      await draft({ ...fromPool, name: 'two', segment: 'everyone' }),
    ]
    const outcomes = await Promise.all(both.map((id) => launch(id)))
    expect(outcomes.map(({ kind }) => kind).toSorted()).not.toEqual(['launched', 'launched'])
    const { rows, different } = await shop.platform.store
      .selectFrom('coupons')
      .select(({ fn }) => [
        fn.count<number>('id').as('rows'),
        fn.count<number>('given_key').distinct().as('different'),
      ])
      .executeTakeFirstOrThrow()
    expect(rows).toBe(different)
    expect(await left()).toBe(1000 - rows)
  })

  test('a crash between any two steps gives no code twice and loses none', async () => {
    await fill(1500)
    for (let write = 1; ; write++) {
      const campaignId = await draft({ ...fromPool, name: `crash at ${write}` })
      const before = await left()
      let writes = 0
      let reached: string | null = null
      const launching = launch(campaignId, (step) => {
        if (++writes !== write) return
        reached = step
        throw new Error('the power went')
      })
      if (write > 12) throw new Error('the launch never ended')
      const broke = await launching.then(() => '', String)
      expect(broke).toBe(reached === null ? '' : 'Error: the power went')
      await recoverLaunches(shop.platform)
      const { issued } = await campaignLedger(
        shop.platform.store,
        shop.workspace.id,
        campaignId,
        shop.clock.now(),
      )
      expect(await left()).toBe(before - issued)
      const wasFrozen = reached !== null && !['begin', 'freeze', 'frozen'].includes(reached)
      expect(issued > 0).toBe(wasFrozen || reached === null)
      const { n } = await shop.platform.store
        .selectFrom('pool_codes')
        .innerJoin('coupons', 'coupons.id', 'pool_codes.coupon_id')
        .whereRef('coupons.given_key', '=', 'pool_codes.key')
        .where('coupons.campaign_id', '=', campaignId)
        .select(({ fn }) => fn.count<number>('pool_codes.seq').distinct().as('n'))
        .executeTakeFirstOrThrow()
      expect(n).toBe(issued)
      // for the next: nobody holds a coupon, and the pool is full again
      await shop.platform.store.updateTable('campaigns').set({ state: 'cancelled' }).execute()
      if (issued > 0) await fill(issued, 'Youzan', 10_000 * write)
      if (reached === null) break
    }
  }, 60_000)
})

describe('one code for all', () => {
  const shared = (uses: number, differs: Record<string, unknown> = {}) => ({
    codes: { kind: 'shared', code: 'Autumn-26', uses },
    ...differs,
  })

  test('is redeemed by many, never above its uses under 64 at once, and its cost is bounded', async () => {
    const campaignId = await draft(shared(150))
    expect(await preview(campaignId)).toMatchObject({ worstCostMinor: 150_000, blockers: [] })
    await launch(campaignId)
    const codes = await codesOf(campaignId)
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set(['Autumn-26']))
    expect(codes.length).toBeGreaterThan(900)
    let next = 0
    const outcomes: string[] = []
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (next < 400) {
          const nth = next++
          const outcome = await redeem('autumn 26', nth % 2 === 0 ? `M${nth}` : null, `wish ${nth}`)
          outcomes.push(outcome.kind === 'refused' ? outcome.code : outcome.kind)
        }
      }),
    )
    const { redeemed, used, ...others } = Object.groupBy(outcomes, (outcome) => outcome)
    expect([redeemed!.length, used!.length, others]).toEqual([150, 250, {}])
    const ledger = await campaignLedger(shop.platform.store, shop.workspace.id, campaignId, shop.clock.now())
    expect(ledger).toMatchObject({ issued: 150, redeemed: 150, open: 0, discountMinor: 150_000 })
    // a code that is known already is not given out again
    expect((await preview(await draft(shared(10)))).blockers).toEqual([
      { kind: 'code-taken', code: 'Autumn-26' },
    ])
  })

  test('a member uses it as often as each may, and only where somebody is named', async () => {
    const campaignId = await draft(shared(1_000, { terms: { usesPerMember: 2 } }))
    await launch(campaignId)
    const { redemptions } = shop.platform
    expect(await redeem('autumn26', null, 'nobody')).toMatchObject({ code: 'wrong_member', presented: false })
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, nth) =>
        redeem('autumn26', nth % 2 === 0 ? 'M0001' : 'M0002', `o${nth}`),
      ),
    )
    expect(outcomes.filter(({ kind }) => kind === 'redeemed')).toHaveLength(4)
    const reserve = (memberId: string, key: string) =>
      redemptions.reserve({
        workspaceId: shop.workspace.id,
        idempotencyKey: key,
        body: key,
        actor: 'key:till',
        codes: ['AUTUMN26'],
        orderId: key,
        storeId: null,
        presented: { kind: 'member', memberId },
        amountMinor: 8_000,
        seconds: 60,
      })
    // what is set aside counts; what was set aside for too long does not come back above the limit
    const one = await reserve('M0003', 'r1')
    const two = await reserve('M0003', 'r2')
    expect([one.kind, two.kind]).toEqual(['reserved', 'reserved'])
    expect(await reserve('M0003', 'r3')).toMatchObject({ code: 'used' })
    if (one.kind !== 'reserved' || two.kind !== 'reserved') return
    shop.clock.instant = new Date(shop.clock.instant.getTime() + 120_000)
    expect(await redeem('autumn26', 'M0003', 'late 1')).toMatchObject({ kind: 'redeemed' })
    const confirm = (reservationId: string) =>
      redemptions.confirm({
        workspaceId: shop.workspace.id,
        idempotencyKey: `confirm ${reservationId}`,
        body: null,
        actor: 'key:till',
        reservationId,
      })
    expect(await confirm(one.reservationId)).toMatchObject({ kind: 'confirmed' })
    expect(await confirm(two.reservationId)).toMatchObject({ kind: 'refused', code: 'used' })
    expect(
      await campaignLedger(shop.platform.store, shop.workspace.id, campaignId, shop.clock.now()),
    ).toMatchObject({ issued: 1_000, redeemed: 6, redeemers: 3, open: 994 })
  })

  test('a member finds it in the wallet; a new one excludes who has one', async () => {
    const campaignId = await draft(shared(1_000))
    await launch(campaignId)
    const codes = await codesOf(campaignId)
    const wallet = await walletOf(
      shop.platform.store,
      shop.workspace,
      codes[3]!.memberId,
      shop.clock.now(),
      'en',
    )
    expect(wallet).toMatchObject([{ code: 'Autumn-26', usesLeft: 1_000 }])
    const next = await preview(await draft({ name: 'next' }))
    expect(next.excluded).toContainEqual({ reason: 'holds-coupon', members: codes.length })
  })

  test('the page of a member says what became of it: who used it, how many uses are left, and whom it is gone for', async () => {
    const campaignId = await draft(shared(2, { terms: { usesPerMember: 1 } }))
    await launch(campaignId)
    const sentTo = [...new Set((await codesOf(campaignId)).map(({ memberId }) => memberId))]
    const [one, other] = sentTo as [string, string]
    const stranger = 'M0010' // has said no to messages, and saw the code elsewhere
    expect(sentTo).not.toContain(stranger)
    const { store } = shop.platform
    const page = (memberId: string, unmasked = true) =>
      couponsOfMember(store, shop.workspace, { memberId, unmasked, at: shop.clock.now() })
    expect(await page(stranger)).toEqual([])
    expect(await page(one)).toMatchObject([
      {
        campaignId,
        issuedTo: one,
        code: 'Autumn-26',
        state: 'open',
        redeemedAt: null,
        sharedUses: { used: 0, of: 2 },
      },
    ])
    expect((await page(one, false))[0]!.code).toBe('••••n-26')
    const used = (await redeem('autumn26', one, 'o1')) as { redemptionId: string }
    expect(await page(one)).toMatchObject([
      {
        state: 'redeemed',
        redeemedAt: shop.clock.now().toISOString(),
        orderId: 'o1',
        sharedUses: { used: 1, of: 2 },
      },
    ])
    // somebody else's use is not the member's
    expect(await page(other)).toMatchObject([
      { state: 'open', redeemedAt: null, orderId: null, sharedUses: { used: 1, of: 2 } },
    ])
    await redeem('autumn26', stranger, 'o2')
    expect(await page(stranger)).toMatchObject([{ issuedTo: stranger, state: 'redeemed', orderId: 'o2' }])
    expect(await page(other)).toMatchObject([{ state: 'gone', sharedUses: { used: 2, of: 2 } }])
    await cancelRedemptions(
      store,
      shop.clock,
      { workspaceId: shop.workspace.id, redemptionId: used.redemptionId },
      'key:till',
    )
    expect(await page(one)).toMatchObject([
      { state: 'open', redeemedAt: null, sharedUses: { used: 1, of: 2 } },
    ])
    shop.clock.instant = new Date('2027-03-01T00:00:00Z')
    expect(await page(one)).toMatchObject([{ state: 'expired' }])
    expect(await page(stranger)).toMatchObject([{ state: 'redeemed' }])
  })
})
