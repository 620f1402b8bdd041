import type { Said } from '../messages/messages.ts'
import type { AddressedChannel, SuppressionReason } from './suppressions.ts'

/** What came of one attempt at a message. */
export type SendOutcome =
  | {
      kind: 'delivered'
      /** Digest of the address that it went to, where something may come back from there. */
      to?: string
      /** What the platform calls the message when it reports on it later. */
      receipt?: string
    }
  /** May work later; `afterMs`: what the receiver asked to be waited. */
  | { kind: 'failed'; why: Said; afterMs?: number }
  /** Never works for this recipient: no further attempt. */
  | {
      kind: 'dead'
      why: Said
      /** There is no such address. */
      bounced?: true
      /** The member wants nothing more by this channel. */
      unsubscribed?: true
      /** What is to be written to no more. */
      suppress?: { channel: AddressedChannel; digest: string; reason: SuppressionReason }
    }
  /** Not sent, and not to be: the member may not be written to, or can't be. */
  | { kind: 'dropped'; why: Said }
  /** Ended from here: not known whether it arrived. */
  | { kind: 'stopped' }

/** A message that is somebody's to send, under a lease. */
export interface Claimed {
  /** The delivery id: stays the same however often the message is sent. */
  readonly id: string
  readonly lease: string
  readonly memberId: string
  /** JSON of an OutboxMessage. */
  readonly body: string
  /** This attempt included. */
  readonly attempts: number
}

/** Makes one attempt; ends early, as `stopped`, when told to. */
export type Sender = (message: Claimed, stop: AbortSignal) => Promise<SendOutcome>
