import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { localDay } from '../../analytics/calendar/calendar.ts'
import type { SendOutcome } from '../delivery/attempt.ts'
import { keptError } from '../delivery/errors.ts'
import { mostAttempts, waitAfter } from '../delivery/lease.ts'
import { openMailer } from '../delivery/mail.ts'
import { accountOf } from '../delivery/channel-account.ts'
import { mailAccount } from '../delivery/mail-settings.ts'
import { unsubscribeUrl } from '../delivery/mail-sender.ts'
import { addressDigest, suppressionKey, unsubscribeToken } from '../delivery/suppressions.ts'
import { languageNamed } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import { nextDue } from '../segments/schedules/schedules.ts'
import { outboxOf } from '../segments/schedules/run.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { composeDigest } from './compose.ts'
import { digestFigures, weekBefore } from './figures.ts'

const lookMs = 5_000
/** A digest that is being sent is nobody else's for this long; longer than composing and sending it lasts. */
const leaseMs = 120_000
/** A file that could not be written is tried again after this long. */
const againMs = 15 * 60_000
/** So many files are kept. */
const keptFiles = 14

/** Told at each step of a message; may throw, as a crash would. */
export type DigestStep = (name: 'claimed' | 'sent' | 'settled') => void

export interface Digests {
  /** Ends what is under way, which counts as not sent, and waits. */
  stop(): Promise<void>
}

/**
 * Puts a message for each recipient into the digest's outbox when a workspace's hour has come, once a week: of several
 * hours that were missed only the last whole week is told. A week that was due is never due again, whatever the hour
 * is changed to.
 */
export async function queueDue({ store, clock }: Platform, workspace: Workspace): Promise<void> {
  const now = clock.now()
  await store.transaction().execute(async (tx) => {
    const set = await tx
      .selectFrom('digest_settings')
      .selectAll()
      .where('workspace_id', '=', workspace.id)
      .where('due_at', '<=', now.toISOString())
      .executeTakeFirst()
    if (!set) return
    const day = localDay(now, workspace.calendar)
    const { from } = weekBefore(day, workspace)
    const added = await tx
      .insertInto('digest_weeks')
      .values({
        workspace_id: workspace.id,
        week_from: from,
        day,
        file_due_at: set.file_language === null ? null : now.toISOString(),
        file_name: null,
        failure: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if (added.numInsertedOrUpdatedRows !== 0n) {
      const recipients = await tx
        .selectFrom('digest_recipients')
        .select('id')
        .where('workspace_id', '=', workspace.id)
        .where('ended_at', 'is', null)
        .execute()
      for (const { id } of recipients)
        await tx
          .insertInto('digest_messages')
          .values({
            id: `msg_${randomUUID()}`,
            workspace_id: workspace.id,
            recipient_id: id,
            week_from: from,
            day,
            state: 'queued',
            attempts: 0,
            due_at: now.toISOString(),
            lease: null,
            last_error: null,
            delivered_at: null,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
    }
    await tx
      .updateTable('digest_settings')
      .set({ due_at: nextDue(now, set, workspace.calendar).toISOString() })
      .where('workspace_id', '=', workspace.id)
      .execute()
  })
}

interface Claimed {
  readonly id: string
  readonly lease: string
  readonly attempts: number
  readonly day: string
  readonly recipientId: string
}

/** Takes the next due message of a workspace under a lease; null: nothing is due. */
async function claim({ store, clock }: Platform, workspaceId: string): Promise<Claimed | null> {
  return store.transaction().execute(async (tx) => {
    const now = clock.now()
    const row = await tx
      .selectFrom('digest_messages')
      .select(['id', 'attempts', 'day', 'recipient_id'])
      .where('workspace_id', '=', workspaceId)
      .where('state', '=', 'queued')
      .where('due_at', '<=', now.toISOString())
      .orderBy('due_at')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    if (!row) return null
    const lease = randomUUID()
    await tx
      .updateTable('digest_messages')
      .set({
        lease,
        attempts: row.attempts + 1,
        due_at: new Date(now.getTime() + leaseMs).toISOString(),
      })
      .where('id', '=', row.id)
      .execute()
    return { id: row.id, lease, attempts: row.attempts + 1, day: row.day, recipientId: row.recipient_id }
  })
}

/** Writes down what came of an attempt: that it arrived whoever says so, anything else only by who has the lease. */
async function settle(
  { store, clock }: Platform,
  workspaceId: string,
  { id, lease, attempts, recipientId }: Claimed,
  outcome: SendOutcome,
): Promise<void> {
  const now = clock.now()
  const row = store.updateTable('digest_messages').where('id', '=', id)
  const mine = row.where('lease', '=', lease).where('state', '=', 'queued')
  const free = { lease: null }
  switch (outcome.kind) {
    case 'delivered':
      await row
        .set({ ...free, state: 'delivered', delivered_at: now.toISOString(), last_error: null })
        .execute()
      return
    case 'stopped':
      await mine.set({ ...free, attempts: attempts - 1, due_at: now.toISOString() }).execute()
      return
    case 'dropped':
      await mine.set({ ...free, state: 'dropped', last_error: keptError(outcome.why) }).execute()
      return
    case 'dead':
      await mine.set({ ...free, state: 'dead', last_error: keptError(outcome.why) }).execute()
      if (outcome.bounced)
        await store
          .updateTable('digest_recipients')
          .set({ ended_at: now.toISOString(), ended_by: 'bounced' })
          .where('workspace_id', '=', workspaceId)
          .where('id', '=', recipientId)
          .where('ended_at', 'is', null)
          .execute()
      return
    case 'failed': {
      const wait = Math.max(waitAfter(attempts), outcome.afterMs ?? 0)
      await mine
        .set({
          ...free,
          ...(attempts >= mostAttempts
            ? { state: 'dead' as const }
            : { due_at: new Date(now.getTime() + wait).toISOString() }),
          last_error: keptError(outcome.why),
        })
        .execute()
    }
  }
}

/** Composes and sends one message in its recipient's language, with their way to end it. */
async function send(
  platform: Platform,
  workspace: Workspace,
  { id, day, recipientId }: Claimed,
  stop: AbortSignal,
): Promise<SendOutcome> {
  const { store } = platform
  const recipient = await store
    .selectFrom('digest_recipients')
    .selectAll()
    .where('id', '=', recipientId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (!recipient) return { kind: 'dropped', why: { id: 'digest.recipient-not-allowed' } }
  const set = await accountOf(store, workspace.id, mailAccount)
  if (!set) return { kind: 'failed', why: { id: 'mail-not-set-up' } }
  const language = languageNamed(recipient.language)
  const figures = await digestFigures(platform, workspace, { day, language }, stop)
  const key = await suppressionKey(store, workspace.id)
  const url = unsubscribeUrl(
    set.settings,
    unsubscribeToken(key, {
      workspaceId: workspace.id,
      deliveryId: id,
      digest: addressDigest(key, 'mail', recipient.address),
    }),
  )
  const letter = composeDigest(figures, {
    language,
    role: recipient.role,
    shop: workspace.name,
    currency: workspace.currency,
    base: set.settings.publicUrl.replace(/\/+$/, ''),
    unsubscribeUrl: url,
  })
  const mailer = openMailer(set)
  try {
    return await mailer.send({ deliveryId: id, to: recipient.address, ...letter, unsubscribeUrl: url }, stop)
  } finally {
    mailer.close()
  }
}

/** Sends what is due in a workspace, one message after the other. */
export async function sendDueDigests(
  platform: Platform,
  workspace: Workspace,
  stop: AbortSignal,
  step: DigestStep = () => {},
): Promise<void> {
  while (!stop.aborted) {
    const message = await claim(platform, workspace.id)
    if (!message) return
    step('claimed')
    const outcome = await send(platform, workspace, message, stop).catch((error: unknown): SendOutcome => {
      if (stop.aborted) return { kind: 'stopped' }
      console.error('A digest could not be composed:', error)
      return { kind: 'failed', why: { id: 'unexpected-inside' } }
    })
    step('sent')
    await settle(platform, workspace.id, message, outcome)
    step('settled')
  }
}

/** Writes the digests that are due as files beside the scheduled exports, in one step each. */
export async function writeDueFiles(
  platform: Platform,
  workspace: Workspace,
  stop: AbortSignal,
): Promise<void> {
  const { store, clock } = platform
  const rows = await store
    .selectFrom('digest_weeks')
    .innerJoin('digest_settings', 'digest_settings.workspace_id', 'digest_weeks.workspace_id')
    .select(['digest_weeks.week_from', 'digest_weeks.day', 'digest_settings.file_language'])
    .where('digest_weeks.workspace_id', '=', workspace.id)
    .where('digest_weeks.file_due_at', '<=', clock.now().toISOString())
    .execute()
  for (const { week_from, day, file_language } of rows) {
    const done = (set: { file_due_at: string | null; file_name?: string; failure: string | null }) =>
      store
        .updateTable('digest_weeks')
        .set(set)
        .where('workspace_id', '=', workspace.id)
        .where('week_from', '=', week_from)
        .execute()
    try {
      const language = languageNamed(file_language ?? '')
      const set = await accountOf(store, workspace.id, mailAccount)
      const figures = await digestFigures(platform, workspace, { day, language }, stop)
      const letter = composeDigest(figures, {
        language,
        role: 'viewer',
        shop: workspace.name,
        currency: workspace.currency,
        base: set?.settings.publicUrl.replace(/\/+$/, '') ?? null,
        unsubscribeUrl: null,
      })
      const folder = outboxOf(platform, workspace)
      const name = `digest-${week_from}.html`
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const part = join(folder, `.${name}.${randomUUID()}.part`)
      writeFileSync(part, letter.html, { mode: 0o600, flush: true })
      renameSync(part, join(folder, name))
      await done({ file_due_at: null, file_name: name, failure: null })
      const written = readdirSync(folder).filter((one) => /^digest-\d{4}-\d\d-\d\d\.html$/.test(one))
      for (const old of written.toSorted().slice(0, -keptFiles)) rmSync(join(folder, old), { force: true })
    } catch (error) {
      if (stop.aborted) return
      console.error('A digest could not be written:', error)
      const again = new Date(clock.now().getTime() + againMs).toISOString()
      await done({ file_due_at: again, failure: keptError({ id: 'unexpected-inside' }) })
    }
  }
}

/** Queues, sends and writes digests until stopped. Several may work on one platform. */
export function startDigests(platform: Platform): Digests {
  const stopping = new AbortController()
  const { signal } = stopping
  const loop = (async () => {
    while (!signal.aborted) {
      for (const { id } of await platform.workspaces.list()) {
        const workspace = await platform.workspaces.byId(id)
        if (!workspace || signal.aborted) continue
        try {
          await queueDue(platform, workspace)
          await writeDueFiles(platform, workspace, signal)
          await sendDueDigests(platform, workspace, signal)
        } catch (error) {
          if (!signal.aborted) console.error('Digests of a workspace broke off and go on:', error)
        }
      }
      await pause(lookMs, undefined, { signal }).catch(() => {}) // ends early when stopped
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}
