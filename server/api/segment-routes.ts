import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Platform } from '../platform.ts'
import { problemsSaid } from '../segments/refusal.ts'
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
    items: z.array(z.object({ memberId: z.string() })),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null on the last.' }),
    expiresAt: z.iso.datetime().meta({ description: 'Use the cursor before then; each page renews it.' }),
  })
  .meta({ id: 'SegmentMembers' })

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
        summary: 'List the members of a saved segment',
        description:
          'Without `cursor`: the newest version of the rule as of the newest day of the data, from the first member. With it: the next page of the same moment, whatever has changed since. The segment’s id is in the address of its page.',
        params: z.object({ id: z.uuid() }),
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
          cursor: z.string().min(1).max(1_000).optional(),
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
      const { cursor, limit } = request.query
      const asked = { segmentId: request.params.id, cursor, limit, reader: keyId }
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
          const { memberIds, isNew, ...page } = outcome.page
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
            .send({ ...page, items: memberIds.map((memberId) => ({ memberId })) })
        }
      }
    },
  )
}
