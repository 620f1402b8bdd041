import type { Kysely } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { SetUpChannel } from './suppressions.ts'

/** The channels that reach members by themselves and that an owner has not set up, of those that are named. */
export async function notSetUp(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  kinds: Iterable<string>,
): Promise<SetUpChannel[]> {
  const wanted = new Set(kinds)
  const set = await store
    .selectFrom('channel_settings')
    .select('channel')
    .where('workspace_id', '=', workspaceId)
    .execute()
  const there = new Set(set.map(({ channel }) => channel))
  return setUpChannels.filter((channel) => wanted.has(channel) && !there.has(channel))
}

const setUpChannels: readonly SetUpChannel[] = ['mail', 'sms', 'wechat']
