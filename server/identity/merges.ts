import type { Transaction } from 'kysely'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { campaignTurns } from '../campaigns/campaigns.ts'
import { calledName } from '../accounts/users.ts'
import type { Language } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import type { StoreSchema } from '../store/schema.ts'
import { recordAudits } from '../settings/audit.ts'
import { recordEvent } from '../store/events.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { liveMerges } from './live-merges.ts'
import { type IdentityChange, type IdentityPreview, previewChange, type PreviewOutcome } from './preview.ts'

export type ChangeOutcome =
  | { kind: 'done'; change: IdentityChange }
  /** Not what was previewed: the data, or a coupon, has moved since. */
  | { kind: 'moved'; preview: IdentityPreview }
  | Exclude<PreviewOutcome, { kind: 'previewed' }>

/**
 * Merges or separates as it was previewed; `digest` is the preview's. What people set is kept in the Store and
 * overrides what files say. No launch of the workspace runs meanwhile. Expected refusals are values.
 */
export function applyChange(
  platform: Platform,
  workspace: Workspace,
  asked: IdentityChange,
  { digest, actor }: { digest: string; actor: string },
): Promise<ChangeOutcome> {
  return campaignTurns.take(workspace.id, async () => {
    const outcome = await previewChange(platform, workspace, asked)
    if (outcome.kind !== 'previewed') return outcome
    const { change } = outcome.preview
    if (outcome.preview.digest !== digest) return { kind: 'moved', preview: outcome.preview }
    const { store, clock } = platform
    const about = { workspaceId: workspace.id, actor, at: clock.now() }
    await store.transaction().execute(async (tx) => {
      for (const setting of outcome.preview.settings) await setMerge(tx, setting, about)
    })
    await drainEvents(store, workspace)
    return { kind: 'done', change }
  })
}

/** Keeps a merge or separation that people decided, tells the engine and notes it, in the caller's transaction. */
export async function setMerge(
  tx: Transaction<StoreSchema>,
  { memberId, into }: IdentityChange,
  { workspaceId, actor, at }: Deciding,
): Promise<void> {
  await keepSettings(tx, [{ memberId, into }], { workspaceId, actor, at })
  await recordEvent(
    tx,
    workspaceId,
    into === null
      ? { kind: 'member-separated', from: memberId }
      : { kind: 'members-merged', from: memberId, into },
    at,
  )
}

/** The same of many merges at once: the engine takes all of them in together. */
export async function setMerges(
  tx: Transaction<StoreSchema>,
  merges: readonly { readonly memberId: string; readonly into: string }[],
  about: Deciding,
): Promise<void> {
  await keepSettings(tx, merges, about)
  const told = merges.map(({ memberId, into }) => ({ from: memberId, into }))
  await recordEvent(tx, about.workspaceId, { kind: 'pairs-merged', merges: told }, about.at)
}

interface Deciding {
  readonly workspaceId: string
  readonly actor: string
  readonly at: Date
}

/** As many rows go into one statement. */
const settingsAtOnce = 500

async function keepSettings(
  tx: Transaction<StoreSchema>,
  changes: readonly IdentityChange[],
  { workspaceId, actor, at }: Deciding,
): Promise<void> {
  for (let from = 0; from < changes.length; from += settingsAtOnce) {
    const some = changes.slice(from, from + settingsAtOnce)
    const set = { set_by: actor, set_at: at.toISOString() }
    await tx
      .insertInto('merge_settings')
      .values(
        some.map(({ memberId, into }) => ({
          workspace_id: workspaceId,
          from_id: memberId,
          into_id: into,
          ...set,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['workspace_id', 'from_id'])
          .doUpdateSet({ ...set, into_id: (eb) => eb.ref('excluded.into_id') }),
      )
      .execute()
    const entry = { workspaceId, actor, at }
    await recordAudits(
      tx,
      some.flatMap(({ memberId, into }) =>
        into === null
          ? [{ ...entry, action: 'member-separated', subject: memberId }]
          : [
              { ...entry, action: 'member-merged', subject: memberId },
              { ...entry, action: 'member-merged-into', subject: into },
            ],
      ),
    )
  }
}

/** One id that names somebody else's member, and who says so. */
export interface Identity {
  readonly id: string
  /** Whose identity it is now. */
  readonly memberId: string
  /** The id that it was merged into, where that is not the member's own. */
  readonly into: string
  readonly source: 'people' | 'imported'
  /** Who set it, by name; of what was imported the file. */
  readonly by: string
  /** When it was set or imported; ISO text in UTC. */
  readonly at: string
  /** What the file says of it. */
  readonly mergedDay: string | null
  readonly reason: string | null
}

/** Every merge that is live, with people called in a language, or those of one member (`memberId`: any id of it), the newest first. */
export async function identitiesIn(
  platform: Platform,
  workspace: Workspace,
  language: Language,
  memberId?: string,
): Promise<Identity[]> {
  const { store } = platform
  await drainEvents(store, workspace)
  const { engine } = workspace
  const aliases = await engine.rows(
    memberId === undefined
      ? sql`select alias, member_id from member_aliases where not claimed`
      : sql`select alias, member_aliases.member_id from member_aliases
          join members on members.member_id = member_aliases.member_id
          where not claimed
            and members.member_key in (select member_key from ${memberNames} as names where named = ${memberId})`,
  )
  if (aliases.length === 0) return []
  const set = await store
    .selectFrom('merge_settings')
    .leftJoin('users', 'users.id', 'merge_settings.set_by')
    .select(['from_id', 'into_id', 'set_at', 'set_by', 'users.name as by', 'users.username'])
    .where('workspace_id', '=', workspace.id)
    .execute()
  const bySetting = new Map(set.map((row) => [row.from_id, row]))
  const imported =
    await engine.rows(sql`select from_id, into_id, merged_day, merge_reason, file_name, imported_at
    from import_merges join imports on imports.import_seq = import_merges.import_seq
    order by import_merges.import_seq, import_merges.row_number`)
  const { idle } = liveMerges(
    new Map(set.map((row) => [row.from_id, row.into_id])),
    imported.map(({ fromId, intoId }) => ({ from: String(fromId), into: String(intoId) })),
  )
  const byFile = new Map(
    imported.flatMap((row, place) => (idle.has(place) ? [] : [[String(row.fromId), row] as const])),
  )
  return aliases
    .map((alias): Identity => {
      const id = String(alias.alias)
      const own = { id, memberId: String(alias.memberId) }
      const setting = bySetting.get(id)
      if (setting)
        return {
          ...own,
          into: setting.into_id!,
          source: 'people',
          by:
            setting.by === null
              ? setting.set_by
              : calledName({ name: setting.by, username: setting.username }, language),
          at: setting.set_at,
          mergedDay: null,
          reason: null,
        }
      const row = byFile.get(id)!
      return {
        ...own,
        into: String(row.intoId),
        source: 'imported',
        by: String(row.fileName),
        at: String(row.importedAt),
        mergedDay: row.mergedDay === null ? null : String(row.mergedDay),
        reason: row.mergeReason === null ? null : String(row.mergeReason),
      }
    })
    .toSorted((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? 1 : -1))
}
