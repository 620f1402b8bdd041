import { Webhook } from 'standardwebhooks'

export interface SignedMessage {
  /** Stays the same however often the message is sent: receivers recognise a repetition by it. */
  readonly id: string
  readonly url: string
  readonly secret: string
  /** JSON. */
  readonly body: string
  readonly at: Date
}

export type SendOutcome = { kind: 'delivered' } | { kind: 'failed'; why: string } | { kind: 'stopped' }

const timeoutMs = 10_000

/**
 * One attempt at a webhook, signed as Standard Webhooks says (headers webhook-id, webhook-timestamp,
 * webhook-signature). Delivered is a 2xx answer within 10 s. Redirects are not followed: the secret's
 * signature is meant for the address that the merchant wrote.
 * Source: https://www.standardwebhooks.com
 */
export async function sendWebhook(
  { id, url, secret, body, at }: SignedMessage,
  stop: AbortSignal,
): Promise<SendOutcome> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Reveille',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(id, at, body),
      },
      body,
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    })
    await answer.body?.cancel()
    if (answer.ok) return { kind: 'delivered' }
    return { kind: 'failed', why: `The receiver answered ${answer.status}.` }
  } catch (error) {
    if (stop.aborted) return { kind: 'stopped' }
    return { kind: 'failed', why: whyNotReached(error) }
  }
}

function whyNotReached(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `No answer within ${timeoutMs / 1000} seconds.`
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined
  return `The receiver could not be reached${typeof cause?.code === 'string' ? ` (${cause.code})` : ''}.`
}
