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
} from './amount-columns.ts'
import {
  answersDates,
  candidates,
  type Column,
  isDayOrMonthFirst,
  settleEmptyPersons,
  settleNames,
  unreadOf,
} from './column-guesses.ts'
import { worded } from '../../messages/messages.ts'
import { isTimeZone } from '../../../analytics/calendar/calendar.ts'
import { type DateOrder, dateOrders, undecidedDates } from '../values/dates.ts'
import { encodings, type Encoding, type Reading } from '../encoding/encoding.ts'
import {
  type FieldName,
  fieldNames,
  fields,
  type PersonValue,
  personValues,
  type StateMeaning,
  stateWords,
} from './fields.ts'
import { type AnyField, importKinds, type ImportKind } from '../import-kinds.ts'
import { type AnyKindField, kindFieldNames, kindNamed } from '../kinds/catalogue.ts'
import { fieldsOf, isSaid } from '../kinds/kind.ts'
import type { JoinedProducts } from '../platforms/joined-products.ts'
import { memberFieldNames } from '../members/fields.ts'
import { type MemberPresetName, memberPresetNames } from '../members/presets.ts'
import { besideNumber, decimalMarkOf, undecidedNumber } from '../values/numbers.ts'
import { presetColumns, presetLacks, recognised } from '../platforms/platforms.ts'
import { type AmountsAreNet, type PresetName, presetNames, presets } from '../platforms/presets.ts'
import { refundFieldNames } from '../refunds/fields.ts'
import type { Place } from '../reading/file-begins.ts'
import { columnNames, type Refusal, refusal } from '../refusal.ts'
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
  /** The column that tells the e-mail of rows without one in their own. */
  readonly emailElse?: number
  /** Rows in which this is empty are passed over, not refused: they are there to say something else. */
  readonly passedWithout?: AnyField
}

/** How the refunds of a file are told from its amounts. */
export interface RefundReading {
  /** What the merchant says; null: the file's own figures decide, and where they can't, the platform. */
  readonly said: boolean | null
  readonly known: AmountsAreNet | null
  /** Of mended rows: how the amounts of those were read that they are the rest of. */
  readonly before?: boolean
  /** Columns that add up to what was charged before refunds, in alternatives. Empty: nothing to compare with. */
  readonly charged: readonly (readonly number[])[]
  /** Each row has a refund of its own, also beside a total of the whole order. */
  readonly byRow: boolean
  /** The column of amounts is of what was given back already: a state beside it is that of a further refund. */
  readonly amountIsGiven?: true
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
      /** Where the two stand, where they speak against each other. */
      readonly places?: { readonly sample: Place; readonly against: Place }
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
        lacks: { listed: lacks },
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
  // Which column the amount is, where that is said otherwise than the platform has it.
  const saysAmount = amountFields.some((field) => {
    const position = named.chosen.get(field)
    return position !== undefined && position !== platform.columns[field]
  })
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
  settleEmptyPersons(assigned, columns, leftOut)
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
    else if (order !== undefined || column.values.length > 0) dates[field] = order ?? 'year-first'
  }
  // one that the sample has no value of is written as the others are
  const written = Object.values(dates)[0] ?? 'year-first'
  for (const [field, { position }] of assigned)
    if (fields[field].type === 'date' && columns[position]!.values.length === 0) dates[field] ??= written
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
        ...(isGivenAmount(columns[assigned.get('refundAmount')?.position ?? -1])
          ? { amountIsGiven: true }
          : {}),
      },
      knownBy: known?.knownBy ?? null,
      ...(platform.emailElse !== undefined && assigned.get('email')?.position === platform.columns.email
        ? { emailElse: platform.emailElse }
        : {}),
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

/** Whether a column says by its header that it was given back, and not only asked for. */
const isGivenAmount = (column: Column | undefined): boolean =>
  column !== undefined && /已退|refunded/.test(column.plain)

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
