import type { z } from 'zod'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { dormancy, type DormancyRow } from '../../analytics/metrics/dormancy/dormancy.ts'
import { overview } from '../../analytics/metrics/overview/overview.ts'
import { type Share, share } from '../../analytics/metrics/ratio.ts'
import { repurchase } from '../../analytics/metrics/repurchase/repurchase.ts'
import { ask, interrupted } from '../analytics/ask.ts'
import type { QuestionFilters } from '../analytics/filters.ts'
import { runMetric } from '../analytics/run-metric.ts'
import type { Context } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** The home page's four figures, each beside what it was before. */
export interface KeyFigures {
  readonly asOf: string
  readonly dataVersion: number
  /** Local day of the first order in the data. A figure is compared only where the data reaches as far back as its comparison. */
  readonly dataStart: string | null
  /** Net of the 30 days to asOf and of the 30 before; `change` = now ÷ before − 1, unknown when before ≤ 0 or not covered. */
  readonly net: { nowMinor: number; beforeMinor: number; change: number | null } & Windows
  /** Repurchase rate in the 90 days to asOf and in the 90 before; `change` as a difference of the rates. */
  readonly repurchase: {
    now: z.output<typeof Share>
    before: z.output<typeof Share>
    change: number | null
  } & Windows
  /** Active members by the fixed rule, at asOf and 30 days before; unknown before when the segment can't be asked of that day. */
  readonly active: {
    members: number
    of: number
    before: number | null
    change: number | null
    beforeAsOf: string
    covered: Covered
  }
  /** Yearly net before silence of dormant members, at asOf and 30 days before. */
  readonly valueAtRisk: {
    nowMinor: number
    members: number
    beforeMinor: number | null
    changeMinor: number | null
    beforeAsOf: string
    covered: Covered
  }
}

/** Whether the data reaches back over all of what is compared, none of it or from a day within. */
type Covered = 'whole' | 'part' | 'none'

interface Windows {
  readonly covered: Covered
  readonly from: string
  readonly to: string
  readonly beforeFrom: string
  readonly beforeTo: string
}

const windows = (asOf: string, length: number, dataStart: string | null): Windows => {
  const [beforeFrom, beforeTo] = [addDays(asOf, 1 - 2 * length), addDays(asOf, -length)]
  return {
    from: addDays(asOf, 1 - length),
    to: asOf,
    beforeFrom,
    beforeTo,
    covered: coveredBy(dataStart, beforeFrom, beforeTo),
  }
}

/** How much of the days from `from` to `to` the data covers that begins on `dataStart`. */
const coveredBy = (dataStart: string | null, from: string, to: string): Covered =>
  dataStart === null || to < dataStart ? 'none' : from < dataStart ? 'part' : 'whole'

/** Asks the metrics; throws TRPCError where they refuse. The day before is asked with today's data. */
export async function keyFigures(
  ctx: Context & { workspace: Workspace },
  { from: _from, to: _to, ...filters }: QuestionFilters,
  signal: AbortSignal | undefined,
): Promise<KeyFigures> {
  const now = await ask(ctx, dormancy, { filters }, signal)
  const { asOf, dataVersion } = now.answer
  const { dataStart, dormancy: thresholds } = now.scope
  const at = { ...filters, asOf }
  const month = windows(asOf, 30, dataStart)
  const quarter = windows(asOf, 90, dataStart)
  const beforeAsOf = month.beforeTo
  // a status of that day is told by orders so many days before it: where the data begins later, fewer had it only by that
  const statusCovered = (days: number) => coveredBy(dataStart, addDays(beforeAsOf, -days), beforeAsOf)
  const [activeCovered, quietCovered] = [statusCovered(thresholds.active), statusCovered(thresholds.dormant)]
  const [sold, rate, rateBefore, before] = await Promise.all([
    ask(ctx, overview, { filters: { ...at, from: month.from, to: asOf }, settings: { steps: 0 } }, signal),
    ask(
      ctx,
      repurchase,
      { filters: { ...at, from: quarter.from, to: asOf }, settings: { steps: 0 } },
      signal,
    ),
    ask(
      ctx,
      repurchase,
      { filters: { ...at, from: quarter.beforeFrom, to: quarter.beforeTo }, settings: { steps: 0 } },
      signal,
    ),
    interrupted(
      runMetric(
        ctx.platform.store,
        ctx.workspace,
        dormancy,
        { filters: { ...at, asOf: beforeAsOf } },
        signal,
      ),
    ),
  ])
  const [current, previous] = sold.answer.rows
  const status = (rows: readonly DormancyRow[], wanted: DormancyRow['status']) =>
    rows.find((row) => row.status === wanted)!
  const then = before.kind === 'answered' ? before.answer.rows : null
  const byOrders = ({ answer }: typeof rate) => {
    const row = answer.rows.find(({ measure }) => measure === 'orders')!
    return share(row.repeated, row.members)
  }
  const [rateNow, rateThen] = [byOrders(rate), byOrders(rateBefore)]
  const [nowMinor, beforeMinor] = [current!.netMinor, previous!.netMinor]
  const active = status(now.answer.rows, 'active').members
  const activeBefore = then && activeCovered === 'whole' ? status(then, 'active').members : null
  const quiet = status(now.answer.rows, 'dormant')
  const quietBefore = then && quietCovered === 'whole' ? status(then, 'dormant').valueAtRiskMinor : null
  return {
    asOf,
    dataVersion,
    dataStart,
    net: {
      nowMinor,
      beforeMinor,
      change: month.covered === 'whole' && beforeMinor > 0 ? nowMinor / beforeMinor - 1 : null,
      ...month,
    },
    repurchase: {
      now: rateNow,
      before: rateThen,
      change:
        quarter.covered !== 'whole' || rateNow.value === null || rateThen.value === null
          ? null
          : rateNow.value - rateThen.value,
      ...quarter,
    },
    active: {
      members: active,
      of: now.answer.rows.reduce((sum, row) => sum + (row.status === null ? 0 : row.members), 0),
      before: activeBefore,
      change: activeBefore === null ? null : active - activeBefore,
      beforeAsOf,
      covered: activeCovered,
    },
    valueAtRisk: {
      nowMinor: quiet.valueAtRiskMinor,
      members: quiet.members,
      beforeMinor: quietBefore,
      changeMinor: quietBefore === null ? null : quiet.valueAtRiskMinor - quietBefore,
      beforeAsOf,
      covered: quietCovered,
    },
  }
}
