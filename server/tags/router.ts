import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { refusal } from '../segments/refusal.ts'
import { auditName } from '../settings/audit.ts'
import { type Context, marketerProcedure, readerProcedure, router } from '../trpc.ts'
import { listTags, renameTag, retireTag, saveTag, setTag, type TagOutcome } from './tags.ts'

/** A tag's name: one line of at most 60 characters. */
const TagName = z
  .string()
  .trim()
  .min(1, 'A tag needs a name.')
  .max(60, 'A tag has at most 60 characters.')
  .regex(/^\P{Cc}*$/u, 'A tag is one line of text.')

const Whose = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('members'), memberIds: z.array(z.string().max(200)).min(1).max(10_000) }),
  z.object({
    kind: z.literal('segment'),
    expression: z.string().max(200_000),
    asOf: z.iso.date().optional(),
  }),
])
const TagAndMembers = z.object({ tag: TagName, whose: Whose })

export const tagsRouter = router({
  /** Every tag with its colour, description and how many members carry it. */
  list: readerProcedure.query(({ ctx, signal }) => listTags(ctx.platform.store, ctx.workspace, signal)),

  /** Makes a tag, or changes its colour or description. */
  save: marketerProcedure
    .input(
      z.object({
        name: TagName,
        colour: z.int().min(1).max(8).optional(),
        description: z.string().trim().max(300).optional(),
      }),
    )
    .mutation(({ ctx, input }) => saveTag(ctx.platform.store, ctx.workspace, input, doing(ctx))),

  /** Puts a tag on named members or on everyone in a segment. Safe to repeat. */
  add: marketerProcedure
    .input(TagAndMembers)
    .mutation(async ({ ctx, input, signal }) =>
      done(await setTag(ctx.platform.store, ctx.workspace, input.tag, true, input.whose, doing(ctx), signal)),
    ),

  /** Takes a tag off named members or off everyone in a segment. Safe to repeat. */
  remove: marketerProcedure
    .input(TagAndMembers)
    .mutation(async ({ ctx, input, signal }) =>
      done(
        await setTag(ctx.platform.store, ctx.workspace, input.tag, false, input.whose, doing(ctx), signal),
      ),
    ),

  rename: marketerProcedure
    .input(z.object({ from: TagName, to: TagName }))
    .mutation(async ({ ctx, input }) =>
      done(await renameTag(ctx.platform.store, ctx.workspace, input.from, input.to, doing(ctx))),
    ),

  /** Takes a tag off everybody and out of the list. */
  retire: marketerProcedure
    .input(z.object({ tag: TagName }))
    .mutation(async ({ ctx, input }) =>
      done(await retireTag(ctx.platform.store, ctx.workspace, input.tag, doing(ctx))),
    ),
})

const doing = ({
  actor,
  platform,
}: {
  actor: NonNullable<Context['actor']>
  platform: Context['platform']
}) => ({
  by: auditName(actor),
  at: platform.clock.now(),
})

function done(outcome: TagOutcome): { members: number } {
  switch (outcome.kind) {
    case 'done':
      return { members: outcome.members }
    case 'refused':
      throw refusal(outcome.errors)
    case 'unknown-members':
      throw new TRPCError({
        code: 'NOT_FOUND',
        message: `${outcome.memberIds.length} of these members are not known, such as ${outcome.memberIds[0]}. Nothing was changed.`,
      })
    case 'no-such-tag':
      throw new TRPCError({ code: 'NOT_FOUND', message: 'There is no such tag. Look at the list of tags.' })
    case 'name-taken':
      throw new TRPCError({
        code: 'CONFLICT',
        message: 'There is a tag of that name already. Choose another name.',
      })
  }
}
