import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import { ownerProcedure, router } from '../trpc.ts'
import { exportFormats } from './export.ts'
import { exportsOf } from './exports.ts'

/** Only the command line: the files are written where the caller says. */
const localProcedure = ownerProcedure.use(({ ctx, next }) => {
  if (ctx.actor.kind !== 'local') throw refused('FORBIDDEN', 'export-from-command-line')
  return next()
})

export const exportsRouter = router({
  /** Begins an export into a new or empty folder. It may take longer than an HTTP request may: ask `state`. */
  start: localProcedure
    .input(
      z.object({
        folder: z.string().refine(isAbsolute, worded('absolute-path')),
        format: z.enum(exportFormats).default('csv'),
      }),
    )
    .mutation(async ({ ctx, input: { folder, format } }) => {
      const begun = exportsOf(ctx.platform).intoFolder(ctx.workspace, format, folder)
      if (begun === 'busy') throw refused('CONFLICT', 'export-running')
      if (begun === 'not-empty') throw refused('CONFLICT', 'export-not-empty', { folder })
      try {
        await recordAudit(ctx.platform.store, {
          workspaceId: ctx.workspace.id,
          actor: auditName(ctx.actor),
          action: 'workspace-exported',
          subject: format,
          at: ctx.platform.clock.now(),
        })
      } catch (error) {
        await exportsOf(ctx.platform).stop(ctx.workspace.id) // none that nobody hears of
        throw error
      }
    }),
  /** Whether an export of the workspace runs: a second one has to wait. */
  running: ownerProcedure.query(({ ctx }) => exportsOf(ctx.platform).running(ctx.workspace.id)),
  state: localProcedure.query(({ ctx }) => exportsOf(ctx.platform).state(ctx.workspace.id)),
  /** When this answers nothing of it is left. */
  stop: localProcedure.mutation(({ ctx }) => exportsOf(ctx.platform).stop(ctx.workspace.id)),
})
