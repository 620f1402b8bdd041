import PostalMime, { type Attachment, type Email } from 'postal-mime'
import { codeOf, isGone, type MailStatus } from './address-gone.ts'

/** What an automatic mail says of a delivery. */
export interface ReturnedMail {
  /** The deliveries that it names; whether they are ours is not known yet. */
  readonly deliveryIds: readonly string[]
  /**
   * `gone`: there is no such address; `failed`: it did not arrive for another reason, such as a full mailbox; `delayed`: a
   * server still tries; `answer`: it arrived, and a program answered (out of office).
   */
  readonly kind: 'gone' | 'failed' | 'delayed' | 'answer'
  /** As the server told it; null: it told none. */
  readonly code: string | null
  readonly cause: ReturnCause
  /** The mail's own Message-ID; null: it has none. */
  readonly messageId: string | null
}

/** Why a mail came back, where its address is good. */
export type ReturnCause = 'full' | 'policy' | 'late' | 'size' | 'other'

/** The headers by which a mail is known as an automatic one, before it is read whole. */
export const tellingHeaders = [
  'from',
  'return-path',
  'content-type',
  'auto-submitted',
  'precedence',
  'x-failed-recipients',
  'x-autoreply',
  'x-autorespond',
] as const

/** Whether these headers (as they are written, to the blank line) are of a report or an automatic answer. What people write is not opened. */
export function isAutomatic(headers: string): boolean {
  const of = fieldsIn(headers)
  const from = of.get('from') ?? ''
  return (
    /^multipart\/report\b/i.test(of.get('content-type') ?? '') ||
    of.get('return-path') === '<>' ||
    /\b(?:mailer-daemon|mail-daemon|postmaster)@/i.test(from) ||
    /^(?!no\b)\S/i.test(of.get('auto-submitted') ?? '') ||
    /^auto[_-]reply$/i.test(of.get('precedence') ?? '') ||
    ['x-failed-recipients', 'x-autoreply', 'x-autorespond'].some((name) => of.has(name))
  )
}

/** An answer may name all mails of a long conversation. */
const mostNamed = 20

const deliveryId = /\bmsg_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/
const idsIn = (text: string) => text.match(new RegExp(deliveryId, 'g')) ?? []

/**
 * Reads an automatic mail: a delivery status notification (RFC 3464, 6533), another notice of a mail server with the
 * mail that it returns, or an automatic answer (RFC 3834). Null: it is none of these, or names no delivery. Only what names a
 * delivery id is believed, which nobody knows but the recipient and the servers on the way.
 */
export async function readReturned(source: Uint8Array | string): Promise<ReturnedMail | null> {
  const mail = await PostalMime.parse(source, {
    rfc822Attachments: true,
    attachmentEncoding: 'utf8',
    maxNestingDepth: 20,
    maxHeadersSize: 200_000,
  })
  const status = partsOf(mail, /^message\/(?:global-)?delivery-status$/)
  const returned = partsOf(
    mail,
    /^(?:message\/(?:rfc822|global)|text\/rfc822-headers|message\/global-headers)$/,
  )
  const header = (name: string) => mail.headers.find(({ key }) => key === name)?.value ?? ''
  const words = `${mail.text ?? ''}\n${(mail.html ?? '').replaceAll(/<[^>]*>/g, ' ')}`
  const named = (ids: readonly string[], told: Pick<ReturnedMail, 'kind' | 'code' | 'cause'>) =>
    ids.length === 0
      ? null
      : { ...told, deliveryIds: [...new Set(ids)].slice(0, mostNamed), messageId: mail.messageId ?? null }
  const ofReturned = returned.flatMap((text) => idsIn(fieldsIn(text).get('message-id') ?? ''))

  if (status.length > 0) {
    const groups = status.flatMap((text) => text.split(/\r?\n[ \t]*\r?\n/).map(fieldsIn))
    const envelope = groups.flatMap((of) => idsIn(of.get('original-envelope-id') ?? ''))
    const told = ofRecipients(groups.filter((of) => of.has('action')))
    return told && named([...envelope, ...ofReturned], told)
  }
  if (/report-type="?(?:disposition-notification|feedback-report)/i.test(header('content-type'))) return null
  if (isDaemon(header('from'), header('return-path'), header('x-failed-recipients'))) {
    // qmail and some providers return the mail as text below their own words
    const ids = ofReturned.length > 0 ? ofReturned : idsIn(words)
    return named(ids, failed(statusIn(words.replaceAll(new RegExp(deliveryId, 'g'), ''))))
  }
  return named(idsIn(`${header('in-reply-to')} ${header('references')}`), {
    kind: 'answer',
    code: null,
    cause: 'other',
  })
}

const isDaemon = (from: string, returnPath: string, failedRecipients: string) =>
  /\b(?:mailer-daemon|mail-daemon|postmaster)@/i.test(from) || returnPath === '<>' || failedRecipients !== ''

const partsOf = ({ attachments }: Email, kind: RegExp): string[] =>
  attachments.flatMap(({ mimeType, content }: Attachment) =>
    kind.test(mimeType) && typeof content === 'string' ? [content] : [],
  )

/** The fields of a block of headers, by name in small letters, unfolded; of several the first. */
function fieldsIn(text: string): Map<string, string> {
  const block = text.replace(/^(?:\r?\n)+/, '').split(/\r?\n\r?\n/, 1)[0]!
  const fields = new Map<string, string>()
  for (const line of block.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const [, name, value] = /^([\w-]+)[ \t]*:[ \t]*(.*)$/.exec(line) ?? []
    if (name !== undefined && !fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value!.trim())
  }
  return fields
}

/** We write to one recipient; an alias may have made several of it. It came back when none of them was reached. */
function ofRecipients(
  groups: readonly Map<string, string>[],
): Pick<ReturnedMail, 'kind' | 'code' | 'cause'> | null {
  const action = (of: Map<string, string>) =>
    of
      .get('action')!
      .split(/[\s(;]/, 1)[0]!
      .toLowerCase()
  if (groups.length === 0) return null
  if (groups.every((of) => action(of) === 'failed')) return failed(statusOf(groups[0]!))
  const delayed = groups.find((of) => action(of) === 'delayed')
  return delayed ? { kind: 'delayed', code: codeOf(statusOf(delayed)), cause: 'other' } : null
}

function failed(status: MailStatus): Pick<ReturnedMail, 'kind' | 'code' | 'cause'> {
  return { kind: isGone(status) ? 'gone' : 'failed', code: codeOf(status), cause: causeOf(status) }
}

function causeOf({ reply, enhanced }: MailStatus): ReturnCause {
  const isVague = enhanced === null || /^5\.0\.\d+$/.test(enhanced)
  if (isVague) return reply === 552 ? 'full' : 'other'
  if (/^[45]\.2\.2$/.test(enhanced)) return 'full'
  if (/^[45]\.7\.\d+$/.test(enhanced)) return 'policy'
  if (/^[45]\.4\.7$/.test(enhanced)) return 'late'
  return /^[45]\.(?:2\.3|3\.4)$/.test(enhanced) ? 'size' : 'other'
}

/** Of one recipient: the status field, or what the diagnostic says more exactly. */
function statusOf(of: Map<string, string>): MailStatus {
  const status = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(of.get('status') ?? '')?.[0] ?? null
  const diagnostic = of.get('diagnostic-code') ?? ''
  const told = /^smtp/i.test(diagnostic) ? statusIn(diagnostic) : { reply: null, enhanced: null }
  const isVague = status === null || status.endsWith('.0.0')
  return { reply: told.reply, enhanced: isVague && told.enhanced !== null ? told.enhanced : status }
}

/** The first reply of SMTP in a text: `550 5.1.1 …`, `550-5.1.1 …`, `550 …`; or an enhanced status alone, `#5.1.1`. */
function statusIn(text: string): MailStatus {
  const reply = /(?:^|[^\d.])([45]\d\d)(?:[ -]+#?([45]\.\d{1,3}\.\d{1,3})(?![\d.]))?(?![\d.])/.exec(text)
  if (reply) return { reply: Number(reply[1]), enhanced: reply[2] ?? null }
  const alone = /(?:^|[\s(#])([45]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(text)
  return { reply: null, enhanced: alone?.[1] ?? null }
}
