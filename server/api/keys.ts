import { hash, randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../platform.ts'
import { recordAudit } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'

/** What a key may do: `redemptions` redeems, looks up and cancels one; `orders` sends orders and cancels by order; `members` sends members; `events` sends rows of the further kinds; `segments` reads who is in a saved segment; `campaigns` what campaigns brought; `metrics` figures, which name no member; `channels` sets up how messages go out. */
export const scopes = [
  'redemptions',
  'orders',
  'members',
  'events',
  'segments',
  'campaigns',
  'metrics',
  'channels',
] as const
export type Scope = (typeof scopes)[number]

/** A key without its secret. */
export interface ApiKey {
  id: string
  name: string
  /** The first letters of the key. */
  prefix: string
  scopes: Scope[]
  createdAt: string
  /** To the hour; null: never. */
  lastUsedAt: string | null
  revokedAt: string | null
}

/** Who calls the API. */
export interface KeyHolder {
  readonly keyId: string
  readonly name: string
  readonly workspaceId: string
  readonly scopes: readonly Scope[]
}

const hourMs = 3_600_000
const prefixLength = 15

// 256 random bits need no slow hash, and a check must be quick: it comes with every redemption.
const digestOf = (key: string) => hash('sha256', key, 'base64url')

/** Makes a key of one workspace. The key itself is answered here and never again. */
export async function createKey(
  store: Store,
  clock: Clock,
  wanted: { workspaceId: string; name: string; scopes: readonly Scope[]; actor: string },
): Promise<{ id: string; key: string }> {
  const id = randomUUID()
  const key = `reveille_${randomBytes(32).toString('base64url')}`
  const at = clock.now()
  await store.transaction().execute(async (tx) => {
    await tx
      .insertInto('api_keys')
      .values({
        id,
        workspace_id: wanted.workspaceId,
        name: wanted.name,
        prefix: key.slice(0, prefixLength),
        digest: digestOf(key),
        scopes: JSON.stringify(scopes.filter((scope) => wanted.scopes.includes(scope))),
        created_at: at.toISOString(),
      })
      .execute()
    await recordAudit(tx, {
      workspaceId: wanted.workspaceId,
      actor: wanted.actor,
      action: 'key-created',
      subject: id,
      at,
    })
  })
  return { id, key }
}

/** The keys of a workspace, newest first, revoked ones too. */
export async function listKeys(store: Store, workspaceId: string): Promise<ApiKey[]> {
  const rows = await store
    .selectFrom('api_keys')
    .where('workspace_id', '=', workspaceId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .selectAll()
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: JSON.parse(row.scopes) as Scope[],
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }))
}

/** Ends a key at once and for good; false when the workspace has no such key. Repeating it changes nothing. */
export async function revokeKey(
  store: Store,
  clock: Clock,
  which: { workspaceId: string; id: string; actor: string },
): Promise<boolean> {
  const at = clock.now()
  return store.transaction().execute(async (tx) => {
    const key = await tx
      .selectFrom('api_keys')
      .where('workspace_id', '=', which.workspaceId)
      .where('id', '=', which.id)
      .select('revoked_at')
      .executeTakeFirst()
    if (!key) return false
    if (key.revoked_at !== null) return true
    await tx
      .updateTable('api_keys')
      .set({ revoked_at: at.toISOString() })
      .where('id', '=', which.id)
      .execute()
    await recordAudit(tx, {
      workspaceId: which.workspaceId,
      actor: which.actor,
      action: 'key-revoked',
      subject: which.id,
      at,
    })
    return true
  })
}

/**
 * Whose key this is; null for one that does not exist or was revoked. It reads one row; that the key
 * was used is written once an hour, not with every call.
 */
export async function keyHolder(store: Store, clock: Clock, key: string): Promise<KeyHolder | null> {
  const row = await store
    .selectFrom('api_keys')
    .where('digest', '=', digestOf(key))
    .where('revoked_at', 'is', null)
    .select(['id', 'name', 'workspace_id', 'scopes', 'last_used_at'])
    .executeTakeFirst()
  if (!row) return null
  const now = clock.now()
  if (row.last_used_at === null || now.getTime() - Date.parse(row.last_used_at) >= hourMs)
    await store
      .updateTable('api_keys')
      .set({ last_used_at: now.toISOString() })
      .where('id', '=', row.id)
      .execute()
  return {
    keyId: row.id,
    name: row.name,
    workspaceId: row.workspace_id,
    scopes: JSON.parse(row.scopes) as Scope[],
  }
}
