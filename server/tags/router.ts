import { z } from 'zod'
import { limits } from '../../analytics/segments/ast.ts'
import { interrupted } from '../analytics/ask.ts'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { nameOfAtMost, newNameOfAtMost, refuseLike } from '../segments/alike.ts'
import { refusal } from '../segments/refusal.ts'
import { usesOfTag } from '../segments/uses.ts'
import { auditName } from '../settings/audit.ts'
import { type Context, marketerProcedure, readerProcedure, router } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { historyOfTag } from './changes.ts'
import { type GroupOutcome, listGroups, removeGroup, renameGroup, saveGroup } from './groups.ts'
import { mergeTags } from './merge.ts'
import { setTag } from './set-tag.ts'
import { keepTags, rulesState } from './keeper.ts'
import { tagProposals } from './proposals.ts'
import { dropRule, previewRule, type RuleOutcome, setRule } from './set-rule.ts'
import { listTags, renameTag, retireTag, saveTag, type TagOutcome } from './tags.ts'

const TagName = nameOfAtMost(60, 'tag-name-empty')
const NewTagName = newNameOfAtMost(60, 'tag-name-empty')
const GroupName = newNameOfAtMost(60, 'tag-group-empty')

const RuleText = z.string().min(1).max(limits.characters)

const Reason = z.string().trim().max(300, worded('tag-reason-long')).optional()

const Whose = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('members'),
    memberIds: z.array(z.string()).min(1).max(10_000, worded('too-many-tagged')),
    file: z.string().max(255).optional(),
  }),
  z.object({
    kind: z.literal('segment'),
    expression: z.string().max(200_000),
    asOf: AskedDay.optional(),
  }),
])
const TagAndMembers = z.object({ tag: TagName, whose: Whose, reason: Reason })

export const tagsRouter = router({
  /** Every tag with its colour, description and how many members carry it. */
  list: readerProcedure.query(({ ctx, signal }) => listTags(ctx.platform.store, ctx.workspace, signal)),

  /** Makes a tag, or changes its colour, description or group; `group` null takes it out of one. */
  save: marketerProcedure
    .input(
      z.object({
        name: TagName,
        colour: z.int().min(1).max(8).optional(),
        description: z.string().trim().max(300).optional(),
        group: GroupName.nullable().optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { group } = input
      if (group) await newGroup(ctx, group)
      const name = await tagOrNew(ctx, input.name)
      return saveTag(ctx.platform.store, ctx.workspace, { ...input, name }, doing(ctx))
    }),

  /** Puts a tag on named members or on everyone in a segment. Safe to repeat. */
  add: marketerProcedure
    .input(TagAndMembers)
    .mutation(async ({ ctx, input, signal }) =>
      done(
        await setTag(
          ctx.platform.store,
          ctx.workspace,
          await tagOrNew(ctx, input.tag),
          true,
          input.whose,
          doing(ctx, input.reason),
          signal,
        ),
      ),
    ),

  /** Takes a tag off named members or off everyone in a segment. Safe to repeat. */
  remove: marketerProcedure
    .input(TagAndMembers)
    .mutation(async ({ ctx, input, signal }) =>
      done(
        await setTag(
          ctx.platform.store,
          ctx.workspace,
          input.tag,
          false,
          input.whose,
          doing(ctx, input.reason),
          signal,
        ),
      ),
    ),

  rename: marketerProcedure
    .input(z.object({ from: TagName, to: NewTagName, reason: Reason }))
    .mutation(async ({ ctx, input: { from, to, reason } }) => {
      const tags = await listTags(ctx.platform.store, ctx.workspace)
      refuseLike(
        to,
        tags.flatMap(({ name }) => (name === from ? [] : [name])),
      )
      return done(await renameTag(ctx.platform.store, ctx.workspace, from, to, doing(ctx, reason)))
    }),

  /** Makes one tag of two: carriers, rules and what files say of `from` are of `into`. */
  merge: marketerProcedure
    .input(z.object({ from: TagName, into: TagName, reason: Reason }))
    .mutation(async ({ ctx, input }) =>
      done(
        await mergeTags(ctx.platform.store, ctx.workspace, input.from, input.into, doing(ctx, input.reason)),
      ),
    ),

  /** What was done with a tag: who, when, why; and what its rule changed. */
  history: readerProcedure
    .input(z.object({ tag: TagName }))
    .query(({ ctx, input }) => historyOfTag(ctx.platform.store, ctx.workspace, input.tag)),

  /** Segments, rules of other tags, drafts and campaigns that go on by themselves in which a tag stands. */
  uses: readerProcedure
    .input(z.object({ tag: TagName }))
    .query(({ ctx, input }) => usesOfTag(ctx.platform, ctx.workspace, input.tag)),

  /** What switching a rule on would do to a tag: who would get it, who would lose it. A mutation so that the rule travels in the body. */
  previewRule: marketerProcedure
    .input(z.object({ tag: TagName, expression: RuleText }))
    .mutation(async ({ ctx, input, signal }) =>
      ruled(await interrupted(previewRule(ctx.platform.store, ctx.workspace, input, signal))),
    ),

  /** The shipped automatic tags, with thresholds from the shop's own data and whom each would select. */
  proposals: readerProcedure.query(({ ctx, signal }) =>
    interrupted(tagProposals(ctx.platform.store, ctx.workspace, ctx.language, signal)),
  ),

  /** Switches a tag's rule on, or another in its place, and applies it. */
  setRule: marketerProcedure
    .input(
      z.object({
        tag: TagName,
        expression: RuleText,
        proposal: z.string().max(100).optional(),
        reason: Reason,
      }),
    )
    .mutation(async ({ ctx, input, signal }) => {
      const tag = await tagOrNew(ctx, input.tag)
      const { expression } = ruled(
        await setRule(ctx.platform.store, ctx.workspace, { ...input, tag }, doing(ctx, input.reason), signal),
      )
      return { expression, applied: await keepTags(ctx.platform, ctx.workspace.id) }
    }),

  /** Switches a tag's rule off: whom it alone had put it on lose it. */
  dropRule: marketerProcedure
    .input(z.object({ tag: TagName, reason: Reason }))
    .mutation(async ({ ctx, input }) => {
      ruled(await dropRule(ctx.platform.store, ctx.workspace, input.tag, doing(ctx, input.reason)))
      return { applied: await keepTags(ctx.platform, ctx.workspace.id) }
    }),

  /** Applies the rules of tags, if data, rules or the day changed since they were; null: they had not. */
  applyRules: marketerProcedure.mutation(async ({ ctx }) => ({
    applied: await keepTags(ctx.platform, ctx.workspace.id),
  })),

  /** Whether rules are being applied, how far that is, and which are refused. */
  rules: readerProcedure.query(({ ctx }) => rulesState(ctx.platform, ctx.workspace.id)),

  /** The groups of tags, and which are exclusive. */
  groups: readerProcedure.query(({ ctx, signal }) => listGroups(ctx.platform.store, ctx.workspace, signal)),

  /** Makes a group, or says whether a member carries one tag of it at most. */
  saveGroup: marketerProcedure
    .input(z.object({ name: GroupName, exclusive: z.boolean() }))
    .mutation(async ({ ctx, input }) => {
      await newGroup(ctx, input.name)
      await saveGroup(ctx.platform.store, ctx.workspace, input, doing(ctx))
    }),

  /** Gives a group another name, with its tags. */
  renameGroup: marketerProcedure
    .input(z.object({ from: z.string().max(60), to: GroupName }))
    .mutation(async ({ ctx, input }) => {
      await newGroup(ctx, input.to, input.from)
      return groupDone(
        await renameGroup(ctx.platform.store, ctx.workspace, input, doing(ctx)),
        input.from,
        input.to,
      )
    }),

  /** Takes a group away; its tags stay. */
  removeGroup: marketerProcedure
    .input(z.object({ name: z.string().max(60) }))
    .mutation(async ({ ctx, input }) =>
      groupDone(await removeGroup(ctx.platform.store, ctx.workspace, input.name, doing(ctx)), input.name, ''),
    ),

  /** Takes a tag off everybody and out of the list. */
  retire: marketerProcedure
    .input(z.object({ tag: TagName, reason: Reason }))
    .mutation(async ({ ctx, input }) =>
      done(await retireTag(ctx.platform.store, ctx.workspace, input.tag, doing(ctx, input.reason))),
    ),
})

type InShop = Pick<Context, 'platform'> & { readonly workspace: Workspace }

/** The tag of that very name, else the name of a new one. Refused where people would take it for a tag that there is. */
async function tagOrNew({ platform, workspace }: InShop, given: string): Promise<string> {
  const names = (await listTags(platform.store, workspace)).map(({ name }) => name)
  if (names.includes(given)) return given
  const name = given.normalize('NFC')
  refuseLike(name, names)
  return name
}

/** Refuses a name that people would take for another group's than `own`. */
async function newGroup({ platform, workspace }: InShop, name: string, own?: string): Promise<void> {
  const groups = await listGroups(platform.store, workspace)
  refuseLike(
    name,
    groups.flatMap((group) => (group.name === own ? [] : [group.name])),
  )
}

const doing = (
  {
    actor,
    platform,
  }: {
    actor: NonNullable<Context['actor']>
    platform: Context['platform']
  },
  reason?: string,
) => ({ by: auditName(actor), at: platform.clock.now(), reason })

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
    case 'same-tag':
      throw refused('BAD_REQUEST', 'same-tag')
    case 'circle':
      throw refused('BAD_REQUEST', 'tag-circle', { circle: outcome.tags.join(' → ') })
  }
}

function ruled<T>(outcome: RuleOutcome<T>): T {
  switch (outcome.kind) {
    case 'done':
      return outcome.value
    case 'refused':
      throw refusal(outcome.errors)
    case 'circle':
      throw refused('BAD_REQUEST', 'tag-circle', { circle: outcome.tags.join(' → ') })
    case 'no-such-tag':
      throw refused('NOT_FOUND', 'no-tag-rule')
  }
}

function groupDone(outcome: GroupOutcome, name: string, to: string): { tags: number } {
  if (outcome.kind === 'no-such-group') throw refused('NOT_FOUND', 'no-such-tag-group', { name })
  if (outcome.kind === 'name-taken') throw refused('CONFLICT', 'tag-group-taken', { name: to })
  return { tags: outcome.tags }
}
