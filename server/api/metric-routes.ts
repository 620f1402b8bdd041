import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { catalogue, metricNamed } from '../../analytics/metrics/catalogue.ts'
import { answerFile } from '../analytics/answer-file.ts'
import { answerFormats, answerMediaTypes } from '../analytics/answer-formats.ts'
import { ask, withCompared } from '../analytics/ask.ts'
import { describedMetrics } from '../analytics/described.ts'
import { QuestionFilters } from '../analytics/filters.ts'
import { composeDigest } from '../digest/compose.ts'
import { digestFigures } from '../digest/figures.ts'
import { RefusedCall } from '../messages/refused.ts'
import type { Platform } from '../platform.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import { languageFor, problems, sendProblem } from './problem.ts'

const Answer = z
  .object({
    metric: z.string(),
    version: z.int().meta({ description: 'Rises when the meaning of a figure changes.' }),
    workspace: z.string(),
    asOf: z.iso.date(),
    dataVersion: z.int(),
    milliseconds: z.int(),
    models: z.looseObject({}).optional().meta({
      description: 'Of figures that are foretold: which model was fitted, how it came out, and why not.',
    }),
    compared: z.looseObject({}).optional().meta({
      description:
        'With `compare` in the filters: `kind` `asked` with `against`, the days and members, and `rows` of the same shape; or `not-known` and `because` (`data-begins`, `no-past`). In files the rows of the question alone.',
    }),
    rows: z
      .array(z.record(z.string(), z.unknown()))
      .meta({ description: 'As `listMetrics` describes them. Money in minor units, unknown values null.' }),
  })
  .meta({ id: 'MetricAnswer' })

const Described = z.object({
  name: z.string(),
  version: z.int(),
  history: z.enum(['full', 'none']).meta({ description: '`none`: days before the newest are refused.' }),
  title: z.object({ en: z.string(), 'zh-CN': z.string() }),
  description: z.object({ en: z.string(), 'zh-CN': z.string() }),
  settings: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema; none is required.' }),
  row: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema.' }),
})

const Digest = z
  .object({
    kind: z.enum(['week', 'no-week']).meta({ description: '`no-week`: the data has no whole week yet.' }),
    day: z.iso.date(),
    asOf: z.iso.date().nullable().meta({ description: 'The newest order’s day.' }),
    week: z.object({ from: z.iso.date(), to: z.iso.date() }).optional(),
    figures: z.record(z.string(), z.unknown()).meta({
      description: 'What the letter tells, each as the dashboard answers it as of the week’s last day.',
    }),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
  })
  .meta({ id: 'Digest' })

const aFile = z.instanceof(Readable)

/** The figures of every room, as JSON or as a file. */
export const metricRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const common = { ...noPage, config: { scope: 'metrics' as const } }

  app.get(
    '/metrics',
    {
      ...common,
      schema: {
        tags: ['Figures'],
        operationId: 'listMetrics',
        summary: 'List what can be asked',
        response: { 200: z.object({ metrics: z.array(Described) }), ...always },
      },
    },
    async (_request, reply) => reply.code(200).send({ metrics: describedMetrics() }),
  )

  app.get(
    '/digest',
    {
      ...common,
      schema: {
        tags: ['Figures'],
        operationId: 'weeklyDigest',
        summary: 'The weekly digest, as figures and as a letter',
        description:
          'Of the last whole week of the shop’s calendar; where the data does not reach to its end, of the newest whole week in it, and the letter says so. In Chinese with Accept-Language: zh.',
        querystring: z.object({
          day: AskedDay.optional().meta({ description: 'As composed on this local day; default today.' }),
        }),
        response: { 200: Digest, 422: malformed, ...always },
      },
    },
    async (request, reply) => {
      const workspace = (await platform.workspaces.byId(request.keyHolder!.workspaceId))!
      const language = languageFor(request)
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const figures = await digestFigures(
        platform,
        workspace,
        { day: request.query.day, language },
        gone.signal,
      )
      const letter = composeDigest(figures, {
        language,
        role: 'viewer',
        shop: workspace.name,
        currency: workspace.currency,
        base: null,
        unsubscribeUrl: null,
      })
      return reply
        .code(200)
        .header('cache-control', 'no-store')
        .send({
          kind: figures.kind,
          day: figures.day,
          asOf: figures.asOf,
          ...(figures.kind === 'week' ? { week: figures.week } : {}),
          figures: { ...figures },
          ...letter,
        })
    },
  )

  app.post(
    '/metrics/:name',
    {
      ...common,
      schema: {
        tags: ['Figures'],
        operationId: 'askMetric',
        summary: 'The figures of a metric',
        description:
          'Nothing is changed. As CSV, JSON Lines or Parquet the columns are the rows’ names in snake_case, those of a ratio with its part behind (`guest_share_value`). CSV is UTF-8 with a byte order mark; texts that a spreadsheet would run as a formula begin with an apostrophe.',
        params: z.object({ name: z.string().max(100) }),
        body: z
          .strictObject({
            filters: QuestionFilters.default({}),
            settings: z.record(z.string(), z.unknown()).default({}),
            format: z.enum(['json', ...answerFormats]).default('json'),
          })
          .default({ filters: {}, settings: {}, format: 'json' }),
        response: {
          200: {
            description: 'The rows, in the order in which they are shown.',
            content: {
              'application/json': { schema: Answer },
              'text/csv': { schema: aFile },
              'application/jsonl': { schema: aFile },
              'application/vnd.apache.parquet': { schema: aFile },
            },
          },
          404: problem('`unknown`: there is no such metric.'),
          408: problem('`timed_out`: it took too long.'),
          409: problem('`refused`: the question makes no sense; `detail` says why.'),
          422: malformed,
          ...always,
        },
      },
    },
    async (request, reply) => {
      const metric = metricNamed(request.params.name)
      if (!metric)
        return sendProblem(reply, {
          ...problems.unknownMetric,
          values: { name: request.params.name, known: { listed: catalogue.map(({ name }) => name) } },
        })
      const workspace = (await platform.workspaces.byId(request.keyHolder!.workspaceId))!
      const language = languageFor(request)
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const { format } = request.body
      try {
        const asking = { platform, actor: null, workspace, role: null, language }
        const asked = await ask(asking, metric, request.body, gone.signal)
        const answer = withCompared(asked, request.body.filters)
        reply.code(200).header('cache-control', 'no-store').header('x-reveille-as-of', answer.asOf)
        const { models, ...told } = answer
        if (format === 'json')
          return await reply
            .type('application/json')
            .send({ ...told, ...(models && { models: { ...models } }) })
        const file = await answerFile(platform, workspace, metric, answer.rows, format, gone.signal)
        return await reply.type(answerMediaTypes[format]).send(file)
      } catch (error) {
        if (gone.signal.aborted) return reply.hijack() // nobody is there to be told
        if (!(error instanceof RefusedCall)) throw error
        const late = error.code === 'TIMEOUT'
        return sendProblem(reply, {
          id: 'metric-refused',
          status: late ? 408 : 409,
          code: late ? 'timed_out' : 'refused',
          values: { problem: error.in(language) },
        })
      }
    },
  )
}
