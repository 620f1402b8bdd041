import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('coupons')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('code', 'text', (c) => c.notNull().unique())
    .addColumn('campaign_id', 'text', (c) => c.notNull())
    .addColumn('launch_id', 'text', (c) => c.notNull())
    .addColumn('member_id', 'text')
    .addColumn('offer', 'text', (c) => c.notNull())
    .addColumn('min_spend_minor', 'integer', (c) => c.notNull())
    .addColumn('valid_from', 'text', (c) => c.notNull())
    .addColumn('valid_to', 'text', (c) => c.notNull())
    .addColumn('uses_allowed', 'integer', (c) => c.notNull().check(sql`uses_allowed > 0`))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('coupons_by_campaign')
    .on('coupons')
    .columns(['workspace_id', 'campaign_id', 'id'])
    .execute()
  await db.schema
    .createIndex('coupons_by_member')
    .on('coupons')
    .columns(['workspace_id', 'member_id'])
    .execute()

  await db.schema
    .createTable('ledger')
    .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('coupon_id', 'text', (c) => c.notNull().references('coupons.id'))
    .addColumn('campaign_id', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('uses', 'integer', (c) => c.notNull().check(sql`uses > 0`))
    .addColumn('amount_minor', 'integer', (c) => c.notNull().check(sql`amount_minor >= 0`))
    .addColumn('order_id', 'text')
    .addColumn('redemption_id', 'text')
    .addColumn('store_id', 'text')
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('at', 'text', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('ledger_by_coupon').on('ledger').column('coupon_id').execute()
  await sql`create index ledger_by_campaign on ledger (workspace_id, campaign_id, kind)`.execute(db)
  await sql`create index ledger_by_order on ledger (workspace_id, order_id) where order_id is not null`.execute(
    db,
  )
  // A redemption happens once and is cancelled at most once, whatever the code above believes.
  await sql`create unique index ledger_by_redemption on ledger (redemption_id, kind)
    where redemption_id is not null`.execute(db)
  await sql`create trigger ledger_is_never_updated before update on ledger
    begin select raise(abort, 'the ledger is append-only'); end`.execute(db)
  await sql`create trigger ledger_is_never_deleted before delete on ledger
    begin select raise(abort, 'the ledger is append-only'); end`.execute(db)

  await db.schema
    .createTable('redemption_requests')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('fingerprint', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('redemption_requests_key', ['workspace_id', 'key'])
    .execute()

  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('prefix', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull().unique())
    .addColumn('scopes', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('last_used_at', 'text')
    .addColumn('revoked_at', 'text')
    .execute()
}
