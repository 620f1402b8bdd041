import { createHash, timingSafeEqual } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { SaxesParser } from 'saxes'
import { z } from 'zod'
import type { Platform } from '../platform.ts'
import type { StoreSchema } from '../store/schema.ts'
import { keptError } from './errors.ts'
import {
  addressDigest,
  liftBounce,
  readPushToken,
  suppress,
  suppressionKey,
  wechatToken,
} from './suppressions.ts'

const Signed = z.object({
  signature: z.string().regex(/^[0-9a-f]{40}$/i),
  timestamp: z.string().regex(/^\d{1,12}$/),
  nonce: z.string().max(100),
  echostr: z.string().max(200).optional(),
})

const Event = z.object({
  MsgType: z.literal('event'),
  Event: z.string().max(100),
  /** The member's openid. */
  FromUserName: z.string().max(100),
  /** Seconds since 1970. */
  CreateTime: z.coerce.number().int().positive().max(1e11),
  /** Of TEMPLATESENDJOBFINISH: as the answer to the message called it, and what came of it. */
  MsgID: z.string().max(30).optional(),
  Status: z.string().max(200).optional(),
})
type Event = z.output<typeof Event>

/** A signature of longer ago is somebody's who has kept it. */
const oldestMs = 600_000
/** WeChat waits five seconds for an answer. */
const patienceMs = 4_000

/**
 * `/wechat-events/TOKEN`: what happens in the official account, pushed by WeChat in plain text to the address that
 * Settings shows, signed with its token. Whether a template message arrived (TEMPLATESENDJOBFINISH): one that did not becomes a
 * dead letter, and a member who refuses the account's messages has unsubscribed. Who unfollows is written to no more, who
 * follows again is. Of everything else, such as what members write, nothing is kept. Each answer is `success`, so that
 * WeChat does not ask again; the same event again changes nothing.
 * Sources: https://developers.weixin.qq.com/doc/service/guide/dev/push/ and .../product/message/Template_Message.html
 */
export async function wechatEventRoutes(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { bodyLimit: 65_536, parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )

  app.route<{ Params: { token: string } }>({
    method: ['GET', 'POST'],
    url: '/:token',
    handler: async (request, reply) => {
      const { store, clock } = platform
      reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store')
      const workspaceId = await readPushToken(store, request.params.token, 'wechat-events')
      const signed = Signed.safeParse(request.query)
      if (workspaceId === null || !signed.success) return reply.code(404).send('')
      const key = await suppressionKey(store, workspaceId)
      if (!isSigned(wechatToken(key), signed.data, clock.now())) return reply.code(403).send('')
      if (request.method === 'GET') return signed.data.echostr ?? ''
      const event = Event.safeParse(fieldsOf(String(request.body ?? '')))
      if (!event.success) return 'success'
      const of = { workspaceId, key, at: clock.now() }
      // the report may come before the answer of its own message is written down
      for (const until = performance.now() + patienceMs; ;) {
        const isTaken = await store.transaction().execute((tx) => takeEvent(tx, of, event.data))
        if (isTaken || performance.now() > until) return 'success'
        await pause(200)
      }
    },
  })
}

function isSigned(
  token: string,
  { signature, timestamp, nonce }: z.output<typeof Signed>,
  now: Date,
): boolean {
  if (Math.abs(now.getTime() - Number(timestamp) * 1000) > oldestMs) return false
  const expected = createHash('sha1').update([token, timestamp, nonce].toSorted().join('')).digest()
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'))
}

/** The elements right below the root, as text; an empty object for what is no XML. Nothing is ever read from outside: a document type is refused. */
export function fieldsOf(xml: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  const parser = new SaxesParser()
  const path: string[] = []
  let isWhole = true
  const take = (text: string) => {
    if (path.length === 2) fields[path[1]!] = `${fields[path[1]!] ?? ''}${text}`
  }
  parser.on('opentag', ({ name }) => path.push(name))
  parser.on('closetag', () => path.pop())
  parser.on('text', take)
  parser.on('cdata', take)
  parser.on('doctype', () => (isWhole = false))
  parser.on('error', () => (isWhole = false))
  parser.write(xml).close()
  return isWhole ? { ...fields } : {}
}

/** False: it may be about a message whose answer is still awaited. */
async function takeEvent(
  tx: Kysely<StoreSchema>,
  { workspaceId, key, at }: { workspaceId: string; key: Buffer; at: Date },
  { Event: kind, FromUserName: openid, CreateTime, MsgID, Status }: Event,
): Promise<boolean> {
  const digest = addressDigest(key, 'wechat', openid)
  const told = { channel: 'wechat', digest, at: new Date(CreateTime * 1000) } as const
  switch (kind) {
    case 'subscribe':
      // up to the end of the second that it names
      await liftBounce(tx, workspaceId, { ...told, at: new Date(CreateTime * 1000 + 999) })
      return true
    case 'unsubscribe':
      await suppress(tx, workspaceId, { ...told, reason: 'bounced', memberId: null })
      return true
    case 'TEMPLATESENDJOBFINISH': {
      if (MsgID === undefined || Status === undefined) return true
      const row = await tx
        .selectFrom('outbox')
        .select(['id', 'state', 'member_id'])
        .where('workspace_id', '=', workspaceId)
        .where('receipt', '=', MsgID)
        .where('handed_to', '=', digest)
        .executeTakeFirst()
      if (!row) return !(await isAwaiting(tx, workspaceId, at))
      if (Status === 'success') return true
      if (row.state === 'delivered')
        await tx
          .updateTable('outbox')
          .set({ state: 'dead', delivered_at: null, last_error: keptError(whyNot(Status)) })
          .where('id', '=', row.id)
          .execute()
      if (isBlocked(Status))
        await suppress(tx, workspaceId, { ...told, reason: 'unsubscribed', memberId: row.member_id })
      return true
    }
    default:
      return true
  }
}

const isBlocked = (status: string) => /^failed: ?user block$/i.test(status)
const whyNot = (status: string) =>
  ({ id: 'wechat-reported', values: { status: isBlocked(status) ? 'blocked' : 'failed' } }) as const

/** Whether a message of this workspace is being sent at this moment. */
async function isAwaiting(tx: Kysely<StoreSchema>, workspaceId: string, at: Date): Promise<boolean> {
  const row = await tx
    .selectFrom('outbox')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('state', '=', 'queued')
    .where('lease', 'is not', null)
    .where('due_at', '>', at.toISOString())
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
