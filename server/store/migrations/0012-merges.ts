import type { Kysely } from 'kysely'

/** What people set last of each id: whose identity it is, or nobody else's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('merge_settings')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('from_id', 'text', (c) => c.notNull())
    .addColumn('into_id', 'text')
    .addColumn('set_by', 'text', (c) => c.notNull())
    .addColumn('set_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('one_merge_an_id', ['workspace_id', 'from_id'])
    .execute()
}
