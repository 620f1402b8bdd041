import { type Kysely, sql } from 'kysely'
import { eachOf } from '../store/each-of.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { LedgerKind } from '../store/tables/coupons.ts'
import { type Coupon, countsFor, type Presented } from './decision.ts'
import { isHeld, isStanding } from './reservations.ts'
import { termsIn } from './coupons.ts'

/** A use that an order has taken already, or that is held for it. */
export interface Taken {
  readonly redemptionId: string
  readonly stackGroup: string | null
  readonly offMinor: number
  /** What the basket came to before; null: not known. */
  readonly basketMinor: number | null
}

/** Who asks for uses of which coupons, for which order. */
export interface Asked {
  readonly workspaceId: string
  readonly orderId: string
  readonly coupons: readonly Coupon[]
  readonly presented: Presented
}

/**
 * What the ledger says around the coupons of a batch of requests, read at once and kept in step with what the batch
 * grants: what their orders have taken, what is left of budgets, what members have used of a campaign.
 */
export class Surroundings {
  readonly #mostOff: ReadonlyMap<string, number>
  readonly #ofOrder: Map<string, Taken[]>
  readonly #budgets: Map<string, Amount>
  readonly #usedBy: Map<string, Amount>

  private constructor(
    mostOff: ReadonlyMap<string, number>,
    ofOrder: Map<string, Taken[]>,
    budgets: Map<string, Amount>,
    usedBy: Map<string, Amount>,
  ) {
    this.#mostOff = mostOff
    this.#ofOrder = ofOrder
    this.#budgets = budgets
    this.#usedBy = usedBy
  }

  static async read(
    tx: Kysely<StoreSchema>,
    asked: readonly Asked[],
    spent: Spending,
    at: string,
  ): Promise<Surroundings> {
    const mostOff = await mostOffIn(tx, [...new Set(asked.map(({ workspaceId }) => workspaceId))])
    const coupons = asked.flatMap(({ workspaceId, coupons, presented }) =>
      coupons.map((coupon) => ({ workspaceId, coupon, presented })),
    )
    return new Surroundings(
      mostOff,
      await takenBy(
        tx,
        asked.filter(({ orderId }) => orderId !== ''),
        at,
      ),
      await budgetsOf(
        tx,
        coupons.filter(({ coupon }) => coupon.terms.refuseWhenSpent),
        spent,
        at,
      ),
      await usesBy(
        tx,
        coupons.filter(({ coupon }) => coupon.terms.usesPerMember !== undefined),
        at,
      ),
    )
  }

  /** The most that a basket's coupons take off together, of 100. */
  mostOffPercent(workspaceId: string): number {
    return this.#mostOff.get(workspaceId) ?? 100
  }

  /** What an order has taken. */
  takenBy(workspaceId: string, orderId: string): readonly Taken[] {
    return this.#ofOrder.get(`${workspaceId} ${orderId}`) ?? []
  }

  /** Null: the offer is not refused when its budget is spent. */
  budgetLeftMinor({ campaignId, terms }: Coupon, counted: Counted = 'all'): number | null {
    return terms.refuseWhenSpent ? -countOf(this.#budgets.get(campaignId), counted) : null
  }

  /** Uses of the campaign's coupons by whom this one counts for, where that is limited. */
  usedByMember(coupon: Coupon, presented: Presented, counted: Counted = 'all'): number {
    return countOf(this.#usedBy.get(`${coupon.campaignId} ${countsFor(coupon, presented)}`), counted)
  }

  /** A use was granted; `as`: what it is now. */
  note(
    workspaceId: string,
    orderId: string,
    coupon: Coupon,
    presented: Presented,
    taken: Taken,
    costMinor: number,
    as: keyof Amount,
  ): void {
    const order = `${workspaceId} ${orderId}`
    this.#ofOrder.set(order, [...(this.#ofOrder.get(order) ?? []), taken])
    this.#add(coupon, presented, costMinor, { [as]: 1 })
  }

  /** A use that was set aside is redeemed; `isLate`: it did not hold any more. */
  noteConfirmed(coupon: Coupon, presented: Presented, costMinor: number, isLate: boolean): void {
    this.#add(coupon, presented, costMinor, { standing: 1, held: isLate ? 0 : -1 })
  }

  #add(coupon: Coupon, presented: Presented, costMinor: number, times: Partial<Amount>): void {
    const { campaignId } = coupon
    const plus = (one: Amount | undefined, each: number): Amount => ({
      standing: (one?.standing ?? 0) + each * (times.standing ?? 0),
      held: (one?.held ?? 0) + each * (times.held ?? 0),
    })
    const budget = this.#budgets.get(campaignId)
    if (budget) this.#budgets.set(campaignId, plus(budget, costMinor))
    const member = `${campaignId} ${countsFor(coupon, presented)}`
    this.#usedBy.set(member, plus(this.#usedBy.get(member), 1))
  }
}

/** What redemptions that stand have taken, and what is set aside. */
interface Amount {
  readonly standing: number
  readonly held: number
}

/** What counts: with what is set aside, or what is redeemed alone. */
type Counted = 'all' | 'redeemed'

const countOf = ({ standing, held }: Amount = { standing: 0, held: 0 }, counted: Counted): number =>
  counted === 'all' ? standing + held : standing

async function mostOffIn(
  tx: Kysely<StoreSchema>,
  workspaceIds: readonly string[],
): Promise<Map<string, number>> {
  if (workspaceIds.length === 0) return new Map()
  const rows = await tx
    .selectFrom('workspaces')
    .select(['id', 'most_off_percent'])
    .where('id', 'in', workspaceIds)
    .execute()
  return new Map(rows.map(({ id, most_off_percent }) => [id, most_off_percent]))
}

async function takenBy(
  tx: Kysely<StoreSchema>,
  asked: readonly Asked[],
  at: string,
): Promise<Map<string, Taken[]>> {
  const ofOrder = new Map<string, Taken[]>()
  if (asked.length === 0) return ofOrder
  const rows = await tx
    .selectFrom('ledger')
    .innerJoin('coupons', 'coupons.id', 'ledger.coupon_id')
    .where('ledger.workspace_id', 'in', [...new Set(asked.map(({ workspaceId }) => workspaceId))])
    .where('ledger.order_id', 'in', eachOf([...new Set(asked.map(({ orderId }) => orderId))]))
    .where(({ or }) => or([isStanding('ledger'), isHeld('ledger', at)]))
    .orderBy('ledger.seq')
    .select([
      'ledger.workspace_id',
      'ledger.order_id',
      'ledger.redemption_id',
      'ledger.amount_minor',
      'ledger.basket_minor',
      'coupons.terms',
    ])
    .execute()
  for (const row of rows) {
    const order = `${row.workspace_id} ${row.order_id}`
    ofOrder.set(order, [
      ...(ofOrder.get(order) ?? []),
      {
        redemptionId: row.redemption_id!,
        stackGroup: termsIn(row.terms).stackGroup,
        offMinor: row.amount_minor,
        basketMinor: row.basket_minor,
      },
    ])
  }
  return ofOrder
}

/**
 * What campaigns have spent on uses that stand: a sum of their ledger that goes on from the row it knows, so that a
 * redemption reads what came since and not the whole. The ledger alone decides; forgetting it changes nothing.
 */
export class Spending {
  readonly #known = new Map<string, { seq: number; minor: number }>()

  async of(tx: Kysely<StoreSchema>, workspaceId: string, campaignId: string): Promise<number> {
    const known = this.#known.get(campaignId) ?? { seq: 0, minor: 0 }
    const { minor, seq } = await tx
      .selectFrom('ledger')
      .where('workspace_id', '=', workspaceId)
      .where('campaign_id', '=', campaignId)
      .where('kind', 'in', ['redeemed', 'cancelled'])
      .where('seq', '>', known.seq)
      .select([
        sql<
          number | null
        >`sum(case kind when 'redeemed' then 1 else -1 end * (amount_minor + worth_minor))`.as('minor'),
        sql<number | null>`max(seq)`.as('seq'),
      ])
      .executeTakeFirstOrThrow()
    const now = { seq: seq ?? known.seq, minor: known.minor + (minor ?? 0) }
    this.#known.set(campaignId, now)
    return now.minor
  }
}

/** What campaigns have spent and set aside beyond their budgets: below 0 while something is left. */
async function budgetsOf(
  tx: Kysely<StoreSchema>,
  coupons: readonly { workspaceId: string; coupon: Coupon }[],
  spent: Spending,
  at: string,
): Promise<Map<string, Amount>> {
  const beyond = new Map<string, Amount>()
  for (const { workspaceId, coupon } of coupons) {
    const { campaignId } = coupon
    if (beyond.has(campaignId)) continue
    const { budget } = await tx
      .selectFrom('campaigns')
      .select(sql<number | null>`json_extract(definition, '$.budgetMinor')`.as('budget'))
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', campaignId)
      .executeTakeFirstOrThrow()
    const { held } = await tx
      .selectFrom('ledger')
      .where('campaign_id', '=', campaignId)
      .where('kind', '=', 'reserved')
      .where(isHeld('ledger', at))
      .select(sql<number | null>`sum(amount_minor + worth_minor)`.as('held'))
      .executeTakeFirstOrThrow()
    const standing = (await spent.of(tx, workspaceId, campaignId)) - (budget ?? 0)
    beyond.set(campaignId, { standing, held: held ?? 0 })
  }
  return beyond
}

interface Counting {
  readonly workspaceId: string
  readonly coupon: Coupon
  readonly presented: Presented
}

/** Uses that stand or are held, by campaign and whom they count for. */
async function usesBy(
  tx: Kysely<StoreSchema>,
  asked: readonly Counting[],
  at: string,
): Promise<Map<string, Amount>> {
  return new Map([
    ...(await usesOfIssued(
      tx,
      asked.filter(({ coupon }) => coupon.memberId !== null),
      at,
    )),
    ...(await usesOfShared(
      tx,
      asked.filter(({ coupon }) => coupon.memberId === null),
      at,
    )),
  ])
}

const usesOf = (kind: LedgerKind) =>
  sql<number>`coalesce(sum(case ledger.kind when ${kind} then ledger.uses else 0 end), 0)`

async function usesOfIssued(
  tx: Kysely<StoreSchema>,
  coupons: readonly Counting[],
  at: string,
): Promise<[string, Amount][]> {
  if (coupons.length === 0) return []
  const unique = <T>(of: (one: Counting) => T) => [...new Set(coupons.map(of))]
  const rows = await tx
    .selectFrom('coupons')
    .innerJoin('ledger', 'ledger.coupon_id', 'coupons.id')
    .where(
      'coupons.workspace_id',
      'in',
      unique(({ workspaceId }) => workspaceId),
    )
    .where(
      'coupons.member_id',
      'in',
      unique(({ coupon }) => coupon.memberId!),
    )
    .where(
      'coupons.campaign_id',
      'in',
      unique(({ coupon }) => coupon.campaignId),
    )
    .where(({ or }) => or([isStanding('ledger'), isHeld('ledger', at)]))
    .groupBy(['coupons.campaign_id', 'coupons.member_id'])
    .select([
      'coupons.campaign_id',
      'coupons.member_id',
      usesOf('redeemed').as('standing'),
      usesOf('reserved').as('held'),
    ])
    .execute()
  return rows.map(({ campaign_id, member_id, ...uses }) => [`${campaign_id} ${member_id}`, uses])
}

/** Of coupons that are nobody's: under every id of the member whom the till names. */
async function usesOfShared(
  tx: Kysely<StoreSchema>,
  asked: readonly Counting[],
  at: string,
): Promise<[string, Amount][]> {
  const idsBy = new Map<string, { counting: Counting; ids: readonly string[] }>()
  for (const counting of asked) {
    const { coupon, presented } = counting
    if (presented.kind === 'member')
      idsBy.set(`${coupon.campaignId} ${countsFor(coupon, presented)}`, {
        counting,
        ids: [presented.memberId, ...(presented.also ?? [])],
      })
  }
  const uses: [string, Amount][] = []
  for (const [key, { counting, ids }] of idsBy) {
    const row = await tx
      .selectFrom('named_uses')
      .innerJoin('ledger', 'ledger.redemption_id', 'named_uses.redemption_id')
      .where('named_uses.coupon_id', '=', counting.coupon.couponId)
      .where('named_uses.member_id', 'in', ids)
      .where(({ or }) => or([isStanding('ledger'), isHeld('ledger', at)]))
      .select([usesOf('redeemed').as('standing'), usesOf('reserved').as('held')])
      .executeTakeFirstOrThrow()
    uses.push([key, row])
  }
  return uses
}
