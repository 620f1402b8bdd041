import { type Kysely, sql } from 'kysely'
import { eachOf } from '../store/each-of.ts'
import type { StoreSchema } from '../store/schema.ts'
import { givenKey, readCode } from './code.ts'
import type { Coupon } from './decision.ts'
import { heldOf, isHeld } from './reservations.ts'
import type { Offer } from './offer.ts'
import { OfferTerms } from './terms.ts'

/** A coupon with the workspace it belongs to: a code of another workspace must read as unknown. */
export interface KeptCoupon extends Coupon {
  readonly workspaceId: string
}

/** A code as it was typed or scanned, in a workspace. */
export interface Typed {
  readonly workspaceId: string
  readonly code: string
}

/** Coupons as they stand, found by their id or by what was typed. */
export class Coupons {
  readonly #standing = new Map<string, KeptCoupon>()
  readonly #ids = new Map<string, string>()

  /** A code of another workspace does not exist for it. */
  of(workspaceId: string, typed: string): KeptCoupon | null {
    const key = givenKey(typed)
    const id = key === null ? undefined : this.#ids.get(`${workspaceId} ${key}`)
    return id === undefined ? null : this.#standing.get(id)!
  }

  byId(couponId: string): KeptCoupon | null {
    return this.#standing.get(couponId) ?? null
  }

  /** Keeps a coupon as it stands now. */
  set(coupon: KeptCoupon, keys: readonly string[] = []): void {
    this.#standing.set(coupon.couponId, coupon)
    for (const key of keys) this.#ids.set(`${coupon.workspaceId} ${key}`, coupon.couponId)
  }
}

/** Coupons with more uses have so many rows in the ledger that their sum is not made anew each time. */
const fewUses = 100

interface Counted {
  readonly used: number
  readonly usedAt: string | null
  readonly revoked: boolean
}

/**
 * What the ledger says of coupons with many uses: a sum that goes on from the row it knows. The ledger alone decides;
 * forgetting it changes nothing.
 */
export class ManyUses {
  readonly #known = new Map<string, Counted & { readonly seq: number }>()

  async of(store: Kysely<StoreSchema>, couponId: string): Promise<Counted> {
    const known = this.#known.get(couponId) ?? { seq: 0, used: 0, usedAt: null, revoked: false }
    const since = await store
      .selectFrom('ledger')
      .where('coupon_id', '=', couponId)
      .where('seq', '>', known.seq)
      .select([
        sql<
          number | null
        >`sum(case kind when 'redeemed' then uses when 'cancelled' then -uses else 0 end)`.as('used'),
        sql<string | null>`max(case kind when 'redeemed' then at end)`.as('usedAt'),
        sql<number | null>`max(kind = 'revoked')`.as('revoked'),
        sql<number | null>`max(seq)`.as('seq'),
      ])
      .executeTakeFirstOrThrow()
    const now = {
      seq: since.seq ?? known.seq,
      used: known.used + (since.used ?? 0),
      usedAt: since.usedAt ?? known.usedAt,
      revoked: known.revoked || since.revoked === 1,
    }
    this.#known.set(couponId, now)
    return now
  }
}

/**
 * The coupons of published launches that were typed or are named by their ids, as they stand at `now`. A code that was
 * made elsewhere is looked for in its workspace where no code of ours is meant.
 */
export async function readCoupons(
  store: Kysely<StoreSchema>,
  { typed = [], ids = [] }: { typed?: readonly Typed[]; ids?: readonly string[] },
  now: Date,
  manyUses = new ManyUses(),
): Promise<Coupons> {
  const coupons = new Coupons()
  const keyed = typed.flatMap(({ workspaceId, code }) => {
    const key = givenKey(code)
    return key === null ? [] : [{ workspaceId, key, own: readCode(code) }]
  })
  const add = async (rows: readonly Row[]) => {
    for (const coupon of await standing(store, rows, now, manyUses)) {
      const row = rows.find(({ id }) => id === coupon.couponId)!
      coupons.set(coupon, row.given_key === null ? [row.code] : [row.code, row.given_key])
    }
  }
  const own = [...new Set(keyed.flatMap((one) => one.own ?? []))]
  if (own.length > 0) await add(await rowsOf(store).where('coupons.code', 'in', eachOf(own)).execute())
  const given = keyed.filter(({ workspaceId, key }) => coupons.of(workspaceId, key) === null)
  if (given.length > 0)
    await add(
      await rowsOf(store)
        .where('coupons.workspace_id', 'in', [...new Set(given.map(({ workspaceId }) => workspaceId))])
        .where('coupons.given_key', 'in', eachOf([...new Set(given.map(({ key }) => key))]))
        .execute(),
    )
  const left = [...new Set(ids)].filter((id) => coupons.byId(id) === null)
  if (left.length > 0) await add(await rowsOf(store).where('coupons.id', 'in', eachOf(left)).execute())
  return coupons
}

/** One coupon of a workspace by what was typed; null: it has none like that. */
export const couponTyped = async (
  store: Kysely<StoreSchema>,
  workspaceId: string,
  code: string,
  now: Date,
): Promise<KeptCoupon | null> =>
  (await readCoupons(store, { typed: [{ workspaceId, code }] }, now)).of(workspaceId, code)

const rowsOf = (store: Kysely<StoreSchema>) =>
  store
    .selectFrom('coupons')
    .innerJoin('launches', 'launches.id', 'coupons.launch_id')
    .leftJoin('ledger', (on) =>
      on.onRef('ledger.coupon_id', '=', 'coupons.id').on('coupons.uses_allowed', '<=', fewUses),
    )
    .where('launches.published_at', 'is not', null)
    .groupBy('coupons.id')
    .selectAll('coupons')
    .select([
      sql<number>`sum(case ledger.kind when 'redeemed' then ledger.uses when 'cancelled' then -ledger.uses else 0 end)`.as(
        'used',
      ),
      sql<string | null>`max(case ledger.kind when 'redeemed' then ledger.at end)`.as('used_at'),
      sql<number | null>`max(ledger.kind = 'revoked')`.as('revoked'),
      sql<number | null>`max(ledger.kind = 'reserved')`.as('reserved'),
    ])
type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number]

async function standing(
  store: Kysely<StoreSchema>,
  rows: readonly Row[],
  now: Date,
  manyUses: ManyUses,
): Promise<KeptCoupon[]> {
  const at = now.toISOString()
  const reserved = rows.filter((row) => row.reserved === 1).map(({ id }) => id)
  const many = rows.filter((row) => row.uses_allowed > fewUses)
  const held = Map.groupBy(
    [...(await heldOf(store, reserved, at)), ...(await heldOfMany(store, many, at))],
    ({ couponId }) => couponId,
  )
  const counts = new Map<string, Counted>()
  for (const { id } of many) counts.set(id, await manyUses.of(store, id))
  return rows.map((row) => {
    const counted = counts.get(row.id) ?? {
      used: row.used,
      usedAt: row.used_at,
      revoked: row.revoked === 1,
    }
    return {
      workspaceId: row.workspace_id,
      couponId: row.id,
      campaignId: row.campaign_id,
      code: row.given_code ?? row.code,
      memberId: row.member_id,
      offer: JSON.parse(row.offer) as Offer,
      minSpendMinor: row.min_spend_minor,
      terms: termsIn(row.terms),
      validFrom: row.valid_from,
      validTo: row.valid_to,
      usesAllowed: row.uses_allowed,
      used: counted.used,
      held: (held.get(row.id) ?? []).reduce((sum, { uses }) => sum + uses, 0),
      heldUntil: (held.get(row.id) ?? []).map(({ until }) => until).toSorted()[0] ?? null,
      usedAt: counted.usedAt,
      revoked: counted.revoked,
    }
  })
}

/** What holds of coupons with many uses: looked for among what is set aside of their campaigns, which is little. */
async function heldOfMany(
  store: Kysely<StoreSchema>,
  coupons: readonly { id: string; campaign_id: string }[],
  at: string,
): Promise<{ couponId: string; uses: number; until: string }[]> {
  if (coupons.length === 0) return []
  const { rows } = await sql<{ couponId: string; uses: number; until: string }>`
    select coupon_id as "couponId", uses, expires_at as until from ledger indexed by ledger_reserved
    where campaign_id in (${sql.join([...new Set(coupons.map(({ campaign_id }) => campaign_id))])})
      and coupon_id in (${sql.join(coupons.map(({ id }) => id))}) and ${isHeld('ledger', at)}`.execute(store)
  return rows
}

/** Read by their shape once: the coupons of a launch have the same. */
const read = new Map<string, OfferTerms>()
export function termsIn(text: string): OfferTerms {
  const known = read.get(text) ?? OfferTerms.parse(JSON.parse(text))
  if (read.size > 1_000) read.clear()
  read.set(text, known)
  return known
}
