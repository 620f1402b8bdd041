import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { QueryCancelled } from '../../analytics/engine/engine.ts'
import type { Words } from '../../analytics/schema/described.ts'
import { csvRow } from '../csv/csv.ts'
import { type Language, phrase, type Said, sentence } from '../messages/messages.ts'
import { type Known, rowsKnown } from '../rights/refused-rows.ts'
import type { AnyField } from './import-kinds.ts'
import type { Readable } from './inspect.ts'
import type { Mapping } from './mapping.ts'
import { kindNamed, ownReason } from './kinds/catalogue.ts'
import { fieldsOf, nameFromFile } from './kinds/kind.ts'
import type { RowReason, rowReasons } from './normalise.ts'
import { bytesOf, fieldSeparator, lineBreakInValue, RecordScanner } from './records.ts'
import { readSource } from './source.ts'

/** A refused row: where it begins, why, and the header of the column that is to blame, if one is. */
export interface RefusedRow {
  readonly line: number
  readonly reason: RowReason
  /** What the reason is about, where naming it helps. */
  readonly value: string | null
  readonly header: string | null
}

/**
 * Writes the refused rows as CSV: line number, column, reason, and behind them the row's own columns as
 * they were in the file, which is read a second time for it. Mended, the file can be imported as it is: what
 * the name of the file said, where a kind takes it from there, stands in a column of its own. Of a mended file
 * the columns that this wrote before its own are not repeated. Rows come in the order of the file. Of rows that name
 * somebody whom the deletion list knows (`known`) line, column and reason stand alone.
 */
export async function writeRefused(
  path: string,
  { opening, inspection, mapping }: Readable,
  refused: AsyncIterable<readonly RefusedRow[]>,
  language: Language,
  signal: AbortSignal,
  known: Known | null = null,
): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600 })
  const written = finished(file)
  written.catch(() => {}) // a full disk is told by the next write
  const write = async (text: string) => {
    if (!file.write(text)) await Promise.race([once(file, 'drain'), written])
  }
  const before = columnsBefore(inspection.headers)
  const mended = fromFileColumn(inspection.headers)
  const named = mended !== null || isNamedByFile(mapping)
  await write(
    `\ufeff${csvRow([...titles(language), ...(named ? [fromFile(language)] : []), ...inspection.headers.slice(before)])}`,
  )
  const lines = originals(inspection.fileName, { opening, inspection })
  let line = await lines.next()
  for await (const rows of refused) {
    const taken: { readonly row: RefusedRow; readonly cells: readonly string[] }[] = []
    for (const row of rows) {
      while (!line.done && line.value.line < row.line) {
        if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
        line = await lines.next()
      }
      const original = !line.done && line.value.line === row.line ? line.value.values : []
      const name = mended === null ? nameFromFile(inspection.fileName) : (original[mended] ?? '')
      taken.push({ row, cells: [...(named ? [name] : []), ...original.slice(before)] })
    }
    const deleted =
      known &&
      (await rowsKnown(
        taken.map(({ cells }) => cells),
        known,
      ))
    await write(
      taken
        .map(({ row, cells }, place) =>
          csvRow([
            String(row.line),
            row.header ?? '',
            reasonSentence(language, row),
            ...(deleted?.has(place) ? cells.map(() => '') : cells),
          ]),
        )
        .join(''),
    )
  }
  await lines.return(undefined)
  file.end()
  await written
}

/** Why a row was refused, with the value that is to blame where it is known; in no language yet. */
export const reasonOf = ({ reason, value }: Pick<RefusedRow, 'reason' | 'value'>): Said | Words => {
  if (reason.includes('.')) return ownReason(reason)!
  const general = reason as (typeof rowReasons)[number]
  return (general === 'other-currency' ||
    general === 'short-amount' ||
    general === 'unknown-consent' ||
    general === 'lost-digits') &&
    value !== null
    ? { id: `row.${general}-value`, values: { value } }
    : { id: `row.${general}` }
}

/** Why a row was refused, in a language. */
export const reasonSentence = (language: Language, row: Pick<RefusedRow, 'reason' | 'value'>): string => {
  const reason = reasonOf(row)
  return 'id' in reason ? sentence(language, reason.id, reason.values) : phrase(language, reason)
}

/** The columns that stand before a refused row's own. */
const titles = (language: Language): string[] =>
  (['line', 'column', 'reason'] as const).map((title) => sentence(language, `column.${title}`))

/** The column after them that says what the name of the file did. */
const fromFile = (language: Language): string => sentence(language, 'column.from-file')

/** A field that the name of the file says has no column. */
const isNamedByFile = ({ kind, columns }: Mapping): boolean => {
  const further = kindNamed(kind)
  return (
    further !== undefined &&
    fieldsOf(further).some(([field, one]) => one.fromFile && columns[field as AnyField] === undefined)
  )
}

/** How many columns a mended file of refused rows has before those of the file that they came from: none, three or four. */
export const columnsBefore = (headers: readonly string[]): number => {
  const language = (['en', 'zh-CN'] as const).find((one) =>
    titles(one).every((title, position) => headers[position] === title),
  )
  return language === undefined ? 0 : headers[3] === fromFile(language) ? 4 : 3
}

/** Of a mended file: the column that says what the name of the first file did; null where there is none. */
export const fromFileColumn = (headers: readonly string[]): number | null =>
  columnsBefore(headers) === 4 ? 3 : null

/** Every record of the file with the line where it begins. */
export async function* originals(
  fileName: string,
  { opening, inspection }: Pick<Readable, 'opening' | 'inspection'>,
): AsyncGenerator<{ line: number; values: string[] }> {
  const scanner = new RecordScanner({
    ...bytesOf(inspection),
    firstLine: opening.firstLine,
  })
  const taken = function* () {
    for (const record of scanner.take().toString('utf8').split('\n')) {
      if (record === '') continue
      const [line, ...fields] = record.split(fieldSeparator)
      yield { line: Number(line), values: fields.map((field) => field.replaceAll(lineBreakInValue, '\n')) }
    }
  }
  for await (const piece of readSource(opening, fileName)) {
    scanner.push(piece)
    yield* taken()
  }
  scanner.end()
  yield* taken()
}
