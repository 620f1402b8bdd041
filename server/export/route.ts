import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { problems, sendProblem, switchedProblem } from '../api/problem.ts'
import { contextOf } from '../context.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { kindJsonLines, kindTemplate } from '../import/kinds/template.ts'
import { membersTemplate } from '../import/members/template.ts'
import { refundsTemplate } from '../import/refunds/template.ts'
import { ordersTemplate } from '../import/template.ts'
import type { Platform } from '../platform.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import type { Role } from '../trpc.ts'
import { exportFormats } from './export.ts'
import { exportsOf } from './exports.ts'

const Question = z.object({ format: z.enum(exportFormats).default('csv') })

/**
 * `GET /export/workspace.zip?format=csv|parquet`: everything of the workspace, for owners, streamed; each is
 * noted. Who closes the connection cancels it. `GET /export/orders-template.csv`, `/export/members-template.csv` and
 * `/export/<kind>-template.csv` or `.jsonl` of the further kinds: a file to fill in, for whoever imports.
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
    await recordAudit(platform.store, {
      workspaceId: workspace.id,
      actor: auditName(actor),
      action: 'workspace-exported',
      subject: format,
      at,
    })
    return reply
      .type('application/zip')
      .header('content-disposition', `attachment; filename="reveille-${workspace.today()}-${format}.zip"`)
      .header('cache-control', 'no-store')
      .send(archive)
  })
  app.get('/orders-template.csv', async (request, reply) => {
    const allowed = await allowedFor(platform, request, reply, ['owner', 'marketer'])
    if (!allowed) return reply
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="orders-template.csv"')
      .send(ordersTemplate(allowed.workspace.currency))
  })
  app.get('/refunds-template.csv', async (request, reply) => {
    const allowed = await allowedFor(platform, request, reply, ['owner', 'marketer'])
    if (!allowed) return reply
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="refunds-template.csv"')
      .send(refundsTemplate(allowed.workspace.currency))
  })
  for (const kind of allKinds)
    for (const [ending, type, template] of [
      ['csv', 'text/csv; charset=utf-8', kindTemplate],
      ['jsonl', 'application/jsonl; charset=utf-8', kindJsonLines],
    ] as const)
      app.get(`/${kind.name}-template.${ending}`, async (request, reply) => {
        const allowed = await allowedFor(platform, request, reply, ['owner', 'marketer'])
        if (!allowed) return reply
        return reply
          .type(type)
          .header('content-disposition', `attachment; filename="${kind.name}-template.${ending}"`)
          .send(template(kind, allowed.workspace.currency))
      })
  app.get('/members-template.csv', async (request, reply) => {
    const allowed = await allowedFor(platform, request, reply, ['owner', 'marketer'])
    if (!allowed) return reply
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="members-template.csv"')
      .send(membersTemplate())
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
