import type { Transaction } from 'kysely'
import type { Expression } from '../../analytics/segments/ast.ts'
import { withParts } from '../../analytics/segments/ast.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { resolveSegments } from '../../analytics/segments/references.ts'
import { decimalsOf } from '../messages/money.ts'
import { newestVersions } from '../segments/saved-rules.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** A saved segment of which a launched campaign's rule is made, in the version of the launch. */
export interface KeptVersion {
  readonly segmentId: string
  readonly name: string
  readonly version: number
  /** Canonical text of that version. */
  readonly expression: string
  readonly newest: number
  /** The newest version is another rule: the campaign goes by the earlier one. */
  readonly changed: boolean
  /** The segment was deleted since. */
  readonly removed: boolean
}

/** The versions with which a campaign was launched, by name; none before it is, or when its rule names no segment. */
export async function keptVersions(
  store: Store,
  workspaceId: string,
  campaignId: string,
): Promise<KeptVersion[]> {
  const rows = await store
    .selectFrom('campaign_segments')
    .innerJoin('segments', 'segments.id', 'campaign_segments.segment_id')
    .innerJoin('segment_versions as kept', (join) =>
      join
        .onRef('kept.segment_id', '=', 'campaign_segments.segment_id')
        .onRef('kept.version', '=', 'campaign_segments.version'),
    )
    .innerJoin('segment_versions as newest', (join) =>
      join
        .onRef('newest.segment_id', '=', 'campaign_segments.segment_id')
        .on('newest.version', '=', ({ selectFrom }) =>
          selectFrom('segment_versions as every')
            .select(({ fn }) => fn.max('every.version').as('version'))
            .whereRef('every.segment_id', '=', 'campaign_segments.segment_id'),
        ),
    )
    .select([
      'segments.id as segmentId',
      'segments.name',
      'segments.removed_at as removedAt',
      'kept.version',
      'kept.expression',
      'newest.version as newest',
      'newest.expression as newestExpression',
    ])
    .where('campaign_segments.workspace_id', '=', workspaceId)
    .where('campaign_segments.campaign_id', '=', campaignId)
    .orderBy('segments.name')
    .execute()
  return rows.map(({ newestExpression, removedAt, ...row }) => ({
    ...row,
    changed: row.expression !== newestExpression,
    removed: removedAt !== null,
  }))
}

/** Writes down the versions of now of all segments that a rule is made of, in the transaction that launches with it. */
export async function keepVersions(
  tx: Transaction<StoreSchema>,
  workspace: Workspace,
  campaignId: string,
  rule: string,
): Promise<void> {
  const saved = await newestVersions(tx, workspace)
  const named = resolveSegments(
    ruleOf(workspace, rule),
    new Map(saved.map((one) => [one.name, ruleOf(workspace, one.expression)])),
  )
  if (named.kind !== 'found') throw new Error(`A rule that was evaluated can't be resolved: ${named.kind}`)
  for (const { id, name, version } of saved)
    if (named.segments.has(name))
      await tx
        .insertInto('campaign_segments')
        .values({ workspace_id: workspace.id, campaign_id: campaignId, segment_id: id, version })
        .onConflict((conflict) => conflict.columns(['campaign_id', 'segment_id']).doUpdateSet({ version }))
        .execute()
}

/**
 * The rules that a campaign which goes on by itself asks in place of the newest versions. One that went live before
 * versions were kept keeps those of now.
 */
export async function rulesKept(
  store: Store,
  workspace: Workspace,
  campaignId: string,
  rule: string,
): Promise<ReadonlyMap<string, Expression>> {
  const read = async () =>
    new Map(
      (await keptVersions(store, workspace.id, campaignId)).map((one) => [
        one.name,
        ruleOf(workspace, one.expression),
      ]),
    )
  const kept = await read()
  if (resolveSegments(ruleOf(workspace, rule), kept).kind === 'found') return kept
  await store.transaction().execute((tx) => keepVersions(tx, workspace, campaignId, rule))
  return read()
}

/** A rule's text with what it names written out as those rules. */
export function writtenOut(
  workspace: Workspace,
  rule: string,
  kept: readonly Pick<KeptVersion, 'name' | 'expression'>[],
): string {
  const rules = new Map(kept.map(({ name, expression }) => [name, ruleOf(workspace, expression)]))
  const written = (part: Expression): Expression => {
    const named = part.kind === 'segment' ? rules.get(part.name) : undefined
    return named ? written(named) : withParts(part, written)
  }
  return print(written(ruleOf(workspace, rule)))
}

function ruleOf({ currency }: Workspace, text: string): Expression {
  const parsed = parse(text, { currencyDecimals: decimalsOf(currency) })
  if (parsed.kind === 'refused') throw new Error(`A saved rule is none: ${text}`)
  return parsed.expression
}
