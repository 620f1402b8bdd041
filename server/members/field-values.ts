import { compileValues } from '../../analytics/segments/compile.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

type FieldValue = string | number | boolean | null

/** What rules are asked with, of the day of the tables; `newest`: that is the workspace's own. */
export const settingAt = (
  { dormancy, rfm, currency }: Workspace,
  { asOf, tables }: TablesAt,
  newest = true,
) => ({
  scope: { asOf, tables, dormancy, rfm },
  newest,
  currencyDecimals: decimalsOf(currency),
  segments: new Map(),
  days: new Map(),
})

/**
 * What fields of segments say of a member on the day of the tables, by their names, as rules read them: a share as its
 * numerator and denominator. Null: nobody is known by the id. Fields that the models foretell need their table made.
 */
export async function fieldValues<Name extends string>(
  workspace: Workspace,
  at: TablesAt,
  memberId: string,
  names: readonly Name[],
  signal?: AbortSignal,
): Promise<Readonly<Record<Name, { readonly value: FieldValue; readonly per: FieldValue }>> | null> {
  const leaves = names.map((field) => ({
    kind: 'clause' as const,
    subject: { kind: 'field' as const, field },
    test: { kind: 'unknown' as const },
  }))
  const [row] = await workspace.engine.rows(
    compileValues(leaves, memberId, settingAt(workspace, at), duckdb),
    { signal },
  )
  if (!row) return null
  const read = names.map((name, i) => [name, { value: row[`v${i}`] ?? null, per: row[`n${i}`] ?? null }])
  return Object.fromEntries(read) as Readonly<Record<Name, { value: FieldValue; per: FieldValue }>>
}
