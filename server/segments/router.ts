import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { calledName } from '../accounts/users.ts'
import type { Language } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { limits } from '../../analytics/segments/ast.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { interrupted } from '../analytics/ask.ts'
import { auditName } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'
import { type Context, marketerProcedure, readerProcedure, router, signedInProcedure } from '../trpc.ts'
import { memberNamed } from '../members/named.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { newNameOfAtMost } from './alike.ts'
import { type Evaluation, evaluateSegment } from './evaluation.ts'
import { explainSegment, idsOf, sampleOf, valuesOf } from './members.ts'
import { refreshing, stopRefreshing } from './memberships.ts'
import { nearMisses } from './near-misses.ts'
import { columnsOf } from './columns.ts'
import { countParts } from './part-counts.ts'
import { resolveRule } from './prepare.ts'
import { refusal } from './refusal.ts'
import { listSegments, readSegment, removeSegment, saveSegment } from './saved.ts'
import { segmentSizes } from './sizes.ts'
import { starterSegments } from './starters/starters.ts'
import { usesOfSegments } from './uses.ts'

const Expression = z.string().max(limits.characters)
const Asked = z.object({ expression: Expression, asOf: AskedDay.optional() })
const Name = newNameOfAtMost(80, 'segment-name-empty')
const Id = z.object({ id: z.uuid() })

/** What whoever saved a version is called; null: no user, such as the command line. */
async function savedBy(store: Store, by: string, language: Language): Promise<string | null> {
  const user = await store
    .selectFrom('users')
    .select(['name', 'username'])
    .where('id', '=', by)
    .executeTakeFirst()
  return user ? calledName(user, language) : null
}

export const segmentsRouter = router({
  /** Whether a text is a rule: its canonical text and its JSON face, or every problem with its place. */
  check: signedInProcedure.input(z.object({ expression: Expression })).query(async ({ ctx, input }) => {
    if (ctx.workspace) {
      const resolved = await resolveRule(ctx.platform.store, ctx.workspace, input.expression)
      if (resolved.kind === 'refused') return { kind: 'refused' as const, errors: resolved.errors }
      const { text, expression } = resolved.rule
      return { kind: 'rule' as const, expression: text, rule: expression }
    }
    const parsed = parse(input.expression, { currencyDecimals: 2 })
    return parsed.kind === 'parsed'
      ? { kind: 'rule' as const, expression: print(parsed.expression), rule: parsed.expression }
      : { kind: 'refused' as const, errors: parsed.problems }
  }),

  /** How many members a rule selects, and of how many. */
  count: readerProcedure.input(Asked).query(async ({ ctx, input, signal }) => {
    const began = performance.now()
    const { expression, asOf, dataVersion, members } = await evaluated(ctx, input, signal)
    const all = await evaluated(ctx, { expression: 'everyone', asOf }, signal)
    return {
      expression,
      asOf,
      dataVersion,
      milliseconds: Math.round(performance.now() - began),
      members,
      all: all.members,
    }
  }),

  /** Which share of the orders has been read into memory, until when counts take longer; null when nothing is on the way. */
  reading: readerProcedure.query(({ ctx }) => ({
    share: columnsOf(ctx.platform.store)?.reading(ctx.workspace.engine) ?? null,
  })),

  /** How many members each part of a rule selects, alone and with what stands before it in its group. */
  partCounts: readerProcedure.input(Asked).query(async ({ ctx, input, signal }) => {
    const outcome = await interrupted(countParts(ctx.platform.store, ctx.workspace, input, signal))
    if (outcome.kind === 'refused') throw refusal(outcome.errors)
    return outcome
  }),

  /** A few of the members, those with the most net first. */
  sample: readerProcedure
    .input(Asked.extend({ limit: z.int().min(1).max(50).default(8) }))
    .query(async ({ ctx, input, signal }) => {
      const evaluation = await evaluated(ctx, input, signal)
      const { expression, asOf, dataVersion, members } = evaluation
      const sample = await interrupted(
        sampleOf(ctx.platform.store, ctx.workspace, evaluation, input.limit, signal),
      )
      return { expression, asOf, dataVersion, members, sample }
    }),

  /**
   * Ids of the members, in pages: `after` is the last id of the page before, `dataVersion` what the first
   * page said, so that all pages are of one set.
   */
  memberIds: marketerProcedure
    .input(
      Asked.extend({
        after: z.string().max(200).optional(),
        dataVersion: z.int().optional(),
        limit: z.int().min(1).max(20_000).default(20_000),
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const evaluation = await evaluated(ctx, input, signal)
      const { expression, asOf, dataVersion, members } = evaluation
      if (input.dataVersion !== undefined && input.dataVersion !== dataVersion)
        throw refused('CONFLICT', 'data-moved')
      const memberIds = await interrupted(idsOf(ctx.workspace, evaluation, input.after, input.limit, signal))
      return { expression, asOf, dataVersion, members, memberIds }
    }),

  /** Why a member is in or not, clause by clause; the member by an id, or a phone, e-mail or openid that only they have. */
  explain: readerProcedure
    .input(Asked.extend({ memberId: z.string().min(1) }))
    .query(async ({ ctx, input, signal }) => {
      const memberId = (await memberNamed(ctx.workspace, input.memberId)) ?? input.memberId
      const outcome = await interrupted(
        explainSegment(ctx.platform.store, ctx.workspace, { ...input, memberId }, signal),
      )
      switch (outcome.kind) {
        case 'explained':
          return { ...outcome, currency: ctx.workspace.currency }
        case 'refused':
          throw refusal(outcome.errors)
        case 'unknown-member':
          throw refused('NOT_FOUND', 'unknown-member', { memberId: input.memberId })
      }
    }),

  /** What each condition keeps out, the one that keeps most out alone first, with those who are nearest to getting in. */
  nearMisses: readerProcedure
    .input(Asked.extend({ limit: z.int().min(1).max(50).default(5) }))
    .query(async ({ ctx, input, signal }) => {
      const outcome = await interrupted(nearMisses(ctx.platform.store, ctx.workspace, input, signal))
      switch (outcome.kind) {
        case 'found':
          return outcome
        case 'refused':
          throw refusal(outcome.errors)
        case 'too-many-conditions':
          throw refused('BAD_REQUEST', 'near-misses-too-many', { limit: outcome.limit })
      }
    }),

  /** The stores, categories, tags and so on that occur, for completing a rule's text. */
  values: readerProcedure.query(({ ctx, signal }) =>
    interrupted(valuesOf(ctx.platform.store, ctx.workspace, signal)),
  ),

  /** Segments to begin with, thresholds from the shop's own data, each with how many members it selects now. */
  starters: readerProcedure.query(({ ctx, signal }) =>
    interrupted(starterSegments(ctx.platform.store, ctx.workspace, ctx.language, signal)),
  ),

  /** How far the saved segments are brought up to date after the data or a rule has changed; null: they are. */
  refreshing: readerProcedure.query(({ ctx }) => refreshing(ctx.workspace)),

  /** Stops that, until data or a rule changes again; what is done stays. */
  stopRefreshing: marketerProcedure.mutation(({ ctx }) => stopRefreshing(ctx.workspace)),

  list: readerProcedure.query(({ ctx }) => listSegments(ctx.platform, ctx.workspace)),

  /** How many members each of them selects, asked together. */
  sizes: readerProcedure.query(({ ctx, signal }) =>
    interrupted(segmentSizes(ctx.platform.store, ctx.workspace, signal)),
  ),

  /** Other segments, rules of tags and campaigns in which one stands. */
  uses: readerProcedure.input(Id).query(async ({ ctx, input }) => {
    const uses = (await usesOfSegments(ctx.platform, ctx.workspace)).get(input.id)
    if (!uses) throw noSuchSegment()
    return uses
  }),

  get: readerProcedure.input(Id).query(async ({ ctx, input }) => {
    const segment = await readSegment(ctx.platform.store, ctx.workspace, input.id)
    if (!segment) throw noSuchSegment()
    return segment
  }),

  /** Saves a new segment, or a new version of one; the same rule under another name renames it. */
  save: marketerProcedure
    .input(
      z.object({
        id: z.uuid().optional(),
        name: Name,
        expression: Expression,
        /** The version that was changed: a newer one is not written over. */
        from: z.int().positive().optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
      const outcome = await saveSegment(ctx.platform.store, ctx.workspace, input, doing)
      switch (outcome.kind) {
        case 'saved':
          return { id: outcome.id, version: outcome.version }
        case 'refused':
          throw refusal(outcome.errors)
        case 'name-taken':
          throw nameTaken(input.name, outcome.other)
        case 'no-such-segment':
          throw noSuchSegment()
        case 'tag-circle':
          throw refused('BAD_REQUEST', 'tag-circle', { circle: outcome.tags.join(' → ') })
        case 'changed-since':
          throw refused('CONFLICT', 'segment-changed-since', {
            version: outcome.version,
            by: (await savedBy(ctx.platform.store, outcome.by, ctx.language)) ?? 'none',
          })
      }
    }),

  rename: marketerProcedure.input(Id.extend({ name: Name })).mutation(async ({ ctx, input }) => {
    const segment = await readSegment(ctx.platform.store, ctx.workspace, input.id)
    const expression = segment?.versions[0]?.expression
    if (expression === undefined) throw noSuchSegment()
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    const outcome = await saveSegment(ctx.platform.store, ctx.workspace, { ...input, expression }, doing)
    if (outcome.kind === 'name-taken') throw nameTaken(input.name, outcome.other)
  }),

  remove: marketerProcedure.input(Id).mutation(async ({ ctx, input }) => {
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    const outcome = await removeSegment(ctx.platform.store, ctx.workspace, input.id, doing)
    switch (outcome.kind) {
      case 'removed':
        return
      case 'no-such-segment':
        throw noSuchSegment()
      case 'used':
        throw refused('CONFLICT', 'segment-used', { name: outcome.name, by: { listed: outcome.by } })
    }
  }),
})

const nameTaken = (name: string, other: string) =>
  name === other
    ? refused('CONFLICT', 'segment-name-taken', { name })
    : refused('CONFLICT', 'name-alike', { other })

const noSuchSegment = () => refused('NOT_FOUND', 'no-such-segment')

async function evaluated(
  ctx: Context & { workspace: Workspace },
  asked: { expression: string; asOf?: string | undefined },
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const outcome = await interrupted(evaluateSegment(ctx.platform.store, ctx.workspace, asked, signal))
  if (outcome.kind === 'refused') throw refusal(outcome.errors)
  return outcome.evaluation
}
