import { liftOf } from '../../analytics/lift/verdict.ts'
import { join, type Sql, sql } from '../../analytics/sql/sql.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import type { Platform } from '../platform.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import { newestVersions } from '../segments/saved-rules.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type OutcomeRow, rowsOf } from './measurement.ts'
import { outcomesOf } from './outcomes.ts'
import { hasEnded, inTheWindow, type Measured, windowDaysOf } from './windows.ts'

/** Parts that every audience has, by what members had done when it was chosen. */
const everyShop = [
  { name: 'orders-0-1', expression: 'orders <= 1' },
  { name: 'orders-2-3', expression: 'orders between 2 and 3' },
  { name: 'orders-4', expression: 'orders >= 4' },
] as const

export interface PartResult {
  /** A saved segment's name; of the parts that every shop has, the id of its words. */
  readonly name: string
  readonly isSaved: boolean
  readonly expression: string
  readonly treated: number
  readonly heldOut: number
  readonly buyers: OutcomeRow
  readonly net: OutcomeRow
}

export interface BySegment {
  /** The day as of which members are sorted: the launch's, or before going live, so that nothing that came of it decides. */
  readonly asOf: string
  /** Parts that are looked at together, and the chance of a false verdict that each has. */
  readonly looks: number
  readonly alpha: number
  readonly parts: PartResult[]
  /** Saved segments that can't be asked of that day, or have nobody in one of the arms. */
  readonly leftOut: string[]
}

/** Saved segments that are looked at, the first by name. */
const mostSegments = 30

/**
 * The effect by parts of the audience: by orders before the launch, and by saved segments. All are looked at
 * together, so each has its share of the error alone. `asOf` is the day whose data the launch was decided
 * on. Null when nobody was held out, or no order is later than the launch.
 */
export async function effectBySegment(
  platform: Platform,
  workspace: Workspace,
  campaign: Measured,
  asOf: string,
  signal?: AbortSignal,
): Promise<BySegment | null> {
  const tables = await tablesAt(platform.store, workspace, undefined, signal)
  if (tables.asOf < campaign.launchedDay) return null
  const saved = (await newestVersions(platform.store, workspace)).toSorted((a, b) =>
    a.name.localeCompare(b.name),
  )
  const wanted = [
    ...everyShop.map((one) => ({ ...one, isSaved: false })),
    ...saved.slice(0, mostSegments).map(({ name, expression }) => ({ name, expression, isSaved: true })),
  ]
  const leftOut = saved.slice(mostSegments).map(({ name }) => name)
  const asked: { name: string; expression: string; isSaved: boolean; memberKeys: Sql }[] = []
  for (const one of wanted) {
    const outcome = await evaluateSegment(
      platform.store,
      workspace,
      { expression: one.expression, asOf },
      signal,
    )
    if (outcome.kind === 'refused') leftOut.push(one.name)
    else asked.push({ ...one, memberKeys: outcome.evaluation.memberKeys })
  }
  const all = await outcomesOf(
    workspace,
    tables,
    {
      frozen: inTheWindow(campaign, tables.asOf),
      before: { leastDays: windowDaysOf(campaign) },
      groups: join(
        asked.map(
          ({ memberKeys }, place) =>
            sql`select member_key, cast(${place} as integer) as place from ${memberKeys} as part`,
        ),
        sql` union all `,
      ),
    },
    signal,
  )
  const measured = asked.flatMap((one, place) => {
    const arms = all.get(place)
    const isEmpty = !arms || arms.treated.members === 0 || arms.heldOut.members === 0
    if (isEmpty && one.isSaved) leftOut.push(one.name)
    return isEmpty ? [] : [{ ...one, arms }]
  })
  if (measured.length === 0) return null
  const plan = {
    heldOutShare: campaign.heldOutShare,
    windowEnded: hasEnded(campaign, tables.asOf),
    looks: measured.length,
    growing: campaign.entries !== null,
  }
  let alpha = 0
  const parts = measured.map(({ name, expression, isSaved, arms }): PartResult => {
    const lift = liftOf(arms.treated, arms.heldOut, plan)!
    alpha = lift.alpha
    const [buyers, , net] = rowsOf(arms, lift)
    return {
      name,
      isSaved,
      expression,
      treated: arms.treated.members,
      heldOut: arms.heldOut.members,
      buyers: buyers!,
      net: net!,
    }
  })
  return { asOf, looks: measured.length, alpha, parts, leftOut }
}
