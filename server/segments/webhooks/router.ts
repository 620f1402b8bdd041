import { z } from 'zod'
import { errorText } from '../../delivery/errors.ts'
import { hasCredentials } from '../../campaigns/channel.ts'
import { sentence, worded } from '../../messages/messages.ts'
import { refused } from '../../messages/refused.ts'
import { auditName } from '../../settings/audit.ts'
import { marketerProcedure, router } from '../../trpc.ts'
import { addWebhook, listWebhooks, mostWebhooks, removeWebhook, resendDead } from './webhooks.ts'

const Id = z.object({ id: z.uuid() })
const Url = z
  .url({ protocol: /^https?$/, error: worded('not-an-address') })
  .max(2000)
  .refine((url) => !URL.canParse(url) || !hasCredentials(new URL(url)), worded('address-with-credentials'))

export const segmentWebhooksRouter = router({
  /** The webhooks of a segment, or of all, with what became of their messages. */
  list: marketerProcedure.input(z.object({ id: z.uuid().optional() })).query(async ({ ctx, input }) => {
    const webhooks = await listWebhooks(ctx.platform, ctx.workspace, input.id)
    return webhooks.map(({ problem, newestError, ...one }) => ({
      ...one,
      newestError: errorText(ctx.language, newestError),
      problem: problem && sentence(ctx.language, problem.id, problem.values),
    }))
  }),

  /** Tells an address of who enters and leaves a saved segment from now on. */
  add: marketerProcedure.input(Id.extend({ url: Url })).mutation(async ({ ctx, input }) => {
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    const asked = { segmentId: input.id, url: input.url }
    const outcome = await addWebhook(ctx.platform.store, ctx.workspace, asked, doing)
    switch (outcome.kind) {
      case 'added':
        return { webhookId: outcome.webhookId }
      case 'no-such-segment':
        throw refused('NOT_FOUND', 'no-such-segment')
      case 'known-already':
        throw refused('CONFLICT', 'webhook-known')
      case 'too-many':
        throw refused('CONFLICT', 'webhooks-too-many', { most: mostWebhooks })
    }
  }),

  /** Ends a webhook; what waits is dropped. */
  remove: marketerProcedure.input(Id).mutation(async ({ ctx, input }) => {
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    if (!(await removeWebhook(ctx.platform.store, ctx.workspace, input.id, doing)))
      throw refused('NOT_FOUND', 'no-such-webhook')
  }),

  /** Queues dead letters again. */
  resend: marketerProcedure.input(Id).mutation(async ({ ctx, input }) => {
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    const messages = await resendDead(ctx.platform.store, ctx.workspace, input.id, doing)
    if (messages === null) throw refused('NOT_FOUND', 'no-such-webhook')
    return { messages }
  }),
})
