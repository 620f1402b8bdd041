import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { renamed } from '../../analytics/segments/rename.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type SegmentError } from './evaluation.ts'
import { decimalsOf } from '../messages/money.ts'

export interface SavedSegment {
  readonly id: string
  readonly name: string
  /** Canonical text of the newest version. */
  readonly expression: string
  readonly version: number
  readonly savedAt: string
  /** Campaigns whose audience is this rule. */
  readonly campaigns: number
}

export interface SegmentVersion {
  readonly version: number
  readonly expression: string
  readonly savedBy: string
  readonly savedAt: string
}

export type SaveOutcome =
  | { kind: 'saved'; id: string; version: number }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  | { kind: 'name-taken' }
  | { kind: 'no-such-segment' }

/** The saved rules of a workspace, by name. */
export async function listSegments(store: Store, workspace: Workspace): Promise<SavedSegment[]> {
  const rows = await store
    .selectFrom('segments')
    .innerJoin('segment_versions', 'segment_versions.segment_id', 'segments.id')
    .select([
      'segments.id',
      'segments.name',
      'segment_versions.expression',
      'segment_versions.version',
      'segment_versions.saved_at',
    ])
    .where('segments.workspace_id', '=', workspace.id)
    .where('segments.removed_at', 'is', null)
    .orderBy('segment_versions.version')
    .execute()
  const newest = new Map(rows.map((row) => [row.id, row]))
  const used = await audiences(store, workspace)
  return [...newest.values()]
    .map(({ id, name, expression, version, saved_at }) => ({
      id,
      name,
      expression,
      version,
      savedAt: saved_at,
      campaigns: used.filter((text) => text === expression).length,
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name))
}

/** One saved rule with its versions, newest first; null when there is none. */
export async function readSegment(
  store: Store,
  workspace: Workspace,
  id: string,
): Promise<{ id: string; name: string; versions: SegmentVersion[] } | null> {
  const segment = await store
    .selectFrom('segments')
    .select(['id', 'name'])
    .where('workspace_id', '=', workspace.id)
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!segment) return null
  const versions = await store
    .selectFrom('segment_versions')
    .select(['version', 'expression', 'saved_by', 'saved_at'])
    .where('workspace_id', '=', workspace.id)
    .where('segment_id', '=', id)
    .orderBy('version', 'desc')
    .execute()
  return {
    ...segment,
    versions: versions.map((one) => ({
      version: one.version,
      expression: one.expression,
      savedBy: one.saved_by,
      savedAt: one.saved_at,
    })),
  }
}

/** Saves a rule: a new one without `id`, otherwise the name and, when the rule is another, a new version. */
export async function saveSegment(
  store: Store,
  workspace: Workspace,
  { id, name, expression }: { id?: string | undefined; name: string; expression: string },
  { by, at }: { by: string; at: Date },
): Promise<SaveOutcome> {
  const parsed = parse(expression, { currencyDecimals: decimalsOf(workspace.currency) })
  if (parsed.kind === 'refused') return { kind: 'refused', errors: parsed.problems }
  const text = print(parsed.expression)
  const found = id === undefined ? undefined : await readSegment(store, workspace, id)
  if (found === null) return { kind: 'no-such-segment' }
  return store.transaction().execute(async (tx): Promise<SaveOutcome> => {
    const taken = await tx
      .selectFrom('segments')
      .select('id')
      .where('workspace_id', '=', workspace.id)
      .where('name', '=', name)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (taken && taken.id !== id) return { kind: 'name-taken' }
    const segmentId = id ?? randomUUID()
    if (found)
      await tx
        .updateTable('segments')
        .set({ name })
        .where('workspace_id', '=', workspace.id)
        .where('id', '=', segmentId)
        .execute()
    else
      await tx
        .insertInto('segments')
        .values({
          id: segmentId,
          workspace_id: workspace.id,
          name,
          created_at: at.toISOString(),
          removed_at: null,
        })
        .execute()
    const last = found?.versions[0]
    if (last?.expression === text) return { kind: 'saved', id: segmentId, version: last.version }
    const version = (last?.version ?? 0) + 1
    await tx
      .insertInto('segment_versions')
      .values({
        workspace_id: workspace.id,
        segment_id: segmentId,
        version,
        expression: text,
        saved_by: by,
        saved_at: at.toISOString(),
      })
      .execute()
    const audited = { workspaceId: workspace.id, actor: by, subject: segmentId, at }
    await recordAudit(tx, { ...audited, action: 'segment-saved' })
    return { kind: 'saved', id: segmentId, version }
  })
}

/**
 * Writes a tag's new name into the rules that ask for it, in the transaction that renames it: a new
 * version of each saved segment, and the audience of each campaign that is still a draft.
 */
export async function followTagRename(
  tx: Transaction<StoreSchema>,
  workspace: Workspace,
  { from, to }: { from: string; to: string },
  { by, at }: { by: string; at: Date },
): Promise<void> {
  const currencyDecimals = decimalsOf(workspace.currency)
  const rewritten = (text: string): string => {
    const parsed = parse(text, { currencyDecimals })
    return parsed.kind === 'parsed' ? print(renamed(parsed.expression, 'tag', from, to)) : text
  }
  const versions = await tx
    .selectFrom('segments')
    .innerJoin('segment_versions', 'segment_versions.segment_id', 'segments.id')
    .select(['segments.id', 'segment_versions.version', 'segment_versions.expression'])
    .where('segments.workspace_id', '=', workspace.id)
    .where('segments.removed_at', 'is', null)
    .orderBy('segment_versions.version')
    .execute()
  for (const { id, version, expression } of new Map(versions.map((row) => [row.id, row])).values()) {
    const text = rewritten(expression)
    if (text === expression) continue
    await tx
      .insertInto('segment_versions')
      .values({
        workspace_id: workspace.id,
        segment_id: id,
        version: version + 1,
        expression: text,
        saved_by: by,
        saved_at: at.toISOString(),
      })
      .execute()
    await recordAudit(tx, { workspaceId: workspace.id, actor: by, action: 'segment-saved', subject: id, at })
  }
  const drafts = await tx
    .selectFrom('campaigns')
    .select(['id', 'definition'])
    .where('workspace_id', '=', workspace.id)
    .where('state', '=', 'draft')
    .execute()
  for (const { id, definition } of drafts) {
    const draft = JSON.parse(definition) as { segment?: unknown }
    if (typeof draft.segment !== 'string') continue
    const segment = rewritten(draft.segment)
    if (segment === draft.segment) continue
    await tx
      .updateTable('campaigns')
      .set({ definition: JSON.stringify({ ...draft, segment }) })
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', id)
      .execute()
  }
}

/** Takes a rule out of the list; its versions stay. False when there is none. */
export async function removeSegment(
  store: Store,
  workspace: Workspace,
  id: string,
  { by, at }: { by: string; at: Date },
): Promise<boolean> {
  return store.transaction().execute(async (tx) => {
    const removed = await tx
      .updateTable('segments')
      .set({ removed_at: at.toISOString() })
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (removed.numUpdatedRows === 0n) return false
    const audited = { workspaceId: workspace.id, actor: by, subject: id, at }
    await recordAudit(tx, { ...audited, action: 'segment-removed' })
    return true
  })
}

/** Canonical texts of the audiences of all campaigns. */
async function audiences(store: Store, workspace: Workspace): Promise<string[]> {
  const campaigns = await store
    .selectFrom('campaigns')
    .select('definition')
    .where('workspace_id', '=', workspace.id)
    .execute()
  const currencyDecimals = decimalsOf(workspace.currency)
  return campaigns.flatMap(({ definition }) => {
    const { segment } = JSON.parse(definition) as { segment?: unknown }
    if (typeof segment !== 'string') return []
    const parsed = parse(segment, { currencyDecimals })
    return parsed.kind === 'parsed' ? [print(parsed.expression)] : []
  })
}
