import type { Session } from '../../analytics/engine/engine.ts'
import { buyerClass } from '../../analytics/schema/derived.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { ImportKind } from './import-kinds.ts'
import type { ChangedDay } from './months.ts'

/** What changes figures that are drawn. `matched`: people are told by other values than before, or in another order. */
export type Cause = 'imported' | 'undone' | 'merged' | 'deleted' | 'matched'

/** A change that is about to happen. */
export interface Coming {
  readonly cause: Cause
  /** ISO text. */
  readonly at: string
  /** Of an import, or of the one that is undone. */
  readonly importId?: string
  /** Of an import. */
  readonly kind?: ImportKind
  /** What files that were given together have in common; null or not there: it came alone. */
  readonly together?: string | null
}

/** A change that has begun: of which step it is, and what was known before that. */
export interface Begun extends Coming {
  readonly step: number
  /**
   * The day of the newest order before the step. Null: there was none, or the shop was just being loaded, so that
   * nothing had been seen as finished.
   */
  readonly knownTo: string | null
}

/** Whose: of those who had bought before the period, or of those whose first order is in it. */
export type Whose = 'returning' | 'new'

/** What members bought in a week or month: its first day, whose, net and buyers before, net and buyers after. */
export type ChangedSales = readonly [
  step: 'week' | 'month',
  from: string,
  whose: Whose,
  netBefore: number,
  buyersBefore: number,
  netAfter: number,
  buyersAfter: number,
]

/** What those of a first-purchase month did in a month: who bought and their net before, and after. In its own month the buyers are its size. */
export type ChangedCohort = readonly [
  cohort: string,
  month: string,
  buyersBefore: number,
  netBefore: number,
  buyersAfter: number,
  netAfter: number,
]

/** As `figure_changes` keeps it. */
export interface FigureChanges {
  /** Guests included; of a step before which nothing was known none is named. */
  readonly days: readonly ChangedDay[]
  readonly sales: readonly ChangedSales[]
  readonly cohorts: readonly ChangedCohort[]
}

/** The first files of their kinds belong together as long as each follows the one before within this. */
const firstLoadMs = 15 * 60_000
/** Restatements are told for 60 days. */
const keptMs = 61 * 86_400_000

/**
 * Keeps what is drawn now, before anything of a change is done in the transaction, and tells of which step the
 * change is: files that were given together are one, and so are the first orders, refunds, members and so on that a
 * shop is loaded with, one right after the other.
 */
export async function beginChange(session: Session, coming: Coming): Promise<Begun> {
  await session.run(sql`create or replace temp table sales_known as select * from step_sales`)
  await session.run(sql`create or replace temp table cohorts_known as select * from cohort_month`)
  const [row] = await session.rows(sql`
    select case when state.data_start is not null then cast(state.as_of as varchar) end as newest_day, before.step, before.together, cast(before.known_to as varchar) as known_to,
      epoch_ms(before.changed_at) as changed_at,
      exists (select 1 from imports where kind = ${coming.kind ?? ''}) as kind_came
    from workspace_state as state
    left join (select * from figure_changes order by change_seq desc limit 1) as before on true`)
  const { newestDay, step, together, knownTo, changedAt, kindCame } = row!
  const isPart = coming.together != null && coming.together === together
  const isFirstLoad =
    step !== null &&
    knownTo === null &&
    coming.cause === 'imported' &&
    kindCame === false &&
    Date.parse(coming.at) - Number(changedAt) <= firstLoadMs
  return isPart || isFirstLoad
    ? { ...coming, step: Number(step), knownTo: knownTo as string | null }
    : { ...coming, step: Number(step ?? 0) + 1, knownTo: newestDay as string | null }
}

/**
 * Once the derived tables are refreshed, writes down what came to other figures since `beginChange`. `days`: those
 * that the change of orders and refunds brought; nothing else changes what days come to.
 */
export async function endChange(
  session: Session,
  { step, knownTo, cause, at, importId, together }: Begun,
  days: readonly ChangedDay[] = [],
): Promise<void> {
  const sales = (
    await session.rows(sql`
    select step, cast(period_from as varchar) as period_from, whose, coalesce(was.net_minor, 0) as net_before,
      coalesce(was.buyers, 0) as buyers_before, coalesce(now.net_minor, 0) as net_after, coalesce(now.buyers, 0) as buyers_after
    from (${salesOf(sql`sales_known`)}) as was
    full join (${salesOf(sql`step_sales`)}) as now using (step, period_from, whose)
    where coalesce(was.net_minor, 0) <> coalesce(now.net_minor, 0) or coalesce(was.buyers, 0) <> coalesce(now.buyers, 0)
    order by all`)
  ).map((row): ChangedSales => [
    row.step as 'week' | 'month',
    String(row.periodFrom),
    row.whose as Whose,
    Number(row.netBefore),
    Number(row.buyersBefore),
    Number(row.netAfter),
    Number(row.buyersAfter),
  ])
  const cohorts = (
    await session.rows(sql`
    select cast(cohort_month as varchar) as cohort, cast(month as varchar) as month,
      coalesce(was.members, 0) as buyers_before, coalesce(was.net_minor, 0) as net_before,
      coalesce(now.members, 0) as buyers_after, coalesce(now.net_minor, 0) as net_after
    from (select * from cohorts_known where cohort_month is not null) as was
    full join (select * from cohort_month where cohort_month is not null) as now using (cohort_month, month)
    where coalesce(was.members, 0) <> coalesce(now.members, 0) or coalesce(was.net_minor, 0) <> coalesce(now.net_minor, 0)
    order by all`)
  ).map((row): ChangedCohort => [
    String(row.cohort),
    String(row.month),
    Number(row.buyersBefore),
    Number(row.netBefore),
    Number(row.buyersAfter),
    Number(row.netAfter),
  ])
  const changes: FigureChanges = { days, sales, cohorts }
  const isSame = days.length === 0 && sales.length === 0 && cohorts.length === 0
  if (isSame && knownTo !== null) return
  await session.run(sql`delete from figure_changes
    where changed_at < cast(${new Date(Date.parse(at) - keptMs).toISOString()} as timestamp)`)
  await session.run(sql`insert into figure_changes
    select (select coalesce(max(change_seq), 0) + 1 from figure_changes), ${step}, ${cause}, ${importId ?? null},
      ${together ?? null}, cast(${at} as timestamp), cast(${knownTo} as date), ${JSON.stringify(changes)}`)
}

const salesOf = (sales: Sql): Sql => sql`
  select step, period_from, case when class = ${buyerClass.returning} then 'returning' else 'new' end as whose,
    cast(sum(net_minor) as bigint) as net_minor, cast(sum(buyers) as bigint) as buyers
  from ${sales} where class in (${buyerClass.returning}, ${buyerClass.new}, ${buyerClass.firstSeen})
  group by all`
