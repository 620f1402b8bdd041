import type { Readable } from '../inspect.ts'
import { bytesOf, fieldSeparator, lineBreakInValue, RecordScanner } from './records.ts'
import { readSource } from './source.ts'

type Opened = Pick<Readable, 'opening' | 'inspection'>

/** The records of a file as they stand in it, of a line that is asked for, each behind the one before. */
export class Originals {
  readonly #pieces: AsyncGenerator<readonly string[]>
  #records: readonly string[] = []
  #at = 0
  #ended = false

  constructor(fileName: string, opened: Opened) {
    this.#pieces = recordsOf(fileName, opened)
  }

  /** The cells of the record that begins on a line; none where no record does. At once, where that was read already. */
  at(line: number): string[] | Promise<string[]> {
    for (; this.#at < this.#records.length; this.#at++) {
      const record = this.#records[this.#at]!
      const begins = Number.parseInt(record, 10)
      if (begins === line) return cellsOf(record)
      if (begins > line) return []
    }
    return this.#ended ? [] : this.#readOn(line)
  }

  async #readOn(line: number): Promise<string[]> {
    const { done, value } = await this.#pieces.next()
    this.#ended = done === true
    this.#records = value ?? []
    this.#at = 0
    return this.at(line)
  }

  async close(): Promise<void> {
    await this.#pieces.return(undefined)
  }
}

/** The cells of every record of a file, in pieces; of the columns in `keep`, in their order, where it is given. */
export async function* cellsOfAll(
  fileName: string,
  opened: Opened,
  keep?: readonly number[],
  onRead?: (bytes: number) => void,
): AsyncGenerator<string[][]> {
  for await (const records of recordsOf(fileName, opened, keep, onRead)) yield records.map(cellsOf)
}

/** The same, each with the line on which it begins. */
export async function* linesAndCells(
  fileName: string,
  opened: Opened,
  keep: readonly number[],
): AsyncGenerator<{ readonly line: number; readonly cells: readonly string[] }[]> {
  for await (const records of recordsOf(fileName, opened, keep))
    yield records.map((record) => ({ line: Number.parseInt(record, 10), cells: cellsOf(record) }))
}

async function* recordsOf(
  fileName: string,
  { opening, inspection }: Opened,
  keep?: readonly number[],
  onRead?: (bytes: number) => void,
): AsyncGenerator<readonly string[]> {
  const scanner = new RecordScanner({
    ...bytesOf(inspection),
    firstLine: opening.firstLine,
    ...(keep ? { keep } : {}),
  })
  const taken = () => {
    const records = scanner.take().toString('utf8').split('\n')
    records.pop() // behind the last line break stands nothing
    return records
  }
  for await (const piece of readSource(opening, fileName, onRead)) {
    scanner.push(piece)
    yield taken()
  }
  scanner.end()
  yield taken()
}

const cellsOf = (record: string): string[] => {
  const [, ...cells] = record.split(fieldSeparator)
  return record.includes(lineBreakInValue)
    ? cells.map((cell) => cell.replaceAll(lineBreakInValue, '\n'))
    : cells
}
