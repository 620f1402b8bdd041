import type { Kysely } from 'kysely'
import { peopleOf } from '../identity/people.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { HandChannel } from './hand-channels.ts'

/** Members, by the ids they have now, who told staff that they want no more of a channel. */
export async function whoSaidNo(
  store: Kysely<StoreSchema>,
  workspace: Workspace,
  channel: HandChannel,
): Promise<string[]> {
  const rows = await store
    .selectFrom('suppressions')
    .select('member_id')
    .where('workspace_id', '=', workspace.id)
    .where('channel', '=', channel)
    .where('reason', '=', 'unsubscribed')
    .where('member_id', 'is not', null)
    .execute()
  const { memberOf } = await peopleOf(workspace)
  return [...new Set(rows.map(({ member_id }) => memberOf(member_id!)))]
}
