import type { Kysely } from 'kysely'
import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import { quietAtFirst } from './settings.ts'

/** This machine: what goes to it is not listened to. */
export const loopback = new Set(['localhost', '127.0.0.1', '::1', '[::1]'])

const Host = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9.:-]{1,253}$/, worded('not-a-host'))

/** How mail goes out of a workspace; the password is kept apart. */
export const MailSettings = z
  .strictObject({
    host: Host,
    port: z.int().min(1).max(65_535),
    /** `tls` from the first byte, `starttls` refuses to go on without it, `none` on this machine alone. */
    security: z.enum(['tls', 'starttls', 'none']),
    /** Empty: the server asks for none. */
    user: z.string().trim().max(320),
    sender: z.email(worded('not-an-email')).max(320),
    senderName: z
      .string()
      .trim()
      .max(120)
      .regex(/^[^\r\n]*$/),
    /** What Reveille is reached by from outside: what unsubscribe links begin with. */
    publicUrl: z.url({ protocol: /^https?$/, error: worded('not-an-address') }).max(500),
  })
  .refine(({ host, security }) => security !== 'none' || loopback.has(host), {
    error: worded('mail-needs-tls'),
    path: ['security'],
  })
  .refine(
    ({ publicUrl }) => {
      if (!URL.canParse(publicUrl)) return true
      const { protocol, hostname } = new URL(publicUrl)
      return protocol === 'https:' || loopback.has(hostname)
    },
    { error: worded('public-url-needs-https'), path: ['publicUrl'] },
  )
export type MailSettings = z.output<typeof MailSettings>

/** Null: not set up. */
export async function mailSettingsOf(
  store: Kysely<StoreSchema>,
  workspaceId: string,
): Promise<{ settings: MailSettings; password: string } | null> {
  const row = await store
    .selectFrom('channel_settings')
    .select(['settings', 'secret'])
    .where('workspace_id', '=', workspaceId)
    .where('channel', '=', 'mail')
    .executeTakeFirst()
  return row ? { settings: MailSettings.parse(JSON.parse(row.settings)), password: row.secret } : null
}

export type MailSettingsOutcome = { kind: 'saved' } | { kind: 'password-needed' }

/**
 * Sets how mail goes out. Without a password the one that is kept stays, as long as it goes to the same server
 * for the same user: whoever may change the server must not be sent the password of another. The first time, quiet hours are
 * set as well where there are none: mail reaches members by itself.
 */
export async function saveMailSettings(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  settings: MailSettings,
  password: string | null,
  { actor, at }: { actor: string; at: Date },
): Promise<MailSettingsOutcome> {
  const before = await mailSettingsOf(store, workspaceId)
  const sameAccount =
    before !== null && before.settings.host === settings.host && before.settings.user === settings.user
  const secret = settings.user === '' ? '' : (password ?? (sameAccount ? before.password : ''))
  if (settings.user !== '' && secret === '') return { kind: 'password-needed' }
  const row = { settings: JSON.stringify(settings), secret, changed_at: at.toISOString() }
  await store.transaction().execute(async (tx) => {
    await tx
      .insertInto('channel_settings')
      .values({ workspace_id: workspaceId, channel: 'mail', ...row })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'channel']).doUpdateSet(row))
      .execute()
    await recordAudit(tx, { workspaceId, actor, action: 'setting-changed', subject: 'mail', at })
    if (before === null) await quietAtFirst(tx, workspaceId, { actor, at })
  })
  return { kind: 'saved' }
}
