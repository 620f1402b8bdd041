import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Platform } from './platform.ts'
import type { Context } from './trpc.ts'

/** Who is calling and in which workspace, read from the request. */
export async function contextOf(platform: Platform, request: FastifyRequest): Promise<Context> {
  const nobody: Context = { platform, actor: null, workspace: null, role: null }
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (!bearer || !sameText(bearer, platform.ownerToken)) return nobody
  const name = request.headers['x-reveille-workspace']
  const workspace =
    typeof name === 'string' ? await platform.workspaces.byName(decodeURIComponent(name)) : null
  return { platform, actor: { kind: 'local' }, workspace, role: workspace && 'owner' }
}

const sameText = (given: string, wanted: string): boolean =>
  given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted))
