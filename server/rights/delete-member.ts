import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { campaignTurns } from '../campaigns/campaigns.ts'
import { finishLaunch } from '../campaigns/launch-steps.ts'
import { idsOfMember } from '../identity/people.ts'
import { decimalsOf } from '../messages/money.ts'
import { resolvedMembers } from '../identity/match.ts'
import { beginChange, endChange } from '../import/orders/figure-changes.ts'
import type { Platform } from '../platform.ts'
import { forgetWritten } from '../segments/schedules/schedules.ts'
import { dropPrepared } from '../segments/files/prepared.ts'
import { dropSnapshots } from '../segments/snapshots.ts'
import { recordAudit } from '../settings/audit.ts'
import { recordEvent } from '../store/events.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import {
  deletedAmong,
  type Deletion,
  deletionsOf,
  isPseudonym,
  listDeletion,
  saveList,
  takeListFile,
} from './deletions.ts'
import { type MovedFiles, movedFilesNaming, removeMoved, tellingOf } from './moved-files.ts'
import type { Telling } from './names-in-file.ts'
import { pseudonymiseEngine } from './engine-pseudonyms.ts'
import { findDeleted, homeOf } from './find-deleted.ts'
import { knownAs } from './known-as.ts'
import { forgetDeletedIn, forgetRefusedRows, knownTo } from './refused-rows.ts'
import { eraseRemains, markRemains } from './remains.ts'
import { idsInStore, pseudonymiseStore } from './store-pseudonyms.ts'

export type DeletionOutcome =
  /** `files`: how many files the inbox had moved away went too; `unread`: those of which nobody can tell. */
  | { kind: 'deleted'; pseudonym: string; files: number; unread: readonly string[] }
  | { kind: 'not-found' }
  /** The id is a pseudonym: nobody is behind it any more. */
  | { kind: 'deleted-before' }

const patienceMs = 15_000

/** Told before each write; may throw, as a crash would. */
export type Step = (name: 'list' | 'engine' | 'store' | 'done') => void

/**
 * Deletes a member: first the intent stands in the deletion list, then the engine forgets the person, then
 * the Store. Whatever breaks off after the first step is finished by `finishDeletions` at the next start.
 * Until then `signal` calls it off, and it throws. No launch of the workspace runs meanwhile. At last the files are written anew, so that no byte of the person is left in them.
 */
export async function deleteMember(
  platform: Platform,
  workspace: Workspace,
  { memberId, actor, signal }: { memberId: string; actor: string; signal?: AbortSignal | undefined },
  step: Step = () => {},
): Promise<DeletionOutcome> {
  await lookAhead(platform, workspace, memberId, signal)
  const outcome = await campaignTurns.take<DeletionOutcome>(workspace.id, async () => {
    const { store, clock } = platform
    if (await isPseudonym(store, workspace.id, memberId)) return { kind: 'deleted-before' }
    await drainEvents(store, workspace)
    // the person goes with all that is merged into them
    const ids = await idsOfMember(workspace, memberId)
    if (ids.length === 0) return { kind: 'not-found' }
    await finishLaunches(platform, workspace)
    const known = await knownAs(workspace.engine, ids as [string, ...string[]], homeOf(workspace))
    step('list')
    const pseudonym = await store.transaction().execute(async (tx) => {
      const at = clock.now()
      const made: string[] = []
      for (const [place, id] of known.ids.entries())
        made.push(await listDeletion(tx, workspace.id, id, at, place === 0 ? known.values : []))
      const [subject] = made as [string, ...string[]]
      await recordAudit(tx, { workspaceId: workspace.id, actor, action: 'member-deleted', subject, at })
      return subject
    })
    await saveList(store, platform.dataFolder)
    const { named, unread } = await apply(platform, workspace, step)
    return { kind: 'deleted', pseudonym, files: named.length, unread: unread.map(({ name }) => name) }
  })
  // Where an export reads the file for long it is written anew after that.
  if (outcome.kind === 'deleted')
    await Promise.race([eraseRemains(platform, workspace), pause(patienceMs, undefined, { ref: false })])
  return outcome
}

/** Reads the files that the inbox moved away while launches still may run: they are many, and are not read again. */
async function lookAhead(
  platform: Platform,
  workspace: Workspace,
  memberId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await drainEvents(platform.store, workspace)
  const ids = await idsOfMember(workspace, memberId)
  if (ids.length > 0) {
    const telling = await tellingOfAll(workspace, ids as [string, ...string[]])
    await movedFilesNaming(platform, workspace, telling, signal)
  }
}

/** What stands for a member whose ids those are, and for whoever goes with them. */
export async function tellingOfAll(
  workspace: Workspace,
  ids: readonly [string, ...string[]],
): Promise<Telling> {
  const known = await knownAs(workspace.engine, ids, homeOf(workspace))
  return tellingOf(
    workspace.engine,
    sql`(select unnest(from_json(${JSON.stringify(known.ids)}, '["VARCHAR"]')) as member_id)`,
  )
}

/** A launch that broke off tells its arms in order of id: it ends before an id changes. */
async function finishLaunches(platform: Platform, workspace: Workspace): Promise<void> {
  const broken = await platform.store
    .selectFrom('launches')
    .select('id')
    .where('workspace_id', '=', workspace.id)
    .where('frozen_at', 'is not', null)
    .where('arms_told', '=', 0)
    .execute()
  for (const { id } of broken) await finishLaunch(platform, id)
  await drainEvents(platform.store, workspace)
}

/**
 * After a start: takes in the list beside the Store and applies what is not applied yet, whether a process
 * ended half way or the files were restored from a backup that is older than the deletion.
 */
export async function finishDeletions(platform: Platform): Promise<void> {
  await takeListFile(platform.store, platform.dataFolder)
  const waiting = await platform.store
    .selectFrom('deletions')
    .select('workspace_id')
    .distinct()
    .where('applied_at', 'is', null)
    .execute()
  for (const { workspace_id } of waiting) {
    const workspace = await platform.workspaces.byId(workspace_id)
    if (workspace) await campaignTurns.take(workspace_id, async () => void (await apply(platform, workspace)))
  }
  await saveList(platform.store, platform.dataFolder)
  for (const { id } of await platform.workspaces.list())
    await eraseRemains(platform, (await platform.workspaces.byId(id))!)
}

/** Applies the whole list of a workspace to files, engine and Store, in this order; each step may be repeated. */
async function apply(platform: Platform, workspace: Workspace, step: Step = () => {}): Promise<MovedFiles> {
  const { store, clock } = platform
  const list = await deletionsOf(store, workspace.id)
  await drainEvents(store, workspace)
  const moved = await forgetRefused(platform, workspace, list)
  step('engine')
  markRemains(platform, workspace)
  await workspace.engine.transaction(async (session) => {
    const begun = await beginChange(session, { cause: 'deleted', at: clock.now().toISOString() })
    if (await pseudonymiseEngine(session, list, homeOf(workspace), workspace.today()))
      await endChange(session, begun)
  })
  await dropSnapshots(workspace)
  dropPrepared(platform, workspace.id)
  await forgetWritten(platform, workspace.id)
  step('store')
  await store.transaction().execute(async (tx) => {
    const held = deletedAmong(list, await idsInStore(tx, workspace.id))
    const named = [...held, ...(await namedInRules(tx, workspace.id, list))]
    for (const [memberId, pseudonym] of named)
      await pseudonymiseStore(tx, {
        workspaceId: workspace.id,
        memberId,
        pseudonym,
        currencyDecimals: decimalsOf(workspace.currency),
      })
    const at = clock.now()
    const unapplied = await tx
      .selectFrom('deletions')
      .select('pseudonym')
      .where('workspace_id', '=', workspace.id)
      .where('applied_at', 'is', null)
      .execute()
    const memberIds = unapplied.map(({ pseudonym }) => pseudonym)
    // deliveries and code lists heed it, also those of campaigns that were launched before
    if (memberIds.length > 0)
      await recordEvent(tx, workspace.id, { kind: 'consent-set', memberIds, consent: 'denied' }, at)
    if (moved.named.length > 0)
      await recordAudit(tx, {
        workspaceId: workspace.id,
        actor: 'server',
        action: 'inbox-files-removed',
        subject: String(moved.named.length),
        at,
      })
    await tx
      .updateTable('deletions')
      .set({ applied_at: at.toISOString() })
      .where('workspace_id', '=', workspace.id)
      .where('applied_at', 'is', null)
      .execute()
  })
  step('done')
  await drainEvents(store, workspace)
  return moved
}

/** Quoted texts of rules that the list knows: an id may stand in a rule and nowhere else. */
async function namedInRules(
  tx: Parameters<typeof deletionsOf>[0],
  workspaceId: string,
  list: readonly Deletion[],
): Promise<Map<string, string>> {
  const versions = await tx
    .selectFrom('segment_versions')
    .select('expression as text')
    .where('workspace_id', '=', workspaceId)
    .execute()
  const campaigns = await tx
    .selectFrom('campaigns')
    .select('definition as text')
    .where('workspace_id', '=', workspaceId)
    .execute()
  const quoted = [
    ...versions.map(({ text }) => text),
    ...campaigns.map(({ text }) => String((JSON.parse(text) as { segment?: unknown }).segment ?? '')),
  ].flatMap((text) =>
    [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inside]) => inside!.replace(/\\(.)/g, '$1')),
  )
  return deletedAmong(list, new Set(quoted))
}

/**
 * Refused rows are kept as they stood in the file: who is deleted is taken out of them, while the name is known by that
 * too. Files that the inbox moved away and that name the person go whole.
 */
async function forgetRefused(
  platform: Platform,
  workspace: Workspace,
  list: readonly Deletion[],
): Promise<MovedFiles> {
  const { texts, telling } = await workspace.engine.transaction(async (session) => {
    const named = sql`(select named as member_id from ${memberNames} as names)`
    if (!(await findDeleted(session, list, named, homeOf(workspace)))) return { texts: [], telling: null }
    const deleted = sql`(select member_id from deleted_ids)`
    return { texts: await textsNaming(session, deleted), telling: await tellingOf(session, deleted) }
  })
  const known = knownTo(workspace, list)
  for (const path of await refusedFilesOf(platform, workspace)) {
    if (texts.length > 0) forgetRefusedRows(path, texts)
    if (known) await forgetDeletedIn(path, known)
  }
  if (!telling) return { named: [], unread: [] }
  const moved = await movedFilesNaming(platform, workspace, telling)
  removeMoved(moved.named)
  return moved
}

/** Where the refused rows of each of a workspace's imports are kept; not every file is there. */
export async function refusedFilesOf({ dataFolder }: Platform, { engine }: Workspace): Promise<string[]> {
  const rows = await engine.rows(sql`select import_id from imports`)
  return rows.map(({ importId }) => join(dataFolder, 'imports', `${String(importId)}-refused.csv`))
}

/** Ids, names, phones, openids and e-mails that stand or ever stood for the members of a relation with one column `member_id`. */
export async function textsNaming(session: Pick<Session, 'rows'>, memberIds: Sql): Promise<string[]> {
  const rows =
    await session.rows(sql`select member_id, name, phone, openid, email from members where member_id in ${memberIds}
    union select member_id, name, phone, openid, email from ${resolvedMembers(sql`import_members`)} as said where member_id in ${memberIds}
    union select named, null, phone, openid, email from row_people where named in ${memberIds}
    union select member_id, null, null, null, null from ${memberIds} as named`)
  const texts = rows.flatMap((row) => [row.memberId, row.name, row.phone, row.openid, row.email])
  return [...new Set(texts.filter((text) => typeof text === 'string'))]
}
