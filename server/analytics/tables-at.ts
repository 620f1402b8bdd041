import type { Engine } from '../../analytics/engine/engine.ts'
import { derivedTables, type DerivedTables } from '../../analytics/schema/derived.ts'
import { buildDerivedTables } from '../../analytics/schema/refresh.ts'
import { name, sql } from '../../analytics/sql/sql.ts'
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
/** The tables of a large shop take longer than a question may; who waits may leave before. */
const patienceMs = 60 * 60_000
/** A set that was handed out may be read for this long, so it is not dropped before. */
const readForMs = 120_000

interface Built {
  readonly at: Promise<Omit<TablesAt, 'ledgerWatermark'>>
  readonly prefix: string
  handedOutAt: number
}

const builtDays = new WeakMap<Engine, Map<string, Built>>()

/**
 * The derived tables as of a day (default: the workspace's default asOf, or today while it has no
 * orders), after taking in the Store's events. Another day's tables are built into `scratch` once per
 * data version, whoever asks at the same time waits for the same build, and the ones used longest ago go.
 * `signal` ends the waiting, not a build that others may be waiting for.
 */
export async function tablesAt(
  store: Store,
  workspace: Workspace,
  asOf: string | undefined,
  signal?: AbortSignal,
): Promise<TablesAt> {
  const own = await ownTables(store, workspace, signal)
  if (asOf === undefined || asOf === own.asOf) return own
  const days = builtDays.get(workspace.engine) ?? new Map<string, Built>()
  builtDays.set(workspace.engine, days)
  const key = `${own.dataVersion}_${asOf}`
  const found = days.get(key)
  const wanted = found ?? begin(workspace, asOf, own.dataVersion)
  if (!found) {
    days.set(key, wanted)
    wanted.at.catch(() => days.delete(key))
  }
  wanted.handedOutAt = performance.now()
  days.delete(key) // the newest use stands last
  days.set(key, wanted)
  await dropOldest(workspace.engine, days)
  const { ledgerWatermark } = own
  return { ...(await abortable(wanted.at, signal)), ledgerWatermark }
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

function begin(workspace: Workspace, asOf: string, dataVersion: number): Built {
  const prefix = `scratch.main.day_${asOf.replaceAll('-', '')}_${dataVersion}_`
  const at = workspace.engine.scratch(
    async (session): Promise<Omit<TablesAt, 'ledgerWatermark'>> => {
      const [state] = await session.rows(
        sql`select data_version, orders_version, data_start, opened_at_start from workspace_state`,
      )
      return {
        tables: await buildDerivedTables(session, asOf, prefix),
        asOf,
        dataVersion: Number(state!.dataVersion),
        ordersVersion: Number(state!.ordersVersion),
        dataStart: state!.dataStart === null ? null : String(state!.dataStart),
        openedAtStart: state!.openedAtStart === true,
      }
    },
    { timeoutMs: patienceMs },
  )
  return { at, prefix, handedOutAt: performance.now() }
}

async function dropOldest(engine: Engine, days: Map<string, Built>): Promise<void> {
  for (const [key, built] of days) {
    if (days.size <= keptDays || performance.now() - built.handedOutAt < readForMs) return
    days.delete(key)
    const at = await built.at.catch(() => undefined)
    if (at) forgetForetold(engine, at)
    await engine.scratch(async (session) => {
      for (const table of Object.values(derivedTables(built.prefix)))
        await session.run(sql`drop table if exists ${table}`)
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
