import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { openMigratedStore, type Store } from '../store/store.ts'
import { cancelRedemptions } from './cancellations.ts'
import { campaignLedger } from './counts.ts'
import { addLaunch, addShop, couponFor } from './issued-coupons.fixture.ts'
import {
  type RedemptionOutcome,
  type RedemptionRequest,
  Redemptions,
  type ReservedUse,
} from './redemptions.ts'
import { revokeOpenCoupons } from './revoke.ts'
import { plainTerms } from './terms.ts'

// An oracle of the definitions: each coupon as a few numbers in memory, beside the real Store.

const dayMs = 86_400_000
const start = Date.parse('2026-11-01T00:00:00Z')

interface Expected {
  readonly code: string
  /** Null: one code for many, each of whom may use it so often. */
  readonly memberId: string | null
  readonly perMember: number
  readonly uses: number
  readonly validTo: number
  readonly minSpendMinor: number
  redeemed: { id: string; discountMinor: number; by: string }[]
  /** Set aside, as it was granted; what is over stays here until it is redeemed late or the story ends. */
  reserved: {
    reservation: string
    until: number
    discountMinor: number
    state: 'held' | 'ended'
    by: string
  }[]
  isRevoked: boolean
}

/** One redemption as an operation; several of them at once when `together`. */
const Redeem = fc.record({
  kind: fc.constant('redeem' as const),
  coupon: fc.nat(6),
  member: fc.constantFrom('right', 'right', 'right', 'card', 'wrong', 'none'),
  amountMinor: fc.constantFrom(1, 499, 500, 999, 1_000, 30_000),
  key: fc.nat(40),
})
const Reserve = fc.record({
  kind: fc.constant('reserve' as const),
  coupons: fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 3 }),
  amountMinor: fc.constantFrom(499, 1_000, 30_000),
  seconds: fc.constantFrom(30, 3_600, 86_400),
  key: fc.nat(20),
})
const End = fc.record({ kind: fc.constantFrom('confirm' as const, 'release' as const), nth: fc.nat(6) })
const Operation = fc.oneof(
  { weight: 6, arbitrary: fc.array(Redeem, { minLength: 1, maxLength: 6 }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), nth: fc.nat(6) }) },
  { weight: 3, arbitrary: Reserve },
  { weight: 3, arbitrary: End },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('minutes' as const), minutes: fc.integer({ min: 1, max: 90 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      in: fc.constantFrom('ledger', 'redemption_requests', 'named_uses'),
    }),
  },
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
  // A story that failed is told again by the seed and path that its report names: REVEILLE_SEED, REVEILLE_PATH.
  const seed = Number(process.env.REVEILLE_SEED ?? 20261122)
  const path = process.env.REVEILLE_PATH
  const again = { numRuns: 80, seed, ...(path === undefined ? {} : { path, endOnFailure: true }) }
  await expect(fc.assert(stories, again)).resolves.toBeUndefined()
})

type Story = typeof Operation extends fc.Arbitrary<infer T> ? T[] : never

async function tell(store: Store, operations: Story): Promise<void> {
  await addShop(store, 'shop')
  const issued = [1, 1, 2, 3, 1, 2, 5].map((uses, n) =>
    couponFor(n === 6 ? null : `m${n}`, {
      ...(n === 6 ? { terms: { ...plainTerms, usesPerMember: 2 } } : {}),
      usesAllowed: uses,
      minSpendMinor: n === 4 ? 1_000 : 0,
      validFrom: new Date(start).toISOString(),
      validTo: new Date(start + (n % 3 === 2 ? 5 : 15) * dayMs).toISOString(),
    }),
  )
  const { campaignId } = await addLaunch(store, 'shop', issued)
  const coupons: Expected[] = issued.map((coupon, n) => ({
    code: coupon.code,
    memberId: n === 6 ? null : `m${n}`,
    perMember: n === 6 ? 2 : Infinity,
    uses: coupon.usesAllowed,
    validTo: start + (n % 3 === 2 ? 5 : 15) * dayMs,
    minSpendMinor: coupon.minSpendMinor,
    redeemed: [],
    reserved: [],
    isRevoked: false,
  }))
  let now = start
  const clock = { now: () => new Date(now) }
  // One id stands for all members, so that coupons of several may be set aside for one basket.
  const ports = {
    sameMember: async (_: string, one: string) => one === 'everyone',
    // One person with two cards.
    idsOf: async (_: string, id: string) => (isThem(id) ? ['them', 'their card'] : [id]),
    blockedIn: async () => new Set<string>(),
  }
  let redemptions = new Redemptions(store, clock, ports)
  const answers = new Map<string, { body: string; outcome: unknown }>()
  const history: string[] = []
  const reservations: { id: string; ended: 'confirmed' | 'released' | null; codes: string[] }[] = []
  const held = (coupon: Expected) =>
    coupon.reserved.filter(({ until, state }) => state === 'held' && until > now)
  let wishes = 0
  const asked = (body: unknown, key = `new ${wishes++}`) => ({
    workspaceId: 'shop',
    idempotencyKey: key,
    body,
    actor: 'key:till',
  })

  for (const operation of operations) {
    if (Array.isArray(operation)) {
      const requests = operation.map((wish) => {
        const coupon = coupons[wish.coupon]!
        const memberId =
          wish.member === 'right'
            ? (coupon.memberId ?? 'them')
            : wish.member === 'card'
              ? 'their card'
              : 'somebody else'
        return {
          ...asked(wish, `key ${wish.key}`),
          code: coupon.code,
          orderId: `redeem ${wish.key}`,
          storeId: null,
          presented:
            wish.member === 'none' ? ({ kind: 'nobody' } as const) : ({ kind: 'member', memberId } as const),
          amountMinor: wish.amountMinor,
        } satisfies RedemptionRequest
      })
      const outcomes = await Promise.all(requests.map((request) => redemptions.redeem(request)))
      for (const [index, request] of requests.entries()) {
        const outcome = outcomes[index]!
        const first = answers.get(request.idempotencyKey)
        if (first) {
          const isSame = first.body === JSON.stringify(request.body)
          assert.deepEqual(outcome, isSame ? first.outcome : { kind: 'key-reused' })
          continue
        }
        answers.set(request.idempotencyKey, { body: JSON.stringify(request.body), outcome })
        const coupon = coupons.find(({ code }) => code === request.code)!
        const by = request.presented.kind === 'member' ? request.presented.memberId : null
        assert.deepEqual(summary(outcome), expected(coupon, request.amountMinor, by))
        if (outcome.kind !== 'redeemed') continue
        coupon.redeemed.push({ id: outcome.redemptionId, discountMinor: outcome.discountMinor, by: by! })
        history.push(outcome.redemptionId)
      }
    } else if (operation.kind === 'reserve') {
      const wanted = operation.coupons.map((n) => coupons[n]!)
      const request = {
        ...asked(operation, `reserve ${operation.key}`),
        codes: wanted.map(({ code }) => code),
        orderId: `reserve ${operation.key}`,
        storeId: null,
        presented: {
          kind: 'member' as const,
          memberId: wanted.length > 1 ? 'everyone' : (wanted[0]!.memberId ?? 'them'),
        },
        amountMinor: operation.amountMinor,
        seconds: operation.seconds,
      }
      const outcome = await redemptions.reserve(request)
      const first = answers.get(request.idempotencyKey)
      if (first) {
        const isSame = first.body === JSON.stringify(operation)
        assert.deepEqual(outcome, isSame ? first.outcome : { kind: 'key-reused' })
      } else {
        answers.set(request.idempotencyKey, { body: JSON.stringify(operation), outcome })
        const refusals = wanted.map((coupon) =>
          expected(coupon, operation.amountMinor, request.presented.memberId),
        )
        const refused = refusals.find((one) => !one.startsWith('redeemed'))
        if (refused !== undefined) assert.equal(outcome.kind === 'refused' && outcome.code, refused)
        else {
          assert(outcome.kind === 'reserved')
          // 5.00 off each, one after the other, by their ids, until nothing is left
          let left = operation.amountMinor
          for (const use of outcome.uses) {
            assert.equal(use.discountMinor, Math.min(500, left))
            left -= use.discountMinor
            coupons
              .find(({ code }) => code === use.code)!
              .reserved.push({
                reservation: outcome.reservationId,
                until: now + operation.seconds * 1_000,
                discountMinor: use.discountMinor,
                state: 'held',
                by: request.presented.memberId,
              })
          }
          assert.equal(outcome.uses.length, wanted.length)
          reservations.push({ id: outcome.reservationId, ended: null, codes: request.codes })
        }
      }
    } else if (operation.kind === 'confirm' || operation.kind === 'release') {
      const reservation = reservations[operation.nth]
      const id = reservation?.id ?? 'none such'
      const outcome = await redemptions[operation.kind]({ ...asked(id), reservationId: id })
      if (!reservation) assert.deepEqual(outcome, { kind: 'no-reservation' })
      else if (reservation.ended !== null) {
        const isSame = (reservation.ended === 'confirmed') === (operation.kind === 'confirm')
        assert.equal(outcome.kind, isSame ? reservation.ended : 'ended')
      } else {
        const theirs = coupons.filter(({ reserved }) => reserved.some((one) => one.reservation === id))
        const ofIt = (coupon: Expected) => coupon.reserved.find((one) => one.reservation === id)!
        const isLate = ofIt(theirs[0]!).until <= now
        const lost = theirs.some(
          (coupon) =>
            isGone(coupon) ||
            held(coupon).length + coupon.redeemed.length >= coupon.uses ||
            usedBy(coupon, ofIt(coupon).by) >= coupon.perMember,
        )
        if (operation.kind === 'confirm' && isLate && lost) assert.equal(outcome.kind, 'refused')
        else {
          reservation.ended = operation.kind === 'confirm' ? 'confirmed' : 'released'
          assert.equal(outcome.kind, reservation.ended)
          for (const coupon of theirs) {
            ofIt(coupon).state = 'ended'
            if (outcome.kind !== 'confirmed') continue
            const use: ReservedUse = outcome.uses.find(({ code }) => code === coupon.code)!
            assert.equal(use.discountMinor, ofIt(coupon).discountMinor)
            coupon.redeemed.push({
              id: use.redemptionId,
              discountMinor: use.discountMinor,
              by: ofIt(coupon).by,
            })
            history.push(use.redemptionId)
          }
        }
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
        assert.deepEqual(cancelled![0]!.restored, !coupon.isRevoked && now < coupon.validTo)
      }
    } else if (operation.kind === 'days') now += operation.days * dayMs
    else if (operation.kind === 'minutes') now += operation.minutes * 60_000
    else if (operation.kind === 'revoke') {
      await revokeOpenCoupons(store, {
        workspaceId: 'shop',
        campaignId,
        actor: 'user:owner',
        at: clock.now(),
      })
      for (const coupon of coupons)
        if (now < coupon.validTo && coupon.redeemed.length < coupon.uses) coupon.isRevoked = true
    } else if (operation.kind === 'crash') {
      await crash(
        store,
        redemptions,
        coupons[operation.in === 'named_uses' ? 6 : 0]!,
        operation.in,
        asked(null).idempotencyKey,
      )
      // The process that comes after knows nothing but what is in the Store.
      redemptions = new Redemptions(store, clock, ports)
    }

    const counted = await campaignLedger(store, 'shop', campaignId, clock.now())
    const sum = (of: (coupon: Expected) => number) => coupons.reduce((total, coupon) => total + of(coupon), 0)
    const unused = (coupon: Expected) => coupon.uses - coupon.redeemed.length - held(coupon).length
    assert.deepEqual(counted, {
      issued: sum(({ uses }) => uses),
      open: sum((coupon) => (isGone(coupon) ? 0 : unused(coupon))),
      reserved: sum((coupon) => held(coupon).length),
      redeemed: sum(({ redeemed }) => redeemed.length),
      expired: sum((coupon) => (isGone(coupon) && !coupon.isRevoked ? unused(coupon) : 0)),
      revoked: sum((coupon) => (coupon.isRevoked ? unused(coupon) : 0)),
      redeemers: sum(({ memberId, redeemed }) =>
        memberId === null ? new Set(redeemed.map(({ by }) => by)).size : Math.min(1, redeemed.length),
      ),
      discountMinor: sum(({ redeemed }) =>
        redeemed.reduce((total, { discountMinor }) => total + discountMinor, 0),
      ),
      worthMinor: 0,
    })
    assert.equal(
      counted.issued,
      counted.open + counted.reserved + counted.redeemed + counted.expired + counted.revoked,
    )
    assert(counted.open >= 0 && counted.reserved >= 0 && counted.expired >= 0 && counted.revoked >= 0)
  }

  function isGone({ isRevoked, validTo }: Expected): boolean {
    return isRevoked || now >= validTo
  }

  /** Uses by a person under any of their ids, those that are set aside too. */
  function usedBy(coupon: Expected, by: string): number {
    const isTheirs = (use: { by: string }) => use.by === by || (isThem(use.by) && isThem(by))
    return coupon.redeemed.filter(isTheirs).length + held(coupon).filter(isTheirs).length
  }

  /** From the definitions: a fixed 500 off, never above the basket; `by`: whom the till names. */
  function expected(coupon: Expected, amountMinor: number, by: string | null): string {
    if (coupon.isRevoked) return 'revoked'
    if (coupon.redeemed.length >= coupon.uses) return 'used'
    if (now >= coupon.validTo) return 'expired'
    if (coupon.redeemed.length + held(coupon).length >= coupon.uses) return 'held'
    if (by === null) return 'wrong_member'
    if (coupon.memberId !== null && by !== coupon.memberId && by !== 'everyone') return 'wrong_member'
    if (usedBy(coupon, by) >= coupon.perMember) return 'used'
    if (amountMinor < coupon.minSpendMinor) return 'min_spend'
    return `redeemed ${Math.min(500, amountMinor)}`
  }
}

const isThem = (id: string) => id === 'them' || id === 'their card'

const summary = (outcome: RedemptionOutcome): string =>
  outcome.kind === 'redeemed'
    ? `redeemed ${outcome.discountMinor}`
    : outcome.kind === 'refused'
      ? outcome.code
      : outcome.kind

/** The disk fails while the ledger or the answer is written: the caller hears of it and nothing has happened. */
async function crash(
  store: Store,
  redemptions: Redemptions,
  coupon: Expected,
  table: string,
  key: string,
): Promise<void> {
  await sql`create temp trigger fails before insert on ${sql.table(`main.${table}`)}
    begin select raise(abort, 'disk full'); end`.execute(store)
  const wish = {
    workspaceId: 'shop',
    orderId: key,
    storeId: null,
    presented: { kind: 'member' as const, memberId: coupon.memberId ?? 'them' },
    amountMinor: 700,
    body: null,
    actor: 'key:till',
  }
  const outcomes = await Promise.allSettled([
    redemptions.redeem({ ...wish, idempotencyKey: `${key} redeem`, code: coupon.code }),
    redemptions.reserve({ ...wish, idempotencyKey: `${key} reserve`, codes: [coupon.code], seconds: 60 }),
  ])
  // A wish that is refused writes no row of the ledger, but its answer.
  for (const outcome of outcomes)
    if (outcome.status === 'fulfilled') assert.notEqual(table, 'redemption_requests')
    else assert.match(String(outcome.reason), /disk full/)
  await sql`drop trigger fails`.execute(store)
}
