import type { Clock } from '../platform.ts'
import type { Store } from '../store/store.ts'

/** A redemption that was taken back. */
export interface Cancellation {
  redemptionId: string
  code: string
  orderId: string
  /** The discount that was taken back, in minor units. */
  discountMinor: number
  cancelledAt: string
  /** Whether the use may be redeemed again: not when the coupon had expired or was revoked by then. */
  restored: boolean
}

/**
 * Takes back one redemption, or all of an order, and gives their uses back to the coupons; null when
 * there is none. Repeating it changes nothing and answers the same.
 */
export async function cancelRedemptions(
  store: Store,
  clock: Clock,
  which: { workspaceId: string } & ({ redemptionId: string } | { orderId: string }),
  actor: string,
): Promise<Cancellation[] | null> {
  return store.transaction().execute(async (tx) => {
    const redeemed = await tx
      .selectFrom('ledger')
      .innerJoin('coupons', 'coupons.id', 'ledger.coupon_id')
      .where('ledger.workspace_id', '=', which.workspaceId)
      .where('ledger.kind', '=', 'redeemed')
      .$call((query) =>
        'orderId' in which
          ? query.where('ledger.order_id', '=', which.orderId)
          : query.where('ledger.redemption_id', '=', which.redemptionId),
      )
      .orderBy('ledger.seq')
      .selectAll('ledger')
      .select(({ fn }) => [fn.coalesce('coupons.given_code', 'coupons.code').as('code'), 'coupons.valid_to'])
      .execute()
    if (redeemed.length === 0) return null
    const later = await tx
      .selectFrom('ledger')
      .where(
        'coupon_id',
        'in',
        redeemed.map(({ coupon_id }) => coupon_id),
      )
      .where('kind', 'in', ['cancelled', 'revoked'])
      .select(['kind', 'coupon_id', 'redemption_id', 'at'])
      .execute()
    const at = clock.now().toISOString()
    const cancellations: Cancellation[] = []
    for (const row of redeemed) {
      const { seq: _, code, valid_to, ...use } = row
      const cancelled = later.find(
        ({ kind, redemption_id }) => kind === 'cancelled' && redemption_id === row.redemption_id,
      )
      const revoked = later.some(
        ({ kind, coupon_id, redemption_id }) =>
          kind === 'revoked' &&
          coupon_id === row.coupon_id &&
          (cancelled ? redemption_id === row.redemption_id : true),
      )
      if (!cancelled) {
        await tx
          .insertInto('ledger')
          .values({ ...use, kind: 'cancelled', actor, at })
          .execute()
        // A coupon that was revoked meanwhile does not come alive again.
        if (revoked)
          await tx
            .insertInto('ledger')
            .values({ ...use, kind: 'revoked', amount_minor: 0, worth_minor: 0, actor, at })
            .execute()
      }
      const cancelledAt = cancelled?.at ?? at
      cancellations.push({
        redemptionId: row.redemption_id!,
        code,
        orderId: row.order_id!,
        discountMinor: row.amount_minor,
        cancelledAt,
        restored: !revoked && cancelledAt < valid_to,
      })
    }
    return cancellations
  })
}
