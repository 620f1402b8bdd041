import { addDays } from '../../analytics/calendar/calendar.ts'
import { liftOf } from '../../analytics/lift/verdict.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Ranged } from './economics.ts'
import { type OutcomeRow, rowsOf } from './measurement.ts'
import { outcomesOf } from './outcomes.ts'
import { afterTheWindow, hasEnded, type Measured, windowDaysOf } from './windows.ts'

/**
 * What came after the window, in as many days as it had: who bought because of the coupon may buy less
 * then, because the purchase was only brought forward.
 */
export interface Afterwards {
  /** Of a campaign that stands: those of its first members. */
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

/**
 * Null when nobody was held out, and of a campaign that stands when members may come in again before those days are
 * over: what they do then would be the next coupon's doing.
 */
export async function afterwardsOf(
  workspace: Workspace,
  tables: TablesAt,
  campaign: Measured,
  signal?: AbortSignal,
): Promise<Afterwards | null> {
  const { launchedDay, windowLastDay, heldOutShare, entries } = campaign
  const days = windowDaysOf(campaign)
  if (entries && entries.coolDownDays < 2 * days) return null
  const firstDay = addDays(entries ? addDays(launchedDay, days) : windowLastDay!, 1)
  const lastDay = addDays(firstDay, days - 1)
  const span = { firstDay, lastDay }
  const notBegun: Afterwards = { ...span, state: 'not-begun', outcomes: [], pulledForward: null }
  if (tables.asOf < (entries ? lastDay : firstDay)) return notBegun
  const all = await outcomesOf(
    workspace,
    tables,
    { frozen: afterTheWindow(campaign, tables.asOf, workspace), before: { leastDays: days } },
    signal,
  )
  const arms = all.get(0)!
  // of who came in one by one, those count whose days are over: there is no middle of them
  const lastOfAll = windowLastDay === null ? null : addDays(windowLastDay, days)
  const ended = entries !== null || tables.asOf >= lastDay
  const lift = liftOf(arms.treated, arms.heldOut, {
    heldOutShare,
    windowEnded: entries
      ? lastOfAll !== null && tables.asOf >= lastOfAll && hasEnded(campaign, tables.asOf)
      : ended,
    growing: entries !== null,
  })
  if (!lift) return entries ? notBegun : null
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
