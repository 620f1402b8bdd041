import type { z, ZodError } from 'zod'
import type { Metric } from '../../analytics/metrics/metric.ts'
import type { Scope } from '../../analytics/relations/scope.ts'
import type { ModelOutcome } from '../../analytics/scores/scores.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { render, sql } from '../../analytics/sql/sql.ts'
import type { Said } from '../messages/messages.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type OtherQuestion, otherQuestion } from './comparison.ts'
import type { QuestionFilters } from './filters.ts'
import { foretoldAt } from './foretold.ts'
import { scopeOf } from './scope.ts'
import { tablesAt } from './tables-at.ts'

export interface MetricAnswer<Row> {
  readonly metric: string
  readonly version: number
  /** The workspace's name. */
  readonly workspace: string
  readonly asOf: string
  readonly dataVersion: number
  readonly milliseconds: number
  /** How the fit came out, of a metric that asks what the models foretell. */
  readonly models?: ModelOutcome
  readonly rows: Row[]
}

/** An answer with what it was asked with. */
export interface Answered<Settings, Row> {
  readonly answer: MetricAnswer<Row>
  readonly settings: Settings
  readonly scope: Scope
}

/** What an answer is held against, asked in the same way; or why it is not known. */
export type Compared<Settings, Row> =
  | { readonly kind: 'asked'; readonly filters: QuestionFilters; readonly other: Answered<Settings, Row> }
  | Extract<OtherQuestion, { kind: 'not-known' }>

export type QuestionRefused =
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }
  | { kind: 'settings-refused'; problem: Said | ZodError }

export type MetricOutcome<Settings, Row> =
  | ({ kind: 'answered'; compared?: Compared<Settings, Row> } & Answered<Settings, Row>)
  | QuestionRefused

/**
 * Asks a metric, and where the filters say so what it is held against, of the same state of the data. Refused where
 * either is.
 */
export async function runMetric<Settings extends z.ZodObject, Row extends z.ZodObject>(
  store: Store,
  workspace: Workspace,
  metric: Metric<Settings, Row>,
  question: { filters: QuestionFilters; settings?: Readonly<Record<string, unknown>> },
  signal?: AbortSignal,
): Promise<MetricOutcome<z.output<Settings>, z.output<Row>>> {
  const { compare, ...filters } = question.filters
  for (;;) {
    const asked = await askOnce(store, workspace, metric, { ...question, filters }, signal)
    if (asked.kind !== 'answered' || compare === undefined) return asked
    const { asOf, dataVersion } = asked.answer
    const { dataStart } = asked.scope
    const wanted = otherQuestion(
      metric,
      { ...filters, compare },
      { asOf, dataStart, settings: asked.settings },
    )
    if (wanted.kind === 'not-known') return { ...asked, compared: wanted }
    const other = await askOnce(store, workspace, metric, { ...question, filters: wanted.filters }, signal)
    if (other.kind !== 'answered') return other
    if (other.answer.dataVersion !== dataVersion) continue // the data moved in between
    return { ...asked, compared: { ...wanted, other } }
  }
}

/**
 * Asks a metric. A window in the filters becomes its settings `from` and `to`, where it has them. A
 * row's `membersExpression`, and what else is named so, is narrowed by the question's segment. When the data changes under the
 * question it is asked again, so that rows and data version belong together.
 */
async function askOnce<Settings extends z.ZodObject, Row extends z.ZodObject>(
  store: Store,
  workspace: Workspace,
  metric: Metric<Settings, Row>,
  question: { filters: QuestionFilters; settings?: Readonly<Record<string, unknown>> },
  signal?: AbortSignal,
): Promise<MetricOutcome<z.output<Settings>, z.output<Row>>> {
  const began = performance.now()
  const { from, to } = question.filters
  const window = Object.fromEntries(
    Object.entries({ from, to }).filter(([key, day]) => key in metric.settings.shape && day !== undefined),
  )
  const settings = metric.settings.strict().safeParse({ ...window, ...question.settings })
  if (!settings.success)
    return {
      kind: 'settings-refused',
      problem: settings.error,
    }
  const chosen = settings.data as z.output<Settings> & { from?: string; to?: string }
  if (chosen.from !== undefined && chosen.to !== undefined && chosen.from > chosen.to)
    return {
      kind: 'settings-refused',
      problem: { id: 'window-reversed', values: { from: chosen.from, to: chosen.to } },
    }
  for (;;) {
    const asked = await scopeOf(store, workspace, question.filters, signal)
    if (asked.kind === 'refused') return { kind: 'segment-refused', errors: asked.errors }
    const models = metric.foretold && (await foretoldAt(workspace, asked.at, signal))
    if (models === null) continue // the data moved in between
    const scope = models ? { ...asked.scope, models } : asked.scope
    if (chosen.from !== undefined && chosen.from > asked.asOf)
      return {
        kind: 'settings-refused',
        problem: { id: 'window-after-data', values: { from: chosen.from, asOf: asked.asOf } },
      }
    if (metric.knownOnlyNow?.(chosen) && question.filters.asOf !== undefined) {
      const newest = (await tablesAt(store, workspace, undefined, signal)).asOf
      if (asked.asOf < newest)
        return {
          kind: 'settings-refused',
          problem: { id: 'metric-without-past', values: { asOf: asked.asOf, newest } },
        }
    }
    const counted = await workspace.engine.rows(metric.build(chosen, scope, duckdb), { signal })
    const [still] = await workspace.engine.rows(sql`select data_version from workspace_state`, { signal })
    if (still!.dataVersion !== asked.dataVersion) continue
    const rows = metric.finish(counted, chosen, scope)
    return {
      kind: 'answered',
      settings: chosen,
      scope,
      answer: {
        metric: metric.name,
        version: metric.version,
        workspace: workspace.name,
        asOf: asked.asOf,
        dataVersion: asked.dataVersion,
        milliseconds: Math.round(performance.now() - began),
        ...(models && { models }),
        rows: asked.segment === null ? rows : rows.map((row) => narrowed(row, asked.segment!)),
      },
    }
  }
}

/** Every expression of a row, whose names end so, for members of the segment alone. */
const narrowed = <Row extends object>(row: Row, segment: string): Row =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      key.endsWith('Expression') && typeof value === 'string' ? bothRules(segment, value) : value,
    ]),
  ) as Row

/** A rule for the members of both. */
export const bothRules = (segment: string, expression: string): string =>
  segment === 'everyone' ? expression : `${alone(segment)} and ${alone(expression)}`

const alone = (rule: string) => (/\bor\b/.test(rule) ? `(${rule})` : rule)

export interface Explained {
  readonly version: number
  readonly asOf: string
  /** As it is asked, with a place for each value. */
  readonly sql: string
  /** The values in the order of their places: days, limits and what people typed. */
  readonly values: readonly (string | number | boolean | null)[]
}

/** The statement that a question comes to, not asked. */
export async function explainMetric(
  store: Store,
  workspace: Workspace,
  metric: Metric,
  question: { filters: QuestionFilters; settings: Readonly<Record<string, unknown>> },
  signal?: AbortSignal,
): Promise<({ kind: 'explained' } & Explained) | QuestionRefused> {
  const settings = metric.settings.strict().safeParse(question.settings)
  if (!settings.success) return { kind: 'settings-refused', problem: settings.error }
  const asked = await scopeOf(store, workspace, question.filters, signal)
  if (asked.kind === 'refused') return { kind: 'segment-refused', errors: asked.errors }
  const { text, params } = render(metric.build(settings.data, asked.scope, duckdb), duckdb.placeholder)
  return {
    kind: 'explained',
    version: metric.version,
    asOf: asked.asOf,
    sql: text.replaceAll(/\n[ \t]*\n/g, '\n').trim(),
    values: params.map((value) =>
      typeof value === 'bigint' || (typeof value === 'object' && value !== null) ? String(value) : value,
    ),
  }
}
