import { addDays, startOfDay } from '../../analytics/calendar/calendar.ts'
import { liftOf } from '../../analytics/lift/verdict.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Ranged } from './economics.ts'
import { type Measured, type OutcomeRow, rowsOf, windowDaysOf } from './measurement.ts'
import { armsOfCampaign, outcomesOf } from './outcomes.ts'

/**
 * What came after the window, in as many days as it had: who bought because of the coupon may buy less
 * then, because the purchase was only brought forward.
 */
export interface Afterwards {
  readonly firstDay: string
  readonly lastDay: string
  /**
   * `pulled-forward`: the treated bought less; `no-less-shown`: nothing shows that; `more`: they still buy
   * more; the other two: the days have not begun, or are not over, which is when their one interval is made.
   */
  readonly state: 'not-begun' | 'in-progress' | 'pulled-forward' | 'no-less-shown' | 'more' | 'withheld'
  /** Orders and net per member; without intervals until the days are over. */
  readonly outcomes: OutcomeRow[]
  /** Fewer orders over all treated members than without the campaign (below 0: more). Null until the days are over. */
  readonly pulledForward: Ranged | null
}

/** Null when nobody was held out. */
export async function afterwardsOf(
  workspace: Workspace,
  tables: TablesAt,
  campaign: Measured,
  signal?: AbortSignal,
): Promise<Afterwards | null> {
  const { campaignId, launchedDay, windowLastDay, heldOutShare } = campaign
  const firstDay = addDays(windowLastDay, 1)
  const days = windowDaysOf(campaign)
  const lastDay = addDays(windowLastDay, days)
  const span = { firstDay, lastDay }
  if (tables.asOf < firstDay) return { ...span, state: 'not-begun', outcomes: [], pulledForward: null }
  const all = await outcomesOf(
    workspace,
    tables,
    {
      arms: armsOfCampaign(campaignId),
      since: startOfDay(firstDay, workspace.calendar).toISOString(),
      lastDay,
      before: { launchedDay, leastDays: days },
    },
    signal,
  )
  const arms = all.get(0)!
  const ended = tables.asOf >= lastDay
  const lift = liftOf(arms.treated, arms.heldOut, { heldOutShare, windowEnded: ended })
  if (!lift) return null
  const rows = rowsOf(arms, lift)
  if (!ended)
    return {
      ...span,
      state: 'in-progress',
      outcomes: rows.map((row) => ({ ...row, low: null, high: null, verdict: null })),
      pulledForward: null,
    }
  const { difference, interval, verdict } = lift.orders
  const less = (each: number | undefined) => (each === undefined ? null : -each * arms.treated.members)
  return {
    ...span,
    state:
      verdict === 'hurts'
        ? 'pulled-forward'
        : verdict === 'works'
          ? 'more'
          : verdict === 'withheld'
            ? 'withheld'
            : 'no-less-shown',
    outcomes: rows,
    pulledForward: { value: less(difference)!, low: less(interval?.high), high: less(interval?.low) },
  }
}
