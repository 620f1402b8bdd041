import { addDays, daysBetween, yearBefore } from '../../analytics/calendar/calendar.ts'
import type { Metric } from '../../analytics/metrics/metric.ts'
import type { Against, QuestionFilters } from './filters.ts'

/** Where no dates are chosen, the period before is this many days back: as the moves between groups take it. */
const usualDays = 90

/** What a question is held against: the same question otherwise, or why there is nothing to hold it against. */
export type OtherQuestion =
  | { readonly kind: 'asked'; readonly filters: QuestionFilters }
  /** `data-begins`: only after what it would be held against. `no-past`: values are kept as they are now. */
  | { readonly kind: 'not-known'; readonly because: 'data-begins' | 'no-past' }

/**
 * The question that another is held against. *Another segment*: the same days and order filters, other members. *Last
 * year* and *the period before*: of a metric that takes a window, and a window is chosen, that window moved by a year
 * or by its own length, with all that is known on the same day; else the same question as of the day a year before, or
 * as many days before as the chosen dates are long (90 without). A figure is compared only where the data reaches back
 * over all of it. Source: DEFINITIONS, "Time"; analytics guide, "A figure is compared only where …".
 */
export function otherQuestion(
  metric: Pick<Metric, 'settings' | 'knownOnlyNow'>,
  { compare, ...filters }: QuestionFilters & { readonly compare: Against },
  {
    asOf,
    dataStart,
    settings,
  }: { asOf: string; dataStart: string | null; settings: Record<string, unknown> },
): OtherQuestion {
  if (typeof compare === 'object') return { kind: 'asked', filters: { ...filters, segment: compare.segment } }
  const to = filters.to !== undefined && filters.to < asOf ? filters.to : asOf
  const length = filters.from === undefined ? usualDays : daysBetween(filters.from, to) + 1
  const moved = (day: string) => (compare === 'year' ? yearBefore(day) : addDays(day, -length))
  if ('from' in metric.settings.shape && filters.from !== undefined) {
    const from = moved(filters.from)
    return dataStart !== null && from >= dataStart
      ? { kind: 'asked', filters: { ...filters, from, to: moved(to) } }
      : { kind: 'not-known', because: 'data-begins' }
  }
  if (metric.knownOnlyNow?.(settings)) return { kind: 'not-known', because: 'no-past' }
  const { from: _from, to: _to, ...others } = filters
  const day = moved(asOf)
  return dataStart !== null && day >= dataStart
    ? { kind: 'asked', filters: { ...others, asOf: day } }
    : { kind: 'not-known', because: 'data-begins' }
}
