import { z } from 'zod'
import { refused } from '../messages/refused.ts'
import { accountOf } from '../delivery/channel-account.ts'
import { deadLettersOf, resendDeadLetters } from '../delivery/dead-letters.ts'
import { errorText } from '../delivery/errors.ts'
import { smsAccount } from '../delivery/sms-settings.ts'
import { renewSecret, showSecret } from '../delivery/secrets.ts'
import { refusal } from '../segments/refusal.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import { type Context, marketerProcedure, ownerProcedure, readerProcedure, router } from '../trpc.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import {
  campaignById,
  cancelCampaign,
  type ChangeOutcome,
  createCampaign,
  type Desk,
  editCampaign,
  pauseCampaign,
  resumeCampaign,
} from './campaigns.ts'
import { exclusionReasons } from './audience.ts'
import { codesCsv, takeCodes } from './codes.ts'
import { CampaignDefinition, NewCampaign, SaidDefinition, sentencesOf } from './definition.ts'
import { campaignBySegment, campaignEffect } from './effect.ts'
import { globalShares, setGlobalHoldout, togetherResult } from './global-holdout.ts'
import { launchCampaign } from './launch.ts'
import { leftOutOf } from './left-out.ts'
import { listCampaigns } from './list.ts'
import { type PreviewOutcome, previewOf } from './preview.ts'
import { campaignResult } from './result.ts'
import { changeSaid, launchSaid } from './sentences.ts'
import { keptVersions, writtenOut } from './segment-versions.ts'
import { SizeQuestion, sizeOf } from './size.ts'

const ById = z.object({ campaignId: z.string().min(1).max(100) })

const deskOf = (ctx: Context & { workspace: Workspace; actor: NonNullable<Context['actor']> }): Desk => ({
  platform: ctx.platform,
  workspace: ctx.workspace,
  actor: auditName(ctx.actor),
})

/** Dead letters, or members who were left out, that are shown one by one. */
const mostLetters = 500

/** A short message costs what its platform takes, unless the campaign says otherwise. */
async function withPrice(
  store: Store,
  workspaceId: string,
  definition: CampaignDefinition,
): Promise<CampaignDefinition> {
  if (definition.channel.kind !== 'sms' || definition.messageCostMinor > 0) return definition
  const set = await accountOf(store, workspaceId, smsAccount)
  return set ? { ...definition, messageCostMinor: set.settings.priceMinor } : definition
}

const notFound = () => refused('NOT_FOUND', 'no-such-campaign')

function changed(outcome: ChangeOutcome): { done: true } {
  if (outcome.kind === 'changed') return { done: true }
  const { id, values } = changeSaid(outcome)
  throw refused(outcome.kind === 'not-found' ? 'NOT_FOUND' : 'PRECONDITION_FAILED', id, values)
}

function shown(outcome: PreviewOutcome) {
  if (outcome.kind === 'previewed') return outcome.preview
  throw refusal(outcome.errors)
}

export const campaignsRouter = router({
  list: readerProcedure.query(({ ctx, signal }) => listCampaigns(ctx.platform, ctx.workspace, signal)),

  create: marketerProcedure
    .input(NewCampaign)
    .mutation(async ({ ctx, input }) =>
      createCampaign(deskOf(ctx), await withPrice(ctx.platform.store, ctx.workspace.id, input)),
    ),

  /** Replaces a draft's definition, if it still is `before`. */
  edit: marketerProcedure
    .input(ById.extend({ before: CampaignDefinition, definition: NewCampaign }))
    .mutation(async ({ ctx, input: { campaignId, ...versions } }) =>
      changed(await editCampaign(deskOf(ctx), campaignId, versions)),
    ),

  /** What a campaign that is still being written would do; its arms are those of no campaign yet. */
  estimate: marketerProcedure
    .input(NewCampaign)
    .query(async ({ ctx, input, signal }) =>
      shown(
        await previewOf(
          ctx.platform,
          ctx.workspace,
          { id: 'estimate', seed: 'estimate', definition: input },
          signal,
        ),
      ),
    ),

  /** The offer of a definition in one sentence, in both languages. */
  sentence: readerProcedure
    .input(SaidDefinition)
    .query(({ ctx, input }) => sentencesOf(input, ctx.workspace.currency)),

  preview: marketerProcedure.input(ById).query(async ({ ctx, input, signal }) => {
    const campaign = await campaignById(ctx.platform.store, ctx.workspace.id, input.campaignId)
    if (!campaign) throw notFound()
    if (campaign.state !== 'draft')
      throw refused('PRECONDITION_FAILED', 'campaign-has-state', { status: campaign.state })
    if (campaign.definition.standing) throw refused('PRECONDITION_FAILED', 'standing-goes-live')
    return shown(await previewOf(ctx.platform, ctx.workspace, campaign, signal))
  }),

  /** Safe to repeat: a campaign launches once, and later calls report that launch. */
  launch: marketerProcedure
    .input(
      ById.extend({
        digest: z.string().min(1).max(200),
        confirm: z.array(z.string().max(100)).max(20).default([]),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const outcome = await launchCampaign(deskOf(ctx), input)
      if (outcome.kind === 'launched') return outcome.report
      const { id, values } = launchSaid(outcome)
      throw refused(
        outcome.kind === 'not-found'
          ? 'NOT_FOUND'
          : outcome.kind === 'moved'
            ? 'CONFLICT'
            : outcome.kind === 'segment-refused'
              ? 'BAD_REQUEST'
              : 'PRECONDITION_FAILED',
        id,
        values,
      )
    }),

  pause: marketerProcedure
    .input(ById)
    .mutation(async ({ ctx, input }) => changed(await pauseCampaign(deskOf(ctx), input.campaignId))),
  resume: marketerProcedure
    .input(ById)
    .mutation(async ({ ctx, input }) => changed(await resumeCampaign(deskOf(ctx), input.campaignId))),
  /** Ends a campaign; with `revokeCoupons` its unused coupons are refused from now on. */
  cancel: marketerProcedure
    .input(ById.extend({ revokeCoupons: z.boolean().default(false) }))
    .mutation(async ({ ctx, input }) => {
      const outcome = await cancelCampaign(deskOf(ctx), input.campaignId, input)
      return outcome.kind === 'cancelled'
        ? { done: true as const, revoked: outcome.revoked }
        : { ...changed(outcome), revoked: 0 }
    }),

  show: readerProcedure.input(ById).query(async ({ ctx, input, signal }) => {
    const result = await campaignResult(ctx.platform, ctx.workspace, input.campaignId, signal)
    if (!result) throw notFound()
    return {
      ...result,
      newestError: errorText(ctx.language, result.newestError),
      droppedFor: result.droppedFor.map(({ why, messages }) => ({
        why: errorText(ctx.language, why),
        messages,
      })),
    }
  }),

  /** The versions of saved segments with which a campaign was launched; `rule`: its rule with those written out, null where it names none. */
  segmentVersions: readerProcedure.input(ById).query(async ({ ctx: { platform, workspace }, input }) => {
    const campaign = await campaignById(platform.store, workspace.id, input.campaignId)
    if (!campaign) throw notFound()
    const segments = await keptVersions(platform.store, workspace.id, campaign.id)
    const rule = segments.length === 0 ? null : writtenOut(workspace, campaign.definition.segment, segments)
    return { segments, rule }
  }),

  /** Messages that were given up: to whom and why. */
  deadLetters: readerProcedure.input(ById).query(async ({ ctx, input }) => {
    const letters = await deadLettersOf(ctx.platform.store, ctx.workspace.id, input.campaignId, mostLetters)
    return letters.map((letter) => ({ ...letter, error: errorText(ctx.language, letter.error) }))
  }),

  /** Who is left out for a reason: as it was at the launch, or of a draft as it is now. */
  leftOut: marketerProcedure
    .input(ById.extend({ reason: z.enum(exclusionReasons) }))
    .query(async ({ ctx, input, signal }) => {
      const asked = { ...input, limit: mostLetters }
      const outcome = await leftOutOf(ctx.platform, ctx.workspace, asked, signal)
      if (outcome.kind === 'not-found') throw notFound()
      if (outcome.kind === 'segment-refused') throw refusal(outcome.errors)
      return { members: outcome.members, total: outcome.total }
    }),

  /** Queues them again, under their own delivery ids. */
  resend: marketerProcedure.input(ById).mutation(async ({ ctx, input }) => {
    const outcome = await resendDeadLetters(deskOf(ctx), input.campaignId)
    if (outcome.kind === 'queued') return { messages: outcome.messages }
    const { id, values } = changeSaid(outcome)
    throw refused(outcome.kind === 'not-found' ? 'NOT_FOUND' : 'PRECONDITION_FAILED', id, values)
  }),

  /** What it brought and cost, day by day, afterwards, and what to try next. */
  effect: readerProcedure.input(ById).query(async ({ ctx, input, signal }) => {
    const effect = await campaignEffect(ctx.platform, ctx.workspace, input.campaignId, signal)
    if (!effect) throw notFound()
    if (effect === 'not-launched') throw refused('PRECONDITION_FAILED', 'campaign-not-launched')
    return effect
  }),

  /** The effect by parts of the audience; null while nothing can be compared. */
  bySegment: readerProcedure.input(ById).query(async ({ ctx, input, signal }) => {
    const found = await campaignBySegment(ctx.platform, ctx.workspace, input.campaignId, signal)
    if (found === 'not-launched') throw refused('PRECONDITION_FAILED', 'campaign-not-launched')
    return found
  }),

  /** What all campaigns together brought beside the members who are sent nothing; null without a global holdout. */
  together: readerProcedure.query(({ ctx, signal }) =>
    togetherResult(ctx.platform.store, ctx.workspace, signal),
  ),

  /** Sets the share of members who are sent nothing by any campaign from now on; 0: nobody. */
  setGlobalHoldout: ownerProcedure
    .input(
      z.object({
        share: z.union([z.literal(0), z.number().min(globalShares.least).max(globalShares.most)]),
      }),
    )
    .mutation(({ ctx, input }) => setGlobalHoldout(deskOf(ctx), input.share)),

  /** What an audience of a size can prove, and what proves an effect; nothing of the workspace is read. */
  size: readerProcedure.input(SizeQuestion).query(({ input }) => sizeOf(input)),

  /** The codes as a list and as CSV text, phones whole for the owner. Each time is noted. A mutation, because taking them out is how they are delivered. */
  takeCodes: marketerProcedure.input(ById).mutation(async ({ ctx, input }) => {
    const outcome = await takeCodes(ctx.platform, ctx.workspace, input.campaignId, {
      unmasked: ctx.role === 'owner',
      language: ctx.language,
    })
    switch (outcome.kind) {
      case 'codes':
        await recordAudit(ctx.platform.store, {
          workspaceId: ctx.workspace.id,
          actor: auditName(ctx.actor),
          action: 'codes-taken',
          subject: input.campaignId,
          at: ctx.platform.clock.now(),
        })
        return {
          codes: outcome.codes,
          csv: codesCsv(outcome.codes, ctx.actor.kind === 'local' ? 'scripts' : ctx.language),
        }
      case 'not-found':
        throw notFound()
      case 'not-launched':
        throw refused('PRECONDITION_FAILED', 'campaign-not-launched')
      case 'cancelled':
        throw refused('PRECONDITION_FAILED', 'campaign-cancelled-codes')
    }
  }),

  /** The secret that receivers check messages with: shown once; `renew` replaces it and shows the new one. */
  signingSecret: ownerProcedure
    .input(z.object({ renew: z.boolean().default(false) }))
    .mutation(async ({ ctx, input }): Promise<{ secret: string }> => {
      const { store, clock } = ctx.platform
      const at = clock.now()
      return store.transaction().execute(async (tx) => {
        const outcome = input.renew
          ? { kind: 'shown' as const, secret: await renewSecret(tx, ctx.workspace.id, at) }
          : await showSecret(tx, ctx.workspace.id, at)
        if (outcome.kind === 'shown-before')
          throw refused('PRECONDITION_FAILED', 'secret-shown', { day: outcome.at.slice(0, 10) })
        await recordAudit(tx, {
          workspaceId: ctx.workspace.id,
          actor: auditName(ctx.actor),
          action: input.renew ? 'signing-secret-renewed' : 'signing-secret-shown',
          subject: 'webhook',
          at,
        })
        return { secret: outcome.secret }
      })
    }),
})
