import { addDays } from '../../../analytics/calendar/calendar.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { tablesAt } from '../../analytics/tables-at.ts'
import type { Platform } from '../../platform.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { campaignById } from '../campaigns.ts'
import { comparableDays, memberDaysBetween, type MemberDays } from './member-days.ts'

/** What members bought on a day, whoever they are: the whole shop. Refunds count on their own days. */
export interface DayFigures {
  readonly netMinor: number
  readonly orders: number
  /** Members who bought. */
  readonly buyers: number
}

/** A member day beside the days that it is compared with. */
export interface MemberDay extends DayFigures {
  readonly day: string
  /** Newest first. */
  readonly comparedWith: readonly string[]
  /** Means of those days, rounded; null: there are none. */
  readonly usual: DayFigures | null
  /** The least and the most of any of them; null: there are none. */
  readonly usualNetMinor: { readonly least: number; readonly most: number } | null
}

/** A campaign's member days before and after. It is no proof: what else was different on these days is in it too. */
export interface MemberDayFigures {
  readonly memberDays: MemberDays
  /** Local days: the first on which the campaign stood, and through which orders are known. */
  readonly startedDay: string
  readonly asOf: string
  /** Newest first, at most `mostDays`. */
  readonly days: readonly MemberDay[]
  /** Of all those with days to compare with: means a day, rounded; null: there is none. */
  readonly together: { readonly days: number; readonly on: DayFigures; readonly usual: DayFigures } | null
}

const mostDays = 104

/** Null: no such campaign, or one without member days; 'not-live': it has not gone live. */
export async function memberDayFigures(
  { store }: Platform,
  workspace: Workspace,
  campaignId: string,
  signal?: AbortSignal,
): Promise<MemberDayFigures | 'not-live' | null> {
  const campaign = await campaignById(store, workspace.id, campaignId)
  const memberDays = campaign?.definition.standing?.memberDays
  if (!memberDays) return null
  const live = await store
    .selectFrom('standing_campaigns')
    .select(['started_day', 'finished_day'])
    .where('workspace_id', '=', workspace.id)
    .where('campaign_id', '=', campaignId)
    .executeTakeFirst()
  if (!live) return 'not-live'
  const { tables, asOf, dataStart } = await tablesAt(store, workspace, undefined, signal)
  const startedDay = live.started_day
  const lastDays = [
    asOf,
    campaign.definition.standing?.lastDay,
    live.finished_day && addDays(live.finished_day, -1),
  ]
  const last = lastDays.flatMap((day) => day ?? []).toSorted()[0]!
  const days =
    dataStart === null || last < startedDay
      ? []
      : memberDaysBetween(memberDays, startedDay, last)
          .slice(0, mostDays)
          .map((day) => ({ day, comparedWith: comparableDays(memberDays, day, { startedDay, dataStart }) }))
  const wanted = [...new Set(days.flatMap(({ day, comparedWith }) => [day, ...comparedWith]))]
  const rows = await workspace.engine.rows(
    sql`select local_day as day, cast(sum(net_minor) as bigint) as net_minor, cast(sum(orders) as bigint) as orders,
        count(*) filter (where orders > 0) as buyers
      from ${tables.memberDay}
      where local_day in (select cast(unnest(from_json(${JSON.stringify(wanted)}, '["VARCHAR"]')) as date))
      group by local_day`,
    { signal },
  )
  const figures = new Map(
    rows.map(({ day, netMinor, orders, buyers }) => [
      String(day),
      { netMinor: Number(netMinor), orders: Number(orders), buyers: Number(buyers) },
    ]),
  )
  // nobody bought anything on a day that is not there
  const on = (day: string): DayFigures => figures.get(day) ?? { netMinor: 0, orders: 0, buyers: 0 }
  const shown = days.map(({ day, comparedWith }): MemberDay => {
    const nets = comparedWith.map((one) => on(one).netMinor)
    return {
      day,
      ...on(day),
      comparedWith,
      usual: meanOf(comparedWith.map(on)),
      usualNetMinor: nets.length === 0 ? null : { least: Math.min(...nets), most: Math.max(...nets) },
    }
  })
  const compared = shown.flatMap(({ usual, ...day }) => (usual ? [{ day, usual }] : []))
  const onThem = meanOf(compared.map(({ day }) => day))
  const usual = meanOf(compared.map((one) => one.usual))
  return {
    memberDays,
    startedDay,
    asOf,
    days: shown,
    together: onThem && usual ? { days: compared.length, on: onThem, usual } : null,
  }
}

function meanOf(days: readonly DayFigures[]): DayFigures | null {
  if (days.length === 0) return null
  const mean = (of: (one: DayFigures) => number) =>
    Math.round(days.reduce((sum, one) => sum + of(one), 0) / days.length)
  return {
    netMinor: mean(({ netMinor }) => netMinor),
    orders: mean(({ orders }) => orders),
    buyers: mean(({ buyers }) => buyers),
  }
}
