import { decimalsOf } from '../messages/money.ts'
import type { Engine, Session } from '../../analytics/engine/engine.ts'
import { clausesOf, type Expression } from '../../analytics/segments/ast.ts'
import { compile, type SegmentSetting } from '../../analytics/segments/compile.ts'
import {
  type Asked,
  conditionsOf,
  fieldsByName,
  measuresByName,
} from '../../analytics/segments/fields/catalogue.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { type Problem, problem } from '../../analytics/segments/problems.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { MemberSets } from './member-sets.ts'

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

/** Where the text does not make a rule: 0-based offsets into it, why, and what to write instead. */
export type SegmentError = Problem

export type EvaluationOutcome =
  | { kind: 'evaluated'; evaluation: Evaluation }
  | { kind: 'refused'; errors: readonly SegmentError[] }

/** A rule read for a workspace, and what it is asked of. */
export type PreparedSegment =
  | { kind: 'prepared'; expression: Expression; at: TablesAt; setting: SegmentSetting }
  | { kind: 'refused'; errors: readonly SegmentError[] }

const setsOf = new WeakMap<Engine, MemberSets>()

/**
 * Evaluates a rule as of a day (default: the workspace's default asOf), after taking in the Store's
 * events. The set is materialised under (canonical text, data version, asOf, dormancy limits) and used
 * again; whoever asks for the same at the same time waits for the same work, which ends when nobody
 * waits any more. Everybody is the relation itself.
 */
export async function evaluateSegment(
  store: Store,
  workspace: Workspace,
  request: { expression: string; asOf?: string | undefined },
  signal?: AbortSignal,
): Promise<EvaluationOutcome> {
  const { engine } = workspace
  const sets = setsOf.get(engine) ?? new MemberSets(engine)
  setsOf.set(engine, sets)
  for (;;) {
    const prepared = await prepareSegment(store, workspace, request, signal)
    if (prepared.kind === 'refused') return prepared
    const { expression, at, setting } = prepared
    const { asOf, dataVersion } = at
    const text = print(expression)
    const key = JSON.stringify([text, dataVersion, asOf, workspace.dormancy, setting.newest])
    const set = await sets.get(
      key,
      async (session, table, options) => {
        if ((await versionIn(session)) !== dataVersion) return null // the data moved in between
        await session.run(sql`create table ${table} as ${compile(expression, setting, duckdb)}`, options)
        return countIn(session, table)
      },
      signal,
    )
    if (set)
      return {
        kind: 'evaluated',
        evaluation: { expression: text, asOf, dataVersion, members: set.members, memberKeys: set.memberKeys },
      }
  }
}

/**
 * Reads a rule for a workspace and a day. Refused when the text is no rule, and when a past day is asked
 * of a field of which only today's value is known.
 */
export async function prepareSegment(
  store: Store,
  workspace: Workspace,
  request: { expression: string; asOf?: string | undefined },
  signal?: AbortSignal,
): Promise<PreparedSegment> {
  const currencyDecimals = decimalsOf(workspace.currency)
  const parsed = parse(request.expression, { currencyDecimals })
  if (parsed.kind === 'refused') return { kind: 'refused', errors: parsed.problems }
  const { expression } = parsed
  const own = await tablesAt(store, workspace, undefined, signal)
  const at =
    request.asOf === undefined || request.asOf === own.asOf
      ? own
      : await tablesAt(store, workspace, request.asOf, signal)
  const newest = at.asOf >= own.asOf
  const timeless = newest ? [] : fieldsWithoutHistory(expression)
  if (timeless.length > 0) {
    const place = { from: 0, to: request.expression.length }
    return {
      kind: 'refused',
      errors: timeless.map((field) => problem(place, 'no-history', { field, asOf: at.asOf })),
    }
  }
  const scope = { asOf: at.asOf, tables: at.tables, dormancy: workspace.dormancy }
  return { kind: 'prepared', expression, at, setting: { scope, currencyDecimals, newest } }
}

/** Fields of the rule of which only today's value is known, each once. */
export function fieldsWithoutHistory(expression: Expression): string[] {
  const asked = clausesOf(expression).flatMap(({ subject }): Asked[] => {
    if (subject.kind === 'field') return [fieldsByName.get(subject.field)!]
    const conditions = conditionsOf(subject.measure)
    return [
      measuresByName.get(subject.measure)!,
      ...subject.where.flatMap((one) => (one.kind === 'condition' ? [conditions.get(one.field)!] : [])),
    ]
  })
  return [...new Set(asked.filter(({ history }) => history === 'none').map(({ name }) => name))]
}

async function versionIn(session: Session): Promise<number> {
  const [state] = await session.rows(sql`select data_version from workspace_state`)
  return Number(state!.dataVersion)
}

async function countIn(session: Session, table: Sql): Promise<number> {
  const [row] = await session.rows(sql`select count(*) as members from ${table}`)
  return Number(row!.members)
}
