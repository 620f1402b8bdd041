import { z } from 'zod'
import { ownsInstallation, workspacesOf } from '../accounts/access.ts'
import { worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { isTimeZone } from '../../analytics/calendar/calendar.ts'
import { router, signedInProcedure } from '../trpc.ts'

const NewWorkspace = z.object({
  name: z.string().trim().min(1).max(80),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, worded('not-a-currency'))
    .default('CNY'),
  timeZone: z.string().refine(isTimeZone, worded('not-a-time-zone')).default('Asia/Shanghai'),
  firstWeekday: z.int().min(1).max(7).default(1),
})

export const workspacesRouter = router({
  /** The workspace of the session, or null. */
  current: signedInProcedure.query(
    ({ ctx: { workspace, role } }) =>
      workspace && {
        id: workspace.id,
        name: workspace.name,
        currency: workspace.currency,
        timeZone: workspace.calendar.timeZone,
        firstWeekday: workspace.calendar.firstWeekday,
        role,
      },
  ),

  /** The workspaces that the caller may see; for the owner of the files, all. */
  list: signedInProcedure.query(async ({ ctx: { platform, actor } }) =>
    actor.kind === 'local'
      ? platform.workspaces.list()
      : (await workspacesOf(platform.store, actor.userId)).map((one) => ({
          id: one.workspaceId,
          name: one.name,
        })),
  ),

  /** The workspace that this session looks at from now on. */
  switch: signedInProcedure.input(z.object({ id: z.uuid() })).mutation(async ({ ctx, input }) => {
    if (ctx.actor.kind !== 'user' || ctx.sessionToken === undefined)
      throw refused('FORBIDDEN', 'workspace-by-name')
    if (!(await ctx.platform.accounts.switchWorkspace(ctx.actor.userId, ctx.sessionToken, input.id)))
      throw refused('FORBIDDEN', 'not-your-workspace')
  }),

  create: signedInProcedure.input(NewWorkspace).mutation(async ({ ctx, input }) => {
    const { actor, platform } = ctx
    if (actor.kind === 'user' && !(await ownsInstallation(platform.store, actor.userId)))
      throw refused('FORBIDDEN', 'workspace-makers')
    const created = await ctx.platform.workspaces.create(input)
    if (!created) throw refused('CONFLICT', 'workspace-name-taken', { name: input.name })
    return { id: created.id, name: created.name }
  }),
})
