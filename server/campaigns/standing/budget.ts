import type { Store } from '../../store/store.ts'

/**
 * What is left of a campaign's budget: each coupon that was issued counts for the most that it may cost. Without a
 * budget, which only a campaign without coupons has, there is no end.
 */
export async function budgetLeft(
  store: Store,
  campaignId: string,
  budgetMinor: number | undefined,
): Promise<number> {
  if (budgetMinor === undefined) return Infinity
  const { spent } = await store
    .selectFrom('standing_steps')
    .select(({ fn }) => fn.sum<number | null>('worst_minor').as('spent'))
    .where('campaign_id', '=', campaignId)
    .executeTakeFirstOrThrow()
  return budgetMinor - Number(spent ?? 0)
}
