import type { Store } from '../../store/store.ts'
import { plannedSteps, type StandingDefinition } from './definition.ts'

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

/**
 * Whether there is no room for a coupon: what is left is less than the least that any of them may cost, or the newest
 * day that was evaluated had one to give and no room for it.
 */
export async function isBudgetSpent(
  store: Store,
  campaignId: string,
  definition: StandingDefinition,
): Promise<boolean> {
  const costs = plannedSteps(definition).flatMap(({ action }) =>
    action.kind === 'coupon' ? [action.worstMinor] : [],
  )
  if ((await budgetLeft(store, campaignId, definition.budgetMinor)) < Math.min(...costs)) return true
  const newest = await store
    .selectFrom('standing_runs')
    .select('budget_spent')
    .where('campaign_id', '=', campaignId)
    .orderBy('day', 'desc')
    .executeTakeFirst()
  return newest?.budget_spent === 1
}

/** Members who wait to come in. */
export async function waitingMembers(store: Store, campaignId: string): Promise<number> {
  const { waiting } = await store
    .selectFrom('standing_waiting')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .where('campaign_id', '=', campaignId)
    .executeTakeFirstOrThrow()
  return waiting
}
