import { sql } from '../../analytics/sql/sql.ts'
import { recordEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { groupsOfFiles } from './exclusive.ts'
import { type Doing, listTags, putInGroup } from './tags.ts'

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

export type GroupOutcome = { kind: 'done'; tags: number } | { kind: 'no-such-group' } | { kind: 'name-taken' }

/**
 * Gives a group another name, with its tags; it stays exclusive or not. Files that name the old one say so of tags alone
 * that nobody has grouped: those of the group are set by people from then on. Refused where there is a group of that name.
 */
export const renameGroup = (
  store: Store,
  workspace: Workspace,
  { from, to }: { from: string; to: string },
  doing: Doing,
): Promise<GroupOutcome> => moveTags(store, workspace, from, to, doing)

/** Takes a group away: its tags stay, in no group, so that nothing is covered any more. */
export const removeGroup = (
  store: Store,
  workspace: Workspace,
  name: string,
  doing: Doing,
): Promise<GroupOutcome> => moveTags(store, workspace, name, null, doing)

async function moveTags(
  store: Store,
  workspace: Workspace,
  from: string,
  to: string | null,
  { by, at }: Doing,
): Promise<GroupOutcome> {
  const groups = await listGroups(store, workspace)
  const group = groups.find(({ name }) => name === from)
  if (!group) return { kind: 'no-such-group' }
  const { standing, retired } = await tagsIn(store, workspace, from)
  if (to === from) return { kind: 'done', tags: standing.length }
  if (groups.some(({ name }) => name === to)) return { kind: 'name-taken' }
  await store.transaction().execute(async (tx) => {
    if (to !== null) {
      const exclusive = group.exclusive ? 1 : 0
      await tx
        .insertInto('tag_groups')
        .values({ workspace_id: workspace.id, name: to, exclusive, created_at: at.toISOString() })
        .execute()
      await recordEvent(
        tx,
        workspace.id,
        { kind: 'tag-group-set', group: to, exclusive: group.exclusive },
        at,
      )
    }
    for (const tag of standing) await putInGroup(tx, workspace, tag, to, { by, at })
    for (const { id, name } of retired) {
      await tx.updateTable('tags').set({ tag_group: to }).where('id', '=', id).execute()
      await recordEvent(tx, workspace.id, { kind: 'tag-grouped', tag: name, group: to }, at)
    }
    await tx
      .deleteFrom('tag_groups')
      .where('workspace_id', '=', workspace.id)
      .where('name', '=', from)
      .execute()
    await recordEvent(tx, workspace.id, { kind: 'tag-group-set', group: from, exclusive: false }, at)
  })
  await drainEvents(store, workspace)
  return { kind: 'done', tags: standing.length }
}

/** The tags of a group, those that nobody shows because another covers them too, and retired ones that people had put into it. */
async function tagsIn(store: Store, workspace: Workspace, group: string) {
  const made = await store
    .selectFrom('tags')
    .select(['id', 'name', 'tag_group', 'group_set', 'retired_at'])
    .where('workspace_id', '=', workspace.id)
    .execute()
  const said = await workspace.engine.rows(
    sql`select tag from ${groupsOfFiles} as said where tag_group = ${group} order by tag`,
  )
  const set = made.filter((tag) => tag.group_set === 1 && tag.tag_group === group)
  const decided = new Set(
    made.filter((tag) => tag.group_set === 1 || tag.retired_at !== null).map(({ name }) => name),
  )
  return {
    standing: [
      ...set.filter((tag) => tag.retired_at === null).map(({ name }) => name),
      ...said.map(({ tag }) => String(tag)).filter((name) => !decided.has(name)),
    ],
    retired: set.filter((tag) => tag.retired_at !== null),
  }
}
