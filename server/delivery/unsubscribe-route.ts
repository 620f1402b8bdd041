import type { FastifyInstance } from 'fastify'
import { languageNamed, sentence, type MessageKey, type Values } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import { endRecipient, recipientOfMessage } from '../digest/settings.ts'
import { readUnsubscribeToken, suppress } from './suppressions.ts'

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/**
 * `GET /unsubscribe/TOKEN` asks, `POST` does it: by the page's button, or at once by a mail program
 * (`List-Unsubscribe=One-Click`, RFC 8058). Looking alone changes nothing, because programs that check mail
 * open every link in it. A link of a weekly digest ends the digest for its recipient alone. No sign-in; the token is all that is needed, and doing it again changes nothing.
 */
export async function unsubscribeRoutes(
  app: FastifyInstance,
  { platform }: { platform: Platform },
): Promise<void> {
  // whatever a mail program sends along: the token says everything
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { bodyLimit: 10_000 }, (_request, payload, done) => {
    payload.resume()
    payload.once('end', () => done(null, null))
  })

  app.route<{ Params: { token: string } }>({
    method: ['GET', 'POST'],
    url: '/:token',
    handler: async (request, reply) => {
      const language = languageNamed(request.headers['accept-language'] ?? '')
      const say = (id: MessageKey, values?: Values) => escaped(sentence(language, id, values))
      const page = (status: number, words: string, below = '') =>
        reply
          .code(status)
          .type('text/html; charset=utf-8')
          .header('cache-control', 'no-store')
          .header('referrer-policy', 'no-referrer')
          .header('x-robots-tag', 'noindex')
          .send(
            `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
              `<title>${say('unsubscribe-title')}</title></head><body><p>${words}</p>${below}</body></html>\n`,
          )
      const told = await readUnsubscribeToken(platform.store, request.params.token)
      const workspace = told && (await platform.workspaces.byId(told.workspaceId))
      if (!told || !workspace) return page(404, say('unsubscribe-unknown'))
      const shop = workspace.name
      const digestOf = await recipientOfMessage(platform.store, told.workspaceId, told.deliveryId)
      if (request.method !== 'POST')
        return page(
          200,
          say(digestOf === null ? 'unsubscribe-ask' : 'digest.unsubscribe-ask', { shop }),
          `<form method="post"><button type="submit">${say('unsubscribe-button')}</button></form>`,
        )
      if (digestOf !== null) {
        const doing = { by: 'unsubscribed', at: platform.clock.now() }
        await endRecipient(platform.store, told.workspaceId, digestOf, doing)
        return page(200, say('digest.unsubscribe-done', { shop }))
      }
      await platform.store.transaction().execute(async (tx) => {
        const message = await tx
          .selectFrom('outbox')
          .select('member_id')
          .where('workspace_id', '=', told.workspaceId)
          .where('id', '=', told.deliveryId)
          .executeTakeFirst()
        await suppress(tx, told.workspaceId, {
          channel: 'mail',
          digest: told.digest,
          reason: 'unsubscribed',
          memberId: message?.member_id ?? null,
          at: platform.clock.now(),
        })
      })
      return page(200, say('unsubscribe-done', { shop }))
    },
  })
}
