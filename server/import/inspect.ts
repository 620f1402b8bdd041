import { dayOrMonthFirst } from './dates.ts'
import {
  asMapFile,
  type ColumnGuess,
  guessMapping,
  lackingColumns,
  type MapFile,
  type MapOverrides,
  type Mapping,
  type Question,
  type Sample,
} from './mapping.ts'
import { fieldSeparator, lineBreakInValue, RecordScanner, UnreadableRecord } from './records.ts'
import { type Refusal, refusal, Stopped } from './refusal.ts'
import { type Encoding, openSource, type Opening, readSource } from './source.ts'

export type Delimiter = ',' | '\t' | ';' | '|'

/** What a file seems to hold, before anything is imported. */
export interface Inspection {
  readonly kind: 'inspected'
  readonly fileName: string
  readonly bytes: number
  readonly encoding: Encoding
  readonly delimiter: Delimiter
  readonly headers: readonly string[]
  /** Records that the guess looked at; `whole`: there are no others. */
  readonly sampled: number
  readonly whole: boolean
  readonly columns: readonly ColumnGuess[]
  /** The guess in the words of a `--map` file. */
  readonly map: MapFile
  readonly questions: readonly Question[]
  readonly lacking: ReturnType<typeof lackingColumns>
}

/** An inspected file with all that reading it needs. */
export interface Readable {
  readonly inspection: Inspection
  readonly opening: Opening
  readonly mapping: Mapping
}

const sampleRecords = 3000

/** Reads a file's beginning and guesses its mapping. A day/month question is put to the whole column before it is asked. */
export async function inspect(
  path: string,
  fileName: string,
  overrides: MapOverrides,
  timeZone: string,
): Promise<Readable | Refusal> {
  try {
    const opening = await openSource(path, fileName)
    const { delimiter, sample } = sampleOf(opening, fileName)
    const guess = guessMapping(sample, overrides, timeZone)
    if ('kind' in guess) return guess
    const dates = { ...guess.mapping.dates }
    const questions: Question[] = []
    for (const question of guess.questions) {
      const position = question.kind === 'dates' ? guess.mapping.columns[question.field] : undefined
      if (question.kind !== 'dates' || position === undefined) {
        questions.push(question)
        continue
      }
      const decided = dayOrMonthFirst(
        await valuesOf(opening, fileName, delimiter, sample.headers.length, position),
      )
      if (decided === 'undecided') questions.push(question)
      else dates[question.field] = decided
    }
    const mapping = { ...guess.mapping, dates }
    return {
      opening,
      mapping,
      inspection: {
        kind: 'inspected',
        fileName,
        bytes: opening.bytes,
        encoding: opening.encoding,
        delimiter,
        headers: sample.headers,
        sampled: sample.records.length,
        whole: opening.whole && sample.records.length < sampleRecords,
        columns: guess.columns,
        map: asMapFile(mapping, sample.headers),
        questions,
        lacking: lackingColumns(mapping),
      },
    }
  } catch (error) {
    if (error instanceof Stopped) return error.refusal
    if (error instanceof UnreadableRecord)
      return refusal(error.reason === 'too-long' ? 'long-record' : 'open-quote', {
        file: fileName,
        line: error.line,
      })
    throw error
  }
}

const delimiters: readonly Delimiter[] = [',', '\t', ';', '|']

function sampleOf(opening: Opening, fileName: string): { delimiter: Delimiter; sample: Sample } {
  const readings = delimiters.map((delimiter) => {
    const records = recordsOf(opening, delimiter)
    const width = records[0]?.length ?? 0
    const alike = records.filter((record) => record.length === width).length
    return { delimiter, records, width, score: width < 2 ? 0 : (alike / records.length) * Math.log2(width) }
  })
  const best = readings.reduce((a, b) => (b.score > a.score ? b : a))
  // A file that goes on beyond its head, in which no record after the header ends.
  if (!opening.whole && best.records.length < 2)
    throw new Stopped('long-record', { file: fileName, line: best.records.length + 1 })
  if (best.width < 2) throw new Stopped('one-column', { file: fileName })
  const [header, ...records] = best.records
  const headers = header!.map((name) => name.replaceAll(lineBreakInValue, ' ').trim())
  if (headers.every((name) => name === '' || /^[\d.,:/ -]+$/.test(name)))
    throw new Stopped('no-header', { file: fileName })
  if (records.length === 0) {
    new RecordScanner({ delimiter: best.delimiter.charCodeAt(0) }).readAll(opening.head) // says what stopped it
    throw new Stopped('no-rows', { file: fileName })
  }
  return { delimiter: best.delimiter, sample: { headers, records } }
}

function recordsOf(opening: Opening, delimiter: Delimiter): string[][] {
  const scanner = new RecordScanner({ delimiter: delimiter.charCodeAt(0) })
  try {
    scanner.push(opening.head)
    if (opening.whole) scanner.end()
  } catch (error) {
    // With another separator the same text may read well; with none it is refused.
    if (!(error instanceof UnreadableRecord)) throw error
    if (scanner.records === 0 && delimiter === ',') throw error
  }
  return splitBlock(scanner.take().toString('utf8')).slice(0, sampleRecords)
}

/** The fields of the records of a block, without their line numbers. */
const splitBlock = (block: string): string[][] =>
  block
    .split('\n')
    .slice(0, -1)
    .map((record) => record.split(fieldSeparator).slice(1))

async function valuesOf(
  opening: Opening,
  fileName: string,
  delimiter: Delimiter,
  columns: number,
  position: number,
): Promise<Set<string>> {
  const scanner = new RecordScanner({ delimiter: delimiter.charCodeAt(0), columns, keep: [position] })
  const days = new Set<string>()
  for await (const piece of readSource(opening, fileName)) {
    scanner.push(piece)
    scanner.broken.length = 0
    // The day alone decides, and there are few of them.
    for (const [value] of splitBlock(scanner.take().toString('utf8')))
      days.add((value ?? '').trim().split(/[ T]/)[0]!)
    if (dayOrMonthFirst(days) !== 'undecided') break
  }
  return days
}
