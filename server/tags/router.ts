import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { refusal } from '../segments/refusal.ts'
import { auditName } from '../settings/audit.ts'
import { type Context, marketerProcedure, readerProcedure, router } from '../trpc.ts'
import { listTags, renameTag, retireTag, saveTag, setTag, type TagOutcome } from './tags.ts'

/** A tag's name: one line of at most 60 characters. */
const TagName = z
  .string()
  .trim()
  .min(1, worded('tag-name-empty'))
  .max(60, worded('name-too-long'))
  .regex(/^\P{Cc}*$/u, worded('name-one-line'))

const Whose = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('members'), memberIds: z.array(z.string().max(200)).min(1).max(10_000) }),
  z.object({
    kind: z.literal('segment'),
    expression: z.string().max(200_000),
    asOf: AskedDay.optional(),
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
      throw refused('NOT_FOUND', 'unknown-tagged', {
        count: outcome.memberIds.length,
        memberId: outcome.memberIds[0]!,
      })
    case 'no-such-tag':
      throw refused('NOT_FOUND', 'no-such-tag')
    case 'name-taken':
      throw refused('CONFLICT', 'tag-name-taken')
  }
}
