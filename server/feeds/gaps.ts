import { feedHealth } from '../../analytics/relations/feed-health.ts'
import type { DerivedTables } from '../../analytics/schema/derived.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** A store whose orders stopped coming in, longer than it ever rests. */
export interface FeedGap {
  readonly store: string
  /** Local day of its newest order. */
  readonly newestDay: string
}

/** Stores with a feed gap at asOf, by name: what is known of their members is flagged, and a launch to them waits for a confirmation. */
export async function feedGaps(
  workspace: Pick<Workspace, 'engine'>,
  { tables, asOf }: { readonly tables: Pick<DerivedTables, 'orderCube'>; readonly asOf: string },
  signal?: AbortSignal,
): Promise<FeedGap[]> {
  const health = await feedHealth(workspace.engine, tables.orderCube, asOf, { signal })
  return health.flatMap(({ store, newestDay, isGap }) =>
    store !== null && isGap ? [{ store, newestDay }] : [],
  )
}
