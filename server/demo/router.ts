import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { refused } from '../messages/refused.ts'
import { router, signedInProcedure } from '../trpc.ts'
import { createDemo } from './demo.ts'

export const demoRouter = router({
  /** (Re)creates the workspace `demo`; only for the owner of the files. */
  create: signedInProcedure
    .input(
      z.object({
        members: z.int().min(1).max(5_000_000).optional(),
        seed: z.int().min(-2_147_483_647).max(2_147_483_647).optional(),
        end: AskedDay.optional(),
      }),
    )
    .mutation(({ ctx, input }) => {
      if (ctx.actor.kind !== 'local') throw refused('FORBIDDEN', 'demo-from-command-line')
      return createDemo(ctx.platform, input)
    }),
})
