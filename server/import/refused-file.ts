import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { QueryCancelled } from '../../analytics/engine/engine.ts'
import { csvRow } from '../csv/csv.ts'
import { type Language, sentence } from '../messages/messages.ts'
import type { Readable } from './inspect.ts'
import type { RowReason } from './normalise.ts'
import { fieldSeparator, lineBreakInValue, RecordScanner } from './records.ts'
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
 * Writes the refused rows as CSV: line number, column, reason, and the line as it was in the file,
 * which is read a second time for it. Rows come in the order of the file.
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
  const titles = (['line', 'column', 'reason', 'original'] as const).map((title) =>
    sentence(language, `column.${title}`),
  )
  await write(`\ufeff${csvRow(titles)}`)
  const lines = originals(inspection.fileName, { opening, inspection })
  let line = await lines.next()
  for await (const rows of refused) {
    let text = ''
    for (const row of rows) {
      while (!line.done && line.value.line < row.line) {
        if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
        line = await lines.next()
      }
      const original = !line.done && line.value.line === row.line ? line.value.text : ''
      text += csvRow([String(row.line), row.header ?? '', reasonSentence(language, row), original])
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
): string =>
  reason === 'other-currency' && value !== null
    ? sentence(language, 'row.other-currency-value', { value })
    : sentence(language, `row.${reason}`)

/** Every record of the file with the line where it begins, joined again as it stood. */
async function* originals(
  fileName: string,
  { opening, inspection }: Pick<Readable, 'opening' | 'inspection'>,
): AsyncGenerator<{ line: number; text: string }> {
  const { delimiter } = inspection
  const scanner = new RecordScanner({ delimiter: delimiter.charCodeAt(0) })
  const quoted = (value: string) =>
    value.includes(delimiter) || value.includes('"') || value.includes('\n')
      ? `"${value.replaceAll('"', '""')}"`
      : value
  const taken = function* () {
    for (const record of scanner.take().toString('utf8').split('\n')) {
      if (record === '') continue
      const [line, ...fields] = record.split(fieldSeparator)
      yield {
        line: Number(line),
        text: fields.map((field) => quoted(field.replaceAll(lineBreakInValue, '\n'))).join(delimiter),
      }
    }
  }
  for await (const piece of readSource(opening, fileName)) {
    scanner.push(piece)
    yield* taken()
  }
  scanner.end()
  yield* taken()
}
