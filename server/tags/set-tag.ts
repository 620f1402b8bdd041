import type { Transaction } from 'kysely'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { deletedAmong, deletionsOf } from '../rights/deletions.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import { recordAudit } from '../settings/audit.ts'
import { recordEvent, type StoreEvent } from '../store/events.ts'
import type { StoreSchema } from '../store/schema.ts'
import { pseudonymous } from '../rights/pseudonym.ts'
import type { Store } from '../store/store.ts'
import type { TagOrigin } from '../store/tables/segments.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { changeOfMembers, recordChange } from './changes.ts'
import { type Doing, tagId, type TagOutcome } from './tags.ts'

/** Whose tag is set: named members, also those of a file, or everyone whom a rule selects. */
export type Tagged =
  | { readonly kind: 'members'; readonly memberIds: readonly string[]; readonly file?: string | undefined }
  | { readonly kind: 'segment'; readonly expression: string; readonly asOf?: string | undefined }

/**
 * Puts a tag on members or takes it off. What is set here overrides what was imported. Of an exclusive group
 * the tag that is put on takes the others off. All or nothing; repeating it changes nothing. `members` counts those it was asked for.
 */
export async function setTag(
  store: Store,
  workspace: Workspace,
  tag: string,
  carries: boolean,
  whose: Tagged,
  { by, at, reason }: Doing,
  signal?: AbortSignal,
): Promise<TagOutcome> {
  const found = await memberIdsOf(store, workspace, whose, signal)
  if (found.kind !== 'found') return found
  const day = workspace.today()
  const replaced = carries ? await othersOfGroup(workspace, tag, found.memberIds) : []
  // a tag is put on the member; taken off it goes from every identity that brought it
  const named = carries ? found.memberIds : await everyIdOf(workspace, found.memberIds)
  await store.transaction().execute(async (tx) => {
    const id = await tagId(tx, workspace.id, tag, at)
    // who was deleted while this was asked is not named again
    const gone = deletedAmong(await deletionsOf(tx, workspace.id), named)
    const wanted = named.filter((memberId) => !gone.has(memberId))
    const setting = { workspace, by, at, day, reason, signal }
    const origin = whose.kind === 'segment' ? 'segment' : whose.file === undefined ? 'members' : 'file'
    const detail = whose.kind === 'segment' ? whose.expression : (whose.file ?? null)
    await setOn(tx, { ...setting, id, tag, carries, memberIds: wanted, origin, detail })
    for (const { name, memberIds } of replaced) {
      const others = memberIds.filter((memberId) => !gone.has(memberId))
      const otherId = await tagId(tx, workspace.id, name, at)
      const off = { id: otherId, tag: name, carries: false, memberIds: others }
      await setOn(tx, { ...setting, ...off, origin: 'exclusive', detail: tag })
    }
    const action = carries ? 'tag-added' : 'tag-removed'
    await recordAudit(tx, { workspaceId: workspace.id, actor: by, action, subject: id, at })
  })
  await drainEvents(store, workspace)
  return { kind: 'done', members: found.memberIds.length }
}

interface Setting {
  readonly workspace: Workspace
  readonly id: string
  readonly tag: string
  readonly carries: boolean
  readonly memberIds: readonly string[]
  readonly origin: TagOrigin
  readonly detail: string | null
  readonly reason: string | undefined
  readonly by: string
  readonly at: Date
  readonly day: string
  readonly signal: AbortSignal | undefined
}

/** Decides a tag of members, tells the engine and keeps who did it and why. */
async function setOn(tx: Transaction<StoreSchema>, setting: Setting): Promise<void> {
  const { workspace, id, tag, carries, origin, detail, reason, by, at, day } = setting
  if (setting.memberIds.length === 0) return
  const change = await recordChange(tx, workspace.id, {
    tagId: id,
    action: carries ? 'put-on' : 'taken-off',
    origin,
    detail,
    reason,
    members: setting.memberIds.length,
    by,
    at,
  })
  for (let from = 0; from < setting.memberIds.length; from += batch) {
    setting.signal?.throwIfAborted()
    const memberIds = setting.memberIds.slice(from, from + batch)
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
    await changeOfMembers(tx, workspace.id, change, memberIds)
    const event: StoreEvent = carries
      ? { kind: 'tag-added', tag, memberIds, source: 'manual', day }
      : { kind: 'tag-removed', tag, memberIds, day }
    await recordEvent(tx, workspace.id, event, at)
  }
}

/** The other tags of the tag's exclusive group that the members carry, each with every id of those members. */
async function othersOfGroup(
  workspace: Workspace,
  tag: string,
  memberIds: readonly string[],
): Promise<{ name: string; memberIds: readonly string[] }[]> {
  const rows = await workspace.engine.rows(sql`select members.member_id, carried.tag
    from tags_of_members as carried join members on members.member_key = carried.member_key
    where carried.tag in (select other.tag from exclusive_tags as other
      join exclusive_tags as own on own.tag_group = other.tag_group
      where own.tag = ${tag} and other.tag <> ${tag})
    order by carried.tag`)
  const chosen = new Set(memberIds)
  const found = new Map<string, string[]>()
  for (const row of rows) {
    if (!chosen.has(String(row.memberId))) continue
    const name = String(row.tag)
    found.set(name, [...(found.get(name) ?? []), String(row.memberId)])
  }
  return Promise.all(
    [...found].map(async ([name, ids]) => ({ name, memberIds: await everyIdOf(workspace, ids) })),
  )
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
  // nobody is behind a deleted member
  const query = sql`select members.member_id from members
    join ${outcome.evaluation.memberKeys} as chosen on chosen.member_key = members.member_key
    where not ${pseudonymous(sql`members.member_id`)}`
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
