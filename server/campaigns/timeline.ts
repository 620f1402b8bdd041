import { addDays, daysBetween } from '../../analytics/calendar/calendar.ts'
import { proportionArm } from '../../analytics/lift/arm.ts'
import { alwaysValidProportions, growthAt, newcombe } from '../../analytics/lift/intervals.ts'
import { alphas } from '../../analytics/lift/verdict.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { armsOfCampaign } from './outcomes.ts'
import { hasEnded, inTheWindow, type Measured } from './windows.ts'

/** How many of each arm had bought by the end of a day, and the difference of the shares with its interval. */
export interface TimelineDay {
  readonly day: string
  /** Buyers of each arm, and the members of whom. */
  readonly treated: number
  readonly heldOut: number
  readonly ofTreated: number
  readonly ofHeldOut: number
  readonly difference: number
  readonly low: number
  readonly high: number
}

export interface Timeline {
  /** From the launch day through the newest day of the data, at most the window's last. */
  readonly days: TimelineDay[]
}

/**
 * Buyers of both arms day by day. The intervals of all days but the window's last one are always-valid: that
 * they hold together is what a line of them needs. Null when nobody was held out or there is no day yet. Of a campaign
 * that stands a day has those whose own days were over by then, with what they bought in them.
 */
export const timelineOf = (
  workspace: Workspace,
  tables: TablesAt,
  campaign: Measured,
  signal?: AbortSignal,
): Promise<Timeline | null> =>
  campaign.entries
    ? timelineOfEntries(workspace, tables, campaign, signal)
    : timelineOfLaunch(workspace, tables, campaign, signal)

async function timelineOfLaunch(
  workspace: Workspace,
  { tables, asOf }: TablesAt,
  { campaignId, launchedAt, launchedDay, windowLastDay: end }: Measured,
  signal?: AbortSignal,
): Promise<Timeline | null> {
  const windowLastDay = end!
  const lastDay = asOf < windowLastDay ? asOf : windowLastDay
  const since = sql`cast(${launchedAt.replace('T', ' ').replace('Z', '')} as timestamp)`
  const rows = await workspace.engine.rows(
    sql`
    with frozen as (${armsOfCampaign(campaignId)}),
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
    days.push({
      day,
      treated: bought,
      heldOut: boughtAnyway,
      ofTreated: treated,
      ofHeldOut: heldOut,
      ...interval,
    })
  }
  return { days }
}

/** Days between two points of a long line, and the most points of a line with a point a day. */
const [apart, mostDaily] = [7, 92]

async function timelineOfEntries(
  workspace: Workspace,
  { tables, asOf }: TablesAt,
  campaign: Measured,
  signal?: AbortSignal,
): Promise<Timeline | null> {
  const { relation } = inTheWindow(campaign, asOf)
  const end = campaign.windowLastDay
  const newest = end !== null && end < asOf ? end : asOf
  const rows = await workspace.engine.rows(
    sql`
    with frozen as (${relation}),
    buyers as (
      select distinct frozen.member_key from frozen
      join ${tables.memberOrders} as bought on bought.member_key = frozen.member_key
      where bought.ordered_at >= frozen.since and bought.local_day <= frozen.last_day
    )
    select frozen.last_day as day, arm, count(*) as members, count(buyers.member_key) as buyers
    from frozen left join buyers on buyers.member_key = frozen.member_key
    group by all order by day`,
    { signal },
  )
  const first = rows[0]
  if (first === undefined) return null
  const days: TimelineDay[] = []
  const sums = { treated: 0, heldOut: 0, ofTreated: 0, ofHeldOut: 0 }
  const step = daysBetween(String(first.day), newest) < mostDaily ? 1 : apart
  let row = 0
  // the newest day is always one of the points
  for (
    let day = addDays(newest, -step * Math.floor(daysBetween(String(first.day), newest) / step));
    day <= newest;
    day = addDays(day, step)
  ) {
    for (; row < rows.length && String(rows[row]!.day) <= day; row++) {
      const { arm, members, buyers } = rows[row]!
      sums[arm === 'treated' ? 'treated' : 'heldOut'] += Number(buyers)
      sums[arm === 'treated' ? 'ofTreated' : 'ofHeldOut'] += Number(members)
    }
    if (sums.ofTreated === 0 || sums.ofHeldOut === 0) continue
    const arms = [
      proportionArm(sums.ofTreated, sums.treated),
      proportionArm(sums.ofHeldOut, sums.heldOut),
    ] as const
    const interval =
      day === newest && hasEnded(campaign, asOf)
        ? newcombe(...arms, alphas.atEnd)
        : alwaysValidProportions(...arms, alphas.before, growthAt(sums.ofTreated + sums.ofHeldOut))
    days.push({ day, ...sums, ...interval })
  }
  return days.length === 0 ? null : { days }
}
