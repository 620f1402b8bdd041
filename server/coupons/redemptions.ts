import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../platform.ts'
import type { Store } from '../store/store.ts'
import { ManyUses, readCoupons } from './coupons.ts'
import type { Presented, Refusal } from './decision.ts'
import type { Refused } from './grant.ts'
import type { Offer } from './offer.ts'
import type { Purchase } from './purchase.ts'
import { type Asked, Spending, Surroundings } from './surroundings.ts'
import { answerAll, couponsOf, isBuying, typedIn } from './answer-all.ts'

/** What every wish of a till or the desk carries. */
interface Wished {
  readonly workspaceId: string
  /** Chosen by the caller: the same wish again has the same key. */
  readonly idempotencyKey: string
  /** What the caller sent: the same key with another body is refused. */
  readonly body: unknown
  /** As the ledger names it. */
  readonly actor: string
}

/** What is bought, by whom. */
interface Buying extends Partial<Omit<Purchase, 'amountMinor' | 'storeId'>> {
  readonly orderId: string
  readonly storeId: string | null
  readonly presented: Presented
  /** The basket before the discount, in minor units. */
  readonly amountMinor: number
}

/** One wish to redeem, by a till or at the desk. */
export interface RedemptionRequest extends Wished, Buying {
  readonly code: string
}

export type RedemptionOutcome =
  | {
      kind: 'redeemed'
      redemptionId: string
      code: string
      discountMinor: number
      /** What to give beside the basket, and what it is worth. */
      beside?: Offer
      worthMinor?: number
    }
  | Refusal
  /** The key stands for another request already. */
  | { kind: 'key-reused' }

/** A wish to set uses of several coupons aside for one basket, all or none. */
export interface ReservationRequest extends Wished, Buying {
  readonly codes: readonly string[]
  /** How long they are set aside. */
  readonly seconds: number
}

/** One use of a reservation, and of what became of it. */
export interface ReservedUse {
  readonly redemptionId: string
  readonly code: string
  readonly discountMinor: number
  readonly beside?: Offer
  readonly worthMinor?: number
}

export type ReservationOutcome =
  | { kind: 'reserved'; reservationId: string; expiresAt: string; uses: readonly ReservedUse[] }
  | Refused
  | { kind: 'key-reused' }

/** A wish to redeem, or to let go, what was set aside. */
export interface EndRequest extends Wished {
  readonly reservationId: string
}

export type EndOutcome =
  | { kind: 'confirmed'; reservationId: string; uses: readonly ReservedUse[] }
  | { kind: 'released'; reservationId: string }
  /** This workspace has no such reservation. */
  | { kind: 'no-reservation' }
  /** It was redeemed, and is not let go; or it was let go, and is not redeemed. */
  | { kind: 'ended'; as: 'confirmed' | 'released' }
  | Refused
  | { kind: 'key-reused' }

export type Wish =
  | ({ readonly kind: 'redeem' } & RedemptionRequest)
  | ({ readonly kind: 'reserve' } & ReservationRequest)
  | ({ readonly kind: 'confirm' | 'release' } & EndRequest)
export type Outcome = RedemptionOutcome | ReservationOutcome | EndOutcome

/** What redemptions ask of other capabilities. */
export interface RedemptionPorts {
  /** Whether two ids name one member of a workspace. */
  readonly sameMember: (workspaceId: string, one: string, other: string) => Promise<boolean>
  /** Every id of the member whom one of them names, that one too. */
  readonly idsOf: (workspaceId: string, id: string) => Promise<readonly string[]>
  /** Ids of members with an abuse hold. */
  readonly blockedIn: (workspaceId: string) => Promise<ReadonlySet<string>>
}

const nobodyElse: RedemptionPorts = {
  sameMember: async () => false,
  idsOf: async (_, id) => [id],
  blockedIn: async () => new Set(),
}

interface Waiting {
  readonly wish: Wish
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** Keeps the values that one statement binds far below SQLite's limit, and a batch below 50 ms. */
const batchSize = 200

/**
 * Redeems and reserves coupons durably. Making a transaction durable costs the same for one wish and for a
 * hundred, so what arrives while one is written is decided together in the next and answered after
 * its commit. There is one of these for a Store.
 */
export class Redemptions {
  readonly #store: Store
  readonly #clock: Clock
  readonly #ports: RedemptionPorts
  readonly #spending = new Spending()
  readonly #manyUses = new ManyUses()
  #waiting: Waiting[] = []
  #working: Promise<void> | null = null

  constructor(store: Store, clock: Clock, ports: RedemptionPorts = nobodyElse) {
    this.#store = store
    this.#clock = clock
    this.#ports = ports
  }

  /** Resolves once the answer is on disk. The same key and request get the first answer again. */
  redeem(request: RedemptionRequest): Promise<RedemptionOutcome> {
    return this.#ask({ ...request, kind: 'redeem' }) as Promise<RedemptionOutcome>
  }

  /** Sets uses aside until their time is over, they are redeemed or let go. Answered like a redemption. */
  reserve(request: ReservationRequest): Promise<ReservationOutcome> {
    return this.#ask({ ...request, kind: 'reserve' }) as Promise<ReservationOutcome>
  }

  /**
   * Redeems what was set aside: for certain while its time lasts, whatever happened to the coupons meanwhile; after
   * that if every use is still there. Repeating it answers the same.
   */
  confirm(request: EndRequest): Promise<EndOutcome> {
    return this.#ask({ ...request, kind: 'confirm' }) as Promise<EndOutcome>
  }

  /** Lets go what was set aside. Repeating it answers the same. */
  release(request: EndRequest): Promise<EndOutcome> {
    return this.#ask({ ...request, kind: 'release' }) as Promise<EndOutcome>
  }

  /** What the ledger says around coupons now, for who only asks. */
  surroundings(asked: readonly Asked[]): Promise<Surroundings> {
    return Surroundings.read(this.#store, asked, this.#spending, this.#clock.now().toISOString())
  }

  #ask(wish: Wish): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    this.#waiting.push({ wish, resolve, reject })
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
      const taken = this.#waiting.splice(0, batchSize)
      try {
        const batch = await this.#asIssued(taken)
        const blocked = await this.#blockedFor(batch)
        const outcomes = await this.#store.transaction().execute((tx) =>
          answerAll(
            tx,
            batch.map(({ wish }) => wish),
            { blocked, spending: this.#spending, manyUses: this.#manyUses, now: this.#clock.now() },
          ),
        )
        for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index]!)
      } catch (error) {
        for (const { reject } of taken) reject(error)
      }
    }
    this.#working = null
  }

  async #blockedFor(batch: readonly Waiting[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const workspaceIds = [...new Set(batch.map(({ wish }) => wish.workspaceId))]
    return new Map(
      await Promise.all(workspaceIds.map(async (id) => [id, await this.#ports.blockedIn(id)] as const)),
    )
  }

  /**
   * Who presents another id of the member whom the coupon was issued to is that member, and uses of a member count
   * under all ids. Asked only where the ids differ or count, and before the transaction, which waits for nobody. What
   * cannot be answered is no answer.
   */
  async #asIssued(batch: readonly Waiting[]): Promise<Waiting[]> {
    const typed = batch.flatMap(({ wish }) =>
      isBuying(wish) && wish.presented.kind === 'member' ? typedIn(wish) : [],
    )
    if (typed.length === 0) return [...batch]
    const coupons = await readCoupons(this.#store, { typed }, this.#clock.now(), this.#manyUses)
    const known = await Promise.all(
      batch.map(async (one) => {
        const { wish } = one
        if (!isBuying(wish) || wish.presented.kind !== 'member') return one
        const presented = wish.presented.memberId
        try {
          const also: string[] = []
          for (const { memberId: issuedTo, terms } of couponsOf(wish, coupons)) {
            if (issuedTo === null && terms.usesPerMember !== undefined)
              also.push(...(await this.#ports.idsOf(wish.workspaceId, presented)))
            if (issuedTo === null || presented === issuedTo) continue
            if (await this.#ports.sameMember(wish.workspaceId, presented, issuedTo)) also.push(issuedTo)
          }
          if (also.length > 0) return { ...one, wish: { ...wish, presented: { ...wish.presented, also } } }
          return one
        } catch (error) {
          one.reject(error)
          return null
        }
      }),
    )
    return known.filter((one) => one !== null)
  }
}
