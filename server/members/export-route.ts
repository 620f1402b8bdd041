import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { problems, sendProblem, switchedProblem } from '../api/problem.ts'
import { contextOf } from '../context.ts'
import type { Platform } from '../platform.ts'
import { problemsSaid } from '../segments/refusal.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import { exportMembers } from './export.ts'
import { sorts } from './list.ts'

const Question = z.object({
  segment: z.string().max(200_000).optional(),
  asOf: AskedDay.optional(),
  search: z.string().trim().max(200).optional(),
  sort: z.enum(sorts).default('value-at-risk'),
  descending: z.union([z.boolean(), z.stringbool()]).default(true),
})

/**
 * `GET` or `POST /export/members.csv`: the members of a segment, or those of them whom a search finds,
 * streamed to the browser of an owner or marketer. Phones are whole for the owner. Every export is noted:
 * who and when.
 */
export async function memberExport(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  // What was searched for may be a name or a phone, so that question comes as a body and not in the address.
  const method = ['GET', 'POST']
  app.route({
    method,
    url: '/members.csv',
    handler: async (request, reply) => {
      const { actor, workspace, role, showsAnother } = await contextOf(platform, request, reply)
      if (!actor) return sendProblem(reply, problems.signInFirst)
      if (!workspace || (role !== 'owner' && role !== 'marketer'))
        return sendProblem(reply, problems.noExport)
      if (showsAnother) return sendProblem(reply, switchedProblem(workspace.name))
      const question = Question.safeParse(request.method === 'POST' ? request.body : request.query)
      if (!question.success) return sendProblem(reply, problems.exportMalformed)
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const outcome = await exportMembers(
        platform.store,
        workspace,
        { ...question.data, unmasked: role === 'owner' },
        gone.signal,
      )
      if (outcome.kind === 'refused')
        return sendProblem(reply, {
          id: 'export-segment',
          status: 400,
          code: 'malformed',
          values: { problems: problemsSaid(outcome.errors) },
        })
      await recordAudit(platform.store, {
        workspaceId: workspace.id,
        actor: auditName(actor),
        action: 'members-exported',
        subject: outcome.asOf,
        at: platform.clock.now(),
      })
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="members-${outcome.asOf}.csv"`)
        .header('cache-control', 'no-store')
        .send(Readable.from(outcome.csv))
    },
  })
}
