import { type z, ZodError } from 'zod'
import { inputSentence } from '../messages/input.ts'
import { refused } from '../messages/refused.ts'
import { QueryCancelled, QueryTimedOut } from '../../analytics/engine/engine.ts'
import type { Metric } from '../../analytics/metrics/metric.ts'
import { refusal } from '../segments/refusal.ts'
import type { Context } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { QuestionFilters } from './filters.ts'
import { runMetric } from './run-metric.ts'

/** Asks a metric for a procedure: refusals become sentences, an interrupted query a code. Throws RefusedCall. */
export async function ask<Settings extends z.ZodObject, Row extends z.ZodObject>(
  ctx: Context & { workspace: Workspace },
  metric: Metric<Settings, Row>,
  question: { filters: QuestionFilters; settings?: Readonly<Record<string, unknown>> },
  signal: AbortSignal | undefined,
) {
  const outcome = await interrupted(runMetric(ctx.platform.store, ctx.workspace, metric, question, signal))
  switch (outcome.kind) {
    case 'answered':
      return outcome
    case 'settings-refused':
      throw refused('BAD_REQUEST', 'metric-settings', {
        metric: metric.name,
        problem:
          outcome.problem instanceof ZodError
            ? inputSentence(ctx.language, outcome.problem)
            : outcome.problem,
      })
    case 'segment-refused':
      throw refusal(outcome.errors)
  }
}

/** What became of a question that was interrupted, as the error of a call. */
export async function interrupted<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof QueryTimedOut) throw refused('TIMEOUT', 'timed-out')
    if (error instanceof QueryCancelled || (error instanceof DOMException && error.name === 'AbortError'))
      throw refused('CLIENT_CLOSED_REQUEST', 'question-cancelled')
    throw error
  }
}
