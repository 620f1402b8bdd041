import { z } from 'zod'
import { sentence, worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName } from '../settings/audit.ts'
import { openProcedure, ownerProcedure, type Role, router, signedInProcedure } from '../trpc.ts'
import { ownsInstallation, workspacesOf } from './access.ts'
import { longestName, longestPassword, shortestPassword } from './auth.ts'
import type { Browser } from './browser.ts'

const RoleName = z.enum(['owner', 'marketer', 'viewer', 'cashier'])
const Token = z.string().min(1).max(200)
const Credentials = z.object({
  name: z.string().trim().min(1, worded('user-name-empty')).max(longestName, worded('name-too-long')),
  password: z
    .string()
    .min(shortestPassword, worded('password-short'))
    .max(longestPassword, worded('password-long')),
})

const browserOf = (ctx: { browser?: Browser | null | undefined }): Browser => {
  if (!ctx.browser) throw refused('FORBIDDEN', 'in-a-browser')
  return ctx.browser
}

/** Where a person begins: a cashier at the desk, everybody else at the figures. */
const entered = (role: Role | null) => ({ landing: role === 'cashier' ? '/redeem' : '/' })

const linkRefused = () => refused('UNAUTHORIZED', 'link-refused')
const mustWait = (minutes: number) => refused('TOO_MANY_REQUESTS', 'must-wait', { minutes })
const nameTaken = () => refused('CONFLICT', 'user-name-taken')
const notInTeam = () => refused('NOT_FOUND', 'not-in-team')
const ownerStays = () => refused('CONFLICT', 'owner-stays')

export const accountsRouter = router({
  /** Who is signed in and what they may see; null for nobody. */
  me: openProcedure.query(async ({ ctx: { platform, actor, workspace, role, language } }) => {
    if (!actor) return null
    const local = actor.kind === 'local'
    const workspaces = local
      ? (await platform.workspaces.list()).map(({ id, name }) => ({ id, name, role: 'owner' as Role }))
      : (await workspacesOf(platform.store, actor.userId)).map((one) => ({
          id: one.workspaceId,
          name: one.name,
          role: one.role,
        }))
    return {
      userId: local ? null : actor.userId,
      name: local
        ? sentence(language, 'ownerName')
        : await platform.accounts.calledName(actor.userId, language),
      ownsInstallation: local || (await ownsInstallation(platform.store, actor.userId)),
      hasPassword: local || (await platform.accounts.hasPassword(actor.userId)),
      role,
      current: workspace && { id: workspace.id, name: workspace.name },
      workspaces,
    }
  }),

  /** With name and password. */
  signIn: openProcedure
    .input(z.object({ name: z.string().max(200), password: z.string().max(1000) }))
    .mutation(async ({ ctx, input }) => {
      const outcome = await ctx.platform.accounts.signInWithPassword(browserOf(ctx), input)
      switch (outcome.kind) {
        case 'signed-in':
          return entered(outcome.role)
        case 'wrong':
          throw refused('UNAUTHORIZED', 'wrong-password')
        case 'must-wait':
          throw mustWait(outcome.minutes)
      }
    }),

  /** With the link that each start prints for the owner. */
  signInWithLink: openProcedure.input(z.object({ token: Token })).mutation(async ({ ctx, input }) => {
    const outcome = await ctx.platform.accounts.signInWithOwnerToken(
      browserOf(ctx),
      input.token,
      ctx.language,
    )
    switch (outcome.kind) {
      case 'signed-in':
        return entered(outcome.role)
      case 'link-refused':
        throw linkRefused()
      case 'must-wait':
        throw mustWait(outcome.minutes)
    }
  }),

  signOut: openProcedure.mutation(async ({ ctx }) => {
    await ctx.platform.accounts.signOut(browserOf(ctx))
  }),

  /** Name and password for later sign-ins; ends the user's other sessions. */
  setPassword: signedInProcedure.input(Credentials).mutation(async ({ ctx, input }) => {
    const browser = browserOf(ctx)
    if (ctx.actor.kind !== 'user') throw refused('FORBIDDEN', 'sign-in-with-link')
    const outcome = await ctx.platform.accounts.setPassword(browser, ctx.actor.userId, input)
    if (outcome.kind === 'name-taken') throw nameTaken()
  }),

  /** What an invite link offers. A mutation, so that the token stays out of addresses and logs. */
  inviteOf: openProcedure.input(z.object({ token: Token })).mutation(async ({ ctx, input }) => {
    const outcome = await ctx.platform.accounts.inviteOf(browserOf(ctx), input.token)
    switch (outcome.kind) {
      case 'invite':
        return { workspace: outcome.workspace, role: outcome.role }
      case 'link-refused':
        throw linkRefused()
      case 'must-wait':
        throw mustWait(outcome.minutes)
    }
  }),

  /** Joins the workspace: as a new user with name and password, or as who is signed in. */
  acceptInvite: openProcedure
    .input(z.object({ token: Token, credentials: Credentials.nullable() }))
    .mutation(async ({ ctx, input }) => {
      const outcome = await ctx.platform.accounts.acceptInvite(browserOf(ctx), input.token, input.credentials)
      switch (outcome.kind) {
        case 'signed-in':
          return entered(outcome.role)
        case 'sign-in-first':
          throw refused('UNAUTHORIZED', 'sign-in-or-name')
        case 'name-taken':
          throw nameTaken()
        case 'link-refused':
          throw linkRefused()
        case 'must-wait':
          throw mustWait(outcome.minutes)
      }
    }),

  /** Members and open invites of this workspace. */
  team: ownerProcedure.query(({ ctx }) => ctx.platform.accounts.team.of(ctx.workspace.id, ctx.language)),

  /** Answers the token of a link `/sign-in#invite=TOKEN`; it is shown once and kept only as a hash. */
  invite: ownerProcedure
    .input(z.object({ role: RoleName }))
    .mutation(({ ctx, input }) =>
      ctx.platform.accounts.team.invite(ctx.workspace.id, input.role, auditName(ctx.actor)),
    ),

  withdrawInvite: ownerProcedure.input(z.object({ id: z.uuid() })).mutation(async ({ ctx, input }) => {
    if (!(await ctx.platform.accounts.team.withdrawInvite(ctx.workspace.id, input.id, auditName(ctx.actor))))
      throw refused('NOT_FOUND', 'invite-gone')
  }),

  setRole: ownerProcedure
    .input(z.object({ userId: z.uuid(), role: RoleName }))
    .mutation(async ({ ctx, input }) => {
      const { team } = ctx.platform.accounts
      const outcome = await team.setRole(ctx.workspace.id, input.userId, input.role, auditName(ctx.actor))
      if (outcome.kind === 'not-in-team') throw notInTeam()
      if (outcome.kind === 'owns-installation') throw ownerStays()
    }),

  /** Ends a person's access to this workspace at once. */
  remove: ownerProcedure.input(z.object({ userId: z.uuid() })).mutation(async ({ ctx, input }) => {
    const outcome = await ctx.platform.accounts.team.remove(
      ctx.workspace.id,
      input.userId,
      auditName(ctx.actor),
    )
    if (outcome.kind === 'not-in-team') throw notInTeam()
    if (outcome.kind === 'owns-installation') throw ownerStays()
  }),
})
