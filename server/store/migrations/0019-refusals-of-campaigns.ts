import { type Kysely, sql } from 'kysely'

/** Of a refused wish whose coupon is known, the campaign; refusals of before name none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('redemption_requests').addColumn('campaign_id', 'text').execute()
  await sql`create index refusals_by_campaign on redemption_requests (campaign_id) where campaign_id is not null`.execute(
    db,
  )
}
