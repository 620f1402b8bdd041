import { randomUUID } from 'node:crypto'
import { recordEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { issueCoupons, type NewCoupon, newCode } from './issue.ts'
import { plainTerms } from './terms.ts'

/** For tests: a single-use coupon of 5.00 on any basket for `memberId`, valid through November 2026. */
export const couponFor = (memberId: string | null, differs: Partial<NewCoupon> = {}): NewCoupon => ({
  couponId: randomUUID(),
  code: newCode(),
  memberId,
  offer: { kind: 'amount', amountMinor: 500 },
  minSpendMinor: 0,
  terms: { ...plainTerms, usesPerCoupon: differs.usesAllowed ?? 1 },
  validFrom: '2026-11-01T00:00:00.000Z',
  validTo: '2026-12-01T00:00:00.000Z',
  usesAllowed: 1,
  ...differs,
})

/** For tests: a workspace without an engine of its own. */
export async function addShop(store: Store, workspaceId: string): Promise<void> {
  await store
    .insertInto('workspaces')
    .values({
      id: workspaceId,
      name: workspaceId,
      currency: 'CNY',
      time_zone: 'Asia/Shanghai',
      first_weekday: 1,
      active_days: 30,
      cooling_days: 90,
      dormant_days: 180,
      opened_at_start: 0,
      created_at: '2026-01-01T00:00:00.000Z',
    })
    .execute()
}

/** For tests: a campaign with one launch that issued these coupons; published unless told otherwise. */
export async function addLaunch(
  store: Store,
  workspaceId: string,
  coupons: readonly NewCoupon[],
  { published = true } = {},
): Promise<{ campaignId: string; launchId: string }> {
  const campaignId = randomUUID()
  const launchId = randomUUID()
  const at = new Date('2026-11-01T00:00:00Z')
  await store.transaction().execute(async (tx) => {
    await tx
      .insertInto('campaigns')
      .values({
        id: campaignId,
        workspace_id: workspaceId,
        name: 'Wake-up',
        definition: JSON.stringify({
          name: 'Wake-up',
          segment: 'everyone',
          offer: { kind: 'amount', amountMinor: 500 },
          minSpendMinor: 0,
          validDays: 30,
          holdout: 0.1,
          channel: { kind: 'csv' },
        }),
        seed: 'seed',
        state: 'running',
        created_at: at.toISOString(),
        changed_at: at.toISOString(),
      })
      .execute()
    await tx
      .insertInto('launches')
      .values({
        id: launchId,
        workspace_id: workspaceId,
        campaign_id: campaignId,
        run: 1,
        digest: 'digest',
        preview: '{}',
        confirmed: '[]',
        as_of: '2026-10-31',
        data_version: 1,
        launched_day: '2026-11-01',
        valid_from: '2026-11-01T00:00:00.000Z',
        valid_to: '2026-12-01T00:00:00.000Z',
        window_to: '2026-12-08T00:00:00.000Z',
        started_at: at.toISOString(),
        frozen_at: at.toISOString(),
        published_at: published ? at.toISOString() : null,
        arms_told: 1,
      })
      .execute()
    await issueCoupons(tx, { workspaceId, campaignId, launchId, coupons, at })
    if (published)
      await recordEvent(
        tx,
        workspaceId,
        { kind: 'coupons-issued', campaignId, launchId, at: at.toISOString() },
        at,
      )
  })
  return { campaignId, launchId }
}
