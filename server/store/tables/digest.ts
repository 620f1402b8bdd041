/** The weekly digest. */
export interface DigestTables {
  digest_settings: {
    workspace_id: string
    /** ISO. */
    weekday: number
    /** Local, HH:MM. */
    time: string
    /** Each digest is written as a file in it; null: none is. */
    file_language: string | null
    /** The next time, or the first one that was missed; null: off. */
    due_at: string | null
    changed_at: string
  }
  digest_recipients: {
    id: string
    workspace_id: string
    address: string
    language: string
    role: 'owner' | 'marketer' | 'viewer'
    added_at: string
    ended_at: string | null
    /** `unsubscribed`: by the recipient, `bounced`: there is no such address; else who removed it. */
    ended_by: string | null
  }
  /** A week that was due: never due again. */
  digest_weeks: {
    workspace_id: string
    week_from: string
    /** The local day on which it was due, as of which it is composed. */
    day: string
    /** Not to be written before; null: it was, or is not to be. */
    file_due_at: string | null
    file_name: string | null
    /** A message's id with its values, as JSON. */
    failure: string | null
  }
  /** One a recipient and week; its id never changes. */
  digest_messages: {
    id: string
    workspace_id: string
    recipient_id: string
    week_from: string
    day: string
    state: 'queued' | 'delivered' | 'dead' | 'dropped'
    attempts: number
    /** Not to be sent before; moved ahead as the lease of who is sending it. */
    due_at: string
    lease: string | null
    last_error: string | null
    delivered_at: string | null
  }
}
