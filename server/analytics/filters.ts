import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'

/** What any question may be narrowed to; the same for every analytics and opportunities procedure. A key that it does not know is refused. */
export const QuestionFilters = z.strictObject({
  /** A rule in the segment language: only these members are asked about. */
  segment: z.string().trim().min(1).max(10_000).optional(),
  /** The local day, inclusive, as of which the question is asked; default: the newest order's day. */
  asOf: AskedDay.optional(),
  /** First and last local day of a window, inclusive, for questions that have one. */
  from: AskedDay.optional(),
  to: AskedDay.optional(),
  /** Order filters: only activity in these stores or channels is counted. Empty: everywhere. */
  stores: z.array(z.string().max(200)).max(500).optional(),
  channels: z.array(z.string().max(200)).max(500).optional(),
  /** Order filter: only orders with a line in one of these categories are counted, whole. Empty: all orders. */
  categories: z.array(z.string().max(200)).max(500).optional(),
})

export type QuestionFilters = z.output<typeof QuestionFilters>
