import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { limits } from '../../analytics/segments/ast.ts'
import { problems, sendProblem, switchedProblem } from '../api/problem.ts'
import { contextOf } from '../context.ts'
import type { Platform } from '../platform.ts'
import { auditName } from '../settings/audit.ts'
import { exportSegment } from './export.ts'
import { segmentColumns, segmentExportFormats } from './export-columns.ts'
import { problemsSaid } from './refusal.ts'

const Question = z.object({
  expression: z.string().max(limits.characters),
  asOf: AskedDay.optional(),
  format: z.enum(segmentExportFormats).default('csv'),
  /** By commas; default all. */
  columns: z
    .string()
    .transform((names) => names.split(',').map((column) => column.trim()))
    .pipe(z.array(z.enum(segmentColumns)).min(1))
    .refine((columns) => new Set(columns).size === columns.length)
    .default([...segmentColumns]),
})

const mediaTypes = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
}

/**
 * `GET` or `POST /export/segment`: the members of a rule as CSV, JSON Lines or Parquet, streamed to an owner or
 * marketer. Phones are whole for the owner. Every export is noted: who and when.
 */
export async function segmentExport(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  app.route({
    method: ['GET', 'POST'],
    url: '/segment',
    handler: async (request, reply) => {
      const { actor, workspace, role, showsAnother } = await contextOf(platform, request, reply)
      if (!actor) return sendProblem(reply, problems.signInFirst)
      if (!workspace || (role !== 'owner' && role !== 'marketer'))
        return sendProblem(reply, problems.noExport)
      if (showsAnother) return sendProblem(reply, switchedProblem(workspace.name))
      const question = Question.safeParse(request.method === 'POST' ? request.body : request.query)
      if (!question.success)
        return sendProblem(reply, {
          ...problems.segmentExportMalformed,
          values: { columns: segmentColumns.join(', ') },
        })
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const asked = { ...question.data, unmasked: role === 'owner', actor: auditName(actor) }
      const outcome = await exportSegment(platform, workspace, asked, gone.signal).catch((error: unknown) => {
        if (gone.signal.aborted) return null // nobody is there to be told
        throw error
      })
      if (!outcome) return reply.hijack()
      if (outcome.kind === 'refused')
        return sendProblem(reply, {
          id: 'export-segment',
          status: 400,
          code: 'malformed',
          values: { problems: problemsSaid(outcome.errors) },
        })
      const { asOf, members, content } = outcome
      const { format } = question.data
      return reply
        .type(mediaTypes[format])
        .header('content-disposition', `attachment; filename="segment-${asOf}.${format}"`)
        .header('cache-control', 'no-store')
        .header('x-reveille-members', String(members))
        .header('x-reveille-as-of', asOf)
        .send(content)
    },
  })
}
