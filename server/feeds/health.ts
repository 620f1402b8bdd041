import { type FeedHealth, feedHealth } from '../../analytics/relations/feed-health.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** Whether orders keep coming in, and the one sentence to say of it. */
export interface Feeds {
  /** Local day at which silence is judged. */
  readonly day: string
  /** Null while there is no order. */
  readonly shop: FeedHealth | null
  /** Those with a feed gap first, then the longest silent. */
  readonly stores: readonly FeedHealth[]
  /** `shop`: nothing comes in at all; `stores`: some stores stopped; `steady`; `empty`: no order yet. */
  readonly finding: 'shop' | 'stores' | 'steady' | 'empty'
}

/** The feeds at a local day (default: today by the clock, so that data that nobody brings any more shows). */
export async function feedsOf(
  store: Store,
  workspace: Workspace,
  asOf?: string,
  signal?: AbortSignal,
): Promise<Feeds> {
  const day = asOf ?? workspace.today()
  const { tables } = await tablesAt(store, workspace, asOf, signal)
  const health = await feedHealth(workspace.engine, tables.orderCube, day, { signal })
  const shop = health.find((row) => row.store === null) ?? null
  const stores = health
    .filter((row) => row.store !== null)
    .toSorted((a, b) => Number(b.isGap) - Number(a.isGap) || b.silentDays - a.silentDays)
  const finding = !shop
    ? 'empty'
    : shop.isGap
      ? 'shop'
      : stores.some(({ isGap }) => isGap)
        ? 'stores'
        : 'steady'
  return { day, shop, stores, finding }
}
