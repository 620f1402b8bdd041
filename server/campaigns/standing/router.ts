import { z } from 'zod'
import { refused } from '../../messages/refused.ts'
import { saidIn } from '../../messages/messages.ts'
import { problemsSaid } from '../../segments/refusal.ts'
import { auditName } from '../../settings/audit.ts'
import { type Context, marketerProcedure, readerProcedure, router } from '../../trpc.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import type { Desk } from '../campaigns.ts'
import { NewCampaign } from '../definition.ts'
import { finishStanding, goLive, type LiveOutcome, previewLive } from './go-live.ts'
import { isStanding } from './keeper.ts'
import { memberDayFigures } from './member-day-figures.ts'
import { provingPlan } from './plan.ts'
import { standingState, standingWays } from './runs.ts'
import { liveSaid } from './sentences.ts'
import { simulationOf } from './simulate.ts'

const ById = z.object({ campaignId: z.string().min(1).max(100) })

const deskOf = (ctx: Context & { workspace: Workspace; actor: NonNullable<Context['actor']> }): Desk => ({
  platform: ctx.platform,
  workspace: ctx.workspace,
  actor: auditName(ctx.actor),
})

function done<T>(outcome: LiveOutcome<T>): T {
  if (outcome.kind === 'done') return outcome.value
  const { id, values } = liveSaid(outcome)
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
}

/** Campaigns that stand: what they would have done, going live, their days and the ways of their members. */
export const standingRouter = router({
  /** What is shown before a draft goes live; its simulation is counted in the background: ask again until it is done. */
  preview: marketerProcedure
    .input(ById)
    .query(({ ctx, input, signal }) => shown(ctx, input.campaignId, undefined, signal)),

  /**
   * What holdouts of a campaign that is still being written can prove, by those who would have come in last year; counted
   * in the background: ask again until it is done.
   */
  proving: marketerProcedure.input(NewCampaign).query(async ({ ctx, input }) => {
    if (!isStanding(input)) throw refused('PRECONDITION_FAILED', 'standing-none')
    const { id: workspaceId, currency, calendar } = ctx.workspace
    const id = `estimate of ${auditName(ctx.actor)}`
    // the split changes neither who comes in nor what they bought
    const definition = { ...input, holdout: 0, effect: 0.05 }
    const campaign = { id, workspaceId, name: id, currency, calendar, seed: id, definition }
    const simulation = await simulationOf(ctx.platform, ctx.workspace, campaign)
    return simulation.kind === 'done'
      ? { kind: 'done' as const, plan: provingPlan(simulation.simulation, input) }
      : simulation.kind === 'running'
        ? simulation
        : { kind: 'unknown' as const }
  }),

  /** Stops the simulation, or counts it again by the orders of now. */
  simulate: marketerProcedure
    .input(ById.extend({ doing: z.enum(['stop', 'again']) }))
    .mutation(({ ctx, input, signal }) => shown(ctx, input.campaignId, input.doing, signal)),

  /** Safe to repeat: a campaign goes live once, and later calls report that. */
  goLive: marketerProcedure
    .input(
      ById.extend({
        digest: z.string().min(1).max(200),
        confirm: z.array(z.string().max(100)).max(20).default([]),
      }),
    )
    .mutation(async ({ ctx, input }) => done(await goLive(deskOf(ctx), input))),

  /** Lets nobody in any more; who is on the way goes on. */
  finish: marketerProcedure
    .input(ById)
    .mutation(async ({ ctx, input }) => done(await finishStanding(deskOf(ctx), input.campaignId))),

  /** Its days, newest first, and where its members are; null before it went live. */
  runs: readerProcedure
    .input(ById.extend({ limit: z.int().min(1).max(400).default(60) }))
    .query(({ ctx, input }) =>
      standingState(ctx.platform, ctx.workspace, input.campaignId, ctx.language, input.limit),
    ),

  /** Its member days beside days that are like them; refused where it has none or has not gone live. */
  memberDays: readerProcedure.input(ById).query(async ({ ctx, input, signal }) => {
    const figures = await memberDayFigures(ctx.platform, ctx.workspace, input.campaignId, signal)
    if (figures === null) throw refused('NOT_FOUND', 'no-member-days')
    if (figures === 'not-live') throw refused('PRECONDITION_FAILED', 'campaign-not-launched')
    return { ...figures, currency: ctx.workspace.currency }
  }),

  /** The ways of its members, newest first, or of one member. */
  ways: readerProcedure
    .input(
      ById.extend({
        memberId: z.string().trim().min(1).max(200).optional(),
        limit: z.int().min(1).max(500).default(50),
      }),
    )
    .query(async ({ ctx, input: { campaignId, ...asked } }) => {
      const ways = await standingWays(ctx.platform, ctx.workspace, campaignId, {
        ...asked,
        language: ctx.language,
      })
      if (!ways) throw refused('NOT_FOUND', 'no-such-campaign')
      return ways
    }),
})

async function shown(
  ctx: Context & { workspace: Workspace },
  campaignId: string,
  doing: 'stop' | 'again' | undefined,
  signal: AbortSignal | undefined,
) {
  const { simulation, ...preview } = done(
    await previewLive(ctx.platform, ctx.workspace, campaignId, doing, signal),
  )
  const why = (id: 'segment-refused', problems: ReturnType<typeof problemsSaid>) =>
    saidIn(ctx.language, { id, values: { problems } })
  return {
    ...preview,
    simulation:
      simulation.kind === 'refused'
        ? { kind: 'refused' as const, why: why('segment-refused', problemsSaid(simulation.errors)) }
        : simulation,
  }
}
