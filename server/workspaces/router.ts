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

  /** Every workspace of this installation; only for the owner of the files. */
  list: signedInProcedure.query(({ ctx }) =>
    ctx.actor.kind === 'local' ? ctx.platform.workspaces.list() : [],
  ),

  create: signedInProcedure.input(NewWorkspace).mutation(async ({ ctx, input }) => {
    if (ctx.actor.kind !== 'local')
      throw new TRPCError({
        code: 'FORBIDDEN',
        message: 'Workspaces are made with: npx reveille workspace create NAME',
      })
    const created = await ctx.platform.workspaces.create(input)
    if (!created)
      throw new TRPCError({ code: 'CONFLICT', message: `A workspace named ${input.name} exists already.` })
    return { id: created.id, name: created.name }
  }),
})
