import { initTRPC, type TRPCError } from '@trpc/server'
import { ZodError } from 'zod'
import { QueryCancelled } from '../analytics/engine/engine.ts'
import type { Browser } from './accounts/browser.ts'
import { isDiskFull, unwritableReason } from './command-line/refusal.ts'
import { inputSentence } from './messages/input.ts'
import { type Language, sentence } from './messages/messages.ts'
import { refused, RefusedCall } from './messages/refused.ts'
import type { Platform } from './platform.ts'
import type { Workspace } from './workspaces/workspaces.ts'

/** Owner: all. Marketer: all but team, keys, settings, unmasking. Viewer: reads, masked, no export. Cashier: the desk. */
export type Role = 'owner' | 'marketer' | 'viewer' | 'cashier'

/** Who calls. `local`: the owner of the files, through the command line. */
export type Actor = { kind: 'local' } | { kind: 'user'; userId: string; name: string }

/** What a call knows. Workspace and role come from the session, never from input. */
export interface Context {
  readonly platform: Platform
  readonly actor: Actor | null
  readonly workspace: Workspace | null
  readonly role: Role | null
  /** The name by which the owner of the files asked for a workspace. */
  readonly workspaceAsked?: string | undefined
  /** What the caller reads. */
  readonly language: Language
  /** The calling page shows another workspace than the session's, which was switched in another tab. */
  readonly showsAnother?: boolean
  /** The calling browser; null for the command line, and for a change that no page of ours asks for. */
  readonly browser?: Browser | null
  /** Names the session of a signed-in user. */
  readonly sessionToken?: string
}

const t = initTRPC.context<Context>().create({
  // What leaves the server is a code and a sentence: never SQL, never a stack.
  errorFormatter: ({ shape, error, ctx }) => ({
    code: shape.code,
    message: told(error, ctx?.language ?? 'en'),
    data: {
      code: shape.data.code,
      httpStatus: shape.data.httpStatus,
      path: shape.data.path,
      ...(error instanceof RefusedCall && pageIsOld.has(error.id) ? { pageIsOld: true } : {}),
    },
  }),
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 30_000 } },
})

/** Refusals that stay true until the page is loaded again: asking again is refused again. */
const pageIsOld: ReadonlySet<string> = new Set(['workspace-switched', 'campaign-edited-elsewhere'])

/** What a caller reads of an error: also what the disk refuses, without its place. An unexpected one says nothing of its inside; the server's log does. */
function told(error: TRPCError, language: Language): string {
  if (error instanceof RefusedCall) return error.in(language)
  if (error.cause instanceof ZodError) return inputSentence(language, error.cause)
  if (isDiskFull(error.cause)) return sentence(language, 'disk-full-inside')
  if (unwritableReason(error.cause) !== undefined) return sentence(language, 'unwritable-inside')
  if (error.code === 'INTERNAL_SERVER_ERROR') return sentence(language, 'unexpected-inside')
  return sentence(language, 'unknown-call', { reason: error.message })
}

export const router = t.router
export const createCallerFactory = t.createCallerFactory

/** For anyone, signed in or not. Use it only where the answer is public. */
export const openProcedure = t.procedure

/** For anyone who is signed in, with or without a workspace. */
export const signedInProcedure = t.procedure.use(async ({ ctx, next, signal }) => {
  if (!ctx.actor) throw refused('UNAUTHORIZED', 'sign-in-first')
  const outcome = await next({ ctx: { ...ctx, actor: ctx.actor } })
  // whoever left the page wanted no answer: nothing went wrong
  if (!outcome.ok && outcome.error.cause instanceof QueryCancelled && signal?.aborted)
    throw refused('CLIENT_CLOSED_REQUEST', 'question-cancelled')
  return outcome
})

const forRoles = (...roles: readonly Role[]) =>
  signedInProcedure.use(({ ctx, next }) => {
    const { workspace, role } = ctx
    // Only the owner of the files learns which names there are.
    if (!workspace && ctx.actor.kind === 'local' && ctx.workspaceAsked !== undefined)
      throw refused('NOT_FOUND', 'no-workspace-named', { name: ctx.workspaceAsked })
    if (!workspace || !role) throw refused('FORBIDDEN', 'workspace-first')
    if (ctx.showsAnother) throw refused('CONFLICT', 'workspace-switched', { name: workspace.name })
    if (!roles.includes(role)) throw refused('FORBIDDEN', 'role')
    return next({ ctx: { ...ctx, workspace, role } })
  })

/** Team, keys, settings, unmasking. */
export const ownerProcedure = forRoles('owner')
/** Changes to tags, segments, imports and campaigns; exports. */
export const marketerProcedure = forRoles('owner', 'marketer')
/** Reading figures and lists, masked. */
export const readerProcedure = forRoles('owner', 'marketer', 'viewer')
/** The redemption desk. */
export const deskProcedure = forRoles('owner', 'marketer', 'cashier')
