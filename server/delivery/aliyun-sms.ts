import { createHash, createHmac, randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { SendOutcome } from './attempt.ts'
import { whyNotReached } from './webhook.ts'

/** What calls of Alibaba Cloud are signed with. */
export interface AliyunKey {
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

export interface SignedCall {
  readonly endpoint: string
  readonly action: string
  readonly version: string
  readonly query: Readonly<Record<string, string>>
  readonly at: Date
  readonly nonce: string
}

const timeoutMs = 10_000
const hex = (text: string) => createHash('sha256').update(text).digest('hex')
/** Percent-encoding as RFC 3986 has it. */
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/**
 * A call of an RPC-style API, signed as version 3 says (ACS3-HMAC-SHA256): parameters in the query, an empty body.
 * Source: https://help.aliyun.com/document_detail/2593177.html
 */
export function signedRequest(
  { accessKeyId, accessKeySecret }: AliyunKey,
  { endpoint, action, version, query, at, nonce }: SignedCall,
): { url: string; headers: Record<string, string> } {
  const { host } = new URL(endpoint)
  const body = hex('')
  const signed: Record<string, string> = {
    host,
    'x-acs-action': action,
    'x-acs-content-sha256': body,
    'x-acs-date': at.toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': nonce,
    'x-acs-version': version,
  }
  const names = Object.keys(signed).toSorted()
  const asked = Object.keys(query)
    .toSorted()
    .map((name) => `${encoded(name)}=${encoded(query[name]!)}`)
    .join('&')
  const headerLines = names.map((name) => `${name}:${signed[name]}\n`).join('')
  const canonical = ['POST', '/', asked, headerLines, names.join(';'), body].join('\n')
  const signature = createHmac('sha256', accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${hex(canonical)}`)
    .digest('hex')
  const { host: _, ...headers } = signed // fetch sends it by itself
  return {
    url: `${new URL(endpoint).origin}/?${asked}`,
    headers: {
      ...headers,
      authorization: `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`,
    },
  }
}

export interface Sms {
  readonly endpoint: string
  readonly signName: string
  readonly templateCode: string
  readonly params: Readonly<Record<string, string>>
  /** E.164. */
  readonly phone: string
  /** Comes back with receipts. */
  readonly deliveryId: string
  readonly at: Date
}

const Answer = z.object({ Code: z.string() })

/**
 * One attempt at a short message (SendSms, 2017-05-25). Delivered is what the platform has taken. It knows no
 * repetition: a message whose answer was lost is sent again. Chinese numbers go without +86, as its document has them.
 */
export async function sendSms(
  key: AliyunKey,
  { endpoint, signName, templateCode, params, phone, deliveryId, at }: Sms,
  stop: AbortSignal,
): Promise<SendOutcome> {
  const { url, headers } = signedRequest(key, {
    endpoint,
    action: 'SendSms',
    version: '2017-05-25',
    query: {
      PhoneNumbers: phone.replace(/^\+86(?=1\d{10}$)/, '').replace(/^\+/, ''),
      SignName: signName,
      TemplateCode: templateCode,
      ...(Object.keys(params).length > 0 ? { TemplateParam: JSON.stringify(params) } : {}),
      OutId: deliveryId,
    },
    at,
    nonce: randomUUID(),
  })
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers,
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    })
    const told = Answer.safeParse(await answer.json().catch(() => null))
    if (!told.success)
      return { kind: 'failed', why: { id: 'receiver-answered', values: { status: String(answer.status) } } }
    return outcomeOfCode(told.data.Code)
  } catch (error) {
    if (stop.aborted) return { kind: 'stopped' }
    return { kind: 'failed', why: whyNotReached(error) }
  }
}

/** The number is none: it is written to no more. */
const noSuchNumber = new Set(['isv.MOBILE_NUMBER_ILLEGAL', 'isv.PHONE_NUMBER_ILLEGAL'])
/** What the account or the platform stands in the way of: it may work later, when somebody has seen to it. */
const later = new Set([
  'isv.DAY_LIMIT_CONTROL',
  'isv.MONTH_LIMIT_CONTROL',
  'isv.OUT_OF_SERVICE',
  'isv.AMOUNT_NOT_ENOUGH',
  'isv.PRODUCT_UN_SUBSCRIPT',
  'isv.PRODUCT_UNSUBSCRIBE',
  'isv.ACCOUNT_NOT_EXISTS',
  'isv.ACCOUNT_ABNORMAL',
  'isv.DENY_IP_RANGE',
])
/** So many messages to one number in an hour or a day: asked again an hour later. */
const tooOften = 'isv.BUSINESS_LIMIT_CONTROL'

/**
 * What an answer's code means for the message: `isv.` codes are about what was sent, and never work; all others (`isp.`, the
 * gateway's: signature, rights, throttling) may work later.
 * Source: https://help.aliyun.com/document_detail/101346.html
 */
export function outcomeOfCode(code: string): SendOutcome {
  const why = { id: 'sms-answered', values: { code } } as const
  if (code === 'OK') return { kind: 'delivered' }
  if (noSuchNumber.has(code)) return { kind: 'dead', why, bounced: true }
  if (code === tooOften) return { kind: 'failed', why, afterMs: 3_600_000 }
  if (code.startsWith('isv.') && !later.has(code)) return { kind: 'dead', why }
  return { kind: 'failed', why }
}

/** Replies that ask for no more, as senders of short messages in China announce them. */
export const isOptOut = (reply: string): boolean =>
  /^(?:t|td|r|n|0000|退订|退|拒收|stop|unsubscribe)$/i.test(
    // also as full-width letters, as Chinese keyboards write them
    reply
      .normalize('NFKC')
      .trim()
      .replaceAll(/[。.！!\s]+$/g, ''),
  )
