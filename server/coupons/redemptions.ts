import { createHash, randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import type { Clock } from '../platform.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { readCode } from './code.ts'
import { couponsByCode, type KeptCoupon } from './coupons.ts'
import { type Coupon, decide, type Presented, type Refusal } from './decision.ts'

/** One wish to redeem, by a till or at the desk. */
export interface RedemptionRequest {
  readonly workspaceId: string
  /** Chosen by the caller: the same wish again has the same key. */
  readonly idempotencyKey: string
  readonly code: string
  readonly orderId: string
  readonly storeId: string | null
  readonly presented: Presented
  /** The basket before the discount, in minor units. */
  readonly amountMinor: number
  /** What the caller sent: the same key with another body is refused. */
  readonly body: unknown
  /** As the ledger names it. */
  readonly actor: string
}

export type RedemptionOutcome =
  | { kind: 'redeemed'; redemptionId: string; code: string; discountMinor: number }
  | Refusal
  /** The key stands for another request already. */
  | { kind: 'key-reused' }

/** Whether two ids name one member of a workspace. */
export type SameMember = (workspaceId: string, one: string, other: string) => Promise<boolean>

interface Waiting {
  readonly request: RedemptionRequest
  readonly resolve: (outcome: RedemptionOutcome) => void
  readonly reject: (error: unknown) => void
}

/** Keeps the values that one statement binds far below SQLite's limit, and a batch below 50 ms. */
const batchSize = 200

/**
 * Redeems coupons durably. Making a transaction durable costs the same for one redemption and for a
 * hundred, so what arrives while one is written is decided together in the next and answered after
 * its commit. There is one of these for a Store.
 */
export class Redemptions {
  readonly #store: Store
  readonly #clock: Clock
  readonly #sameMember: SameMember
  #waiting: Waiting[] = []
  #working: Promise<void> | null = null

  constructor(store: Store, clock: Clock, sameMember: SameMember = async () => false) {
    this.#store = store
    this.#clock = clock
    this.#sameMember = sameMember
  }

  /** Resolves once the answer is on disk. The same key and request get the first answer again. */
  redeem(request: RedemptionRequest): Promise<RedemptionOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<RedemptionOutcome>()
    this.#waiting.push({ request, resolve, reject })
    this.#working ??= this.#work()
    return promise
  }

  /** Resolves when everything that was asked for has its answer. */
  async settled(): Promise<void> {
    await this.#working
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      await setImmediate() // lets the requests in that are on the sockets already
      const batch = await this.#asIssued(this.#waiting.splice(0, batchSize))
      try {
        const outcomes = await this.#store.transaction().execute((tx) =>
          answerAll(
            tx,
            batch.map(({ request }) => request),
            this.#clock.now(),
          ),
        )
        for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index]!)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#working = null
  }

  /**
   * Who presents another id of the member whom the coupon was issued to is that member. Asked only where the
   * ids differ, and before the transaction, which waits for nobody. What cannot be answered is no answer.
   */
  async #asIssued(batch: readonly Waiting[]): Promise<Waiting[]> {
    const presenting = batch.filter(({ request }) => request.presented.kind === 'member')
    if (presenting.length === 0) return [...batch]
    const codes = presenting.flatMap(({ request }) => readCode(request.code) ?? [])
    const coupons = await couponsByCode(this.#store, [...new Set(codes)])
    const known = await Promise.all(
      batch.map(async (one) => {
        const { request } = one
        const issuedTo = couponOf(request, coupons)?.memberId ?? null
        const { presented } = request
        if (presented.kind !== 'member' || issuedTo === null || presented.memberId === issuedTo) return one
        try {
          return (await this.#sameMember(request.workspaceId, presented.memberId, issuedTo))
            ? { ...one, request: { ...request, presented: { ...presented, memberId: issuedTo } } }
            : one
        } catch (error) {
          one.reject(error)
          return null
        }
      }),
    )
    return known.filter((one) => one !== null)
  }
}

/** Decides the requests one after the other, each seeing what the ones before it used, and writes it all. */
async function answerAll(
  tx: Transaction<StoreSchema>,
  requests: readonly RedemptionRequest[],
  now: Date,
): Promise<RedemptionOutcome[]> {
  const at = now.toISOString()
  const answers = await firstAnswers(tx, requests)
  const coupons = await couponsByCode(tx, [...new Set(requests.flatMap(({ code }) => readCode(code) ?? []))])
  const used = []
  const answered = []
  const outcomes: RedemptionOutcome[] = []
  for (const request of requests) {
    const fingerprint = createHash('sha256').update(JSON.stringify(request.body)).digest('base64url')
    const first = answers.get(identityOf(request))
    if (first) {
      outcomes.push(first.fingerprint === fingerprint ? first.outcome : { kind: 'key-reused' })
      continue
    }
    const coupon = couponOf(request, coupons)
    const outcome = coupon ? redeemOnce(coupon, request, now) : unknown
    if (coupon && outcome.kind === 'redeemed') {
      coupons.set(coupon.code, { ...coupon, used: coupon.used + 1, usedAt: at })
      used.push({
        workspace_id: request.workspaceId,
        coupon_id: coupon.couponId,
        campaign_id: coupon.campaignId,
        kind: 'redeemed' as const,
        uses: 1,
        amount_minor: outcome.discountMinor,
        order_id: request.orderId,
        redemption_id: outcome.redemptionId,
        store_id: request.storeId,
        actor: request.actor,
        at,
      })
    }
    answers.set(identityOf(request), { fingerprint, outcome })
    answered.push({
      workspace_id: request.workspaceId,
      key: request.idempotencyKey,
      fingerprint,
      outcome: JSON.stringify(outcome),
      at,
    })
    outcomes.push(outcome)
  }
  if (used.length > 0) await tx.insertInto('ledger').values(used).execute()
  if (answered.length > 0) await tx.insertInto('redemption_requests').values(answered).execute()
  return outcomes
}

const unknown: Refusal = { kind: 'refused', code: 'unknown' }

function redeemOnce(coupon: Coupon, request: RedemptionRequest, now: Date): RedemptionOutcome {
  const decision = decide(coupon, request.amountMinor, request.presented, now)
  if (decision.kind === 'refused') return decision
  return {
    kind: 'redeemed',
    redemptionId: randomUUID(),
    code: coupon.code,
    discountMinor: decision.discountMinor,
  }
}

function couponOf(request: RedemptionRequest, coupons: ReadonlyMap<string, KeptCoupon>): KeptCoupon | null {
  const code = readCode(request.code)
  const coupon = code === null ? undefined : coupons.get(code)
  return coupon?.workspaceId === request.workspaceId ? coupon : null
}

/** The same key in another workspace is another key. */
const identityOf = ({
  workspaceId,
  idempotencyKey,
}: Pick<RedemptionRequest, 'workspaceId' | 'idempotencyKey'>) => `${workspaceId} ${idempotencyKey}`

async function firstAnswers(
  tx: Transaction<StoreSchema>,
  requests: readonly RedemptionRequest[],
): Promise<Map<string, { fingerprint: string; outcome: RedemptionOutcome }>> {
  const rows = await tx
    .selectFrom('redemption_requests')
    .selectAll()
    .where('workspace_id', 'in', [...new Set(requests.map(({ workspaceId }) => workspaceId))])
    .where(
      'key',
      'in',
      requests.map(({ idempotencyKey }) => idempotencyKey),
    )
    .execute()
  return new Map(
    rows.map(({ workspace_id, key, fingerprint, outcome }) => [
      identityOf({ workspaceId: workspace_id, idempotencyKey: key }),
      { fingerprint, outcome: JSON.parse(outcome) as RedemptionOutcome },
    ]),
  )
}
