import { totalmem } from 'node:os'
import { answersOf, type Wanted } from '../../analytics/columns/answers.ts'
import { bytesOfColumns, type OrderColumns, readColumns } from '../../analytics/columns/tables.ts'
import type { TallyPass } from '../../analytics/columns/tally.ts'
import { TallyThreadEnded, TallyThreads } from '../../analytics/columns/threads.ts'
import type { Engine, ScratchSession } from '../../analytics/engine/engine.ts'
import type { Expression } from '../../analytics/segments/ast.ts'
import { keyOf, type Known, type SegmentSetting } from '../../analytics/segments/compile.ts'
import { derivedTables } from '../../analytics/schema/derived.ts'
import { clausesOnDay } from '../../analytics/segments/references.ts'
import { type TalliedPasses, talliedPasses } from '../../analytics/segments/tallied.ts'
import { truthBy } from '../../analytics/segments/truth.ts'
import { duckdb } from '../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Store } from '../store/store.ts'

/** What is held of an engine's orders, or is on the way. */
interface State {
  readonly ordersVersion: number
  readonly ended: AbortController
  /** Settled when `held` says what came of it. */
  readonly read: Promise<void>
  held: { readonly number: number; readonly columns: OrderColumns } | null
  /** Questions under way. */
  uses: number
  usedAt: number
}

/** Fewer orders are gone through as quickly by the engine. */
const leastOrders = 100_000
/** All columns together take at most this share of the machine's memory. */
const memoryShare = 0.2
/** With so many conditions the columns are waited for: reading them costs less than answering without. */
const worthWaiting = 40

const keepers = new WeakMap<Store, OrderColumnsKeeper>()

/** The keeper of a data folder's columns, where a process keeps some. */
export const orderColumnsOf = (store: Store): OrderColumnsKeeper | undefined => keepers.get(store)

/** From now on the orders of workspaces are held as columns once rules are asked about them, until it is stopped. */
export function startOrderColumns(
  { store }: { readonly store: Store },
  settings: { readonly leastOrders?: number; readonly mostBytes?: number } = {},
): OrderColumnsKeeper {
  const keeper = new OrderColumnsKeeper(
    settings.leastOrders ?? leastOrders,
    settings.mostBytes ?? memoryShare * totalmem(),
    () => keepers.delete(store),
  )
  keepers.set(store, keeper)
  return keeper
}

/**
 * Holds orders and their lines as columns of numbers, of the newest state of the data that was asked about: threads
 * answer clauses from them in a tenth of the time that the engine takes. They are read in the background; until they are
 * there, and of what they can't tell, the engine answers.
 */
export class OrderColumnsKeeper {
  readonly #leastOrders: number
  readonly #mostBytes: number
  readonly #stopped: () => void
  readonly #states = new Map<Engine, State>()
  #threads = new TallyThreads()
  #numbers = 0

  constructor(leastRows: number, mostBytes: number, stopped: () => void) {
    this.#leastOrders = leastRows
    this.#mostBytes = mostBytes
    this.#stopped = stopped
  }

  /** Begins to read the columns that rules are about to ask of, and waits for them where that is worth it. */
  async prepare(
    engine: Engine,
    at: TablesAt,
    expressions: readonly Expression[],
    setting: SegmentSetting,
    signal?: AbortSignal,
  ): Promise<void> {
    const { clauses } = askedOf(expressions, setting)
    if (clauses.size === 0 || !areOwn(at)) return
    const before = this.#states.get(engine)
    if (before && before.ordersVersion < at.ordersVersion) this.#drop(engine, before)
    const state = this.#states.get(engine) ?? this.#begin(engine, at)
    if (clauses.size < worthWaiting || state.held) return
    const left = Promise.withResolvers<void>()
    const leave = () => left.resolve()
    signal?.addEventListener('abort', leave, { once: true })
    await Promise.race([state.read, left.promise])
    signal?.removeEventListener('abort', leave)
    signal?.throwIfAborted()
  }

  /**
   * What columns of this state of the data say of a rule's clauses on its own day, members whom it can't select left
   * out; undefined without columns or such clauses.
   */
  known(
    session: ScratchSession,
    engine: Engine,
    at: TablesAt,
    expression: Expression,
    setting: SegmentSetting,
  ): Promise<Known | undefined> {
    return this.#known(session, engine, at, [expression], setting, (asked) => (holdsOf) => {
      const holds = truthBy(expression, setting.segments, (leaf) => {
        const place = leaf.kind === 'clause' && asked.clauses.get(keyOf(leaf))
        return place ? holdsOf(place.pass, place.check) : null
      })
      return holds !== false
    })
  }

  /** The clauses of which `knownOfAll` would tell now, by `keyOf`; undefined for none. */
  clausesHeld(
    engine: Engine,
    at: TablesAt,
    expressions: readonly Expression[],
    setting: SegmentSetting,
  ): ReadonlySet<string> | undefined {
    const state = this.#states.get(engine)
    if (!state?.held || state.ordersVersion !== at.ordersVersion || !areOwn(at)) return undefined
    const { clauses } = askedOf(expressions, setting)
    return clauses.size === 0 ? undefined : new Set(clauses.keys())
  }

  /** The same of several rules, of every member. */
  knownOfAll(
    session: ScratchSession,
    engine: Engine,
    at: TablesAt,
    expressions: readonly Expression[],
    setting: SegmentSetting,
  ): Promise<Known | undefined> {
    return this.#known(session, engine, at, expressions, setting)
  }

  async #known(
    session: ScratchSession,
    engine: Engine,
    at: TablesAt,
    expressions: readonly Expression[],
    setting: SegmentSetting,
    wanted?: (asked: TalliedPasses) => Wanted,
  ): Promise<Known | undefined> {
    const state = this.#states.get(engine)
    if (!state?.held || state.ordersVersion !== at.ordersVersion || !areOwn(at)) return undefined
    const asked = askedOf(expressions, setting)
    if (asked.clauses.size === 0) return undefined
    state.usedAt = performance.now()
    state.uses++
    try {
      const { number, columns } = state.held
      const passes = asked.passes.map((pass, i) => ({ ...pass, checks: asked.checks[i]! }))
      const threads = this.#threads
      const ask = (tallied: readonly TallyPass[]) => threads.ask(number, columns, tallied)
      const { relation, holds } = await answersOf(session, columns, passes, ask, wanted?.(asked))
      const byClause = [...asked.clauses].map(([key, { pass, check }]): [string, Sql] => [
        key,
        holds[pass]![check]!,
      ])
      return { relation, holds: new Map(byClause) }
    } catch (error) {
      if (!(error instanceof TallyThreadEnded)) throw error
      console.error('Orders held as columns are given up:', error)
      await this.#beginAnew()
      return undefined
    } finally {
      state.uses--
      if (state.ended.signal.aborted) this.#forget(engine, state)
    }
  }

  /** Settled once what is on the way has been read. */
  async idle(): Promise<void> {
    await Promise.all([...this.#states.values()].map(({ read }) => read))
  }

  async stop(): Promise<void> {
    this.#stopped()
    for (const { ended } of this.#states.values()) ended.abort()
    await this.idle()
    this.#states.clear()
    await this.#threads.end()
  }

  /** Other threads, which hold nothing yet. */
  async #beginAnew(): Promise<void> {
    const before = this.#threads
    this.#threads = new TallyThreads()
    for (const [engine, state] of this.#states) this.#drop(engine, state)
    await before.end()
  }

  #begin(engine: Engine, { ordersVersion, tables }: TablesAt): State {
    const ended = new AbortController()
    const number = this.#numbers++
    const read = async (): Promise<void> => {
      const columns = await engine.scratch(
        async (session) => {
          const [now] = await session.rows(sql`select orders_version,
            (select count(*) from ${tables.ordersByMonth}) as orders from workspace_state`)
          if (Number(now!.ordersVersion) !== ordersVersion || Number(now!.orders) < this.#leastOrders)
            return null
          if (!this.#makeRoom(state, await bytesOfColumns(session, tables))) return null
          return readColumns(session, tables, `scratch.main.columns_${number}_`, ended.signal)
        },
        { signal: ended.signal },
      )
      if (!columns) return
      this.#threads.hold(number, columns)
      state.held = { number, columns }
      if (ended.signal.aborted) this.#forget(engine, state)
    }
    const state: State = {
      ordersVersion,
      ended,
      held: null,
      uses: 0,
      usedAt: performance.now(),
      // the rest of the caller's turn goes first: `state` is there
      read: Promise.resolve()
        .then(read)
        .catch((error: unknown) => {
          if (!ended.signal.aborted) console.error('Orders could not be held as columns:', error)
        }),
    }
    this.#states.set(engine, state)
    return state
  }

  /** Lets go of what was used longest ago until there is room; false where there is none. */
  #makeRoom(coming: State, bytes: number): boolean {
    if (bytes > this.#mostBytes) return false
    const others = [...this.#states].filter(([, state]) => state !== coming && state.held)
    let taken = others.reduce((sum, [, { held }]) => sum + held!.columns.bytes, 0)
    for (const [engine, state] of others.toSorted(([, a], [, b]) => a.usedAt - b.usedAt)) {
      if (taken + bytes <= this.#mostBytes) break
      taken -= state.held!.columns.bytes
      this.#drop(engine, state)
    }
    return true
  }

  #drop(engine: Engine, state: State): void {
    this.#states.delete(engine)
    state.ended.abort()
    if (state.held && state.uses === 0) this.#forget(engine, state)
  }

  /** Takes away what is held, once nobody asks it any more. */
  #forget(engine: Engine, state: State): void {
    if (!state.held || state.uses > 0) return
    const { number, columns } = state.held
    state.held = null
    this.#threads.drop(number)
    void engine
      .scratch(async (session) => {
        for (const table of columns.dictionaries.values()) await session.run(sql`drop table ${table}`)
      })
      .catch((error: unknown) => console.error('Old columns could not be taken away:', error))
  }
}

/** Tables that were made for another day are not the workspace's own. */
const areOwn = ({ tables }: TablesAt): boolean =>
  String(tables.ordersByMonth.chunks[0]) === String(derivedTables().ordersByMonth.chunks[0])

const askedOf = (expressions: readonly Expression[], setting: SegmentSetting): TalliedPasses => {
  const { scope, newest, currencyDecimals, segments } = setting
  return talliedPasses(
    expressions.flatMap((expression) => clausesOnDay(expression, segments)),
    {
      reading: { ...scope, newest, d: duckdb },
      test: { asOf: scope.asOf, currencyDecimals, d: duckdb },
    },
  )
}
