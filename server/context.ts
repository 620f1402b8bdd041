import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Browser, comesFromOurPage } from './accounts/browser.ts'
import { languageNamed } from './messages/messages.ts'
import type { Platform } from './platform.ts'
import type { Context } from './trpc.ts'

/**
 * Who is calling and in which workspace: the owner of the files by the token in server.json, anybody
 * else by the cookie of their session. A call that changes something counts as nobody's unless it
 * comes from a page of this address.
 */
export async function contextOf(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Context> {
  const language = languageNamed(request.headers['accept-language'] ?? '')
  const nobody: Context = { platform, actor: null, workspace: null, role: null, browser: null, language }
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined) {
    if (!sameText(bearer, platform.ownerToken)) return nobody
    const name = request.headers['x-reveille-workspace']
    const asked = typeof name === 'string' ? decodeURIComponent(name) : undefined
    const workspace = asked === undefined ? null : await platform.workspaces.byName(asked)
    return {
      ...nobody,
      actor: { kind: 'local' },
      workspace,
      workspaceAsked: asked,
      role: workspace && 'owner',
    }
  }
  const browser = browserOf(request, reply)
  if (!comesFromOurPage(request.method, browser.headers, request.host)) return nobody
  const signedIn = await platform.accounts.signedIn(browser)
  if (!signedIn) return { ...nobody, browser }
  if (request.headers.accept?.includes('text/event-stream'))
    reply.raw.once(
      'close',
      platform.accounts.keepStream(signedIn.userId, () => reply.raw.destroy()),
    )
  return {
    ...nobody,
    browser,
    actor: { kind: 'user', userId: signedIn.userId, name: signedIn.name },
    workspace: signedIn.workspaceId === null ? null : await platform.workspaces.byId(signedIn.workspaceId),
    role: signedIn.role,
    showsAnother: showsAnother(request, signedIn.workspaceId),
    sessionToken: signedIn.sessionToken,
  }
}

/**
 * A page says which workspace it shows (a link by `shown`, everything else by header): the session's may
 * have been switched in another tab, and a figure or a launch of one shop must not appear in the other's page.
 */
function showsAnother(request: FastifyRequest, workspaceId: string | null): boolean {
  const { shown = request.headers['x-reveille-shown'] } = request.query as { shown?: string }
  return shown !== undefined && shown !== workspaceId
}

function browserOf(request: FastifyRequest, reply: FastifyReply): Browser {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  const secure = request.protocol === 'https' || headers.get('origin')?.startsWith('https:')
  return {
    headers,
    address: request.ip,
    setCookies(cookies) {
      for (const cookie of cookies) reply.header('set-cookie', secure ? `${cookie}; Secure` : cookie)
    },
  }
}

const sameText = (given: string, wanted: string): boolean =>
  given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted))
