import { type Kysely, sql } from 'kysely'

/** Coupons that were issued before have the terms that every coupon had: once, for everything, with all others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('coupons')
    .addColumn('terms', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute()
  const ledger = () => db.schema.alterTable('ledger')
  await ledger()
    .addColumn('worth_minor', 'integer', (c) =>
      c
        .notNull()
        .defaultTo(0)
        .check(sql`worth_minor >= 0`),
    )
    .execute()
  await ledger().addColumn('basket_minor', 'integer').execute()
  await ledger().addColumn('reservation_id', 'text').execute()
  await ledger().addColumn('expires_at', 'text').execute()
  await sql`create index ledger_by_reservation on ledger (reservation_id) where reservation_id is not null`.execute(
    db,
  )
  await sql`create index ledger_reserved on ledger (campaign_id, expires_at) where kind = 'reserved'`.execute(
    db,
  )
  await db.schema
    .alterTable('workspaces')
    .addColumn('most_off_percent', 'real', (c) => c.notNull().defaultTo(100))
    .execute()
}
