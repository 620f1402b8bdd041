import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { campaignEffect } from '../campaigns/effect.ts'
import { listCampaigns } from '../campaigns/list.ts'
import { campaignResult } from '../campaigns/result.ts'
import { memberDayFigures } from '../campaigns/standing/member-day-figures.ts'
import { sentence } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import { CampaignEffect, CampaignListed, MemberDayFigures } from './campaign-shapes.ts'
import { languageFor, problems, sendProblem } from './problem.ts'

const ById = z.object({ campaignId: z.string().min(1).max(100) })
const unknown = problem('`unknown`: no such campaign in this workspace.')
const notLaunched = problem('`not_launched`: the campaign is a draft.')

/** Reading what campaigns brought. */
export const campaignRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const common = { ...noPage, config: { scope: 'campaigns' as const } }
  const workspaceOf = async (id: string) => (await platform.workspaces.byId(id))!

  app.get(
    '/campaigns',
    {
      ...common,
      schema: {
        tags: ['Campaigns'],
        operationId: 'listCampaigns',
        summary: 'List the campaigns of the workspace with their verdicts',
        description: 'Newest first, at most 200.',
        response: { 200: z.object({ campaigns: z.array(CampaignListed) }), ...always },
      },
    },
    async (request, reply) => {
      const workspace = await workspaceOf(request.keyHolder!.workspaceId)
      return reply.code(200).send({ campaigns: await listCampaigns(platform, workspace, untilGone(reply)) })
    },
  )

  app.get(
    '/campaigns/:campaignId/effect',
    {
      ...common,
      schema: {
        tags: ['Campaigns'],
        operationId: 'effectOfCampaign',
        summary: 'What a campaign brought, of those launched once and of those that stand',
        description:
          'Treated against held out by the newest day of the data: each outcome with its interval and verdict, what it brought and cost, day by day, and whether purchases were only brought forward.',
        params: ById,
        response: { 200: CampaignEffect, 404: unknown, 409: notLaunched, 422: malformed, ...always },
      },
    },
    async (request, reply) => {
      const workspace = await workspaceOf(request.keyHolder!.workspaceId)
      const { campaignId } = request.params
      const signal = untilGone(reply)
      const result = await campaignResult(platform, workspace, campaignId, signal)
      if (!result) return sendProblem(reply, problems.unknownCampaign)
      const effect = await campaignEffect(platform, workspace, campaignId, signal)
      const { measurement } = result
      if (effect === null || effect === 'not-launched' || !measurement)
        return sendProblem(reply, problems.campaignNotLaunched)
      return reply.code(200).send({
        ...result,
        ...measurement,
        ...effect,
        timeline: effect.timeline?.days ?? null,
        stands: result.definition.standing !== undefined,
        currency: workspace.currency,
        verdictText: sentence(languageFor(request), `verdict-${measurement.verdict}`),
      })
    },
  )

  app.get(
    '/campaigns/:campaignId/member-days',
    {
      ...common,
      schema: {
        tags: ['Campaigns'],
        operationId: 'memberDaysOfCampaign',
        summary: 'The member days of a campaign beside days that are like them',
        description:
          'What all members bought on each member day and, on average, on the latest four days of the same weekday before that were none. Before and after is no proof: what else was different on these days is in it too.',
        params: ById,
        response: {
          200: MemberDayFigures,
          404: problem('`unknown`: no such campaign in this workspace, or one without member days.'),
          409: notLaunched,
          422: malformed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const workspace = await workspaceOf(request.keyHolder!.workspaceId)
      const figures = await memberDayFigures(platform, workspace, request.params.campaignId, untilGone(reply))
      if (figures === null) return sendProblem(reply, problems.unknownCampaign)
      if (figures === 'not-live') return sendProblem(reply, problems.campaignNotLaunched)
      const days = figures.days.map((day) => ({ ...day, comparedWith: [...day.comparedWith] }))
      return reply.code(200).send({ ...figures, days, currency: workspace.currency })
    },
  )
}

/** Ends the questions of a caller who has gone. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}
