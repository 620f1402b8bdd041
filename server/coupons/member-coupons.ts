import { sql } from 'kysely'
import type { Words } from '../../analytics/schema/described.ts'
import { idsOfMember } from '../identity/people.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { maskedCode, printedCode } from './code.ts'
import { termsIn } from './coupons.ts'
import type { Offer } from './offer.ts'
import { offerSentences } from './offer-sentence.ts'
import { isStanding } from './reservations.ts'
import { lastDayOf, saidRule } from './said-rule.ts'
import { sharedCouponsOf } from './shared-coupons.ts'

/**
 * What became of a coupon: `open` may still be redeemed, now or once its validity begins; `gone`: others have used up one
 * code for all.
 */
export type CouponState = 'open' | 'redeemed' | 'gone' | 'expired' | 'revoked'

export interface MemberCoupon {
  readonly couponId: string
  /** The id that it was issued to: one of the member's. */
  readonly issuedTo: string
  readonly campaignId: string
  readonly campaign: string
  /** As it is printed; masked but for its last four signs unless `unmasked`. */
  readonly code: string
  readonly offer: Offer
  readonly minSpendMinor: number
  /** What it is good for, in both languages. */
  readonly sentence: Words
  readonly issuedAt: string
  /** Last local day on which it is good. */
  readonly lastDay: string
  readonly state: CouponState
  /** Of the newest redemption that was not cancelled. */
  readonly redeemedAt: string | null
  readonly orderId: string | null
  readonly discountMinor: number | null
  /** Of one code for all: its uses by everybody, and how many there are; null: the coupon is the member's alone. */
  readonly sharedUses: { readonly used: number; readonly of: number } | null
}

/** The newest coupons that a page shows. */
const mostCoupons = 200

/** The coupons of published launches that were issued to any id of a member, and the codes for all that it has, newest first, as they stand at `at`. */
export async function couponsOfMember(
  store: Store,
  workspace: Workspace,
  request: { memberId: string; unmasked: boolean; at: Date },
): Promise<MemberCoupon[]> {
  const ids = await idsOfMember(workspace, request.memberId)
  return couponsOfIds(store, workspace, { ...request, ids: ids.length > 0 ? ids : [request.memberId] })
}

/** The same of the given ids, whosever they are. */
export async function couponsOfIds(
  store: Store,
  workspace: Workspace,
  request: { ids: readonly string[]; unmasked: boolean; at: Date },
): Promise<MemberCoupon[]> {
  const { rows } = await sql<{
    couponId: string
    issuedTo: string
    campaignId: string
    campaign: string
    code: string
    offer: string
    minSpendMinor: number
    terms: string
    issuedAt: string
    validTo: string
    usesAllowed: number
    used: number
    revoked: number
    redeemedAt: string | null
    orderId: string | null
    discountMinor: number | null
  }>`
    with standing as (
      -- redemptions that were not taken back
      select ledger.* from ledger where ${isStanding('ledger')}
    )
    select coupons.id as "couponId", coupons.member_id as "issuedTo", coupons.campaign_id as "campaignId", campaigns.name as campaign,
      coalesce(coupons.given_code, coupons.code) as code, coupons.offer, coupons.min_spend_minor as "minSpendMinor", coupons.terms,
      launches.published_at as "issuedAt", coupons.valid_to as "validTo",
      coupons.uses_allowed as "usesAllowed",
      (select coalesce(sum(uses), 0) from standing where standing.coupon_id = coupons.id) as used,
      (select coalesce(sum(uses), 0) from ledger where ledger.coupon_id = coupons.id and kind = 'revoked') as revoked,
      newest.at as "redeemedAt", newest.order_id as "orderId", newest.amount_minor as "discountMinor"
    from coupons
    join campaigns on campaigns.id = coupons.campaign_id
    join launches on launches.id = coupons.launch_id and launches.published_at is not null
    left join standing as newest on newest.seq =
      (select max(seq) from standing where standing.coupon_id = coupons.id)
    where coupons.workspace_id = ${workspace.id} and coupons.member_id in (${sql.join(request.ids)})
    order by launches.published_at desc, coupons.id
    limit ${mostCoupons}`.execute(store)
  const now = request.at.toISOString()
  const own = await Promise.all(
    rows.map(async ({ offer: text, terms, validTo, usesAllowed, used, revoked, ...row }) => {
      const offer = JSON.parse(text) as Offer
      const ruled = { ...row, offer, terms: termsIn(terms), validTo }
      return {
        ...row,
        code: request.unmasked ? printedCode(row.code) : maskedCode(row.code),
        offer,
        sentence: offerSentences(
          await saidRule(workspace, store, { ...ruled, memberId: ruled.issuedTo, usesAllowed: 1 }),
        ),
        lastDay: lastDayOf(validTo, workspace),
        sharedUses: null,
        state:
          used >= usesAllowed ? 'redeemed' : revoked > 0 ? 'revoked' : validTo <= now ? 'expired' : 'open',
      } as const
    }),
  )
  const shared = await Promise.all(
    (await sharedCouponsOf(store, workspace.id, request)).map(async (coupon): Promise<MemberCoupon> => {
      const { terms, validTo, uses, offer: text, ...row } = coupon
      const offer = JSON.parse(text) as Offer
      const rule = { ...row, offer, terms, validTo, memberId: null, usesAllowed: uses.of }
      return {
        ...row,
        code: request.unmasked ? printedCode(row.code) : maskedCode(row.code),
        offer,
        sentence: offerSentences(await saidRule(workspace, store, rule)),
        lastDay: lastDayOf(validTo, workspace),
        sharedUses: uses,
      }
    }),
  )
  return [...own, ...shared]
    .toSorted((one, other) => other.issuedAt.localeCompare(one.issuedAt))
    .slice(0, mostCoupons)
}
