import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { memberBatchRows } from '../import/members/batch.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import { noPage } from './answers.ts'
import { batchAnswers, framedBy, mostBytes, takeSent } from './batches.ts'
import { IdempotencyHeaders, MembersBody, MembersFrame, SentMember } from './shapes.ts'

/** Taking members in. */
export const memberRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  app.post(
    '/members',
    {
      ...noPage,
      bodyLimit: mostBytes,
      config: { scope: 'members' },
      validatorCompiler: framedBy(MembersFrame),
      schema: {
        tags: ['Members'],
        operationId: 'takeMembers',
        summary: 'Take members in',
        description:
          'A batch is an import of its own, as a file of members is: it stands in the history and can be undone. Of each attribute the newest import that says anything holds; consent that people set in Reveille goes before it. Batches of a workspace are taken one after the other; send many members at once rather than one by one.',
        headers: IdempotencyHeaders,
        body: MembersBody,
        response: batchAnswers,
      },
    },
    async (request, reply) => {
      return takeSent(platform, request, reply, {
        sent: request.body.members,
        shape: SentMember,
        bodyOf: (members) => ({ members }),
        rows: (members, { currency, calendar }) =>
          memberBatchRows(members, { decimals: decimalsOf(currency), timeZone: calendar.timeZone }),
      })
    },
  )
}
