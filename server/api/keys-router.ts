import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName } from '../settings/audit.ts'
import { ownerProcedure, router } from '../trpc.ts'
import { createKey, listKeys, revokeKey, scopes } from './keys.ts'

const NewKey = z.object({
  name: z.string().trim().min(1, worded('key-name-empty')).max(80),
  scopes: z.array(z.enum(scopes, worded('key-scope'))).min(1, worded('key-scope-empty')),
})

export const keysRouter = router({
  list: ownerProcedure.query(({ ctx }) => listKeys(ctx.platform.store, ctx.workspace.id)),

  /** The answer holds the key itself, this once. */
  create: ownerProcedure.input(NewKey).mutation(({ ctx, input }) =>
    createKey(ctx.platform.store, ctx.platform.clock, {
      ...input,
      workspaceId: ctx.workspace.id,
      actor: auditName(ctx.actor),
    }),
  ),

  revoke: ownerProcedure.input(z.object({ id: z.uuid() })).mutation(async ({ ctx, input }) => {
    const done = await revokeKey(ctx.platform.store, ctx.platform.clock, {
      workspaceId: ctx.workspace.id,
      id: input.id,
      actor: auditName(ctx.actor),
    })
    if (!done) throw refused('NOT_FOUND', 'no-such-key')
    return { id: input.id }
  }),
})
