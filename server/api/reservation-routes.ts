import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Presented } from '../coupons/decision.ts'
import { quoteOf } from '../coupons/quote.ts'
import type { EndOutcome } from '../coupons/redemptions.ts'
import { walletOf } from '../coupons/wallet.ts'
import type { Platform } from '../platform.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import {
  languageFor,
  malformed as malformedProblem,
  problems,
  refusalProblem,
  sendProblem,
} from './problem.ts'
import { basketLines } from './redemption-routes.ts'
import {
  Confirmed,
  Quote,
  QuoteBody,
  Released,
  ReservationBody,
  Reserved,
  Wallet,
} from './reservation-shapes.ts'
import { IdempotencyHeaders } from './shapes.ts'

const refusals = problem(
  'Refused, with the code of the coupon as `couponCode`: `used`, `expired`, `not_yet_valid`, `revoked`, `held`, `min_spend`, `out_of_scope`, `stacking`, `budget`, `blocked` or `wrong_member`.',
)
const keyed = problem(
  '`malformed`, `idempotency_key_missing`, or `idempotency_key_reused`: the key came with another body before.',
)

/** Quoting a basket, and setting its coupons aside until it is paid. */
export const reservationRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const { store, clock, redemptions, workspaces } = platform

  app.post(
    '/quotes',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        operationId: 'quote',
        summary: 'Quote a basket',
        description:
          'Which coupons of the member, and of `codes`, apply to the basket, why the others do not, and the combination with which the customer pays least, line by line. Uses nothing and sets nothing aside.',
        body: QuoteBody,
        response: { 200: Quote, 422: malformed, ...always },
      },
    },
    async (request, reply) => {
      const { body } = request
      const amountMinor = amountOf(body)
      if (amountMinor === null) return sendProblem(reply, malformedProblem(amountSaid[languageFor(request)]))
      const workspace = (await workspaces.byId(request.keyHolder!.workspaceId))!
      const quote = await quoteOf(platform, workspace, {
        memberId: body.memberId ?? null,
        codes: body.codes ?? [],
        orderId: body.orderId ?? null,
        purchase: {
          amountMinor,
          lines: body.lines === undefined || body.lines.length === 0 ? null : basketLines(body.lines),
          scopeSeen: false,
          storeId: body.storeId ?? null,
          shippingMinor: body.shippingMinor ?? null,
          atMemberPrice: body.atMemberPrice ?? false,
        },
        memberPricePercent: body.memberPricePercent ?? null,
        points: body.points
          ? { worthMinor: body.points.worthMinor, stackGroup: body.points.stackGroup ?? null }
          : null,
        language: languageFor(request),
      })
      return reply.code(200).send(structuredClone(quote) as z.infer<typeof Quote>)
    },
  )

  app.post(
    '/reservations',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        operationId: 'reserve',
        summary: 'Set coupons aside for a basket',
        description:
          'All of `codes` or none, until `expiresAt`. What is set aside is redeemed by confirming it, for certain while its time lasts.',
        headers: IdempotencyHeaders,
        body: ReservationBody,
        response: {
          201: Reserved,
          404: problem('`unknown`: no such code in this workspace.'),
          409: refusals,
          422: keyed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      const { body } = request
      const amountMinor = amountOf(body)
      if (amountMinor === null) return sendProblem(reply, malformedProblem(amountSaid[languageFor(request)]))
      const outcome = await redemptions.reserve({
        workspaceId,
        idempotencyKey: request.headers['idempotency-key'],
        codes: body.codes,
        orderId: body.orderId,
        storeId: body.storeId ?? null,
        presented: presentedBy(body.memberId),
        amountMinor,
        lines: body.lines === undefined ? null : basketLines(body.lines),
        shippingMinor: body.shippingMinor ?? null,
        atMemberPrice: body.atMemberPrice ?? false,
        seconds: body.seconds ?? 900,
        body,
        actor: `key:${keyId}`,
      })
      switch (outcome.kind) {
        case 'reserved': {
          const { reservationId, expiresAt, uses } = outcome
          return reply
            .code(201)
            .send({ reservationId, expiresAt, ...sums(uses, amountMinor), uses: [...uses] })
        }
        case 'refused':
          return sendProblem(reply, { ...refusalProblem(outcome), couponCode: outcome.refusedCode })
        case 'key-reused':
          return sendProblem(reply, problems.keyReused)
      }
    },
  )

  const answered = (outcome: EndOutcome) => {
    switch (outcome.kind) {
      case 'no-reservation':
        return problems.unknownReservation
      case 'ended':
        return outcome.as === 'confirmed' ? problems.reservationConfirmed : problems.reservationReleased
      case 'refused':
        return { ...refusalProblem(outcome), couponCode: outcome.refusedCode }
      case 'key-reused':
        return problems.keyReused
      default:
        throw new Error(`${outcome.kind} is no refusal`)
    }
  }
  const noReservation = problem('`unknown`: no such reservation in this workspace.')
  const ById = z.object({ reservationId: z.string().max(100) })

  app.post(
    '/reservations/:reservationId/confirm',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        operationId: 'confirmReservation',
        summary: 'Redeem what was set aside',
        description:
          'Confirming again answers the same. After its time a reservation is still redeemed if every use is still there; otherwise it is refused as a redemption is.',
        params: ById,
        headers: IdempotencyHeaders,
        response: {
          200: Confirmed,
          404: noReservation,
          409: problem(
            '`released`: it was let go. Or, after its time, why a coupon is refused, as for a redemption.',
          ),
          422: keyed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      const { reservationId } = request.params
      const outcome = await redemptions.confirm({
        workspaceId,
        reservationId,
        idempotencyKey: request.headers['idempotency-key'],
        body: { reservationId },
        actor: `key:${keyId}`,
      })
      return outcome.kind === 'confirmed'
        ? reply.code(200).send({ reservationId, redemptions: [...outcome.uses] })
        : sendProblem(reply, answered(outcome))
    },
  )

  app.post(
    '/reservations/:reservationId/release',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        operationId: 'releaseReservation',
        summary: 'Let go what was set aside',
        description: 'Releasing again answers the same.',
        params: ById,
        headers: IdempotencyHeaders,
        response: {
          200: Released,
          404: noReservation,
          409: problem('`confirmed`: it was redeemed; cancel the redemptions instead.'),
          422: keyed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const { workspaceId, keyId } = request.keyHolder!
      const { reservationId } = request.params
      const outcome = await redemptions.release({
        workspaceId,
        reservationId,
        idempotencyKey: request.headers['idempotency-key'],
        body: { reservationId },
        actor: `key:${keyId}`,
      })
      return outcome.kind === 'released'
        ? reply.code(200).send({ reservationId, released: true as const })
        : sendProblem(reply, answered(outcome))
    },
  )

  app.get(
    '/members/:memberId/wallet',
    {
      ...noPage,
      config: { scope: 'redemptions' },
      schema: {
        tags: ['Redemptions'],
        operationId: 'walletOf',
        summary: 'The coupons of a member',
        description: 'Those that can be used now or later, soonest to end first, under any id of the member.',
        params: z.object({ memberId: z.string().min(1).max(200) }),
        response: { 200: Wallet, 422: malformed, ...always },
      },
    },
    async (request, reply) => {
      const workspace = (await workspaces.byId(request.keyHolder!.workspaceId))!
      const { memberId } = request.params
      const coupons = await walletOf(store, workspace, memberId, clock.now(), languageFor(request))
      return reply.code(200).send({ memberId, coupons })
    },
  )
}

const presentedBy = (memberId: string | undefined): Presented =>
  memberId === undefined ? { kind: 'nobody' } : { kind: 'member', memberId }

/** What a basket comes to: told, or the sum of its lines; null where the two differ, or neither is there. */
function amountOf({
  amountMinor,
  lines,
}: {
  amountMinor?: number | undefined
  lines?: readonly { amountMinor: number }[] | undefined
}): number | null {
  const sum = lines?.length ? lines.reduce((total, line) => total + line.amountMinor, 0) : null
  const amount = amountMinor ?? sum
  return amount === null || amount <= 0 || (sum !== null && sum !== amount) ? null : amount
}

const amountSaid = {
  en: 'amountMinor: give it, or lines that come to it; where both are given they have to agree',
  'zh-CN': 'amountMinor：请填写金额，或填写合计为该金额的 lines；两者都填时须一致',
}

const sums = (uses: readonly { discountMinor: number }[], amountMinor: number) => {
  const discountMinor = uses.reduce((sum, use) => sum + use.discountMinor, 0)
  return { discountMinor, payableMinor: amountMinor - discountMinor }
}
