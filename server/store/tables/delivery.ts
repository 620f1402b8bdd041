/** How messages go out and to whom they do not. */
export interface DeliveryTables {
  /** When and how fast a workspace sends; no row: always, without a limit. */
  delivery_settings: {
    workspace_id: string
    /** Local HH:MM; both or neither. */
    quiet_from: string | null
    quiet_to: string | null
    /** JSON: messages a minute by channel. */
    per_minute: string
    /** So many messages a member in so many local days; both or neither. */
    cap_messages: number | null
    cap_days: number | null
  }
  /** When a channel with a limit may send its next message. */
  delivery_pace: {
    workspace_id: string
    channel: string
    next_at: string
  }
  /** How a channel is reached, as an owner set it. */
  channel_settings: {
    workspace_id: string
    channel: 'mail' | 'sms' | 'wechat' | 'returns'
    /** JSON. */
    settings: string
    /** The password or key: never shown again. */
    secret: string
    changed_at: string
  }
  /** How far the mailbox to which mail comes back was read. */
  returns_mailboxes: {
    workspace_id: string
    /** Which one: server, user and folder. Another is read from its beginning. */
    mailbox: string
    /** Of IMAP; null: nothing was read yet. */
    uid_validity: string | null
    last_uid: number
    /** When it was read whole for the last time. */
    read_at: string | null
    /** Why it could not be read the last time, as JSON of a Said; null: it could. */
    error: string | null
  }
  /** Mail that came back and names a delivery. Neither addresses nor words are kept. */
  returned_mails: {
    workspace_id: string
    /** Of the mail: read again, it counts once. */
    digest: string
    delivery_id: string
    kind: 'gone' | 'failed' | 'delayed' | 'answer'
    /** Such as 5.1.1; null: it names none. */
    code: string | null
    at: string
  }
  /** Makes digests of addresses and signs unsubscribe links. */
  suppression_keys: {
    workspace_id: string
    key: string
  }
  /** Addresses that a channel writes to no more. */
  suppressions: {
    workspace_id: string
    channel: 'mail' | 'sms' | 'wechat' | 'calls' | 'wecom'
    /** Keyed: names nobody. */
    digest: string
    reason: 'unsubscribed' | 'bounced'
    /** Whose it was; null when that is not known, or the member was deleted. */
    member_id: string | null
    at: string
  }
}
