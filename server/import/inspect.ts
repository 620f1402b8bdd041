import { setTimeout as passed } from 'node:timers/promises'
import { dayOrMonthFirst } from './values/dates.ts'
import { emptyWords, plainHeader } from './columns/fields.ts'
import type { AnyField, ImportKind } from './import-kinds.ts'
import { kindNamed } from './kinds/catalogue.ts'
import { isKnownHeader } from './columns/known-headers.ts'
import { fieldsOf, numberField, tellsPeople } from './kinds/kind.ts'
import { guessKindMapping } from './kinds/mapping.ts'
import { type Column, columnOf } from './columns/column-guesses.ts'
import {
  asMapFile,
  type ColumnGuess,
  type Guess,
  guessMapping,
  lackingColumns,
  type MapFile,
  type MapOverrides,
  type Mapping,
  type Question,
  type Sample,
} from './columns/mapping.ts'
import { kindsOf } from './columns/kind-of.ts'
import { guessMemberMapping } from './members/mapping.ts'
import { type PersonHint, personHint } from './columns/person-hint.ts'
import { fieldOfKind, type IdentityKind, identityKinds, isMaskedText } from './values/person-values.ts'
import { guessRefundMapping } from './refunds/mapping.ts'
import {
  bytesOf,
  fieldSeparator,
  lineBreakInValue,
  RecordScanner,
  UnreadableRecord,
  widest,
} from './reading/records.ts'
import { type Refusal, refusal, Stopped } from './refusal.ts'
import { over, type Remembered } from './columns/remembered.ts'
import type { Encoding, Reading } from './encoding/encoding.ts'
import { chineseColumns, templateRow } from './columns/templates.ts'
import { type Container, openSource, type Opening, readSource, type ZippedPart } from './reading/source.ts'
import { type FileBegin, type Place, placeIn } from './reading/file-begins.ts'
import type { JoinedTables } from './tables/joined.ts'

export type Delimiter = ',' | '\t' | ';' | '|'
export type Quote = '"' | "'"

/** What a file seems to hold, before anything is imported. */
export interface Inspection {
  readonly kind: 'inspected'
  readonly fileName: string
  readonly bytes: number
  readonly container: Container
  /** Of a workbook: the sheet that is read. */
  readonly sheet: string | null
  /** Its other sheets that are not hidden: nothing of them is read. */
  readonly otherSheets: readonly string[]
  readonly encoding: Encoding
  /** What it may be written in and how it reads then, that of `encoding` first; empty where the file says it itself. */
  readonly readings: readonly Reading[]
  readonly delimiter: Delimiter
  /** Encloses values that hold the delimiter or a line break. */
  readonly quote: Quote
  readonly jsonLines: boolean
  /** Where several tables were joined into the rows that are read: what became of each. */
  readonly tables: JoinedTables | null
  /** The line that names the columns; 0: none does. */
  readonly headerLine: number
  readonly headers: readonly string[]
  /** The file of the same columns whose mapping is taken over. */
  readonly remembered: { readonly fileName: string; readonly importedAt: string } | null
  readonly preset: Guess['preset']
  /** Other kinds that its columns speak for as well: to be asked. */
  readonly otherKinds: readonly ImportKind[]
  /** Its columns speak for no kind: it begins as one of orders, and has neither a time nor an amount. */
  readonly fitsNone: boolean
  /** Records that the guess looked at; `whole`: there are no others. */
  readonly sampled: number
  readonly whole: boolean
  readonly columns: readonly ColumnGuess[]
  /** The guess in the words of a `--map` file. */
  readonly map: MapFile
  readonly questions: readonly Question[]
  readonly lacking: ReturnType<typeof lackingColumns>
  readonly personHint: PersonHint | null
  /** The columns that tell members apart, in the order in which the workspace asks them. */
  readonly identity: readonly IdentityColumn[]
}

/** A column that tells members apart, with how many of the sampled rows have a value of it, and how many of those have parts hidden. */
export interface IdentityColumn {
  readonly kind: IdentityKind
  readonly position: number
  readonly header: string
  readonly values: number
  readonly hidden: number
}

/** An inspected file with all that reading it needs. */
export interface Readable {
  readonly inspection: Inspection
  readonly opening: Opening
  readonly mapping: Mapping
  /** Of several files that were put one behind the other: where each begins. */
  readonly begins?: readonly FileBegin[]
  /** Lines of the template's own rows, which are still in it. */
  readonly templateLines?: readonly number[]
}

const sampleRecords = 3000

/**
 * Lets others in between two pieces of work of some milliseconds. A question has several steps: of a file with much to
 * look at each finds the thread free for as long as a piece takes. Others have so little that nobody waits for it.
 */
const othersTurn = ({ whole }: Pick<Opening, 'whole'>): Promise<void> => passed(whole ? 0 : pieceMs)
const pieceMs = 15
const pieceBytes = 128 << 10

const guesses = { orders: guessMapping, refunds: guessRefundMapping, members: guessMemberMapping } as const

const needed: ReadonlySet<AnyField | null> = new Set([
  'orderId',
  'memberId',
  'orderedAt',
  'paidAt',
  'amount',
  'orderTotal',
  'unitPrice',
])
const confident = 0.8

/** Needed columns whose meaning somebody should confirm. */
export function unsureColumns({ columns, map }: Pick<Inspection, 'columns' | 'map'>): ColumnGuess[] {
  const kind = kindNamed(map.kind)
  const asked: ReadonlySet<string | null> = kind
    ? new Set([...kind.key, ...fieldsOf(kind).flatMap(([field, one]) => (one.needed ? [field] : []))])
    : needed
  return columns.filter(
    ({ field, confidence }) =>
      (asked.has(field) || (map.kind === 'refunds' && field === 'refundedAt')) && confidence < confident,
  )
}

/** A file that names orders and lacks what another table of the same system may say of them: their amounts, or whose and when they are. */
export const isPartOfOrders = ({
  map,
  lacking,
  tables,
}: Pick<Inspection, 'map' | 'lacking' | 'tables'>): boolean =>
  map.kind === 'orders' &&
  (map.columns.orderId ?? null) !== null &&
  tables === null &&
  (lacking.includes('amount') || lacking.includes('time'))

/**
 * Reads a file's beginning and guesses its mapping: by what was said of it (`given`), what is remembered of
 * the last file with its columns, and its values. A day/month question is put to the whole column before it
 * is asked. `kinds`: the order in which the workspace asks what people are known by. `tables`: what the file was joined of. `sheet`: of a workbook the one that is read. `begins`: of several files that were put one behind the other.
 */
export async function inspect(
  path: string,
  fileName: string,
  given: MapOverrides,
  timeZone: string,
  recall: (headers: readonly string[], kind?: ImportKind) => Promise<Remembered | null> = async () => null,
  kinds: readonly IdentityKind[] = identityKinds,
  tables: JoinedTables | null = null,
  sheet: string | null = null,
  begins: readonly FileBegin[] = tables?.begins ?? [],
): Promise<Readable | Refusal> {
  try {
    const { opening, read, encoding, remembered } = await openAsSaid(
      path,
      fileName,
      { tables, sheet },
      given,
      recall,
    )
    const { delimiter, quote, headerLine } = read
    const sample =
      tables && tables.joins.length > 0 ? { ...read.sample, ofOrders: tables.ofOrders } : read.sample
    const columns: Column[] = []
    for (const position of sample.headers.keys()) {
      await othersTurn(opening)
      columns.push(columnOf(sample, position))
    }
    const told = remembered ? over(remembered.map, given) : given
    const chinese = chineseColumns(sample.headers)
    const said =
      chinese && (told.kind ?? chinese.kind) === chinese.kind
        ? { ...told, kind: chinese.kind, columns: { ...chinese.columns, ...told.columns } }
        : told
    const { kinds: possible, isGuess } = kindsOf(sample, said)
    const [kind, ...otherKinds] = possible
    const further = kindNamed(kind)
    const guess = further
      ? guessKindMapping(further, sample, columns, said, timeZone)
      : guesses[kind as keyof typeof guesses](sample, columns, said, timeZone)
    if ('kind' in guess) return guess
    const dates = { ...guess.mapping.dates }
    const questions: Question[] = []
    const { readings, sure } = opening.evidence
    if (!sure) questions.push({ kind: 'encoding', readings })
    for (const question of guess.questions) {
      const position = question.kind === 'dates' ? guess.mapping.columns[question.field] : undefined
      if (question.kind !== 'dates' || position === undefined) {
        questions.push(question)
        continue
      }
      const { decided, day, month } = await saidByDays(
        opening,
        fileName,
        { delimiter, quote },
        position,
        begins,
      )
      if (decided !== 'undecided') dates[question.field] = decided
      else if (!day || !month) questions.push(question)
      else
        questions.push({
          ...question,
          sample: day.sample,
          against: month.sample,
          places: { sample: day.place, against: month.place },
        })
    }
    const mapping = { ...guess.mapping, dates }
    const isTemplateRow = templateRow(kind, mapping.columns)
    // Of a file that lacks what every order has, nothing is known of orders.
    const lacking = lackingColumns(mapping)
    const hint = mapping.kind !== 'orders' || lacking.length > 0 ? null : personHint(sample, mapping)
    return {
      opening,
      mapping,
      templateLines: sample.records.flatMap((record, i) => (isTemplateRow(record) ? [read.lines[i]!] : [])),
      inspection: {
        kind: 'inspected',
        fileName,
        bytes: opening.bytes,
        container: opening.container,
        sheet: opening.sheet,
        otherSheets: opening.otherSheets,
        encoding: opening.encoding,
        readings,
        delimiter,
        quote,
        jsonLines: opening.jsonPaths !== null,
        tables,
        headerLine,
        headers: sample.headers,
        sampled: sample.records.length,
        whole: opening.whole && sample.records.length < sampleRecords,
        preset: guess.preset,
        otherKinds,
        fitsNone: isGuess && lacking.includes('time') && lacking.includes('amount'),
        remembered: remembered && { fileName: remembered.fileName, importedAt: remembered.importedAt },
        columns: hint?.other && said.columns?.memberId === undefined ? doubted(guess.columns) : guess.columns,
        map: {
          ...asMapFile(mapping, sample.headers, guess),
          ...(encoding ? { encoding } : {}),
        },
        questions,
        lacking,
        personHint: hint,
        identity: identityColumns(sample, mapping, kinds),
      },
    }
  } catch (error) {
    if (error instanceof Stopped) return error.refusal
    if (error instanceof UnreadableRecord)
      return refusal(error.reason === 'too-long' ? 'long-record' : 'open-quote', {
        file: fileName,
        line: error.line,
      })
    throw error
  }
}

/**
 * Opens a file in the encoding that was said of it. One that its content leaves open is read as the last file with these
 * columns was, if that is among those that it may be in. `encoding`: what somebody said; null: nobody did.
 */
async function openAsSaid(
  path: string,
  fileName: string,
  { tables, sheet }: { readonly tables: JoinedTables | null; readonly sheet: string | null },
  given: MapOverrides,
  recall: (headers: readonly string[], kind?: ImportKind) => Promise<Remembered | null>,
) {
  const openIn = async (encoding: Encoding | undefined) => {
    const opened = await openSource(path, fileName, { sheet, said: encoding, isJoined: tables !== null })
    await othersTurn(opened)
    const opening = tables ? { ...opened, firstLine: tables.firstLine } : opened
    const read = await sampleOf(opening, fileName)
    return { opening, read, remembered: await recall(read.sample.headers, given.kind) }
  }
  const likeliest = await openIn(given.encoding)
  const { readings, sure } = likeliest.opening.evidence
  for (const { encoding } of sure ? [] : readings) {
    const one = await openIn(encoding)
    if (one.remembered?.map.encoding === encoding) return { ...one, encoding }
  }
  return { ...likeliest, encoding: given.encoding ?? null }
}

function identityColumns(
  { headers, records }: Sample,
  { kind: of, columns }: Mapping,
  kinds: readonly IdentityKind[],
): IdentityColumn[] {
  const further = kindNamed(of)
  if (further && !tellsPeople(further)) return []
  // of the further kinds a number goes before everything
  const order = further ? ['id' as const, ...kinds.filter((kind) => kind !== 'id')] : kinds
  return order.flatMap((kind) => {
    const number = further && kind === 'id' ? (numberField(further) as AnyField) : null
    const position = columns[number ?? fieldOfKind(kind)]
    if (position === undefined) return []
    const values = records
      .map((record) => (record[position] ?? '').trim())
      .filter((value) => value !== '' && !(emptyWords as readonly string[]).includes(value.toLowerCase()))
    const hidden = values.filter(isMaskedText).length
    return [{ kind, position, header: headers[position]!, values: values.length, hidden }]
  })
}

/** Columns of which the member's has to be looked at: with it nobody would ever come back. */
const doubted = (columns: readonly ColumnGuess[]): ColumnGuess[] =>
  columns.map((column) =>
    column.field === 'memberId' ? { ...column, confidence: Math.min(column.confidence, 0.5) } : column,
  )

const delimiters: readonly Delimiter[] = [',', '\t', ';', '|']

/**
 * How a file is written, its header and first records. Throws `Stopped` where it is no table. Others are
 * let in between two tries of a separator, each of which takes a while.
 */
export async function sampleOf(
  opening: Opening,
  fileName: string,
): Promise<{
  delimiter: Delimiter
  quote: Quote
  sample: Sample
  /** Of each record of the sample, where it begins. */
  lines: readonly number[]
  headerLine: number
}> {
  const unpacked =
    opening.jsonPaths !== null || opening.container === 'xlsx' || opening.container === 'parquet'
  const readingWith = async (delimiter: Delimiter, quote: Quote) => {
    const records = await recordsOf(opening, { delimiter, quote })
    const widths = records.map(({ values }) => values.length)
    // What stands before the header is narrower: the width of most rows tells the separator.
    const width = widths.toSorted((a, b) => a - b)[widths.length >> 1] ?? 0
    const alike = widths.filter((one) => one === width).length
    return {
      delimiter,
      quote,
      records,
      width,
      score: width < 2 ? 0 : (alike / records.length) * Math.log2(width),
    }
  }
  const bestWith = async (quote: Quote) => {
    let best = await readingWith(',', quote)
    for (const delimiter of unpacked ? [] : delimiters.slice(1)) {
      await othersTurn(opening)
      const reading = await readingWith(delimiter, quote)
      if (reading.score > best.score) best = reading
    }
    await othersTurn(opening)
    return best
  }
  const usual = await bestWith('"')
  const best = unpacked || !isInSingleQuotes(usual.records) ? usual : await bestWith("'")
  // A file that goes on beyond its head, in which no record after the header ends.
  if (!opening.whole && best.records.length < 2)
    throw new Stopped('long-record', { file: fileName, line: best.records.length + 1 })
  if (best.width > widest) throw new Stopped('many-columns', { file: fileName, most: widest })
  if (best.width < 2)
    throw new Stopped(unpacked ? 'lone-column' : 'one-column', {
      file: fileName,
      sheet: opening.sheet ?? '',
      of: opening.sheet === null ? 'file' : 'sheet',
    })
  const headerAt = headerOf(best.records.map(({ values }) => values))
  const header = best.records[headerAt]!
  const headers = header.values.map((name) => name.replaceAll(lineBreakInValue, ' ').trim())
  if (headers.every((name) => name === '' || /^[\d.,:/ -]+$/.test(name)))
    throw new Stopped('no-header', { file: fileName })
  if (headers.some((name) => name.includes('\ufffd')))
    throw new Stopped('damaged-header', { file: fileName, line: header.line, encoding: opening.encoding })
  const records = best.records
    .slice(headerAt + 1)
    .map(({ values }) => values.map((value) => value.replaceAll(lineBreakInValue, ' ')))
  if (records.length === 0) {
    new RecordScanner(bytesOf(best)).readAll(opening.head) // says what stopped it
    throw new Stopped('no-rows', { file: fileName })
  }
  return {
    delimiter: best.delimiter,
    quote: best.quote,
    sample: { headers, records },
    lines: best.records.slice(headerAt + 1).map(({ line }) => line),
    headerLine: header.line,
  }
}

/** Most values begin and end with one; ids that only begin with it were marked as text by a spreadsheet. */
function isInSingleQuotes(records: readonly Record[]): boolean {
  const values = records.flatMap((record) => record.values).filter((value) => value !== '')
  return values.filter((value) => /^'.*'$/s.test(value)).length * 2 > values.length
}

/** Titles, dates and filters that reports write above their columns take fewer rows than this. */
const mostAbove = 20

/** The record that names the columns: the first, unless a later one names more that are known by name. */
function headerOf(records: readonly (readonly string[])[]): number {
  let best = { at: 0, known: 0 }
  for (const [at, values] of records.slice(0, mostAbove).entries()) {
    const known = new Set(values.filter(isKnownHeader).map(plainHeader)).size
    if (known > best.known && (at === 0 || known > 1)) best = { at, known }
  }
  return best.at
}

/** Columns up to the last that has a name. */
export const namedWidth = (headers: readonly string[]): number =>
  headers.findLastIndex((header) => header !== '') + 1

interface Record {
  readonly line: number
  readonly values: string[]
}

/** The first records of a file's beginning. Of one that goes on beyond it the reading ends with enough of them. */
async function recordsOf(opening: Opening, form: Pick<Inspection, 'delimiter' | 'quote'>): Promise<Record[]> {
  const scanner = new RecordScanner({ ...bytesOf(form), firstLine: opening.firstLine })
  const { head, whole } = opening
  const records: Record[] = []
  const taken = () => {
    for (const record of splitBlock(scanner.take().toString('utf8'))) records.push(record)
  }
  try {
    for (let from = 0; from < head.length && (whole || records.length < sampleRecords); from += pieceBytes) {
      if (from > 0) await othersTurn(opening)
      scanner.push(head.subarray(from, from + pieceBytes))
      if (records.length < sampleRecords) taken()
    }
    if (whole) scanner.end()
  } catch (error) {
    // With another separator the same text may read well; with none it is refused.
    if (!(error instanceof UnreadableRecord)) throw error
    if (scanner.records === 0 && form.delimiter === ',') throw error
  }
  if (records.length < sampleRecords) taken()
  return records.slice(0, sampleRecords)
}

const splitBlock = (block: string): Record[] =>
  block
    .split('\n')
    .slice(0, -1)
    .map((record) => {
      const [line, ...values] = record.split(fieldSeparator)
      return { line: Number(line), values }
    })

/** A date that says which comes first, and where it stands. */
interface Saying {
  readonly sample: string
  readonly place: Place
}

/** What the whole column says of day and month: which comes first, and the first value that says day and the first that says month. */
async function saidByDays(
  opening: Opening,
  fileName: string,
  form: Pick<Inspection, 'delimiter' | 'quote'>,
  position: number,
  known: readonly FileBegin[],
): Promise<{ decided: ReturnType<typeof dayOrMonthFirst>; day: Saying | null; month: Saying | null }> {
  const scanner = new RecordScanner({ ...bytesOf(form), firstLine: opening.firstLine, keep: [position] })
  const begins = [...known]
  const onPart = ({ name, lines, own }: ZippedPart) =>
    begins.push({ name: `${fileName}/${name}`, line: opening.jsonPaths ? lines + 1 : scanner.line, own })
  const days = new Set<string>()
  const said: { day: Saying | null; month: Saying | null } = { day: null, month: null }
  for await (const piece of readSource(opening, fileName, undefined, undefined, onPart)) {
    scanner.push(piece)
    // The day alone decides, and there are few of them.
    for (const { line, values } of splitBlock(scanner.take().toString('utf8'))) {
      const sample = (values[0] ?? '').trim().split(/[ T]/)[0]!
      if (days.has(sample)) continue
      days.add(sample)
      const says = dayOrMonthFirst([sample])
      if (says === 'day-first') said.day ??= { sample, place: placeIn(begins, line) }
      if (says === 'month-first') said.month ??= { sample, place: placeIn(begins, line) }
    }
  }
  return { decided: dayOrMonthFirst(days), ...said }
}
