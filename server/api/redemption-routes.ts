import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { cancelRedemptions } from '../coupons/cancellations.ts'
import { codeImage } from '../coupons/code-image.ts'
import { couponTyped } from '../coupons/coupons.ts'
import type { BasketLine as Line } from '../coupons/combination.ts'
import { hindrance } from '../coupons/decision.ts'
import { offerSentence } from '../coupons/offer-sentence.ts'
import { saidRule } from '../coupons/said-rule.ts'
import type { Platform } from '../platform.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import { languageFor, problems, refusalProblem, sendProblem } from './problem.ts'
import {
  BasketLine,
  Cancelled,
  Code,
  CouponState,
  IdempotencyHeaders,
  Redeemed,
  RedemptionBody,
} from './shapes.ts'

/** Looking up, redeeming and cancelling. */
export const redemptionRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const { store, clock, redemptions, workspaces } = platform

  app.post(
    '/redemptions',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        operationId: 'redeem',
        summary: 'Redeem one use of a coupon',
        description:
          'Answers once the redemption is on disk. The same Idempotency-Key and body get the first answer again, a refusal too.',
        headers: IdempotencyHeaders,
        body: RedemptionBody,
        response: {
          201: Redeemed,
          404: problem('`unknown`: no such code in this workspace.'),
          409: problem(
            'Refused: `used`, `expired`, `not_yet_valid`, `revoked`, `held`, `min_spend`, `out_of_scope`, `stacking`, `budget`, `blocked` or `wrong_member` (also a member’s coupon without memberId).',
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
      const { code, orderId, memberId, storeId, amountMinor, lines, shippingMinor, atMemberPrice } =
        request.body
      const outcome = await redemptions.redeem({
        workspaceId,
        idempotencyKey: request.headers['idempotency-key'],
        code,
        orderId,
        storeId: storeId ?? null,
        presented: memberId === undefined ? { kind: 'nobody' } : { kind: 'member', memberId },
        amountMinor,
        lines: lines === undefined ? null : basketLines(lines),
        shippingMinor: shippingMinor ?? null,
        atMemberPrice: atMemberPrice ?? false,
        body: request.body,
        actor: `key:${keyId}`,
      })
      switch (outcome.kind) {
        case 'redeemed': {
          const { kind: _, ...redeemed } = outcome
          return reply.code(201).send(redeemed)
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
        operationId: 'lookUpCoupon',
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
      const { workspaceId } = request.keyHolder!
      const coupon = await couponTyped(store, workspaceId, request.params.code, clock.now())
      if (!coupon) return sendProblem(reply, refusalProblem({ kind: 'refused', code: 'unknown' }))
      const hindered = hindrance(coupon, clock.now())
      const workspace = await workspaces.byId(coupon.workspaceId)
      return reply.code(200).send({
        code: coupon.code,
        state: hindered?.code ?? 'open',
        sentence: offerSentence(languageFor(request), await saidRule(workspace!, store, coupon)),
        offer: coupon.offer,
        minSpendMinor: coupon.minSpendMinor,
        terms: coupon.terms,
        validFrom: coupon.validFrom,
        validTo: coupon.validTo,
        usesAllowed: coupon.usesAllowed,
        usesLeft: coupon.revoked ? 0 : coupon.usesAllowed - coupon.used,
        needsMember: coupon.memberId !== null,
      })
    },
  )

  app.get(
    '/coupons/:code/image',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        operationId: 'pictureOfCode',
        summary: 'A picture of a coupon’s code, to print or to send',
        params: z.object({ code: Code }),
        querystring: z.object({
          symbol: z.enum(['qr', 'code128']).default('qr').meta({ description: 'A QR code, or bars.' }),
          type: z.enum(['svg', 'png']).default('svg'),
        }),
        response: {
          200: {
            description: 'Black on white, with the margin that scanners need.',
            content: {
              'image/svg+xml': { schema: z.instanceof(Buffer) },
              'image/png': { schema: z.instanceof(Buffer) },
            },
          },
          404: problem('`unknown`: no such code in this workspace.'),
          422: malformed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const { workspaceId } = request.keyHolder!
      const coupon = await couponTyped(store, workspaceId, request.params.code, clock.now())
      if (!coupon) return sendProblem(reply, refusalProblem({ kind: 'refused', code: 'unknown' }))
      const { symbol, type } = request.query
      const image = await codeImage(coupon.code, symbol)
      return type === 'svg'
        ? reply.type('image/svg+xml').send(Buffer.from(image.svg))
        : reply.type('image/png').send(Buffer.from(image.png))
    },
  )

  app.post(
    '/redemptions/:redemptionId/cancel',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        operationId: 'cancelRedemption',
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

/** Lines of a basket as offers see them. */
export const basketLines = (lines: readonly z.infer<typeof BasketLine>[]): Line[] =>
  lines.map(({ sku, product, category, amountMinor }) => ({
    sku,
    product: product ?? null,
    category,
    amountMinor,
  }))
