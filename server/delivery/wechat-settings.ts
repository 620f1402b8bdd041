import type { Kysely } from 'kysely'
import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import { loopback } from './mail-settings.ts'
import { quietAtFirst } from './settings.ts'

/** The official account by which a workspace writes to members; its secret is kept apart. */
export const WechatSettings = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: worded('not-an-address') })
    .max(300)
    .refine(
      (url) =>
        !URL.canParse(url) || new URL(url).protocol === 'https:' || loopback.has(new URL(url).hostname),
      worded('wechat-needs-https'),
    )
    .transform((url) => url.replace(/\/+$/, ''))
    .default('https://api.weixin.qq.com'),
  appId: z
    .string()
    .trim()
    .regex(/^wx[0-9a-f]{16}$/, worded('not-an-app-id')),
})
export type WechatSettings = z.output<typeof WechatSettings>

/** Null: not set up. */
export async function wechatSettingsOf(
  store: Kysely<StoreSchema>,
  workspaceId: string,
): Promise<{ settings: WechatSettings; appSecret: string } | null> {
  const row = await store
    .selectFrom('channel_settings')
    .select(['settings', 'secret'])
    .where('workspace_id', '=', workspaceId)
    .where('channel', '=', 'wechat')
    .executeTakeFirst()
  return row ? { settings: WechatSettings.parse(JSON.parse(row.settings)), appSecret: row.secret } : null
}

/** Sets them. Without a secret the one that is kept stays, for the same account at the same address. */
export async function saveWechatSettings(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  settings: WechatSettings,
  appSecret: string | null,
  { actor, at }: { actor: string; at: Date },
): Promise<{ kind: 'saved' } | { kind: 'secret-needed' }> {
  const before = await wechatSettingsOf(store, workspaceId)
  const sameAccount =
    before !== null &&
    before.settings.endpoint === settings.endpoint &&
    before.settings.appId === settings.appId
  const secret = appSecret ?? (sameAccount ? before.appSecret : '')
  if (secret === '') return { kind: 'secret-needed' }
  const row = { settings: JSON.stringify(settings), secret, changed_at: at.toISOString() }
  await store.transaction().execute(async (tx) => {
    await tx
      .insertInto('channel_settings')
      .values({ workspace_id: workspaceId, channel: 'wechat', ...row })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'channel']).doUpdateSet(row))
      .execute()
    await recordAudit(tx, { workspaceId, actor, action: 'setting-changed', subject: 'wechat', at })
    if (before === null) await quietAtFirst(tx, workspaceId, { actor, at })
  })
  return { kind: 'saved' }
}
