import type { Listed, Values } from '../messages/messages.ts'
import type { Reading } from './encoding/encoding.ts'

/** What stops an import before anything changed; the sentences are in server/messages. */
export type RefusalId =
  | 'missing-file'
  | 'directory'
  | 'not-a-file'
  | 'unreadable-file'
  | 'empty'
  | 'binary'
  | 'utf-16'
  | 'unknown-encoding'
  | 'undecided-encoding'
  | 'escaped-encoding'
  | 'not-gzip'
  | 'broken-gzip'
  | 'old-spreadsheet'
  | 'not-a-table'
  | 'broken-zip'
  | 'zip-locked'
  | 'zip-bomb'
  | 'gzip-bomb'
  | 'zip-entries'
  | 'zip-content'
  | 'packed-twice'
  | 'partly-imported'
  | 'unknown-part'
  | 'tables-apart'
  | 'many-tables'
  | 'broken-table'
  | 'broken-workbook'
  | 'formula-without-result'
  | 'broken-parquet'
  | 'long-decimals'
  | 'bad-json'
  | 'deep-json'
  | 'json-array'
  | 'many-columns'
  | 'many-merges'
  | 'long-text'
  | 'one-column'
  | 'lone-column'
  | 'no-table-sheet'
  | 'no-rows'
  | 'no-header'
  | 'damaged-header'
  | 'long-record'
  | 'open-quote'
  | 'missing-columns'
  | 'no-kind'
  | 'part-of-orders'
  | 'no-members'
  | 'hidden-members'
  | 'no-replace'
  | 'preset-columns'
  | 'unknown-column'
  | 'undecided-dates'
  | 'mixed-dates'
  | 'undecided-decimals'
  | 'other-currency-column'
  | 'unconfirmed'
  | 'inbox-unsure'
  | 'inbox-unreadable'
  | 'inbox-kinds'
  | 'import-cancelled'
  | 'import-failed'
  | 'unknown-kind'
  | 'unknown-preset'
  | 'bad-map'
  | 'unknown-upload'
  | 'unknown-import'
  | 'undone-already'
  | 'not-undoable'
  | 'import-running'
  | 'nothing-accepted'
  | 'changed-while-reading'
  | 'disk-full'
  | 'folder-unwritable'

/** An expected refusal, as a value. */
export interface Refusal {
  readonly kind: 'refused'
  readonly id: RefusalId
  readonly values: Values
}

const mostNamed = 40

/** The names of columns for a sentence: of very many the first ones. */
export const columnNames = (headers: readonly string[]): Listed => ({
  listed:
    headers.length <= mostNamed
      ? headers
      : [...headers.slice(0, mostNamed), `… (+${headers.length - mostNamed})`],
})

export const refusal = (id: RefusalId, values: Refusal['values'] = {}): Refusal => ({
  kind: 'refused',
  id,
  values,
})

/** Carries a refusal out of a stream or a worker; turned back into the value where the import is run. */
export class Stopped extends Error {
  override name = 'Stopped'
  readonly refusal: Refusal
  constructor(id: RefusalId, values: Refusal['values'] = {}) {
    super(id)
    this.refusal = refusal(id, values)
  }
}

/** How a text reads in each of several encodings, on one line. */
export const readingsText = (readings: readonly Reading[]): string =>
  readings.map(({ encoding, sample }) => `${encoding} “${sample}”`).join('; ')

/** A text that may be written in several encodings, with how it reads in each. */
export const undecidedEncoding = (file: string, readings: readonly Reading[]): Refusal =>
  refusal('undecided-encoding', {
    file,
    readings: readingsText(readings),
    encodings: { listed: readings.map(({ encoding }) => encoding) },
  })
