import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { openMigratedStore, type Store } from '../store/store.ts'
import { cancelRedemptions } from './cancellations.ts'
import { campaignLedger } from './counts.ts'
import { addLaunch, addShop, couponFor } from './issued-coupons.fixture.ts'
import { type RedemptionOutcome, type RedemptionRequest, Redemptions } from './redemptions.ts'
import { revokeOpenCoupons } from './revoke.ts'

// An oracle of the definitions: each coupon as a few numbers in memory, beside the real Store.

const dayMs = 86_400_000
const start = Date.parse('2026-11-01T00:00:00Z')

interface Expected {
  readonly code: string
  readonly memberId: string
  readonly uses: number
  readonly validDays: number
  readonly minSpendMinor: number
  redeemed: { id: string; discountMinor: number }[]
  revoked: number
}

/** One redemption as an operation; several of them at once when `together`. */
const Redeem = fc.record({
  kind: fc.constant('redeem' as const),
  coupon: fc.nat(5),
  member: fc.constantFrom('right', 'right', 'right', 'wrong', 'none'),
  amountMinor: fc.constantFrom(1, 499, 500, 999, 1_000, 30_000),
  key: fc.nat(40),
})
const Operation = fc.oneof(
  { weight: 6, arbitrary: fc.array(Redeem, { minLength: 1, maxLength: 6 }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), nth: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('days' as const), days: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revoke' as const) }) },
)

it('holds issued = open + reserved + redeemed + expired + revoked through every story', async () => {
  const stories = fc.asyncProperty(
    fc.array(Operation, { minLength: 5, maxLength: 40 }),
    async (operations) => {
      const store = await openMigratedStore(':memory:')
      try {
        await tell(store, operations)
      } finally {
        await store.destroy()
      }
    },
  )
  await expect(fc.assert(stories, { numRuns: 100, seed: 20261122 })).resolves.toBeUndefined()
})

type Story = typeof Operation extends fc.Arbitrary<infer T> ? T[] : never

async function tell(store: Store, operations: Story): Promise<void> {
  await addShop(store, 'shop')
  const issued = [1, 1, 2, 3, 1, 2].map((uses, n) =>
    couponFor(`m${n}`, {
      usesAllowed: uses,
      minSpendMinor: n === 4 ? 1_000 : 0,
      validFrom: new Date(start).toISOString(),
      validTo: new Date(start + (n % 3 === 2 ? 5 : 15) * dayMs).toISOString(),
    }),
  )
  const { campaignId } = await addLaunch(store, 'shop', issued)
  const coupons: Expected[] = issued.map((coupon, n) => ({
    code: coupon.code,
    memberId: `m${n}`,
    uses: coupon.usesAllowed,
    validDays: n % 3 === 2 ? 5 : 15,
    minSpendMinor: coupon.minSpendMinor,
    redeemed: [],
    revoked: 0,
  }))
  let day = 0
  const clock = { now: () => new Date(start + day * dayMs) }
  const redemptions = new Redemptions(store, clock)
  const answers = new Map<string, { request: RedemptionRequest; outcome: RedemptionOutcome }>()
  const history: string[] = []

  for (const operation of operations) {
    if (Array.isArray(operation)) {
      const requests = operation.map((wish) => {
        const coupon = coupons[wish.coupon]!
        const memberId = wish.member === 'right' ? coupon.memberId : 'somebody else'
        const presented =
          wish.member === 'none' ? ({ kind: 'nobody' } as const) : ({ kind: 'member', memberId } as const)
        return {
          workspaceId: 'shop',
          idempotencyKey: `key ${wish.key}`,
          code: coupon.code,
          orderId: 'o1',
          storeId: null,
          presented,
          amountMinor: wish.amountMinor,
          body: wish,
          actor: 'key:till',
        } satisfies RedemptionRequest
      })
      const outcomes = await Promise.all(requests.map((request) => redemptions.redeem(request)))
      for (const [index, request] of requests.entries()) {
        const outcome = outcomes[index]!
        const first = answers.get(request.idempotencyKey)
        if (first) {
          const isSame = JSON.stringify(first.request.body) === JSON.stringify(request.body)
          assert.deepEqual(outcome, isSame ? first.outcome : { kind: 'key-reused' })
          continue
        }
        answers.set(request.idempotencyKey, { request, outcome })
        const coupon = coupons.find(({ code }) => code === request.code)!
        assert.deepEqual(summary(outcome), expected(coupon, request, day))
        if (outcome.kind !== 'redeemed') continue
        coupon.redeemed.push({ id: outcome.redemptionId, discountMinor: outcome.discountMinor })
        history.push(outcome.redemptionId)
      }
    } else if (operation.kind === 'cancel') {
      const redemptionId = history[operation.nth]
      const cancelled = await cancelRedemptions(
        store,
        clock,
        { workspaceId: 'shop', redemptionId: redemptionId ?? 'none such' },
        'key:till',
      )
      assert.deepEqual(cancelled === null, redemptionId === undefined)
      const coupon = coupons.find(({ redeemed }) => redeemed.some(({ id }) => id === redemptionId))
      if (coupon) {
        coupon.redeemed = coupon.redeemed.filter(({ id }) => id !== redemptionId)
        assert.deepEqual(cancelled![0]!.restored, coupon.revoked === 0 && day < coupon.validDays)
        if (coupon.revoked > 0) coupon.revoked += 1
      }
    } else if (operation.kind === 'days') day += operation.days
    else if (operation.kind === 'revoke') {
      await revokeOpenCoupons(store, {
        workspaceId: 'shop',
        campaignId,
        actor: 'user:owner',
        at: clock.now(),
      })
      for (const coupon of coupons)
        if (day < coupon.validDays) coupon.revoked = coupon.uses - coupon.redeemed.length
    } else await crash(store, redemptions, coupons[0]!)

    const counted = await campaignLedger(store, 'shop', campaignId, clock.now())
    const sum = (of: (coupon: Expected) => number) => coupons.reduce((total, coupon) => total + of(coupon), 0)
    const unused = (coupon: Expected) => coupon.uses - coupon.redeemed.length - coupon.revoked
    assert.deepEqual(counted, {
      issued: sum(({ uses }) => uses),
      open: sum((coupon) => (day < coupon.validDays ? unused(coupon) : 0)),
      reserved: 0,
      redeemed: sum(({ redeemed }) => redeemed.length),
      expired: sum((coupon) => (day < coupon.validDays ? 0 : unused(coupon))),
      revoked: sum(({ revoked }) => revoked),
      redeemers: sum(({ redeemed }) => Math.min(1, redeemed.length)),
      discountMinor: sum(({ redeemed }) =>
        redeemed.reduce((total, { discountMinor }) => total + discountMinor, 0),
      ),
      worthMinor: 0,
    })
    assert.equal(
      counted.issued,
      counted.open + counted.reserved + counted.redeemed + counted.expired + counted.revoked,
    )
  }
}

const summary = (outcome: RedemptionOutcome): string =>
  outcome.kind === 'redeemed'
    ? `redeemed ${outcome.discountMinor}`
    : outcome.kind === 'refused'
      ? outcome.code
      : outcome.kind

/** From the definitions: a fixed 500 off, never above the basket. */
function expected(coupon: Expected, request: RedemptionRequest, day: number): string {
  if (coupon.revoked > 0) return 'revoked'
  if (coupon.redeemed.length === coupon.uses) return 'used'
  if (day >= coupon.validDays) return 'expired'
  if (request.presented.kind !== 'member' || request.presented.memberId !== coupon.memberId)
    return 'wrong_member'
  if (request.amountMinor < coupon.minSpendMinor) return 'min_spend'
  return `redeemed ${Math.min(500, request.amountMinor)}`
}

/** The disk fails after the ledger's row: the caller hears of it and nothing has happened. */
async function crash(store: Store, redemptions: Redemptions, coupon: Expected): Promise<void> {
  await sql`create temp trigger fails before insert on main.redemption_requests
    begin select raise(abort, 'disk full'); end`.execute(store)
  const redeemed = redemptions.redeem({
    workspaceId: 'shop',
    idempotencyKey: 'crash',
    code: coupon.code,
    orderId: 'o1',
    storeId: null,
    presented: { kind: 'member', memberId: coupon.memberId },
    amountMinor: 700,
    body: null,
    actor: 'key:till',
  })
  await assert.rejects(redeemed, /disk full/)
  await sql`drop trigger fails`.execute(store)
}
