import { mostAttempts } from '../delivery/lease.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Platform } from '../platform.ts'
import { segmentColumns } from '../segments/export-columns.ts'
import { problemsSaid } from '../segments/refusal.ts'
import { mostInMessage, SegmentMessage } from '../segments/webhooks/message.ts'
import { snapshotPage } from '../segments/snapshots.ts'
import { recordAudit } from '../settings/audit.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import { problems, sendProblem } from './problem.ts'

const SegmentMembers = z
  .object({
    segmentId: z.uuid(),
    version: z.int().meta({ description: 'Of the saved rule.' }),
    expression: z.string(),
    asOf: z.iso.date().meta({ description: 'The day that the rule was asked of, inclusive.' }),
    dataVersion: z.int(),
    members: z.int().meta({ description: 'How many members all pages hold together.' }),
    items: z
      .array(
        z.object({
          memberId: z.string(),
          ...Object.fromEntries(
            segmentColumns.map((column) => [column, z.union([z.string(), z.number(), z.null()]).optional()]),
          ),
        }),
      )
      .meta({ description: 'By id; with `columns` what was asked for beside it, unknown values null.' }),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null on the last.' }),
    expiresAt: z.iso.datetime().meta({ description: 'Use the cursor before then; each page renews it.' }),
  })
  .meta({ id: 'SegmentMembers' })

/** What an address that was added to a saved segment is sent, for the document. */
export const segmentWebhook = {
  post: {
    summary: 'Members entered or left a saved segment',
    description: [
      'Sent to the addresses of a saved segment (its page, “Goes out by itself”, or `reveille segment webhook add`) after data, the rule or the day have changed. Who is in when an address is added is told to nobody: read them with `GET /api/v1/segments/{id}/members`.',
      `Signed as Standard Webhooks has it (\`webhook-id\`, \`webhook-timestamp\`, \`webhook-signature\`). One message holds at most ${mostInMessage} members, by id only. Each entry and exit is in one message; a message is sent again under its own \`webhook-id\`, with the same body, until it is answered with 2xx, so that the id tells repetitions. The next one waits until then, or until it is given up after ${mostAttempts} attempts, in about a day.`,
    ].join('\n\n'),
    security: [],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: z.toJSONSchema(SegmentMessage, { io: 'input' }) as object },
      },
    },
    responses: { '2XX': { description: 'Taken.' } },
  },
}

/** Reading who is in a saved segment. */
export const segmentRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const { store, clock } = platform

  app.get(
    '/segments/:id/members',
    {
      ...noPage,
      config: { scope: 'segments' },
      schema: {
        tags: ['Segments'],
        operationId: 'listMembers',
        summary: 'List the members of a saved segment',
        description:
          'Without `cursor`: the newest version of the rule as of the newest day of the data, from the first member. With it: the next page of the same moment, whatever has changed since. The segment’s id is in the address of its page.',
        params: z.object({ id: z.uuid() }),
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
          cursor: z.string().min(1).max(1_000).optional(),
          columns: z
            .string()
            .transform((names) => names.split(',').map((column) => column.trim()))
            .pipe(z.array(z.enum(segmentColumns)).min(1))
            .refine((columns) => new Set(columns).size === columns.length)
            .optional()
            .meta({
              description: `What each item says beside the id, by commas, each once, of: ${segmentColumns.join(', ')}. Amounts are in minor units; phones, e-mails and openids are masked. Further pages have the columns of the first.`,
            }),
        }),
        response: {
          200: SegmentMembers,
          404: problem('`unknown`: no such segment in this workspace.'),
          409: problem('`segment_refused`: the saved rule no longer makes sense; `detail` says why.'),
          410: problem('`cursor_expired`: begin again without a cursor.'),
          422: malformed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      const workspace = (await platform.workspaces.byId(workspaceId))!
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const { cursor, limit, columns = [] } = request.query
      const asked = { segmentId: request.params.id, cursor, columns, limit, reader: keyId }
      const outcome = await snapshotPage(store, clock, workspace, asked, gone.signal)
      switch (outcome.kind) {
        case 'no-such-segment':
          return sendProblem(reply, problems.unknownSegment)
        case 'refused':
          return sendProblem(reply, {
            id: 'export-segment',
            status: 409,
            code: 'segment_refused',
            values: { problems: problemsSaid(outcome.errors) },
          })
        case 'no-cursor':
          return sendProblem(reply, problems.noCursor)
        case 'expired':
          return sendProblem(reply, problems.cursorExpired)
        case 'page': {
          const { isNew, ...page } = outcome.page
          if (isNew)
            await recordAudit(store, {
              workspaceId,
              actor: `key:${keyId}`,
              action: 'members-exported',
              subject: page.segmentId,
              at: clock.now(),
            })
          return reply
            .code(200)
            .header('cache-control', 'no-store')
            .send({ ...page, items: [...page.items] })
        }
      }
    },
  )
}
