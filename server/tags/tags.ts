import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { sql } from '../../analytics/sql/sql.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import { followTagRename } from '../segments/saved.ts'
import { recordAudit } from '../settings/audit.ts'
import { recordEvent } from '../store/events.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { recordChange } from './changes.ts'
import { groupsOfFiles } from './exclusive.ts'

export interface Tag {
  readonly name: string
  /** 1 to 8: which of the categorical colours. */
  readonly colour: number
  readonly description: string
  /** Members who carry it, in all and by where it came from. */
  readonly members: number
  readonly manual: number
  readonly imported: number
  readonly automatic: number
  /** The group that it belongs to, as people set it or, where they did not, files say; null: none. */
  readonly group: string | null
  /** A member carries one tag of the group at most. */
  readonly exclusive: boolean
  /** The rule that puts it on and takes it off; null: none. */
  readonly rule: string | null
}

export type TagOutcome =
  | { kind: 'done'; members: number }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  | { kind: 'unknown-members'; memberIds: readonly string[] }
  | { kind: 'no-such-tag' }
  | { kind: 'name-taken' }
  | { kind: 'same-tag' }
  | { kind: 'circle'; tags: readonly string[] }

/** Who does it, and when. */
export interface Doing {
  readonly by: string
  readonly at: Date
  /** Why, in their own words. */
  readonly reason?: string | undefined
}

/** Every tag that stands on a member or was made and not retired, by name. */
export async function listTags(store: Store, workspace: Workspace, signal?: AbortSignal): Promise<Tag[]> {
  await drainEvents(store, workspace)
  const counted = await workspace.engine.rows(
    sql`select tag, count(*) as members, count(*) filter (where source = 'manual') as manual,
      count(*) filter (where source = 'imported') as imported,
      count(*) filter (where source = 'automatic') as automatic
      from tags_of_members group by tag`,
    { signal },
  )
  const made = await store
    .selectFrom('tags')
    .leftJoin('tag_rules', 'tag_rules.tag_id', 'tags.id')
    .select([
      'tags.name',
      'tags.colour',
      'tags.description',
      'tags.retired_at',
      'tags.tag_group',
      'tags.group_set',
      'tag_rules.expression',
    ])
    .where('tags.workspace_id', '=', workspace.id)
    .execute()
  const saidGroups = await workspace.engine.rows(sql`select tag, tag_group from ${groupsOfFiles} as said`, {
    signal,
  })
  const groupOf = new Map(saidGroups.map((row) => [String(row.tag), String(row.tagGroup)]))
  for (const one of made)
    if (one.group_set === 1) {
      if (one.tag_group === null) groupOf.delete(one.name)
      else groupOf.set(one.name, one.tag_group)
    }
  const exclusive = await exclusiveGroups(store, workspace.id)
  const counts = new Map(counted.map((row) => [String(row.tag), row]))
  const names = new Set([
    ...counts.keys(),
    ...made.filter((tag) => tag.retired_at === null).map((tag) => tag.name),
  ])
  return [...names].toSorted().map((name) => {
    const row = counts.get(name)
    const tag = made.find((one) => one.name === name)
    return {
      name,
      colour: tag?.colour ?? colourOf(name),
      description: tag?.description ?? '',
      members: Number(row?.members ?? 0),
      manual: Number(row?.manual ?? 0),
      imported: Number(row?.imported ?? 0),
      automatic: Number(row?.automatic ?? 0),
      group: groupOf.get(name) ?? null,
      exclusive: exclusive.has(groupOf.get(name) ?? ''),
      rule: tag?.expression ?? null,
    }
  })
}

async function exclusiveGroups(store: Store, workspaceId: string): Promise<ReadonlySet<string>> {
  const rows = await store
    .selectFrom('tag_groups')
    .select('name')
    .where('workspace_id', '=', workspaceId)
    .where('exclusive', '=', 1)
    .execute()
  return new Set(rows.map(({ name }) => name))
}

/** Makes a tag, or changes the colour, description and group of one. A group that is named comes to be; null is none. */
export async function saveTag(
  store: Store,
  workspace: Workspace,
  tag: {
    name: string
    colour?: number | undefined
    description?: string | undefined
    group?: string | null | undefined
  },
  { by, at }: Doing,
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const id = await tagId(tx, workspace.id, tag.name, at)
    const { colour, description, group } = tag
    const look = {
      ...(colour === undefined ? {} : { colour }),
      ...(description === undefined ? {} : { description }),
    }
    if (Object.keys(look).length > 0) await tx.updateTable('tags').set(look).where('id', '=', id).execute()
    if (group === undefined) return
    if (group !== null)
      await tx
        .insertInto('tag_groups')
        .values({ workspace_id: workspace.id, name: group, exclusive: 0, created_at: at.toISOString() })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    await putInGroup(tx, workspace, tag.name, group, { by, at })
  })
  await drainEvents(store, workspace)
}

/** Puts a tag into a group that there is, or takes it out of any, as people say it: files say nothing against that. */
export async function putInGroup(
  tx: Transaction<StoreSchema>,
  workspace: Workspace,
  tag: string,
  group: string | null,
  { by, at }: Doing,
): Promise<void> {
  const id = await tagId(tx, workspace.id, tag, at)
  const before = await tx
    .selectFrom('tags')
    .select(['tag_group', 'group_set'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (before.group_set === 1 && before.tag_group === group) return
  await tx.updateTable('tags').set({ tag_group: group, group_set: 1 }).where('id', '=', id).execute()
  await recordEvent(tx, workspace.id, { kind: 'tag-grouped', tag, group }, at)
  await recordChange(tx, workspace.id, { tagId: id, action: 'grouped', detail: group, by, at })
}

/** Gives a tag another name, on all who carry it and in the rules that ask for it. Refused when there is a tag of that name. */
export async function renameTag(
  store: Store,
  workspace: Workspace,
  from: string,
  to: string,
  { by, at, reason }: Doing,
): Promise<TagOutcome> {
  const tags = await listTags(store, workspace)
  const tag = tags.find(({ name }) => name === from)
  if (!tag) return { kind: 'no-such-tag' }
  if (tags.some(({ name }) => name === to)) return { kind: 'name-taken' }
  await store.transaction().execute(async (tx) => {
    const id = await tagId(tx, workspace.id, from, at)
    // a retired tag may still hold the name
    await tx
      .updateTable('tags')
      .set({ name: `${to} (${id})` })
      .where('workspace_id', '=', workspace.id)
      .where('name', '=', to)
      .execute()
    await tx
      .updateTable('tags')
      .set({ name: to, colour: tag.colour })
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', id)
      .execute()
    await followTagRename(tx, workspace, { from, to }, { by, at })
    await recordChange(tx, workspace.id, { tagId: id, action: 'renamed', detail: from, reason, by, at })
    await recordEvent(tx, workspace.id, { kind: 'tag-renamed', from, to }, at)
    await recordAudit(tx, { workspaceId: workspace.id, actor: by, action: 'tag-renamed', subject: id, at })
  })
  await drainEvents(store, workspace)
  return { kind: 'done', members: tag.members }
}

/** Takes a tag off everybody and out of the list. */
export async function retireTag(
  store: Store,
  workspace: Workspace,
  name: string,
  { by, at, reason }: Doing,
): Promise<TagOutcome> {
  const tag = (await listTags(store, workspace)).find((one) => one.name === name)
  if (!tag) return { kind: 'no-such-tag' }
  await store.transaction().execute(async (tx) => {
    const id = await tagId(tx, workspace.id, name, at)
    await tx
      .updateTable('tag_settings')
      .set({ carries: 0, set_by: by, set_at: at.toISOString() })
      .where('workspace_id', '=', workspace.id)
      .where('tag_id', '=', id)
      .execute()
    await tx
      .updateTable('tags')
      .set({ retired_at: at.toISOString() })
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', id)
      .execute()
    await tx.deleteFrom('tag_rules').where('tag_id', '=', id).execute()
    const change = { tagId: id, action: 'retired', members: tag.members, reason, by, at } as const
    await recordChange(tx, workspace.id, change)
    await recordEvent(tx, workspace.id, { kind: 'tag-retired', tag: name, day: workspace.today() }, at)
    await recordAudit(tx, { workspaceId: workspace.id, actor: by, action: 'tag-retired', subject: id, at })
  })
  await drainEvents(store, workspace)
  return { kind: 'done', members: tag.members }
}

/** The id of a tag; one that is new or was retired begins anew. */
export async function tagId(
  tx: Transaction<StoreSchema>,
  workspaceId: string,
  name: string,
  at: Date,
): Promise<string> {
  const found = await tx
    .selectFrom('tags')
    .select(['id', 'retired_at'])
    .where('workspace_id', '=', workspaceId)
    .where('name', '=', name)
    .executeTakeFirst()
  if (found?.retired_at === null) return found.id
  if (found) {
    await tx
      .updateTable('tags')
      .set({ retired_at: null, merged_into: null })
      .where('workspace_id', '=', workspaceId)
      .where('id', '=', found.id)
      .execute()
    return found.id
  }
  const id = randomUUID()
  await tx
    .insertInto('tags')
    .values({
      id,
      workspace_id: workspaceId,
      name,
      colour: colourOf(name),
      description: '',
      created_at: at.toISOString(),
      retired_at: null,
      tag_group: null,
      merged_into: null,
    })
    .execute()
  return id
}

/** The colour of a tag that nobody gave one: always the same for a name. */
function colourOf(name: string): number {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)!) % 8
  return sum + 1
}
