import { sql } from 'kysely'
import type { Store } from '../store/store.ts'

const batchSize = 2_000

/**
 * Takes back every unused use of a campaign's coupons that have not expired; answers how many uses
 * that were. What is set aside for a basket is taken back once it is let go. It works in short batches; after a crash, calling it again does the rest.
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
  for (let after = ''; ;) {
    const page = await store
      .selectFrom('coupons')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .where('campaign_id', '=', campaignId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(batchSize)
      .execute()
    const newest = page.at(-1)
    if (!newest) return revoked
    const { rows } = await sql<{ uses: number }>`
      insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, actor, at)
      select ${workspaceId}, coupons.id, ${campaignId}, 'revoked',
        sum(case ledger.kind when 'issued' then uses when 'cancelled' then uses when 'redeemed' then -uses
          when 'revoked' then -uses else 0 end) as unused,
        0, ${actor}, ${at.toISOString()}
      from coupons join ledger on ledger.coupon_id = coupons.id
      where coupons.workspace_id = ${workspaceId} and coupons.campaign_id = ${campaignId}
        and coupons.id > ${after} and coupons.id <= ${newest.id}
        and coupons.valid_to > ${at.toISOString()}
      group by coupons.id
      having unused > 0
      returning uses`.execute(store)
    revoked += rows.reduce((sum, { uses }) => sum + uses, 0)
    after = newest.id
  }
}
