import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { eventRows } from '../import/kinds/batch.ts'
import { kindNamed } from '../import/kinds/catalogue.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import { noPage } from './answers.ts'
import { batchAnswers, framedBy, mostBytes, takeSent } from './batches.ts'
import { EventsBody, EventsFrame, eventShape } from './event-shapes.ts'
import { IdempotencyHeaders } from './shapes.ts'

/** Taking in what files of the further kinds hold. */
export const eventRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  app.post(
    '/events',
    {
      ...noPage,
      bodyLimit: mostBytes,
      config: { scope: 'events' },
      validatorCompiler: framedBy(EventsFrame),
      schema: {
        tags: ['Events'],
        operationId: 'takeRows',
        summary: 'Take in rows of one kind',
        description:
          'What files of the same kind hold, by the same field names; money in minor units by names that end in Minor. A batch is an import of its own: it stands in the history and can be undone. Rows that are there already change nothing. Batches of a workspace are taken one after the other; send many rows at once rather than one by one.',
        headers: IdempotencyHeaders,
        body: EventsBody,
        response: batchAnswers,
      },
    },
    async (request, reply) => {
      const { kind, events } = request.body
      return takeSent(platform, request, reply, {
        sent: events,
        shape: eventShape(kind),
        bodyOf: (read) => ({ kind, events: read }),
        rows: (fitting, { currency, calendar }) =>
          eventRows(kindNamed(kind)!, fitting, {
            decimals: decimalsOf(currency),
            timeZone: calendar.timeZone,
          }),
      })
    },
  )
}
