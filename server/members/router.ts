import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { interrupted } from '../analytics/ask.ts'
import { refused } from '../messages/refused.ts'
import { refusal } from '../segments/refusal.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import { marketerProcedure, ownerProcedure, readerProcedure, router } from '../trpc.ts'
import { listMembers, mostNamed, namedMembers, sorts } from './list.ts'
import { contactOf, oneMember } from './one.ts'
import { memberOutlook } from './outlook.ts'
import { whatNext } from './situation.ts'

/** As long as it may be: files may have brought any id, and one that nobody has is nobody. */
const MemberId = z.string().min(1)
const nobody = () => refused('NOT_FOUND', 'no-such-member')

export const membersRouter = router({
  /** A page of members by segment and search, sorted. `cursor` is the page before's `nextCursor`. */
  list: readerProcedure
    .input(
      z.object({
        segment: z.string().max(200_000).optional(),
        asOf: AskedDay.optional(),
        search: z.string().trim().max(200).optional(),
        sort: z.enum(sorts).default('value-at-risk'),
        descending: z.boolean().default(true),
        limit: z.int().min(1).max(200).default(50),
        cursor: z.string().max(300_000).nullish(),
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const outcome = await listMembers(
        ctx.platform.store,
        ctx.workspace,
        { ...input, cursor: input.cursor ?? undefined },
        signal,
      )
      switch (outcome.kind) {
        case 'listed':
          return outcome.page
        case 'refused':
          throw refusal(outcome.errors)
        case 'stale-cursor':
          throw refused('CONFLICT', 'list-moved')
      }
    }),

  /** The ids of everybody whom a search finds. A mutation only so that the search travels in the body. */
  found: marketerProcedure
    .input(
      z.object({
        segment: z.string().max(200_000).optional(),
        asOf: AskedDay.optional(),
        search: z.string().trim().max(200).optional(),
      }),
    )
    .mutation(async ({ ctx, input, signal }) => {
      const outcome = await namedMembers(ctx.platform.store, ctx.workspace, input, signal)
      switch (outcome.kind) {
        case 'named':
          return { memberIds: outcome.memberIds }
        case 'refused':
          throw refusal(outcome.errors)
        case 'too-many':
          throw refused('PRECONDITION_FAILED', 'too-many-found', { most: mostNamed })
      }
    }),

  /** Everything about one member; phone, openid and e-mail masked. */
  one: readerProcedure
    .input(z.object({ memberId: MemberId, asOf: AskedDay.optional() }))
    .query(async ({ ctx, input, signal }) => {
      const member = await oneMember(ctx.platform.store, ctx.workspace, input, signal)
      if (!member) throw nobody()
      return member
    }),

  /** What the rhythm and the models say of one member; without waiting for a fit that is still to be made. */
  outlook: readerProcedure.input(z.object({ memberId: MemberId })).query(async ({ ctx, input, signal }) => {
    const outlook = await interrupted(
      memberOutlook(ctx.platform.store, ctx.workspace, input.memberId, signal),
    )
    if (!outlook) throw nobody()
    return outlook
  }),

  /** What to send one member next, and why. */
  whatNext: readerProcedure.input(z.object({ memberId: MemberId })).query(async ({ ctx, input, signal }) => {
    const next = await interrupted(
      whatNext(ctx.platform, ctx.workspace, input.memberId, ctx.language, signal),
    )
    if (!next) throw nobody()
    return next
  }),

  /** A member's phone, openid and e-mail, whole. Every look is noted. */
  unmask: ownerProcedure.input(z.object({ memberId: MemberId })).mutation(async ({ ctx, input }) => {
    const contact = await contactOf(ctx.workspace, input.memberId)
    if (contact === null) throw nobody()
    await recordAudit(ctx.platform.store, {
      workspaceId: ctx.workspace.id,
      actor: auditName(ctx.actor),
      action: 'phone-unmasked',
      subject: input.memberId,
      at: ctx.platform.clock.now(),
    })
    return contact
  }),
})
