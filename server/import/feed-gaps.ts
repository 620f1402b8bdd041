import type { Engine } from '../../analytics/engine/engine.ts'
import { feedHealth } from '../../analytics/relations/feed-health.ts'
import { derivedTables } from '../../analytics/schema/derived.ts'
import { sql } from '../../analytics/sql/sql.ts'

/** A store whose orders seem to have stopped coming in; null: the shop as a whole. */
export interface FeedGap {
  readonly store: string | null
  readonly lastDay: string
  /** Days without an order up to the workspace's asOf. */
  readonly days: number
}

/** Feed gaps at the workspace's asOf, the longest first: what a receipt tells of the data it is now part of. */
export async function feedGaps(engine: Engine, signal?: AbortSignal): Promise<FeedGap[]> {
  const [state] = await engine.rows(sql`select as_of from workspace_state`, { signal })
  if (!state || state.asOf === null) return []
  const health = await feedHealth(engine, derivedTables().orderCube, String(state.asOf), { signal })
  return health
    .filter(({ isGap }) => isGap)
    .map(({ store, newestDay, silentDays }) => ({ store, lastDay: newestDay, days: silentDays }))
    .toSorted((a, b) => b.days - a.days)
}
