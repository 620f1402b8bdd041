import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Refusal } from '../coupons/decision.ts'

/** An error as RFC 9457 has it. Programs decide by `code`; `detail` says what happened and what to do. */
export const Problem = z
  .object({
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'For programs: stays the same from version to version.' }),
    detail: z.string().meta({ description: 'For people: what happened and what to do.' }),
    minSpendMinor: z.int().optional().meta({ description: 'With `min_spend`.' }),
    validFrom: z.iso.datetime().optional().meta({ description: 'With `not_yet_valid`.' }),
    validTo: z.iso
      .datetime()
      .optional()
      .meta({ description: 'With `expired`: the first instant at which it was over.' }),
    usedAt: z.iso.datetime().optional().meta({ description: 'With `used`: the last redemption.' }),
  })
  .meta({
    id: 'Problem',
    examples: [
      {
        title: 'Below the minimum spend',
        status: 409,
        code: 'min_spend',
        detail: 'amountMinor must be at least minSpendMinor.',
        minSpendMinor: 10_000,
      },
    ],
  })
export type Problem = z.infer<typeof Problem>

export const problems = {
  unauthorized: {
    title: 'No valid key',
    status: 401,
    code: 'unauthorized',
    detail:
      'Send an API key as "Authorization: Bearer KEY". An owner makes one with: npx reveille key create',
  },
  wrongScope: {
    title: 'Key without the scope',
    status: 403,
    code: 'wrong_scope',
    detail: 'This key may not do that. An owner makes a key with the right scope.',
  },
  keyMissing: {
    title: 'No Idempotency-Key',
    status: 422,
    code: 'idempotency_key_missing',
    detail:
      'Send an Idempotency-Key header of 1 to 200 characters, new for every redemption and the same when you ask again.',
  },
  keyReused: {
    title: 'Idempotency-Key used before',
    status: 422,
    code: 'idempotency_key_reused',
    detail: 'This Idempotency-Key came with another body before. Use a new key for a new redemption.',
  },
  unknownRedemption: {
    title: 'Unknown redemption',
    status: 404,
    code: 'unknown',
    detail: 'This workspace has no such redemption.',
  },
  tooMany: {
    title: 'Too many requests',
    status: 429,
    code: 'rate_limited',
    detail: 'Wait as many seconds as Retry-After says, then ask again with the same Idempotency-Key.',
  },
  notFound: {
    title: 'No such address',
    status: 404,
    code: 'not_found',
    detail: 'The interface has no such address. See /api/v1/openapi.json.',
  },
  internal: {
    title: 'Unexpected error',
    status: 500,
    code: 'internal',
    detail:
      'Something unexpected went wrong; the server has logged it. Ask again with the same Idempotency-Key.',
  },
} as const satisfies Record<string, Problem>

export const malformed = (detail: string): Problem => ({
  title: 'Malformed request',
  status: 422,
  code: 'malformed',
  detail,
})

/** How a refusal of a coupon reads to a till. */
export function refusalProblem(refusal: Refusal): Problem {
  const { code } = refusal
  switch (code) {
    case 'unknown':
      return {
        title: 'Unknown code',
        status: 404,
        code,
        detail: 'This workspace has no coupon with this code. Compare it with the message the customer got.',
      }
    case 'revoked':
      return { title: 'Revoked', status: 409, code, detail: 'The merchant has withdrawn this coupon.' }
    case 'used':
      return {
        title: 'Already used',
        status: 409,
        code,
        detail:
          'Every use of this coupon has been redeemed. If that was a mistake, cancel the other redemption.',
        usedAt: refusal.usedAt,
      }
    case 'not_yet_valid':
      return {
        title: 'Not valid yet',
        status: 409,
        code,
        detail: 'Redeem this coupon from validFrom on.',
        validFrom: refusal.validFrom,
      }
    case 'expired':
      return {
        title: 'Expired',
        status: 409,
        code,
        detail: 'The validity of this coupon has ended.',
        validTo: refusal.validTo,
      }
    case 'wrong_member':
      return {
        title: 'Not this customer’s coupon',
        status: 409,
        code,
        detail: refusal.presented
          ? 'This coupon was issued to another member.'
          : 'This coupon was issued to a member. Identify the customer and send their memberId.',
      }
    case 'min_spend':
      return {
        title: 'Below the minimum spend',
        status: 409,
        code,
        detail: 'amountMinor must be at least minSpendMinor.',
        minSpendMinor: refusal.minSpendMinor,
      }
  }
}

/** Sends a problem. Its text depends on the problem alone, so that the same refusal is the same bytes. */
export const sendProblem = (reply: Pick<FastifyReply, 'code'>, problem: Problem) =>
  reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
