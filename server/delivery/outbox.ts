import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Offer } from '../coupons/offer.ts'
import type { StoreSchema } from '../store/schema.ts'

/** What a receiver is told of a message without a coupon. */
export interface PlainMessage {
  readonly campaignId: string
  readonly campaign: string
  readonly memberId: string
}

/** What a receiver is told of one coupon. Instants in UTC, money in minor units of `currency`. */
export interface CouponMessage extends PlainMessage {
  readonly code: string
  readonly offer: Offer
  readonly minSpendMinor: number
  readonly currency: string
  readonly validFrom: string
  readonly validTo: string
}

export type OutboxMessage = PlainMessage | CouponMessage

export const isOfCoupon = (message: OutboxMessage): message is CouponMessage => 'code' in message

/** By which a message is known for good, however often it is sent. */
export const newDeliveryId = (): string => `msg_${randomUUID()}`

/** Queues messages, in the caller's transaction; none is sent before its launch is published. */
export async function queueMessages(
  tx: Kysely<StoreSchema>,
  launch: {
    workspaceId: string
    campaignId: string
    launchId: string
    /** `id`: newDeliveryId(). `couponId` null: a message without a coupon. */
    messages: readonly { id: string; couponId: string | null; memberId: string; body: OutboxMessage }[]
    at: Date
  },
): Promise<void> {
  if (launch.messages.length === 0) return
  await tx
    .insertInto('outbox')
    .values(
      launch.messages.map(({ id, couponId, memberId, body }) => ({
        id,
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
