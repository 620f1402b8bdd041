import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** For tests: what WeChat was sent and took. */
export interface TakenWechat {
  readonly touser: string
  readonly template_id: string
  readonly url?: string
  readonly miniprogram?: { appid: string; pagepath: string }
  readonly client_msg_id: string
  readonly data: Readonly<Record<string, { value: string }>>
}

export interface WechatServer {
  readonly endpoint: string
  /** What followers got: of one openid and client_msg_id once. */
  readonly taken: TakenWechat[]
  /** Sent again under the same openid and client_msg_id. */
  repeated: number
  readonly tokensAsked: { force: boolean }[]
  /** Codes that are answered next, whatever is asked of the sending address. */
  readonly nextCodes: number[]
  /** Ends the present token, as time or another program does. */
  endToken(code: 40001 | 42001): void
  readonly strangers: Set<string>
  readonly notFollowing: Set<string>
  close(): void
}

export const shopAccount = { appId: 'wx0123456789abcdef', appSecret: 'a secret of WeChat' }
export const wechatTemplateId = 'ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY'
/** The values of that template, with the most signs that the document gives their kinds. */
const template: Record<string, number> = { thing1: 20, character_string2: 32, thing3: 20 }

/** What the server calls a message: more digits than a number of JavaScript holds. */
export const receiptOf = (deliveryId: string): string =>
  (
    3_487_542_469_355_618_313n +
    BigInt(`0x${createHash('sha1').update(deliveryId).digest('hex').slice(0, 12)}`)
  ).toString()

/**
 * For tests: the two calls of WeChat’s public documents, refusing what they refuse.
 * Sources: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html,
 * https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html
 */
export async function openWechatServer(): Promise<WechatServer> {
  let tokens = 0
  let good = ''
  let over = new Map<string, number>()
  const seen = new Set<string>()
  const state: Omit<WechatServer, 'endpoint' | 'close' | 'endToken'> = {
    taken: [],
    repeated: 0,
    tokensAsked: [],
    nextCodes: [],
    strangers: new Set(),
    notFollowing: new Set(),
  }

  function token(asked: Record<string, unknown>): object {
    if (asked.grant_type !== 'client_credential') return { errcode: 40002 }
    if (asked.appid !== shopAccount.appId) return { errcode: 40013 }
    if (asked.secret !== shopAccount.appSecret) return { errcode: 40125 }
    state.tokensAsked.push({ force: asked.force_refresh === true })
    if (good === '' || asked.force_refresh === true) {
      if (good !== '') over.set(good, 40001)
      good = `token_${++tokens}`
    }
    return { access_token: good, expires_in: 7200 }
  }

  function send(given: string | null, asked: Record<string, unknown>): object {
    const next = state.nextCodes.shift()
    if (next !== undefined) return { errcode: next }
    if (given === null) return { errcode: 41001 }
    if (given !== good) return { errcode: over.get(given) ?? 40001 }
    const { touser, template_id, data, client_msg_id } = asked as unknown as TakenWechat
    if (typeof touser !== 'string' || !/^o[\w-]{27}$/.test(touser) || state.strangers.has(touser))
      return { errcode: 40003 }
    if (template_id !== wechatTemplateId) return { errcode: 40037 }
    if (state.notFollowing.has(touser)) return { errcode: 43004 }
    for (const [name, most] of Object.entries(template)) {
      const value = data?.[name]?.value
      if (typeof value !== 'string' || value === '' || [...value].length > most) return { errcode: 47003 }
      if (name.startsWith('character_string') && /\p{Script=Han}/u.test(value)) return { errcode: 47003 }
    }
    const id = `${touser} ${client_msg_id}`
    if (seen.has(id)) state.repeated++
    else state.taken.push(asked as unknown as TakenWechat)
    seen.add(id)
    return { errcode: 0, errmsg: 'ok', msgid: receiptOf(client_msg_id) }
  }

  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://x')
      // a receipt is a number of 64 bits
      const say = (answer: object) =>
        response.end(JSON.stringify(answer).replace(/"msgid":"(\d+)"/, '"msgid":$1'))
      if (request.method !== 'POST') return say({ errcode: 43002 })
      let asked: Record<string, unknown>
      try {
        asked = JSON.parse(body) as Record<string, unknown>
      } catch {
        return say({ errcode: 47001 })
      }
      if (pathname === '/cgi-bin/stable_token') return say(token(asked))
      if (pathname === '/cgi-bin/message/template/send')
        return say(send(searchParams.get('access_token'), asked))
      return response.writeHead(404).end()
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    endToken(code: 40001 | 42001) {
      over = new Map([...over, [good, code]])
      good = ''
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
}
