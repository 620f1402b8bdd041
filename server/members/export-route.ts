import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { contextOf } from '../context.ts'
import { sentence } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
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

const problem = (status: number, title: string) => ({ type: 'about:blank', title, status })

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
      const { actor, workspace, role, showsAnother, language } = await contextOf(platform, request, reply)
      const refuse = (status: number, title: string) =>
        reply.code(status).type('application/problem+json').send(problem(status, title))
      if (!actor) return refuse(401, 'Sign in first.')
      if (!workspace || (role !== 'owner' && role !== 'marketer'))
        return refuse(403, 'Your role does not allow exports. An owner can change it.')
      if (showsAnother) return refuse(409, sentence(language, 'workspace-switched', { name: workspace.name }))
      const question = Question.safeParse(request.method === 'POST' ? request.body : request.query)
      if (!question.success)
        return refuse(422, 'The address is not understood. Export from the Members page.')
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const outcome = await exportMembers(
        platform.store,
        workspace,
        { ...question.data, unmasked: role === 'owner' },
        gone.signal,
      )
      if (outcome.kind === 'refused')
        return refuse(400, outcome.errors.map(({ message }) => message).join(' '))
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
