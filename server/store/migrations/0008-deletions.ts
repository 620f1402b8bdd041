import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // No reference to workspaces: after a restore the list may speak of one that the backup does not have.
  await db.schema
    .createTable('deletions')
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('pseudonym', 'text', (c) => c.notNull())
    .addColumn('deleted_at', 'text', (c) => c.notNull())
    .addColumn('applied_at', 'text')
    .addPrimaryKeyConstraint('deletions_key', ['workspace_id', 'pseudonym'])
    .execute()
}
