import { createHash } from 'node:crypto'
import { addDays, daysBetween, localDay } from '../../analytics/calendar/calendar.ts'
import type { Engine } from '../../analytics/engine/engine.ts'
import { measuresByName } from '../../analytics/segments/fields/catalogue.ts'
import type { Words } from '../../analytics/schema/described.ts'
import { askedOn, clausesOnDay } from '../../analytics/segments/references.ts'
import { name, sql } from '../../analytics/sql/sql.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment, type SegmentError } from './evaluation.ts'
import { prepareSegment, type ResolvedRule, wrongDays } from './prepare.ts'
import { readSegment } from './saved.ts'
import { selectOn } from './select-on.ts'
import { takenSizes } from './takings.ts'
import { conditionsWithoutPast } from './without-past.ts'

/** How many members a rule selects as of a day. */
export interface HistoryPoint {
  readonly day: string
  /** Null: not counted yet, or `unasked`. */
  readonly members: number | null
  /** The rule can't be asked of this day: it names a day that was still to come. */
  readonly unasked: boolean
}

/** When a version of the rule was saved, by the business calendar. */
export interface VersionMark {
  readonly version: number
  readonly day: string
  readonly expression: string
}

export interface History {
  readonly name: string
  /** Canonical text of the newest version, by which every day is counted. */
  readonly expression: string
  readonly asOf: string
  readonly dataVersion: number
  readonly phase: 'counting' | 'done' | 'stopped'
  /** The oldest day first, a week apart; the last is `asOf`. */
  readonly points: readonly HistoryPoint[]
  /**
   * Conditions of which only today's value is known, as text. With any, `points` are the days on which
   * memberships were written down, by what was known and by the rule of then, and the newest day.
   */
  readonly withoutPast: readonly Words[]
  /** Oldest first. */
  readonly versions: readonly VersionMark[]
}

export type HistoryOutcome =
  | { kind: 'history'; history: History }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  | { kind: 'no-such-segment' }

/** The newest day and 52 weeks before it. */
const weeks = 52

interface Count {
  readonly dataVersion: number
  readonly days: readonly string[]
  readonly unasked: ReadonlySet<string>
  readonly counted: Map<string, number>
  phase: History['phase']
  stop: AbortController
  failed?: unknown
}

/**
 * The sizes that were counted in one engine, kept per state of the data, also in the engine's file, so that a start does
 * not count again: what belongs to an older state goes when a newer one is asked about or counted. One history is counted at a time, the newest day first, a day in a transaction of its own,
 * on the threads that questions leave over.
 */
class Histories {
  readonly #engine: Engine
  readonly #counts = new Map<string, Count>()
  #turn: Promise<void> = Promise.resolve()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The count under `key`, begun when there is none. Throws what made it fail, once; the next call begins anew. */
  async get(key: string, begin: () => Omit<Count, 'counted' | 'phase' | 'stop'>, step: Step): Promise<Count> {
    const known = this.#counts.has(key)
      ? new Map<string, number>()
      : await this.#kept(key, begin().dataVersion)
    const found = this.#counts.get(key)
    if (found?.failed !== undefined) {
      this.#counts.delete(key)
      throw found.failed
    }
    if (found) return found
    const count: Count = {
      ...begin(),
      counted: known,
      phase: 'stopped',
      stop: new AbortController(),
    }
    for (const [other, old] of this.#counts)
      if (old.dataVersion !== count.dataVersion) {
        old.stop.abort()
        this.#counts.delete(other)
      }
    this.#counts.set(key, count)
    if (count.days.every((day) => known.has(day) || count.unasked.has(day))) count.phase = 'done'
    else this.#go(key, count, step)
    return count
  }

  /** What the engine's file has of a history. */
  async #kept(key: string, dataVersion: number): Promise<Map<string, number>> {
    const rows = await this.#engine.rows(
      sql`select counted_day, members from segment_sizes
        where question = ${hashOf(key)} and data_version = ${dataVersion}`,
    )
    return new Map(rows.map((row) => [String(row.countedDay), Number(row.members)]))
  }

  /** Puts days into the engine's file and takes out what was counted of other states of the data. */
  async #keep(key: string, { dataVersion, counted }: Count, days: readonly string[]): Promise<void> {
    await this.#engine.transaction(async (session) => {
      const [state] = await session.rows(sql`select data_version from workspace_state`)
      if (Number(state!.dataVersion) !== dataVersion) return
      await session.run(sql`delete from segment_sizes where data_version <> ${dataVersion}`)
      for (const day of days)
        await session.run(
          sql`insert into segment_sizes values (${hashOf(key)}, ${dataVersion}, cast(${day} as date), ${counted.get(day)!})`,
        )
    })
  }

  stop(key: string): void {
    const count = this.#counts.get(key)
    if (count?.phase !== 'counting') return
    count.phase = 'stopped'
    count.stop.abort()
  }

  /** Goes on where a stopped count was left. */
  continue(key: string, step: Step): void {
    const count = this.#counts.get(key)
    if (count?.phase === 'stopped') this.#go(key, count, step)
  }

  #go(key: string, count: Count, step: Step): void {
    const stop = new AbortController()
    Object.assign(count, { phase: 'counting', stop })
    this.#turn = this.#turn
      .then(() => this.#count(key, count, stop.signal, step))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) count.failed = error
      })
  }

  async #count(key: string, count: Count, signal: AbortSignal, step: Step): Promise<void> {
    const unkept: string[] = []
    try {
      await this.#countDays(key, count, signal, step, unkept)
    } finally {
      // also of what was stopped, for who goes on after a restart
      if (unkept.length > 0 && this.#counts.get(key) === count) await this.#keep(key, count, unkept)
    }
  }

  async #countDays(
    key: string,
    count: Count,
    signal: AbortSignal,
    step: Step,
    unkept: string[],
  ): Promise<void> {
    for (const day of count.days.toReversed()) {
      if (count.counted.has(day) || count.unasked.has(day)) continue
      signal.throwIfAborted()
      const members = await step(this.#engine, day, count.dataVersion, signal)
      if (members === null) {
        this.#counts.delete(key) // the data moved: who asks again is counted anew
        return
      }
      count.counted.set(day, members)
      unkept.push(day)
      if (unkept.length >= keptAtOnce) await this.#keep(key, count, unkept.splice(0))
    }
    if (unkept.length > 0) await this.#keep(key, count, unkept.splice(0))
    count.phase = 'done'
  }
}

/** So many days are put into the engine's file together: a process that is killed loses no more. */
const keptAtOnce = 10

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')

/** Counts one day; null when the data is no longer in the state that was asked about. */
type Step = (engine: Engine, day: string, dataVersion: number, signal: AbortSignal) => Promise<number | null>

const historiesOf = new WeakMap<Engine, Histories>()

/**
 * The size of a saved segment on the data's newest day and a week apart before it, for a year or as far as there are
 * orders: whom its newest version selects by what was visible on each day, with today's data. Begins to count what is
 * not counted yet and answers with what there is; `doing` stops that or goes on. Of a rule that can't be asked of the
 * past, because only today's value of a field is known, the sizes that were written down. Refused when it asks about too
 * many days.
 */
export async function segmentHistory(
  store: Store,
  workspace: Workspace,
  id: string,
  doing?: 'stop' | 'continue',
  signal?: AbortSignal,
): Promise<HistoryOutcome> {
  const segment = await readSegment(store, workspace, id)
  if (!segment) return { kind: 'no-such-segment' }
  const expression = segment.versions[0]!.expression
  const prepared = await prepareSegment(store, workspace, { expression }, signal)
  if (prepared.kind === 'refused') return prepared
  const { rule, at } = prepared
  const { asOf, dataVersion, dataStart } = at
  const days = weeksUntil(asOf, dataStart)
  const before = days.at(-2)
  const wrongOn = (day: string) =>
    wrongDays(rule, day, asOf).map((wrong) => wrong({ from: 0, to: expression.length }))
  const errors = before === undefined ? [] : wrongOn(before)
  const versions = segment.versions
    .map((one) => ({
      version: one.version,
      day: localDay(new Date(one.savedAt), workspace.calendar),
      expression: one.expression,
    }))
    .toReversed()
  const told = { name: segment.name, expression: rule.text, asOf, dataVersion, versions }
  if (errors.some(({ id }) => id === 'no-history')) {
    const written = (await takenSizes(workspace, id)).filter(({ day }) => day < asOf)
    const members = await membersNow(store, workspace, rule.text, signal)
    const points = [...written, { day: asOf, members }].map((point) => ({ ...point, unasked: false }))
    const withoutPast = conditionsWithoutPast(rule, asOf)
    return { kind: 'history', history: { ...told, phase: 'done', points, withoutPast } }
  }
  if (errors.length > 0) return { kind: 'refused', errors }
  const histories = historiesOf.get(workspace.engine) ?? new Histories(workspace.engine)
  historiesOf.set(workspace.engine, histories)
  // coupons move with the ledger alone
  const ledger = asksCoupons(rule) ? at.ledgerWatermark : 0
  const key = JSON.stringify([rule.meaning, dataVersion, ledger, asOf, workspace.dormancy, workspace.rfm])
  const step = stepOf(workspace, rule, asOf)
  if (doing === 'continue') histories.continue(key, step)
  const count = await histories.get(
    key,
    () => ({ dataVersion, days, unasked: new Set(days.filter((day) => wrongOn(day).length > 0)) }),
    step,
  )
  if (doing === 'stop') histories.stop(key)
  const points = days.map((day) => ({
    day,
    members: count.counted.get(day) ?? null,
    unasked: count.unasked.has(day),
  }))
  return { kind: 'history', history: { ...told, phase: count.phase, points, withoutPast: [] } }
}

async function membersNow(
  store: Store,
  workspace: Workspace,
  expression: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const outcome = await evaluateSegment(store, workspace, { expression }, signal)
  if (outcome.kind === 'refused') throw new Error(`A prepared rule is refused: ${outcome.errors[0]!.id}`)
  return outcome.evaluation.members
}

const asksCoupons = ({ expression, segments }: ResolvedRule): boolean =>
  askedOn(expression, '2000-01-01', segments).some(({ part }) =>
    clausesOnDay(part, segments).some(
      ({ subject }) =>
        subject.kind === 'measure' && measuresByName.get(subject.measure)!.source.name === 'coupons',
    ),
  )

/** Oldest first, a week apart, the last of them `asOf`; none before the data's first order. */
function weeksUntil(asOf: string, dataStart: string | null): string[] {
  const reached = dataStart === null ? 0 : Math.floor(daysBetween(dataStart, asOf) / 7)
  const count = Math.max(0, Math.min(weeks, reached))
  return Array.from({ length: count + 1 }, (_, i) => addDays(asOf, -7 * (count - i)))
}

let made = 0
/** A statement over all orders of a large shop, on the threads that questions leave over. */
const patienceMs = 60 * 60_000

const stepOf =
  ({ dormancy, rfm, currency }: Workspace, rule: ResolvedRule, newest: string): Step =>
  (engine, day, dataVersion, signal) =>
    engine.scratch(
      async (session) => {
        const [state] = await session.rows(sql`select data_version from workspace_state`)
        if (Number(state!.dataVersion) !== dataVersion) return null
        const into = name(`scratch.main.history_${++made}`)
        const currencyDecimals = decimalsOf(currency)
        await selectOn(session, into, rule, { day, newest: day === newest, dormancy, rfm, currencyDecimals })
        const [row] = await session.rows(sql`select count(*) as members from ${into}`)
        await session.run(sql`drop table ${into}`)
        return Number(row!.members)
      },
      { signal, aside: true, timeoutMs: patienceMs },
    )
