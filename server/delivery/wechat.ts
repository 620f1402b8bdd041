import { z } from 'zod'
import type { SendOutcome } from './attempt.ts'
import { whyNotReached } from './webhook.ts'

/** A WeChat official account (公众号) as its interface knows it. */
export interface WechatAccount {
  readonly endpoint: string
  readonly appId: string
  readonly appSecret: string
}

export interface WechatMessage {
  readonly openid: string
  readonly templateId: string
  /** Where a tap leads; null: nowhere. */
  readonly url: string | null
  /** A page of a mini program where a tap leads instead, where the member's WeChat can open it; null: none. */
  readonly miniProgram: { readonly appId: string; readonly path: string } | null
  readonly data: Readonly<Record<string, string>>
  /** Goes along as `client_msg_id`: WeChat sends it to one member once, for ten minutes. */
  readonly deliveryId: string
}

const timeoutMs = 10_000
/** A token is not used in its last minutes: WeChat makes the next one five minutes before. */
const tokenMarginMs = 300_000

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })
const Answer = z.object({ errcode: z.number() })

interface HeldToken {
  readonly token: string
  readonly until: number
}
type TokenOutcome = { kind: 'token'; token: string } | Exclude<SendOutcome, { kind: 'delivered' | 'dropped' }>

/** Tokens of accounts, by address and AppID; whoever changes the secret asks for another. */
const held = new Map<
  string,
  { secret: string; asking: Promise<TokenOutcome> | null; held: HeldToken | null }
>()

/**
 * The account's token: asked for once, by whoever needs it first, and kept while it is good. `refused` is one that
 * WeChat takes no more. Asking again gives the present one and ends nobody else's (stable_token); only where the present
 * one is the refused one is another made, which WeChat allows twenty times a day.
 * Source: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html
 */
async function tokenOf(
  account: WechatAccount,
  { refused, at, stop }: { refused: string | null; at: Date; stop: AbortSignal },
): Promise<TokenOutcome> {
  const name = `${account.endpoint} ${account.appId}`
  const before = held.get(name)
  const slot =
    before?.secret === account.appSecret ? before : { secret: account.appSecret, asking: null, held: null }
  held.set(name, slot)
  if (slot.held && slot.held.token !== refused && at.getTime() < slot.held.until)
    return { kind: 'token', token: slot.held.token }
  slot.asking ??= (async () => {
    try {
      let outcome = await askToken(account, false, at)
      if (outcome.kind === 'held' && outcome.held.token === refused)
        outcome = await askToken(account, true, at)
      if (outcome.kind !== 'held') return outcome
      slot.held = outcome.held
      return { kind: 'token', token: outcome.held.token }
    } finally {
      slot.asking = null
    }
  })()
  // asking goes on for the others when one of them is stopped
  const stopped = new Promise<TokenOutcome>((end) =>
    stop.addEventListener('abort', () => end({ kind: 'stopped' }), { once: true }),
  )
  return stop.aborted ? { kind: 'stopped' } : Promise.race([slot.asking, stopped])
}

async function askToken(
  { endpoint, appId, appSecret }: WechatAccount,
  forceRefresh: boolean,
  at: Date,
): Promise<{ kind: 'held'; held: HeldToken } | Extract<SendOutcome, { kind: 'failed' }>> {
  const told = await post(`${endpoint}/cgi-bin/stable_token`, AbortSignal.timeout(timeoutMs), {
    grant_type: 'client_credential',
    appid: appId,
    secret: appSecret,
    force_refresh: forceRefresh,
  })
  if (told.kind === 'failed') return told
  const token = Token.safeParse(told.body)
  if (token.success) {
    const { access_token, expires_in } = token.data
    return {
      kind: 'held',
      held: { token: access_token, until: at.getTime() + Math.max(expires_in * 1000 - tokenMarginMs, 0) },
    }
  }
  const refusal = Answer.safeParse(told.body)
  // whatever it is about, it is not about the message: somebody sees to the account
  return {
    kind: 'failed',
    why: refusal.success
      ? { id: 'wechat-answered', values: { code: String(refusal.data.errcode) } }
      : { id: 'receiver-answered', values: { status: String(told.status) } },
  }
}

type Told =
  | { kind: 'told'; status: number; text: string; body: unknown }
  | Extract<SendOutcome, { kind: 'failed' }>

/** The address holds a token or the body a secret: neither is part of what is said of a failure. */
async function post(url: string, signal: AbortSignal, body: object): Promise<Told> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })
    const text = await answer.text()
    return { kind: 'told', status: answer.status, text, body: parsed(text) }
  } catch (error) {
    return { kind: 'failed', why: whyNotReached(error) }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The token is none, or over: 不合法或已过期的 access_token. */
const tokenIsOver = new Set([40001, 40014, 41001, 42001, 42007])

/**
 * One attempt at a template message. Delivered is what WeChat has taken. When the token is over meanwhile, the message
 * is sent again with the next one within the same attempt: it was not taken before.
 * Source: https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html
 */
export async function sendWechat(
  account: WechatAccount,
  { openid, templateId, url, miniProgram, data, deliveryId }: WechatMessage,
  { at, stop }: { at: Date; stop: AbortSignal },
): Promise<SendOutcome> {
  let refused: string | null = null
  for (;;) {
    const token = await tokenOf(account, { refused, at, stop })
    if (token.kind !== 'token') return token
    const told = await post(
      `${account.endpoint}/cgi-bin/message/template/send?access_token=${encodeURIComponent(token.token)}`,
      AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
      {
        touser: openid,
        template_id: templateId,
        ...(url === null ? {} : { url }),
        ...(miniProgram === null
          ? {}
          : { miniprogram: { appid: miniProgram.appId, pagepath: miniProgram.path } }),
        client_msg_id: deliveryId,
        data: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, { value }])),
      },
    )
    if (told.kind === 'failed') return stop.aborted ? { kind: 'stopped' } : told
    const answer = Answer.safeParse(told.body)
    if (!answer.success)
      return { kind: 'failed', why: { id: 'receiver-answered', values: { status: String(told.status) } } }
    const { errcode } = answer.data
    if (tokenIsOver.has(errcode) && refused === null) refused = token.token
    else {
      const outcome = outcomeOfWechat(errcode)
      // a number of 64 bits: as it is written, not as JSON reads it
      const receipt = /"msgid"\s*:\s*"?(\d{1,20})/.exec(told.text)?.[1]
      return outcome.kind === 'delivered' && receipt !== undefined ? { ...outcome, receipt } : outcome
    }
  }
}

/** The openid is none of this account's, or its owner does not follow the account any more. */
const unreachable = new Set([40003, 43004])
/** The member has refused messages of the account. */
const refusedByMember = new Set([43101])
/** About what was sent: it never works. */
const never = new Set([
  40036, 40037, 40039, 40066, 40165, 41028, 41030, 43116, 44002, 44004, 45002, 45004, 45005, 47001, 47003,
])
const hourMs = 3_600_000

/**
 * What an answer's code means for the message. What is about the account (its token, rights, limits, addresses that may
 * call) may work later, when somebody has seen to it, and so may every code that is not known here.
 */
export function outcomeOfWechat(errcode: number): SendOutcome {
  const why = { id: 'wechat-answered', values: { code: String(errcode) } } as const
  if (errcode === 0) return { kind: 'delivered' }
  if (unreachable.has(errcode)) return { kind: 'dead', why, bounced: true }
  if (refusedByMember.has(errcode)) return { kind: 'dead', why, unsubscribed: true }
  if (never.has(errcode)) return { kind: 'dead', why }
  // so many calls a day, until midnight; or so many a minute
  if (errcode === 45009) return { kind: 'failed', why, afterMs: hourMs }
  if (errcode === 45011) return { kind: 'failed', why, afterMs: 60_000 }
  return { kind: 'failed', why }
}
