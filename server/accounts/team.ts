import { randomUUID } from 'node:crypto'
import type { Clock } from '../platform.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Language } from '../messages/messages.ts'
import type { Store } from '../store/store.ts'
import type { Role } from '../trpc.ts'
import { ownsInstallation } from './access.ts'
import type { OpenStreams } from './streams.ts'
import { hashOf, newToken } from './tokens.ts'
import { calledName } from './users.ts'

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

const inviteDays = 7

/** Who works in which workspace, in which role, and who is invited. Every change is audited. */
export class Team {
  readonly #store: Store
  readonly #clock: Clock
  readonly #streams: OpenStreams

  constructor(store: Store, clock: Clock, streams: OpenStreams) {
    this.#store = store
    this.#clock = clock
    this.#streams = streams
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

  /** Who works in a workspace, and the invites that are still open. */
  async of(workspaceId: string, language: Language): Promise<{ members: TeamMember[]; invites: Invite[] }> {
    const owner = await this.#store
      .selectFrom('installation')
      .innerJoin('users', 'users.id', 'installation.owner_user_id')
      .select(['users.id', 'users.name', 'users.username'])
      .executeTakeFirst()
    const rows = await this.#store
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.user_id')
      .select(['users.id', 'users.name', 'users.username', 'memberships.role'])
      .where('memberships.workspace_id', '=', workspaceId)
      .orderBy('memberships.created_at')
      .execute()
    const invites = await this.#store
      .selectFrom('invites')
      .select(['id', 'role', 'expires_at'])
      .where('workspace_id', '=', workspaceId)
      .where('accepted_at', 'is', null)
      .where('expires_at', '>', this.#clock.now().toISOString())
      .orderBy('created_at')
      .execute()
    return {
      members: [
        ...(owner
          ? [
              {
                userId: owner.id,
                name: calledName(owner, language),
                role: 'owner' as const,
                ownsInstallation: true,
              },
            ]
          : []),
        ...rows
          .filter(({ id }) => id !== owner?.id)
          .map(({ role, ...user }) => ({
            userId: user.id,
            name: calledName(user, language),
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
    if (await ownsInstallation(this.#store, userId)) return { kind: 'owns-installation' }
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
      this.#streams.cut(userId)
      return { kind: 'set' } as const
    })
  }

  /** Ends a person's access at once: to this workspace, and all sessions when it was their last one. */
  async remove(
    workspaceId: string,
    userId: string,
    actor: string,
  ): Promise<{ kind: 'removed' } | { kind: 'not-in-team' } | { kind: 'owns-installation' }> {
    if (await ownsInstallation(this.#store, userId)) return { kind: 'owns-installation' }
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
    if (outcome.kind === 'removed') this.#streams.cut(userId)
    return outcome
  }
}
