import { type Kysely, sql } from 'kysely'

/** What WeChat calls a message that it has taken: it reports on it under this name. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('outbox').addColumn('receipt', 'text').execute()
  await sql`create index outbox_by_receipt on outbox (workspace_id, receipt) where receipt is not null`.execute(
    db,
  )
}
