import type { Kysely } from 'kysely'

/** Members of a workspace who are sent nothing by any campaign, from a day on; one without an end at a time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('global_holdouts')
    .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('seed', 'text', (c) => c.notNull())
    .addColumn('share', 'real', (c) => c.notNull())
    .addColumn('started_at', 'text', (c) => c.notNull())
    .addColumn('started_day', 'text', (c) => c.notNull())
    .addColumn('set_by', 'text', (c) => c.notNull())
    .execute()
}
