import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { quote } from '../../analytics/segments/print.ts'

const Segment = z.string().trim().min(1).max(10_000)
/** The period before, last year, or another segment. */
const Against = z.union([z.enum(['previous', 'year']), z.strictObject({ segment: Segment })])
export type Against = z.output<typeof Against>

const Names = z.array(z.string().max(200)).max(500)

/**
 * What any question may be narrowed to; the same for every analytics and opportunities procedure, the command line and
 * the API. A key that it does not know is refused. Tiers and regions choose members, so they become part of `segment`.
 */
export const QuestionFilters = z
  .strictObject({
    /** A rule in the segment language: only these members are asked about. */
    segment: Segment.optional(),
    /** The local day, inclusive, as of which the question is asked; default: the newest order's day. */
    asOf: AskedDay.optional(),
    /** First and last local day of a window, inclusive, for questions that have one. */
    from: AskedDay.optional(),
    to: AskedDay.optional(),
    /** Order filters: only activity in these stores or channels is counted. Empty: everywhere. */
    stores: Names.optional(),
    channels: Names.optional(),
    /** Order filter: only orders with a line in one of these categories are counted, whole. Empty: all orders. */
    categories: Names.optional(),
    /** Member filters: only members who hold one of these tiers now, who live in one of these regions. Empty: all. */
    tiers: Names.optional(),
    regions: Names.optional(),
    /** Held against the period before, the year before, or other members. Where there is nothing to hold it against, the answer says so. */
    compare: Against.optional(),
  })
  .transform(({ tiers, regions, compare, ...filters }) => {
    const chosen = [anyOf('tier', tiers), anyOf('region', regions)].filter((rule) => rule !== undefined)
    // tiers and regions hold on both sides
    const narrowed = (segment: string | undefined) => {
      const rules = [...(segment === undefined ? [] : [segment]), ...chosen]
      return rules.length === 0 ? {} : { segment: allHold(rules) }
    }
    return {
      ...filters,
      ...narrowed(filters.segment),
      ...(compare && {
        compare: typeof compare === 'object' ? { segment: allHold([compare.segment, ...chosen]) } : compare,
      }),
    }
  })

export type QuestionFilters = z.output<typeof QuestionFilters>

const anyOf = (field: string, values: readonly string[] | undefined): string | undefined =>
  values?.length ? `${field} in (${values.map(quote).join(', ')})` : undefined

/** In the segment language: all of the rules hold. */
const allHold = (rules: readonly string[]): string =>
  rules.length === 1 ? rules[0]! : rules.map((rule) => `(${rule})`).join(' and ')
