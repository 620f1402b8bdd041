import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { catalogue, metricNamed } from '../../analytics/metrics/catalogue.ts'
import { problems, sendProblem, switchedProblem } from '../api/problem.ts'
import { contextOf } from '../context.ts'
import { RefusedCall } from '../messages/refused.ts'
import type { Platform } from '../platform.ts'
import { answerFile } from './answer-file.ts'
import { answerFormats, answerMediaTypes } from './answer-formats.ts'
import { ask } from './ask.ts'
import { QuestionFilters } from './filters.ts'

const Question = z.strictObject({
  name: z.string().max(100),
  filters: QuestionFilters.default({}),
  settings: z.record(z.string(), z.unknown()).default({}),
  format: z.enum(answerFormats).default('csv'),
})

/**
 * `POST /export/metric`: the figures of a metric as CSV, JSON Lines or Parquet, to whoever may read them: they name no
 * member. A rule may name one, so that it comes as a body.
 */
export async function metricExport(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  app.post('/metric', async (request, reply) => {
    const context = await contextOf(platform, request, reply)
    const { actor, workspace, role, showsAnother } = context
    if (!actor) return sendProblem(reply, problems.signInFirst)
    if (!workspace || role === null || role === 'cashier') return sendProblem(reply, problems.wrongRole)
    if (showsAnother) return sendProblem(reply, switchedProblem(workspace.name))
    const question = Question.safeParse(request.body)
    const metric = question.success ? metricNamed(question.data.name) : undefined
    if (!question.success || !metric)
      return sendProblem(reply, {
        ...problems.metricExportMalformed,
        values: { known: { listed: catalogue.map(({ name }) => name) } },
      })
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    const { format } = question.data
    try {
      const { answer } = await ask({ ...context, workspace }, metric, question.data, gone.signal)
      const content = await answerFile(platform, workspace, metric, answer.rows, format, gone.signal)
      return await reply
        .type(answerMediaTypes[format])
        .header('content-disposition', `attachment; filename="${metric.name}-${answer.asOf}.${format}"`)
        .header('cache-control', 'no-store')
        .header('x-reveille-rows', String(answer.rows.length))
        .header('x-reveille-as-of', answer.asOf)
        .send(content)
    } catch (error) {
      if (gone.signal.aborted) return reply.hijack() // nobody is there to be told
      if (!(error instanceof RefusedCall)) throw error
      return sendProblem(reply, {
        id: 'metric-refused',
        status: error.code === 'TIMEOUT' ? 408 : 400,
        code: 'refused',
        values: { problem: error.in(context.language) },
      })
    }
  })
}
