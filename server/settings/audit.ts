import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Engine, Session } from '../../analytics/engine/engine.ts'
import { join, sql } from '../../analytics/sql/sql.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Actor } from '../trpc.ts'

/** How an actor is named in the audit: a user's id, or the command line. */
export const auditName = (actor: Actor): string => (actor.kind === 'user' ? actor.userId : 'command-line')

/**
 * Notes who did what to what, in the transaction that does it. `action` is a fixed word such as
 * `member-invited`; `subject` is an id or a setting, never personal data.
 */
export async function recordAudit(tx: Kysely<StoreSchema>, entry: AuditEntry): Promise<void> {
  await recordAudits(tx, [entry])
}

interface AuditEntry {
  readonly workspaceId: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly at: Date
}

/** The same of several; of very many a part at a time. */
export async function recordAudits(tx: Kysely<StoreSchema>, entries: readonly AuditEntry[]): Promise<void> {
  await tx
    .insertInto('audit')
    .values(
      entries.map(({ workspaceId, actor, action, subject, at }) => ({
        id: randomUUID(),
        workspace_id: workspaceId,
        actor,
        action,
        subject,
        at: at.toISOString(),
      })),
    )
    .execute()
}

/**
 * Leaves an entry in the engine's transaction that changes the data, so that it is there exactly when the change is;
 * `passAudit` takes it on into the audit.
 */
export async function leaveAudit(
  session: Session,
  { actor, action, subject, at }: { actor: string; action: string; subject: string; at: Date },
): Promise<void> {
  await session.run(sql`insert into audit_waiting
    values (${randomUUID()}, ${actor}, ${action}, ${subject}, cast(${at.toISOString()} as timestamp))`)
}

/** Takes into the audit what was left in a workspace's engine. Each entry comes there once, however often this breaks off. */
export async function passAudit(
  store: Kysely<StoreSchema>,
  { id, engine }: { readonly id: string; readonly engine: Engine },
): Promise<void> {
  const waiting = await engine.rows(
    sql`select id, actor, action, subject, epoch_ms(done_at) as at from audit_waiting`,
  )
  if (waiting.length === 0) return
  await store
    .insertInto('audit')
    .values(
      waiting.map((entry) => ({
        id: String(entry.id),
        workspace_id: id,
        actor: String(entry.actor),
        action: String(entry.action),
        subject: String(entry.subject),
        at: new Date(Number(entry.at)).toISOString(),
      })),
    )
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
  await engine.run(
    sql`delete from audit_waiting where id in (${join(waiting.map((entry) => String(entry.id)))})`,
  )
}
