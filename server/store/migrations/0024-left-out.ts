import type { Kysely } from 'kysely'

/** Whom a launch left out and why, and how many messages a member may get. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('left_out')
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('campaign_id', 'text', (c) => c.notNull())
    .addColumn('launch_id', 'text', (c) => c.notNull())
    .addColumn('member_id', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('one_reason_a_member', ['launch_id', 'member_id'])
    .execute()
  await db.schema
    .createIndex('left_out_by_campaign')
    .on('left_out')
    .columns(['campaign_id', 'reason', 'member_id'])
    .execute()
  await db.schema
    .createIndex('outbox_by_member')
    .on('outbox')
    .columns(['workspace_id', 'member_id', 'queued_at'])
    .execute()
  await db.schema.alterTable('delivery_settings').addColumn('cap_messages', 'integer').execute()
  await db.schema.alterTable('delivery_settings').addColumn('cap_days', 'integer').execute()
}
