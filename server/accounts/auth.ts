import { createHash, randomUUID } from 'node:crypto'
import { betterAuth, type BetterAuthPlugin } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { username } from 'better-auth/plugins/username'
import { z } from 'zod'
import type { Store } from '../store/store.ts'

export const shortestPassword = 8
export const longestPassword = 128
export const longestName = 60

/** How names are compared at sign-in: width, case and outer space do not matter. */
export const normalName = (name: string): string => name.normalize('NFKC').trim().toLowerCase()

/**
 * better-auth on the Store's own connection. It hashes passwords and keeps sessions and their cookies;
 * its HTTP handler is never mounted, so accounts.ts is the only way in.
 */
export const makeAuth = (store: Store, secret: string) =>
  betterAuth({
    baseURL: 'http://localhost',
    secret,
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: { db: store, type: 'sqlite', transaction: true },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: shortestPassword,
      maxPasswordLength: longestPassword,
    },
    user: {
      modelName: 'users',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    session: {
      modelName: 'sessions',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      additionalFields: {
        workspaceId: { type: 'string', required: false, input: false, fieldName: 'workspace_id' },
      },
      expiresIn: 30 * 24 * 60 * 60,
      updateAge: 24 * 60 * 60,
    },
    account: {
      modelName: 'credentials',
      fields: {
        userId: 'user_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    advanced: {
      // Cookies do not know ports: two installations on one machine must not overwrite each other's.
      cookiePrefix: `reveille-${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`,
      useSecureCookies: false,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax' },
      database: { generateId: () => randomUUID() },
    },
    plugins: [
      username({
        minUsernameLength: 1,
        maxUsernameLength: longestName,
        usernameValidator: (name) => name.trim().length > 0,
        usernameNormalization: normalName,
        displayUsername: false,
      }),
      sessionStart,
    ],
  })

/** A session for who has shown a link instead of a password; the browser's old session ends. */
const sessionStart = {
  id: 'session-start',
  endpoints: {
    startSession: createAuthEndpoint(
      '/start-session',
      { method: 'POST', body: z.object({ userId: z.string(), replaces: z.string().nullable() }) },
      async (context) => {
        const { userId, replaces } = context.body
        const user = await context.context.internalAdapter.findUserById(userId)
        if (!user) throw new Error(`no user ${userId}`)
        const session = await context.context.internalAdapter.createSession(userId)
        await setSessionCookie(context, { session, user })
        if (replaces) await context.context.internalAdapter.deleteSession(replaces)
        return { token: session.token }
      },
    ),
  },
} satisfies BetterAuthPlugin

export type Auth = ReturnType<typeof makeAuth>
