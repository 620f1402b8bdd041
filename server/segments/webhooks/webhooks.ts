import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Said } from '../../messages/messages.ts'
import type { Platform } from '../../platform.ts'
import { recordAudit } from '../../settings/audit.ts'
import type { Store } from '../../store/store.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { newestVersions } from '../saved-rules.ts'

/** More addresses for one segment are a mistake. */
export const mostWebhooks = 5
/** Messages that were delivered or dropped are counted for this long. */
const keptMs = 30 * 86_400_000

/** A webhook with what became of its messages. */
export interface WebhookState {
  readonly id: string
  readonly segmentId: string
  readonly segment: string
  readonly url: string
  readonly createdAt: string
  readonly queued: number
  readonly delivered: number
  /** Messages that were given up. */
  readonly dead: number
  readonly dropped: number
  /** Of the oldest message that waits, or the newest dead one. */
  readonly newestError: string | null
  /** When the newest message was delivered. */
  readonly deliveredAt: string | null
  /** Why its rule can't be asked now. */
  readonly problem: Said | null
}

export type AddOutcome =
  | { kind: 'added'; webhookId: string }
  | { kind: 'no-such-segment' }
  | { kind: 'known-already' }
  | { kind: 'too-many' }

interface Doing {
  readonly by: string
  readonly at: Date
}

/** Has an address told of who enters and leaves a segment from now on. */
export async function addWebhook(
  store: Store,
  workspace: Workspace,
  { segmentId, url }: { segmentId: string; url: string },
  { by, at }: Doing,
): Promise<AddOutcome> {
  return store.transaction().execute(async (tx): Promise<AddOutcome> => {
    if (!(await newestVersions(tx, workspace)).some(({ id }) => id === segmentId))
      return { kind: 'no-such-segment' }
    const others = await tx
      .selectFrom('segment_webhooks')
      .select('url')
      .where('workspace_id', '=', workspace.id)
      .where('segment_id', '=', segmentId)
      .where('removed_at', 'is', null)
      .execute()
    if (others.some((one) => one.url === url)) return { kind: 'known-already' }
    if (others.length >= mostWebhooks) return { kind: 'too-many' }
    const webhookId = randomUUID()
    await tx
      .insertInto('segment_webhooks')
      .values({
        id: webhookId,
        workspace_id: workspace.id,
        segment_id: segmentId,
        url,
        created_by: by,
        created_at: at.toISOString(),
        removed_at: null,
      })
      .execute()
    const note = { workspaceId: workspace.id, actor: by, subject: segmentId, at }
    await recordAudit(tx, { ...note, action: 'segment-webhook-added' })
    return { kind: 'added', webhookId }
  })
}

/** Ends a webhook; what waits is dropped. False: there is none. */
export async function removeWebhook(
  store: Store,
  workspace: Workspace,
  webhookId: string,
  { by, at }: Doing,
): Promise<boolean> {
  return store.transaction().execute(async (tx) => {
    const found = await tx
      .selectFrom('segment_webhooks')
      .select('segment_id')
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', webhookId)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (!found) return false
    await tx
      .updateTable('segment_webhooks')
      .set({ removed_at: at.toISOString() })
      .where('id', '=', webhookId)
      .execute()
    await tx
      .updateTable('segment_messages')
      .set({ state: 'dropped', body: '', last_error: 'The webhook was removed before it was sent.' })
      .where('webhook_id', '=', webhookId)
      .where('state', 'in', ['queued', 'dead'])
      .execute()
    const note = { workspaceId: workspace.id, actor: by, subject: found.segment_id, at }
    await recordAudit(tx, { ...note, action: 'segment-webhook-removed' })
    return true
  })
}

/** Queues dead letters again, the oldest first, under their own ids. Null: there is no such webhook. */
export async function resendDead(
  store: Store,
  workspace: Workspace,
  webhookId: string,
  { by, at }: Doing,
): Promise<number | null> {
  return store.transaction().execute(async (tx) => {
    const found = await tx
      .selectFrom('segment_webhooks')
      .select('segment_id')
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', webhookId)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (!found) return null
    const { numUpdatedRows } = await tx
      .updateTable('segment_messages')
      .set({ state: 'queued', attempts: 0, due_at: at.toISOString() })
      .where('webhook_id', '=', webhookId)
      .where('state', '=', 'dead')
      .executeTakeFirst()
    const note = { workspaceId: workspace.id, actor: by, subject: found.segment_id, at }
    await recordAudit(tx, { ...note, action: 'segment-webhook-resent' })
    return Number(numUpdatedRows)
  })
}

/** The webhooks of a workspace, or of one segment, the oldest first. */
export async function listWebhooks(
  platform: Platform,
  workspace: Workspace,
  segmentId?: string,
): Promise<WebhookState[]> {
  const { store } = platform
  const names = new Map((await newestVersions(store, workspace)).map(({ id, name }) => [id, name]))
  const webhooks = (await liveWebhooks(store, workspace.id)).filter(
    (one) => names.has(one.segment_id) && (segmentId === undefined || one.segment_id === segmentId),
  )
  return Promise.all(
    webhooks.map(async (one): Promise<WebhookState> => {
      const counts = await store
        .selectFrom('segment_messages')
        .select([
          'state',
          ({ fn }) => fn.countAll<number>().as('n'),
          ({ fn }) => fn.max('delivered_at').as('at'),
        ])
        .where('webhook_id', '=', one.id)
        .groupBy('state')
        .execute()
      const of = (state: string) => Number(counts.find((row) => row.state === state)?.n ?? 0)
      const failed = await store
        .selectFrom('segment_messages')
        .select('last_error')
        .where('webhook_id', '=', one.id)
        .where('state', 'in', ['queued', 'dead'])
        .where('last_error', 'is not', null)
        .orderBy(sql`state = 'queued'`, 'desc')
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst()
      return {
        id: one.id,
        segmentId: one.segment_id,
        segment: names.get(one.segment_id)!,
        url: one.url,
        createdAt: one.created_at,
        queued: of('queued'),
        delivered: of('delivered'),
        dead: of('dead'),
        dropped: of('dropped'),
        newestError: failed?.last_error ?? null,
        deliveredAt: counts.find((row) => row.state === 'delivered')?.at ?? null,
        problem: problemsOf(platform).get(one.id) ?? null,
      }
    }),
  )
}

/** Those that are not removed, the oldest first. */
export const liveWebhooks = (store: Store, workspaceId: string) =>
  store
    .selectFrom('segment_webhooks')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('removed_at', 'is', null)
    .orderBy('created_at')
    .execute()

/** Forgets messages that were delivered or dropped long ago. */
export async function forgetOldMessages(store: Store, workspaceId: string, now: Date): Promise<void> {
  await store
    .deleteFrom('segment_messages')
    .where('workspace_id', '=', workspaceId)
    .where('state', 'in', ['delivered', 'dropped'])
    .where('created_at', '<', new Date(now.getTime() - keptMs).toISOString())
    .execute()
}

/** Why the rules of webhooks can't be asked now, while the server runs. */
const problems = new WeakMap<Platform, Map<string, Said>>()
export function problemsOf(platform: Platform): Map<string, Said> {
  const known = problems.get(platform) ?? new Map<string, Said>()
  problems.set(platform, known)
  return known
}
