import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { cancelRedemptions } from '../coupons/cancellations.ts'
import { takeOrders } from '../import/batch.ts'
import { sentence } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import { languageFor, malformed as malformedProblem, problems, sendProblem } from './problem.ts'
import { CancelledOrder, IdempotencyHeaders, OrdersBody, OrdersTaken } from './shapes.ts'

const mostBytes = 8 << 20

/** Taking orders in, and taking back what an order redeemed. */
export const orderRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const { store, clock } = platform

  app.post(
    '/orders',
    {
      ...noPage,
      bodyLimit: mostBytes,
      config: { scope: 'orders' },
      schema: {
        tags: ['Orders'],
        summary: 'Take orders in',
        description:
          'A batch is an import of its own: it stands in the history and can be undone. An order that is sent again as it was changes nothing; one that is sent with other lines is restated. Batches of a workspace are taken one after the other; send many orders at once rather than one by one.',
        headers: IdempotencyHeaders,
        body: OrdersBody,
        response: {
          200: OrdersTaken,
          422: problem(
            '`malformed`, `idempotency_key_missing`, or `idempotency_key_reused`: the key came with other orders before.',
          ),
          ...always,
          503: problem('`busy`: another import runs; ask again after Retry-After seconds.'),
        },
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      const workspace = (await platform.workspaces.byId(workspaceId))!
      const outcome = await takeOrders(platform, workspace, {
        key: request.headers['idempotency-key'],
        orders: request.body.orders,
        actor: `key:${keyId}`,
        name: `API ${clock.now().toISOString().slice(0, 19)}Z`,
      })
      switch (outcome.kind) {
        case 'taken':
          return reply.code(200).send(outcome.answer)
        case 'key-reused':
          return sendProblem(reply, problems.keyReused)
        case 'busy':
          return sendProblem(reply.header('retry-after', '10'), problems.busy)
        case 'refused': {
          const { id, values } = outcome.refusal
          return sendProblem(reply, malformedProblem(sentence(languageFor(request), id, values)))
        }
      }
    },
  )

  app.post(
    '/orders/:orderId/cancel',
    {
      ...noPage,
      config: { scope: 'orders' },
      schema: {
        tags: ['Orders'],
        summary: 'Take back every redemption of an order',
        description:
          'For an order that was cancelled or refunded in full. Gives uses back of coupons that are still valid. Asking again answers the same.',
        params: z.object({ orderId: z.string().max(200) }),
        response: {
          200: CancelledOrder,
          404: problem('`unknown`: no redemption of this order in this workspace.'),
          422: malformed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      const { orderId } = request.params
      const cancelled = await cancelRedemptions(store, clock, { workspaceId, orderId }, `key:${keyId}`)
      return cancelled
        ? reply.code(200).send({ orderId, cancelled })
        : sendProblem(reply, problems.unknownRedemption)
    },
  )
}
