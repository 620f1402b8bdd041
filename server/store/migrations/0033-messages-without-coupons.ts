import { type Kysely, sql } from 'kysely'

/** Messages without a coupon, and by which delivery a step of a campaign that stands told the member. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table outbox alter column coupon_id drop not null`.execute(db)
  await db.schema.alterTable('standing_steps').addColumn('message_id', 'text').execute()
}
