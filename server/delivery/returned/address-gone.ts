/** What a mail server says of a mail that it does not take or could not pass on. */
export interface MailStatus {
  /** Of SMTP, such as 550; null: not told. */
  readonly reply: number | null
  /** The enhanced status of RFC 3463, such as 5.1.1; null: not told. */
  readonly enhanced: string | null
}

/** As it is shown: `550 5.1.1`, `5.1.1`, `550`; null: nothing was told. */
export const codeOf = ({ reply, enhanced }: MailStatus): string | null =>
  [reply, enhanced].filter((part) => part !== null).join(' ') || null

/** The mailbox does not exist, is closed for good, or its domain is none; 5.1.7 and 5.1.8 are about the sender. */
const gone = /^5\.(?:1\.(?!7$|8$)\d+|2\.1|4\.4)$/
/** Statuses that say nothing more exact than the reply's code does. 5.4.1 is what Exchange says of unknown recipients. */
const vague = /^5\.(?:0\.\d+|2\.0|4\.1|5\.0)$/
const repliesOfGone = new Set([550, 551, 553])

/**
 * Whether there is no such address, for good. Of a full mailbox (5.2.2), of size and content (5.2.3, 5.3.4, 5.6.x), of a
 * timeout (5.4.7) and of policy (5.7.x) the address is innocent.
 * Source: RFC 3463, section 3; the registry of enhanced status codes of IANA.
 */
export const isGone = ({ reply, enhanced }: MailStatus): boolean =>
  enhanced === null || vague.test(enhanced) ? reply !== null && repliesOfGone.has(reply) : gone.test(enhanced)
