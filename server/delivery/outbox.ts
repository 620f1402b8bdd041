import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Offer } from '../coupons/offer.ts'
import type { StoreSchema } from '../store/schema.ts'

/** What a receiver is told of one coupon. Instants in UTC, money in minor units of `currency`. */
export interface CouponMessage {
  readonly campaignId: string
  readonly campaign: string
  readonly memberId: string
  readonly code: string
  readonly offer: Offer
  readonly minSpendMinor: number
  readonly currency: string
  readonly validFrom: string
  readonly validTo: string
}

/** Queues messages, in the caller's transaction; none is sent before its launch is published. */
export async function queueMessages(
  tx: Kysely<StoreSchema>,
  launch: {
    workspaceId: string
    campaignId: string
    launchId: string
    messages: readonly { couponId: string; memberId: string; body: CouponMessage }[]
    at: Date
  },
): Promise<void> {
  if (launch.messages.length === 0) return
  await tx
    .insertInto('outbox')
    .values(
      launch.messages.map(({ couponId, memberId, body }) => ({
        id: `msg_${randomUUID()}`,
        workspace_id: launch.workspaceId,
        campaign_id: launch.campaignId,
        launch_id: launch.launchId,
        member_id: memberId,
        coupon_id: couponId,
        body: JSON.stringify(body),
        state: 'queued' as const,
        attempts: 0,
        due_at: launch.at.toISOString(),
        lease: null,
        queued_at: launch.at.toISOString(),
        last_error: null,
        delivered_at: null,
        handed_at: null,
        handed_to: null,
        result: null,
        receipt: null,
      })),
    )
    .execute()
}
