import { Webhook } from 'standardwebhooks'
import type { SendOutcome } from './attempt.ts'

export interface SignedMessage {
  /** Stays the same however often the message is sent: receivers recognise a repetition by it. */
  readonly id: string
  readonly url: string
  readonly secret: string
  /** JSON. */
  readonly body: string
  readonly at: Date
}

const timeoutMs = 10_000

/**
 * One attempt at a webhook, signed as Standard Webhooks says (headers webhook-id, webhook-timestamp,
 * webhook-signature). Delivered is a 2xx answer within 10 s. Redirects are not followed: the secret's
 * signature is meant for the address that the merchant wrote. A receiver that is too busy (429, 503) is
 * waited for as long as it says (Retry-After in seconds).
 * Source: https://www.standardwebhooks.com
 */
export async function sendWebhook(
  { id, url, secret, body, at }: SignedMessage,
  stop: AbortSignal,
): Promise<Exclude<SendOutcome, { kind: 'dead' | 'dropped' }>> {
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
    return {
      kind: 'failed',
      why: { id: 'receiver-answered', values: { status: String(answer.status) } },
      ...waitAsked(answer),
    }
  } catch (error) {
    if (stop.aborted) return { kind: 'stopped' }
    return { kind: 'failed', why: whyNotReached(error) }
  }
}

function waitAsked({ status, headers }: Response): { afterMs?: number } {
  const seconds = headers.get('retry-after')
  return (status === 429 || status === 503) && seconds !== null && /^\d{1,5}$/.test(seconds)
    ? { afterMs: Number(seconds) * 1000 }
    : {}
}

/** Why no answer came, by what fetch throws. */
export function whyNotReached(error: unknown): Extract<SendOutcome, { kind: 'failed' }>['why'] {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { id: 'receiver-silent', values: { seconds: timeoutMs / 1000 } }
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined
  return {
    id: 'receiver-not-reached',
    values: { code: typeof cause?.code === 'string' ? cause.code : 'none' },
  }
}
