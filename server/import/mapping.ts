import { z } from 'zod'
import {
  amountFields,
  type Assigned,
  isAmount,
  settleAmounts,
  settleBalance,
  settleCharged,
  settleShipping,
  settleTimeOfDay,
  sure,
} from './amount-columns.ts'
import { worded } from '../messages/messages.ts'
import { isTimeZone } from '../../analytics/calendar/calendar.ts'
import { type DateOrder, dateOrderOf, dateOrders, numericOrders, undecidedDates } from './dates.ts'
import { encodings, type Encoding, type Reading } from './encoding.ts'
import {
  emptyWords,
  farthest,
  type Field,
  type FieldName,
  fieldNames,
  fields,
  type PersonValue,
  personValues,
  plainHeader,
  refundEntry,
  type StateMeaning,
  stateWords,
} from './fields.ts'
import { type AnyField, importKinds, type ImportKind } from './import-kinds.ts'
import { type AnyKindField, kindFieldNames, kindNamed } from './kinds/catalogue.ts'
import { fieldsOf, isSaid } from './kinds/kind.ts'
import type { JoinedProducts } from './joined-products.ts'
import { memberFieldNames } from './members/fields.ts'
import { type MemberPresetName, memberPresetNames } from './members/presets.ts'
import { besideNumber, decimalMarkOf, isNumber, isShortened, undecidedNumber } from './numbers.ts'
import { presetColumns, presetLacks, recognised } from './platforms.ts'
import { type AmountsAreNet, type PresetName, presetNames, presets } from './presets.ts'
import { refundFieldNames } from './refunds/fields.ts'
import { columnNames, type Refusal, refusal } from './refusal.ts'
import { canonicalColumns } from './template.ts'

/** How the columns of one file are read: what the merchant confirms. Columns by 0-based position. */
export interface Mapping {
  /** What the rows are. */
  readonly kind: ImportKind
  readonly columns: Readonly<Partial<Record<AnyField, number>>>
  readonly dates: Readonly<Partial<Record<AnyField, DateOrder>>>
  /** Zone of timestamps that name none. */
  readonly timeZone: string
  readonly decimalMark: '.' | ','
  /** Words of the state column in lower case, where they differ from or add to the known ones. */
  readonly states: Readonly<Record<string, StateMeaning>>
  readonly refunds: RefundReading
  /** What the platform tells its customers apart by, so that new people are known by that first; null: by the first value they have. */
  readonly knownBy: PersonValue | null
  /** Columns that mean nothing else, of a kind that keeps them by their headers. */
  readonly rest?: readonly { readonly position: number; readonly header: string }[]
  /** How the products of an order are written into one cell; not there: a row names one. */
  readonly joinedProducts?: JoinedProducts
  /** Rows in which this is empty are passed over, not refused: they are there to say something else. */
  readonly passedWithout?: AnyField
}

/** How the refunds of a file are told from its amounts. */
export interface RefundReading {
  /** What the merchant says; null: the file's own figures decide, and where they can't, the platform. */
  readonly said: boolean | null
  readonly known: AmountsAreNet | null
  /** Columns that add up to what was charged before refunds, in alternatives. Empty: nothing to compare with. */
  readonly charged: readonly (readonly number[])[]
  /** Each row has a refund of its own, also beside a total of the whole order. */
  readonly byRow: boolean
}

/** The header and the first records of a file. */
export interface Sample {
  readonly headers: readonly string[]
  readonly records: readonly (readonly string[])[]
  /** Of joined tables: the columns whose values are the whole order's, on each of its rows. */
  readonly ofOrders?: readonly number[]
}

export interface ColumnGuess {
  readonly position: number
  readonly header: string
  /** The first different values. */
  readonly samples: readonly string[]
  /** Of an amount, or of the currency: what stands beside the numbers of the sampled values, and in how many. */
  readonly beside: readonly { readonly named: string; readonly values: number; readonly sample: string }[]
  readonly field: AnyField | null
  /** 0 … 1: how sure the guess is. */
  readonly confidence: number
  /** Values among the sampled ones that don't read as what the field is; null when all do. */
  readonly unread: { readonly values: number; readonly of: number; readonly sample: string } | null
}

/** What can't be decided from the file and must be asked. */
export type Question =
  | {
      readonly kind: 'dates'
      readonly field: AnyField
      readonly header: string
      readonly sample: string
      /** A value that says month first, where the sample says day first; null: the sample can be read both ways. */
      readonly against: string | null
    }
  | { readonly kind: 'decimals'; readonly header: string; readonly sample: string }
  | { readonly kind: 'states'; readonly words: readonly string[] }
  | { readonly kind: 'encoding'; readonly readings: readonly Reading[] }

export interface Guess {
  /** The platform whose export this is, as its columns tell or as was said. */
  readonly preset: PresetName | MemberPresetName | null
  readonly mapping: Mapping
  readonly columns: readonly ColumnGuess[]
  readonly questions: readonly Question[]
  /** Fields that were told to have no column. */
  readonly leftOut: readonly AnyField[]
}

/** What `--map FILE` and the confirmation screen say: headers or positions (1 = first) by field, null to leave a field out. */
export const MapOverrides = z
  .strictObject({
    kind: z.enum(importKinds),
    columns: z.partialRecord(
      z.enum([
        ...new Set<AnyField>([...fieldNames, ...refundFieldNames, ...memberFieldNames, ...kindFieldNames]),
      ]),
      z.union([z.string(), z.int().positive(), z.null()]),
    ),
    dates: z.enum(dateOrders as [DateOrder, ...DateOrder[]]),
    timeZone: z.string().refine(isTimeZone, worded('not-a-time-zone')),
    decimalMark: z.enum(['.', ',']),
    states: z.record(z.string(), z.enum(['paid', 'unpaid', 'closed', 'refunded', 'closed-or-refunded'])),
    preset: z.enum([...presetNames, ...memberPresetNames]),
    encoding: z.enum(encodings),
    /** null: the file's own figures decide, whatever was said of the last file like it. */
    amountsAreNet: z.boolean().nullable(),
  })
  .partial()
export type MapOverrides = z.infer<typeof MapOverrides>

/** Guesses what each column of a file of orders means from its header, type and values; `overrides` win over every guess. */
export function guessMapping(
  sample: Sample,
  columns: readonly Column[],
  overrides: MapOverrides,
  timeZone: string,
): Guess | Refusal {
  const saidPreset = presetNames.find((name) => name === overrides.preset)
  const preset = saidPreset ?? recognised(sample.headers, sample.records)
  if (saidPreset) {
    const lacks = presetLacks(saidPreset, sample.headers)
    if (lacks.length > 0 && recognised(sample.headers, sample.records) !== saidPreset)
      return refusal('preset-columns', {
        preset: saidPreset,
        lacks: lacks.join(', '),
        headers: columnNames(sample.headers),
      })
  }
  const known = preset === null ? null : presets[preset]
  const platform = preset === null ? { columns: {}, charged: [] } : presetColumns(preset, sample.headers)
  // the tables that were joined are no template
  const canonical = preset === null && !sample.ofOrders ? canonicalColumns(sample.headers) : null
  const named = namedColumns(sample, { ...overrides, columns: { ...canonical, ...overrides.columns } })
  if ('kind' in named) return named
  const said = new Set(named.chosen.values())
  const leftOut = new Set<AnyField>(named.leftOut)
  // Who says that nobody is named means every column that could; one that is said by name counts.
  if (named.leftOut.has('memberId')) for (const kind of personValues) leftOut.add(kind)
  const assigned: Assigned = new Map()
  for (const field of fieldNames) {
    const position = named.chosen.get(field)
    if (position !== undefined) assigned.set(field, { position, confidence: 1 })
  }
  const saysAmount = amountFields.some((field) => named.chosen.has(field))
  for (const [field, position] of Object.entries(platform.columns) as [FieldName, number | null][]) {
    // Who says which column the amount is overrules the platform in all of its kinds.
    if (assigned.has(field) || leftOut.has(field) || (saysAmount && isAmount(field))) continue
    if (position === null) leftOut.add(field)
    else if (!said.has(position)) assigned.set(field, { position, confidence: 1 })
  }
  const taken = new Set([...assigned.values()].map(({ position }) => position))
  for (const candidate of candidates(columns)) {
    const { field, position, confidence } = candidate
    if (assigned.has(field) || taken.has(position) || leftOut.has(field)) continue
    assigned.set(field, { position, confidence })
    taken.add(position)
  }
  settleNames(assigned, columns, named.chosen)
  settleAmounts(
    assigned,
    sample,
    named.chosen,
    preset !== null && !saysAmount,
    !saysAmount && known?.amountsByRow === true,
  )
  if (!named.chosen.has('balancePaid')) settleBalance(assigned, sample, platform.charged, named.leftOut)
  settleShipping(assigned, sample, named.chosen)
  settleTimeOfDay(assigned, columns, named.chosen)
  const charged = settleCharged(assigned, columns, leftOut, platform.charged)

  const questions: Question[] = []
  const dates: Partial<Record<FieldName, DateOrder>> = {}
  for (const [field, { position }] of assigned) {
    if (fields[field].type !== 'date') continue
    const column = columns[position]!
    const order =
      overrides.dates && (answersDates(column) || !isDayOrMonthFirst(overrides.dates))
        ? overrides.dates
        : column.dates?.order
    if (order === 'undecided')
      questions.push({
        kind: 'dates',
        field,
        header: column.header,
        ...undecidedDates(column.values),
      })
    else dates[field] = order ?? 'year-first'
  }
  const states = Object.fromEntries(
    Object.entries({ ...known?.states, ...overrides.states }).map(([word, meaning]) => [
      word.trim().toLowerCase(),
      meaning,
    ]),
  )
  const stateColumn = assigned.get('state')
  if (stateColumn) {
    const known = { ...stateWords, ...states }
    const unknown = [...new Set(columns[stateColumn.position]!.values.map((word) => word.toLowerCase()))]
    const words = '*' in known ? [] : unknown.filter((word) => !(word in known))
    if (words.length > 0) questions.push({ kind: 'states', words: words.slice(0, 20) })
  }
  const money = amountFields.flatMap((field) => {
    const column = assigned.get(field)
    return column ? [columns[column.position]!] : []
  })
  const decimals = decimalsOf(money, overrides, questions)
  return {
    preset,
    mapping: {
      kind: 'orders',
      columns: Object.fromEntries([...assigned].map(([field, { position }]) => [field, position])),
      dates,
      timeZone: overrides.timeZone ?? timeZone,
      decimalMark: decimals,
      states,
      refunds: {
        said: overrides.amountsAreNet ?? null,
        known: known?.amountsAreNet ?? null,
        charged,
        byRow: known?.refundsByRow ?? false,
      },
      knownBy: known?.knownBy ?? null,
      // a quantity beside it is that of one product
      ...(known?.joinedProducts && !assigned.has('quantity') && !assigned.has('unitPrice')
        ? { joinedProducts: known.joinedProducts }
        : {}),
    },
    columns: columnGuesses(columns, assigned, unreadOf),
    questions,
    leftOut: [...named.leftOut],
  }
}

/** The decimal mark of the amounts, as was said or as they tell; asked where they don't. */
export function decimalsOf(
  money: readonly Column[],
  { decimalMark }: MapOverrides,
  questions: Question[],
): '.' | ',' {
  const found = decimalMark ?? decimalMarkOf(money.flatMap(({ values }) => values))
  if (found !== 'undecided') return found
  const open = money.find(({ values }) => undecidedNumber(values) !== '')!
  questions.push({ kind: 'decimals', header: open.header, sample: undecidedNumber(open.values) })
  return '.'
}

/** The columns in the order of the file, each with the field that it was assigned to, if to one. */
export const columnGuesses = <F extends AnyField>(
  columns: readonly Column[],
  assigned: ReadonlyMap<F, { readonly position: number; readonly confidence: number }>,
  unread: (field: F, column: Column) => ColumnGuess['unread'],
): ColumnGuess[] =>
  columns.map((column) => {
    const found = [...assigned].find(([, { position }]) => position === column.position)
    return {
      position: column.position,
      header: column.header,
      samples: column.distinct.slice(0, 3),
      beside: found && moneyFields.has(found[0]) ? besideNumbers(column) : [],
      field: found?.[0] ?? null,
      confidence: found?.[1].confidence ?? 0,
      unread: found ? unread(found[0], column) : null,
    }
  })

/** What may be of a currency. */
const moneyFields: ReadonlySet<AnyField> = new Set<AnyField>([...amountFields, 'currency'])

/** Nobody writes amounts in more currencies, and longer texts are none. */
const mostBeside = 20
const longestBeside = 10

function besideNumbers({ values }: Column): ColumnGuess['beside'] {
  const found = new Map<string, { named: string; values: number; sample: string }>()
  for (const value of values) {
    const named = besideNumber(value)
    if (named.length > longestBeside) continue
    const known = found.get(named)
    if (known) known.values++
    else found.set(named, { named, values: 1, sample: value })
  }
  return [...found.values()].toSorted((a, b) => b.values - a.values).slice(0, mostBeside)
}

/** A column that a file needs: of one of the further kinds, its field. */
export type Lack = 'member' | 'time' | 'amount' | 'refundTime' | 'refundAmount' | AnyKindField

/** The needed columns that a mapping lacks: one that tells members apart, of orders also a time and an amount; of refunds these two alone. */
export function lackingColumns({ kind, columns }: Mapping): Lack[] {
  const further = kindNamed(kind)
  if (further)
    return fieldsOf(further).flatMap(([field, { needed }]) =>
      needed && !isSaid(further, field, (one) => columns[one as AnyKindField] !== undefined)
        ? [field as AnyKindField]
        : [],
    )
  const lacking: Lack[] = []
  if (kind === 'refunds') {
    if (columns.refundedAt === undefined) lacking.push('refundTime')
    if (columns.amount === undefined) lacking.push('refundAmount')
    return lacking
  }
  if (columns.memberId === undefined && personValues.every((value) => columns[value] === undefined))
    lacking.push('member')
  if (kind === 'members') return lacking
  if (columns.orderedAt === undefined && columns.paidAt === undefined) lacking.push('time')
  if (columns.amount === undefined && columns.orderTotal === undefined && columns.unitPrice === undefined)
    lacking.push('amount')
  return lacking
}

/** A complete `--map` file. */
export interface MapFile {
  readonly kind: ImportKind
  /** null: left out on purpose. */
  readonly columns: Record<string, string | number | null>
  readonly dates?: DateOrder
  readonly timeZone: string
  readonly decimalMark: '.' | ','
  readonly states?: Record<string, StateMeaning>
  readonly preset?: PresetName | MemberPresetName
  readonly amountsAreNet?: boolean
  /** Where somebody said it. */
  readonly encoding?: Encoding
}

/** The mapping in the words of a `--map` file. */
export function asMapFile(
  mapping: Mapping,
  headers: readonly string[],
  { leftOut, preset }: Pick<Guess, 'leftOut' | 'preset'>,
): MapFile {
  const [dates] = Object.values(mapping.dates)
  return {
    kind: mapping.kind,
    columns: Object.fromEntries([
      ...leftOut.map((field) => [field, null] as const),
      ...Object.entries(mapping.columns).map(
        ([field, position]) =>
          [
            field,
            headers.indexOf(headers[position]!) === position ? headers[position]! : position + 1,
          ] as const,
      ),
    ]),
    ...(dates ? { dates } : {}),
    timeZone: mapping.timeZone,
    decimalMark: mapping.decimalMark,
    ...(Object.keys(mapping.states).length > 0 ? { states: { ...mapping.states } } : {}),
    ...(preset === null ? {} : { preset }),
    ...(mapping.refunds.said === null ? {} : { amountsAreNet: mapping.refunds.said }),
  }
}

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

const isDayOrMonthFirst = (order: DateOrder): boolean => order === 'day-first' || order === 'month-first'

/** What was said of dates is for columns that leave day and month open; another column of the file decides itself. */
export const answersDates = ({ dates }: Column): boolean =>
  dates === null || ['undecided', 'day-first', 'month-first'].includes(dates.order)

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

function candidates(columns: readonly Column[]): Candidate[] {
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
  if (field === 'shipping' || (personValues as readonly FieldName[]).includes(field)) return 0
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
function settleNames(
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

const timeOfDay = /^([上下]午 ?)?\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[ap]\.?m\.?)?$/i

/** A name match above this is of the whole header: parts of one stay below. */
const wholeName = 0.7
/** 0 … 1: the share of the values that the field can hold. A column that is named for it needs only one of them. */
function typeMatch(field: FieldName, { values, dates, numeric }: Column, named: boolean): number {
  const enough = (share: number) => (named || share >= sure ? share : 0)
  switch (fields[field].type) {
    case 'date':
      return enough(dates?.share ?? 0)
    case 'time':
      return values.length > 0 && values.every((value) => timeOfDay.test(value)) ? 1 : 0
    case 'number':
      if (values.length === 0) return field === 'refundAmount' ? 0.7 : 0
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

const unreadOf = (field: FieldName, column: Column): ColumnGuess['unread'] =>
  column.values.some((value) => value.includes(refundEntry)) ? null : unreadValues(fields[field].type, column)

/** What the column holds besides numbers, or besides dates as the column writes them, where its field needs those. */
export function unreadValues(type: Field['type'], { values, dates }: Column): ColumnGuess['unread'] {
  if (type !== 'date' && type !== 'number') return null
  const family = (order: DateOrder | 'undecided' | undefined) =>
    order === 'day-first' || order === 'month-first' ? 'undecided' : order
  const isOther = (value: string) => {
    const own = dateOrderOf([value])?.order
    // of one value alone the year of two digits may stand at either end
    return dates?.order === 'short-year-first' ? own === undefined : family(own) !== family(dates?.order)
  }
  const bad = values.filter((value) => (type === 'number' ? !isNumber(value) : isOther(value)))
  return bad.length === 0 ? null : { values: bad.length, of: values.length, sample: bad[0]! }
}

/** The columns that were named for fields, and the fields that were told to have none. */
export function namedColumns(
  { headers }: Sample,
  overrides: MapOverrides,
): { chosen: Map<AnyField, number>; leftOut: Set<AnyField> } | Refusal {
  const chosen = new Map<AnyField, number>()
  const leftOut = new Set<AnyField>()
  for (const [field, column] of Object.entries(overrides.columns ?? {}) as [
    AnyField,
    string | number | null,
  ][]) {
    if (column === null) {
      leftOut.add(field)
      continue
    }
    const position = typeof column === 'number' ? column - 1 : headers.indexOf(column)
    if (position < 0 || position >= headers.length)
      return refusal('unknown-column', { column, field, headers: columnNames(headers) })
    chosen.set(field, position)
  }
  return { chosen, leftOut }
}
