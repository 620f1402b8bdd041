import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { evaluateSegment, type SegmentError } from '../segments/evaluation.ts'
import { followTagRename } from '../segments/saved.ts'
import { deletedAmong, deletionsOf } from '../rights/deletions.ts'
import { recordAudit } from '../settings/audit.ts'
import { recordEvent, type StoreEvent } from '../store/events.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

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
}

/** Whose tag is set: named members, or everyone whom a rule selects. */
export type Tagged =
  | { readonly kind: 'members'; readonly memberIds: readonly string[] }
  | { readonly kind: 'segment'; readonly expression: string; readonly asOf?: string | undefined }

export type TagOutcome =
  | { kind: 'done'; members: number }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  | { kind: 'unknown-members'; memberIds: readonly string[] }
  | { kind: 'no-such-tag' }
  | { kind: 'name-taken' }

/** Who does it, and when. */
export interface Doing {
  readonly by: string
  readonly at: Date
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
    .select(['name', 'colour', 'description', 'retired_at'])
    .where('workspace_id', '=', workspace.id)
    .execute()
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
    }
  })
}

/** Makes a tag, or changes the colour and description of one. */
export async function saveTag(
  store: Store,
  workspace: Workspace,
  tag: { name: string; colour?: number | undefined; description?: string | undefined },
  { at }: Doing,
): Promise<void> {
  await store.transaction().execute(async (tx) => {
    const id = await tagId(tx, workspace.id, tag.name, at)
    await tx
      .updateTable('tags')
      .set({
        ...(tag.colour === undefined ? {} : { colour: tag.colour }),
        ...(tag.description === undefined ? {} : { description: tag.description }),
      })
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', id)
      .execute()
  })
}

/**
 * Puts a tag on members or takes it off. What is set here overrides what was imported. All or nothing;
 * repeating it changes nothing. `members` counts those it was asked for.
 */
export async function setTag(
  store: Store,
  workspace: Workspace,
  tag: string,
  carries: boolean,
  whose: Tagged,
  { by, at }: Doing,
  signal?: AbortSignal,
): Promise<TagOutcome> {
  const found = await memberIdsOf(store, workspace, whose, signal)
  if (found.kind !== 'found') return found
  const day = workspace.today()
  // a tag is put on the member; taken off it goes from every identity that brought it
  const named = carries ? found.memberIds : await everyIdOf(workspace, found.memberIds)
  await store.transaction().execute(async (tx) => {
    const id = await tagId(tx, workspace.id, tag, at)
    // who was deleted while this was asked is not named again
    const gone = deletedAmong(await deletionsOf(tx, workspace.id), named)
    const wanted = named.filter((memberId) => !gone.has(memberId))
    for (let from = 0; from < wanted.length; from += batch) {
      signal?.throwIfAborted()
      const memberIds = wanted.slice(from, from + batch)
      await tx
        .insertInto('tag_settings')
        .values(
          memberIds.map((memberId) => ({
            workspace_id: workspace.id,
            tag_id: id,
            member_id: memberId,
            carries: carries ? 1 : 0,
            set_by: by,
            set_at: at.toISOString(),
          })),
        )
        .onConflict((conflict) =>
          conflict.columns(['tag_id', 'member_id']).doUpdateSet((row) => ({
            carries: row.ref('excluded.carries'),
            set_by: row.ref('excluded.set_by'),
            set_at: row.ref('excluded.set_at'),
          })),
        )
        .execute()
      const event: StoreEvent = carries
        ? { kind: 'tag-added', tag, memberIds, source: 'manual', day }
        : { kind: 'tag-removed', tag, memberIds, day }
      await recordEvent(tx, workspace.id, event, at)
    }
    const action = carries ? 'tag-added' : 'tag-removed'
    await recordAudit(tx, { workspaceId: workspace.id, actor: by, action, subject: id, at })
  })
  await drainEvents(store, workspace)
  return { kind: 'done', members: found.memberIds.length }
}

/** Gives a tag another name, on all who carry it and in the rules that ask for it. Refused when there is a tag of that name. */
export async function renameTag(
  store: Store,
  workspace: Workspace,
  from: string,
  to: string,
  { by, at }: Doing,
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
  { by, at }: Doing,
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
    await recordEvent(tx, workspace.id, { kind: 'tag-retired', tag: name, day: workspace.today() }, at)
    await recordAudit(tx, { workspaceId: workspace.id, actor: by, action: 'tag-retired', subject: id, at })
  })
  await drainEvents(store, workspace)
  return { kind: 'done', members: tag.members }
}

const batch = 1000

type Found =
  | { kind: 'found'; memberIds: readonly string[] }
  | Extract<TagOutcome, { kind: 'refused' | 'unknown-members' }>

async function memberIdsOf(
  store: Store,
  workspace: Workspace,
  whose: Tagged,
  signal: AbortSignal | undefined,
): Promise<Found> {
  if (whose.kind === 'members') {
    const wanted = [...new Set(whose.memberIds)]
    const rows = await workspace.engine.rows(
      sql`select names.named, members.member_id from ${memberNames} as names
        join members on members.member_key = names.member_key
        where named in (select unnest(from_json(${JSON.stringify(wanted)}, '["VARCHAR"]')))`,
      { signal },
    )
    const known = new Set(rows.map(({ named }) => String(named)))
    const unknown = wanted.filter((memberId) => !known.has(memberId))
    return unknown.length > 0
      ? { kind: 'unknown-members', memberIds: unknown }
      : { kind: 'found', memberIds: [...new Set(rows.map(({ memberId }) => String(memberId)))] }
  }
  const outcome = await evaluateSegment(store, workspace, whose, signal)
  if (outcome.kind === 'refused') return outcome
  const memberIds: string[] = []
  const query = sql`select members.member_id from members
    join ${outcome.evaluation.memberKeys} as chosen on chosen.member_key = members.member_key`
  for await (const rows of workspace.engine.stream(query, { signal }))
    for (const { memberId } of rows) memberIds.push(String(memberId))
  return { kind: 'found', memberIds }
}

/** The members' ids with those of the identities that are merged into them. */
async function everyIdOf({ engine }: Workspace, memberIds: readonly string[]): Promise<readonly string[]> {
  const members = new Set(memberIds)
  const merged = await engine.rows(sql`select alias, member_id from member_aliases`)
  return [
    ...memberIds,
    ...merged.flatMap(({ alias, memberId }) => (members.has(String(memberId)) ? [String(alias)] : [])),
  ]
}

/** The id of a tag; one that is new or was retired begins anew. */
async function tagId(
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
      .set({ retired_at: null })
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
