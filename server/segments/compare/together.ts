import type { Session } from '../../../analytics/engine/engine.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import type { Store } from '../../store/store.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { type Evaluation, evaluateSegment, type SegmentError } from '../evaluation.ts'

/** One of several rules is none. */
export interface OneRefused {
  readonly kind: 'refused'
  /** Its place among the rules, from 0. */
  readonly index: number
  readonly errors: readonly SegmentError[]
}

/**
 * Evaluates rules and asks about their members in one transaction, all of one state of the data. When the data
 * moves in between, all is done again.
 */
export async function askTogether<T>(
  store: Store,
  workspace: Workspace,
  request: { expressions: readonly string[]; asOf?: string | undefined },
  work: (session: Session, sets: readonly Evaluation[]) => Promise<T>,
  signal?: AbortSignal,
): Promise<{ kind: 'asked'; sets: readonly Evaluation[]; answer: T } | OneRefused> {
  for (;;) {
    const sets: Evaluation[] = []
    for (const [index, expression] of request.expressions.entries()) {
      const outcome = await evaluateSegment(store, workspace, { expression, asOf: request.asOf }, signal)
      if (outcome.kind === 'refused') return { kind: 'refused', index, errors: outcome.errors }
      sets.push(outcome.evaluation)
    }
    const [first] = sets
    const { asOf, dataVersion } = first!
    if (sets.some((set) => set.asOf !== asOf || set.dataVersion !== dataVersion)) continue
    const answer = await workspace.engine.scratch(
      async (session) => {
        const [state] = await session.rows(sql`select data_version from workspace_state`)
        return Number(state!.dataVersion) === dataVersion ? { of: await work(session, sets) } : null
      },
      { signal },
    )
    if (answer) return { kind: 'asked', sets, answer: answer.of }
  }
}
