import type { Kysely } from 'kysely'

/** The versions of saved segments with which a campaign was launched. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('campaign_segments')
    .addColumn('campaign_id', 'text', (c) => c.notNull().references('campaigns.id'))
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('segment_id', 'text', (c) => c.notNull().references('segments.id'))
    .addColumn('version', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('campaign_segments_key', ['campaign_id', 'segment_id'])
    .execute()
}
