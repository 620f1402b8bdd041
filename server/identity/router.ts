import { z } from 'zod'
import { localDay } from '../../analytics/calendar/calendar.ts'
import { kindTitle } from '../import/import-kinds.ts'
import { identityKinds } from '../import/person-values.ts'
import { importRuns } from '../import/runs.ts'
import { phrase, worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName, leaveAudit, passAudit } from '../settings/audit.ts'
import { type Actor, type Context, ownerProcedure, readerProcedure, router } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { conflictsOf } from './conflicts.ts'
import { changeIdentityOrder } from './order.ts'
import { identityRule } from './rule.ts'

const Kinds = z.object({
  kinds: z
    .array(z.enum(identityKinds))
    .refine(
      (kinds) => kinds.length === identityKinds.length && new Set(kinds).size === kinds.length,
      worded('identity-kinds'),
    ),
})

export const identityRouter = router({
  /** In which order it is asked what people are known by. */
  order: readerProcedure.query(async ({ ctx }) => ({
    kinds: (await identityRule(ctx.workspace.engine)).kinds,
  })),

  /** What another order would change. Changes nothing. */
  orderEffect: ownerProcedure
    .input(Kinds)
    .mutation(({ ctx, input, signal }) => ordered(ctx, input.kinds, true, signal)),

  /** Sets the order; answers when every row is told anew. */
  changeOrder: ownerProcedure.input(Kinds).mutation(async ({ ctx, input, signal }) => {
    const effect = await ordered(ctx, input.kinds, false, signal)
    await passAudit(ctx.platform.store, ctx.workspace)
    return effect
  }),

  /** Phones, openids and e-mails that several members claim, and the orders that wait for it. */
  conflicts: readerProcedure
    .input(z.object({ language: z.enum(['en', 'zh-CN']).optional() }).default({}))
    .query(async ({ ctx, input, signal }) => {
      const { conflicts, ...found } = await conflictsOf(ctx.workspace, signal)
      const language = input.language ?? ctx.language
      return {
        ...found,
        conflicts: conflicts.map((one) => ({
          ...one,
          rows: one.rows.map((row) => ({ ...row, title: phrase(language, kindTitle(row.kind)) })),
        })),
      }
    }),
})

function ordered(
  { platform, workspace, actor }: Context & { readonly workspace: Workspace; readonly actor: Actor },
  kinds: z.infer<typeof Kinds>['kinds'],
  dryRun: boolean,
  signal?: AbortSignal,
) {
  const busy = importRuns(platform).current(workspace.id)
  if (busy) throw refused('PRECONDITION_FAILED', 'import-running', { fileName: busy.fileName })
  const { calendar, engine } = workspace
  return changeIdentityOrder(engine, kinds, {
    timeZone: calendar.timeZone,
    today: localDay(platform.clock.now(), calendar),
    at: platform.clock.now().toISOString(),
    dryRun,
    commits: (session) =>
      leaveAudit(session, {
        actor: auditName(actor),
        action: 'setting-changed',
        subject: 'identity-order',
        at: platform.clock.now(),
      }),
    ...(signal ? { signal } : {}),
  })
}
