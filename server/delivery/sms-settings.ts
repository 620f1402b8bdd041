import type { Kysely } from 'kysely'
import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import { loopback } from './mail-settings.ts'
import { quietAtFirst } from './settings.ts'

/** How short messages go out of a workspace, by Alibaba Cloud; the key's secret is kept apart. */
export const SmsSettings = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: worded('not-an-address') })
    .max(300)
    .refine(
      (url) =>
        !URL.canParse(url) || new URL(url).protocol === 'https:' || loopback.has(new URL(url).hostname),
      worded('endpoint-needs-https'),
    )
    .default('https://dysmsapi.aliyuncs.com'),
  accessKeyId: z.string().trim().min(1).max(200),
  /** The signature that stands before each message, as it was approved. */
  signName: z.string().trim().min(1).max(100),
  /** What one message costs: campaigns that say nothing else count with it. */
  priceMinor: z.int().nonnegative().max(1_000_000),
})
export type SmsSettings = z.output<typeof SmsSettings>

/** Null: not set up. */
export async function smsSettingsOf(
  store: Kysely<StoreSchema>,
  workspaceId: string,
): Promise<{ settings: SmsSettings; accessKeySecret: string } | null> {
  const row = await store
    .selectFrom('channel_settings')
    .select(['settings', 'secret'])
    .where('workspace_id', '=', workspaceId)
    .where('channel', '=', 'sms')
    .executeTakeFirst()
  return row ? { settings: SmsSettings.parse(JSON.parse(row.settings)), accessKeySecret: row.secret } : null
}

/** Sets them. Without a secret the one that is kept stays, for the same key at the same address. */
export async function saveSmsSettings(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  settings: SmsSettings,
  accessKeySecret: string | null,
  { actor, at }: { actor: string; at: Date },
): Promise<{ kind: 'saved' } | { kind: 'secret-needed' }> {
  const before = await smsSettingsOf(store, workspaceId)
  const sameKey =
    before !== null &&
    before.settings.endpoint === settings.endpoint &&
    before.settings.accessKeyId === settings.accessKeyId
  const secret = accessKeySecret ?? (sameKey ? before.accessKeySecret : '')
  if (secret === '') return { kind: 'secret-needed' }
  const row = { settings: JSON.stringify(settings), secret, changed_at: at.toISOString() }
  await store.transaction().execute(async (tx) => {
    await tx
      .insertInto('channel_settings')
      .values({ workspace_id: workspaceId, channel: 'sms', ...row })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'channel']).doUpdateSet(row))
      .execute()
    await recordAudit(tx, { workspaceId, actor, action: 'setting-changed', subject: 'sms', at })
    if (before === null) await quietAtFirst(tx, workspaceId, { actor, at })
  })
  return { kind: 'saved' }
}
