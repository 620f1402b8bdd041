import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { problems, sendProblem, switchedProblem } from '../api/problem.ts'
import { contextOf } from '../context.ts'
import { importKinds } from '../import/import-kinds.ts'
import { templateEndings, templateOf, writtenAs } from '../import/columns/templates.ts'
import { type Language, languageNamed } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import type { Role } from '../trpc.ts'
import { exportFormats } from './export.ts'
import { exportsOf } from './exports.ts'

/** Whose words a template has: English unless asked for in Chinese. */
const templateLanguage = (query: unknown): Language =>
  languageNamed(String((query as { language?: unknown }).language ?? ''))

const Question = z.object({ format: z.enum(exportFormats).default('csv') })

/**
 * `GET /export/workspace.zip?format=csv|parquet`: everything of the workspace, for owners, streamed; each is
 * noted. Who closes the connection cancels it. `GET /export/<kind>-template.csv` or `.jsonl` of
 * each kind of file: one to fill in, for whoever imports.
 */
export async function workspaceExport(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  const desk = exportsOf(platform)
  app.addHook('onClose', () => desk.close())
  app.get('/workspace.zip', async (request, reply) => {
    const allowed = await allowedFor(platform, request, reply, ['owner'])
    if (!allowed) return reply
    const question = Question.safeParse(request.query)
    if (!question.success) return sendProblem(reply, problems.workspaceExportMalformed)
    const { workspace, actor } = allowed
    const at = platform.clock.now()
    const { format } = question.data
    const archive = desk.zip(workspace, format)
    if (!archive) return sendProblem(reply, problems.exportRunning)
    try {
      await recordAudit(platform.store, {
        workspaceId: workspace.id,
        actor: auditName(actor),
        action: 'workspace-exported',
        subject: format,
        at,
      })
    } catch (error) {
      archive.destroy() // nobody would read it to its end, and others would wait for that
      throw error
    }
    return reply
      .type('application/zip')
      .header('content-disposition', `attachment; filename="reveille-${workspace.today()}-${format}.zip"`)
      .header('cache-control', 'no-store')
      .send(archive)
  })
  for (const kind of importKinds)
    for (const ending of templateEndings)
      app.get(`/${kind}-template.${ending}`, async (request, reply) => {
        const allowed = await allowedFor(platform, request, reply, ['owner', 'marketer'])
        if (!allowed) return reply
        return reply
          .type(ending === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8')
          .header('content-disposition', `attachment; filename="${kind}-template.${ending}"`)
          .send(
            writtenAs[ending](templateOf(kind, allowed.workspace.currency, templateLanguage(request.query))),
          )
      })
}

async function allowedFor(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  roles: readonly Role[],
) {
  const { actor, workspace, role, showsAnother } = await contextOf(platform, request, reply)
  if (!actor) await sendProblem(reply, problems.signInFirst)
  else if (!workspace || !role || !roles.includes(role)) await sendProblem(reply, problems.noExport)
  else if (showsAnother) await sendProblem(reply, switchedProblem(workspace.name))
  else return { actor, workspace }
  return null
}
