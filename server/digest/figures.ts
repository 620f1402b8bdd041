import { addDays, daysBetween, startOfWeek } from '../../analytics/calendar/calendar.ts'
import { growth } from '../../analytics/metrics/growth/growth.ts'
import { overview, type OverviewRow } from '../../analytics/metrics/overview/overview.ts'
import { ask } from '../analytics/ask.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { type CampaignSummary, listCampaigns } from '../campaigns/list.ts'
import { type Feeds, feedsOf } from '../feeds/health.ts'
import type { Language } from '../messages/messages.ts'
import { type KeyFigures, keyFigures } from '../opportunities/key-figures.ts'
import { findOpportunities, type Opportunity } from '../opportunities/opportunities.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** First and last local day of a week of the shop's calendar. */
export interface Week {
  readonly from: string
  readonly to: string
}

/** What a weekly digest tells: each figure as the room of the dashboard answers it as of the week's last day. */
export interface DigestFigures {
  readonly kind: 'week'
  /** The local day on which it is composed. */
  readonly day: string
  /** Local day of the newest order that was known. */
  readonly asOf: string
  readonly dataVersion: number
  /** The newest whole week in the data. */
  readonly week: Week
  /** The week before `day`'s; where the data does not reach to its end, `week` is an older one. */
  readonly lastWeek: Week
  readonly sales: {
    readonly now: OverviewRow
    /** The week before, and the same weekdays 52 weeks before; null: the data begins later. */
    readonly weekBefore: OverviewRow | null
    readonly yearBefore: OverviewRow | null
  }
  /** From active at the week's start to active at its end, as the growth ledger has it. */
  readonly members: {
    readonly start: number
    readonly new: number
    readonly cameBack: number
    readonly goneQuiet: number
    readonly end: number
  }
  readonly keyFigures: KeyFigures
  /** What to do next, as of the newest day. */
  readonly opportunities: readonly Opportunity[]
  /** Campaigns that run, and those whose coupons were good in the week or since. */
  readonly campaigns: readonly CampaignSummary[]
  /** Of the day on which it is composed. */
  readonly feeds: Feeds
}

/** There is no whole week in the data yet; `asOf` null: not one order. */
export interface NoWeek {
  readonly kind: 'no-week'
  readonly day: string
  readonly asOf: string | null
}

/** The last whole week of the shop's calendar before the one that holds a day. */
export function weekBefore(day: string, { calendar }: Pick<Workspace, 'calendar'>): Week {
  const from = addDays(startOfWeek(day, calendar.firstWeekday), -7)
  return { from, to: addDays(from, 6) }
}

/** The newest week whose last day is known. */
function newestWhole(asOf: string, workspace: Workspace): Week {
  const next = weekBefore(addDays(asOf, 1), workspace)
  return next
}

const shownCampaigns = 5

/**
 * The figures of a digest that is composed on a local day (default: today). Nothing of it is computed here: sales are the
 * overview's, who came and went the growth ledger's, the rest the Overview page's, all as of the week's last day, so
 * that the page asked for that day shows the same. Throws RefusedCall where a room refuses.
 */
export async function digestFigures(
  platform: Platform,
  workspace: Workspace,
  { day = workspace.today(), language }: { day?: string | undefined; language: Language },
  signal?: AbortSignal,
): Promise<DigestFigures | NoWeek> {
  const ctx = { platform, workspace, actor: null, role: null, language }
  const today = workspace.today()
  const newest = await tablesAt(platform.store, workspace, undefined, signal)
  const asOf = newest.asOf < day ? newest.asOf : day
  const feeds = await feedsOf(platform.store, workspace, day < today ? day : undefined, signal)
  if (newest.dataStart === null || feeds.shop === null)
    return { kind: 'no-week', day, asOf: feeds.shop === null ? null : asOf }
  const lastWeek = weekBefore(day, workspace)
  const known = newestWhole(asOf, workspace)
  const week = known.to < lastWeek.to ? known : lastWeek
  if (week.from < newest.dataStart) return { kind: 'no-week', day, asOf }
  const at = { asOf: week.to }
  const sold = async (back: number) => {
    const [from, to] = [addDays(week.from, -back), addDays(week.to, -back)]
    const { answer } = await ask(
      ctx,
      overview,
      { filters: { ...at, from, to }, settings: { steps: 0 } },
      signal,
    )
    return answer
  }
  const [now, lastYear, moved, figures, found, campaigns] = await Promise.all([
    sold(0),
    sold(364),
    ask(ctx, growth, { filters: at, settings: { step: 'week', steps: 1 } }, signal),
    keyFigures(ctx, at, signal),
    findOpportunities(platform.store, workspace, day < today ? { asOf } : {}, signal),
    listCampaigns(platform, workspace, signal),
  ])
  const row = (rows: readonly OverviewRow[], kind: OverviewRow['kind']) =>
    rows.find((one) => one.kind === kind)!
  const covered = (one: OverviewRow) => (one.from >= newest.dataStart! ? one : null)
  const part = (name: string) => moved.answer.rows.find((one) => one.part === name)?.members ?? 0
  return {
    kind: 'week',
    day,
    asOf,
    dataVersion: now.dataVersion,
    week,
    lastWeek,
    sales: {
      now: row(now.rows, 'current'),
      weekBefore: covered(row(now.rows, 'previous')),
      yearBefore: covered(row(lastYear.rows, 'current')),
    },
    members: {
      start: part('start'),
      new: part('new') + part('first seen'),
      cameBack: part('reactivated'),
      goneQuiet: part('lapsed'),
      end: part('end'),
    },
    keyFigures: figures,
    opportunities: found.kind === 'found' ? found.opportunities.slice(0, 3) : [],
    campaigns: campaigns
      .filter(
        ({ launchedDay, lastDay }) => launchedDay !== null && (lastDay === null || lastDay >= week.from),
      )
      .slice(0, shownCampaigns),
    feeds,
  }
}

/** How many days the data ends before the last whole week does; 0: it reaches. */
export const daysMissing = ({ asOf, lastWeek }: DigestFigures): number =>
  Math.max(0, daysBetween(asOf, lastWeek.to))
