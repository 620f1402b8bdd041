import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { QueryCancelled } from '../../analytics/engine/engine.ts'
import { csvRow } from '../csv/csv.ts'
import { type Language, phrase, sentence } from '../messages/messages.ts'
import type { Readable } from './inspect.ts'
import { ownReason } from './kinds/catalogue.ts'
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
 * they were in the file, which is read a second time for it. Mended, the file can be imported as it is.
 * Rows come in the order of the file.
 */
export async function writeRefused(
  path: string,
  { opening, inspection }: Readable,
  refused: AsyncIterable<readonly RefusedRow[]>,
  language: Language,
  signal: AbortSignal,
): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600 })
  const written = finished(file)
  written.catch(() => {}) // a full disk is told by the next write
  const write = async (text: string) => {
    if (!file.write(text)) await Promise.race([once(file, 'drain'), written])
  }
  await write(`\ufeff${csvRow([...titles(language), ...inspection.headers])}`)
  const lines = originals(inspection.fileName, { opening, inspection })
  let line = await lines.next()
  for await (const rows of refused) {
    let text = ''
    for (const row of rows) {
      while (!line.done && line.value.line < row.line) {
        if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
        line = await lines.next()
      }
      const original = !line.done && line.value.line === row.line ? line.value.values : []
      text += csvRow([String(row.line), row.header ?? '', reasonSentence(language, row), ...original])
    }
    await write(text)
  }
  await lines.return(undefined)
  file.end()
  await written
}

/** Why a row was refused, with the value that is to blame where it is known. */
export const reasonSentence = (
  language: Language,
  { reason, value }: Pick<RefusedRow, 'reason' | 'value'>,
): string => {
  if (reason.includes('.')) return phrase(language, ownReason(reason)!)
  const general = reason as (typeof rowReasons)[number]
  return (general === 'other-currency' || general === 'unknown-consent' || general === 'lost-digits') &&
    value !== null
    ? sentence(language, `row.${general}-value`, { value })
    : sentence(language, `row.${general}`)
}

/** The columns that stand before a refused row's own. */
const titles = (language: Language): string[] =>
  (['line', 'column', 'reason'] as const).map((title) => sentence(language, `column.${title}`))

/** How many columns a mended file of refused rows has before those of the file that they came from: none or three. */
export const columnsBefore = (headers: readonly string[]): number =>
  (['en', 'zh-CN'] as const).some((language) =>
    titles(language).every((title, position) => headers[position] === title),
  )
    ? 3
    : 0

/** Every record of the file with the line where it begins. */
async function* originals(
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
