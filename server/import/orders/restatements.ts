import type { Engine, Row } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { Cause } from './figure-changes.ts'
import type { Figures } from './months.ts'

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

/** Of `periods`, those of which a figure was restated since `since` (ISO text): it was over, had figures, and came to others. */
export async function restatedPeriods(
  engine: Engine,
  since: string,
  periods: readonly Period[],
): Promise<RestatedPeriod[]> {
  const pairs = JSON.stringify(periods.map(({ from, to }) => [from, to]))
  const found = await restatedIn(
    engine,
    since,
    sql`select distinct cast(pair[1] as date) as period_from, cast(pair[2] as date) as period_to
      from (select unnest(from_json(${pairs}, '[["VARCHAR"]]')) as pair) as asked`,
  )
  return periods.flatMap(({ from, to }) => found.filter((one) => one.from === from && one.to === to))
}

/**
 * The same of all calendar months, the latest first. The figures of a month are those of one moment, before the earliest step
 * that restated one of them last, and what they are now: new and returning members and guests are the whole, before and after.
 */
export const restatedMonths = (engine: Engine, since: string): Promise<RestatedPeriod[]> =>
  restatedIn(
    engine,
    since,
    sql`select distinct cast(date_trunc('month', period_from) as date) as period_from, last_day(period_from) as period_to
      from changed_figures where figure in ('day', 'month')`,
    { ofOneMoment: true },
  )

/** Changes since an instant (ISO text); those of one step are told as one. */
const changesSince = (since: string): Sql => sql`
  select change_seq, step, known_to from figure_changes where changed_at >= cast(${since} as timestamp)`

/**
 * Of figures as they were before and after a step, with whether they had been drawn by then: the last change of each
 * that any step restated. The last one may bring back what an undoing had taken to nothing: a figure is never told as
 * what it no longer is.
 */
const lastChanges = (figure: Sql, key: Sql, over: Sql): Sql => sql`
  select told.*, cause, file_name, changed_at
  from (
    select ${key}, arg_max(net_before, step) as net_before, arg_max(count_before, step) as count_before,
      arg_max(net_after, step) as net_after, arg_max(count_after, step) as count_after, arg_max(change_seq, step) as change_seq
    from ${figure} as figure
    where net_before <> net_after or count_before <> count_after
    group by ${key}
    having bool_or(was_drawn and ${over} < known_to)
  ) as told
  join figure_changes using (change_seq)
  left join imports on imports.import_id = figure_changes.import_id`

/** `periods`: a query of `period_from` and `period_to`. What days came to before a step is found by walking back from what they come to now. */
async function restatedIn(
  engine: Engine,
  since: string,
  periods: Sql,
  { ofOneMoment = false } = {},
): Promise<RestatedPeriod[]> {
  const rows = await engine.rows(sql`
    with change as (${changesSince(since)}),
    period as (${periods}),
    now_of as (
      select period_from, period_to, coalesce(sum(net_minor - refunded_minor), 0) as net_minor, coalesce(sum(orders), 0) as orders
      from period left join order_cube on local_day between period_from and period_to group by period_from, period_to
    ),
    of_all as (
      select step, known_to, period.period_from, period_to, max(change_seq) as change_seq,
        sum(net_after - net_before) as net_moved, sum(count_after - count_before) as orders_moved
      from change join changed_figures as moved using (change_seq)
      join period on moved.period_from between period.period_from and period_to
      where figure = 'day'
      group by step, known_to, period.period_from, period_to
    ),
    of_members as (
      select step, known_to, whose, period.period_from, period_to, max(change_seq) as change_seq,
        arg_min(net_before, change_seq) as net_before, arg_min(count_before, change_seq) as count_before,
        arg_max(net_after, change_seq) as net_after, arg_max(count_after, change_seq) as count_after
      from change join changed_figures as moved using (change_seq)
      join period on period.period_from = moved.period_from
        and period_to = case figure when 'week' then moved.period_from + 6 when 'month' then last_day(moved.period_from) end
      group by step, known_to, whose, period.period_from, period_to
    ),
    moment as (
      select step, period_from, period_to from of_all union select step, period_from, period_to from of_members
    ),
    before as (
      select step, period_from, period_to, now_of.net_minor - sum(coalesce(net_moved, 0)) over later as net_minor,
        now_of.orders - sum(coalesce(orders_moved, 0)) over later as orders
      from moment left join of_all using (step, period_from, period_to) join now_of using (period_from, period_to)
      window later as (partition by period_from, period_to order by step desc)
    ),
    figure as (
      select step, known_to, period_from, period_to, 'all' as whose, change_seq, net_minor as net_before, orders as count_before,
        net_minor + net_moved as net_after, orders + orders_moved as count_after, net_minor <> 0 or orders <> 0 as was_drawn
      from of_all join before using (step, period_from, period_to)
      union all
      select step, known_to, period_from, period_to, whose, change_seq, net_before, count_before, net_after, count_after,
        net_minor <> 0 or orders <> 0 or net_before <> 0 or count_before <> 0
      from of_members join before using (step, period_from, period_to)
    )
    ${
      ofOneMoment
        ? sql`, marked as (${lastChanges(sql`figure`, sql`period_from, period_to, whose`, sql`period_to`)}),
    since_moment as (
      select figure.* from figure join (
        select marked.period_from, marked.period_to, min(step) as moment
        from marked join figure using (period_from, period_to, whose, change_seq) group by all
      ) as first_of on first_of.period_from = figure.period_from and first_of.period_to = figure.period_to and step >= moment
    ),
    told as (
      select period_from, period_to, whose, arg_min(net_before, step) as net_before, arg_min(count_before, step) as count_before,
        arg_max(net_after, step) as net_after, arg_max(count_after, step) as count_after,
        max(change_seq) filter (where net_before <> net_after or count_before <> count_after) as change_seq
      from since_moment group by all
    )
    select told.*, cause, file_name, changed_at
    from told join figure_changes using (change_seq)
    left join imports on imports.import_id = figure_changes.import_id`
        : lastChanges(sql`figure`, sql`period_from, period_to, whose`, sql`period_to`)
    }
    order by period_from desc, period_to`)
  const periodsOf = Map.groupBy(rows, (row) => `${String(row.periodFrom)} ${String(row.periodTo)}`)
  return [...periodsOf.values()].map((figures) => {
    const of = (whose: string) => figures.find((row) => row.whose === whose)
    const buying = (whose: string) => told(of(whose), (netMinor, buyers): Buying => ({ netMinor, buyers }))
    return {
      from: String(figures[0]!.periodFrom),
      to: String(figures[0]!.periodTo),
      all: told(of('all'), (netMinor, orders): Figures => ({ netMinor, orders })),
      returning: buying('returning'),
      new: buying('new'),
    }
  })
}

/**
 * What first-purchase months did in months that were over, and came to something else since `since` (ISO text), in
 * their order. A month in which nobody of them had bought is a figure too, once they are there.
 *
 * A feed may move every cell, thousands of times: cells of a step that is one change are read as they stand, and
 * none is looked at of a month that never was over.
 */
export async function restatedCohorts(engine: Engine, since: string): Promise<RestatedCohort[]> {
  const last = (what: Sql, differs: Sql) => sql`
    arg_max(${what}_before, change_seq) filter (where ${differs}) as ${what}_before,
    arg_max(${what}_after, change_seq) filter (where ${differs}) as ${what}_after,
    max(change_seq) filter (where ${differs}) as ${what}_seq,
    coalesce(bool_or(${differs} and month < open_month and not is_new), false) as ${what}_restated`
  const movedNet = sql`net_before <> net_after`
  const movedCount = sql`count_before <> count_after`
  const rows = await engine.rows(sql`
    with change as materialized (
      select change_seq, step, cast(date_trunc('month', known_to) as date) as open_month, count(*) over (partition by step) as parts
      from figure_changes where changed_at >= cast(${since} as timestamp)
    ),
    moved as (
      select change_seq, step, open_month, parts, cohort, period_from as month, net_before, net_after, count_before, count_after
      from changed_figures join change using (change_seq)
      where figure = 'cohort' and period_from < (select max(open_month) from change)
    ),
    cell as (
      select change_seq, step, open_month, cohort, month, net_before, net_after, count_before, count_after
      from moved where parts = 1
      union all
      select max(change_seq), step, open_month, cohort, month, arg_min(net_before, change_seq), arg_max(net_after, change_seq),
        arg_min(count_before, change_seq), arg_max(count_after, change_seq)
      from moved where parts > 1 group by step, open_month, cohort, month
    ),
    -- first-purchase months that had nobody before a step: nothing of them was drawn
    unknown as materialized (select distinct step, cohort from cell where month = cohort and count_before = 0),
    figure as (
      select cell.*, unknown.step is not null as is_new
      from cell left join unknown on unknown.step = cell.step and unknown.cohort = cell.cohort
    ),
    told as (
      select cohort, month, ${last(sql`net`, movedNet)}, ${last(sql`count`, movedCount)}
      from figure group by cohort, month
    ),
    marked as (
      select cohort, month, 'net' as what, net_before, 0 as count_before, net_after, 0 as count_after, net_seq as change_seq
      from told where net_restated
      union all
      select cohort, month, 'buyers', 0, count_before, 0, count_after, count_seq from told where count_restated
    )
    select marked.*, cause, file_name, changed_at
    from marked join figure_changes using (change_seq)
    left join imports on imports.import_id = figure_changes.import_id
    order by cohort, month`)
  const cells = Map.groupBy(rows, (row) => `${String(row.cohort)} ${String(row.month)}`)
  return [...cells.values()].map((figures) => ({
    cohort: String(figures[0]!.cohort),
    month: String(figures[0]!.month),
    buyers: told(
      figures.find(({ what }) => what === 'buyers'),
      (_, buyers) => buyers,
    ),
    netMinor: told(
      figures.find(({ what }) => what === 'net'),
      (netMinor) => netMinor,
    ),
  }))
}

function told<F>(row: Row | undefined, figureOf: (netMinor: number, counted: number) => F): Told<F> | null {
  return row
    ? {
        before: figureOf(Number(row.netBefore), Number(row.countBefore)),
        after: figureOf(Number(row.netAfter), Number(row.countAfter)),
        cause: row.cause as Cause,
        fileName: row.fileName as string | null,
        at: String(row.changedAt),
      }
    : null
}
