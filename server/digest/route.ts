import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { problems, sendProblem, switchedProblem } from '../api/problem.ts'
import { contextOf } from '../context.ts'
import { languageNamed } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import { composeDigest } from './compose.ts'
import { digestFigures } from './figures.ts'

const Question = z.object({
  day: AskedDay.optional(),
  language: z.string().max(20).optional(),
  download: z.stringbool().default(false),
})

/** `GET /export/digest.html?language=…&day=…&download=1`: the weekly digest as it is sent, to look at or to keep. */
export async function digestRoute(app: FastifyInstance, { platform }: { platform: Platform }): Promise<void> {
  app.get('/digest.html', { helmet: false }, async (request, reply) => {
    const { actor, workspace, role, showsAnother, language } = await contextOf(platform, request, reply)
    if (!actor) return sendProblem(reply, problems.signInFirst)
    if (!workspace || role === null || role === 'cashier') return sendProblem(reply, problems.wrongRole)
    if (showsAnother) return sendProblem(reply, switchedProblem(workspace.name))
    const question = Question.safeParse(request.query)
    if (!question.success) return sendProblem(reply, problems.digestMalformed)
    const { day, download } = question.data
    const read = question.data.language === undefined ? language : languageNamed(question.data.language)
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    const figures = await digestFigures(platform, workspace, { day, language: read }, gone.signal)
    const letter = composeDigest(figures, {
      language: read,
      role,
      shop: workspace.name,
      currency: workspace.currency,
      base: `${request.protocol}://${request.host}`,
      unsubscribeUrl: null,
    })
    const named = figures.kind === 'week' ? figures.week.from : figures.day
    return (
      reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-store')
        // its styles stand in its tags; it runs nothing and loads nothing
        .header(
          'content-security-policy',
          "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer')
        .header(
          'content-disposition',
          `${download ? 'attachment' : 'inline'}; filename="digest-${named}.html"`,
        )
        .send(letter.html)
    )
  })
}
