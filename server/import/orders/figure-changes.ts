import type { Session } from '../../../analytics/engine/engine.ts'
import { buyerClass } from '../../../analytics/schema/derived.ts'
import { name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { ImportKind } from '../import-kinds.ts'
import { dayFigures, type Figures, figuresByDay } from './months.ts'

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
  await session.run(sql`create or replace temp table figures_known as ${figuresOfMembers}`)
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

/** What days come to now, kept for `endChange`: before and after orders or refunds change, and nothing else does that. */
export async function keepDays(
  session: Session,
  moment: 'days_known' | 'days_now',
): Promise<ReadonlyMap<string, Figures>> {
  await session.run(sql`create or replace temp table ${name(moment)} as ${figuresByDay}`)
  return dayFigures(session, name(moment))
}

/** Once the derived tables are refreshed, writes down what came to other figures since `beginChange`; `days`: those that were kept too. */
export async function endChange(
  session: Session,
  { step, knownTo, cause, at, importId, together }: Begun,
  { days = false } = {},
): Promise<void> {
  const known = sql`select * from figures_known ${days ? sql`union all ${ofDays(sql`days_known`)}` : sql``}`
  const current = sql`${figuresOfMembers} ${days ? sql`union all ${ofDays(sql`days_now`)}` : sql``}`
  const sum = (column: Sql, isKnown: Sql) =>
    sql`coalesce(cast(sum(${column}) filter (where ${isKnown}) as bigint), 0)`
  await session.run(sql`create or replace temp table figures_changed as
    select figure, whose, cohort, period_from,
      ${sum(sql`net_minor`, sql`known`)} as net_before, ${sum(sql`counted`, sql`known`)} as count_before,
      ${sum(sql`net_minor`, sql`not known`)} as net_after, ${sum(sql`counted`, sql`not known`)} as count_after
    from (select *, true as known from (${known}) as before union all select *, false from (${current}) as after) as drawn
    group by figure, whose, cohort, period_from
    having net_before <> net_after or count_before <> count_after`)
  const [changed] = await session.rows(sql`select count(*) as figures from figures_changed`)
  if (changed!.figures === 0 && knownTo !== null) return
  await session.run(sql`delete from figure_changes
    where changed_at < cast(${new Date(Date.parse(at) - keptMs).toISOString()} as timestamp)`)
  await session.run(sql`delete from changed_figures
    where change_seq not in (select change_seq from figure_changes)`)
  await session.run(sql`insert into figure_changes
    select (select coalesce(max(change_seq), 0) + 1 from figure_changes), ${step}, ${cause}, ${importId ?? null},
      ${together ?? null}, cast(${at} as timestamp), cast(${knownTo} as date)`)
  await session.run(sql`insert into changed_figures
    select (select max(change_seq) from figure_changes), * from figures_changed order by all`)
}

/** What members bought by week and month, and first-purchase months by month: rows of `changed_figures` as they stand. */
const figuresOfMembers: Sql = sql`
  select step as figure, case when class = ${buyerClass.returning} then 'returning' else 'new' end as whose,
    cast(null as date) as cohort, period_from, cast(sum(net_minor) as bigint) as net_minor, cast(sum(buyers) as bigint) as counted
  from step_sales where class in (${buyerClass.returning}, ${buyerClass.new}, ${buyerClass.firstSeen})
  group by all
  union all
  select 'cohort', null, cohort_month, month, net_minor, members from cohort_month where cohort_month is not null`

const ofDays = (days: Sql): Sql => sql`select 'day', null, null, local_day, net_minor, orders from ${days}`
