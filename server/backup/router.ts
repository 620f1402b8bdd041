import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { router, signedInProcedure } from '../trpc.ts'
import { backupState, startBackup, stopBackup } from './jobs.ts'

/** Only the command line: a backup holds every workspace and is written where the caller says. */
const localProcedure = signedInProcedure.use(({ ctx, next }) => {
  if (ctx.actor.kind !== 'local') throw refused('FORBIDDEN', 'backup-from-command-line')
  return next()
})

export const backupRouter = router({
  start: localProcedure
    .input(z.object({ file: z.string().refine(isAbsolute, worded('absolute-path')) }))
    .mutation(({ ctx, input }) => {
      if (!startBackup(ctx.platform, input.file)) throw refused('CONFLICT', 'backup-running')
    }),
  state: localProcedure.query(({ ctx }) => backupState(ctx.platform)),
  stop: localProcedure.mutation(({ ctx }) => stopBackup(ctx.platform)),
})
