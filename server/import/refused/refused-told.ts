import { createReadStream } from 'node:fs'
import { csvCell } from '../../csv/csv.ts'
import type { Language } from '../../messages/messages.ts'
import { kindReasons } from '../kinds/catalogue.ts'
import { type RowReason, rowReasons } from '../values/normalise.ts'
import { titlesBefore } from './refused-columns.ts'
import { reasonSentence } from './refused-file.ts'

/**
 * A file of refused rows as it is read in a language, whichever it was written in: the titles that stand before the rows'
 * own columns, and the reasons. A reason that is no sentence of these stays, and all else stays to the byte.
 */
export async function* refusedTold(path: string, language: Language): AsyncGenerator<string> {
  const told = toldIn(language)
  let before: number | null = null
  for await (const records of recordsOf(path)) {
    let text = ''
    for (const record of records) {
      if (before !== null) {
        const cell = before === 0 ? undefined : cellsOf(record, before).at(-1)
        text += cell ? record.slice(0, cell.from) + csvCell(told(cell.value)) + record.slice(cell.to) : record
        continue
      }
      const header = record.replace(/^\ufeff/, '')
      const cells = cellsOf(header)
      const titles = titlesBefore(
        language,
        cells.map(({ value }) => value),
      )
      before = titles.reason
      const last = cells[titles.all.length - 1]
      text += last ? `\ufeff${titles.all.map(csvCell).join(',')}${header.slice(last.to)}` : record
    }
    yield text
  }
}

const languages = ['en', 'zh-CN'] as const
/** Stands where a sentence holds a value. */
const held = '\u0000'

/** A reason in this language, of one in any. */
function toldIn(language: Language): (reason: string) => string {
  const plain = new Map<string, RowReason>()
  const holding: { reason: RowReason; begin: string; end: string }[] = []
  for (const reason of [...rowReasons, ...kindReasons])
    for (const one of languages) {
      plain.set(reasonSentence(one, { reason, value: null }), reason)
      const [begin, end] = reasonSentence(one, { reason, value: held }).split(held)
      if (end !== undefined) holding.push({ reason, begin: begin!, end })
    }
  return (said) => {
    const reason = plain.get(said)
    if (reason) return reasonSentence(language, { reason, value: null })
    const found = holding.find(
      ({ begin, end }) =>
        said.length > begin.length + end.length && said.startsWith(begin) && said.endsWith(end),
    )
    if (!found) return said
    const value = said.slice(found.begin.length, said.length - found.end.length)
    return reasonSentence(language, { reason: found.reason, value })
  }
}

interface Cell {
  readonly value: string
  readonly from: number
  readonly to: number
}

/** The first cells of a record, with the places between which each stands. */
function cellsOf(record: string, most = Number.POSITIVE_INFINITY): Cell[] {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  const cells: Cell[] = []
  while (cells.length < most) {
    const from = cell.lastIndex
    const [, quoted, plain, end] = cell.exec(record) ?? []
    if (end === undefined) break
    const value = quoted === undefined ? plain! : quoted.replaceAll('""', '"')
    cells.push({ value, from, to: cell.lastIndex - end.length })
    if (end !== ',') break
  }
  return cells
}

/** The records of a file that \`csvRow\` wrote, each with its line end, in pieces. */
async function* recordsOf(path: string): AsyncGenerator<string[]> {
  let rest = ''
  for await (const piece of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    const text = rest + (piece as string)
    const records: string[] = []
    let from = 0
    let isQuoted = false
    for (let at = 0; at < text.length; at++) {
      const sign = text.charCodeAt(at)
      if (sign === 0x22) isQuoted = !isQuoted
      else if (sign === 0x0a && !isQuoted) {
        records.push(text.slice(from, at + 1))
        from = at + 1
      }
    }
    rest = text.slice(from)
    yield records
  }
  if (rest !== '') yield [rest]
}
