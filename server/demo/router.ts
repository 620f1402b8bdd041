import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { router, signedInProcedure } from '../trpc.ts'
import { createDemo } from './demo.ts'

export const demoRouter = router({
  /** (Re)creates the workspace `demo`; only for the owner of the files. */
  create: signedInProcedure
    .input(
      z.object({
        members: z.int().min(1).max(5_000_000).optional(),
        seed: z.int().min(-2_147_483_647).max(2_147_483_647).optional(),
        end: z.iso.date().optional(),
      }),
    )
    .mutation(({ ctx, input }) => {
      if (ctx.actor.kind !== 'local')
        throw new TRPCError({
          code: 'FORBIDDEN',
          message: 'The demo workspace is made with: npx reveille demo',
        })
      return createDemo(ctx.platform, input)
    }),
})
