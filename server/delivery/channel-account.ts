import type { Kysely } from 'kysely'
import type { z } from 'zod'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import { quietAtFirst } from './settings.ts'
import type { SetUpChannel } from './suppressions.ts'

/** What an owner sets up: settings that may be shown, and one secret that is kept apart and never shown. */
export interface ChannelAccount<Schema extends z.ZodType> {
  readonly channel: SetUpChannel | 'returns'
  readonly Settings: Schema
  /** Whether the secret that is kept for the one is good for the other: none is sent to another server or account. */
  isSame(before: z.output<Schema>, now: z.output<Schema>): boolean
  /** False: it works without a secret, and keeps none. */
  needsSecret(settings: z.output<Schema>): boolean
}

/** As it is set up; null: not. */
export async function accountOf<Schema extends z.ZodType>(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  { channel, Settings }: ChannelAccount<Schema>,
): Promise<{ settings: z.output<Schema>; secret: string } | null> {
  const row = await store
    .selectFrom('channel_settings')
    .select(['settings', 'secret'])
    .where('workspace_id', '=', workspaceId)
    .where('channel', '=', channel)
    .executeTakeFirst()
  return row ? { settings: Settings.parse(JSON.parse(row.settings)), secret: row.secret } : null
}

export type AccountOutcome = { kind: 'saved' } | { kind: 'secret-needed' }

/**
 * Sets it up. Without a secret the one that is kept stays, as long as it goes to the same account: whoever may change
 * the server must not be sent the secret of another. The first channel that reaches members by itself brings quiet
 * hours, where there are none.
 */
export async function saveAccount<Schema extends z.ZodType>(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  account: ChannelAccount<Schema>,
  { settings, secret: given }: { settings: z.output<Schema>; secret: string | null },
  { actor, at }: { actor: string; at: Date },
): Promise<AccountOutcome> {
  const { channel } = account
  return store.transaction().execute(async (tx): Promise<AccountOutcome> => {
    const before = await accountOf(tx, workspaceId, account)
    const kept = before && account.isSame(before.settings, settings) ? before.secret : ''
    const secret = account.needsSecret(settings) ? (given ?? kept) : ''
    if (account.needsSecret(settings) && secret === '') return { kind: 'secret-needed' }
    const row = { settings: JSON.stringify(settings), secret, changed_at: at.toISOString() }
    await tx
      .insertInto('channel_settings')
      .values({ workspace_id: workspaceId, channel, ...row })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'channel']).doUpdateSet(row))
      .execute()
    await recordAudit(tx, { workspaceId, actor, action: 'setting-changed', subject: channel, at })
    if (before === null && channel !== 'returns') await quietAtFirst(tx, workspaceId, { actor, at })
    return { kind: 'saved' }
  })
}
