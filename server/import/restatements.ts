import { setImmediate } from 'node:timers/promises'
import type { Engine } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Cause, FigureChanges, Whose } from './figure-changes.ts'
import { type Figures, figuresByDay, nothing } from './months.ts'

/** A figure that had been drawn of a finished period and came to another: from what to what, by what, when. */
export interface Told<F> {
  readonly before: F
  readonly after: F
  readonly cause: Cause
  /** Of an import, or of the one that was undone. */
  readonly fileName: string | null
  /** ISO text. */
  readonly at: string
}

export interface Period {
  /** ISO days, both included. */
  readonly from: string
  readonly to: string
}

export interface Buying {
  readonly netMinor: number
  readonly buyers: number
}

/**
 * A period of which figures were restated; null: that one was not. Figures are those of the whole shop: of everybody
 * with guests, of returning members, of those whose first order is in the period (weeks and months alone).
 */
export interface RestatedPeriod extends Period {
  readonly all: Told<Figures> | null
  readonly returning: Told<Buying> | null
  readonly new: Told<Buying> | null
}

/**
 * What those of a first-purchase month did in a month, restated: how many bought, which in their own month is how many
 * they are, and their net.
 */
export interface RestatedCohort {
  /** First days of months. */
  readonly cohort: string
  readonly month: string
  readonly buyers: Told<number> | null
  readonly netMinor: Told<number> | null
}

/** What happened at one go, in its order. */
interface Step {
  readonly knownTo: string | null
  readonly changes: readonly (Omit<Told<never>, 'before' | 'after'> & FigureChanges)[]
}

/** Steps since an instant, the newest first, and figures as the last of them left them. */
interface Known {
  readonly steps: readonly Step[]
  readonly days: ReadonlyMap<string, Figures>
  /** How many first bought in a month. */
  readonly sizes: ReadonlyMap<string, number>
}

/** Changes that are read between two turns of the event loop. */
const atOnce = 250

/** In one statement, so that figures are those which the last change left. */
async function knownSince(engine: Engine, since: string): Promise<Known> {
  const rows = await engine.rows(sql`
    select change_seq, step, cause, file_name, changed_at, cast(known_to as varchar) as known_to, changes,
      null as day, null as net_minor, null as orders, null as cohort, null as size
    from figure_changes left join imports on imports.import_id = figure_changes.import_id where changed_at >= cast(${since} as timestamp)
    union all
    select null, null, null, null, null, null, null, day, net_minor, orders, null, null from (${figuresByDay}) as figures
    union all
    select null, null, null, null, null, null, null, null, null, null, cast(month as varchar), members
    from cohort_month where cohort_month = month
    order by change_seq`)
  const steps = new Map<number, { knownTo: string | null; changes: Step['changes'][number][] }>()
  for (const [nth, row] of rows.entries()) {
    if (row.changeSeq === null) continue
    // files that come every quarter of an hour leave thousands
    if (nth % atOnce === atOnce - 1) await setImmediate()
    const step = steps.get(Number(row.step)) ?? { knownTo: row.knownTo as string | null, changes: [] }
    steps.set(Number(row.step), step)
    step.changes.push({
      cause: row.cause as Cause,
      fileName: row.fileName as string | null,
      at: String(row.changedAt),
      ...(JSON.parse(String(row.changes)) as FigureChanges),
    })
  }
  return {
    steps: [...steps.values()].toReversed(),
    days: new Map(
      rows.flatMap(({ day, netMinor, orders }) =>
        day === null ? [] : [[String(day), { netMinor: Number(netMinor), orders: Number(orders) }]],
      ),
    ),
    sizes: new Map(
      rows.flatMap(({ cohort, size }) => (cohort === null ? [] : [[String(cohort), Number(size)]])),
    ),
  }
}

/**
 * Of figures by a key, walking back step by step: the last change of each, and whether any change since then
 * restated it. The last change may bring back what an undoing had taken to nothing: a figure is never told as what it
 * no longer is.
 */
class LastChanges<F> {
  readonly #last = new Map<string, Told<F>>()
  readonly #restated = new Set<string>()

  note(key: string, change: Told<F>, restates: boolean): void {
    if (JSON.stringify(change.before) === JSON.stringify(change.after)) return
    if (!this.#last.has(key)) this.#last.set(key, change)
    if (restates) this.#restated.add(key)
  }

  of(key: string): Told<F> | null {
    return this.#restated.has(key) ? this.#last.get(key)! : null
  }

  get keys(): Iterable<string> {
    return this.#restated
  }
}

/**
 * Of `periods`, which have no day in common, those of which a figure was restated since `since` (ISO text): it was
 * over, had figures, and came to others. What days came to before is found by walking back from what they come to now.
 */
export const restatedPeriods = async (
  engine: Engine,
  since: string,
  periods: readonly Period[],
): Promise<RestatedPeriod[]> => periodsIn(await knownSince(engine, since), periods)

/** The same of all calendar months, the latest first. */
export async function restatedMonths(engine: Engine, since: string): Promise<RestatedPeriod[]> {
  const known = await knownSince(engine, since)
  const changed = known.steps.flatMap(({ changes }) =>
    changes.flatMap(({ days, sales }) => [...days.map(([day]) => day), ...sales.map(([, from]) => from)]),
  )
  const months = new Set([...known.days.keys(), ...changed].map((day) => `${day.slice(0, 7)}-01`))
  return periodsIn(
    known,
    [...months].toSorted((a, b) => b.localeCompare(a)).map((from) => ({ from, to: lastDayOf(from) })),
  )
}

function periodsIn({ steps, days }: Known, periods: readonly Period[]): RestatedPeriod[] {
  const periodByDay = new Map<string, Period | undefined>()
  const periodOf = (day: string) => {
    if (!periodByDay.has(day))
      periodByDay.set(
        day,
        periods.find(({ from, to }) => from <= day && day <= to),
      )
    return periodByDay.get(day)
  }
  const figures = new Map<Period, Figures>()
  const add = (period: Period, netMinor: number, orders: number) => {
    const known = figures.get(period) ?? nothing
    figures.set(period, { netMinor: known.netMinor + netMinor, orders: known.orders + orders })
  }
  for (const [day, { netMinor, orders }] of days) {
    const period = periodOf(day)
    if (period) add(period, netMinor, orders)
  }
  /** A step of `step_sales` that is one of the periods. */
  const drawn = new Map(periods.map((period) => [`${period.from} ${period.to}`, period]))
  const drawnOf = (step: 'week' | 'month', from: string) =>
    drawn.get(`${from} ${step === 'week' ? daysLater(from, 6) : lastDayOf(from)}`)
  const all = new LastChanges<Figures>()
  const byWhose = { returning: new LastChanges<Buying>(), new: new LastChanges<Buying>() }
  for (const { knownTo, changes } of steps) {
    const after = new Map(figures)
    const touched = new Map<Period, (typeof changes)[number]>()
    if (knownTo === null) {
      figures.clear()
      for (const period of periods) touched.set(period, changes.at(-1)!)
    }
    const sales = new Map<string, { period: Period; whose: Whose } & Told<Buying>>()
    for (const change of changes.toReversed()) {
      const { cause, fileName, at } = change
      for (const [day, netBefore, ordersBefore, netAfter, ordersAfter] of change.days) {
        const period = periodOf(day)
        if (!period) continue
        add(period, netBefore - netAfter, ordersBefore - ordersAfter)
        if (!touched.has(period)) touched.set(period, change)
      }
      for (const [step, from, whose, netBefore, buyersBefore, netAfter, buyersAfter] of change.sales) {
        const period = drawnOf(step, from)
        if (!period) continue
        const key = `${from} ${whose}`
        const later = sales.get(key)
        sales.set(key, {
          ...(later ?? { after: { netMinor: netAfter, buyers: buyersAfter }, cause, fileName, at }),
          period,
          whose,
          before: { netMinor: netBefore, buyers: buyersBefore },
        })
      }
    }
    const isOver = ({ to }: Period) => knownTo !== null && to < knownTo
    const before = (period: Period) => figures.get(period) ?? nothing
    const hadFigures = (period: Period) => before(period).netMinor !== 0 || before(period).orders !== 0
    for (const [period, { cause, fileName, at }] of touched)
      all.note(
        period.from,
        { before: before(period), after: after.get(period) ?? nothing, cause, fileName, at },
        isOver(period) && hadFigures(period),
      )
    for (const { period, whose, ...told } of sales.values())
      byWhose[whose].note(
        period.from,
        told,
        isOver(period) && (hadFigures(period) || told.before.netMinor !== 0 || told.before.buyers !== 0),
      )
  }
  return periods
    .map(({ from, to }) => ({
      from,
      to,
      all: all.of(from),
      returning: byWhose.returning.of(from),
      new: byWhose.new.of(from),
    }))
    .filter((period) => period.all ?? period.returning ?? period.new)
}

/**
 * What first-purchase months did in months that were over, and came to something else since `since` (ISO text), in
 * their order. A month in which nobody of them had bought is a figure too, once they are there.
 */
export async function restatedCohorts(engine: Engine, since: string): Promise<RestatedCohort[]> {
  const { steps, sizes: sizesNow } = await knownSince(engine, since)
  const sizes = new Map(sizesNow)
  const buyers = new LastChanges<number>()
  const net = new LastChanges<number>()
  for (const { knownTo, changes } of steps) {
    const cells = new Map<string, { buyers: Told<number>; net: Told<number> }>()
    for (const { cohorts, cause, fileName, at } of changes.toReversed())
      for (const [cohort, month, buyersBefore, netBefore, buyersAfter, netAfter] of cohorts) {
        const key = `${cohort} ${month}`
        const later = cells.get(key)
        const change = { cause, fileName, at }
        const told = (known: Told<number> | undefined, before: number, after: number): Told<number> =>
          known && known.before !== known.after
            ? { ...known, before }
            : { before, after: known?.after ?? after, ...change }
        cells.set(key, {
          buyers: told(later?.buyers, buyersBefore, buyersAfter),
          net: told(later?.net, netBefore, netAfter),
        })
        if (cohort === month) sizes.set(cohort, buyersBefore)
      }
    for (const [key, cell] of cells) {
      const [cohort, month] = key.split(' ')
      const restates = knownTo !== null && lastDayOf(month!) < knownTo && (sizes.get(cohort!) ?? 0) > 0
      buyers.note(key, cell.buyers, restates)
      net.note(key, cell.net, restates)
    }
  }
  return [...new Set([...buyers.keys, ...net.keys])].toSorted().map((key) => {
    const [cohort, month] = key.split(' ')
    return { cohort: cohort!, month: month!, buyers: buyers.of(key), netMinor: net.of(key) }
  })
}

const daysLater = (day: string, count: number) =>
  new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10)

/** The last day of the month that a day is in. */
const lastDayOf = (day: string) =>
  new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 0)).toISOString().slice(0, 10)
