import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { setImmediate as othersTurn } from 'node:timers/promises'
import { QueryCancelled } from '../../../analytics/engine/engine.ts'
import type { Words } from '../../../analytics/schema/described.ts'
import { csvCell, csvRow } from '../../csv/csv.ts'
import { type Language, phrase, type Said, sentence } from '../../messages/messages.ts'
import { type Known, rowsKnown } from '../../rights/refused-rows.ts'
import type { AnyField } from '../import-kinds.ts'
import { type FileBegin, type Place, placeIn } from '../reading/file-begins.ts'
import type { Readable } from '../inspect.ts'
import type { Mapping } from '../columns/mapping.ts'
import { kindNamed, ownReason } from '../kinds/catalogue.ts'
import { fieldsOf, nameFromFile } from '../kinds/kind.ts'
import type { RowReason, rowReasons } from '../values/normalise.ts'
import { Originals } from '../reading/originals.ts'
import { columnsBefore, fromFile, fromFileColumn, isOfSeveralFiles, titlesOf } from './refused-columns.ts'

/** A refused row: where it begins, why, and the header of the column that is to blame, if one is. */
export interface RefusedRow {
  readonly line: number
  readonly reason: RowReason
  /** What the reason is about, where naming it helps. */
  readonly value: string | null
  readonly header: string | null
  /** Of a batch: which of its items it is of. */
  readonly item?: number
  /** What it says, where it never stood in the file. */
  readonly cells?: readonly string[]
}

/** How many rows were refused for a reason; `header`: the column that is to blame, if one is. */
export interface CountedReason {
  readonly reason: RowReason
  readonly field: string | null
  readonly header?: string
  readonly rows: number
  /** Of several files that were read as one: where the first of them stands. */
  readonly first?: Place
}

/** The header of the column in which a field stands. */
export const headerOf = ({ inspection, mapping }: Readable, field: string | null): string | null => {
  const position = field === null ? undefined : (mapping.columns as Record<string, number>)[field]
  return position === undefined ? null : (inspection.headers[position] ?? null)
}

/**
 * Writes the refused rows as CSV: file (of several that are read as one, `files`), line number there, column, reason, and behind them the row's own columns as
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
  {
    known = null,
    files = [],
    ofItems = false,
    marks = [],
  }: {
    readonly known?: Known | null
    readonly files?: readonly FileBegin[]
    /** They are items of a batch, named by their places. */
    readonly ofItems?: boolean
    /** Of which imports they are the rest, where mended rows have to be put together with their orders. */
    readonly marks?: readonly string[]
  } = {},
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
  const ofSeveral = isOfSeveralFiles(inspection.headers)
  await write(
    `\ufeff${csvRow([...titlesOf(language, ofItems ? 'item' : files.length > 0 || ofSeveral ? 'file' : 'line', marks), ...(named ? [fromFile(language)] : []), ...inspection.headers.slice(before)])}`,
  )
  const lines = new Originals(inspection.fileName, { opening, inspection })
  const nameOfFile = nameFromFile(inspection.fileName)
  const why = reasonCells(language)
  const where = (joinedLine: number) => {
    const { file: name, line } = placeIn(files, joinedLine)
    return name === null ? line : `${csvCell(name)},${line}`
  }
  for await (const rows of refused) {
    const taken: (readonly string[])[] = []
    const stood: string[] = []
    for (const row of rows) {
      if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
      const there = row.cells ? [...row.cells] : lines.at(row.line)
      const original = there instanceof Promise ? await there : there
      const name = mended === null ? nameOfFile : (original[mended] ?? '')
      const own = before === 0 ? original : original.slice(before)
      taken.push(named ? [name, ...own] : own)
      // mended rows of several files keep their places there, because an order may stand in more than one of them
      stood.push(
        ofSeveral
          ? `${csvCell(original[0] ?? '')},${csvCell(original[1] ?? '')}`
          : `${row.item ?? where(row.line)}`,
      )
    }
    const deleted = known && (await rowsKnown(taken, known))
    await write(
      taken
        .map(
          (cells, place) =>
            `${stood[place]!},${why(rows[place]!)},${csvRow(deleted?.has(place) ? cells.map(() => '') : cells)}`,
        )
        .join(''),
    )
    await othersTurn()
  }
  await lines.close()
  file.end()
  await written
}

/** The cells with the column and the reason, ready for CSV; of millions of rows most have the same. */
function reasonCells(language: Language): (row: RefusedRow) => string {
  const known = new Map<string, string>()
  return (row) => {
    const key = row.value === null ? `${row.reason} ${row.header ?? ''}` : null
    const before = key === null ? undefined : known.get(key)
    if (before !== undefined) return before
    const cells = `${csvCell(row.header ?? '')},${csvCell(reasonSentence(language, row))}`
    if (key !== null) known.set(key, cells)
    return cells
  }
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

/** Why rows were refused, with the column where one is to blame. Reports from before that was kept have none. */
export const reasonsInWords = <Counted extends CountedReason>(
  language: Language,
  reasons: readonly Counted[],
) =>
  reasons.map((counted) => {
    const reason = reasonSentence(language, { reason: counted.reason, value: null })
    const { header, first } = counted
    const said = header ? sentence(language, 'row.in-column', { header, reason }) : reason
    const isPlaced = first?.file ?? null
    return {
      ...counted,
      sentence:
        isPlaced === null
          ? said
          : sentence(language, 'row.first-at', { said, file: isPlaced, line: first!.line }),
    }
  })

/** A field that the name of the file says has no column. */
const isNamedByFile = ({ kind, columns }: Mapping): boolean => {
  const further = kindNamed(kind)
  return (
    further !== undefined &&
    fieldsOf(further).some(([field, one]) => one.fromFile && columns[field as AnyField] === undefined)
  )
}
