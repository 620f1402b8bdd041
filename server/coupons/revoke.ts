import { sql } from 'kysely'
import type { Store } from '../store/store.ts'

/**
 * Takes back every unused use of a campaign's coupons that have not expired; answers how many uses
 * that were. What is set aside for a basket is taken back once it is let go. It works batch by batch, as they were issued;
 * after a crash, calling it again does the rest.
 */
export async function revokeOpenCoupons(
  store: Store,
  {
    workspaceId,
    campaignId,
    actor,
    at,
  }: { workspaceId: string; campaignId: string; actor: string; at: Date },
): Promise<number> {
  let revoked = 0
  for (let after = 0; ;) {
    const batch = await store
      .selectFrom('coupon_batches')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .where('campaign_id', '=', campaignId)
      .where('valid_to', '>', at.toISOString())
      .where('id', '>', after)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    if (!batch) return revoked
    const { rows } = await sql<{ uses: number }>`
      insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, actor, at)
      select ${workspaceId}, issued_coupons.id, ${campaignId}, 'revoked',
        sum(case ledger.kind when 'issued' then uses when 'cancelled' then uses when 'redeemed' then -uses
          when 'revoked' then -uses else 0 end) as unused,
        0, ${actor}, ${at.toISOString()}
      from issued_coupons join ledger on ledger.coupon_id = issued_coupons.id
      where issued_coupons.batch_id = ${batch.id}
      group by issued_coupons.id
      having unused > 0
      returning uses`.execute(store)
    revoked += rows.reduce((sum, { uses }) => sum + uses, 0)
    after = batch.id
  }
}
