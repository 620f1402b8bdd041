import { setTimeout as pause } from 'node:timers/promises'
import { sql } from '../../../analytics/sql/sql.ts'
import { signingSecret } from '../../delivery/secrets.ts'
import { sendWebhook } from '../../delivery/webhook.ts'
import { keptError } from '../../delivery/errors.ts'
import { mostAttempts, waitAfter } from '../../delivery/lease.ts'
import type { Platform } from '../../platform.ts'
import { drainedState } from '../../workspaces/drain.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { problemsSaid } from '../refusal.ts'
import { newestVersions } from '../saved-rules.ts'
import { queueMoves, type Step, takeMoves } from './moves.ts'
import { forgetOldMessages, liveWebhooks, problemsOf, removeWebhook } from './webhooks.ts'

const lookMs = 2_000
const sendMs = 500
/** A message that is being sent is nobody else's for this long; longer than any attempt lasts. */
const leaseMs = 60_000

/**
 * Finds who entered and left the segments of a workspace's webhooks and queues what is to be told. `stands` is what
 * each was last found of: what stands still is not asked again.
 */
export async function lookForMoves(
  platform: Platform,
  workspace: Workspace,
  stands: Map<string, string>,
  signal?: AbortSignal,
  step?: Step,
): Promise<void> {
  const { store, clock } = platform
  const webhooks = await liveWebhooks(store, workspace.id)
  const known = await workspace.engine.rows(sql`select distinct webhook_id from webhook_states`)
  const gone = known
    .map(({ webhookId }) => String(webhookId))
    .filter((id) => !webhooks.some((one) => one.id === id))
  if (gone.length > 0) await forget(workspace, gone)
  if (webhooks.length === 0) return
  const state = await drainedState(store, workspace, signal)
  const versions = (await newestVersions(store, workspace)).map(({ id, name, version }) => [
    id,
    name,
    version,
  ])
  const now = JSON.stringify([
    state.dataVersion,
    state.ledgerWatermark,
    state.asOf,
    versions,
    workspace.dormancy,
    workspace.rfm,
    workspace.today(),
  ])
  for (const row of webhooks) {
    if (signal?.aborted) return
    if (stands.get(row.id) === now) continue
    const webhook = { id: row.id, segmentId: row.segment_id }
    const taken = await takeMoves(platform, workspace, webhook, signal, step)
    if (taken.kind === 'no-such-segment')
      await removeWebhook(store, workspace, row.id, { by: 'server', at: clock.now() })
    else if (taken.kind === 'refused')
      problemsOf(platform).set(row.id, {
        id: 'segment-refused',
        values: { problems: problemsSaid(taken.errors) },
      })
    else problemsOf(platform).delete(row.id)
    await queueMoves(platform, workspace, webhook, step)
    stands.set(row.id, now)
  }
  await forgetOldMessages(store, workspace.id, clock.now())
}

/** Takes away what the engine keeps of webhooks that are gone. */
async function forget({ engine }: Workspace, webhookIds: readonly string[]): Promise<void> {
  const ids = sql`(select unnest(from_json(${JSON.stringify(webhookIds)}, '["VARCHAR"]')))`
  await engine.transaction(async (session) => {
    await session.run(sql`delete from webhook_moves where batch_id in (
      select batch_id from webhook_batches where webhook_id in ${ids})`)
    for (const table of [sql`webhook_batches`, sql`webhook_members`, sql`webhook_states`])
      await session.run(sql`delete from ${table} where webhook_id in ${ids}`)
  })
}

export interface SegmentWebhooks {
  /** Ends the attempts under way, which count as not made, and waits until nothing is written any more. */
  stop(): Promise<void>
}

/**
 * Tells the receivers of segments' webhooks who entered and who left, until stopped: looks every two seconds whether
 * data, rules or the day have changed, and sends what is queued. Of one webhook a message is sent only when the one
 * before was delivered or given up, so that a receiver hears of a member in the order in which it happened.
 */
export function startSegmentWebhooks(platform: Platform): SegmentWebhooks {
  const stopping = new AbortController()
  const { signal } = stopping
  const stands = new Map<string, string>()
  const busy = new Map<string, Promise<void>>()
  const every = async (ms: number, what: string, work: () => Promise<void>) => {
    while (!signal.aborted) {
      await work().catch((error: unknown) => {
        if (!signal.aborted) console.error(`${what}:`, error)
      })
      await pause(ms, undefined, { signal }).catch(() => {}) // ends early when stopped
    }
  }
  const looking = every(lookMs, 'Who entered and left segments could not be found', async () => {
    for (const { id } of await platform.workspaces.list()) {
      const workspace = await platform.workspaces.byId(id)
      if (workspace && !signal.aborted) await lookForMoves(platform, workspace, stands, signal)
    }
  })
  const sending = every(sendMs, 'Messages of segments could not be read', async () => {
    for (const webhook of await withWork(platform)) {
      if (busy.has(webhook.id)) continue
      const work = sendDue(platform, webhook, signal)
        .catch((error: unknown) => console.error('Messages of a segment broke off and go on:', error))
        .finally(() => busy.delete(webhook.id))
      busy.set(webhook.id, work)
    }
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all([looking, sending])
      await Promise.all(busy.values())
    },
  }
}

interface Receiver {
  readonly id: string
  readonly workspaceId: string
  readonly url: string
}

/** Webhooks with something queued. */
async function withWork({ store }: Platform): Promise<Receiver[]> {
  const rows = await store
    .selectFrom('segment_webhooks')
    .select(['id', 'workspace_id', 'url'])
    .where('removed_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('segment_messages')
          .select('segment_messages.id')
          .whereRef('segment_messages.webhook_id', '=', 'segment_webhooks.id')
          .where('segment_messages.state', '=', 'queued'),
      ),
    )
    .execute()
  return rows.map(({ id, workspace_id, url }) => ({ id, workspaceId: workspace_id, url }))
}

/** Sends a webhook's messages one after the other until the oldest is not due. */
async function sendDue(
  platform: Platform,
  { id, workspaceId, url }: Receiver,
  stop: AbortSignal,
): Promise<void> {
  const { store, clock } = platform
  const secret = await signingSecret(store, workspaceId, clock.now())
  while (!stop.aborted) {
    const message = await claim(platform, id)
    if (!message) return
    const at = clock.now()
    const outcome = await sendWebhook({ id: message.id, url, secret, body: message.body, at }, stop)
    const now = clock.now()
    const row = store
      .updateTable('segment_messages')
      .where('id', '=', message.id)
      .where('state', '=', 'queued')
    switch (outcome.kind) {
      case 'delivered':
        await row
          .set({ state: 'delivered', body: '', delivered_at: now.toISOString(), last_error: null })
          .execute()
        break
      case 'stopped':
        // Not known whether it arrived: sent again under the same id, and not counted as a failure.
        await row.set({ attempts: message.attempts - 1, due_at: now.toISOString() }).execute()
        break
      case 'failed':
        await row
          .set(
            message.attempts >= mostAttempts
              ? { state: 'dead', last_error: keptError(outcome.why) }
              : {
                  due_at: new Date(now.getTime() + waitAfter(message.attempts)).toISOString(),
                  last_error: keptError(outcome.why),
                },
          )
          .execute()
    }
  }
}

/** Takes the oldest queued message under a lease; null when it is not due, or there is none. */
function claim({ store, clock }: Platform, webhookId: string) {
  return store.transaction().execute(async (tx) => {
    const oldest = await tx
      .selectFrom('segment_messages')
      .innerJoin('segment_webhooks', 'segment_webhooks.id', 'segment_messages.webhook_id')
      .select([
        'segment_messages.id',
        'segment_messages.body',
        'segment_messages.attempts',
        'segment_messages.due_at',
      ])
      .where('segment_messages.webhook_id', '=', webhookId)
      .where('segment_messages.state', '=', 'queued')
      .where('segment_webhooks.removed_at', 'is', null)
      .orderBy('segment_messages.seq')
      .limit(1)
      .executeTakeFirst()
    const now = clock.now()
    if (!oldest || oldest.due_at > now.toISOString()) return null
    const attempts = oldest.attempts + 1
    await tx
      .updateTable('segment_messages')
      .set({ attempts, due_at: new Date(now.getTime() + leaseMs).toISOString() })
      .where('id', '=', oldest.id)
      .execute()
    return { id: oldest.id, body: oldest.body, attempts }
  })
}
