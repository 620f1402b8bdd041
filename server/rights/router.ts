import { z } from 'zod'
import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { idsOfMember } from '../identity/people.ts'
import { refused } from '../messages/refused.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import { ownerProcedure, router } from '../trpc.ts'
import { drainEvents } from '../workspaces/drain.ts'
import { deleteMember, tellingOfAll } from './delete-member.ts'
import { movedFilesNaming, readingOfMoved } from './moved-files.ts'
import { exportMember } from './export.ts'

/** As long as it may be: files may have brought any id, and one that nobody has is nobody. */
const One = z.object({ memberId: z.string() })
const nobody = () => refused('NOT_FOUND', 'no-such-member')

/** Who left while files were read hears nothing more; anything else is thrown on. */
const calledOff =
  (signal: AbortSignal | undefined) =>
  (error: unknown): never => {
    if (signal?.aborted && error === signal.reason)
      throw refused('CLIENT_CLOSED_REQUEST', 'question-cancelled')
    throw error
  }

/** What a person may ask of a shop about themselves; an owner does it for them. Mutations, so that ids travel in the body. */
export const rightsRouter = router({
  /** Everything that is kept about a member, whole. Every export is noted. */
  exportMember: ownerProcedure.input(One).mutation(async ({ ctx, input }) => {
    const document = await exportMember(ctx.platform, ctx.workspace, input.memberId)
    if (!document) throw nobody()
    await recordAudit(ctx.platform.store, {
      workspaceId: ctx.workspace.id,
      actor: auditName(ctx.actor),
      action: 'member-exported',
      subject: input.memberId,
      at: ctx.platform.clock.now(),
    })
    return document
  }),

  /** How far the reading of files that a deletion waits for is, in this workspace; null: none are read. */
  reading: ownerProcedure.query(({ ctx }) => readingOfMoved(ctx.workspace.id)),

  /**
   * What a deletion would concern: how many orders and coupons stay in the books under a pseudonym, which files go. These
   * are read for it, which takes a while where there are many and ends with the call.
   */
  deletionOf: ownerProcedure.input(One).mutation(async ({ ctx, input, signal }) => {
    await drainEvents(ctx.platform.store, ctx.workspace)
    const [found] = await ctx.workspace.engine.rows(sql`select
        (select count(*) from orders where orders.member_key = members.member_key) as orders,
        (select count(*) from refunds where refunds.member_key = members.member_key) as refunds,
        (select count(*) from tags_of_members as tagged where tagged.member_key = members.member_key) as tags
      from members where member_key in ${memberKeyOf(input.memberId)}`)
    if (!found) throw nobody()
    const ids = await idsOfMember(ctx.workspace, input.memberId)
    const { coupons } = await ctx.platform.store
      .selectFrom('coupons')
      .select(({ fn }) => fn.countAll<number>().as('coupons'))
      .where('workspace_id', '=', ctx.workspace.id)
      .where('member_id', 'in', ids)
      .executeTakeFirstOrThrow()
    const telling = await tellingOfAll(ctx.workspace, ids as [string, ...string[]])
    const { named, unread } = await movedFilesNaming(ctx.platform, ctx.workspace, telling, signal).catch(
      calledOff(signal),
    )
    return {
      memberId: input.memberId,
      /** Files that the inbox moved away, which go because they name the member, and those that can't be read. */
      files: named.map(({ name }) => name),
      unread: unread.map(({ name }) => name),
      orders: Number(found.orders),
      refunds: Number(found.refunds),
      tags: Number(found.tags),
      coupons,
    }
  }),

  /** Deletes a member for good. `typed` is the id as somebody wrote it again to confirm. */
  deleteMember: ownerProcedure
    .input(One.extend({ typed: z.string() }))
    .mutation(async ({ ctx, input, signal }) => {
      if (input.typed.trim() !== input.memberId) throw refused('BAD_REQUEST', 'deletion-id-differs')
      const { memberId } = input
      const outcome = await deleteMember(ctx.platform, ctx.workspace, {
        memberId,
        actor: auditName(ctx.actor),
        signal,
      }).catch(calledOff(signal))
      switch (outcome.kind) {
        case 'deleted':
          return { pseudonym: outcome.pseudonym, files: outcome.files, unread: outcome.unread }
        case 'not-found':
          throw nobody()
        case 'deleted-before':
          throw refused('PRECONDITION_FAILED', 'member-deleted-before')
      }
    }),
})
