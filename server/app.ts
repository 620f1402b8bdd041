import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from '@trpc/server/adapters/fastify'
import Fastify, { type FastifyError } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { instanceOf } from './command-line/server-file.ts'
import { api } from './api/api.ts'
import { diskProblem, problems, sendProblem, type ToldProblem } from './api/problem.ts'
import { recoverLaunches } from './campaigns/launch-steps.ts'
import { recoverImports } from './coupons/pool-imports.ts'
import { smsReplyRoutes } from './delivery/sms-replies-route.ts'
import { smsReportRoutes } from './delivery/sms-reports-route.ts'
import { unsubscribeRoutes } from './delivery/unsubscribe-route.ts'
import { wechatEventRoutes } from './delivery/wechat-events-route.ts'
import { metricExport } from './analytics/export-route.ts'
import { contextOf } from './context.ts'
import { digestRoute } from './digest/route.ts'
import { workspaceExport } from './export/route.ts'
import { memberExport } from './members/export-route.ts'
import { segmentExport } from './segments/export-route.ts'
import { settleRefused } from './import/refused/refused-draft.ts'
import { importRuns } from './import/runs.ts'
import { uploadRoutes } from './import/uploads.ts'
import { finishDeletions } from './rights/delete-member.ts'
import type { Platform } from './platform.ts'
import { appRouter, type AppRouter } from './router.ts'

const builtWeb = fileURLToPath(new URL('../web/dist', import.meta.url))

/** Addresses that programs and scanners ask for: the dashboard has no page there. */
export const isNoPage = (url: string): boolean => /^\/(api|trpc)(?:[/?]|$)|^[^?]*\/(?:\.|%2e)/i.test(url)

/**
 * The HTTP server over an open platform: tRPC, REST and the built dashboard. It does not listen yet.
 * `isReady` turns /readyz from 503 to 200.
 */
export async function makeApp(platform: Platform, isReady: () => boolean = () => true) {
  await recoverLaunches(platform)
  await recoverImports(platform.store)
  await importRuns(platform).settleAudit()
  await settleRefused(platform) // before a deletion looks for whom they name
  await finishDeletions(platform)
  const app = Fastify({
    forceCloseConnections: true,
    // A reverse proxy on this machine is believed who calls, by what name and whether by HTTPS.
    trustProxy: 'loopback',
    routerOptions: { maxParamLength: 5000 },
    // An address that is none, as by a broken %-escape, finds no route and so no error handler.
    frameworkErrors: (_error, _request, reply) => void sendProblem(reply, problems.notFound),
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)

  const nonces = new WeakMap<object, string>()
  const nonceOf = (response: object) => {
    const nonce = nonces.get(response) ?? randomBytes(16).toString('base64')
    nonces.set(response, nonce)
    return nonce
  }
  await app.register(helmet, {
    hsts: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // The desk's code reader is WebAssembly where a browser has no reader of its own.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        styleSrc: ["'self'", (_request, response) => `'nonce-${nonceOf(response)}'`],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
  })
  // What nobody expected says nothing of its inside; the log does. What is sent over the limit is told in words.
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const told = (problem: ToldProblem) =>
      sendProblem(reply, request.url.startsWith('/trpc') ? { ...problem, trpc: true } : problem)
    if (error.statusCode === 413 && (request.routeOptions.bodyLimit ?? 0) <= 2 ** 20)
      return told(problems.bodyTooLarge)
    if (error.statusCode === 400 || error.statusCode === 415) return told(problems.unreadableBody)
    if ((error.statusCode ?? 500) < 500) return reply.send(error)
    console.error(`${request.method} ${request.routeOptions.url ?? ''}:`, error)
    return told(diskProblem(error))
  })
  await app.register(cookie)
  await app.register(rateLimit, { global: false })
  await app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: appRouter,
      allowMethodOverride: true,
      createContext: ({ req, res }) => contextOf(platform, req, res),
      onError({ error, path }) {
        if (error.code === 'INTERNAL_SERVER_ERROR') console.error(`${path ?? '/trpc'}:`, error.cause ?? error)
      },
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>)
  // `instance` tells the command line whether this is the server of its folder.
  app.get('/healthz', () => ({ status: 'ok', instance: instanceOf(platform.ownerToken) }))
  app.get('/readyz', async (_request, reply) => {
    await platform.store.selectFrom('installation').select('id').executeTakeFirstOrThrow()
    return isReady() ? { status: 'ready' } : reply.code(503).send({ status: 'starting' })
  })
  await app.register(api, { prefix: '/api/v1', platform })
  await app.register(memberExport, { prefix: '/export', platform })
  await app.register(workspaceExport, { prefix: '/export', platform })
  await app.register(smsReplyRoutes, { prefix: '/sms-replies', platform })
  await app.register(smsReportRoutes, { prefix: '/sms-reports', platform })
  await app.register(wechatEventRoutes, { prefix: '/wechat-events', platform })
  await app.register(unsubscribeRoutes, { prefix: '/unsubscribe', platform })
  await app.register(digestRoute, { prefix: '/export', platform })
  await app.register(metricExport, { prefix: '/export', platform })
  await app.register(segmentExport, { prefix: '/export', platform })
  await uploadRoutes(app, platform)

  if (existsSync(join(builtWeb, 'index.html'))) {
    const page = readFileSync(join(builtWeb, 'index.html'), 'utf8')
    await app.register(fastifyStatic, {
      root: builtWeb,
      wildcard: false,
      index: false,
      immutable: true,
      maxAge: '1y',
    })
    app.get('/*', (request, reply) => {
      if (isNoPage(request.url))
        return request.url.startsWith('/api')
          ? sendProblem(reply, problems.notFound)
          : reply.code(404).type('text/plain').send('Not found.')
      return reply
        .type('text/html')
        .header('cache-control', 'no-store')
        .send(page.replaceAll('__NONCE__', nonceOf(reply.raw)))
    })
  }
  return app
}
