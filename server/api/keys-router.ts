import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { auditName } from '../settings/audit.ts'
import { ownerProcedure, router } from '../trpc.ts'
import { createKey, listKeys, revokeKey, scopes } from './keys.ts'

const NewKey = z.object({
  name: z.string().trim().min(1, 'Name the key after the till or shop that will hold it.').max(80),
  scopes: z
    .array(z.enum(scopes, `A scope is one of: ${scopes.join(', ')}.`))
    .min(1, `Give the key at least one scope: ${scopes.join(', ')}.`),
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
    if (!done)
      throw new TRPCError({ code: 'NOT_FOUND', message: 'This workspace has no such key. Reload the list.' })
    return { id: input.id }
  }),
})
