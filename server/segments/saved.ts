import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Expression } from '../../analytics/segments/ast.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { segmentsIn } from '../../analytics/segments/references.ts'
import { renamed, withSegmentRenamed } from '../../analytics/segments/rename.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import { recordAudit } from '../settings/audit.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { likeNamed } from './alike.ts'
import type { SegmentError } from './evaluation.ts'
import { circleWith, rulesOf as rulesOfTags, TagCircle } from '../tags/rules.ts'
import { resolveRule } from './prepare.ts'
import { usesOfSegments } from './uses.ts'
import { newestVersions, savedRules } from './saved-rules.ts'

export interface SavedSegment {
  readonly id: string
  readonly name: string
  /** Canonical text of the newest version. */
  readonly expression: string
  readonly version: number
  readonly savedAt: string
  /** Campaigns whose audience is this rule or is made of the segment. */
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
  /** By the segment of the same name, or of one that people would take for it. */
  | { kind: 'name-taken'; other: string }
  | { kind: 'no-such-segment' }
  /** Somebody saved a version since the one that was changed. */
  | { kind: 'changed-since'; version: number; by: string }
  /** The rules of automatic tags would ask for each other through it. */
  | { kind: 'tag-circle'; tags: readonly string[] }

/** The saved rules of a workspace, by name. */
export async function listSegments(platform: Platform, workspace: Workspace): Promise<SavedSegment[]> {
  const uses = await usesOfSegments(platform, workspace)
  return (await newestVersions(platform.store, workspace))
    .map((one) => ({ ...one, campaigns: uses.get(one.id)?.campaigns.length ?? 0 }))
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

/**
 * Saves a rule: a new one without `id`, otherwise the name and, when the rule is another, a new version. With
 * another name, the rules that name it are written anew, their older versions too, in the same transaction. With `from`,
 * the version that was changed, a newer one of another rule is not written over, and the name stays what it is by now.
 */
export async function saveSegment(
  store: Store,
  workspace: Workspace,
  {
    id,
    name: asked,
    expression,
    from,
  }: { id?: string | undefined; name: string; expression: string; from?: number | undefined },
  { by, at }: { by: string; at: Date },
): Promise<SaveOutcome> {
  const circles = async (tx: Store) => {
    const [saved, rules] = [await savedRules(tx, workspace), await rulesOfTags(tx, workspace.id)]
    return rules.map((rule) => circleWith(workspace, saved, rules, rule)).filter((circle) => circle !== null)
  }
  const save = async (tx: Transaction<StoreSchema>): Promise<SaveOutcome> => {
    const found = id === undefined ? undefined : await readSegment(tx, workspace, id)
    if (found === null) return { kind: 'no-such-segment' }
    const name = found && from !== undefined ? found.name : asked
    const last = found?.versions[0]
    const others = (
      await tx
        .selectFrom('segments')
        .select(['id', 'name'])
        .where('workspace_id', '=', workspace.id)
        .where('removed_at', 'is', null)
        .execute()
    ).flatMap((other) => (other.id === id ? [] : [other.name]))
    // one of an older time may be like another and keeps its name
    const other = found?.name === name ? undefined : others.includes(name) ? name : likeNamed(name, others)
    if (other !== undefined) return { kind: 'name-taken', other }
    const own = found && found.name !== name ? [found.name, name] : [name]
    const resolved = await resolveRule(tx, workspace, expression, own)
    if (resolved.kind === 'refused') return resolved
    const { text } = resolved.rule
    if (last && from !== undefined && last.version > from && last.expression !== text)
      return { kind: 'changed-since', version: last.version, by: last.savedBy }
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
    if (found && found.name !== name) {
      const rename = (rule: Expression) => withSegmentRenamed(rule, found.name, name)
      await rewriteRules(tx, workspace, rename, { by, at })
      await rewriteOldVersions(tx, workspace, rename)
    }
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
  }
  try {
    return await store.transaction().execute(async (tx) => {
      const before = new Set((await circles(tx)).map(String))
      const outcome = await save(tx)
      const closed = (await circles(tx)).find((circle) => !before.has(String(circle)))
      if (closed) throw new TagCircle(closed)
      return outcome
    })
  } catch (error) {
    if (error instanceof TagCircle) return { kind: 'tag-circle', tags: error.tags }
    throw error
  }
}

/**
 * Writes a tag's new name into the rules that ask for it, in the transaction that renames it: a new
 * version of each saved segment, the versions that launched campaigns go by, and the rules and steps of each campaign
 * that will ask again.
 */
export async function followTagRename(
  tx: Transaction<StoreSchema>,
  workspace: Workspace,
  { from, to }: { from: string; to: string },
  { by, at }: { by: string; at: Date },
): Promise<void> {
  const rename = (rule: Expression) => renamed(rule, 'tag', from, to)
  await rewriteRules(tx, workspace, rename, { by, at })
  await rewriteKeptVersions(tx, workspace, rename)
  for (const { id, definition } of await askingCampaigns(tx, workspace)) {
    const steps = withTagOfSteps(definition.standing, from, to)
    if (steps === null) continue
    await tx
      .updateTable('campaigns')
      .set({ definition: JSON.stringify({ ...definition, standing: steps }) })
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', id)
      .execute()
  }
}

/** What a campaign that goes on by itself does, with another name for a tag that its steps put on; null: they don't. */
function withTagOfSteps(standing: unknown, from: string, to: string): object | null {
  const { steps = [] } = (standing ?? {}) as {
    steps?: readonly { readonly action: { readonly kind: string; readonly tag?: string } }[]
  }
  const puts = ({ action }: (typeof steps)[number]) => action.kind === 'tag' && action.tag === from
  if (!steps.some(puts)) return null
  return {
    ...(standing as object),
    steps: steps.map((step) => (puts(step) ? { ...step, action: { ...step.action, tag: to } } : step)),
  }
}

/** Writes a change into the newest version of each saved segment, the rule of each campaign that will ask it again and the rules of tags, where it makes one. */
async function rewriteRules(
  tx: Transaction<StoreSchema>,
  workspace: Workspace,
  change: (rule: Expression) => Expression,
  { by, at }: { by: string; at: Date },
): Promise<void> {
  const currencyDecimals = decimalsOf(workspace.currency)
  const rewritten = (text: string): string => {
    const parsed = parse(text, { currencyDecimals })
    return parsed.kind === 'parsed' ? print(change(parsed.expression)) : text
  }
  for (const { id, version, expression } of await newestVersions(tx, workspace)) {
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
  for (const { id, definition, segment: before } of await askingCampaigns(tx, workspace)) {
    const segment = rewritten(before)
    if (segment === before) continue
    await tx
      .updateTable('campaigns')
      .set({ definition: JSON.stringify({ ...definition, segment }) })
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', id)
      .execute()
  }
  for (const { id, expression } of await tagRulesOf(tx, workspace)) {
    const text = rewritten(expression)
    if (text !== expression)
      await tx.updateTable('tag_rules').set({ expression: text }).where('tag_id', '=', id).execute()
  }
}

/**
 * Writes a segment's new name into the older versions that name it: they mean what they meant, can be used again, and
 * do not mean another segment that gets the old name later.
 */
async function rewriteOldVersions(
  tx: Transaction<StoreSchema>,
  workspace: Workspace,
  rename: (rule: Expression) => Expression,
): Promise<void> {
  const versions = await tx
    .selectFrom('segment_versions')
    .select(['segment_id', 'version', 'expression'])
    .where('workspace_id', '=', workspace.id)
    .execute()
  const newest = new Map<string, number>()
  for (const { segment_id: id, version } of versions) newest.set(id, Math.max(version, newest.get(id) ?? 0))
  for (const { segment_id: id, version, expression: before } of versions) {
    const [rule] = version < newest.get(id)! ? rulesOf(workspace, [before]) : []
    const expression = rule && print(rename(rule))
    if (expression === undefined || expression === before) continue
    await tx
      .updateTable('segment_versions')
      .set({ expression })
      .where('workspace_id', '=', workspace.id)
      .where('segment_id', '=', id)
      .where('version', '=', version)
      .execute()
  }
}

/** Writes a tag's new name into the older versions that launched campaigns go by. */
async function rewriteKeptVersions(
  tx: Transaction<StoreSchema>,
  workspace: Workspace,
  rename: (rule: Expression) => Expression,
): Promise<void> {
  const kept = await tx
    .selectFrom('campaign_segments')
    .innerJoin('segment_versions', (join) =>
      join
        .onRef('segment_versions.segment_id', '=', 'campaign_segments.segment_id')
        .onRef('segment_versions.version', '=', 'campaign_segments.version'),
    )
    .select(['segment_versions.segment_id', 'segment_versions.version', 'segment_versions.expression'])
    .where('campaign_segments.workspace_id', '=', workspace.id)
    .distinct()
    .execute()
  for (const { segment_id: id, version, expression: before } of kept) {
    const [rule] = rulesOf(workspace, [before])
    const expression = rule && print(rename(rule))
    if (expression === undefined || expression === before) continue
    await tx
      .updateTable('segment_versions')
      .set({ expression })
      .where('workspace_id', '=', workspace.id)
      .where('segment_id', '=', id)
      .where('version', '=', version)
      .execute()
  }
}

/** The rules of tags, by the tag's id and name. */
const tagRulesOf = (tx: Store, workspace: Workspace) =>
  tx
    .selectFrom('tag_rules')
    .innerJoin('tags', 'tags.id', 'tag_rules.tag_id')
    .select(['tags.id', 'tags.name', 'tag_rules.expression'])
    .where('tag_rules.workspace_id', '=', workspace.id)
    .orderBy('tags.name')
    .execute()

export type RemoveOutcome =
  | { kind: 'removed' }
  | { kind: 'no-such-segment' }
  /** Saved segments, campaigns that will ask it again and automatic tags that are made of it, by name. */
  | { kind: 'used'; name: string; by: readonly string[] }

/** Takes a rule out of the list; its versions stay. Refused while other rules name it. */
export async function removeSegment(
  store: Store,
  workspace: Workspace,
  id: string,
  { by, at }: { by: string; at: Date },
): Promise<RemoveOutcome> {
  return store.transaction().execute(async (tx): Promise<RemoveOutcome> => {
    const segments = await newestVersions(tx, workspace)
    const segment = segments.find((one) => one.id === id)
    if (!segment) return { kind: 'no-such-segment' }
    const { name } = segment
    const names = (text: string) => rulesOf(workspace, [text]).some((rule) => segmentsIn(rule).includes(name))
    const users = [
      ...segments.filter((one) => names(one.expression)).map((one) => one.name),
      ...(await askingCampaigns(tx, workspace)).filter((one) => names(one.segment)).map((one) => one.name),
      ...(await tagRulesOf(tx, workspace)).filter((one) => names(one.expression)).map((one) => one.name),
    ]
    if (users.length > 0) return { kind: 'used', name, by: users }
    await tx
      .updateTable('segments')
      .set({ removed_at: at.toISOString() })
      .where('workspace_id', '=', workspace.id)
      .where('id', '=', id)
      .execute()
    const audited = { workspaceId: workspace.id, actor: by, subject: id, at }
    await recordAudit(tx, { ...audited, action: 'segment-removed' })
    return { kind: 'removed' }
  })
}

interface AskingCampaign {
  readonly id: string
  readonly name: string
  readonly definition: Readonly<Record<string, unknown>>
  /** Its audience, as text. */
  readonly segment: string
}

/** The campaigns that will ask their rule again: drafts, and those that go on by themselves. */
async function askingCampaigns(tx: Store, workspace: Workspace): Promise<AskingCampaign[]> {
  const rows = await tx
    .selectFrom('campaigns')
    .select(['id', 'name', 'state', 'definition'])
    .where('workspace_id', '=', workspace.id)
    .where('state', 'in', ['draft', 'running', 'paused'])
    .execute()
  return rows.flatMap(({ id, name, state, definition: text }) => {
    const definition = JSON.parse(text) as Record<string, unknown>
    const { segment, standing } = definition
    return typeof segment === 'string' && (state === 'draft' || standing)
      ? [{ id, name, definition, segment }]
      : []
  })
}

function rulesOf(workspace: Workspace, texts: readonly string[]): Expression[] {
  const currencyDecimals = decimalsOf(workspace.currency)
  return texts.flatMap((text) => {
    const parsed = parse(text, { currencyDecimals })
    return parsed.kind === 'parsed' ? [parsed.expression] : []
  })
}
