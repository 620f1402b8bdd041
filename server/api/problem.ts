import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { isDiskFull, unwritableReason } from '../command-line/refusal.ts'
import type { Refusal } from '../coupons/decision.ts'
import type { JsonFault } from './json-fault.ts'
import { RefusedItems } from './shapes.ts'
import { type Language, languageNamed, type MessageKey, sentence, type Values } from '../messages/messages.ts'

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
    couponCode: z.string().optional().meta({ description: 'Of several coupons the one that is refused.' }),
    heldUntil: z.iso.datetime().optional().meta({
      description:
        'With `held`: when the first of the uses that are set aside is free again, if it is not redeemed.',
    }),
    refusedRows: RefusedItems.optional().meta({
      description: 'With `malformed`, of a batch of which not one item could be taken.',
    }),
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

/** A problem whose words are not in a language yet: `api.ID` and `api.ID.detail` of the messages. */
export interface ToldProblem extends Omit<Problem, 'title' | 'detail'> {
  readonly id: ProblemId
  readonly values?: Values
  /** It answers a call of the dashboard or the command line, which read `error` of tRPC. */
  readonly trpc?: true
}
type ProblemId = {
  [Key in MessageKey]: Key extends `api.${infer Id}.detail` ? Id : never
}[MessageKey]

export const problems = {
  unauthorized: { id: 'unauthorized', status: 401, code: 'unauthorized' },
  wrongScope: { id: 'wrong-scope', status: 403, code: 'wrong_scope' },
  keyMissing: { id: 'idempotency-key-missing', status: 422, code: 'idempotency_key_missing' },
  keyReused: { id: 'idempotency-key-reused', status: 422, code: 'idempotency_key_reused' },
  unknownReservation: { id: 'unknown-reservation', status: 404, code: 'unknown' },
  reservationConfirmed: { id: 'reservation-confirmed', status: 409, code: 'confirmed' },
  reservationReleased: { id: 'reservation-released', status: 409, code: 'released' },
  unknownRedemption: { id: 'unknown-redemption', status: 404, code: 'unknown' },
  busy: { id: 'busy', status: 503, code: 'busy' },
  tooMany: { id: 'too-many', status: 429, code: 'rate_limited' },
  notFound: { id: 'not-found', status: 404, code: 'not_found' },
  notUtf8: { id: 'not-utf8', status: 422, code: 'malformed' },
  notJson: { id: 'not-json', status: 422, code: 'malformed' },
  tooLarge: { id: 'too-large', status: 413, code: 'too_large' },
  bodyTooLarge: { id: 'body-too-large', status: 413, code: 'too_large' },
  unreadableBody: { id: 'unreadable-body', status: 400, code: 'malformed' },
  internal: { id: 'internal', status: 500, code: 'internal' },
  signInFirst: { id: 'sign-in', status: 401, code: 'unauthorized' },
  wrongRole: { id: 'role', status: 403, code: 'forbidden' },
  noExport: { id: 'export-role', status: 403, code: 'forbidden' },
  exportRunning: { id: 'export-running', status: 409, code: 'export-running' },
  workspaceExportMalformed: { id: 'workspace-export-malformed', status: 422, code: 'malformed' },
  exportMalformed: { id: 'export-malformed', status: 422, code: 'malformed' },
  segmentExportMalformed: { id: 'segment-export-malformed', status: 422, code: 'malformed' },
  metricExportMalformed: { id: 'metric-export-malformed', status: 422, code: 'malformed' },
  digestMalformed: { id: 'digest-malformed', status: 422, code: 'malformed' },
  unknownMetric: { id: 'unknown-metric', status: 404, code: 'unknown' },
  noPreparedFile: { id: 'no-prepared-file', status: 404, code: 'unknown' },
  unwritable: { id: 'unwritable', status: 507, code: 'unwritable' },
  diskFull: { id: 'disk-full', status: 507, code: 'disk_full' },
  secretNeeded: { id: 'secret-needed', status: 422, code: 'secret_needed' },
  unknownCampaign: { id: 'unknown-campaign', status: 404, code: 'unknown' },
  campaignNotLaunched: { id: 'unlaunched-campaign', status: 409, code: 'not_launched' },
  unknownSegment: { id: 'unknown-segment', status: 404, code: 'unknown' },
  noCursor: { id: 'no-cursor', status: 422, code: 'malformed' },
  cursorExpired: { id: 'cursor-expired', status: 410, code: 'cursor_expired' },
  noRefusedRows: { id: 'no-refused-rows', status: 404, code: 'unknown' },
} as const satisfies Record<string, ToldProblem>

/** What an error that nobody expected is to a caller: a disk that is full or can't be written to, else a bug. */
export const diskProblem = (error: unknown): ToldProblem => {
  if (isDiskFull(error)) return problems.diskFull
  return unwritableReason(error) === undefined ? problems.internal : problems.unwritable
}

/** A body that is no JSON from a place on. */
export const brokenJson = ({ line, column, found }: JsonFault): ToldProblem => ({
  ...(found === null
    ? { id: 'cut-json', values: { line, column } }
    : { id: 'broken-json', values: { line, column, found } }),
  status: 422,
  code: 'malformed',
})

export const malformed = (said: string): ToldProblem => ({
  id: 'malformed',
  status: 422,
  code: 'malformed',
  values: { problems: said },
})

/** The page shows another workspace than the session's, which is `name`. */
export const switchedProblem = (name: string): ToldProblem => ({
  id: 'workspace-switched',
  status: 409,
  code: 'workspace-switched',
  values: { name },
})

/** How a refusal of a coupon reads to a till. */
export function refusalProblem(refusal: Refusal): ToldProblem {
  const { code } = refusal
  switch (code) {
    case 'unknown':
      return { id: 'coupon-unknown', status: 404, code }
    case 'revoked':
      return { id: 'coupon-revoked', status: 409, code }
    case 'used':
      return { id: 'coupon-used', status: 409, code, usedAt: refusal.usedAt }
    case 'not_yet_valid':
      return { id: 'coupon-not-yet-valid', status: 409, code, validFrom: refusal.validFrom }
    case 'expired':
      return { id: 'coupon-expired', status: 409, code, validTo: refusal.validTo }
    case 'wrong_member':
      return { id: refusal.presented ? 'coupon-wrong-member' : 'coupon-needs-member', status: 409, code }
    case 'held':
      return { id: 'coupon-held', status: 409, code, heldUntil: refusal.heldUntil }
    case 'blocked':
      return { id: 'coupon-blocked', status: 409, code }
    case 'out_of_scope':
      return { id: scopeProblems[refusal.because], status: 409, code }
    case 'min_spend':
      return { id: 'coupon-min-spend', status: 409, code, minSpendMinor: refusal.minSpendMinor }
    case 'stacking':
      return { id: stackingProblems[refusal.because], status: 409, code }
    case 'budget':
      return { id: 'coupon-budget', status: 409, code }
  }
}

const scopeProblems = {
  store: 'coupon-other-store',
  lines: 'coupon-other-goods',
  'lines-unknown': 'coupon-needs-lines',
} as const
const stackingProblems = {
  'member-price': 'coupon-member-price',
  'other-coupon': 'coupon-stacking',
  'most-off': 'coupon-most-off',
} as const

/** What the caller reads: English unless they ask for Chinese first. */
export const languageFor = (request: Pick<FastifyRequest, 'headers'>): Language =>
  languageNamed(request.headers['accept-language'] ?? '')

/**
 * Sends a problem in the caller's language. Its text depends on the problem and the language alone, so
 * that the same refusal is the same bytes.
 */
export function sendProblem(reply: FastifyReply, { id, values, status, code, trpc, ...more }: ToldProblem) {
  const language = languageFor(reply.request)
  const problem: Problem = {
    title: sentence(language, `api.${id}`, values),
    status,
    code,
    detail: sentence(language, `api.${id}.detail`, values),
    ...more,
  }
  // -32600: not a call that can be taken
  const error = { message: problem.detail, code: -32600, data: { code: 'BAD_REQUEST', httpStatus: status } }
  return reply
    .code(status)
    .headers({ 'content-language': language, vary: 'accept-language' })
    .type('application/problem+json')
    .send(JSON.stringify(trpc ? { ...problem, error } : problem))
}
