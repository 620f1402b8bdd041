import type { Kysely } from 'kysely'

/** Beside the id of who was deleted: what else files knew them by. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // No reference, as for deletions.
  await db.schema
    .createTable('deleted_values')
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('pseudonym', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('deleted_values_key', ['workspace_id', 'secret', 'hash'])
    .execute()
}
