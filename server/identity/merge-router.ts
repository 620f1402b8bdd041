import { z } from 'zod'
import { refused } from '../messages/refused.ts'
import { auditName } from '../settings/audit.ts'
import { marketerProcedure, readerProcedure, router } from '../trpc.ts'
import { applyChange, type ChangeOutcome, identitiesIn } from './merges.ts'
import { previewChange } from './preview.ts'

/** As long as it may be: files may have brought any id, and one that nobody has is nobody. */
const MemberId = z.string().trim().min(1)
/** `into`: the member whose identity `memberId` is to be, by any id of it; null: a member of its own again. */
const Change = z.object({ memberId: MemberId, into: MemberId.nullable() })

/** Which ids are one member. Changes are mutations, so that ids travel in the body. */
export const mergesRouter = router({
  /** What a merge or a separation would do, without doing it. */
  preview: marketerProcedure.input(Change).mutation(async ({ ctx, input }) => {
    const outcome = await previewChange(ctx.platform, ctx.workspace, input)
    if (outcome.kind !== 'previewed') throw refusalOf(outcome)
    return outcome.preview
  }),

  /** Does what a preview showed; refused when that is no longer what would happen. */
  change: marketerProcedure
    .input(Change.extend({ digest: z.string().min(1).max(100) }))
    .mutation(async ({ ctx, input: { digest, ...change } }) => {
      const actor = auditName(ctx.actor)
      const outcome = await applyChange(ctx.platform, ctx.workspace, change, { digest, actor })
      if (outcome.kind !== 'done') throw refusalOf(outcome)
      return outcome.change
    }),

  /** The merges that are live, of the workspace or of one member: who says so and since when. */
  list: readerProcedure
    .input(z.object({ memberId: MemberId.optional(), language: z.enum(['en', 'zh-CN']).optional() }))
    .query(async ({ ctx, input }) => ({
      identities: await identitiesIn(
        ctx.platform,
        ctx.workspace,
        input.language ?? ctx.language,
        input.memberId,
      ),
    })),
})

function refusalOf(outcome: Exclude<ChangeOutcome, { kind: 'done' }>) {
  switch (outcome.kind) {
    case 'no-such-member':
      return refused('NOT_FOUND', 'unknown-member', { memberId: outcome.memberId })
    case 'merged-already':
      return refused('CONFLICT', 'merged-already', { memberId: outcome.memberId, into: outcome.into })
    case 'same-member':
      return refused('CONFLICT', 'merge-same-member', { memberId: outcome.memberId })
    case 'not-merged':
      return refused('CONFLICT', 'not-merged', { memberId: outcome.memberId })
    case 'deleted':
      return refused('PRECONDITION_FAILED', 'member-deleted-before')
    case 'moved':
      return refused('CONFLICT', 'merge-moved')
  }
}
