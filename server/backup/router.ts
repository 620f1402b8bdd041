import { isAbsolute } from 'node:path'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { router, signedInProcedure } from '../trpc.ts'
import { backupState, startBackup, stopBackup } from './jobs.ts'

/** Only the command line: a backup holds every workspace and is written where the caller says. */
const localProcedure = signedInProcedure.use(({ ctx, next }) => {
  if (ctx.actor.kind !== 'local')
    throw new TRPCError({
      code: 'FORBIDDEN',
      message: 'Backups are made on the machine that runs Reveille: npx reveille backup FILE',
    })
  return next()
})

export const backupRouter = router({
  start: localProcedure
    .input(z.object({ file: z.string().refine(isAbsolute, 'An absolute path.') }))
    .mutation(({ ctx, input }) => {
      if (!startBackup(ctx.platform, input.file))
        throw new TRPCError({
          code: 'CONFLICT',
          message: 'Another backup is running. Wait until it is done.',
        })
    }),
  state: localProcedure.query(({ ctx }) => backupState(ctx.platform)),
  stop: localProcedure.mutation(({ ctx }) => stopBackup(ctx.platform)),
})
