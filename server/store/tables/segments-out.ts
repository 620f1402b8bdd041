import type { Generated } from 'kysely'

/** What goes out of segments by itself. */
export interface SegmentsOutTables {
  /** An address that is told when members enter and leave a segment. */
  segment_webhooks: {
    id: string
    workspace_id: string
    segment_id: string
    url: string
    created_by: string
    created_at: string
    removed_at: string | null
  }
  /** One row a message; its id never changes, and those of a webhook are sent one after the other by `seq`. */
  segment_messages: {
    seq: Generated<number>
    id: string
    workspace_id: string
    webhook_id: string
    /** What is sent, as JSON; empty once it was delivered. */
    body: string
    /** How many entries and exits it tells. */
    members: number
    state: 'queued' | 'delivered' | 'dead' | 'dropped'
    attempts: number
    /** Not to be sent before; moved ahead as the lease of who is sending it. */
    due_at: string
    last_error: string | null
    created_at: string
    delivered_at: string | null
  }
  /** A file of a segment's members that is written at a local time of day. */
  segment_schedules: {
    id: string
    workspace_id: string
    segment_id: string
    /** What is written, as JSON. */
    file: string
    /** ISO weekday; null: every day. */
    weekday: number | null
    /** Local time, HH:MM. */
    time: string
    /** So many files are kept. */
    kept: number
    /** Of the headers. */
    language: string
    /** By whose role phones are masked. */
    set_by: string
    set_at: string
    /** The next time, or the first one that was missed. */
    due_at: string
    removed_at: string | null
  }
  segment_schedule_runs: {
    seq: Generated<number>
    workspace_id: string
    schedule_id: string
    due_at: string
    ended_at: string
    folder: string | null
    /** Null: none was written, or it was taken away since. */
    file_name: string | null
    listed: number | null
    /** A message's id with its values, as JSON; null: it was written. */
    failure: string | null
  }
}
