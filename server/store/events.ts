import type { Transaction } from 'kysely'
import type { Store } from './store.ts'
import type { StoreSchema } from './schema.ts'

/** What the engine is told of what people and campaigns did. Members by their external ids. */
export type StoreEvent =
  | { kind: 'tag-added'; tag: string; memberIds: string[]; source: 'manual'; day: string }
  | { kind: 'tag-removed'; tag: string; memberIds: string[]; day: string }
  | { kind: 'tag-retired'; tag: string; day: string }
  | { kind: 'tag-renamed'; from: string; to: string }
  | { kind: 'tag-merged'; from: string; into: string }
  /** Null: in no group, whatever files say. */
  | { kind: 'tag-grouped'; tag: string; group: string | null }
  | { kind: 'tag-group-set'; group: string; exclusive: boolean }
  | { kind: 'consent-set'; memberIds: string[]; consent: 'granted' | 'denied' | 'unknown' }
  | { kind: 'members-merged'; from: string; into: string }
  /** Many that people merged in one go: taken in together, or not at all. */
  | { kind: 'pairs-merged'; merges: { from: string; into: string }[] }
  | { kind: 'member-separated'; from: string }
  | { kind: 'coupons-issued'; campaignId: string; launchId: string; at: string }
  | { kind: 'campaign-arms'; campaignId: string; day: string; treated: string[]; heldOut: string[] }

/** Appends an event, in the transaction that does what it tells. A long list of members is split by the caller. */
export async function recordEvent(
  tx: Transaction<StoreSchema>,
  workspaceId: string,
  { kind, ...payload }: StoreEvent,
  at: Date,
): Promise<void> {
  await tx
    .insertInto('events')
    .values({
      workspace_id: workspaceId,
      kind,
      payload: JSON.stringify(payload),
      occurred_at: at.toISOString(),
    })
    .execute()
}

/** The events after `watermark`, in their order, at most `limit`. */
export async function eventsAfter(
  store: Store,
  workspaceId: string,
  watermark: number,
  limit: number,
): Promise<{ seq: number; at: string; event: StoreEvent }[]> {
  const rows = await store
    .selectFrom('events')
    .select(['seq', 'kind', 'payload', 'occurred_at'])
    .where('workspace_id', '=', workspaceId)
    .where('seq', '>', watermark)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    seq: row.seq,
    at: row.occurred_at,
    event: { kind: row.kind, ...JSON.parse(row.payload) } as StoreEvent,
  }))
}
