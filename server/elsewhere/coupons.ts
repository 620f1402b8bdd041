import { sql as storeSql } from 'kysely'
import { z } from 'zod'
import type { Engine, QueryOptions } from '../../analytics/engine/engine.ts'
import { memberKeyOf, memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { givenKey, maskedCode, printedCode, readCode } from '../coupons/code.ts'
import {
  codeLength,
  couponsHeld,
  couponUses,
  isToldAgain,
  isUsed,
} from '../../analytics/relations/coupons-elsewhere.ts'
import { isForgottenNumber } from '../rights/order-numbers.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

const Reconciled = z.object({
  rows: z.int(),
  uses: z.int(),
  /** Uses in an order that is here, of the same member or without one to compare. */
  matched: z.int(),
  otherMember: z.int(),
  unknownOrder: z.int(),
  noOrder: z.int(),
})

/** What the orders say of the coupons of other systems: every use is one of the last four. */
export async function reconciledCoupons(engine: Engine, options: QueryOptions) {
  const [rows] = await engine.rows(
    sql`select (select count(*) from ${couponsHeld} as held where not ${isToldAgain(sql`held`)}) as rows, count(*) as uses,
        count(*) filter (where finds = 'order') as matched,
        count(*) filter (where finds = 'other-member') as other_member,
        count(*) filter (where finds = 'unknown-order') as unknown_order,
        count(*) filter (where finds = 'no-order') as no_order
      from ${couponUses} as use`,
    options,
  )
  return Reconciled.parse(rows)
}

/**
 * A coupon of our own that a file tells otherwise than the ledger: `used-there`: the file says used, the ledger does
 * not; `used-here`: the reverse; `other-order`: both do, in different orders; `other-amount`: in the same order or
 * without one to compare, for different amounts. Nothing is changed by it.
 */
export interface Mismatch {
  readonly code: string
  readonly campaign: string
  /** Whose it was made for; null: nobody's by name. */
  readonly memberId: string | null
  readonly kind: 'used-there' | 'used-here' | 'other-order' | 'other-amount'
  readonly orderThere: string | null
  readonly orderHere: string | null
  /** What was taken off in all its uses, in minor units; null: the file does not say, or it was not used. */
  readonly discountThere: number | null
  readonly discountHere: number | null
  /** Instant of the use that the one knows and the other doesn't. */
  readonly at: string | null
  /** The newest import that tells of it. Instants as ISO text. */
  readonly fileName: string
  readonly importedAt: string
}

/** The most mismatches that are named beside their count. */
const mostNamed = 200
const codesAtOnce = 500

const Told = z.object({
  code: z.string(),
  used: z.boolean(),
  orderId: z.string().nullable(),
  usedAt: z.string().nullable(),
  /** Null unless each of its uses names one. */
  discountMinor: z.int().nullable(),
  fileName: z.string(),
  importedAt: z.string(),
})

/**
 * How codes that files name are shown: ours as they are printed everywhere, others as the file has them; masked unless
 * `unmasked`.
 */
export async function shownCodes(
  store: Store,
  workspaceId: string,
  codes: readonly (string | null)[],
  unmasked: boolean,
): Promise<(code: string | null) => string | null> {
  const read = [...new Set(codes.flatMap((code) => (code === null ? [] : (readCode(code) ?? []))))]
  const ours = new Set<string>()
  for (let from = 0; from < read.length; from += codesAtOnce) {
    const rows = await store
      .selectFrom('coupons')
      .select('code')
      .where('workspace_id', '=', workspaceId)
      .where('code', 'in', read.slice(from, from + codesAtOnce))
      .execute()
    for (const { code } of rows) ours.add(code)
  }
  return (code) => {
    if (code === null) return null
    const own = readCode(code)
    if (own !== null && ours.has(own)) return unmasked ? printedCode(own) : maskedCode(own)
    return unmasked ? code : `••••${code.slice(-4)}`
  }
}

/** Our own codes in files of coupons against the ledger: how many agree, and those that do not, codes masked unless `unmasked`; those that one import names, where it is said. */
export async function mismatchedCoupons(
  store: Store,
  { id, engine }: Workspace,
  request: { unmasked: boolean; most?: number; importId?: string },
  options: QueryOptions,
): Promise<{ ours: number; mismatches: number; named: Mismatch[] }> {
  const { importId } = request
  const meant = sql`upper(regexp_replace(code, '[\\s-]', '', 'g'))`
  const given = await store
    .selectFrom('coupons')
    .select('id')
    .where('workspace_id', '=', id)
    .where('given_key', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  // a code that was made elsewhere has any length
  const mayBeOurs = given ? sql`code is not null` : sql`length(${meant}) = ${codeLength}`
  const told = new Map<string, z.infer<typeof Told>>()
  for await (const rows of engine.stream(
    sql`with told as (
        select ${meant} as code, bool_or(${isUsed(sql`coupons_elsewhere`)}) as used,
          arg_max(order_id, used_at) as order_id, max(used_at) as used_at,
          case when bool_and(discount_minor is not null) filter (where ${isUsed(sql`coupons_elsewhere`)})
            then cast(sum(discount_minor) filter (where ${isUsed(sql`coupons_elsewhere`)}) as bigint) end as discount_minor
        from coupons_elsewhere where ${mayBeOurs} group by all
      ),
      newest as (
        select ${meant} as code, max(import_seq) as import_seq from import_coupons
        where ${mayBeOurs}
          and (${importId === undefined} or import_seq = (select import_seq from imports where import_id = ${importId ?? ''}))
        group by all
      )
      select told.*, imports.file_name, imports.imported_at from told
      join newest on newest.code = told.code join imports on imports.import_seq = newest.import_seq
      order by told.code`,
    options,
  ))
    for (const row of z.array(Told).parse(rows)) {
      const key = givenKey(row.code)
      if (key !== null) told.set(key, row)
    }
  let ours = 0
  const found: Mismatch[] = []
  const codes = [...told.keys()]
  for (let from = 0; from < codes.length; from += codesAtOnce) {
    const some = codes.slice(from, from + codesAtOnce)
    const { rows } = await storeSql<{
      code: string
      key: string
      campaign: string
      memberId: string | null
      used: number
      orderId: string | null
      at: string | null
      discountMinor: number | null
    }>`
      with standing as (
        select ledger.* from ledger
        where ledger.kind = 'redeemed' and not exists (
          select 1 from ledger as taken
          where taken.redemption_id = ledger.redemption_id and taken.kind = 'cancelled')
      )
      select coalesce(coupons.given_code, coupons.code) as code, coalesce(coupons.given_key, coupons.code) as key,
        campaigns.name as campaign, coupons.member_id as "memberId",
        (select coalesce(sum(uses), 0) from standing where standing.coupon_id = coupons.id) as used,
        (select sum(amount_minor) from standing where standing.coupon_id = coupons.id) as "discountMinor",
        newest.order_id as "orderId", newest.at
      from coupons
      join campaigns on campaigns.id = coupons.campaign_id
      join launches on launches.id = coupons.launch_id and launches.published_at is not null
      left join standing as newest on newest.seq =
        (select max(seq) from standing where standing.coupon_id = coupons.id)
      where coupons.workspace_id = ${id}
        and (coupons.code in (${storeSql.join(some)}) and coupons.given_key is null
          or coupons.given_key in (${storeSql.join(some)}))
      order by coupons.code`.execute(store)
    ours += rows.length
    for (const here of rows) {
      const there = told.get(here.key)!
      const kind =
        there.used && here.used === 0
          ? 'used-there'
          : !there.used && here.used > 0
            ? 'used-here'
            : there.used &&
                there.orderId !== null &&
                !isForgottenNumber(there.orderId) &&
                there.orderId !== here.orderId
              ? 'other-order'
              : there.used &&
                  there.discountMinor !== null &&
                  Number(there.discountMinor) !== Number(here.discountMinor)
                ? 'other-amount'
                : null
      if (kind !== null)
        found.push({
          code: request.unmasked ? printedCode(here.code) : maskedCode(here.code),
          campaign: here.campaign,
          memberId: here.memberId,
          kind,
          orderThere: there.orderId,
          orderHere: here.orderId,
          discountThere: there.used ? there.discountMinor : null,
          discountHere: here.used > 0 ? here.discountMinor : null,
          at: kind === 'used-there' ? there.usedAt : here.at,
          fileName: there.fileName,
          importedAt: there.importedAt,
        })
    }
  }
  return { ours, mismatches: found.length, named: found.slice(0, request.most ?? mostNamed) }
}

const CouponElsewhere = z.object({
  code: z.string().nullable(),
  couponName: z.string().nullable(),
  campaignId: z.string().nullable(),
  campaignName: z.string().nullable(),
  issuedAt: z.string().nullable(),
  validUntil: z.string().nullable(),
  usedAt: z.string().nullable(),
  orderId: z.string().nullable(),
  discountMinor: z.int().nullable(),
  used: z.boolean(),
  state: z.string().nullable(),
})

/** The newest coupons of other systems that a page shows of one member. */
const mostCoupons = 200

/** The coupons that other systems issued to a member or that the member used there, the newest first. Codes are masked unless `unmasked`. */
export async function couponsElsewhereOf(
  store: Store,
  { id, engine }: Workspace,
  request: { memberId: string; unmasked: boolean },
  options: QueryOptions,
) {
  const rows = await engine.rows(
    sql`select coupon.code, coupon.coupon_name, coupon.campaign_id,
        coalesce(coupon.campaign_name, told.name) as campaign_name, coupon.issued_at, coupon.valid_until,
        coupon.used_at, coupon.order_id, coupon.discount_minor, coupon.state, ${isUsed(sql`coupon`)} as used
      from coupons_elsewhere as coupon
      left join campaigns_elsewhere as told on told.campaign_id = coupon.campaign_id
      where coupon.member_id in (select named from ${memberNames} as names
        where member_key in ${memberKeyOf(request.memberId)})
      order by coalesce(coupon.used_at, coupon.issued_at) desc nulls last, coupon.code limit ${mostCoupons}`,
    options,
  )
  const coupons = z.array(CouponElsewhere).parse(rows)
  const shown = await shownCodes(
    store,
    id,
    coupons.map(({ code }) => code),
    request.unmasked,
  )
  return coupons.map((row) => ({ ...row, code: shown(row.code) }))
}
