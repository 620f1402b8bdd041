import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { printedCode } from '../coupons/code.ts'
import { campaignLedger } from '../coupons/counts.ts'
import { addLaunch, couponFor } from '../coupons/issued-coupons.fixture.ts'
import type { NewCoupon } from '../coupons/issue.ts'
import { revokeOpenCoupons } from '../coupons/revoke.ts'
import { OfferTerms } from '../coupons/terms.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { recordEvent } from '../store/events.ts'
import { createKey } from './keys.ts'

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let now = new Date('2026-11-22T04:00:00Z')
let shop: string
let till: string
let foreign: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-reservations-'))
  platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
  const [one, other] = await Promise.all(
    ['shop', 'other'].map((name) =>
      platform.workspaces.create({ name, currency: 'CNY', timeZone: 'Asia/Shanghai' }),
    ),
  )
  shop = one!.id
  app = await makeApp(platform)
  const keyOf = async (workspaceId: string) =>
    (
      await createKey(platform.store, platform.clock, {
        workspaceId,
        name: 'Till',
        scopes: ['redemptions', 'orders'],
        actor: 'owner',
      })
    ).key
  till = await keyOf(shop)
  foreign = await keyOf(other!.id)
})
afterAll(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  now = new Date('2026-11-22T04:00:00Z')
})

async function post(path: string, body: unknown, { key = till, once = randomUUID(), language = 'en' } = {}) {
  const answer = await app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    headers: {
      authorization: `Bearer ${key}`,
      'idempotency-key': once,
      'accept-language': language,
      ...(body === null ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === null ? {} : { payload: JSON.stringify(body) }),
  })
  return { status: answer.statusCode, text: answer.body, said: answer.json() }
}
const get = async (path: string, key = till) =>
  (await app.inject({ url: `/api/v1${path}`, headers: { authorization: `Bearer ${key}` } })).json()

const coupon = (
  memberId: string | null,
  differs: Partial<Omit<NewCoupon, 'terms'>> & { terms?: object } = {},
) => {
  const { terms, ...rest } = differs
  return couponFor(memberId, {
    ...rest,
    terms: OfferTerms.parse({ usesPerCoupon: rest.usesAllowed ?? 1, ...terms }),
  })
}
const issue = async (...coupons: NewCoupon[]) => (await addLaunch(platform.store, shop, coupons)).campaignId
const later = (seconds: number) => (now = new Date(now.getTime() + seconds * 1_000))
const reserve = (codes: string[], differs: object = {}, options = {}) =>
  post(
    '/reservations',
    { codes, orderId: randomUUID(), memberId: 'm', amountMinor: 10_000, ...differs },
    options,
  )

describe('a quote', () => {
  test('states 2,545 against 2,600 and takes the first, with its arithmetic and why the others are not of it', async () => {
    const three = coupon('q', {
      offer: { kind: 'amount', amountMinor: 30_000 },
      minSpendMinor: 300_000,
      terms: { stackGroup: 'store' },
    })
    const category = coupon('q', {
      offer: { kind: 'amount', amountMinor: 20_000 },
      terms: { only: { categories: ['appliances'] }, stackGroup: 'category', withMemberPrice: false },
    })
    const fee = coupon('q', {
      offer: { kind: 'free_shipping', worthMinor: 20_000 },
      terms: { stackGroup: 'category', priority: 1 },
    })
    const dear = coupon('q', { minSpendMinor: 400_000 })
    const foreignGoods = coupon('q', { terms: { only: { categories: ['tea'] } } })
    const theirs = coupon('somebody else')
    await issue(three, category, fee, dear, foreignGoods, theirs)
    const body = {
      memberId: 'q',
      codes: [theirs.code, 'KX7QM'],
      lines: [{ sku: 'w1', category: 'appliances', quantity: 1, amountMinor: 300_000 }],
      memberPricePercent: 5,
      points: { worthMinor: 2_000, stackGroup: 'store' },
    }
    const { status, said } = await post('/quotes', body)
    expect(status).toBe(200)
    expect(said.best).toMatchObject({
      codes: [three.code],
      discountMinor: 45_500,
      payableMinor: 254_500,
      worthMinor: 0,
      steps: [
        { kind: 'coupon', code: three.code, discountMinor: 30_000, leftMinor: 270_000 },
        { kind: 'member-price', code: null, discountMinor: 13_500, leftMinor: 256_500 },
        { kind: 'points', code: null, discountMinor: 2_000, leftMinor: 254_500 },
      ],
      said: `¥3,000.00 − ¥300.00 (${printedCode(three.code)}) − ¥135.00 (member price) − ¥20.00 (points) = ¥2,545.00; it counts ¥2,545.00, the next best ¥2,600.00.`,
    })
    expect(said.against[0]).toMatchObject({ payableMinor: 280_000, worthMinor: 20_000 })
    const reasons = Object.fromEntries(
      said.coupons.map((one: { code: string; reason: string | null }) => [one.code, one.reason]),
    )
    expect(reasons).toEqual({
      [three.code]: null,
      [category.code]: 'stacking',
      [fee.code]: 'stacking',
      [dear.code]: 'min_spend',
      [foreignGoods.code]: 'out_of_scope',
      [theirs.code]: 'wrong_member',
      KX7QM: 'unknown',
    })
    const about = (code: string) => said.coupons.find((one: { code: string }) => one.code === code)
    expect(about(dear.code)).toMatchObject({ applies: false, missingMinor: 100_000 })
    expect(about(category.code)).toMatchObject({ applies: true, aloneMinor: 20_000 })
    const chinese = await post('/quotes', body, { language: 'zh-CN' })
    expect(chinese.said.best.said).toContain('次优组合为 ¥2,600.00')

    // What it names is granted together, for what it said without the member price and points.
    const taken = await reserve(said.best.codes, {
      ...body,
      codes: said.best.codes,
      amountMinor: 300_000,
      memberId: 'q',
    })
    expect(taken.said).toMatchObject({ discountMinor: 30_000, payableMinor: 270_000 })
  })

  test('asks for an amount, or lines that come to it', async () => {
    const lines = [{ sku: 'a', category: 'tea', quantity: 1, amountMinor: 500 }]
    for (const body of [{}, { amountMinor: 400, lines }])
      expect((await post('/quotes', body)).said).toMatchObject({ code: 'malformed', status: 422 })
    expect((await post('/quotes', { lines })).said.best.payableMinor).toBe(500)
    const huge = [1, 2].map((n) => ({ ...lines[0]!, sku: `${n}`, amountMinor: Number.MAX_SAFE_INTEGER }))
    expect((await post('/quotes', { lines: huge })).said).toMatchObject({ code: 'malformed', status: 422 })
  })

  test('of a basket with something given back comes to what is set aside for it', async () => {
    const tea = coupon('g', { minSpendMinor: 5_000, terms: { only: { categories: ['tea'] } } })
    await issue(tea)
    const line = (sku: string, amountMinor: number) => ({ sku, category: 'tea', quantity: 1, amountMinor })
    const body = { memberId: 'g', lines: [line('a', 5_000), line('b', -1_000)] }
    const { said } = await post('/quotes', body)
    expect(said).toMatchObject({
      amountMinor: 4_000,
      best: { codes: [tea.code], payableMinor: 4_000 - said.best.discountMinor },
    })
    expect(said.best.said).toContain('¥40.00 −')
    const taken = await reserve([tea.code], { ...body, amountMinor: 4_000 })
    expect(taken.said).toMatchObject({
      discountMinor: said.best.discountMinor,
      payableMinor: said.best.payableMinor,
    })
  })
})

describe('a reservation', () => {
  test('sets aside all or none, is answered again by its key, and is redeemed once', async () => {
    const [one, two] = [coupon('m'), coupon('m', { offer: { kind: 'gift', gift: 'mug', worthMinor: 900 } })]
    const campaignId = await issue(one, two)
    const ledger = () => campaignLedger(platform.store, shop, campaignId, now)
    const failed = await reserve([one.code, coupon('m').code])
    expect(failed).toMatchObject({ status: 404, said: { code: 'unknown' } })
    expect(await ledger()).toMatchObject({ open: 2, reserved: 0 })

    const body = { codes: [one.code, two.code], orderId: 'R-1', memberId: 'm', amountMinor: 10_000 }
    const once = randomUUID()
    const first = await post('/reservations', body, { once })
    expect(first.status).toBe(201)
    expect(first.said).toMatchObject({
      expiresAt: '2026-11-22T04:15:00.000Z',
      discountMinor: 500,
      payableMinor: 9_500,
      uses: expect.arrayContaining([
        expect.objectContaining({
          code: two.code,
          discountMinor: 0,
          worthMinor: 900,
          beside: { kind: 'gift', gift: 'mug', worthMinor: 900 },
        }),
      ]),
    })
    expect(await post('/reservations', body, { once })).toEqual(first)
    expect((await post('/reservations', { ...body, orderId: 'R-2' }, { once })).said.code).toBe(
      'idempotency_key_reused',
    )
    expect(await ledger()).toMatchObject({ open: 0, reserved: 2, redeemed: 0 })
    expect((await reserve([one.code])).said).toMatchObject({
      code: 'held',
      heldUntil: '2026-11-22T04:15:00.000Z',
      couponCode: one.code,
    })
    expect((await post('/redemptions', { ...body, code: one.code })).said).toMatchObject({ code: 'held' })
    expect((await get(`/coupons/${one.code}`)).state).toBe('held')

    const path = `/reservations/${first.said.reservationId}`
    expect((await post(`${path}/confirm`, null, { key: foreign })).said).toMatchObject({ status: 404 })
    const confirmed = await post(`${path}/confirm`, null)
    expect(confirmed.status).toBe(200)
    expect(confirmed.said.redemptions).toEqual(first.said.uses)
    expect((await post(`${path}/confirm`, null)).said).toEqual(confirmed.said)
    expect((await post(`${path}/release`, null)).said).toMatchObject({ code: 'confirmed', status: 409 })
    expect(await ledger()).toMatchObject({ reserved: 0, redeemed: 2, discountMinor: 500, worthMinor: 900 })

    const cancelled = await post('/orders/R-1/cancel', null)
    expect(cancelled.said.cancelled).toHaveLength(2)
    expect(await ledger()).toMatchObject({ open: 2, redeemed: 0, discountMinor: 0, worthMinor: 0 })
  })

  test('is let go by release and by its time; late, it is redeemed only if the use is still there', async () => {
    const one = coupon('m')
    const campaignId = await issue(one)
    const ledger = () => campaignLedger(platform.store, shop, campaignId, now)
    const first = (await reserve([one.code])).said
    expect((await post(`/reservations/${first.reservationId}/release`, null)).said).toMatchObject({
      released: true,
    })
    expect((await post(`/reservations/${first.reservationId}/release`, null)).status).toBe(200)
    expect((await post(`/reservations/${first.reservationId}/confirm`, null)).said.code).toBe('released')
    expect(await ledger()).toMatchObject({ open: 1, reserved: 0 })

    const second = (await reserve([one.code], { seconds: 60 })).said
    later(59.999)
    expect(await ledger()).toMatchObject({ open: 0, reserved: 1 })
    later(0.001)
    expect(await ledger()).toMatchObject({ open: 1, reserved: 0 })
    const third = (await reserve([one.code], { seconds: 60 })).said
    expect((await post(`/reservations/${second.reservationId}/confirm`, null)).said).toMatchObject({
      code: 'held',
      couponCode: one.code,
    })
    later(61)
    expect((await post(`/reservations/${second.reservationId}/confirm`, null)).status).toBe(200)
    expect((await post(`/reservations/${third.reservationId}/confirm`, null)).said.code).toBe('used')
    expect(await ledger()).toMatchObject({ open: 0, reserved: 0, redeemed: 1 })
  })

  test('a clock that goes ahead and is set back redeems no use twice', async () => {
    const terms = { refuseWhenSpent: true, usesPerMember: 1 }
    const [single, twice, mine] = [coupon('a'), coupon('b'), coupon('c', { terms, usesAllowed: 5 })]
    const campaigns = [await issue(single), await issue(twice), await issue(mine)]
    const costly = coupon('d', { terms: { refuseWhenSpent: true } })
    const other = coupon('e', { terms: { refuseWhenSpent: true } })
    const inTime = coupon('f', { terms })
    campaigns.push(await issue(costly, other), await issue(inTime))
    for (const [index, budgetMinor] of [5_000, 500, 500].entries())
      await platform.store
        .updateTable('campaigns')
        .set({ definition: JSON.stringify({ budgetMinor }) })
        .where('id', '=', campaigns[index + 2]!)
        .execute()
    const whole = async () => {
      for (const campaignId of campaigns) {
        const { issued, open, reserved, redeemed } = await campaignLedger(
          platform.store,
          shop,
          campaignId,
          now,
        )
        expect([open >= 0, reserved >= 0, open + reserved + redeemed]).toEqual([true, true, issued])
      }
    }
    const confirm = async ({ said }: { said: { reservationId: string } }) => {
      const { status, said: answer } = await post(`/reservations/${said.reservationId}/confirm`, null)
      return answer.code ?? status
    }
    const redeem = async ({ code }: NewCoupon, memberId: string) =>
      (await post('/redemptions', { code, orderId: randomUUID(), memberId, amountMinor: 900 })).status
    const kept = await Promise.all([
      reserve([single.code], { seconds: 60, memberId: 'a' }),
      reserve([twice.code], { seconds: 60, memberId: 'b' }),
      reserve([mine.code], { seconds: 60, memberId: 'c' }),
      reserve([costly.code], { seconds: 60, memberId: 'd' }),
    ])
    expect(kept.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    later(3_600)
    expect([await redeem(single, 'a'), await redeem(mine, 'c'), await redeem(other, 'e')]).toEqual([
      201, 201, 201,
    ])
    const again = await reserve([twice.code], { seconds: 60, memberId: 'b' })
    expect(again.status).toBe(201)
    later(-3_600)
    await whole()
    expect((await get('/members/b/wallet')).coupons).toMatchObject([{ code: twice.code, usesLeft: 0 }])
    expect([await confirm(kept[0]), await confirm(kept[2]), await confirm(kept[3])]).toEqual([
      'used',
      'used',
      'budget',
    ])
    expect(await Promise.all([confirm(kept[1]), confirm(again)])).toEqual([200, 'used'])
    expect(await confirm(await reserve([inTime.code], { memberId: 'f' }))).toBe(200)
    await whole()
    const redeemed = await Promise.all(campaigns.map((id) => campaignLedger(platform.store, shop, id, now)))
    expect(redeemed.map((one) => one.redeemed)).toEqual([1, 1, 1, 1, 1])
  })

  test('is let go when its order is cancelled, also after its time', async () => {
    const [one, two] = [coupon('m'), coupon('m')]
    const campaignId = await issue(one, two)
    const held = await reserve([one.code], { orderId: 'R-gone' })
    const lapsed = await reserve([two.code], { orderId: 'R-late', seconds: 30 })
    later(60)
    expect((await post('/orders/R-gone/cancel', null, { key: foreign })).status).toBe(404)
    for (const orderId of ['R-gone', 'R-late', 'R-gone'])
      expect(await post(`/orders/${orderId}/cancel`, null)).toMatchObject({
        status: 200,
        said: { orderId, cancelled: [] },
      })
    for (const { said } of [held, lapsed])
      expect((await post(`/reservations/${said.reservationId}/confirm`, null)).said.code).toBe('released')
    expect(await campaignLedger(platform.store, shop, campaignId, now)).toMatchObject({
      open: 2,
      reserved: 0,
      redeemed: 0,
    })
  })

  test('takes each code once however it is spelled, and no text that is none', async () => {
    const [one, two] = [coupon('m', { usesAllowed: 2 }), coupon('m')]
    const campaignId = await issue(one, two)
    const again = [
      printedCode(one.code),
      one.code.toLowerCase(),
      `${one.code.slice(0, 3)} ${one.code.slice(3)}`,
    ]
    for (const spelled of again)
      expect((await reserve([one.code, spelled])).said).toMatchObject({
        code: 'malformed',
        detail: expect.stringContaining('each code once') as string,
      })
    const chinese = await reserve([one.code, one.code], {}, { language: 'zh-CN' })
    expect(chinese.said.detail).toContain('每个券码只填一次')
    for (const text of ['R\0', 'R\ud83d'])
      for (const field of ['orderId', 'storeId', 'memberId']) {
        const basket = { orderId: 'R', memberId: 'm', amountMinor: 900, [field]: text }
        for (const answer of [
          await reserve([one.code], basket),
          await post('/redemptions', { ...basket, code: one.code }),
          await post('/quotes', basket),
        ])
          expect(answer.said).toMatchObject({ status: 422, code: 'malformed' })
      }
    expect(await campaignLedger(platform.store, shop, campaignId, now)).toMatchObject({
      open: 3,
      reserved: 0,
    })
    expect((await reserve([printedCode(one.code), two.code])).status).toBe(201)
  })

  test('is a promise while its time lasts: the end of validity and a revocation come after it', async () => {
    const [kept, lost] = [coupon('m'), coupon('m')]
    const campaignId = await issue(kept, lost)
    const ledger = () => campaignLedger(platform.store, shop, campaignId, now)
    now = new Date('2026-11-30T23:59:00Z')
    const [first, second] = [await reserve([kept.code]), await reserve([lost.code], { seconds: 30 })]
    await revokeOpenCoupons(platform.store, { workspaceId: shop, campaignId, actor: 'owner', at: now })
    expect(await ledger()).toMatchObject({ reserved: 2, revoked: 0, expired: 0, open: 0 })
    later(120)
    expect((await post(`/reservations/${first.said.reservationId}/confirm`, null)).status).toBe(200)
    expect((await post(`/reservations/${second.said.reservationId}/confirm`, null)).said.code).toBe('revoked')
    expect(await ledger()).toMatchObject({ reserved: 0, redeemed: 1, revoked: 1, open: 0 })
  })

  test('what one request of a batch lets go or uses is seen by the next', async () => {
    const [twice, single] = [coupon('m', { usesAllowed: 2 }), coupon('m')]
    const campaignId = await issue(twice, single)
    const both = await reserve([twice.code])
    const other = await reserve([single.code])
    const wish = { orderId: 'R-batch', memberId: 'm', amountMinor: 900 }
    const answers = await Promise.all([
      post(`/reservations/${both.said.reservationId}/confirm`, null),
      post('/redemptions', { ...wish, code: twice.code }),
      post(`/reservations/${other.said.reservationId}/release`, null),
      post('/redemptions', { ...wish, code: single.code }),
      post('/redemptions', { ...wish, code: single.code }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 201, 200, 201, 409])
    expect(answers[4]!.said.code).toBe('used')
    expect(await campaignLedger(platform.store, shop, campaignId, now)).toMatchObject({
      open: 0,
      reserved: 0,
      redeemed: 3,
    })
  })

  test('coupons of two kinds exclude each other on one order, at once and one after the other', async () => {
    const [x, y, any] = [
      coupon('m', { usesAllowed: 3, terms: { stackGroup: 'x' } }),
      coupon('m', { usesAllowed: 3, terms: { stackGroup: 'y' } }),
      coupon('m', { usesAllowed: 3 }),
    ]
    await issue(x, y, any)
    expect((await reserve([x.code, y.code])).said).toMatchObject({ code: 'stacking', couponCode: y.code })
    const order = { orderId: 'R-stack', memberId: 'm', amountMinor: 10_000 }
    const held = await reserve([x.code, any.code], order)
    expect(held.status).toBe(201)
    expect((await post('/redemptions', { ...order, code: y.code })).said.code).toBe('stacking')
    expect((await post('/redemptions', { ...order, orderId: 'R-other', code: y.code })).status).toBe(201)
    await post(`/reservations/${held.said.reservationId}/release`, null)
    expect((await post('/redemptions', { ...order, code: y.code })).status).toBe(201)
    expect((await post('/redemptions', { ...order, code: x.code })).said.code).toBe('stacking')
    expect((await post('/redemptions', { ...order, code: any.code })).status).toBe(201)
  })

  test('a budget counts what is set aside and not what was taken back; a member uses as often as one may', async () => {
    const terms = { refuseWhenSpent: true, usesPerMember: 2 }
    const [a, b, c] = [1, 2, 3].map(() => coupon('m', { terms })) as [NewCoupon, NewCoupon, NewCoupon]
    const other = coupon('n', { terms })
    const campaignId = await issue(a, b, c, other)
    await platform.store
      .updateTable('campaigns')
      .set({ definition: JSON.stringify({ budgetMinor: 1_200 }) })
      .where('id', '=', campaignId)
      .execute()
    const redeem = (code: string, memberId = 'm') =>
      post('/redemptions', { code, orderId: randomUUID(), memberId, amountMinor: 900 })
    const held = await reserve([a.code])
    const redeemed = await redeem(b.code)
    expect(redeemed.status).toBe(201)
    expect((await redeem(c.code)).said.code).toBe('used')
    await post(`/redemptions/${redeemed.said.redemptionId}/cancel`, null)
    expect((await redeem(c.code)).status).toBe(201)
    // 500 are spent and 500 set aside of 1,200
    expect((await redeem(other.code, 'n')).said.code).toBe('budget')
    await post(`/reservations/${held.said.reservationId}/release`, null)
    expect((await redeem(other.code, 'n')).status).toBe(201)
  })

  test('a member on hold is refused at once, and not once let go', async () => {
    const one = coupon('M1')
    await issue(one)
    const workspace = (await platform.workspaces.byId(shop))!
    await workspace.engine.run(sql`insert into members (member_key, member_id) values (1, 'M1')`)
    const tag = async (kind: 'tag-added' | 'tag-removed') =>
      platform.store
        .transaction()
        .execute((tx) =>
          recordEvent(
            tx,
            shop,
            kind === 'tag-added'
              ? { kind, tag: '滥用冻结', memberIds: ['M1'], source: 'manual', day: '2026-11-22' }
              : { kind, tag: '滥用冻结', memberIds: ['M1'], day: '2026-11-22' },
            now,
          ),
        )
    await tag('tag-added')
    const wish = { code: one.code, orderId: 'R', memberId: 'M1', amountMinor: 900 }
    expect((await post('/redemptions', wish)).said).toMatchObject({ code: 'blocked', status: 409 })
    await tag('tag-removed')
    expect((await post('/redemptions', wish)).status).toBe(201)
  })

  test('all coupons of a basket take off at most what the shop allows', async () => {
    const half = () => coupon('most', { offer: { kind: 'percent', percent: 50 } })
    const [a, b, c, d] = [half(), half(), half(), half()]
    await issue(a, b, c, d)
    const allow = (percent: number) =>
      platform.store
        .updateTable('workspaces')
        .set({ most_off_percent: percent })
        .where('id', '=', shop)
        .execute()
    await allow(60)
    const order = { orderId: 'R-most', memberId: 'most', amountMinor: 10_000 }
    const both = await reserve([a.code, b.code], order)
    expect(both.said).toMatchObject({ discountMinor: 6_000, payableMinor: 4_000 })
    expect((await post('/redemptions', { ...order, amountMinor: 4_000, code: c.code })).said.code).toBe(
      'stacking',
    )
    const quoted = await post('/quotes', { memberId: 'most', codes: [c.code, d.code], amountMinor: 10_000 })
    expect(quoted.said.best.payableMinor).toBe(4_000)
    await allow(100)
  })

  test('all coupons of a basket take off no more than the basket where the shop allows all', async () => {
    const [five, more, percent] = [
      coupon('whole', { usesAllowed: 9 }),
      coupon('whole', { usesAllowed: 9 }),
      coupon('whole', { offer: { kind: 'percent', percent: 60 }, usesAllowed: 9 }),
    ]
    await issue(five, more, percent)
    const order = { orderId: 'R-whole', memberId: 'whole', amountMinor: 1_000 }
    const redeem = (code: string, differs: object = {}) =>
      post('/redemptions', { ...order, code, ...differs })
    const first = await redeem(five.code)
    const second = await redeem(percent.code)
    expect([first.said.discountMinor, second.said.discountMinor]).toEqual([500, 500])
    const third = await redeem(more.code)
    expect(third).toMatchObject({ status: 409, said: { code: 'stacking' } })
    expect((await reserve([more.code], order)).said.code).toBe('stacking')
    // the basket of another order, and of this one when a use was taken back
    expect((await redeem(more.code, { orderId: 'R-next' })).said.discountMinor).toBe(500)
    await post(`/redemptions/${first.said.redemptionId}/cancel`, null)
    const held = await reserve([more.code], order)
    expect(held.said.discountMinor).toBe(500)
    expect((await redeem(five.code)).said.code).toBe('stacking')
    const atOnce = await Promise.all(
      [five, more, five, more].map(({ code }) => redeem(code, { orderId: 'R-at-once' })),
    )
    expect(atOnce.map(({ status }) => status)).toEqual([201, 201, 409, 409])
  })
})

test('a wallet has what its member can use now or later, soonest to end first', async () => {
  const soon = coupon('w', { validTo: '2026-11-25T00:00:00.000Z' })
  const coming = coupon('w', { validFrom: '2026-11-23T00:00:00.000Z' })
  const [over, used] = [coupon('w', { validTo: '2026-11-21T00:00:00.000Z' }), coupon('w')]
  await issue(coming, soon, over, used, coupon('another'))
  await post('/redemptions', { code: used.code, orderId: 'R', memberId: 'w', amountMinor: 900 })
  const { coupons } = await get('/members/w/wallet')
  expect(coupons.map(({ code, state }: { code: string; state: string }) => [code, state])).toEqual([
    [soon.code, 'open'],
    [coming.code, 'not_yet_valid'],
  ])
  expect(coupons[0].sentence).toBe('¥5.00 off, good through 24 Nov 2026; one use per member.')
  expect((await get('/members/w/wallet', foreign)).coupons).toEqual([])
})

test('an order that is sent as cancelled or wholly refunded gives its uses back, a part of it does not', async () => {
  const names = ['whole', 'lines', 'closed', 'part', 'unpaid', 'refused', 'late']
  const coupons = names.map(() => coupon('m'))
  const campaignId = await issue(...coupons)
  for (const [index, { code }] of coupons.entries())
    expect(
      (await post('/redemptions', { code, orderId: names[index], memberId: 'm', amountMinor: 900 })).status,
    ).toBe(201)
  const reserved = coupon('m')
  await issue(reserved)
  const held = await reserve([reserved.code], { orderId: 'whole' })
  const sent = (orderId: string, differs: object = {}) => ({
    orderId,
    orderedAt: '2026-11-20T23:30:00+08:00',
    amountMinor: 500,
    ...differs,
  })
  const orders = [
    sent('whole', { refundedMinor: 500 }),
    sent('lines', { amountMinor: undefined, lines: [{ amountMinor: 300 }, { amountMinor: -300 }] }),
    sent('closed', { state: 'closed' }),
    sent('part', { refundedMinor: 499 }),
    sent('unpaid', { state: 'unpaid', refundedMinor: 500 }),
    sent('refused', { refundedMinor: 500, refundedAt: '2027-11-20T00:00:00Z' }),
  ]
  const once = randomUUID()
  const taken = await post('/orders', { orders }, { once })
  expect(taken.said).toMatchObject({ refused: 1 })
  const states = async () => {
    const looked = await Promise.all(coupons.map(({ code }) => get(`/coupons/${code}`)))
    return names.filter((_, index) => looked[index]!.usesLeft === 1)
  }
  expect(await states()).toEqual(['whole', 'lines', 'closed'])
  expect((await post(`/reservations/${held.said.reservationId}/confirm`, null)).said.code).toBe('released')
  // the same batch again takes nothing more back, by its key and by what it says
  expect((await post('/orders', { orders }, { once })).text).toBe(taken.text)
  await post('/orders', { orders })
  expect(await states()).toEqual(['whole', 'lines', 'closed'])
  now = new Date('2026-12-02T04:00:00Z')
  await post('/orders', { orders: [sent('late', { refundedMinor: 500 })] })
  expect(await campaignLedger(platform.store, shop, campaignId, now)).toMatchObject({
    redeemed: 3,
    expired: 4,
  })
})
