import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { Actor } from '../trpc.ts'

/** How an actor is named in the audit: a user's id, or the command line. */
export const auditName = (actor: Actor): string => (actor.kind === 'user' ? actor.userId : 'command-line')

/**
 * Notes who did what to what, in the transaction that does it. `action` is a fixed word such as
 * `member-invited`; `subject` is an id or a setting, never personal data.
 */
export async function recordAudit(
  tx: Kysely<StoreSchema>,
  entry: { workspaceId: string; actor: string; action: string; subject: string; at: Date },
): Promise<void> {
  await tx
    .insertInto('audit')
    .values({
      id: randomUUID(),
      workspace_id: entry.workspaceId,
      actor: entry.actor,
      action: entry.action,
      subject: entry.subject,
      at: entry.at.toISOString(),
    })
    .execute()
}
