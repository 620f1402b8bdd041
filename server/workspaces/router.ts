import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { isTimeZone } from '../../analytics/calendar/calendar.ts'
import { router, signedInProcedure } from '../trpc.ts'

const NewWorkspace = z.object({
  name: z.string().trim().min(1).max(80),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'A currency is three capital letters, such as CNY.')
    .default('CNY'),
  timeZone: z
    .string()
    .refine(isTimeZone, 'Not a time zone; write it like Asia/Shanghai.')
    .default('Asia/Shanghai'),
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
      : (await platform.accounts.workspacesOf(actor.userId)).map((one) => ({
          id: one.workspaceId,
          name: one.name,
        })),
  ),

  /** The workspace that this session looks at from now on. */
  switch: signedInProcedure.input(z.object({ id: z.uuid() })).mutation(async ({ ctx, input }) => {
    if (ctx.actor.kind !== 'user' || ctx.sessionToken === undefined)
      throw new TRPCError({
        code: 'FORBIDDEN',
        message: 'The command line names its workspace: --workspace.',
      })
    if (!(await ctx.platform.accounts.switchWorkspace(ctx.actor.userId, ctx.sessionToken, input.id)))
      throw new TRPCError({
        code: 'FORBIDDEN',
        message: 'You are not in the team of that workspace. Its owner can invite you.',
      })
  }),

  create: signedInProcedure.input(NewWorkspace).mutation(async ({ ctx, input }) => {
    const { actor, platform } = ctx
    if (actor.kind === 'user' && !(await platform.accounts.ownsInstallation(actor.userId)))
      throw new TRPCError({
        code: 'FORBIDDEN',
        message: 'Only the owner of this installation makes workspaces. Ask them for one.',
      })
    const created = await ctx.platform.workspaces.create(input)
    if (!created)
      throw new TRPCError({ code: 'CONFLICT', message: `A workspace named ${input.name} exists already.` })
    return { id: created.id, name: created.name }
  }),
})
