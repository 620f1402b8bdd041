import { recordAudit } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'
import { hashOf } from './tokens.ts'

/** The invite of a link's token, unless it is spent, withdrawn or too old. `at`: the instant, as ISO text. */
export function openInvite(store: Store, token: string, at: string) {
  return store
    .selectFrom('invites')
    .selectAll()
    .where('token_hash', '=', hashOf(token))
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', at)
    .executeTakeFirst()
}

/** Spends an open invite: the user is in the team from then on, in the invite's role. */
export async function takeInvite(
  tx: Store,
  invite: { id: string; workspace_id: string; role: string },
  userId: string,
  now: Date,
): Promise<void> {
  const membership = {
    user_id: userId,
    workspace_id: invite.workspace_id,
    role: invite.role,
    created_at: now.toISOString(),
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
    .set({ accepted_by: userId, accepted_at: now.toISOString() })
    .where('id', '=', invite.id)
    .execute()
  await recordAudit(tx, {
    workspaceId: invite.workspace_id,
    actor: userId,
    action: 'invite-accepted',
    subject: invite.role,
    at: now,
  })
}
