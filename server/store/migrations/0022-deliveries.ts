import { type Kysely, sql } from 'kysely'

/** Leases by name, when a message was queued, and when and how fast a workspace sends. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const outbox = () => db.schema.alterTable('outbox')
  await outbox().addColumn('lease', 'text').execute()
  await outbox()
    .addColumn('queued_at', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  await sql`update outbox set queued_at =
    (select started_at from launches where launches.id = outbox.launch_id)`.execute(db)
  await db.schema
    .createTable('delivery_settings')
    .addColumn('workspace_id', 'text', (c) => c.primaryKey().references('workspaces.id'))
    .addColumn('quiet_from', 'text')
    .addColumn('quiet_to', 'text')
    .addColumn('per_minute', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('delivery_pace')
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('next_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('one_pace_a_channel', ['workspace_id', 'channel'])
    .execute()
}
