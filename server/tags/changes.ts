import type { Kysely, Transaction } from 'kysely'
import { sql } from '../../analytics/sql/sql.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { TagAction, TagOrigin } from '../store/tables/segments.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** Something that was done with a tag, as it is told. */
export interface TagChange {
  /** The tag as it is called now. */
  readonly tag: string
  readonly action: TagAction
  readonly origin: TagOrigin
  /** The rule, the file's name or the other tag; null where the origin says all. */
  readonly detail: string | null
  readonly reason: string
  readonly members: number
  /** A person's name, or `command-line`. */
  readonly by: string
  readonly at: string
}

/** Members whom a tag's rule chose or let go, each time it was applied. */
export interface RuleRun {
  readonly tag: string
  readonly at: string
  readonly asOf: string
  readonly putOn: number
  readonly takenOff: number
}

/** Keeps what was done with a tag, in the transaction that does it; answers the change's number. */
export async function recordChange(
  tx: Transaction<StoreSchema>,
  workspaceId: string,
  change: {
    readonly tagId: string
    readonly action: TagAction
    readonly origin?: TagOrigin
    readonly detail?: string | null
    readonly reason?: string | undefined
    readonly members?: number
    readonly by: string
    readonly at: Date
  },
): Promise<number> {
  const { seq } = await tx
    .insertInto('tag_changes')
    .values({
      workspace_id: workspaceId,
      tag_id: change.tagId,
      action: change.action,
      origin: change.origin ?? 'tag',
      detail: change.detail ?? null,
      reason: change.reason ?? '',
      members: change.members ?? 0,
      changed_by: change.by,
      changed_at: change.at.toISOString(),
    })
    .returning('seq')
    .executeTakeFirstOrThrow()
  return seq
}

/** On whom a change was made. A long list is split by the caller. */
export async function changeOfMembers(
  tx: Transaction<StoreSchema>,
  workspaceId: string,
  change: number,
  memberIds: readonly string[],
): Promise<void> {
  await tx
    .insertInto('tag_change_members')
    .values(
      memberIds.map((memberId) => ({ workspace_id: workspaceId, change_seq: change, member_id: memberId })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

const mostChanges = 200

/** What was done with a tag and with those that were merged into it, and what its rule changed; newest first, at most 200 of each. */
export async function historyOfTag(
  store: Store,
  workspace: Workspace,
  name: string,
): Promise<{ changes: TagChange[]; runs: RuleRun[] }> {
  const tags = await store
    .selectFrom('tags')
    .select(['id', 'name', 'merged_into'])
    .where('workspace_id', '=', workspace.id)
    .execute()
  const ids = new Set(tags.filter((tag) => tag.name === name).map(({ id }) => id))
  for (let known = -1; known !== ids.size;) {
    known = ids.size
    for (const { id, merged_into } of tags) if (merged_into !== null && ids.has(merged_into)) ids.add(id)
  }
  const changes =
    ids.size === 0
      ? []
      : await changesOf(store)
          .where('tag_changes.workspace_id', '=', workspace.id)
          .where('tag_changes.tag_id', 'in', [...ids])
          .limit(mostChanges)
          .execute()
  const runs = await workspace.engine.rows(sql`select tag, ran_at, as_of, put_on, taken_off from tag_rule_runs
    where tag = ${name} order by ran_at desc limit ${mostChanges}`)
  return {
    changes: changes.map(told),
    runs: runs.map((row) => ({
      tag: String(row.tag),
      at: `${String(row.ranAt).replace(' ', 'T').slice(0, 19)}Z`,
      asOf: String(row.asOf),
      putOn: Number(row.putOn),
      takenOff: Number(row.takenOff),
    })),
  }
}

/** What people did with the tags of a member, by any of the ids that they have; newest first. */
export async function changesOfMember(
  store: Store,
  workspace: Workspace,
  ids: readonly string[],
): Promise<TagChange[]> {
  const rows = await changesOf(store)
    .innerJoin('tag_change_members', 'tag_change_members.change_seq', 'tag_changes.seq')
    .where('tag_change_members.workspace_id', '=', workspace.id)
    .where('tag_change_members.member_id', 'in', ids)
    .groupBy('tag_changes.seq')
    .limit(mostChanges)
    .execute()
  return rows.map(told)
}

const changesOf = (store: Kysely<StoreSchema>) =>
  store
    .selectFrom('tag_changes')
    .innerJoin('tags', 'tags.id', 'tag_changes.tag_id')
    .leftJoin('users', 'users.id', 'tag_changes.changed_by')
    .select([
      'tags.name as tag',
      'tag_changes.action',
      'tag_changes.origin',
      'tag_changes.detail',
      'tag_changes.reason',
      'tag_changes.members',
      'tag_changes.changed_by',
      'tag_changes.changed_at as at',
      'users.name as by',
    ])
    .orderBy('tag_changes.seq', 'desc')

const told = ({
  changed_by,
  by,
  ...change
}: Omit<TagChange, 'by'> & { changed_by: string; by: string | null }): TagChange => ({
  ...change,
  by: by ?? changed_by,
})
