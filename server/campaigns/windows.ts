import { addDays, daysBetween, startOfDay, utcOfLocalSql } from '../../analytics/calendar/calendar.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { armsOfCampaign, type Frozen, inOneSpan } from './outcomes.ts'

/** A campaign that went out, as far as measuring needs it. */
export interface Measured {
  readonly campaignId: string
  /** Of a campaign that stands: of going live. */
  readonly launchedAt: string
  readonly launchedDay: string
  /** The last local day that counts of anybody; null: members come in without an end. */
  readonly windowLastDay: string | null
  readonly heldOutShare: number
  /** What is left of net where an item's cost is not known; null: unknown. */
  readonly marginShare: number | null
  /** Of a campaign that stands; null: it was launched once, and all have the days of the launch. */
  readonly entries: Entries | null
}

/** How those who come in one by one are compared: each over days of their own. */
export interface Entries {
  /** Local days after the day of coming in: until the last coupon of the way is over and a week more. */
  readonly ownDays: number
  /** A member comes in again so many days later at the earliest. */
  readonly coolDownDays: number
  /**
   * The last day of coming in was settled when it went live, and nobody paused or ended it since: only then is its end
   * no choice that was made after looking, and the interval of one look at the end is honest.
   */
  readonly endsAsDeclared: boolean
}

/** Local days that count of each member after the day of the launch, or of coming in; at least one. */
export const windowDaysOf = ({ entries, launchedDay, windowLastDay }: Measured): number =>
  entries ? entries.ownDays : Math.max(daysBetween(launchedDay, windowLastDay!), 1)

/** Whether everybody's days are over by a day and are looked at once more with the interval of the end. */
export const hasEnded = ({ entries, windowLastDay }: Measured, asOf: string): boolean =>
  windowLastDay !== null && asOf >= windowLastDay && (entries === null || entries.endsAsDeclared)

/**
 * Of a campaign that stands: the last day of coming in of those whose days are over by `asOf`. Who is in the middle of
 * them counts later, so that all are seen for equally long.
 */
export const lastEntryCounted = ({ ownDays }: Entries, asOf: string): string => addDays(asOf, -ownDays)

/** The audience in the days that are measured. */
export const inTheWindow = (campaign: Measured, asOf: string): Frozen =>
  campaign.entries
    ? ofEntries(campaign, campaign.entries, asOf)
    : inOneSpan(armsOfCampaign(campaign.campaignId), {
        since: campaign.launchedAt,
        fromDay: campaign.launchedDay,
        lastDay: campaign.windowLastDay!,
      })

/** The audience in as many days after those; of a campaign that stands, those of whom they are over too. */
export function afterTheWindow(
  campaign: Measured,
  asOf: string,
  { calendar }: Pick<Workspace, 'calendar'>,
): Frozen {
  const { campaignId, launchedDay, windowLastDay, entries } = campaign
  if (!entries)
    return inOneSpan(armsOfCampaign(campaignId), {
      since: startOfDay(addDays(windowLastDay!, 1), calendar).toISOString(),
      fromDay: launchedDay,
      lastDay: addDays(windowLastDay!, windowDaysOf(campaign)),
    })
  const { ownDays } = entries
  const { relation, firstDay } = ofEntries(campaign, entries, addDays(asOf, -ownDays))
  const since = utcOfLocalSql(sql`cast(last_day + 1 as timestamp)`, calendar.timeZone)
  return {
    relation: sql`select member_key, arm, ${since} as since, from_day, cast(last_day + ${ownDays} as date) as last_day
      from (${relation}) as counted`,
    firstDay,
  }
}

const ofEntries = ({ campaignId, launchedDay }: Measured, { ownDays }: Entries, asOf: string): Frozen => ({
  relation: sql`select member_key, arg_min(arm, launched_day) as arm, arg_min(entered_at, launched_day) as since,
      min(launched_day) as from_day, cast(min(launched_day) + ${ownDays} as date) as last_day
    from arms_of_members where campaign_id = ${campaignId} group by member_key
    having min(launched_day) <= ${d.date(addDays(asOf, -ownDays))}`,
  firstDay: launchedDay,
})
