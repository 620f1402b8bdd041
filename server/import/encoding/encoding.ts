import { isUtf8 } from 'node:buffer'
import { models } from './encoding-models.ts'

/** What a text may be written in. */
export const encodings = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'gb18030',
  'big5',
  'euc-jp',
  'euc-kr',
  'shift_jis',
  'windows-1252',
  'windows-1254',
  'windows-1250',
  'windows-1251',
  'windows-1253',
  'windows-1255',
  'windows-1256',
  'windows-874',
  'macintosh',
] as const
export type Encoding = (typeof encodings)[number]

/** How an encoding reads the first values of a text that others read otherwise. */
export interface Reading {
  readonly encoding: Encoding
  readonly sample: string
}

/** What the beginning of a text says of its encoding. */
export interface Evidence {
  /** The likeliest first; empty: it is written in none that is known here. */
  readonly readings: readonly Reading[]
  /** The first one is beyond doubt; else it is to be asked. */
  readonly sure: boolean
}

/**
 * What a text is written in that has no byte order mark, from its beginning; `whole` when there is no more of it. UTF-8
 * when it is, but for a few damaged bytes. Else each encoding says how likely it would write these bytes, by how often
 * its languages use the characters that it reads, and where in words: one that is 400 times as likely as the next, and
 * likelier than bytes by chance, is believed. Values that `isName` knows as names of columns are no chance either.
 */
export function evidenceOf(
  raw: Buffer,
  whole: boolean,
  isName: (value: string) => boolean = () => false,
): Evidence {
  if (isUtf8But(raw, whole)) return { readings: [{ encoding: 'utf-8', sample: '' }], sure: true }
  const cells = cellsOf(raw, whole)
  const found: { encoding: Encoding; text: string; likelihood: number; broken: number }[] = []
  for (const { encoding, prior, likelihood } of models) {
    const text = decoded(encoding, cells)
    const broken = text.match(brokenCharacter)?.length ?? 0
    const names = text.split('\n').filter((value) => value.length > 1 && isName(value)).length
    const one = {
      encoding,
      text,
      broken,
      likelihood: prior + likelihood(text) + broken * impossible + names * ofName,
    }
    const same = found.find((other) => other.text === text)
    if (same) same.likelihood = Math.max(same.likelihood, one.likelihood)
    else if (broken <= mostBroken(text)) found.push(one)
  }
  found.sort((a, b) => b.likelihood - a.likelihood)
  const [best, second] = found
  if (!best) return { readings: [], sure: false }
  const chance = Math.log(1 / 128) * bytesBeyondAscii(best.text, cells) + unknownPrior
  const sure =
    !models.find(({ encoding }) => encoding === best.encoding)!.among &&
    best.likelihood >= chance &&
    best.likelihood - (second?.likelihood ?? Number.NEGATIVE_INFINITY) >= margin
  // Where none is likely the right one may be any that can read all of it, and of one that is sure others may be chosen.
  const likely = !sure && best.likelihood >= chance
  const asked = found
    .filter(
      (one, at) => at === 0 || (likely ? one.likelihood >= best.likelihood - askedWithin : one.broken === 0),
    )
    .slice(0, mostAsked)
  // One byte each, so that any bytes are some: seldom likely, and for who wrote them the one that is right.
  const halfWidth = sure ? undefined : found.find((one) => isHalfWidthKana(one))
  if (halfWidth && !asked.includes(halfWidth)) asked.splice(mostAsked - 1, 1, halfWidth)
  return { readings: sampled(asked), sure }
}

const isHalfWidthKana = ({ encoding, text }: { readonly encoding: Encoding; readonly text: string }) =>
  encoding === 'shift_jis' && /^[\n\x20-\x7e\uff61-\uff9f]+$/.test(text)

/** The same where somebody said which it is: the others can still be chosen. */
export function saidEvidence(raw: Buffer, whole: boolean, said: Encoding): Evidence {
  const cells = cellsOf(raw, whole)
  const readings = evidenceOf(raw, whole).readings.map(({ encoding, sample }) => ({
    encoding,
    sample: sample === '' ? sampleIn(encoding, cells) : sample,
  }))
  const own = readings.find(({ encoding }) => encoding === said)
  const others = readings.filter(({ encoding }) => encoding !== said)
  return {
    readings: [own ?? { encoding: said, sample: sampleIn(said, cells) }, ...others],
    sure: true,
  }
}

/** Where the first byte stands that is no UTF-8. */
export function firstBroken(raw: Buffer): { readonly line: number; readonly byte: string } {
  const at = brokenBytes(raw).at
  return {
    line: raw
      .subarray(0, at)
      .toString('latin1')
      .split(/\r\n?|\n/).length,
    byte: `0x${(raw[at] ?? 0).toString(16).padStart(2, '0').toUpperCase()}`,
  }
}

/** Odds of 400 to 1, as a logarithm. */
const margin = 6
/** Of a value that names a column: bytes come to such a one by chance once in a million times. */
const ofName = 14
/** Less likely ones by more are not worth asking about. */
const askedWithin = 20
const mostAsked = 6
/** That a text is in none of the encodings. */
const unknownPrior = -2
/** Of a character that an encoding does not have or a language does not write so. */
const impossible = -25
const mostSampled = 3
const clipped = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)

const brokenCharacter = /[\ufffd\x80-\x9f]/g
const asciiCharacter = /[\0-\x7f]/g
/** A few bytes of a text may be damaged. */
const mostBroken = (text: string): number => (text.length < 40 ? 1 : text.length / 20)

/** UTF-8 that ends within a character, or has one damaged byte for many that are well. */
function isUtf8But(raw: Buffer, whole: boolean): boolean {
  for (let cut = 0; cut < (whole ? 1 : 4); cut++) if (isUtf8(raw.subarray(0, raw.length - cut))) return true
  const { well, broken } = brokenBytes(raw)
  return well >= 4 && well >= 10 * broken
}

/** By so many it is seen that a text is no damaged one in UTF-8. */
const mostDamaged = 100

/** How many characters beyond ASCII are UTF-8, how many runs of bytes are not, and where the first one is. */
function brokenBytes(raw: Buffer): { well: number; broken: number; at: number } {
  let well = 0
  let broken = 0
  let last = -2
  let at = -1
  for (let i = 0; i < raw.length;) {
    const byte = raw[i]!
    if (byte < 0x80) {
      i++
      continue
    }
    if (broken > mostDamaged && broken > well) break // a text in another encoding
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    if (isUtf8(raw.subarray(i, i + length)) && i + length <= raw.length) {
      well++
      i += length
    } else {
      // the rest of a character whose beginning is damaged is none of its own
      if (i !== last + 1) broken++
      last = i
      if (at < 0) at = i
      i++
    }
  }
  return { well, broken, at }
}

/** Enough to tell by, and quickly read. */
const mostBytes = 2000

/** The different values that have bytes beyond ASCII. No encoding has the bytes between them within a character. */
function cellsOf(raw: Buffer, whole: boolean): Buffer[] {
  const text = raw.toString('latin1')
  const cells = new Set<string>()
  let bytes = 0
  // the last line may end inside a character
  const end = whole ? text.length : Math.max(text.lastIndexOf('\n'), 0) || text.length
  for (const [cell] of text.slice(0, end).matchAll(/[^,;\t\r\n"]*[\x80-\xff][^,;\t\r\n"]*/g)) {
    if (cells.has(cell)) continue
    cells.add(cell)
    bytes += cell.length
    if (bytes > mostBytes) break
  }
  return [...cells].map((cell) => Buffer.from(cell, 'latin1'))
}

const lineEnd = Buffer.from('\n')
const decoded = (encoding: Encoding, cells: readonly Buffer[]): string =>
  new TextDecoder(encoding).decode(Buffer.concat(cells.flatMap((cell) => [cell, lineEnd])))

/** Bytes beyond ASCII, and those of ASCII that belong to a character beyond it: all that are not read as ASCII. */
const bytesBeyondAscii = (text: string, cells: readonly Buffer[]): number =>
  cells.reduce((sum, cell) => sum + cell.length + lineEnd.length, 0) -
  (text.match(asciiCharacter)?.length ?? 0)

const sampleIn = (encoding: Encoding, cells: readonly Buffer[]): string =>
  clipped(decoded(encoding, cells.slice(0, mostSampled)).trim().replaceAll('\n', ' · '))

/** The first values that are not read alike by all. */
function sampled(found: readonly { readonly encoding: Encoding; readonly text: string }[]): Reading[] {
  const lines = found.map(({ text }) => text.split('\n').filter((line) => line !== ''))
  const shown = lines[0]!
    .map((_, at) => at)
    .filter((at) => found.length === 1 || lines.some((one) => one[at] !== lines[0]![at]))
    .slice(0, mostSampled)
  return found.map(({ encoding }, i) => ({
    encoding,
    sample: clipped(shown.map((at) => lines[i]![at] ?? '').join(' · ')),
  }))
}
