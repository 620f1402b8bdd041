import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { type Language, languageNamed, type Said, worded } from '../messages/messages.ts'
import { nextDue } from '../segments/schedules/schedules.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** More recipients are a mistake. */
export const mostRecipients = 50

export const digestRoles = ['owner', 'marketer', 'viewer'] as const

/** When a digest goes out and whether it is written as a file. */
export const DigestSettings = z.strictObject({
  on: z.boolean(),
  /** ISO weekday. */
  weekday: z.int().min(1).max(7),
  /** By the shop's clocks. */
  time: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, worded('not-a-time')),
  /** The language of the file that is written beside scheduled exports; null: none is. */
  fileLanguage: z.enum(['en', 'zh-CN']).nullable(),
})
export type DigestSettings = z.output<typeof DigestSettings>

export const NewRecipient = z.strictObject({
  address: z.email(worded('not-an-email')).max(320),
  language: z.enum(['en', 'zh-CN']),
  /** What the recipient may do on the dashboard: who only reads gets no way to plan campaigns. */
  role: z.enum(digestRoles),
})
export type NewRecipient = z.output<typeof NewRecipient>

/** As nobody has set them: Mondays at eight, off. */
const untouched: DigestSettings = { on: false, weekday: 1, time: '08:00', fileLanguage: null }

type Store = Kysely<StoreSchema>

/** The settings of a workspace, and when a digest is due next. */
export async function digestSettingsOf(
  store: Store,
  workspaceId: string,
): Promise<DigestSettings & { dueAt: string | null }> {
  const row = await store
    .selectFrom('digest_settings')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst()
  if (!row) return { ...untouched, dueAt: null }
  return {
    on: row.due_at !== null,
    weekday: row.weekday,
    time: row.time,
    fileLanguage: row.file_language === null ? null : languageNamed(row.file_language),
    dueAt: row.due_at,
  }
}

/** Sets all of them; the next digest is due at the first such hour from now on. */
export async function changeDigest(
  store: Store,
  workspace: Workspace,
  settings: DigestSettings,
  { by, at }: { by: string; at: Date },
): Promise<void> {
  const row = {
    weekday: settings.weekday,
    time: settings.time,
    file_language: settings.fileLanguage,
    due_at: settings.on ? nextDue(at, settings, workspace.calendar).toISOString() : null,
    changed_at: at.toISOString(),
  }
  await store.transaction().execute(async (tx) => {
    await tx
      .insertInto('digest_settings')
      .values({ workspace_id: workspace.id, ...row })
      .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet(row))
      .execute()
    await recordAudit(tx, {
      workspaceId: workspace.id,
      actor: by,
      action: 'setting-changed',
      subject: 'digest',
      at,
    })
  })
}

export interface Recipient {
  readonly id: string
  readonly address: string
  readonly language: Language
  readonly role: (typeof digestRoles)[number]
  readonly addedAt: string
  /** Null: gets it. */
  readonly ended: 'removed' | 'unsubscribed' | 'bounced' | null
  /** What became of the newest message; null: none was due yet. */
  readonly newest: {
    readonly state: 'queued' | 'delivered' | 'dead' | 'dropped'
    readonly weekFrom: string
    readonly deliveredAt: string | null
    readonly failure: Said | null
  } | null
}

/** Who gets it, and who has unsubscribed or has no such address; those who were removed are not listed. */
export async function recipientsOf(store: Store, workspaceId: string): Promise<Recipient[]> {
  const rows = await store
    .selectFrom('digest_recipients')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .orderBy('added_at')
    .orderBy('address')
    .execute()
  const listed = rows.filter(
    ({ ended_by }) => ended_by === null || ended_by === 'unsubscribed' || ended_by === 'bounced',
  )
  return Promise.all(
    listed.map(async (row): Promise<Recipient> => {
      const newest = await store
        .selectFrom('digest_messages')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .where('recipient_id', '=', row.id)
        .orderBy('week_from', 'desc')
        .limit(1)
        .executeTakeFirst()
      return {
        id: row.id,
        address: row.address,
        language: languageNamed(row.language),
        role: row.role,
        addedAt: row.added_at,
        ended: row.ended_by === null ? null : row.ended_by === 'unsubscribed' ? 'unsubscribed' : 'bounced',
        newest: newest
          ? {
              state: newest.state,
              weekFrom: newest.week_from,
              deliveredAt: newest.delivered_at,
              failure: newest.last_error === null ? null : (JSON.parse(newest.last_error) as Said),
            }
          : null,
      }
    }),
  )
}

export type AddRecipientOutcome = { kind: 'added'; id: string } | { kind: 'known' } | { kind: 'too-many' }

/** An address gets the digest from the next one on. One that has unsubscribed may be added again: the owner asks them. */
export async function addRecipient(
  store: Store,
  workspaceId: string,
  wanted: NewRecipient,
  { by, at }: { by: string; at: Date },
): Promise<AddRecipientOutcome> {
  return store.transaction().execute(async (tx): Promise<AddRecipientOutcome> => {
    const live = await tx
      .selectFrom('digest_recipients')
      .select('address')
      .where('workspace_id', '=', workspaceId)
      .where('ended_at', 'is', null)
      .execute()
    const same = (one: string) => one.trim().toLowerCase() === wanted.address.trim().toLowerCase()
    if (live.some(({ address }) => same(address))) return { kind: 'known' }
    if (live.length >= mostRecipients) return { kind: 'too-many' }
    const ended = await tx
      .selectFrom('digest_recipients')
      .select(['id', 'address'])
      .where('workspace_id', '=', workspaceId)
      .where('ended_at', 'is not', null)
      .execute()
    // the same row again, so that nobody gets a week twice
    const id = ended.find(({ address }) => same(address))?.id ?? randomUUID()
    const row = { ...wanted, added_at: at.toISOString(), ended_at: null, ended_by: null }
    await tx
      .insertInto('digest_recipients')
      .values({ id, workspace_id: workspaceId, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute()
    await recordAudit(tx, { workspaceId, actor: by, action: 'digest-recipient-added', subject: id, at })
    return { kind: 'added', id }
  })
}

/** Ends it for a recipient, and what waits to be sent. False: there is none. */
export async function endRecipient(
  store: Store,
  workspaceId: string,
  id: string,
  { by, at }: { by: string; at: Date },
): Promise<boolean> {
  return store.transaction().execute(async (tx) => {
    const found = await tx
      .selectFrom('digest_recipients')
      .select('ended_by')
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', id)
      .executeTakeFirst()
    if (!found) return false
    await tx
      .updateTable('digest_recipients')
      .set({ ended_at: at.toISOString(), ended_by: by })
      .where('id', '=', id)
      .execute()
    await tx
      .updateTable('digest_messages')
      .set({ state: 'dropped', lease: null })
      .where('recipient_id', '=', id)
      .where('state', '=', 'queued')
      .execute()
    await recordAudit(tx, { workspaceId, actor: by, action: 'digest-recipient-removed', subject: id, at })
    return true
  })
}

/** Whose digest a message was, by its id; null: it is no digest. */
export async function recipientOfMessage(
  store: Store,
  workspaceId: string,
  messageId: string,
): Promise<string | null> {
  const row = await store
    .selectFrom('digest_messages')
    .select('recipient_id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', messageId)
    .executeTakeFirst()
  return row?.recipient_id ?? null
}
