import { createTransport } from 'nodemailer'
import type { Said } from '../messages/messages.ts'
import type { SendOutcome } from './attempt.ts'
import type { MailSettings } from './mail-settings.ts'
import { isGone } from './returned/address-gone.ts'

/** What a member reads, with the address that ends it. */
export interface MailMessage {
  /** Stays the same however often it is sent: it becomes the Message-ID. */
  readonly deliveryId: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Null for a test message, which nobody needs to unsubscribe from. */
  readonly unsubscribeUrl: string | null
}

export interface Mailer {
  send(message: MailMessage, stop: AbortSignal): Promise<SendOutcome>
  close(): void
}

const connectMs = 10_000
const silenceMs = 20_000

/**
 * Sends by SMTP over a few connections that are kept open. Delivered is what the server has taken. An answer of
 * the 5yz class about the recipient is a bounce; about the message it is a dead letter; everything else
 * (4yz, sign-in, connection) may work later. List-Unsubscribe and List-Unsubscribe-Post as RFC 8058 has them.
 */
export function openMailer({ settings, secret }: { settings: MailSettings; secret: string }): Mailer {
  const { host, port, security, user, sender, senderName } = settings
  const transport = createTransport({
    pool: true,
    maxConnections: 4,
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === '' ? {} : { auth: { user, pass: secret } }),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = sender.slice(sender.indexOf('@') + 1)
  return {
    async send({ deliveryId, to, subject, text, html, unsubscribeUrl }, stop) {
      const stopped = new Promise<SendOutcome>((end) => {
        if (stop.aborted) end({ kind: 'stopped' })
        stop.addEventListener('abort', () => end({ kind: 'stopped' }), { once: true })
      })
      const sent = transport
        .sendMail({
          from: { name: senderName, address: sender },
          to: { name: '', address: to },
          subject: subject.replaceAll(/\s+/g, ' '),
          text,
          html,
          messageId: `<${deliveryId}@${domain}>`,
          // where the server knows RFC 3461, what comes back names the delivery here too, and brings headers alone
          dsn: { id: deliveryId, return: 'headers', notify: ['failure', 'delay'], recipient: to },
          ...(unsubscribeUrl === null
            ? {}
            : {
                headers: {
                  'List-Unsubscribe': `<${unsubscribeUrl}>`,
                  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
                },
              }),
        })
        .then((): SendOutcome => ({ kind: 'delivered' }), outcomeOf)
      return Promise.race([sent, stopped])
    },
    close: () => transport.close(),
  }
}

interface SmtpError {
  code?: string
  command?: string
  responseCode?: number
  response?: string
  rejectedErrors?: SmtpError[]
}

/** By the reply's class and by the command that it answers. Of the reply's words, which may name the recipient, the codes alone are kept. */
export function outcomeOf(error: unknown): SendOutcome {
  const whole = (typeof error === 'object' && error !== null ? error : {}) as SmtpError
  const { responseCode, response, command, code } = whole.rejectedErrors?.[0] ?? whole
  if (responseCode === undefined)
    return { kind: 'failed', why: { id: 'mail-not-reached', values: { code: code ?? 'none' } } }
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/.exec(response ?? '')?.[1]
  const why = (id: 'mail-refused' | 'mail-bounced'): Said => ({
    id,
    values: { code: enhanced === undefined ? String(responseCode) : `${responseCode} ${enhanced}` },
  })
  const permanent = responseCode >= 500
  if (permanent && command === 'RCPT TO' && isGone({ reply: responseCode, enhanced: enhanced ?? null }))
    return { kind: 'dead', why: why('mail-bounced'), bounced: true }
  if (permanent && (command === 'RCPT TO' || command === 'DATA'))
    return { kind: 'dead', why: why('mail-refused') }
  return { kind: 'failed', why: why('mail-refused') }
}
