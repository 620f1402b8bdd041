import { type Kysely, sql } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import { readCode } from './code.ts'
import type { Coupon } from './decision.ts'
import { heldOf } from './reservations.ts'
import type { Offer } from './offer.ts'
import { OfferTerms } from './terms.ts'

/** A coupon with the workspace it belongs to: a code of another workspace must read as unknown. */
export interface KeptCoupon extends Coupon {
  readonly workspaceId: string
}

/** The coupons of published launches with these codes as they stand at `now`, by code, of whatever workspace. */
export async function couponsByCode(
  store: Kysely<StoreSchema>,
  codes: readonly string[],
  now: Date,
): Promise<Map<string, KeptCoupon>> {
  if (codes.length === 0) return new Map()
  const rows = await store
    .selectFrom('coupons')
    .innerJoin('launches', 'launches.id', 'coupons.launch_id')
    .leftJoin('ledger', 'ledger.coupon_id', 'coupons.id')
    .where('coupons.code', 'in', codes)
    .where('launches.published_at', 'is not', null)
    .groupBy('coupons.id')
    .selectAll('coupons')
    .select([
      sql<number>`sum(case ledger.kind when 'redeemed' then ledger.uses when 'cancelled' then -ledger.uses else 0 end)`.as(
        'used',
      ),
      sql<string | null>`max(case ledger.kind when 'redeemed' then ledger.at end)`.as('used_at'),
      sql<number>`max(ledger.kind = 'revoked')`.as('revoked'),
      sql<number>`max(ledger.kind = 'reserved')`.as('reserved'),
    ])
    .execute()
  const reserved = rows.filter((row) => row.reserved > 0).map(({ id }) => id)
  const held = Map.groupBy(await heldOf(store, reserved, now.toISOString()), ({ couponId }) => couponId)
  return new Map(
    rows.map((row) => [
      row.code,
      {
        workspaceId: row.workspace_id,
        couponId: row.id,
        campaignId: row.campaign_id,
        code: row.code,
        memberId: row.member_id,
        offer: JSON.parse(row.offer) as Offer,
        minSpendMinor: row.min_spend_minor,
        terms: termsIn(row.terms),
        validFrom: row.valid_from,
        validTo: row.valid_to,
        usesAllowed: row.uses_allowed,
        used: row.used,
        held: (held.get(row.id) ?? []).reduce((sum, { uses }) => sum + uses, 0),
        heldUntil: (held.get(row.id) ?? []).map(({ until }) => until).toSorted()[0] ?? null,
        usedAt: row.used_at,
        revoked: row.revoked === 1,
      },
    ]),
  )
}

/** A coupon of a workspace by what was typed: a code of another one does not exist for it. */
export function couponOf(
  workspaceId: string,
  typed: string,
  coupons: ReadonlyMap<string, KeptCoupon>,
): KeptCoupon | null {
  const code = readCode(typed)
  const coupon = code === null ? undefined : coupons.get(code)
  return coupon?.workspaceId === workspaceId ? coupon : null
}

/** Read by their shape once: the coupons of a launch have the same. */
const read = new Map<string, OfferTerms>()
export function termsIn(text: string): OfferTerms {
  const known = read.get(text) ?? OfferTerms.parse(JSON.parse(text))
  if (read.size > 1_000) read.clear()
  read.set(text, known)
  return known
}
