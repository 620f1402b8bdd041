import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'

/** In the form of Standard Webhooks: what a receiver checks signatures with. */
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`

/** The secret that signs a workspace's messages; made when first needed. */
export async function signingSecret(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  at: Date,
): Promise<string> {
  await store
    .insertInto('webhook_secrets')
    .values({
      workspace_id: workspaceId,
      secret: newSecret(),
      created_at: at.toISOString(),
      shown_at: null,
    })
    .onConflict((conflict) => conflict.column('workspace_id').doNothing())
    .execute()
  const { secret } = await store
    .selectFrom('webhook_secrets')
    .select('secret')
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirstOrThrow()
  return secret
}

export type ShownSecret = { kind: 'shown'; secret: string } | { kind: 'shown-before'; at: string }

/** Shows the secret, once: after that only a new one can be had. */
export async function showSecret(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  at: Date,
): Promise<ShownSecret> {
  const secret = await signingSecret(store, workspaceId, at)
  const { numUpdatedRows } = await store
    .updateTable('webhook_secrets')
    .set({ shown_at: at.toISOString() })
    .where('workspace_id', '=', workspaceId)
    .where('shown_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return { kind: 'shown', secret }
  const row = await store
    .selectFrom('webhook_secrets')
    .select('shown_at')
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirstOrThrow()
  return { kind: 'shown-before', at: row.shown_at! }
}

/** Replaces the secret and shows the new one. Receivers must take it at once: messages are signed with it from now on. */
export async function renewSecret(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  at: Date,
): Promise<string> {
  const secret = newSecret()
  const row = { secret, created_at: at.toISOString(), shown_at: at.toISOString() }
  await store
    .insertInto('webhook_secrets')
    .values({ workspace_id: workspaceId, ...row })
    .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet(row))
    .execute()
  return secret
}
