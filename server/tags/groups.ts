import { sql } from '../../analytics/sql/sql.ts'
import { recordEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Doing, listTags } from './tags.ts'

export interface TagGroup {
  readonly name: string
  /** A member carries one tag of it at most. */
  readonly exclusive: boolean
  readonly tags: readonly string[]
  /** Members of whom a tag does not show, because another of the group does. */
  readonly covered: number
}

/** The groups that people made or files name, by name. */
export async function listGroups(
  store: Store,
  workspace: Workspace,
  signal?: AbortSignal,
): Promise<TagGroup[]> {
  const tags = await listTags(store, workspace, signal)
  const made = await store
    .selectFrom('tag_groups')
    .select(['name', 'exclusive'])
    .where('workspace_id', '=', workspace.id)
    .execute()
  const covered = await workspace.engine.rows(
    sql`select tag_group, count(distinct member_key) as members
      from covered_tags_of_members as covered join exclusive_tags on exclusive_tags.tag = covered.tag
      group by tag_group`,
    { signal },
  )
  const names = new Set([
    ...made.map(({ name }) => name),
    ...tags.flatMap(({ group }) => (group === null ? [] : [group])),
  ])
  return [...names].toSorted().map((name) => ({
    name,
    exclusive: made.some((group) => group.name === name && group.exclusive === 1),
    tags: tags.flatMap((tag) => (tag.group === name ? [tag.name] : [])),
    covered: Number(covered.find(({ tagGroup }) => tagGroup === name)?.members ?? 0),
  }))
}

/** Makes a group, or says whether a member carries one tag of it at most. */
export async function saveGroup(
  store: Store,
  workspace: Workspace,
  { name, exclusive }: { name: string; exclusive: boolean },
  { at }: Doing,
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    await tx
      .insertInto('tag_groups')
      .values({
        workspace_id: workspace.id,
        name,
        exclusive: exclusive ? 1 : 0,
        created_at: at.toISOString(),
      })
      .onConflict((conflict) =>
        conflict.columns(['workspace_id', 'name']).doUpdateSet({ exclusive: exclusive ? 1 : 0 }),
      )
      .execute()
    await recordEvent(tx, workspace.id, { kind: 'tag-group-set', group: name, exclusive }, at)
  })
  await drainEvents(store, workspace)
}
