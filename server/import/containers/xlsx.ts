import { SaxesParser, type SaxesTagPlain } from 'saxes'
import type { Entry } from 'yauzl'
import { longestRecord } from '../reading/records.ts'
import { Stopped } from '../refusal.ts'
import { delimitedLine } from './delimited.ts'
import { carriedDown, mergesOf } from './merges.ts'
import type { Archive } from './zip.ts'

export const isWorkbook = ({ entries }: Archive): boolean =>
  entries.some(({ fileName }) => fileName === 'xl/workbook.xml')

/** A sheet of a workbook, and where its cells lie in the archive; null: it is a chart and has none. */
export interface Sheet {
  readonly name: string
  readonly path: string | null
}

/** The sheets that are not hidden, in their order. Throws `Stopped` where none of them has cells. */
export async function sheetsOf(archive: Archive, named: string): Promise<Sheet[]> {
  const sheets: { name: string; id: string; hidden: boolean }[] = []
  await elements(archive, 'xl/workbook.xml', named, (tag, attributes) => {
    if (tag === 'sheet')
      sheets.push({
        name: attributes.name ?? '',
        id: attributes['r:id'] ?? attributes.id ?? '',
        hidden: (attributes.state ?? 'visible') !== 'visible',
      })
  })
  const parts = new Map<string, string | null>()
  await elements(archive, 'xl/_rels/workbook.xml.rels', named, (tag, attributes) => {
    const { Id: id = '', Type: type = '', Target: target = '' } = attributes
    if (tag !== 'Relationship') return
    const isChart = type.endsWith('/chartsheet')
    parts.set(id, isChart ? null : target.startsWith('/') ? target.slice(1) : `xl/${target}`)
  })
  const seen = sheets
    .filter(({ hidden }) => !hidden)
    // a part that is not there is told when it is read
    .map(({ name, id }): Sheet => ({ name, path: parts.has(id) ? parts.get(id)! : '' }))
  if (!seen.some(({ path }) => path !== null)) throw new Stopped('broken-workbook', { file: named })
  return seen
}

/**
 * The rows of a sheet (`path` in its workbook) as delimited text, row n on line n: values as they are stored, of
 * formulas their last result, dates as ISO text by the cell's format, amounts with the currency that the format
 * shows, errors as nothing; what is merged downward on every row that it covers. Streams the sheet, once more for
 * what it merges; shared texts are held in memory, at most `mostShared` characters of them.
 */
export async function* workbookLines(
  archive: Archive,
  path: string,
  named: string,
  onShare: (share: number) => void = () => {},
): AsyncGenerator<string> {
  const shared = await sharedTexts(archive, named)
  const { isDate, isTime, signOf, from1904 } = await styles(archive, named)
  const entry = entryOf(archive, path)
  if (!entry) throw new Stopped('broken-workbook', { file: named })
  const merges = await mergesOf(archive.read(entry), named)
  const carry = merges.length > 0 ? carriedDown(merges) : null
  const lines: string[] = []
  let row = 0
  let cells: string[] = []
  let column = 0
  let width = 0
  let kind = ''
  let style = 0
  let value = ''
  let inValue = false
  let formula = false
  let valued = false
  let phonetic = false
  let rowAt = 0
  const parser = xmlParser(named)
  const opened = (tag: SaxesTagPlain) => {
    const { attributes } = tag
    switch (plainName(tag.name)) {
      case 'row': {
        const at = Number(attributes.r)
        row = at > rowAt && at <= mostRows ? at : rowAt + 1
        lines.push('\n'.repeat(row - rowAt - 1))
        rowAt = row
        cells = []
        column = 0
        break
      }
      case 'c':
        column = attributes.r ? columnOf(attributes.r, column) : column
        kind = attributes.t ?? 'n'
        style = Number(attributes.s ?? 0)
        value = ''
        formula = false
        valued = false
        break
      case 'f':
        formula = true
        break
      case 'rPh': // how a text is pronounced
        phonetic = true
        break
      case 'v':
      case 't':
        valued = true
        inValue = !phonetic
        break
    }
  }
  parser.on('text', (text: string) => {
    if (inValue) value += text
    if (value.length > longestRecord) throw new Stopped('long-record', { file: named, line: row })
  })
  const closed = (tag: SaxesTagPlain) => {
    switch (plainName(tag.name)) {
      case 'v':
      case 't':
        inValue = false
        break
      case 'rPh':
        phonetic = false
        break
      case 'c':
        // nothing would be taken in its place, and nobody would know; only a text may come to nothing
        if (formula && (kind === 'str' ? !valued : value === ''))
          throw new Stopped('formula-without-result', { file: named, line: row })
        while (cells.length < column) cells.push('')
        cells[column] = cellText()
        column++
        break
      case 'row':
        while (cells.length < width) cells.push('')
        carry?.(row, cells)
        width = Math.max(width, cells.length)
        lines.push(cells.some((cell) => cell !== '') ? delimitedLine(cells) : '\n')
        break
    }
  }
  onTags(parser, named, opened, closed)
  const cellText = (): string => {
    switch (kind) {
      case 's': {
        if (value === '') return ''
        const text = shared[Number(value)]
        // what it was nobody knows, and without it a row would be somebody else's
        if (text === undefined) throw new Stopped('broken-workbook', { file: named })
        return text
      }
      case 'str':
      case 'inlineStr':
        return value
      case 'b':
        return value === '1' ? 'TRUE' : value === '' ? '' : 'FALSE'
      case 'e':
        return ''
      case 'd':
        return value.replace('T', ' ')
      default:
        if (value === '') return ''
        if (isTime(style) && Number(value) >= 0 && Number(value) < 1) return timeText(Number(value))
        return isDate(style) || isTime(style)
          ? dateText(Number(value), from1904)
          : signOf(style) + numberText(value)
    }
  }
  for await (const piece of readXml(archive, path, named, onShare)) {
    feed(parser, piece, named)
    yield* lines.splice(0)
  }
  feed(parser, null, named)
  yield* lines.splice(0)
}

export const mostRows = 1 << 20
const mostColumns = 1 << 14
const mostShared = 300_000_000

/** `AB12` is column 27; what names no column stands where it follows. */
function columnOf(reference: string, next: number): number {
  let column = 0
  for (let i = 0; i < reference.length; i++) {
    const letter = reference.charCodeAt(i) - 64
    if (letter < 1 || letter > 26) break
    column = column * 26 + letter
  }
  return column > next && column <= mostColumns ? column - 1 : next
}

/**
 * A stored double as it was typed: spreadsheets show 15 digits, and store what is nearest. Of a longer number
 * the rest is lost, which the text has to show.
 */
function numberText(stored: string): string {
  const number = Number(stored)
  if (!Number.isFinite(number)) return stored
  const shortest = String(number)
  if (shortest.length <= 15 && !shortest.includes('e')) return shortest
  const typed = Number(number.toPrecision(15))
  return Math.abs(typed) < 1e15 ? String(typed) : typed.toExponential().toUpperCase()
}

const dayMs = 86_400_000
/** Serial 0 of the two calendars of spreadsheets; the first has a 29 February 1900 that never was. */
const epochs = { from1900: Date.UTC(1899, 11, 30), from1904: Date.UTC(1904, 0, 1) }

/** The instant on the wall clock that a serial date means. */
export function dateText(serial: number, from1904: boolean): string {
  const epoch = from1904 ? epochs.from1904 : epochs.from1900
  const seconds = Math.round(serial * 86_400)
  const day = Math.floor(seconds / 86_400)
  const date = new Date(epoch + day * dayMs)
  if (!Number.isFinite(serial) || Number.isNaN(date.getTime())) return String(serial)
  const text = date.toISOString().slice(0, 10)
  return seconds === day * 86_400 ? text : `${text} ${clockText(seconds - day * 86_400)}`
}

/** A part of a day on the clock. */
const timeText = (serial: number): string => clockText(Math.min(86_399, Math.round(serial * 86_400)))

const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
const clockText = (seconds: number): string =>
  `${twoDigits[Math.floor(seconds / 3600)]}:${twoDigits[Math.floor(seconds / 60) % 60]}:${twoDigits[seconds % 60]}`

/** The same that show a time of day alone. */
const isTimeFormat = (id: number) => (id >= 18 && id <= 21) || (id >= 45 && id <= 47)
const showsTime = (code: string) => /[hs]/.test(lettersOf(code))

/** Spreadsheets take no longer one; what looks into it takes the square of its length. */
const longestFormat = 255

/** The number formats that spreadsheets know by number and that show a date. */
const isDateFormat = (id: number) =>
  (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)

/** A format of one's own without what it quotes, as letters that stand for parts of a date or time. */
const lettersOf = (code: string) =>
  /general/i.test(code) ? '' : code.replace(/"[^"]*"|\\.|\[[^\]]*\]/g, '').toLowerCase()

/** It shows a date when it names a day or a year, or a month: beside hours and seconds an m is of minutes. */
const showsDate = (code: string) => {
  const letters = lettersOf(code)
  return /[dy]/.test(letters) || (letters.includes('m') && !/[hs]/.test(letters))
}

/** The currency that a number format shows beside the number: its sign or code, or nothing. */
function shownCurrency(code: string): string {
  const [positive = ''] = code.split(';')
  const named = /\[\$([^\]-]+)(-[^\]]*)?\]/.exec(positive)?.[1] ?? positive.replace(/\[[^\]]*\]|["\\]/g, '')
  return /[A-Z]{0,2}\p{Sc}|[元円]|(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])/u.exec(named.trim())?.[0] ?? ''
}

async function styles(archive: Archive, named: string) {
  const own = new Map<number, string>()
  const formats: number[] = []
  let inCells = false
  await elements(archive, 'xl/styles.xml', named, (tag, attributes) => {
    if (tag === 'numFmt' && (attributes.formatCode?.length ?? 0) <= longestFormat)
      own.set(Number(attributes.numFmtId), attributes.formatCode ?? '')
    if (tag === 'cellXfs') inCells = true
    if (tag === 'cellStyles' || tag === 'dxfs') inCells = false
    if (tag === 'xf' && inCells) formats.push(Number(attributes.numFmtId ?? 0))
  })
  let from1904 = false
  await elements(archive, 'xl/workbook.xml', named, (tag, attributes) => {
    if (tag === 'workbookPr') from1904 = attributes.date1904 === '1' || attributes.date1904 === 'true'
  })
  const dates = formats.map((id) => (own.has(id) ? showsDate(own.get(id)!) : isDateFormat(id)))
  const times = formats.map((id) => (own.has(id) ? showsTime(own.get(id)!) : isTimeFormat(id)))
  const signs = formats.map((id) => shownCurrency(own.get(id) ?? ''))
  return {
    isDate: (style: number) => dates[style] === true,
    isTime: (style: number) => times[style] === true && dates[style] === false,
    signOf: (style: number) => signs[style] ?? '',
    from1904,
  }
}

async function sharedTexts(archive: Archive, named: string): Promise<string[]> {
  const texts: string[] = []
  if (!entryOf(archive, 'xl/sharedStrings.xml')) return texts
  let text = ''
  let length = 0
  let inText = false
  let phonetic = false
  const parser = xmlParser(named)
  const opened = (tag: SaxesTagPlain) => {
    const name = plainName(tag.name)
    if (name === 'si') text = ''
    else if (name === 'rPh') phonetic = true
    else if (name === 't') inText = !phonetic
  }
  parser.on('text', (piece: string) => {
    if (!inText) return
    text += piece
    length += piece.length
    if (text.length > longestRecord) throw new Stopped('long-text', { file: named })
    if (length > mostShared) throw new Stopped('zip-bomb', { file: named, entry: 'sharedStrings.xml' })
  })
  const closed = (tag: SaxesTagPlain) => {
    const name = plainName(tag.name)
    if (name === 'si') texts.push(text)
    else if (name === 'rPh') phonetic = false
    else if (name === 't') inText = false
  }
  onTags(parser, named, opened, closed)
  for await (const piece of readXml(archive, 'xl/sharedStrings.xml', named)) feed(parser, piece, named)
  feed(parser, null, named)
  return texts
}

const plainName = (name: string): string => name.slice(name.indexOf(':') + 1)

const entryOf = (archive: Archive, path: string): Entry | undefined =>
  archive.entries.find(({ fileName }) => fileName === path)

/** The opening tags of a small part; nothing when the workbook has no such part. */
async function elements(
  archive: Archive,
  path: string,
  named: string,
  onTag: (name: string, attributes: Record<string, string>) => void,
): Promise<void> {
  if (!entryOf(archive, path)) return
  const parser = xmlParser(named)
  onTags(parser, named, (tag) => onTag(plainName(tag.name), tag.attributes))
  for await (const piece of readXml(archive, path, named)) feed(parser, piece, named)
  feed(parser, null, named)
}

function xmlParser(named: string): SaxesParser {
  const parser = new SaxesParser({ xmlns: false, position: false })
  parser.on('doctype', () => {
    throw new Stopped('broken-workbook', { file: named })
  })
  parser.on('error', () => {
    throw new Stopped('broken-workbook', { file: named })
  })
  return parser
}

/** Hears of every tag. Stops at elements inside of elements beyond what any workbook has: each is held in memory. */
function onTags(
  parser: SaxesParser,
  named: string,
  opened: (tag: SaxesTagPlain) => void,
  closed: (tag: SaxesTagPlain) => void = () => {},
): void {
  let depth = 0
  parser.on('opentag', (tag: SaxesTagPlain) => {
    if (++depth > deepest) throw new Stopped('broken-workbook', { file: named })
    opened(tag)
  })
  parser.on('closetag', (tag: SaxesTagPlain) => {
    depth--
    closed(tag)
  })
}

const deepest = 100

function feed(parser: SaxesParser, piece: string | null, named: string): void {
  try {
    if (piece === null) parser.close()
    else parser.write(piece)
  } catch (error) {
    if (error instanceof Stopped) throw error
    throw new Stopped('broken-workbook', { file: named })
  }
}

async function* readXml(
  archive: Archive,
  path: string,
  named: string,
  onShare: (share: number) => void = () => {},
): AsyncGenerator<string> {
  const entry = entryOf(archive, path)
  if (!entry) throw new Stopped('broken-workbook', { file: named })
  // spreadsheets write UTF-8; anything else would be taken for it, in ids that nobody could read
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decoded = (piece?: Buffer) => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined })
    } catch {
      throw new Stopped('broken-workbook', { file: named })
    }
  }
  for await (const piece of archive.read(entry, onShare)) yield decoded(piece)
  yield decoded()
}
