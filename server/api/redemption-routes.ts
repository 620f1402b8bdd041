import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { cancelRedemptions } from '../coupons/cancellations.ts'
import { readCode } from '../coupons/code.ts'
import { couponsByCode } from '../coupons/coupons.ts'
import { hindrance } from '../coupons/decision.ts'
import type { Platform } from '../platform.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import { problems, refusalProblem, sendProblem } from './problem.ts'
import { Cancelled, Code, CouponState, IdempotencyHeaders, Redeemed, RedemptionBody } from './shapes.ts'

/** Looking up, redeeming and cancelling. */
export const redemptionRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const { store, clock, redemptions } = platform

  app.post(
    '/redemptions',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        summary: 'Redeem one use of a coupon',
        description:
          'Answers once the redemption is on disk. The same Idempotency-Key and body get the first answer again, a refusal too.',
        headers: IdempotencyHeaders,
        body: RedemptionBody,
        response: {
          201: Redeemed,
          404: problem('`unknown`: no such code in this workspace.'),
          409: problem(
            'Refused: `used`, `expired`, `not_yet_valid`, `revoked`, `min_spend` or `wrong_member` (also a member’s coupon without memberId).',
          ),
          422: problem(
            '`malformed`, `idempotency_key_missing`, or `idempotency_key_reused`: the key came with another body before.',
          ),
          ...always,
        },
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      const { code, orderId, memberId, storeId, amountMinor } = request.body
      const outcome = await redemptions.redeem({
        workspaceId,
        idempotencyKey: request.headers['idempotency-key'],
        code,
        orderId,
        storeId: storeId ?? null,
        presented: memberId === undefined ? { kind: 'nobody' } : { kind: 'member', memberId },
        amountMinor,
        body: request.body,
        actor: `key:${keyId}`,
      })
      switch (outcome.kind) {
        case 'redeemed': {
          const { redemptionId, code, discountMinor } = outcome
          return reply.code(201).send({ redemptionId, code, discountMinor })
        }
        case 'refused':
          return sendProblem(reply, refusalProblem(outcome))
        case 'key-reused':
          return sendProblem(reply, problems.keyReused)
      }
    },
  )

  app.get(
    '/coupons/:code',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        summary: 'See what a coupon is worth, without using it',
        params: z.object({ code: Code }),
        response: {
          200: CouponState,
          404: problem('`unknown`: no such code in this workspace.'),
          422: malformed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const code = readCode(request.params.code)
      const coupon = code === null ? undefined : (await couponsByCode(store, [code])).get(code)
      if (coupon?.workspaceId !== request.keyHolder!.workspaceId)
        return sendProblem(reply, refusalProblem({ kind: 'refused', code: 'unknown' }))
      const hindered = hindrance(coupon, clock.now())
      return reply.code(200).send({
        code: coupon.code,
        state: hindered?.code ?? 'open',
        offer: coupon.offer,
        minSpendMinor: coupon.minSpendMinor,
        validFrom: coupon.validFrom,
        validTo: coupon.validTo,
        usesAllowed: coupon.usesAllowed,
        usesLeft: coupon.revoked ? 0 : coupon.usesAllowed - coupon.used,
        needsMember: coupon.memberId !== null,
      })
    },
  )

  app.post(
    '/redemptions/:redemptionId/cancel',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        summary: 'Take a redemption back',
        description: 'Gives the use back if the coupon is still valid. Asking again answers the same.',
        params: z.object({ redemptionId: z.string().max(100) }),
        response: {
          200: Cancelled,
          404: problem('`unknown`: no such redemption in this workspace.'),
          422: malformed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      const which = { workspaceId, redemptionId: request.params.redemptionId }
      const cancelled = await cancelRedemptions(store, clock, which, `key:${keyId}`)
      return cancelled ? reply.code(200).send(cancelled[0]!) : sendProblem(reply, problems.unknownRedemption)
    },
  )
}
