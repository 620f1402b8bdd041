import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { isAPIError } from 'better-auth/api'
import type { Clock } from '../platform.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'
import type { Role } from '../trpc.ts'
import { Attempts } from './attempts.ts'
import { type Auth, makeAuth, normalName } from './auth.ts'
import type { Browser } from './browser.ts'

/** Who is signed in, and where. */
export interface SignedIn {
  readonly userId: string
  readonly name: string
  readonly sessionToken: string
  /** Null when the user may see no workspace at all. */
  readonly workspaceId: string | null
  readonly role: Role | null
}

export interface Access {
  readonly workspaceId: string
  readonly name: string
  readonly role: Role
}

export interface TeamMember {
  readonly userId: string
  readonly name: string
  readonly role: Role
  /** The owner of the installation: owner of every workspace, and nobody can change that. */
  readonly ownsInstallation: boolean
}

export interface Invite {
  readonly id: string
  readonly role: Role
  readonly expiresAt: string
}

type LinkRefused = { kind: 'link-refused' }
type MustWait = { kind: 'must-wait'; minutes: number }
type NameTaken = { kind: 'name-taken' }
type Entered = { kind: 'signed-in'; role: Role | null }

const ownerLinkMinutes = 15
const inviteDays = 7
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')
const newToken = () => randomBytes(32).toString('base64url')

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
  readonly #streams = new Map<string, Set<() => void>>()
  #ownerLink: { hash: string; until: number } | null = null

  constructor(store: Store, clock: Clock, secret: string) {
    this.#store = store
    this.#clock = clock
    this.#auth = makeAuth(store, secret)
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

  async signInWithOwnerToken(browser: Browser, token: string): Promise<Entered | LinkRefused | MustWait> {
    const minutes = this.#addresses.waitMinutes(browser.address)
    if (minutes !== null) return { kind: 'must-wait', minutes }
    const link = this.#ownerLink
    if (!link || link.hash !== hashOf(token) || this.#clock.now().getTime() >= link.until) {
      this.#addresses.failed(browser.address)
      return { kind: 'link-refused' }
    }
    this.#ownerLink = null
    await this.#startSession(browser, await this.#ownerUserId())
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
    const [first] = await this.workspacesOf(entered.response.user.id)
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
      if (await this.#taken(tx, name, userId)) return false
      await tx
        .updateTable('users')
        .set({ name: name.trim(), username: normalName(name), updated_at: this.#now() })
        .where('id', '=', userId)
        .execute()
      await tx.deleteFrom('credentials').where('user_id', '=', userId).execute()
      await tx.insertInto('credentials').values(this.#credential(userId, hash)).execute()
      await tx.deleteFrom('sessions').where('user_id', '=', userId).execute()
      return true
    })
    if (!set) return { kind: 'name-taken' }
    this.#cut(userId)
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

  async signOut(browser: Browser): Promise<void> {
    const { headers } = await this.#auth.api.signOut({ headers: browser.headers, returnHeaders: true })
    browser.setCookies(headers.getSetCookie())
  }

  /** The session of a browser with the role it has now; a role that was taken away is gone at once. */
  async signedIn(browser: Browser): Promise<SignedIn | null> {
    const found = await this.#sessionOf(browser)
    if (!found) return null
    const access = await this.workspacesOf(found.user.id)
    const chosen = access.find(({ workspaceId }) => workspaceId === found.session.workspaceId) ?? access[0]
    return {
      userId: found.user.id,
      name: found.user.name,
      sessionToken: found.session.token,
      workspaceId: chosen?.workspaceId ?? null,
      role: chosen?.role ?? null,
    }
  }

  /** Every workspace that the user may see, oldest first. */
  async workspacesOf(userId: string): Promise<Access[]> {
    if (await this.ownsInstallation(userId)) {
      const all = await this.#store
        .selectFrom('workspaces')
        .select(['id', 'name'])
        .orderBy('created_at')
        .execute()
      return all.map(({ id, name }) => ({ workspaceId: id, name, role: 'owner' }))
    }
    const rows = await this.#store
      .selectFrom('memberships')
      .innerJoin('workspaces', 'workspaces.id', 'memberships.workspace_id')
      .select(['workspaces.id', 'workspaces.name', 'memberships.role'])
      .where('memberships.user_id', '=', userId)
      .orderBy('workspaces.created_at')
      .execute()
    return rows.map(({ id, name, role }) => ({ workspaceId: id, name, role: role as Role }))
  }

  async ownsInstallation(userId: string): Promise<boolean> {
    const { owner_user_id } = await this.#store
      .selectFrom('installation')
      .select('owner_user_id')
      .executeTakeFirstOrThrow()
    return owner_user_id === userId
  }

  /** False when the user may not see that workspace. */
  async switchWorkspace(userId: string, sessionToken: string, workspaceId: string): Promise<boolean> {
    const access = await this.workspacesOf(userId)
    if (!access.some((one) => one.workspaceId === workspaceId)) return false
    await this.#store
      .updateTable('sessions')
      .set({ workspace_id: workspaceId })
      .where('token', '=', sessionToken)
      .execute()
    return true
  }

  /** A link's token for one person and one role, valid for 7 days, once. It is kept only as a hash. */
  async invite(
    workspaceId: string,
    role: Role,
    actor: string,
  ): Promise<{ id: string; token: string; expiresAt: string }> {
    const id = randomUUID()
    const token = newToken()
    const now = this.#clock.now()
    const expiresAt = new Date(now.getTime() + inviteDays * 24 * 60 * 60_000).toISOString()
    await this.#store.transaction().execute(async (tx) => {
      await tx
        .insertInto('invites')
        .values({
          id,
          workspace_id: workspaceId,
          role,
          token_hash: hashOf(token),
          created_by: actor,
          created_at: now.toISOString(),
          expires_at: expiresAt,
          accepted_by: null,
          accepted_at: null,
        })
        .execute()
      await recordAudit(tx, { workspaceId, actor, action: 'member-invited', subject: role, at: now })
    })
    return { id, token, expiresAt }
  }

  async withdrawInvite(workspaceId: string, id: string, actor: string): Promise<boolean> {
    return this.#store.transaction().execute(async (tx) => {
      const gone = await tx
        .deleteFrom('invites')
        .where('id', '=', id)
        .where('workspace_id', '=', workspaceId)
        .where('accepted_at', 'is', null)
        .executeTakeFirst()
      if (gone.numDeletedRows === 0n) return false
      await recordAudit(tx, {
        workspaceId,
        actor,
        action: 'invite-withdrawn',
        subject: id,
        at: this.#clock.now(),
      })
      return true
    })
  }

  /** What an invite offers, before it is accepted. */
  async inviteOf(
    browser: Browser,
    token: string,
  ): Promise<{ kind: 'invite'; workspace: string; role: Role } | LinkRefused | MustWait> {
    const minutes = this.#addresses.waitMinutes(browser.address)
    if (minutes !== null) return { kind: 'must-wait', minutes }
    const open = await this.#openInvite(this.#store, token)
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
      const invite = await this.#openInvite(tx, token)
      if (!invite) return { kind: 'link-refused' } as const
      if (credentials && (await this.#taken(tx, credentials.name))) return { kind: 'name-taken' } as const
      const userId = present?.user.id ?? randomUUID()
      const now = this.#now()
      if (credentials) {
        await tx
          .insertInto('users')
          .values(this.#user(userId, credentials.name, true))
          .execute()
        await tx.insertInto('credentials').values(this.#credential(userId, hash!)).execute()
      }
      const membership = {
        user_id: userId,
        workspace_id: invite.workspace_id,
        role: invite.role,
        created_at: now,
      }
      await tx
        .insertInto('memberships')
        .values(membership)
        .onConflict((conflict) =>
          conflict.columns(['user_id', 'workspace_id']).doUpdateSet({ role: invite.role }),
        )
        .execute()
      await tx
        .updateTable('invites')
        .set({ accepted_by: userId, accepted_at: now })
        .where('id', '=', invite.id)
        .execute()
      await recordAudit(tx, {
        workspaceId: invite.workspace_id,
        actor: userId,
        action: 'invite-accepted',
        subject: invite.role,
        at: this.#clock.now(),
      })
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

  async team(workspaceId: string): Promise<{ members: TeamMember[]; invites: Invite[] }> {
    const owner = await this.#store
      .selectFrom('installation')
      .innerJoin('users', 'users.id', 'installation.owner_user_id')
      .select(['users.id', 'users.name'])
      .executeTakeFirst()
    const rows = await this.#store
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.user_id')
      .select(['users.id', 'users.name', 'memberships.role'])
      .where('memberships.workspace_id', '=', workspaceId)
      .orderBy('memberships.created_at')
      .execute()
    const invites = await this.#store
      .selectFrom('invites')
      .select(['id', 'role', 'expires_at'])
      .where('workspace_id', '=', workspaceId)
      .where('accepted_at', 'is', null)
      .where('expires_at', '>', this.#now())
      .orderBy('created_at')
      .execute()
    return {
      members: [
        ...(owner
          ? [{ userId: owner.id, name: owner.name, role: 'owner' as const, ownsInstallation: true }]
          : []),
        ...rows
          .filter(({ id }) => id !== owner?.id)
          .map(({ id, name, role }) => ({
            userId: id,
            name,
            role: role as Role,
            ownsInstallation: false,
          })),
      ],
      invites: invites.map(({ id, role, expires_at }) => ({ id, role: role as Role, expiresAt: expires_at })),
    }
  }

  async setRole(
    workspaceId: string,
    userId: string,
    role: Role,
    actor: string,
  ): Promise<{ kind: 'set' } | { kind: 'not-in-team' } | { kind: 'owns-installation' }> {
    if (await this.ownsInstallation(userId)) return { kind: 'owns-installation' }
    return this.#store.transaction().execute(async (tx) => {
      const changed = await tx
        .updateTable('memberships')
        .set({ role })
        .where('workspace_id', '=', workspaceId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      if (changed.numUpdatedRows === 0n) return { kind: 'not-in-team' } as const
      await recordAudit(tx, {
        workspaceId,
        actor,
        action: 'role-changed',
        subject: `${userId} ${role}`,
        at: this.#clock.now(),
      })
      this.#cut(userId)
      return { kind: 'set' } as const
    })
  }

  /** Ends a person's access at once: to this workspace, and all sessions when it was their last one. */
  async remove(
    workspaceId: string,
    userId: string,
    actor: string,
  ): Promise<{ kind: 'removed' } | { kind: 'not-in-team' } | { kind: 'owns-installation' }> {
    if (await this.ownsInstallation(userId)) return { kind: 'owns-installation' }
    const outcome = await this.#store.transaction().execute(async (tx) => {
      const gone = await tx
        .deleteFrom('memberships')
        .where('workspace_id', '=', workspaceId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      if (gone.numDeletedRows === 0n) return { kind: 'not-in-team' } as const
      const elsewhere = await tx
        .selectFrom('memberships')
        .select('workspace_id')
        .where('user_id', '=', userId)
        .executeTakeFirst()
      if (!elsewhere) await tx.deleteFrom('sessions').where('user_id', '=', userId).execute()
      await recordAudit(tx, {
        workspaceId,
        actor,
        action: 'member-removed',
        subject: userId,
        at: this.#clock.now(),
      })
      return { kind: 'removed' } as const
    })
    if (outcome.kind === 'removed') this.#cut(userId)
    return outcome
  }

  /**
   * Notes an answer that stays open (progress). `cut` is called when the user's rights change, so that
   * nothing flows on what was allowed before. Answers how to forget it again.
   */
  keepStream(userId: string, cut: () => void): () => void {
    const open = this.#streams.get(userId) ?? new Set()
    this.#streams.set(userId, open.add(cut))
    return () => {
      open.delete(cut)
      if (open.size === 0) this.#streams.delete(userId)
    }
  }

  #cut(userId: string): void {
    for (const cut of this.#streams.get(userId) ?? []) cut()
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

  /** The owner's user, made at the first sign-in. */
  #ownerUserId(): Promise<string> {
    return this.#store.transaction().execute(async (tx) => {
      const { owner_user_id } = await tx
        .selectFrom('installation')
        .select('owner_user_id')
        .executeTakeFirstOrThrow()
      if (owner_user_id) return owner_user_id
      const id = randomUUID()
      await tx
        .insertInto('users')
        .values(this.#user(id, 'Owner', false))
        .execute()
      await tx.updateTable('installation').set({ owner_user_id: id }).execute()
      return id
    })
  }

  #openInvite(store: Store, token: string) {
    return store
      .selectFrom('invites')
      .selectAll()
      .where('token_hash', '=', hashOf(token))
      .where('accepted_at', 'is', null)
      .where('expires_at', '>', this.#now())
      .executeTakeFirst()
  }

  async #taken(store: Store, name: string, exceptUserId?: string): Promise<boolean> {
    const found = await store
      .selectFrom('users')
      .select('id')
      .where('username', '=', normalName(name))
      .executeTakeFirst()
    return found !== undefined && found.id !== exceptUserId
  }

  #now(): string {
    return this.#clock.now().toISOString()
  }

  #user(id: string, name: string, signsInByName: boolean) {
    return {
      id,
      name: name.trim(),
      email: `${id}@reveille.invalid`,
      email_verified: 0,
      image: null,
      username: signsInByName ? normalName(name) : null,
      created_at: this.#now(),
      updated_at: this.#now(),
    }
  }

  #credential(userId: string, password: string) {
    return {
      id: randomUUID(),
      account_id: userId,
      provider_id: 'credential',
      user_id: userId,
      access_token: null,
      refresh_token: null,
      id_token: null,
      access_token_expires_at: null,
      refresh_token_expires_at: null,
      scope: null,
      password,
      created_at: this.#now(),
      updated_at: this.#now(),
    }
  }
}
