import { hash } from 'node:crypto'
import { type Insertable, sql, type Transaction } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import { eachOf } from '../store/each-of.ts'
import { type Coupons, type KeptCoupon, type ManyUses, readCoupons, type Typed } from './coupons.ts'
import { countsFor, hindrance, type Presented, type Refusal } from './decision.ts'
import { besideOf, type GrantedUse, grantTogether, type Refused } from './grant.ts'
import { orderedId } from './ordered-id.ts'
import { purchaseOf } from './purchase.ts'
import type {
  EndOutcome,
  EndRequest,
  Outcome,
  RedemptionOutcome,
  ReservationOutcome,
  ReservedUse,
  Wish,
} from './redemptions.ts'
import { readReservations, type Reservation } from './reservations.ts'
import { type Spending, Surroundings } from './surroundings.ts'

type LedgerRow = Insertable<StoreSchema['ledger']>
type Buying = Extract<Wish, { kind: 'redeem' | 'reserve' }>

/** Decides wishes one after the other, each seeing what the ones before it used, and writes it all. */
export async function answerAll(
  tx: Transaction<StoreSchema>,
  wishes: readonly Wish[],
  {
    blocked,
    spending,
    manyUses,
    now,
  }: {
    blocked: ReadonlyMap<string, ReadonlySet<string>>
    spending: Spending
    manyUses: ManyUses
    now: Date
  },
): Promise<Outcome[]> {
  const at = now.toISOString()
  const answers = await firstAnswers(tx, wishes)
  const reservations = await readReservations(
    tx,
    wishes.flatMap((wish) => (isBuying(wish) ? [] : [wish.reservationId])),
  )
  const reserved = [...reservations.values()].flatMap(({ uses }) => uses.map(({ row }) => row))
  const coupons = await readCoupons(
    tx,
    { typed: wishes.flatMap(typedIn), ids: reserved.map(({ coupon_id }) => coupon_id) },
    now,
    manyUses,
  )
  const around = await Surroundings.read(
    tx,
    wishes.flatMap((wish) =>
      isBuying(wish)
        ? [{ ...wish, coupons: couponsOf(wish, coupons) }]
        : (reservations.get(wish.reservationId)?.uses ?? []).map((use) => ({
            workspaceId: wish.workspaceId,
            orderId: '',
            coupons: [coupons.byId(use.row.coupon_id)!],
            presented: namedIn(use),
          })),
    ),
    spending,
    at,
  )
  const batch = new Batch(coupons, reservations, around, blocked, now)
  const answered: Insertable<StoreSchema['redemption_requests']>[] = []
  const outcomes = wishes.map((wish): Outcome => {
    const fingerprint = fingerprintOf(wish)
    const first = answers.get(identityOf(wish))
    if (first) return first.fingerprint === fingerprint ? first.outcome : { kind: 'key-reused' }
    const outcome = batch.answer(wish)
    answers.set(identityOf(wish), { fingerprint, outcome })
    answered.push({
      workspace_id: wish.workspaceId,
      key: wish.idempotencyKey,
      fingerprint,
      outcome: JSON.stringify(outcome),
      at,
      campaign_id: refusedCampaign(wish, outcome, coupons),
    })
    return outcome
  })
  if (batch.rows.length > 0) await insertAll(tx, 'ledger', ledgerColumns, batch.rows)
  if (batch.named.length > 0) await tx.insertInto('named_uses').values(batch.named).execute()
  if (answered.length > 0) await insertAll(tx, 'redemption_requests', requestColumns, answered)
  return outcomes
}

const ledgerColumns = [
  'workspace_id',
  'coupon_id',
  'campaign_id',
  'kind',
  'uses',
  'amount_minor',
  'worth_minor',
  'basket_minor',
  'order_id',
  'redemption_id',
  'reservation_id',
  'expires_at',
  'store_id',
  'actor',
  'at',
] as const satisfies readonly (keyof LedgerRow)[]
const requestColumns = ['workspace_id', 'key', 'fingerprint', 'outcome', 'at', 'campaign_id'] as const

/** Rows travel as one text: one statement that stays prepared, however many there are. */
async function insertAll<Column extends string>(
  tx: Transaction<StoreSchema>,
  table: 'ledger' | 'redemption_requests',
  columns: readonly Column[],
  rows: readonly { readonly [each in Column]?: unknown }[],
): Promise<void> {
  const values = JSON.stringify(rows.map((row) => columns.map((column) => row[column])))
  await sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
    select ${sql.join(columns.map((_, index) => sql`value ->> ${sql.lit(index)}`))}
    from json_each(${values})`.execute(tx)
}

/** The campaign whose coupon was refused; null for what was granted and for codes that no coupon has. */
function refusedCampaign(wish: Wish, outcome: Outcome, coupons: Coupons): string | null {
  if (outcome.kind !== 'refused' || !isBuying(wish)) return null
  const found = couponsOf(wish, coupons)
  const refused = 'refusedCode' in outcome ? coupons.of(wish.workspaceId, outcome.refusedCode) : null
  return (found.find(({ couponId }) => couponId === refused?.couponId) ?? found[0])?.campaignId ?? null
}

/** The wishes of one transaction: what they find, and the rows that they leave. */
class Batch {
  readonly rows: LedgerRow[] = []
  readonly named: Insertable<StoreSchema['named_uses']>[] = []
  readonly #coupons: Coupons
  readonly #reservations: Map<string, Reservation>
  readonly #around: Surroundings
  readonly #blocked: ReadonlyMap<string, ReadonlySet<string>>
  readonly #now: Date

  constructor(
    coupons: Coupons,
    reservations: Map<string, Reservation>,
    around: Surroundings,
    blocked: ReadonlyMap<string, ReadonlySet<string>>,
    now: Date,
  ) {
    this.#coupons = coupons
    this.#reservations = reservations
    this.#around = around
    this.#blocked = blocked
    this.#now = now
  }

  answer(wish: Wish): Outcome {
    switch (wish.kind) {
      case 'redeem':
        return this.#redeem(wish)
      case 'reserve':
        return this.#reserve(wish)
      case 'confirm':
        return this.#confirm(wish)
      case 'release':
        return this.#release(wish)
    }
  }

  #redeem(wish: Extract<Wish, { kind: 'redeem' }>): RedemptionOutcome {
    const granted = this.#grant(wish, [wish.code])
    if (granted.kind === 'refused') {
      const { refusedCode: _, ...refusal } = granted
      return refusal
    }
    const [{ code, ...use }] = this.#take(wish, granted.uses, null) as [ReservedUse]
    const { redemptionId, discountMinor, ...beside } = use
    return { kind: 'redeemed', redemptionId, code, discountMinor, ...beside }
  }

  #reserve(wish: Extract<Wish, { kind: 'reserve' }>): ReservationOutcome {
    const granted = this.#grant(wish, wish.codes)
    if (granted.kind === 'refused') return granted
    const reservationId = orderedId()
    const expiresAt = new Date(this.#now.getTime() + wish.seconds * 1_000).toISOString()
    const uses = this.#take(wish, granted.uses, { reservationId, expiresAt })
    return { kind: 'reserved', reservationId, expiresAt, uses }
  }

  #grant(wish: Buying, codes: readonly string[]) {
    const found: KeptCoupon[] = []
    for (const code of codes) {
      const coupon = this.#coupons.of(wish.workspaceId, code)
      if (!coupon) return { kind: 'refused', code: 'unknown', refusedCode: code } as const
      found.push(coupon)
    }
    const { lines, ...bought } = wish
    const purchase = purchaseOf(wish.amountMinor, {
      ...(lines && lines.length > 0 ? { lines } : {}),
      scopeSeen: bought.scopeSeen ?? false,
      storeId: bought.storeId,
      shippingMinor: bought.shippingMinor ?? null,
      atMemberPrice: bought.atMemberPrice ?? false,
    })
    const { workspaceId, orderId, presented } = wish
    return grantTogether(
      { workspaceId, orderId, coupons: found, purchase, presented },
      this.#around,
      this.#blocked.get(workspaceId) ?? new Set(),
      this.#now,
    )
  }

  /** Writes granted uses down: redeemed at once, or set aside. */
  #take(
    wish: Buying,
    uses: readonly GrantedUse[],
    reservation: { reservationId: string; expiresAt: string } | null,
  ): ReservedUse[] {
    return uses.map((use) => {
      const { coupon, discountMinor, worthMinor } = use
      const redemptionId = orderedId()
      this.rows.push({
        workspace_id: wish.workspaceId,
        coupon_id: coupon.couponId,
        campaign_id: coupon.campaignId,
        kind: reservation ? 'reserved' : 'redeemed',
        uses: 1,
        amount_minor: discountMinor,
        worth_minor: worthMinor,
        basket_minor: wish.amountMinor,
        order_id: wish.orderId,
        redemption_id: redemptionId,
        reservation_id: reservation?.reservationId ?? null,
        expires_at: reservation?.expiresAt ?? null,
        store_id: wish.storeId,
        actor: wish.actor,
        at: this.#now.toISOString(),
      })
      if (coupon.memberId === null && wish.presented.kind === 'member')
        this.named.push({
          redemption_id: redemptionId,
          workspace_id: wish.workspaceId,
          coupon_id: coupon.couponId,
          member_id: wish.presented.memberId,
        })
      this.#change(coupon.couponId, (kept) =>
        reservation
          ? { held: kept.held + 1, heldUntil: soonest(kept.heldUntil, reservation.expiresAt) }
          : { used: kept.used + 1, usedAt: this.#now.toISOString() },
      )
      this.#around.note(
        wish.workspaceId,
        wish.orderId,
        coupon,
        wish.presented,
        {
          redemptionId,
          stackGroup: coupon.terms.stackGroup,
          offMinor: discountMinor,
          basketMinor: wish.amountMinor,
        },
        discountMinor + worthMinor,
        reservation ? 'held' : 'standing',
      )
      return { redemptionId, code: coupon.code, discountMinor, ...besideOf(use) }
    })
  }

  #confirm(wish: EndRequest): EndOutcome {
    const reservation = this.#reservation(wish)
    if (!reservation) return { kind: 'no-reservation' }
    if (reservation.ended === 'released') return { kind: 'ended', as: 'released' }
    const { reservationId } = wish
    const uses = reservation.uses.map(({ row }): ReservedUse => {
      const { coupon_id, redemption_id, amount_minor, worth_minor } = row
      const { offer, code } = this.#coupons.byId(coupon_id)!
      return {
        redemptionId: redemption_id!,
        code,
        discountMinor: amount_minor,
        ...besideOf({ coupon: { offer }, worthMinor: worth_minor }),
      }
    })
    if (reservation.ended === 'confirmed') return { kind: 'confirmed', reservationId, uses }
    const isLate = reservation.expiresAt <= this.#now.toISOString()
    const refused = this.#whyLost(reservation, isLate)
    if (refused) return refused
    for (const { row, namedMember } of reservation.uses) {
      this.rows.push({
        ...row,
        kind: 'redeemed',
        expires_at: null,
        actor: wish.actor,
        at: this.#now.toISOString(),
      })
      this.#change(row.coupon_id, (kept) => ({
        used: kept.used + 1,
        usedAt: this.#now.toISOString(),
        held: isLate ? kept.held : kept.held - 1,
      }))
      this.#around.noteConfirmed(
        this.#coupons.byId(row.coupon_id)!,
        namedIn({ namedMember }),
        row.amount_minor + row.worth_minor,
        isLate,
      )
    }
    this.#reservations.set(wish.reservationId, { ...reservation, ended: 'confirmed' })
    return { kind: 'confirmed', reservationId, uses }
  }

  /**
   * Why what was set aside is not there any more; null: it is. While it holds nothing takes it but what was redeemed when
   * the clock went ahead, and was set back.
   */
  #whyLost({ uses }: Reservation, isLate: boolean): Refused | null {
    const counted = isLate ? 'all' : 'redeemed'
    const wanted = new Map<string, number>()
    const byMember = new Map<string, number>()
    for (const { row, namedMember } of uses) {
      const presented = namedIn({ namedMember })
      const coupon = this.#coupons.byId(row.coupon_id)!
      const { code, couponId, terms } = coupon
      const before = wanted.get(couponId) ?? 0
      wanted.set(couponId, before + 1)
      const isUsed = { kind: 'refused', code: 'used', usedAt: coupon.usedAt ?? coupon.validFrom } as const
      const refusal: Refusal | null = isLate
        ? hindrance({ ...coupon, held: coupon.held + before }, this.#now)
        : coupon.used + before >= coupon.usesAllowed
          ? isUsed
          : null
      if (refusal) return { ...refusal, refusedCode: code }
      const who = `${coupon.campaignId} ${countsFor(coupon, presented)}`
      const usedByMember = this.#around.usedByMember(coupon, presented, counted) + (byMember.get(who) ?? 0)
      byMember.set(who, (byMember.get(who) ?? 0) + 1)
      if (terms.usesPerMember !== undefined && usedByMember >= terms.usesPerMember)
        return { ...isUsed, refusedCode: code }
      const left = this.#around.budgetLeftMinor(coupon, counted)
      if (left !== null && row.amount_minor + row.worth_minor > left)
        return { kind: 'refused', code: 'budget', refusedCode: code }
    }
    return null
  }

  #release(wish: EndRequest): EndOutcome {
    const reservation = this.#reservation(wish)
    if (!reservation) return { kind: 'no-reservation' }
    if (reservation.ended === 'confirmed') return { kind: 'ended', as: 'confirmed' }
    const { reservationId } = wish
    if (reservation.ended === null) {
      const isLate = reservation.expiresAt <= this.#now.toISOString()
      for (const { row } of reservation.uses) {
        this.rows.push({
          ...row,
          kind: 'released',
          amount_minor: 0,
          worth_minor: 0,
          expires_at: null,
          actor: wish.actor,
          at: this.#now.toISOString(),
        })
        if (!isLate) this.#change(row.coupon_id, (kept) => ({ held: kept.held - 1 }))
      }
      this.#reservations.set(reservationId, { ...reservation, ended: 'released' })
    }
    return { kind: 'released', reservationId }
  }

  #reservation({ workspaceId, reservationId }: EndRequest): Reservation | null {
    const reservation = this.#reservations.get(reservationId)
    return reservation?.workspaceId === workspaceId ? reservation : null
  }

  #change(couponId: string, change: (kept: KeptCoupon) => Partial<KeptCoupon>): void {
    const kept = this.#coupons.byId(couponId)!
    this.#coupons.set({ ...kept, ...change(kept) })
  }
}

const soonest = (one: string | null, other: string) => (one !== null && one < other ? one : other)

export const isBuying = (wish: Wish): wish is Buying => wish.kind === 'redeem' || wish.kind === 'reserve'

/** The codes that a wish names. */
export const typedIn = (wish: Wish): Typed[] =>
  isBuying(wish)
    ? (wish.kind === 'redeem' ? [wish.code] : wish.codes).map((code) => ({
        workspaceId: wish.workspaceId,
        code,
      }))
    : []

/** The coupons that a wish names. */
export const couponsOf = (wish: Buying, coupons: Coupons): KeptCoupon[] =>
  typedIn(wish).flatMap(({ workspaceId, code }) => coupons.of(workspaceId, code) ?? [])

/** Whom a reservation named. */
const namedIn = ({ namedMember }: { readonly namedMember: string | null }): Presented =>
  namedMember === null ? { kind: 'nobody' } : { kind: 'member', memberId: namedMember }

/** The same key in another workspace is another key. */
const identityOf = ({ workspaceId, idempotencyKey }: Pick<Wish, 'workspaceId' | 'idempotencyKey'>) =>
  `${workspaceId} ${idempotencyKey}`

/** Of a redemption what it always was; the same key for a wish of another kind is another request. */
const fingerprintOf = (wish: Wish): string =>
  hash('sha256', JSON.stringify(wish.kind === 'redeem' ? wish.body : [wish.kind, wish.body]), 'base64url')

async function firstAnswers(
  tx: Transaction<StoreSchema>,
  wishes: readonly Wish[],
): Promise<Map<string, { fingerprint: string; outcome: Outcome }>> {
  const rows = await tx
    .selectFrom('redemption_requests')
    .selectAll()
    .where('workspace_id', 'in', [...new Set(wishes.map(({ workspaceId }) => workspaceId))])
    .where('key', 'in', eachOf(wishes.map(({ idempotencyKey }) => idempotencyKey)))
    .execute()
  return new Map(
    rows.map(({ workspace_id, key, fingerprint, outcome }) => [
      identityOf({ workspaceId: workspace_id, idempotencyKey: key }),
      { fingerprint, outcome: JSON.parse(outcome) as Outcome },
    ]),
  )
}
