import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** The members a rule selected at one moment; count, list, export and launch all read this one set. */
export interface Evaluation {
  /** Canonical text of the rule. */
  readonly expression: string
  readonly asOf: string
  readonly dataVersion: number
  /** How many members it holds. */
  readonly members: number
  /** A relation with one column `member_key`. */
  readonly memberKeys: Sql
}

/** Where the text does not make a rule: 0-based offsets into it, and what to write instead. */
export interface SegmentError {
  readonly from: number
  readonly to: number
  readonly message: string
  readonly suggestion?: string
}

export type EvaluationOutcome =
  | { kind: 'evaluated'; evaluation: Evaluation }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/**
 * Evaluates a rule as of a day (default: the workspace's default asOf), after taking in the Store's
 * events. The set is kept under (canonical text, data version, asOf) and used again.
 */
export async function evaluateSegment(
  store: Store,
  workspace: Workspace,
  request: { expression: string; asOf?: string | undefined },
  signal?: AbortSignal,
): Promise<EvaluationOutcome> {
  await drainEvents(store, workspace)
  const [state] = await workspace.engine.rows(
    sql`select data_version, coalesce(as_of, current_date) as as_of, (select count(*) from member_facts) as members
      from workspace_state`,
    { signal },
  )
  if (request.expression !== 'everyone')
    return {
      kind: 'refused',
      errors: [{ from: 0, to: request.expression.length, message: 'Only `everyone` so far.' }],
    }
  return {
    kind: 'evaluated',
    evaluation: {
      expression: 'everyone',
      asOf: request.asOf ?? String(state!.asOf),
      dataVersion: Number(state!.dataVersion),
      members: Number(state!.members),
      memberKeys: sql`(select member_key from member_facts)`,
    },
  }
}
