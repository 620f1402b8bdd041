import { addDays } from '../calendar/calendar.ts'
import { firstSeenDays } from '../schema/derived.ts'
import type { Scope } from './scope.ts'

/**
 * Whether a cohort that begins on `day` is first seen rather than new: it begins before the day that
 * lies 90 days after the start of the data, and nobody said that the shop opened there. Such cohorts
 * are shown, marked, and out of averages.
 */
export const firstSeenCohort = (scope: Pick<Scope, 'dataStart' | 'openedAtStart'>, day: string): boolean =>
  !scope.openedAtStart && scope.dataStart !== null && day < addDays(scope.dataStart, firstSeenDays)
