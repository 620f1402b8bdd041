import { addDays } from '../../analytics/calendar/calendar.ts'
import type { Store } from '../store/store.ts'
import type { Campaign } from './campaigns.ts'
import { ownDaysOf, type StandingDefinition } from './standing/definition.ts'
import type { Measured } from './windows.ts'

/** A campaign that stands, as measuring needs it; null before it went live. */
export async function standingMeasured(
  store: Store,
  { id: campaignId, state }: Pick<Campaign, 'id' | 'state'>,
  definition: StandingDefinition,
  launchedAt: string,
): Promise<Measured | null> {
  const live = await store
    .selectFrom('standing_campaigns')
    .select(['started_day', 'finished_day'])
    .where('campaign_id', '=', campaignId)
    .executeTakeFirst()
  if (!live) return null
  const { standing, holdout, marginShare } = definition
  const ownDays = ownDaysOf(definition)
  // on the day on which it is finished nobody comes in any more
  const finished = live.finished_day === null ? null : addDays(live.finished_day, -1)
  const lastEntry = finished ?? standing.lastDay ?? null
  const stopped = await store
    .selectFrom('audit')
    .select('id')
    .where('subject', '=', campaignId)
    .where('action', '=', 'campaign-paused')
    .executeTakeFirst()
  return {
    campaignId,
    launchedAt,
    launchedDay: live.started_day,
    windowLastDay: lastEntry === null ? null : addDays(lastEntry, ownDays),
    heldOutShare: holdout,
    marginShare: marginShare ?? null,
    entries: {
      ownDays,
      coolDownDays: standing.coolDownDays,
      endsAsDeclared:
        standing.lastDay !== undefined &&
        live.finished_day === null &&
        stopped === undefined &&
        state !== 'cancelled',
    },
  }
}
