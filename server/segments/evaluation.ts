import type { Engine, QueryOptions, ScratchSession, Session } from '../../analytics/engine/engine.ts'
import { numbersOfBits } from '../../analytics/columns/bits.ts'
import { compile, compilePossible, type SegmentSetting } from '../../analytics/segments/compile.ts'
import type { Problem } from '../../analytics/segments/problems.ts'
import { addUpByNumber, duckdb } from '../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { MemberSets } from './member-sets.ts'
import { columnsOf, type RankedMember, type SelectedBits } from './columns.ts'
import { prepareSegment, type ResolvedRule, type SegmentRequest } from './prepare.ts'

/** The members a rule selected at one moment; count, list, export and launch all read this one set. */
export interface Evaluation {
  /** Canonical text of the rule. */
  readonly expression: string
  readonly rule: ResolvedRule
  readonly asOf: string
  readonly dataVersion: number
  /** How many members it holds. */
  readonly members: number
  /** A relation with one column `member_key`. */
  readonly memberKeys: Sql
  /** Those with the most net, where they are known. */
  readonly most?: readonly RankedMember[] | undefined
}

/** Where the text does not make a rule: 0-based offsets into it, why, and what to write instead. */
export type SegmentError = Problem

export type EvaluationOutcome =
  | { kind: 'evaluated'; evaluation: Evaluation }
  | { kind: 'refused'; errors: readonly SegmentError[] }

const setsOf = new WeakMap<Engine, MemberSets>()

/**
 * Evaluates a rule as of a day (default: the workspace's default asOf), after taking in the Store's
 * events. The set is materialised under (canonical text with those of the segments that it
 * names, data version, ledger watermark, asOf, dormancy limits, thresholds of scores) and used
 * again; whoever asks for the same at the same time waits for the same work, which ends when nobody
 * waits any more. Everybody is the relation itself.
 */
export async function evaluateSegment(
  store: Store,
  workspace: Workspace,
  request: SegmentRequest,
  signal?: AbortSignal,
): Promise<EvaluationOutcome> {
  const { engine } = workspace
  const sets = setsOf.get(engine) ?? new MemberSets(engine)
  setsOf.set(engine, sets)
  for (;;) {
    const prepared = await prepareSegment(store, workspace, request, signal)
    if (prepared.kind === 'refused') return prepared
    const { rule, at, setting } = prepared
    const { asOf, dataVersion, ledgerWatermark } = at
    const key = JSON.stringify([
      rule.meaning,
      dataVersion,
      ledgerWatermark,
      asOf,
      workspace.dormancy,
      workspace.rfm,
      setting.newest,
    ])
    const columns = columnsOf(store)
    await columns?.prepare(engine, at, [rule.expression], setting, signal)
    const set = await sets.get(
      key,
      async (session, table, options) => {
        // the data moved in between
        if (!(await isStill(session, at))) return null
        await session.run(addUpByNumber)
        const selected = await columns?.selected(
          session,
          engine,
          at,
          [rule.expression],
          setting,
          options.signal,
        )
        if (selected) {
          const { bits, members } = selected[0]!
          await tableOf(session, table, selected[0]!)
          return { members, most: (await columns!.mostOf(session, engine, at, bits, shownFirst)) ?? [] }
        }
        const narrow = await leavesFew(
          session,
          compilePossible(rule.expression, setting, duckdb),
          setting,
          options,
        )
        const chosen = compile(rule.expression, setting, duckdb, { narrow })
        await session.run(sql`create table ${table} as ${chosen}`, options)
        return { members: await countIn(session, table) }
      },
      signal,
    )
    if (set)
      return {
        kind: 'evaluated',
        evaluation: {
          expression: rule.text,
          rule,
          asOf,
          dataVersion,
          members: set.members,
          memberKeys: set.memberKeys,
          most: set.most,
        },
      }
  }
}

/** So many members are shown before somebody asks for more. */
const shownFirst = 50

/** Makes a table of `scratch` of the members. */
export async function tableOf(
  session: ScratchSession,
  table: Sql,
  { bits, members }: SelectedBits,
): Promise<void> {
  await session.run(sql`create table ${table} (member_key integer)`)
  await session.append(String(table.chunks[0]), [numbersOfBits(bits, members)])
}

/** Up to this share of the members, picking out their orders costs less than adding up those of everybody. */
const few = 0.01

async function leavesFew(
  session: Session,
  possible: Sql | null,
  { scope }: SegmentSetting,
  options: QueryOptions,
): Promise<boolean> {
  if (!possible) return false
  const [count] = await session.rows(
    sql`select (select count(*) from ${possible} as possible) as possible, (select count(*) from ${scope.tables.memberFacts}) as members`,
    options,
  )
  return Number(count!.possible) <= few * Number(count!.members)
}

/** Whether the data is in the state that was asked about. */
export async function isStill(
  session: Session,
  { dataVersion, ledgerWatermark }: TablesAt,
): Promise<boolean> {
  const [state] = await session.rows(sql`select data_version, ledger_watermark from workspace_state`)
  return Number(state!.dataVersion) === dataVersion && Number(state!.ledgerWatermark) === ledgerWatermark
}

async function countIn(session: Session, table: Sql): Promise<number> {
  const [row] = await session.rows(sql`select count(*) as members from ${table}`)
  return Number(row!.members)
}
