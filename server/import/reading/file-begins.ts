import type { Said } from '../../messages/messages.ts'
import { type Refusal, refusal } from '../refusal.ts'

/** Of several files that are read as one: what one is called, and on which line its rows begin, in what is read and in the file itself. */
export interface FileBegin {
  readonly name: string
  readonly line: number
  readonly own: number
}

/** The same, with how many of the rows that were read are its. */
export interface FileRead extends FileBegin {
  readonly rows: number
}

/** Where a row stands: on which line, and of which file, where several are read as one. */
export interface Place {
  readonly file: string | null
  readonly line: number
}

/** Where the row of a line stands in its own file. `begins` are in the order of their lines; none: there is one file. */
export function placeIn(begins: readonly FileBegin[], line: number): Place {
  let [low, high] = [0, begins.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (begins[middle]!.line <= line) low = middle + 1
    else high = middle
  }
  const begin = begins[low - 1]
  return begin ? { file: begin.name, line: line - begin.line + begin.own } : { file: null, line }
}

/** What stops the reading of several files as one, with the file and the line there. */
export function inItsFile(stopped: Refusal, begins: readonly FileBegin[]): Refusal {
  const { line } = stopped.values
  if (typeof line !== 'number') return stopped
  const place = placeIn(begins, line)
  return place.file === null
    ? stopped
    : refusal(stopped.id, { ...stopped.values, file: place.file, line: place.line })
}

/** Where a value stands, for a sentence. */
export const saidPlace = ({ file, line }: Place): Said =>
  file === null ? { id: 'place.line', values: { line } } : { id: 'place', values: { file, line } }
