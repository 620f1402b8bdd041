import { randomUUID } from 'node:crypto'
import { isAPIError } from 'better-auth/api'
import type { Clock } from '../platform.ts'
import type { Language } from '../messages/messages.ts'
import type { Store } from '../store/store.ts'
import type { Role } from '../trpc.ts'
import { workspacesOf } from './access.ts'
import { Attempts } from './attempts.ts'
import { type Auth, makeAuth, normalName } from './auth.ts'
import type { Browser } from './browser.ts'
import { openInvite, takeInvite } from './invites.ts'
import { OpenStreams } from './streams.ts'
import { Team } from './team.ts'
import { hashOf, newToken } from './tokens.ts'
import { calledName, credentialRow, nameTaken, ownerUserId, userRow } from './users.ts'

/** Who is signed in, and where. */
export interface SignedIn {
  readonly userId: string
  readonly name: string
  readonly sessionToken: string
  /** Null when the user may see no workspace at all. */
  readonly workspaceId: string | null
  readonly role: Role | null
}

type LinkRefused = { kind: 'link-refused' }
type MustWait = { kind: 'must-wait'; minutes: number }
type NameTaken = { kind: 'name-taken' }
type Entered = { kind: 'signed-in'; role: Role | null }

const ownerLinkMinutes = 15

/**
 * Users, their sessions and their roles. Everything works offline and without e-mail: the owner comes
 * in by a link printed at each start, everybody else by an invite link, and later by name and password.
 */
export class Accounts {
  readonly #store: Store
  readonly #clock: Clock
  readonly #auth: Auth
  readonly #names: Attempts
  readonly #addresses: Attempts
  readonly #streams = new OpenStreams()
  /** Who works where, and invites. */
  readonly team: Team
  #ownerLink: { hash: string; until: number } | null = null

  constructor(store: Store, clock: Clock, secret: string) {
    this.#store = store
    this.#clock = clock
    this.#auth = makeAuth(store, secret)
    this.team = new Team(store, clock, this.#streams)
    this.#names = new Attempts(5, clock)
    this.#addresses = new Attempts(50, clock)
  }

  static async open(store: Store, clock: Clock): Promise<Accounts> {
    const { secret } = await store.selectFrom('installation').select('secret').executeTakeFirstOrThrow()
    return new Accounts(store, clock, secret)
  }

  /** A fresh token that signs the installation's owner in: for 15 minutes, once. The one before ends. */
  newOwnerToken(): string {
    const token = newToken()
    this.#ownerLink = { hash: hashOf(token), until: this.#clock.now().getTime() + ownerLinkMinutes * 60_000 }
    return token
  }

  async signInWithOwnerToken(
    browser: Browser,
    token: string,
    language: Language,
  ): Promise<Entered | LinkRefused | MustWait> {
    const minutes = this.#addresses.waitMinutes(browser.address)
    if (minutes !== null) return { kind: 'must-wait', minutes }
    const link = this.#ownerLink
    if (!link || link.hash !== hashOf(token) || this.#clock.now().getTime() >= link.until) {
      this.#addresses.failed(browser.address)
      return { kind: 'link-refused' }
    }
    this.#ownerLink = null
    await this.#startSession(browser, await ownerUserId(this.#store, language, this.#now()))
    return { kind: 'signed-in', role: 'owner' }
  }

  async signInWithPassword(
    browser: Browser,
    { name, password }: { name: string; password: string },
  ): Promise<Entered | { kind: 'wrong' } | MustWait> {
    const key = normalName(name)
    const minutes = this.#names.waitMinutes(key) ?? this.#addresses.waitMinutes(browser.address)
    if (minutes !== null) return { kind: 'must-wait', minutes }
    const before = await this.#sessionOf(browser)
    let entered
    try {
      entered = await this.#auth.api.signInUsername({
        body: { username: name, password },
        headers: browser.headers,
        returnHeaders: true,
      })
    } catch (error) {
      if (!isAPIError(error) || error.statusCode >= 500) throw error
      this.#names.failed(key)
      this.#addresses.failed(browser.address)
      return { kind: 'wrong' }
    }
    this.#names.succeeded(key)
    browser.setCookies(entered.headers.getSetCookie())
    if (before) await this.#endSession(before.session.token)
    const [first] = await workspacesOf(this.#store, entered.response.user.id)
    return { kind: 'signed-in', role: first?.role ?? null }
  }

  /** Name and password for later; every other session of the user ends and this one is renewed. */
  async setPassword(
    browser: Browser,
    userId: string,
    { name, password }: { name: string; password: string },
  ): Promise<{ kind: 'set' } | NameTaken> {
    const hash = await this.#hash(password)
    const set = await this.#store.transaction().execute(async (tx) => {
      if (await nameTaken(tx, name, userId)) return false
      await tx
        .updateTable('users')
        .set({ name: name.trim(), username: normalName(name), updated_at: this.#now() })
        .where('id', '=', userId)
        .execute()
      await tx.deleteFrom('credentials').where('user_id', '=', userId).execute()
      await tx
        .insertInto('credentials')
        .values(credentialRow(userId, hash, this.#now()))
        .execute()
      await tx.deleteFrom('sessions').where('user_id', '=', userId).execute()
      return true
    })
    if (!set) return { kind: 'name-taken' }
    this.#streams.cut(userId)
    await this.#startSession(browser, userId)
    return { kind: 'set' }
  }

  async hasPassword(userId: string): Promise<boolean> {
    const found = await this.#store
      .selectFrom('credentials')
      .select('id')
      .where('user_id', '=', userId)
      .executeTakeFirst()
    return found !== undefined
  }

  /** What a user is called in that language. */
  async calledName(userId: string, language: Language): Promise<string> {
    const user = await this.#store
      .selectFrom('users')
      .select(['name', 'username'])
      .where('id', '=', userId)
      .executeTakeFirstOrThrow()
    return calledName(user, language)
  }

  async signOut(browser: Browser): Promise<void> {
    const { headers } = await this.#auth.api.signOut({ headers: browser.headers, returnHeaders: true })
    browser.setCookies(headers.getSetCookie())
  }

  /** The session of a browser with the role it has now; a role that was taken away is gone at once. */
  async signedIn(browser: Browser): Promise<SignedIn | null> {
    const found = await this.#sessionOf(browser)
    if (!found) return null
    const access = await workspacesOf(this.#store, found.user.id)
    const chosen = access.find(({ workspaceId }) => workspaceId === found.session.workspaceId) ?? access[0]
    return {
      userId: found.user.id,
      name: found.user.name,
      sessionToken: found.session.token,
      workspaceId: chosen?.workspaceId ?? null,
      role: chosen?.role ?? null,
    }
  }

  /** False when the user may not see that workspace. */
  async switchWorkspace(userId: string, sessionToken: string, workspaceId: string): Promise<boolean> {
    const access = await workspacesOf(this.#store, userId)
    if (!access.some((one) => one.workspaceId === workspaceId)) return false
    await this.#store
      .updateTable('sessions')
      .set({ workspace_id: workspaceId })
      .where('token', '=', sessionToken)
      .execute()
    return true
  }

  /** What an invite offers, before it is accepted. */
  async inviteOf(
    browser: Browser,
    token: string,
  ): Promise<{ kind: 'invite'; workspace: string; role: Role } | LinkRefused | MustWait> {
    const minutes = this.#addresses.waitMinutes(browser.address)
    if (minutes !== null) return { kind: 'must-wait', minutes }
    const open = await openInvite(this.#store, token, this.#now())
    if (!open) {
      this.#addresses.failed(browser.address)
      return { kind: 'link-refused' }
    }
    const { name } = await this.#store
      .selectFrom('workspaces')
      .select('name')
      .where('id', '=', open.workspace_id)
      .executeTakeFirstOrThrow()
    return { kind: 'invite', workspace: name, role: open.role as Role }
  }

  /**
   * Takes an invite: a new user with name and password, or, when this browser is signed in and none
   * are given, the user who is. User, membership and the spent invite are one transaction.
   */
  async acceptInvite(
    browser: Browser,
    token: string,
    credentials: { name: string; password: string } | null,
  ): Promise<Entered | LinkRefused | NameTaken | MustWait | { kind: 'sign-in-first' }> {
    const minutes = this.#addresses.waitMinutes(browser.address)
    if (minutes !== null) return { kind: 'must-wait', minutes }
    const present = credentials ? null : await this.#sessionOf(browser)
    if (!credentials && !present) return { kind: 'sign-in-first' }
    const hash = credentials && (await this.#hash(credentials.password))
    const outcome = await this.#store.transaction().execute(async (tx) => {
      const now = this.#now()
      const invite = await openInvite(tx, token, now)
      if (!invite) return { kind: 'link-refused' } as const
      if (credentials && (await nameTaken(tx, credentials.name))) return { kind: 'name-taken' } as const
      const userId = present?.user.id ?? randomUUID()
      if (credentials) {
        await tx
          .insertInto('users')
          .values(userRow(userId, credentials.name, true, now))
          .execute()
        await tx
          .insertInto('credentials')
          .values(credentialRow(userId, hash!, now))
          .execute()
      }
      await takeInvite(tx, invite, userId, this.#clock.now())
      return {
        kind: 'accepted',
        userId,
        workspaceId: invite.workspace_id,
        role: invite.role as Role,
      } as const
    })
    if (outcome.kind === 'link-refused') this.#addresses.failed(browser.address)
    if (outcome.kind !== 'accepted') return outcome
    await this.#startSession(browser, outcome.userId, outcome.workspaceId)
    return { kind: 'signed-in', role: outcome.role }
  }

  /** Notes an answer that stays open, to be ended when the user's rights change. See OpenStreams. */
  keepStream(userId: string, cut: () => void): () => void {
    return this.#streams.keep(userId, cut)
  }

  async #sessionOf(browser: Browser) {
    const { headers, response } = await this.#auth.api.getSession({
      headers: browser.headers,
      returnHeaders: true,
    })
    if (response) browser.setCookies(headers.getSetCookie()) // prolonged once a day
    return response
  }

  async #startSession(browser: Browser, userId: string, workspaceId?: string): Promise<void> {
    const before = await this.#sessionOf(browser)
    const { headers, response } = await this.#auth.api.startSession({
      body: { userId, replaces: before?.session.token ?? null },
      headers: browser.headers,
      returnHeaders: true,
    })
    browser.setCookies(headers.getSetCookie())
    const chosen = workspaceId ?? (before?.user.id === userId ? before.session.workspaceId : null)
    if (chosen)
      await this.#store
        .updateTable('sessions')
        .set({ workspace_id: chosen })
        .where('token', '=', response.token)
        .execute()
  }

  async #endSession(token: string): Promise<void> {
    await this.#store.deleteFrom('sessions').where('token', '=', token).execute()
  }

  async #hash(password: string): Promise<string> {
    return (await this.#auth.$context).password.hash(password)
  }

  #now(): string {
    return this.#clock.now().toISOString()
  }
}
