import { isUtf8 } from 'node:buffer'
import swagger from '@fastify/swagger'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import {
  type FastifyPluginAsyncZod,
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
} from 'fastify-type-provider-zod'
import { problemWords } from '../messages/input.ts'
import type { Language } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import { type KeyHolder, keyHolder, type Scope } from './keys.ts'
import { jsonFault } from './json-fault.ts'
import {
  brokenJson,
  diskProblem,
  languageFor,
  malformed,
  problems,
  sendProblem,
  type ToldProblem,
} from './problem.ts'
import { campaignRoutes } from './campaign-routes.ts'
import { channelRoutes } from './channel-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { metricRoutes } from './metric-routes.ts'
import { orderRoutes } from './order-routes.ts'
import { redemptionRoutes } from './redemption-routes.ts'
import { reservationRoutes } from './reservation-routes.ts'
import { segmentRoutes, segmentWebhook } from './segment-routes.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a key needs for this route. */
    scope?: Scope
  }
  interface FastifyRequest {
    keyHolder: KeyHolder | null
  }
}

/** Requests of one key in a minute: several times what one machine redeems, to stop a till that runs wild. */
const perMinute = 300_000

/** REST for tills and shops, to be registered under /api/v1. */
export const api: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Reveille for tills and shops',
        version: '1',
        description: [
          'Quotes baskets, reserves and redeems coupons, takes orders and members in, lists the members of segments, says what campaigns brought, and answers the figures of the dashboard. Money is a whole number of minor units of the workspace’s currency.',
          'A key belongs to one workspace; codes and redemptions of another one are `unknown`.',
          'Errors are `application/problem+json`: decide by `code`, show `detail` (in Chinese with Accept-Language: zh).',
          'When an answer is lost (time-out, connection closed, 5xx, 429), ask again with the same Idempotency-Key.',
        ].join('\n\n'),
      },
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'From: npx reveille key create NAME --workspace W --scope redemptions',
          },
        },
      },
      security: [{ key: [] }],
      webhooks: { 'segment.members_changed': segmentWebhook },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error, languageFor(request))
    if (problem.status >= 500) console.error(`${request.method} ${request.routeOptions.url ?? ''}:`, error)
    return sendProblem(reply, problem)
  })
  takeNothingAs(app)
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.all('/*', { schema: { hide: true } }, (_request, reply) => sendProblem(reply, problems.notFound))

  await app.register(async (guarded) => {
    guarded.decorateRequest('keyHolder', null)
    guarded.addHook('onRequest', async (request, reply) => {
      const key = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
      request.keyHolder = key === undefined ? null : await keyHolder(platform.store, platform.clock, key)
      if (!request.keyHolder)
        return sendProblem(reply.header('www-authenticate', 'Bearer'), problems.unauthorized)
      const { scope } = request.routeOptions.config
      if (!scope || !request.keyHolder.scopes.includes(scope)) return sendProblem(reply, problems.wrongScope)
    })
    guarded.addHook(
      'onRequest',
      guarded.rateLimit({
        max: perMinute,
        timeWindow: 60_000,
        keyGenerator: (request: FastifyRequest) => request.keyHolder!.keyId,
      }),
    )
    await guarded.register(redemptionRoutes, { platform })
    await guarded.register(reservationRoutes, { platform })
    await guarded.register(orderRoutes, { platform })
    await guarded.register(memberRoutes, { platform })
    await guarded.register(eventRoutes, { platform })
    await guarded.register(segmentRoutes, { platform })
    await guarded.register(campaignRoutes, { platform })
    await guarded.register(metricRoutes, { platform })
    await guarded.register(channelRoutes, { platform })
  })
}

/** A body that is no text or no JSON. */
class UnreadableBody extends Error {
  override name = 'UnreadableBody'
  readonly problem: ToldProblem
  constructor(problem: ToldProblem) {
    super('The body is no JSON.')
    this.problem = problem
  }
}

/**
 * A body of nothing is nothing, whatever type it is said to have: clients that were made from the document name one
 * also where a route takes no body. One that is no JSON is told where.
 */
function takeNothingAs(app: FastifyInstance): void {
  // keys that would reach an object's prototype are not named in the document, and ignored as any other
  const json = app.getDefaultJsonParser('remove', 'remove')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    // other letters would be read as something else
    if (!isUtf8(body as Buffer)) return done(new UnreadableBody(problems.notUtf8), undefined)
    const text = body.toString()
    void json(request, text, (error, read) => {
      const fault = error && jsonFault(text.replace(/^\uFEFF/, ''))
      if (fault) done(new UnreadableBody(brokenJson(fault)), undefined)
      else done(error, read)
    })
  })
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      if (body === '') done(null, undefined)
      else done(Object.assign(new Error('This is no JSON.'), { statusCode: 415 }))
    },
  )
}

function problemOf(error: FastifyError, language: Language): ToldProblem {
  if (hasZodFastifySchemaValidationErrors(error)) {
    if (error.validationContext === 'headers') return problems.keyMissing
    // Programs wrote the fields, so they are called by the names that the document gives them.
    const said = error.validation.map(({ instancePath, keyword, params, message }) => {
      const issue = { ...params, code: keyword, path: [], message } as never
      return `${instancePath.slice(1) || 'body'}${language === 'en' ? ': ' : '：'}${problemWords(language, issue)}`
    })
    // the sentence around them has an end of its own
    return malformed(said.map((one) => one.replace(/[.。]$/, '')).join(language === 'en' ? '; ' : '；'))
  }
  if (error instanceof UnreadableBody) return error.problem
  switch (error.statusCode) {
    case 400:
    case 415:
      return problems.notJson
    case 413:
      return problems.tooLarge
    case 429:
      return problems.tooMany
    default:
      return diskProblem(error)
  }
}
