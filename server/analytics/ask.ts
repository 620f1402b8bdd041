import { type z, ZodError } from 'zod'
import { inputSentence } from '../messages/input.ts'
import { type RefusedCall, refused } from '../messages/refused.ts'
import { QueryCancelled, QueryTimedOut } from '../../analytics/engine/engine.ts'
import type { Metric } from '../../analytics/metrics/metric.ts'
import { refusal } from '../segments/refusal.ts'
import type { Context } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { QuestionFilters } from './filters.ts'
import { type Answered, type Compared, type QuestionRefused, runMetric } from './run-metric.ts'

/** Asks a metric for a procedure: refusals become sentences, an interrupted query a code. Throws RefusedCall. */
export async function ask<Settings extends z.ZodObject, Row extends z.ZodObject>(
  ctx: Context & { workspace: Workspace },
  metric: Metric<Settings, Row>,
  question: { filters: QuestionFilters; settings?: Readonly<Record<string, unknown>> },
  signal: AbortSignal | undefined,
) {
  const outcome = await interrupted(runMetric(ctx.platform.store, ctx.workspace, metric, question, signal))
  if (outcome.kind === 'answered') return outcome
  throw questionRefused(ctx, metric, outcome)
}

/** A question that is not asked, as the error of a call. */
export const questionRefused = (
  { language }: Pick<Context, 'language'>,
  { name }: Pick<Metric, 'name'>,
  outcome: QuestionRefused,
): RefusedCall =>
  outcome.kind === 'segment-refused'
    ? refusal(outcome.errors)
    : refused('BAD_REQUEST', 'metric-settings', {
        metric: name,
        problem:
          outcome.problem instanceof ZodError ? inputSentence(language, outcome.problem) : outcome.problem,
      })

/** The same with what a page tells beside the rows, of the answer and of what it is held against. */
export async function askTold<Settings extends z.ZodObject, Row extends z.ZodObject, Beside extends object>(
  ctx: Context & { workspace: Workspace },
  metric: Metric<Settings, Row>,
  question: { filters: QuestionFilters; settings?: Readonly<Record<string, unknown>> },
  signal: AbortSignal | undefined,
  beside: (one: Answered<z.output<Settings>, z.output<Row>>) => Beside,
) {
  const { compared, ...asked } = await ask(ctx, metric, question, signal)
  const told = (one: Answered<z.output<Settings>, z.output<Row>>) => ({ ...one.answer, ...beside(one) })
  const { compare: _, ...filters } = question.filters
  return {
    ...told(asked),
    /** What it was asked with, every setting with its value. */
    asked: { filters, settings: asked.settings as Readonly<Record<string, unknown>> },
    compared:
      compared?.kind === 'asked'
        ? {
            kind: compared.kind,
            against: againstOf(question.filters),
            data: told(compared.other),
            ...datesOf(compared),
          }
        : compared,
  }
}

/** An answer with the rows of what it is held against, for programs. */
export const withCompared = <Settings, Row>(
  { answer, compared }: Answered<Settings, Row> & { readonly compared?: Compared<Settings, Row> },
  filters: QuestionFilters,
) => ({
  ...answer,
  ...(compared && {
    compared:
      compared.kind === 'asked'
        ? {
            kind: compared.kind,
            against: againstOf(filters),
            ...datesOf(compared),
            rows: compared.other.answer.rows,
          }
        : compared,
  }),
})

/** What a question is held against, as one word. */
const againstOf = ({ compare }: QuestionFilters): 'previous' | 'year' | 'segment' =>
  typeof compare === 'string' ? compare : 'segment'

/** The days and members that an answer is held against. */
const datesOf = <Settings, Row>({
  filters: { from, to, segment },
  other,
}: Extract<Compared<Settings, Row>, { kind: 'asked' }>) => ({
  asOf: other.answer.asOf,
  from: from ?? null,
  to: to ?? null,
  segment: segment ?? null,
})

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
