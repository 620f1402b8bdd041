import type { Generated } from 'kysely'

/** What is kept of campaigns, their launches and their deliveries. */
export interface CampaignTables {
  /** Members who are sent nothing by any campaign; the newest row of a workspace holds, share 0: nobody. */
  global_holdouts: {
    seq: Generated<number>
    workspace_id: string
    seed: string
    share: number
    started_at: string
    started_day: string
    set_by: string
  }
  campaigns: {
    id: string
    workspace_id: string
    name: string
    /** The definition as JSON; fixed once launched. */
    definition: string
    /** Decides the arms: kept from the draft on, so that a preview shows the split that a launch makes. */
    seed: string
    state: 'draft' | 'running' | 'paused' | 'cancelled'
    created_at: string
    changed_at: string
  }
  /**
   * One row makes a launch visible: what belongs to a launch without `published_at` does not exist
   * for tills, deliveries, figures or holdings.
   */
  launches: {
    id: string
    workspace_id: string
    campaign_id: string
    /** Once-only campaigns have run 1; of one that stands that is its going live, and each day and step has one more. */
    run: number
    /** Of a campaign that stands, the step whose coupons it issues; null: none. */
    step: number | null
    digest: string
    /** The preview that was launched, as JSON. */
    preview: string
    /** Topics that were confirmed, as JSON. */
    confirmed: string
    as_of: string
    data_version: number
    /** Local day of the launch by the clock. */
    launched_day: string
    valid_from: string
    valid_to: string
    /** Last instant of the declared measurement window. */
    window_to: string
    started_at: string
    /** Newest event of the Store that the evaluation knew. */
    known_event: number | null
    /** When the audience and its arms were complete; from then on a launch that breaks off is finished. */
    frozen_at: string | null
    published_at: string | null
    /** Newest member whose arm the engine has been told, in order of id; null: none. */
    arms_told_to: string | null
    /** 1: the engine has been told every arm. */
    arms_told: number
    /** When the codes of a CSV campaign were first taken out. */
    codes_taken_at: string | null
  }
  /** The frozen audience with its arms. */
  campaign_members: {
    workspace_id: string
    campaign_id: string
    launch_id: string
    member_id: string
    arm: 'treated' | 'held-out'
    /** Null for who is held out. */
    coupon_id: string | null
  }
  /** Members of the segment whom a launch gave nothing, each with the first reason. */
  left_out: {
    workspace_id: string
    campaign_id: string
    launch_id: string
    member_id: string
    reason: string
  }
  /** One row a message; its id is the delivery id and never changes. */
  outbox: {
    id: string
    workspace_id: string
    campaign_id: string
    launch_id: string
    member_id: string
    /** Null: a message without a coupon. */
    coupon_id: string | null
    /** What is sent, as JSON. */
    body: string
    state: 'queued' | 'delivered' | 'dead' | 'dropped'
    attempts: number
    /** Not to be sent before; while somebody is sending it, the end of their lease. */
    due_at: string
    /** Names the attempt that is under way; null: none. */
    lease: string | null
    queued_at: string
    /** JSON of a Said; in rows of earlier versions an English sentence. */
    last_error: string | null
    delivered_at: string | null
    /** Of a channel by hand: when it stood on a list first; null: never, or another channel. */
    handed_at: string | null
    /** Digest of the address that mail or a WeChat message went to, or that stood on the newest list. */
    handed_to: string | null
    /** What came of it, as staff wrote it down (HandResult); null: nothing yet. */
    result: string | null
    /** What WeChat calls the message when it reports on it; null: not sent by it, or not told. */
    receipt: string | null
  }
  webhook_secrets: {
    workspace_id: string
    secret: string
    created_at: string
    /** When an owner was shown it; it is shown once. */
    shown_at: string | null
  }
}
