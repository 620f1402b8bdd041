/** The filters of an analytic page as they stand in its address. Everything is optional: absent is "all". */
export interface FilterSearch {
  /** A segment expression. */
  readonly segment?: string
  /** ISO days, inclusive. */
  readonly from?: string
  readonly to?: string
  readonly asOf?: string
  readonly stores?: string[]
  readonly channels?: string[]
  readonly categories?: string[]
  /** Only members who hold one of these tiers now, or live in one of these regions. */
  readonly tiers?: string[]
  readonly regions?: string[]
  /** What figures are held against: the days before, the same days of last year, or the members of `other`. */
  readonly compare?: 'previous' | 'year' | 'segment'
  /** A segment expression. */
  readonly other?: string
}

const isoDay = /^\d{4}-\d{2}-\d{2}$/
const day = (value: unknown) => (typeof value === 'string' && isoDay.test(value) ? value : undefined)
const text = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value).trim() || undefined : undefined
const list = (value: unknown) => {
  const items = (Array.isArray(value) ? value : [value]).flatMap((item) => text(item) ?? [])
  return items.length > 0 ? items : undefined
}
const present = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T

/** Reads the filters of an address; what does not read as one is left out, so an old link still opens. */
export function readFilters(search: Record<string, unknown>): FilterSearch {
  return present({
    segment: text(search.segment),
    from: day(search.from),
    to: day(search.to),
    asOf: day(search.asOf),
    stores: list(search.stores),
    channels: list(search.channels),
    categories: list(search.categories),
    tiers: list(search.tiers),
    regions: list(search.regions),
    compare: (['previous', 'year', 'segment'] as const).find((against) => against === search.compare),
    other: text(search.other),
  })
}

/** Filters that a page about all orders of a member does not take. */
export const notOfMembers = [
  'stores',
  'channels',
  'categories',
  'from',
  'to',
  'compare',
  'other',
] as const satisfies (keyof FilterSearch)[]

/** Reads the filters of such a page. */
export function readMemberFilters(
  search: Record<string, unknown>,
): Pick<FilterSearch, 'segment' | 'asOf' | 'tiers' | 'regions'> {
  const { segment, asOf, tiers, regions } = readFilters(search)
  return present({ segment, asOf, tiers, regions })
}

/** Reads one text field of an address. */
export const readText = (search: Record<string, unknown>, field: string) => text(search[field])

/** Reads a list of texts of an address, or one. */
export const readTexts = (search: Record<string, unknown>, field: string) => list(search[field])

/** Reads amounts by name of an address, whole numbers above 0; what is none is left out. */
export function readAmounts(
  search: Record<string, unknown>,
  field: string,
): Record<string, number> | undefined {
  const given = search[field]
  if (typeof given !== 'object' || given === null) return undefined
  const amounts = Object.entries(given).filter(
    (pair): pair is [string, number] => Number.isSafeInteger(pair[1]) && Number(pair[1]) > 0,
  )
  return amounts.length > 0 ? Object.fromEntries(amounts) : undefined
}
