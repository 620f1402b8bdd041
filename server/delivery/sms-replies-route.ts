import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Platform } from '../platform.ts'
import { isOptOut } from './aliyun-sms.ts'
import { addressDigest, readPushToken, suppress, suppressionKey } from './suppressions.ts'

/** What members answered, as Alibaba Cloud pushes it (SmsUp, HTTP batches). */
const Replies = z
  .array(z.object({ phone_number: z.string().max(40), content: z.string().max(2000) }))
  .max(1000)

/**
 * `POST /sms-replies/TOKEN`: replies to short messages, pushed by the platform to the address that Settings shows. A
 * reply such as T or 退订 suppresses the number; of all else nothing is kept.
 */
export async function smsReplyRoutes(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  app.post<{ Params: { token: string } }>('/:token', async (request, reply) => {
    const { store, clock } = platform
    const workspaceId = await readPushToken(store, request.params.token, 'sms-replies')
    if (workspaceId === null) return reply.code(404).send({ code: 404, msg: 'unknown' })
    const replies = Replies.safeParse(request.body)
    if (!replies.success) return reply.code(400).send({ code: 400, msg: 'malformed' })
    const key = await suppressionKey(store, workspaceId)
    await store.transaction().execute(async (tx) => {
      for (const { phone_number, content } of replies.data)
        if (isOptOut(content))
          await suppress(tx, workspaceId, {
            channel: 'sms',
            digest: addressDigest(key, 'sms', phone_number),
            reason: 'unsubscribed',
            memberId: null,
            at: clock.now(),
          })
    })
    return { code: 0, msg: 'OK' }
  })
}
