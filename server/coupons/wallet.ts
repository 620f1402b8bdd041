import type { Kysely } from 'kysely'
import { idsOfMember } from '../identity/people.ts'
import type { Language } from '../messages/messages.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type KeptCoupon, readCoupons } from './coupons.ts'
import { hindrance } from './decision.ts'
import type { Offer } from './offer.ts'
import { offerSentence } from './offer-sentence.ts'
import { saidRule } from './said-rule.ts'

/** A coupon that its member can use, now or later. */
export interface WalletCoupon {
  readonly code: string
  readonly campaign: string
  readonly state: 'open' | 'not_yet_valid' | 'held'
  readonly sentence: string
  readonly offer: Offer
  readonly minSpendMinor: number
  readonly validFrom: string
  readonly validTo: string
  readonly usesLeft: number
}

/** The most that is looked at of one member: those that end soonest. */
const mostCoupons = 200

/**
 * The coupons of a member that are not over, whichever id of theirs they were issued to, soonest to end first; then the
 * codes for many that the member was given.
 */
export async function couponsInWallet(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  ids: readonly string[],
  now: Date,
): Promise<KeptCoupon[]> {
  if (ids.length === 0) return []
  const rows = await store
    .selectFrom('coupons')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('member_id', 'in', ids)
    .where('valid_to', '>', now.toISOString())
    .orderBy('valid_to')
    .orderBy('id')
    .limit(mostCoupons)
    .execute()
  rows.push(
    ...(await store
      .selectFrom('coupons')
      .innerJoin('campaign_members', 'campaign_members.campaign_id', 'coupons.campaign_id')
      .select('coupons.id')
      .distinct()
      .where('coupons.workspace_id', '=', workspaceId)
      .where('coupons.member_id', 'is', null)
      .where('coupons.valid_to', '>', now.toISOString())
      .where('campaign_members.member_id', 'in', ids)
      .whereRef('campaign_members.coupon_id', '=', 'coupons.id')
      .limit(mostCoupons)
      .execute()),
  )
  const coupons = await readCoupons(store, { ids: rows.map(({ id }) => id) }, now)
  return rows.flatMap(({ id }) => coupons.byId(id) ?? [])
}

/** What a member can use, now or later, each with its sentence. */
export async function walletOf(
  store: Kysely<StoreSchema>,
  workspace: Workspace,
  memberId: string,
  now: Date,
  language: Language,
): Promise<WalletCoupon[]> {
  const coupons = await couponsInWallet(store, workspace.id, await idsOrItself(workspace, memberId), now)
  const campaigns = new Map(
    (coupons.length === 0
      ? []
      : await store
          .selectFrom('campaigns')
          .select(['id', 'name'])
          .where('id', 'in', [...new Set(coupons.map(({ campaignId }) => campaignId))])
          .execute()
    ).map(({ id, name }) => [id, name]),
  )
  const wallet: WalletCoupon[] = []
  for (const coupon of coupons) {
    const state = hindrance(coupon, now)?.code ?? 'open'
    if (state !== 'open' && state !== 'not_yet_valid' && state !== 'held') continue
    const { code, offer, minSpendMinor, validFrom, validTo, usesAllowed, used, held } = coupon
    wallet.push({
      code,
      campaign: campaigns.get(coupon.campaignId) ?? '',
      state,
      sentence: offerSentence(language, await saidRule(workspace, store, coupon)),
      offer,
      minSpendMinor,
      validFrom,
      validTo,
      usesLeft: Math.max(0, usesAllowed - used - held),
    })
  }
  return wallet
}

/** Every id of a member; of one whom no file names, the id that was given. */
export async function idsOrItself(workspace: Workspace, memberId: string): Promise<string[]> {
  const ids = await idsOfMember(workspace, memberId)
  return ids.length > 0 ? ids : [memberId]
}
