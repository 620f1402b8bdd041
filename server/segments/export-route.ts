import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { limits } from '../../analytics/segments/ast.ts'
import { problems, sendProblem, switchedProblem } from '../api/problem.ts'
import { contextOf } from '../context.ts'
import { csvRow } from '../csv/csv.ts'
import type { Platform } from '../platform.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import { exportSegment } from './export.ts'
import { segmentColumns, segmentExportFormats, usualColumns } from './export-columns.ts'
import { takeFile } from './files/prepared.ts'
import { causes, everyMoved, movedMembers } from './movement.ts'
import { problemsSaid } from './refusal.ts'

const Question = z.object({
  expression: z.string().max(limits.characters),
  asOf: AskedDay.optional(),
  format: z.enum(segmentExportFormats).default('csv'),
  /** By commas; default the usual ones. */
  columns: z
    .string()
    .transform((names) => names.split(',').map((column) => column.trim()))
    .pipe(z.array(z.enum(segmentColumns)).min(1))
    .refine((columns) => new Set(columns).size === columns.length)
    .default([...usualColumns]),
})

const MovedQuestion = z.object({
  segment: z.uuid(),
  entered: z.stringbool(),
  cause: z.enum(causes).optional(),
})

const mediaTypes = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  zip: 'application/zip',
}

/**
 * `POST /export/segment`: the members of a rule as CSV, JSON Lines or Parquet, streamed to an owner or marketer. Phones
 * are whole for the owner. Every export is noted: who and when. `GET /export/moved.csv`: who
 * entered or left a saved segment in the last week. `GET /export/prepared/TICKET`: a file that who asks had prepared, once.
 */
export async function segmentExport(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  // A rule may name a member, so that it comes as a body and not in the address.
  app.post('/segment', async (request, reply) => {
    const allowed = await exporter(platform, request, reply)
    if (!allowed) return reply
    const { actor, workspace, role } = allowed
    const question = Question.safeParse(request.body)
    if (!question.success)
      return sendProblem(reply, {
        ...problems.segmentExportMalformed,
        values: { columns: { listed: segmentColumns } },
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
  })
  app.get('/moved.csv', async (request, reply) => {
    const allowed = await exporter(platform, request, reply)
    if (!allowed) return reply
    const { actor, workspace } = allowed
    const { store, clock } = platform
    const question = MovedQuestion.safeParse(request.query)
    if (!question.success) return sendProblem(reply, problems.unknownSegment)
    const { segment, entered, cause } = question.data
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    // what is refused is refused before the file begins
    const first = await movedMembers(
      store,
      workspace,
      segment,
      { entered, cause, after: 0, limit: 1 },
      gone.signal,
    )
    if (first.kind === 'no-such-segment') return sendProblem(reply, problems.unknownSegment)
    if (first.kind === 'refused')
      return sendProblem(reply, {
        id: 'export-segment',
        status: 400,
        code: 'malformed',
        values: { problems: problemsSaid(first.errors) },
      })
    const { asOf } = first.page
    const audited = { workspaceId: workspace.id, actor: auditName(actor), at: clock.now() }
    await recordAudit(store, { ...audited, action: 'members-exported', subject: asOf })
    const chunks = everyMoved(store, workspace, segment, { entered, cause }, gone.signal)
    const csv = async function* () {
      yield `\uFEFF${csvRow(['member_id', 'name', 'moved', 'cause'])}`
      for await (const chunk of chunks)
        yield chunk
          .map((one) => csvRow([one.memberId, one.name, entered ? 'entered' : 'left', one.cause]))
          .join('')
    }
    return reply
      .type(mediaTypes.csv)
      .header('content-disposition', `attachment; filename="${entered ? 'entered' : 'left'}-${asOf}.csv"`)
      .header('cache-control', 'no-store')
      .send(Readable.from(csv()))
  })
  app.get<{ Params: { ticket: string } }>('/prepared/:ticket', async (request, reply) => {
    const allowed = await exporter(platform, request, reply)
    if (!allowed) return reply
    const theirs = { workspaceId: allowed.workspace.id, actor: auditName(allowed.actor) }
    const file = takeFile(platform, request.params.ticket, theirs)
    if (!file) return sendProblem(reply, problems.noPreparedFile)
    return reply
      .type(mediaTypes[file.ending as keyof typeof mediaTypes])
      .header('content-disposition', `attachment; filename="${file.fileName}"`)
      .header('content-length', file.bytes)
      .header('cache-control', 'no-store')
      .send(file.content)
  })
}

/** Who may export, and from which workspace; null: they were told why not. */
async function exporter(platform: Platform, request: FastifyRequest, reply: FastifyReply) {
  const { actor, workspace, role, showsAnother } = await contextOf(platform, request, reply)
  if (!actor) await sendProblem(reply, problems.signInFirst)
  else if (!workspace || (role !== 'owner' && role !== 'marketer'))
    await sendProblem(reply, problems.noExport)
  else if (showsAnother) await sendProblem(reply, switchedProblem(workspace.name))
  else return { actor, workspace, role }
  return null
}
