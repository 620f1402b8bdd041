import type { Expression } from '../../analytics/segments/ast.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** The newest version of a saved segment. */
export interface NewestVersion {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly expression: string
  readonly savedAt: string
}

/** The newest version of each saved segment of a workspace. */
export async function newestVersions(store: Store, workspace: Workspace): Promise<NewestVersion[]> {
  const rows = await store
    .selectFrom('segments')
    .innerJoin('segment_versions', 'segment_versions.segment_id', 'segments.id')
    .select([
      'segments.id',
      'segments.name',
      'segment_versions.version',
      'segment_versions.expression',
      'segment_versions.saved_at',
    ])
    .where('segments.workspace_id', '=', workspace.id)
    .where('segments.removed_at', 'is', null)
    .orderBy('segment_versions.version')
    .execute()
  const newest = new Map(rows.map((row) => [row.id, row]))
  return [...newest.values()].map(({ saved_at, ...one }) => ({ ...one, savedAt: saved_at }))
}

/** The rules of the saved segments by name. */
export async function savedRules(
  store: Store,
  workspace: Workspace,
): Promise<ReadonlyMap<string, Expression>> {
  const currencyDecimals = decimalsOf(workspace.currency)
  return new Map(
    (await newestVersions(store, workspace)).flatMap(({ name, expression }) => {
      const parsed = parse(expression, { currencyDecimals })
      return parsed.kind === 'parsed' ? [[name, parsed.expression] as const] : []
    }),
  )
}
