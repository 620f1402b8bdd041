import { addDays } from '../../analytics/calendar/calendar.ts'
import { proportionArm } from '../../analytics/lift/arm.ts'
import { alwaysValidProportions, newcombe } from '../../analytics/lift/intervals.ts'
import { alphas } from '../../analytics/lift/verdict.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Measured } from './measurement.ts'

/** How many of each arm had bought by the end of a day, and the difference of the shares with its interval. */
export interface TimelineDay {
  readonly day: string
  readonly treated: number
  readonly heldOut: number
  readonly difference: number
  readonly low: number
  readonly high: number
}

export interface Timeline {
  readonly treated: number
  readonly heldOut: number
  /** From the launch day through the newest day of the data, at most the window's last. */
  readonly days: TimelineDay[]
}

/**
 * Buyers of both arms day by day. The intervals of all days but the window's last one are always-valid: that
 * they hold together is what a line of them needs. Null when nobody was held out or there is no day yet.
 */
export async function timelineOf(
  workspace: Workspace,
  { tables, asOf }: TablesAt,
  { campaignId, launchedAt, launchedDay, windowLastDay }: Measured,
  signal?: AbortSignal,
): Promise<Timeline | null> {
  const lastDay = asOf < windowLastDay ? asOf : windowLastDay
  const since = sql`cast(${launchedAt.replace('T', ' ').replace('Z', '')} as timestamp)`
  const rows = await workspace.engine.rows(
    sql`
    with frozen as (
      select member_key, min(arm) as arm from arms_of_members
      where campaign_id = ${campaignId} group by member_key
    ),
    first_orders as (
      select member_key, min(local_day) as first_day from ${tables.memberOrders}
      where ordered_at >= ${since} and local_day <= ${d.date(lastDay)}
        and member_key in (select member_key from frozen)
      group by member_key
    )
    select arm, first_day as day, count(*) as members
    from frozen left join first_orders using (member_key)
    group by arm, first_day order by first_day nulls last, arm`,
    { signal },
  )
  const members = (arm: string) =>
    rows.reduce((total, row) => total + (row.arm === arm ? Number(row.members) : 0), 0)
  const [treated, heldOut] = [members('treated'), members('held-out')]
  if (treated === 0 || heldOut === 0 || lastDay < launchedDay) return null
  const newOf = (arm: string, day: string) =>
    Number(rows.find((row) => row.arm === arm && String(row.day) === day)?.members ?? 0)
  const days: TimelineDay[] = []
  let [bought, boughtAnyway] = [0, 0]
  for (let day = launchedDay; day <= lastDay; day = addDays(day, 1)) {
    bought += newOf('treated', day)
    boughtAnyway += newOf('held-out', day)
    const arms = [proportionArm(treated, bought), proportionArm(heldOut, boughtAnyway)] as const
    const interval =
      day === windowLastDay ? newcombe(...arms, alphas.atEnd) : alwaysValidProportions(...arms, alphas.before)
    days.push({ day, treated: bought, heldOut: boughtAnyway, ...interval })
  }
  return { treated, heldOut, days }
}
