import { setTimeout as pause } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Platform } from '../../platform.ts'
import type { StoreSchema } from '../../store/schema.ts'
import { accountOf } from '../channel-account.ts'
import { keptError } from '../errors.ts'
import { type MailboxOutcome, type Position, readMailbox } from './mailbox.ts'
import { readReturned, type ReturnedMail } from './returned-mail.ts'
import { type ReturnsSettings, returnsAccount } from './returns-settings.ts'
import { takeReturned } from './take-returned.ts'

const everyMs = 60_000

/** Mails of one reading. */
export interface Reading {
  /** All that were new in the folder. */
  looked: number
  /** Of them such as name a delivery and were not taken before. */
  readonly taken: Record<ReturnedMail['kind'], number>
}

export type ReadingOutcome =
  | { kind: 'read'; reading: Reading }
  | Exclude<MailboxOutcome, { kind: 'read' }>
  | { kind: 'not-set-up' }

/** Workspaces whose mailbox is being read: two readings of one would only do the same. */
const underWay = new WeakMap<Platform, Map<string, Promise<ReadingOutcome>>>()

/** Reads what is new in the mailbox to which a workspace's mail comes back. Who asks while it is read gets that reading. */
export function readReturns(
  platform: Platform,
  workspaceId: string,
  stop: AbortSignal,
): Promise<ReadingOutcome> {
  const readings = underWay.get(platform) ?? new Map<string, Promise<ReadingOutcome>>()
  underWay.set(platform, readings)
  const present = readings.get(workspaceId)
  if (present) return present
  const reading = read(platform, workspaceId, stop).finally(() => readings.delete(workspaceId))
  readings.set(workspaceId, reading)
  return reading
}

async function read(
  { store, clock }: Platform,
  workspaceId: string,
  stop: AbortSignal,
): Promise<ReadingOutcome> {
  const set = await accountOf(store, workspaceId, returnsAccount)
  if (!set) return { kind: 'not-set-up' }
  const from = await positionIn(store, workspaceId, set.settings)
  const taken: Reading['taken'] = { gone: 0, failed: 0, delayed: 0, answer: 0 }
  const take = async (source: Buffer | null, { uidValidity, lastUid }: Position): Promise<boolean> => {
    // what can't be parsed names no delivery that could be believed
    const mail = source && (await readReturned(source).catch(() => null))
    return store.transaction().execute(async (tx) => {
      const came = mail ? await takeReturned(tx, workspaceId, mail, clock.now()) : 'none'
      if (came === 'waits') return false
      if (came !== 'known' && came !== 'none') taken[came]++
      await keep(tx, workspaceId, { uid_validity: uidValidity, last_uid: lastUid })
      return true
    })
  }
  const outcome = await readMailbox(set, from, clock.now(), take, stop)
  if (outcome.kind === 'failed') await keep(store, workspaceId, { error: keptError(outcome.why) })
  if (outcome.kind !== 'read') return outcome
  const read_at = outcome.cutShort ? {} : { read_at: clock.now().toISOString() }
  await keep(store, workspaceId, { error: null, ...read_at })
  return { kind: 'read', reading: { looked: outcome.looked, taken } }
}

const keep = (
  store: Kysely<StoreSchema>,
  workspaceId: string,
  state: Partial<StoreSchema['returns_mailboxes']>,
) => store.updateTable('returns_mailboxes').set(state).where('workspace_id', '=', workspaceId).execute()

/** How far this mailbox was read; null: not yet. Another than before begins anew. */
async function positionIn(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  { host, user, folder }: ReturnsSettings,
): Promise<Position | null> {
  const anew = {
    mailbox: `${host} ${user} ${folder}`,
    uid_validity: null,
    last_uid: 0,
    read_at: null,
    error: null,
  }
  const row = await store
    .insertInto('returns_mailboxes')
    .values({ workspace_id: workspaceId, ...anew })
    .onConflict((conflict) =>
      conflict
        .column('workspace_id')
        .doUpdateSet(anew)
        .where('returns_mailboxes.mailbox', '!=', anew.mailbox),
    )
    .returning(['uid_validity', 'last_uid'])
    .executeTakeFirst()
  const kept =
    row ??
    (await store
      .selectFrom('returns_mailboxes')
      .select(['uid_validity', 'last_uid'])
      .where('workspace_id', '=', workspaceId)
      .executeTakeFirstOrThrow())
  return kept.uid_validity === null ? null : { uidValidity: kept.uid_validity, lastUid: kept.last_uid }
}

const shownDays = 30

/** What Settings shows: when the mailbox was read whole, what stands in the way, and the mails of the last thirty days by kind. */
export async function returnsState(store: Kysely<StoreSchema>, workspaceId: string, now: Date) {
  const row = await store
    .selectFrom('returns_mailboxes')
    .select(['read_at', 'error'])
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst()
  const rows = await store
    .selectFrom('returned_mails')
    .select(['kind', ({ fn }) => fn.countAll<number>().as('mails')])
    .where('workspace_id', '=', workspaceId)
    .where('at', '>=', new Date(now.getTime() - shownDays * 86_400_000).toISOString())
    .groupBy('kind')
    .execute()
  const mails = (kind: ReturnedMail['kind']) => rows.find((one) => one.kind === kind)?.mails ?? 0
  return {
    readAt: row?.read_at ?? null,
    /** As `errorText` reads it. */
    error: row?.error ?? null,
    gone: mails('gone'),
    failed: mails('failed'),
    delayed: mails('delayed'),
    answer: mails('answer'),
  }
}

export interface Returns {
  stop(): Promise<void>
}

/** Reads the mailboxes of all workspaces each minute, until stopped. What stands in the way is kept with the mailbox, for Settings to show. */
export function startReturns(platform: Platform): Returns {
  const stopping = new AbortController()
  const look = async () => {
    const rows = await platform.store
      .selectFrom('channel_settings')
      .select('workspace_id')
      .where('channel', '=', 'returns')
      .execute()
    const readings = await Promise.allSettled(
      rows.map(({ workspace_id }) => readReturns(platform, workspace_id, stopping.signal)),
    )
    for (const reading of readings) if (reading.status === 'rejected') throw reading.reason
  }
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => console.error('Returned mail could not be taken:', error))
      await pause(everyMs, undefined, { signal: stopping.signal }).catch(() => {}) // ends early when stopped
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}
