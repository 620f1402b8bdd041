import { languageOf, type MessageKey, phrase, say } from '../../messages/messages.ts'
import { moneyText } from '../../messages/money.ts'
import { importKinds, kindToSay } from '../import-kinds.ts'
import type { Inspection } from '../inspect.ts'
import { kindNamed } from '../kinds/catalogue.ts'
import { readingsText } from '../refusal.ts'
import type { PersonHint } from '../columns/person-hint.ts'
import type { FinalReceipt } from './receipt.ts'
import { givenBackLines } from '../refunds/told.ts'

/** What the command line says of an import, in the language of its user. */

/** A receipt as the server tells it: reasons as sentences, the rounding difference in the currency. */
export type ToldReceipt = Omit<FinalReceipt, 'reasons' | 'tables' | 'refundDoubts'> & {
  readonly tables: readonly string[]
  readonly reasons: readonly (FinalReceipt['reasons'][number] & { readonly sentence: string })[]
  readonly rounding: string
  readonly net: string | null
  readonly currency: string
  readonly refunds: string | null
  readonly refundDoubts: readonly string[]
  readonly people: readonly string[]
  /** All that it says was there already. */
  readonly nothingNew: boolean
}

/** An inspection as the server tells it: what became of its tables as sentences. */
export type ToldInspection = Omit<Inspection, 'tables'> & {
  readonly tables: readonly string[]
  readonly joined: boolean
  /** Columns of one name of which one is taken, in sentences. */
  readonly repeated: readonly string[]
  readonly alone: Pick<Inspection, 'container' | 'sheet' | 'jsonLines' | 'encoding' | 'delimiter'> | null
}

const separators = {
  ',': 'separator.comma',
  ';': 'separator.semicolon',
  '\t': 'separator.tab',
  '|': 'separator.bar',
} as const satisfies Record<Inspection['delimiter'], MessageKey>

const shownColumns = 100

/** The columns of a file with what they are taken for, how surely, and samples. */
export function mappingText({
  preset,
  remembered,
  personHint,
  sampled,
  otherKinds,
  fileName,
  headerLine,
  columns,
  map,
  questions,
  ...form
}: ToldInspection): string {
  const rows = columns
    .slice(0, shownColumns)
    .flatMap(({ position, header, field, confidence, samples, unread }) => {
      const named = columns.filter((column) => column.header === header).length
      const title = named > 1 ? say('column-numbered', { header, number: position + 1 }) : header
      const share = field ? `${Math.round(confidence * 100)} %`.padStart(5) : '     '
      return [
        `  ${title.padEnd(24)} ${(field ?? '–').padEnd(14)} ${share}  ${samples.join(' | ').slice(0, 60)}`,
        ...(unread ? [`    ${say('column-unread', { ...unread })}`] : []),
      ]
    })
  const unknown = questions.flatMap((question) =>
    question.kind === 'states'
      ? [`  ${say('states-unknown', { words: { listed: question.words } })}`]
      : question.kind === 'encoding'
        ? [`  ${say('form.readings', { readings: readingsText(question.readings.slice(1)) })}`]
        : [],
  )
  const about = say('file-read-as', {
    file: fileName,
    form: formText({ ...form, ...form.alone }),
    header: headerLine,
    dates: {
      id: `read-dates.${map.dates ?? (questions.some(({ kind }) => kind === 'dates') ? 'open' : 'none')}`,
    },
    zone: map.timeZone,
    mark: map.decimalMark,
  })
  const further = kindNamed(map.kind)
  const kind = `  ${say('file-kind', {
    kind: map.kind,
    title: further ? phrase(languageOf(), further.title) : '',
    others: { listed: importKinds.filter((one) => one !== map.kind) },
  })}`
  if (columns.length > shownColumns) rows.push(`  … (+${columns.length - shownColumns})`)
  const known = remembered
    ? [
        `  ${say('columns-remembered', { file: remembered.fileName, day: remembered.importedAt.slice(0, 10) })}`,
      ]
    : []
  const hint = personHint ? [`  ${personHintText(personHint, sampled)}`] : []
  return [
    preset ? say('file-recognised', { about, preset }) : about,
    ...form.tables.map((note) => `  ${note}`),
    kind,
    ...(otherKinds.length > 0
      ? [`  ${say('file-kinds', { kinds: { named: otherKinds.map(kindToSay) } })}`]
      : []),
    ...known,
    ...rows,
    ...form.repeated.map((note) => `  ${note}`),
    ...unknown,
    ...hint,
  ].join('\n')
}

const personHintText = ({ header, other, otherIs }: PersonHint, rows: number): string =>
  other === null
    ? say('person-hint', { header, rows })
    : otherIs === null
      ? say('person-hint-other', { header, other, rows })
      : say('person-hint-kind', { header, other, rows, kind: otherIs })

/** What becomes of files that are given together, as the server tells it. */
export interface ToldParts {
  readonly fileName: string
  readonly parts: readonly {
    readonly part: string
    readonly fileName: string
    readonly title: string
    readonly names: readonly string[]
    readonly rows: number | null
    readonly refusal: string | null
  }[]
  readonly unused: readonly string[]
}

/** Which table becomes what, in the order in which they are imported, and what can't be taken. */
export const partsText = ({ fileName, parts, unused }: ToldParts): string =>
  [
    say('parts', { file: fileName, n: parts.filter(({ refusal }) => refusal === null).length }),
    ...parts.map(({ names, title, rows, refusal }) =>
      refusal === null
        ? `  ${say('part', { tables: { listed: names }, kind: title, rows: rows ?? 0, counted: rows === null ? 'no' : 'yes' })}`
        : `  ${say('part-refused', { tables: { listed: names }, why: refusal })}`,
    ),
    ...unused.map((note) => `  ${note}`),
  ].join('\n')

/** What the file is written in. */
function formText({
  container,
  sheet,
  otherSheets,
  jsonLines,
  encoding,
  delimiter,
  joined,
}: Pick<
  ToldInspection,
  'joined' | 'container' | 'sheet' | 'otherSheets' | 'jsonLines' | 'encoding' | 'delimiter'
>): string {
  if (joined) return say('form.tables')
  if (container === 'parquet') return say('form.parquet')
  if (container === 'xlsx')
    return say('form.workbook', {
      sheet: sheet ?? '',
      others: otherSheets.length,
      names: { listed: otherSheets },
    })
  if (jsonLines) return say('form.json-lines')
  return say('form.delimited', { encoding, separator: say(separators[delimiter]) })
}

/** One line of progress; at a terminal it is written over the one before. */
export const progressText = (state: {
  bytes: number
  bytesRead: number
  rows: number
  rowsPerSecond: number
  secondsLeft: number | null
  phase: 'waiting' | 'reading' | 'saving' | 'committing' | 'done' | 'refused' | 'cancelled' | 'failed'
}): string => {
  const progress = say('progress', {
    phase: say(`phase.${state.phase}`),
    share: state.bytesRead / Math.max(1, state.bytes),
    rows: state.rows,
    rate: state.rowsPerSecond,
  })
  const left = state.secondsLeft === null ? '' : say('progress-left', { seconds: state.secondsLeft })
  const end = process.stderr.isTTY && state.phase !== 'done' ? '\u001b[K\r' : '\n'
  return `${progress}${left}${end}`
}

/** The counts that `read` is made up of. */
export const countsOf = ({
  imported,
  unchanged,
  refused,
}: Pick<FinalReceipt, 'imported' | 'unchanged' | 'refused'>) => ({ imported, unchanged, refused })

/** What came of an import: the counts, why rows were refused and where they are. */
export const receiptText = (receipt: ToldReceipt): string =>
  [
    say(receipt.dryRun ? 'would-import' : 'did-import', {
      file: receipt.fileName,
      read: receipt.read,
      counts: say('import-counts', countsOf(receipt)),
    }),
    ...receipt.tables,
    ...(receipt.nothingNew ? [say('nothing-new')] : []),
    ...(receipt.givenBack
      ? [
          say('refunds-contents', { duplicates: receipt.duplicates, rounding: receipt.rounding }),
          ...givenBackLines(receipt.givenBack),
        ]
      : [
          say('import-contents', {
            members: receipt.members,
            orders: receipt.orders,
            guests: receipt.guestOrders,
            duplicates: receipt.duplicates,
            rounding: receipt.rounding,
          }),
          ...(receipt.firstDay && receipt.lastDay
            ? [say('import-days', { from: receipt.firstDay, to: receipt.lastDay, net: receipt.net ?? '–' })]
            : []),
          say('import-orders', { new: receipt.newOrders, restated: receipt.corrected }),
        ]),
    ...receipt.people,
    ...monthLines(receipt),
    ...(receipt.refunds ? [receipt.refunds] : []),
    ...receipt.refundDoubts,
    ...(receipt.toldTwice ? [say('orders-told-twice', { orders: receipt.toldTwice })] : []),
    ...(receipt.unpaidOrders > 0 ? [say('orders-unpaid', { orders: receipt.unpaidOrders })] : []),
    ...(receipt.closedOrders > 0 ? [say('orders-closed', { orders: receipt.closedOrders })] : []),
    ...(receipt.emptyOrders > 0 ? [say('orders-empty', { orders: receipt.emptyOrders })] : []),
    ...(receipt.superseded ? [say('superseded', { orders: receipt.superseded })] : []),
    ...(receipt.splitRows ? [say('split-rows', { rows: receipt.splitRows })] : []),
    ...(receipt.fewerLines > 0 ? [say('fewer-lines', { orders: receipt.fewerLines })] : []),
    ...(receipt.lostLines ? [say('lost-lines', { orders: receipt.lostLines })] : []),
    ...(receipt.looseRows ? [say('loose-rows', { rows: receipt.looseRows })] : []),
    ...receipt.reasons.map(({ sentence, rows }) => `  ${rows} × ${sentence}`),
    ...(receipt.refusedFile ? [say('refused-file', { file: receipt.refusedFile })] : []),
    ...(receipt.alreadyThere
      ? [receipt.importId === null ? say('same-file-dry') : say('same-file', { importId: receipt.importId })]
      : []),
  ].join('\n')

const monthsTold = 6

/** The months that an import changes, the latest first; of a first import, which makes every month, the latest alone. */
export function monthLines({ months, currency }: Pick<ToldReceipt, 'months' | 'currency'>): string[] {
  const isFirst = months.every(({ before }) => before.orders === 0 && before.netMinor === 0)
  const money = (minor: number) => moneyText(minor, currency, languageOf())
  const shown = isFirst ? 1 : monthsTold
  const lines = months.slice(0, shown).map(({ month, before, after, restated }) =>
    say(restated ? 'month-restated' : 'month-changed', {
      month: month.slice(0, 7),
      before: money(before.netMinor),
      after: money(after.netMinor),
      what: before.orders === after.orders ? 'net' : before.netMinor === after.netMinor ? 'orders' : 'both',
      ordersBefore: before.orders,
      ordersAfter: after.orders,
    }),
  )
  return months.length > shown ? [...lines, `  … (+${months.length - shown})`] : lines
}
