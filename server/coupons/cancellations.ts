import type { Transaction } from 'kysely'
import type { Clock } from '../platform.ts'
import { eachOf } from '../store/each-of.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { isUnended } from './reservations.ts'

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
 * Takes back one redemption, or all of an order, and gives their uses back to the coupons; what is set aside for the
 * order is let go. Null when there is nothing of it. Repeating it changes nothing and answers the same.
 */
export async function cancelRedemptions(
  store: Store,
  clock: Clock,
  { workspaceId, ...which }: { workspaceId: string } & ({ redemptionId: string } | { orderId: string }),
  actor: string,
): Promise<Cancellation[] | null> {
  return store.transaction().execute(async (tx) => {
    const by = { actor, at: clock.now().toISOString() }
    if ('redemptionId' in which) {
      const cancelled = await takeBack(tx, { workspaceId, ...which }, by)
      return cancelled.length > 0 ? cancelled : null
    }
    const orders = { workspaceId, orderIds: [which.orderId] }
    const hasReserved = await tx
      .selectFrom('ledger')
      .select('seq')
      .where('workspace_id', '=', workspaceId)
      .where('order_id', '=', which.orderId)
      .where('kind', '=', 'reserved')
      .executeTakeFirst()
    const cancelled = await cancelOrders(tx, orders, by)
    return cancelled.length > 0 || hasReserved ? cancelled : null
  })
}

/** Who takes back, and when; ISO text in UTC. */
interface By {
  readonly actor: string
  readonly at: string
}

/** Takes back every redemption of these orders, and lets go what is set aside for them. Repeating it changes nothing. */
export async function cancelOrders(
  tx: Transaction<StoreSchema>,
  { workspaceId, orderIds }: { workspaceId: string; orderIds: readonly string[] },
  by: By,
): Promise<Cancellation[]> {
  if (orderIds.length === 0) return []
  const reserved = await tx
    .selectFrom('ledger')
    .where('workspace_id', '=', workspaceId)
    .where('order_id', 'in', eachOf(orderIds))
    .where(isUnended('ledger'))
    .selectAll()
    .execute()
  for (const { seq: _, ...use } of reserved)
    await tx
      .insertInto('ledger')
      .values({ ...use, kind: 'released', amount_minor: 0, worth_minor: 0, expires_at: null, ...by })
      .execute()
  return takeBack(tx, { workspaceId, orderIds }, by)
}

async function takeBack(
  tx: Transaction<StoreSchema>,
  which: { workspaceId: string } & ({ redemptionId: string } | { orderIds: readonly string[] }),
  { actor, at }: By,
): Promise<Cancellation[]> {
  const redeemed = await tx
    .selectFrom('ledger')
    .innerJoin('coupons', 'coupons.id', 'ledger.coupon_id')
    .where('ledger.workspace_id', '=', which.workspaceId)
    .where('ledger.kind', '=', 'redeemed')
    .$call((query) =>
      'orderIds' in which
        ? query.where('ledger.order_id', 'in', eachOf(which.orderIds))
        : query.where('ledger.redemption_id', '=', which.redemptionId),
    )
    .orderBy('ledger.seq')
    .selectAll('ledger')
    .select(({ fn }) => [fn.coalesce('coupons.given_code', 'coupons.code').as('code'), 'coupons.valid_to'])
    .execute()
  if (redeemed.length === 0) return []
  const later = await tx
    .selectFrom('ledger')
    .where('coupon_id', 'in', eachOf(redeemed.map(({ coupon_id }) => coupon_id)))
    .where('kind', 'in', ['cancelled', 'revoked'])
    .select(['kind', 'coupon_id', 'redemption_id', 'at'])
    .execute()
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
}
