import type { Words } from '../../../analytics/schema/described.ts'
import type { Sql } from '../../../analytics/sql/sql.ts'
import { tablesAt } from '../../analytics/tables-at.ts'
import { type Language, phrase } from '../../messages/messages.ts'
import type { Store } from '../../store/store.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { evaluateSegment } from '../evaluation.ts'
import { declaredStarters } from './declared.ts'
import { findThresholds } from './thresholds.ts'

/** A segment that Reveille ships, to be saved as it is or opened in the editor. */
export interface Starter {
  /** A fixed word. */
  readonly id: string
  /** What the segment would be called. */
  readonly title: string
  /** When to use it. */
  readonly use: string
  /** Canonical text; null: the data does not hold what it asks for, and `why` says what is missing. */
  readonly expression: string | null
  /** Where the threshold is from, or what is missing. */
  readonly why: string
  /** Whom the rule selects as of the workspace's day; 0 without a rule. */
  readonly members: number
}

/** The starter segments in the reader's language, each with whom it would select now. */
export async function starterSegments(
  store: Store,
  workspace: Workspace,
  language: Language,
  signal?: AbortSignal,
): Promise<{ asOf: string; starters: Starter[] }> {
  const at = await tablesAt(store, workspace, undefined, signal)
  const thresholds = await findThresholds((query: Sql) => workspace.engine.rows(query, { signal }), at)
  const select = async (expression: string) => {
    const outcome = await evaluateSegment(store, workspace, { expression }, signal)
    if (outcome.kind === 'refused')
      throw new Error(`A starter is no rule: ${expression} ${outcome.errors[0]!.id}`)
    return outcome.evaluation
  }
  const starters: Starter[] = []
  for (const starter of declaredStarters(thresholds, workspace.currency, language)) {
    const { id, title, use, rule, asks, from, missing } = starter
    const known = rule === null || asks === undefined ? null : (await select(asks)).members
    const selected = rule === null || known === 0 ? null : await select(rule)
    const values = { ...starter.values, ...(known === null ? {} : { known }) }
    const words = (of: Words) => phrase(language, of, values)
    starters.push({
      id,
      title: words(title),
      use: words(use),
      expression: selected?.expression ?? null,
      why: words(selected ? from : missing),
      members: selected?.members ?? 0,
    })
  }
  return { asOf: at.asOf, starters }
}
