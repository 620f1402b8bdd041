import { type Kysely, sql } from 'kysely'

/** Codes that were made elsewhere, one code of many members, whom a till named where the coupon is nobody's; slimmer indexes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('coupons').addColumn('given_code', 'text').execute()
  await db.schema.alterTable('coupons').addColumn('given_key', 'text').execute()
  await sql`create unique index coupons_by_given_key on coupons (workspace_id, given_key) where given_key is not null`.execute(
    db,
  )
  // Beside the ledger, which is never changed: a deleted member's name is.
  await db.schema
    .createTable('named_uses')
    .addColumn('redemption_id', 'text', (c) => c.primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('coupon_id', 'text', (c) => c.notNull())
    .addColumn('member_id', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('named_uses_by_coupon')
    .on('named_uses')
    .columns(['coupon_id', 'member_id'])
    .execute()
  await db.schema
    .createIndex('named_uses_by_member')
    .on('named_uses')
    .columns(['workspace_id', 'member_id'])
    .execute()
  // A campaign is of one workspace: naming that as well makes every coupon write half as much again.
  await db.schema.dropIndex('coupons_by_campaign').execute()
  await db.schema.createIndex('coupons_by_campaign').on('coupons').columns(['campaign_id', 'id']).execute()
  await db.schema.dropIndex('ledger_by_campaign').execute()
  await db.schema.createIndex('ledger_by_campaign').on('ledger').columns(['campaign_id', 'kind']).execute()

  await db.schema
    .createTable('code_pools')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('one_pool_a_name', ['workspace_id', 'name'])
    .execute()
  await db.schema
    .createTable('pool_codes')
    .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('pool_id', 'text', (c) => c.notNull().references('code_pools.id'))
    .addColumn('code', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('launch_id', 'text')
    .addColumn('coupon_id', 'text')
    .addUniqueConstraint('one_pool_code', ['workspace_id', 'key'])
    .execute()
  await sql`create index pool_codes_free on pool_codes (pool_id, seq) where launch_id is null`.execute(db)
  await sql`create index pool_codes_waiting on pool_codes (launch_id, seq)
    where launch_id is not null and coupon_id is null`.execute(db)
}
