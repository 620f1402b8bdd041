import type { Engine } from '../../analytics/engine/engine.ts'
import { derivedTables, type DerivedTables } from '../../analytics/schema/derived.ts'
import { tablesOfOtherDay } from '../../analytics/schema/other-day.ts'
import { name, type Sql, sql } from '../../analytics/sql/sql.ts'
import type { Store } from '../store/store.ts'
import { drainedState } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { forgetForetold, ownScores } from './foretold.ts'

/** The derived tables as they are on one day, and of which state of the data. */
export interface TablesAt {
  readonly tables: DerivedTables
  /** ISO local day, inclusive. */
  readonly asOf: string
  readonly dataVersion: number
  /** Rises with the orders and facts of members alone: other changes, such as of tags, leave the tables as they are. */
  readonly ordersVersion: number
  /** Newest row of the coupon ledger that was known: no table depends on it, members of a rule may. */
  readonly ledgerWatermark: number
  /** Local day of the first order; null while there is none. */
  readonly dataStart: string | null
  readonly openedAtStart: boolean
}

/** Other days' tables that are kept besides the workspace's own. */
const keptDays = 3
/** What differs on that day may take longer than a question may; who waits may leave before. */
const patienceMs = 10 * 60_000
/** A set that was handed out may be read for this long, so it is not dropped before. */
const readForMs = 120_000

type OnThatDay = Omit<TablesAt, 'ledgerWatermark'>

interface Built {
  readonly at: Promise<{ readonly tables: OnThatDay; readonly made: readonly Sql[] }>
  handedOutAt: number
}

const builtDays = new WeakMap<Engine, Map<string, Built>>()

/**
 * The derived tables as of a day (default: the workspace's default asOf, or today while it has no
 * orders), after taking in the Store's events. What differs on another day is made in `scratch` once per
 * data version, whoever asks at the same time waits for the same work, and what was used longest ago goes.
 * `signal` ends the waiting, not a build that others may be waiting for.
 */
export async function tablesAt(
  store: Store,
  workspace: Workspace,
  asOf: string | undefined,
  signal?: AbortSignal,
): Promise<TablesAt> {
  let own = await ownTables(store, workspace, signal)
  if (asOf === undefined || asOf === own.asOf) return own
  const days = builtDays.get(workspace.engine) ?? new Map<string, Built>()
  builtDays.set(workspace.engine, days)
  for (;;) {
    const key = `${own.dataVersion}_${asOf}`
    const found = days.get(key)
    const wanted = found ?? begin(workspace, own, asOf)
    if (!found) wanted.at.catch(() => days.delete(key))
    wanted.handedOutAt = performance.now()
    days.delete(key) // the newest use stands last
    days.set(key, wanted)
    await dropOldest(workspace.engine, days)
    const { tables } = await abortable(wanted.at, signal)
    if (tables.dataVersion === own.dataVersion) return { ...tables, ledgerWatermark: own.ledgerWatermark }
    own = await ownTables(store, workspace, signal) // the data moved in between
  }
}

async function ownTables(
  store: Store,
  workspace: Workspace,
  signal: AbortSignal | undefined,
): Promise<TablesAt> {
  const state = await drainedState(store, workspace, signal)
  const asOf = state.asOf === null ? workspace.today() : String(state.asOf)
  const ordersVersion = Number(state.ordersVersion)
  const memberScores = name(ownScores(ordersVersion, asOf, Number(state.clvDiscountPercent)))
  return {
    tables: { ...derivedTables(), memberScores },
    asOf,
    dataVersion: Number(state.dataVersion),
    ordersVersion,
    ledgerWatermark: Number(state.ledgerWatermark),
    dataStart: state.dataStart === null ? null : String(state.dataStart),
    openedAtStart: state.openedAtStart === true,
  }
}

function begin(workspace: Workspace, own: OnThatDay, asOf: string): Built {
  const prefix = `scratch.main.day_${asOf.replaceAll('-', '')}_${own.dataVersion}_`
  const at = workspace.engine.scratch(
    async (session) => {
      const [state] = await session.rows(sql`select data_version from workspace_state`)
      const { tables, made } = await tablesOfOtherDay(session, own.asOf, asOf, prefix)
      return { tables: { ...own, tables, asOf, dataVersion: Number(state!.dataVersion) }, made }
    },
    { timeoutMs: patienceMs },
  )
  return { at, handedOutAt: performance.now() }
}

async function dropOldest(engine: Engine, days: Map<string, Built>): Promise<void> {
  for (const [key, built] of days) {
    if (days.size <= keptDays || performance.now() - built.handedOutAt < readForMs) return
    days.delete(key)
    const { tables: at, made } = await built.at.catch(() => ({ tables: undefined, made: [] }))
    if (at) forgetForetold(engine, at)
    await engine.scratch(async (session) => {
      for (const table of made) await session.run(sql`drop table if exists ${table}`)
    })
  }
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  signal.throwIfAborted()
  return Promise.race([
    work,
    new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    ),
  ])
}
