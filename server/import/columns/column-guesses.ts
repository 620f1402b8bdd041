import { type Assigned, sure } from './amount-columns.ts'
import { besideYearFirst, type DateOrder, dateOrderOf, numericOrders } from '../values/dates.ts'
import {
  emptyWords,
  farthest,
  type Field,
  type FieldName,
  fieldNames,
  fields,
  personValues,
  plainHeader,
  refundEntry,
  stateWords,
} from './fields.ts'
import type { AnyField } from '../import-kinds.ts'
import type { ColumnGuess, Sample } from './mapping.ts'
import { isNumber, isShortened } from '../values/numbers.ts'

/** A column of the sample, with what its values look like. */
export interface Column {
  readonly position: number
  readonly header: string
  readonly plain: string
  /** Values that are not empty. */
  readonly values: readonly string[]
  readonly distinct: readonly string[]
  readonly dates: ReturnType<typeof dateOrderOf>
  /** Share of the values that read as numbers, or are such in ten thousands, which are refused row by row. */
  readonly numeric: number
}

export const isDayOrMonthFirst = (order: DateOrder): boolean =>
  order === 'day-first' || order === 'month-first'

/** What was said of dates is for columns that leave day and month open; another column of the file decides itself. */
export const answersDates = ({ dates }: Column): boolean =>
  dates === null || ['undecided', 'day-first', 'month-first'].includes(dates.order)

/** A column of a sample by its position. */
export function columnOf(sample: Sample, position: number): Column {
  const values = sample.records
    .map((record) => (record[position] ?? '').trim())
    .filter((value) => value !== '' && !(emptyWords as readonly string[]).includes(value.toLowerCase()))
  const numeric =
    values.length === 0
      ? 0
      : values.filter((value) => isNumber(value) || isShortened(value)).length / values.length
  return {
    position,
    header: sample.headers[position]!,
    plain: plainHeader(sample.headers[position]!),
    values,
    distinct: [...new Set(values)],
    dates: dateOrderOf(values),
    numeric,
  }
}

interface Candidate {
  field: FieldName
  position: number
  confidence: number
}

/** What each column may be, the likeliest first. */
export function candidates(columns: readonly Column[]): Candidate[] {
  const found: Candidate[] = []
  const shopify = columns.some(({ plain }) => plain === 'lineitemquantity')
  for (const column of columns)
    for (const field of fieldNames) {
      if (field === 'chargedTotal') continue // an amount first of all, compared only when there is another
      const byName = nameMatch(field, column.plain, shopify)
      if (byName === 0) continue
      // Marital status, a membership's status: what only contains the word is an order's where its values say so.
      if (field === 'state' && byName < wholeName && !column.distinct.some((word) => isState(word))) continue
      const byType = typeMatch(field, column, byName > wholeName)
      if (byType > 0) found.push({ field, position: column.position, confidence: round(byName * byType) })
    }
  // Where no header says it, the only column of its type is offered, for confirmation.
  const dated = columns.filter(
    ({ dates }) =>
      dates !== null && dates.share >= sure && !(numericOrders as readonly string[]).includes(dates.order),
  )
  if (dated.length === 1 && !found.some(({ field }) => field === 'orderedAt' || field === 'paidAt'))
    found.push({ field: 'orderedAt', position: dated[0]!.position, confidence: 0.5 })
  return found.sort((a, b) => b.confidence - a.confidence || a.position - b.position)
}

const isState = (word: string): boolean => Object.hasOwn(stateWords, word.toLowerCase())

const round = (confidence: number) => Math.round(confidence * 1000) / 1000

/** 0 … 1. Earlier aliases say more; a header that only contains an alias says less. */
function nameMatch(field: FieldName, plain: string, shopify: boolean): number {
  if (shopify && plain === 'name') return field === 'orderId' ? 0.98 : 0
  const aliases: readonly string[] = fields[field].aliases
  const place = aliases.indexOf(plain)
  if (place >= 0) return 0.98 - Math.min(place, farthest) * 0.004
  // A phone may be the store's or the driver's: only a header that is known as a buyer's counts.
  if (
    field === 'shipping' ||
    field === 'refundState' ||
    (personValues as readonly FieldName[]).includes(field)
  )
    return 0
  const part = aliases.find(
    (alias) =>
      (/[^ -~]/.test(alias) ? alias.length >= 3 : alias.length >= 6) &&
      plain.includes(alias) &&
      (field !== 'memberId' ||
        (!plain.includes('note') && (!bareWord.test(alias) || isOfOne(plain.replace(alias, ''))))),
  )
  return part ? 0.6 * (part.length / plain.length) + 0.1 : 0
}

/** Who is meant, and not what of them: a city, a tier or a year of joining is of many members. */
const bareWord = /^(member|customer)$/
/** What such a word stands beside where each value is one person's. */
const tellsApart =
  /(id|key|code|no|num|nr|number|ref|reference|hash|card|account|token|uuid|guid|unique|mobile|phone|tel|mail|login|handle)$|^(unique|hashed|anonymous|external|master|loyalty)$/
const tellsMany = /zip|post|country|state|city|region|store|shop|type|group|tier|level|segment/

const isOfOne = (rest: string): boolean => tellsApart.test(rest) && !tellsMany.test(rest)

/** Headers that stand above names as often as above numbers. */
const maybeNames = ['customer', 'member', 'user', '会员', '买家昵称']

/** Beside what tells people apart, a column of names is none. */
export function settleNames(
  assigned: Assigned,
  columns: readonly Column[],
  chosen: ReadonlyMap<AnyField, number>,
): void {
  const member = assigned.get('memberId')
  if (!member || chosen.has('memberId') || personValues.every((kind) => !assigned.has(kind))) return
  const { plain, values } = columns[member.position]!
  const numbered = values.filter((value) => /\d/.test(value)).length
  if (maybeNames.includes(plain) && (plain === '买家昵称' || numbered < sure * values.length))
    assigned.delete('memberId')
}

/**
 * Where a column tells people apart, others that are named for it wholly keep their meaning though the sample has no value
 * of them: further on they may have some.
 */
export function settleEmptyPersons(
  assigned: Assigned,
  columns: readonly Column[],
  leftOut: ReadonlySet<AnyField>,
): void {
  const persons = ['memberId', ...personValues] as const
  if (!persons.some((field) => (columns[assigned.get(field)?.position ?? -1]?.values.length ?? 0) > 0)) return
  const taken = new Set([...assigned.values()].map(({ position }) => position))
  for (const field of persons) {
    if (assigned.has(field) || leftOut.has(field)) continue
    const column = columns.find(
      ({ position, plain, values }) =>
        values.length === 0 &&
        !taken.has(position) &&
        !maybeNames.includes(plain) &&
        nameMatch(field, plain, false) > wholeName,
    )
    if (!column) continue
    assigned.set(field, { position: column.position, confidence: 0.6 })
    taken.add(column.position)
  }
}

const timeOfDay = /^([上下]午 ?)?\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[ap]\.?m\.?)?$/i

/** A name match above this is of the whole header: parts of one stay below. */
const wholeName = 0.7
/** What a column that is named for its field is worth while the sample has none of its values: less than any that has. */
const yetEmpty = 0.7
/** Numbers of which none decides what an order came to. */
const besidesAmounts: ReadonlySet<FieldName> = new Set<FieldName>(['quantity', 'discount', 'listPrice'])
/** 0 … 1: the share of the values that the field can hold. A column that is named for it needs only one of them. */
function typeMatch(field: FieldName, { values, dates, numeric }: Column, named: boolean): number {
  const enough = (share: number) => (named || share >= sure ? share : 0)
  switch (fields[field].type) {
    case 'date':
      if (values.length === 0) return named && field !== 'orderedAt' ? yetEmpty : 0
      return enough(dates?.share ?? 0)
    case 'time':
      return values.length > 0 && values.every((value) => timeOfDay.test(value)) ? 1 : 0
    case 'number':
      if (values.length === 0)
        return field === 'refundAmount' || (named && besidesAmounts.has(field)) ? yetEmpty : 0
      // A discount below 1 on every row is a rate, not an amount.
      if (field === 'discount' && values.every((value) => Number(value) <= 1)) return 0
      return enough(numeric)
    case 'id': {
      if (values.length === 0) return 0
      const dated = dates !== null && dates.share >= sure ? dates.order : null
      return dated === null || (numericOrders as readonly string[]).includes(dated) ? 1 : 0
    }
    case 'text':
      return 1
  }
}

/** The same of a field of orders, where entries that are refunds are no numbers. */
export const unreadOf = (field: FieldName, column: Column): ColumnGuess['unread'] =>
  column.values.some((value) => value.includes(refundEntry)) ? null : unreadValues(fields[field].type, column)

/** What the column holds besides numbers, or besides dates as the column writes them, where its field needs those. */
export function unreadValues(type: Field['type'], { values, dates }: Column): ColumnGuess['unread'] {
  if (type !== 'date' && type !== 'number') return null
  const family = (order: DateOrder | 'undecided' | undefined) =>
    order === 'day-first' || order === 'month-first' ? 'undecided' : order
  const isOther = (value: string) => {
    if (dates?.order === 'year-first' && besideYearFirst(value)) return false
    const own = dateOrderOf([value])?.order
    // of one value alone the year of two digits may stand at either end
    return dates?.order === 'short-year-first' ? own === undefined : family(own) !== family(dates?.order)
  }
  const bad = values.filter((value) => (type === 'number' ? !isNumber(value) : isOther(value)))
  return bad.length === 0 ? null : { values: bad.length, of: values.length, sample: bad[0]! }
}
