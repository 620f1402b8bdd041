import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { cancelOrders, cancelRedemptions } from '../coupons/cancellations.ts'
import { isTakenBack, orderRows } from '../import/orders/order-batch.ts'
import { worded } from '../messages/messages.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import { batchAnswers, framedBy, mostBytes, takeSent } from './batches.ts'
import { problems, sendProblem } from './problem.ts'
import { CancelledOrder, IdempotencyHeaders, OrdersBody, OrdersFrame, SentOrder } from './shapes.ts'

/** The rows that an order is counted as: its lines, or one. */
const linesOf = (sent: unknown): number => {
  const { lines } = (sent ?? {}) as { lines?: unknown }
  return Array.isArray(lines) && lines.length > 0 ? lines.length : 1
}

/** Taking orders in, and taking back what an order redeemed. */
export const orderRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const { store, clock } = platform

  app.post(
    '/orders',
    {
      ...noPage,
      bodyLimit: mostBytes,
      config: { scope: 'orders' },
      validatorCompiler: framedBy(OrdersFrame),
      schema: {
        tags: ['Orders'],
        operationId: 'takeOrders',
        summary: 'Take orders in',
        description:
          'A batch is an import of its own: it stands in the history and can be undone. An order that is sent again as it was changes nothing; one that is sent with other lines is restated. The coupons of one that is `closed`, or of which everything is given back, are taken back as by cancelling it. Batches of a workspace are taken one after the other; send many orders at once rather than one by one.',
        headers: IdempotencyHeaders,
        body: OrdersBody,
        response: batchAnswers,
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      return takeSent(platform, request, reply, {
        sent: request.body.orders,
        shape: SentOrder,
        rowsOf: linesOf,
        // its lines would count twice, as those of one order
        onceBy: { field: 'orderId', error: worded('order-twice') },
        bodyOf: (orders) => orders,
        rows: (orders, { currency }) => orderRows(orders, decimalsOf(currency)),
        onTaken: (tx, orders) =>
          cancelOrders(
            tx,
            { workspaceId, orderIds: orders.filter(isTakenBack).map(({ orderId }) => orderId) },
            { actor: `key:${keyId}`, at: clock.now().toISOString() },
          ),
      })
    },
  )

  app.post(
    '/orders/:orderId/cancel',
    {
      ...noPage,
      config: { scope: 'orders' },
      schema: {
        tags: ['Orders'],
        operationId: 'cancelOrder',
        summary: 'Take back every redemption of an order',
        description:
          'For an order that was cancelled or refunded in full. Gives uses back of coupons that are still valid, and lets go what is set aside for it. Asking again answers the same.',
        params: z.object({ orderId: z.string().max(200) }),
        response: {
          200: CancelledOrder,
          404: problem('`unknown`: no redemption or reservation of this order in this workspace.'),
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
