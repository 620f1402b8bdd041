import { z } from 'zod'
import { localDay } from '../../analytics/calendar/calendar.ts'
import { kindTitle } from '../import/import-kinds.ts'
import { identityKinds } from '../import/values/person-values.ts'
import { importRuns } from '../import/runs.ts'
import { phrase, worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName, leaveAudit, passAudit } from '../settings/audit.ts'
import {
  type Actor,
  type Context,
  marketerProcedure,
  ownerProcedure,
  readerProcedure,
  router,
} from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { conflictsOf } from './conflicts.ts'
import { changeIdentityOrder } from './order.ts'
import { mergeTies, mergingOfPairs, previewTies, type TiesOutcome } from './merge-ties.ts'
import { identityRule } from './rule.ts'
import { dismissTies, mostTies, tiesOf } from './ties.ts'

const Kinds = z.object({
  kinds: z
    .array(z.enum(identityKinds))
    .refine(
      (kinds) => kinds.length === identityKinds.length && new Set(kinds).size === kinds.length,
      worded('identity-kinds'),
    ),
})

const MemberId = z.string().trim().min(1)
/** Pairs of members that rows tie, by id. */
const SomePairs = z
  .array(z.tuple([MemberId, MemberId]).refine(([one, other]) => one !== other))
  .min(1)
  .max(mostTies)
const Pairs = z.object({ pairs: SomePairs })
/** Or all that are plain, however many. */
const ChosenPairs = z.object({ pairs: z.union([SomePairs, z.literal('plain')]) })

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

  /** Pairs of members whom rows tie: the open ones, or those of which people have said that they are two. Phones and the like are whole for owners. */
  ties: readerProcedure
    .input(z.object({ dismissed: z.boolean().optional() }).default({}))
    .query(({ ctx, input, signal }) =>
      tiesOf(ctx.workspace, {
        dismissed: input.dismissed === true,
        unmasked: ctx.role === 'owner',
        signal,
      }),
    ),

  /** What merging pairs would do, without doing it. */
  previewTies: marketerProcedure.input(ChosenPairs).mutation(async ({ ctx, input, signal }) => {
    const outcome = await previewTies(ctx.platform, ctx.workspace, input.pairs, signal)
    if (outcome.kind !== 'previewed') throw refusalOf(outcome)
    return outcome.preview
  }),

  /** Merges what a preview showed; refused when that is no longer what would happen. Called off when the caller leaves. */
  mergeTies: marketerProcedure
    .input(ChosenPairs.extend({ digest: z.string().min(1).max(100) }))
    .mutation(async ({ ctx, input: { pairs, digest }, signal }) => {
      const actor = auditName(ctx.actor)
      const outcome = await mergeTies(ctx.platform, ctx.workspace, pairs, { digest, actor, signal })
      if (outcome.kind === 'moved') throw refused('CONFLICT', 'merge-moved')
      if (outcome.kind !== 'done') throw refusalOf(outcome)
      return { merged: outcome.merged }
    }),

  /** How far the merging of pairs is that is under way in this workspace; null: none is. */
  merging: marketerProcedure.query(({ ctx }) => mergingOfPairs(ctx.workspace.id)),

  /** Says of pairs that they are two persons, or (`dismissed` false) takes that back. */
  dismissTies: marketerProcedure
    .input(Pairs.extend({ dismissed: z.boolean() }))
    .mutation(async ({ ctx: { platform, workspace, actor }, input: { pairs, dismissed } }) => {
      const found = await workspace.engine.transaction(async (session) => {
        const count = await dismissTies(session, pairs, dismissed)
        if (count > 0)
          await leaveAudit(session, {
            actor: auditName(actor),
            action: dismissed ? 'ties-dismissed' : 'ties-listed-again',
            subject: String(count),
            at: platform.clock.now(),
          })
        return count
      })
      await passAudit(platform.store, workspace)
      return { pairs: found }
    }),
})

const refusalOf = (outcome: Exclude<TiesOutcome, { kind: 'previewed' }>) =>
  outcome.kind === 'none'
    ? refused('CONFLICT', 'merge-moved')
    : refused('NOT_FOUND', 'unknown-member', { memberId: outcome.memberId })

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
