import { z } from 'zod'
import type { QueryOptions } from '../../analytics/engine/engine.ts'
import { couponUses } from '../../analytics/relations/coupons-elsewhere.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Mismatch, mismatchedCoupons, shownCodes } from './coupons.ts'

const Differing = z.object({
  code: z.string().nullable(),
  /** The id of the member of now, where the file names one. */
  memberId: z.string().nullable(),
  /** The order is another member's or nobody's, is not here, or is not named. */
  finds: z.enum(['other-member', 'unknown-order', 'no-order']),
  orderId: z.string().nullable(),
  /** Whose the order is here; null where it is nobody's or not here. */
  orderMemberId: z.string().nullable(),
  /** Instants as ISO text. */
  usedAt: z.string().nullable(),
  fileName: z.string(),
  importedAt: z.string(),
})

/** A coupon of which a file says something else than the orders, or, of our own, than our ledger (see `Mismatch`). */
export type DifferingCoupon = Omit<z.infer<typeof Differing>, 'finds'> & {
  readonly finds: z.infer<typeof Differing>['finds'] | Mismatch['kind']
  /** Of our own coupons: the order in which the ledger says it was used. */
  readonly ledgerOrderId: string | null
  /** Of our own coupons: what was taken off, as the file and as the ledger say, in minor units. */
  readonly discountMinor: number | null
  readonly ledgerDiscountMinor: number | null
}

/** The most that are named of those that differ from the ledger, and as many of those that differ from the orders. */
const mostNamed = 1000

/**
 * Coupons of which a file says something else than we know, one by one: our own that differ from the ledger, then uses
 * that the orders do not bear out. One that differs from both is in the list for each. Codes are masked unless `unmasked`.
 */
export async function differingCoupons(
  store: Store,
  workspace: Workspace,
  request: { unmasked: boolean },
  options: QueryOptions,
): Promise<{ total: number; named: DifferingCoupon[] }> {
  const [ours, uses] = await Promise.all([
    mismatchedCoupons(store, workspace, { ...request, most: mostNamed }, options),
    unprovenUses(store, workspace, request, options),
  ])
  return {
    total: ours.mismatches + uses.total,
    named: [
      ...ours.named.map((one) => ({
        code: one.code,
        memberId: one.memberId,
        fileName: one.fileName,
        importedAt: one.importedAt,
        finds: one.kind,
        orderId: one.orderThere,
        orderMemberId: null,
        ledgerOrderId: one.orderHere,
        discountMinor: one.discountThere,
        ledgerDiscountMinor: one.discountHere,
        usedAt: one.at,
      })),
      ...uses.named,
    ],
  }
}

/**
 * Uses of coupons elsewhere that the orders do not bear out, those of another member's orders first, each with the
 * newest import that tells it; of very many the first. Codes are masked unless `unmasked`.
 */
async function unprovenUses(
  store: Store,
  { id, engine }: Workspace,
  request: { unmasked: boolean },
  options: QueryOptions,
): Promise<{ total: number; named: DifferingCoupon[] }> {
  const keyed = sql`code is not null and order_id is not null`
  const who = sql`case when not (${keyed}) then member_id end`
  const at = sql`case when not (${keyed}) then used_at end`
  const [counted] = await engine.rows(
    sql`select count(*) as total from ${couponUses} as use where finds <> 'order'`,
    options,
  )
  const rows = await engine.rows(
    sql`with told as (
        select code, order_id, ${who} as who, ${at} as at, max(import_seq) as import_seq
        from import_coupons group by all
      ),
      differing as (
        select code, order_id, member_id, holder, finds, used_at, ${who} as who, ${at} as at
        from ${couponUses} as use where finds <> 'order'
        order by finds = 'no-order', finds = 'unknown-order', used_at desc nulls last, code, member_id
        limit ${mostNamed}
      )
      select differing.code, differing.holder as member_id, finds,
        differing.order_id, owner.member_id as order_member_id, differing.used_at, imports.file_name, imports.imported_at
      from differing
      join told on told.code is not distinct from differing.code
        and told.order_id is not distinct from differing.order_id
        and told.who is not distinct from differing.who and told.at is not distinct from differing.at
      join imports on imports.import_seq = told.import_seq
      left join orders on orders.order_id = differing.order_id
      left join members as owner on owner.member_key = orders.member_key
      order by finds = 'no-order', finds = 'unknown-order', used_at desc nulls last, differing.code, differing.member_id`,
    options,
  )
  const named = z.array(Differing).parse(rows)
  const shown = await shownCodes(
    store,
    id,
    named.map(({ code }) => code),
    request.unmasked,
  )
  return {
    total: Number(counted!.total),
    named: named.map((row) => ({
      ...row,
      ledgerOrderId: null,
      discountMinor: null,
      ledgerDiscountMinor: null,
      code: shown(row.code),
    })),
  }
}
