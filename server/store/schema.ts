import type { Generated } from 'kysely'
import type { AccountsTables } from './tables/accounts.ts'
import type { CouponTables } from './tables/coupons.ts'
import type { SegmentTables } from './tables/segments.ts'
import type { SegmentsOutTables } from './tables/segments-out.ts'
import type { ImportTables } from './tables/imports.ts'
import type { CampaignTables } from './tables/campaigns.ts'
import type { DeliveryTables } from './tables/delivery.ts'
import type { DigestTables } from './tables/digest.ts'
import type { IdentityTables } from './tables/identity.ts'
import type { RightsTables } from './tables/rights.ts'
import type { StandingTables } from './tables/standing.ts'

/**
 * The Store's tables as Kysely sees them; the migrations create them. Instants are ISO text in UTC,
 * days ISO text, money integers of minor units, JSON is text. Every table but better-auth's own
 * carries `workspace_id`, and every query names it.
 */
export interface StoreSchema
  extends
    SegmentTables,
    SegmentsOutTables,
    AccountsTables,
    CampaignTables,
    CouponTables,
    DeliveryTables,
    DigestTables,
    ImportTables,
    RightsTables,
    StandingTables,
    IdentityTables {
  workspaces: {
    id: string
    name: string
    currency: string
    time_zone: string
    first_weekday: number
    /** By what recency, frequency and money are scored, as JSON; null: by fifths of all buyers. */
    rfm_rule: Generated<string | null>
    /** Fixed dormancy rule: last day of each status. */
    active_days: number
    cooling_days: number
    dormant_days: number
    /** 1: the shop really opened where its data starts. */
    opened_at_start: number
    /** The most that all coupons of one basket take off together, of 100. */
    most_off_percent: Generated<number>
    /** By how many percent a year money that comes later is worth less in predicted CLV. */
    clv_discount_percent: Generated<number>
    created_at: string
  }
  /** Append-only: what people and campaigns did that the engine must know. Drained behind a watermark. */
  events: {
    seq: Generated<number>
    workspace_id: string
    kind: string
    payload: string
    occurred_at: string
  }
  /** Who did what, in words that hold no personal data. */
  audit: {
    id: string
    workspace_id: string
    actor: string
    action: string
    subject: string
    at: string
  }
}
