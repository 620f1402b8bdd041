import { type Kysely, sql } from 'kysely'

/** The engine is told of coupons from now on: of the launches before as well. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // What the engine has not read yet is found without going through all that was issued.
  await sql`create index ledger_changes on ledger (workspace_id, seq) where kind <> 'issued'`.execute(db)
  await sql`insert into events (workspace_id, kind, payload, occurred_at)
    select workspace_id, 'coupons-issued',
      json_object('campaignId', campaign_id, 'launchId', id, 'at', published_at), published_at
    from launches where published_at is not null order by published_at`.execute(db)
}
