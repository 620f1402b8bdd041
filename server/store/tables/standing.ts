import type { Generated } from 'kysely'

/** What is kept of campaigns that stand. */
export interface StandingTables {
  /** One row a campaign that went live. */
  standing_campaigns: {
    campaign_id: string
    workspace_id: string
    /** Local day. */
    started_day: string
    /** The local day on which who met the rule was written down for the first time; null: not yet. */
    first_known_day: string | null
    /** The local day from which on nobody comes in; null: it goes on. */
    finished_day: string | null
  }
  /** One row a local day on which a campaign was evaluated, however often. */
  standing_runs: {
    campaign_id: string
    workspace_id: string
    day: string
    /** The last time. */
    evaluated_at: string
    /** Members who met the rule the last time. */
    matching: Generated<number>
    /** Members who began to meet it. */
    began: Generated<number>
    /** Of them, those who had come in within the cool-down. */
    cooling: Generated<number>
    /** Who waited and does not meet it any more. */
    gone: Generated<number>
    /** Who still waits. */
    waiting: Generated<number>
    /** Days before this one on which nothing was evaluated. */
    missed_days: Generated<number>
    /** Who met the rule on one of these days and does not any more; null: not known. */
    missed_members: number | null
    /** 1: the budget had no room for another coupon. */
    budget_spent: Generated<number>
  }
  /** Who met the rule at the last evaluation. */
  standing_matching: { campaign_id: string; workspace_id: string; member_id: string }
  /** Who began to meet the rule and has not come in yet. */
  standing_waiting: { campaign_id: string; workspace_id: string; member_id: string; since_day: string }
  /** One row each time that a member comes in. */
  standing_paths: {
    id: string
    workspace_id: string
    campaign_id: string
    member_id: string
    entered_day: string
    entered_at: string
    arm: 'treated' | 'held-out'
    /** The step that comes, and the local day from which on; null: the way has ended. */
    next_step: number | null
    due_day: string | null
    ended_day: string | null
    ended_why: 'done' | 'bought' | 'not-bought' | 'coupon-used' | 'held-out' | null
    /** Of a way that ended by a purchase, its day. */
    bought_day: string | null
  }
  /** What was done at a step, once. */
  standing_steps: {
    path_id: string
    /** 0: the first, the campaign's own coupon or message. */
    step: number
    workspace_id: string
    campaign_id: string
    day: string
    at: string
    outcome: 'coupon' | 'message' | 'tag' | 'webhook' | 'left-out'
    /** Of who was left out. */
    reason: string | null
    coupon_id: string | null
    /** The delivery id of what was queued; null: nothing, or a row of before messages had one here. */
    message_id: string | null
    /** The most that the coupon costs. */
    worst_minor: Generated<number>
  }
  /** What another system is told of a member at a step; the id never changes. */
  standing_events: {
    id: string
    workspace_id: string
    campaign_id: string
    member_id: string
    path_id: string
    step: number
    state: 'queued' | 'delivered' | 'dead'
    attempts: Generated<number>
    queued_at: string
    due_at: string
    last_error: string | null
    delivered_at: string | null
  }
}
