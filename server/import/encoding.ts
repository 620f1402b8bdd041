import { isUtf8 } from 'node:buffer'
import {
  type Alphabet,
  arabic,
  centralEuropean,
  cyrillic,
  greek,
  hebrew,
  japaneseKanji,
  koreanSyllables,
  type LatinLanguage,
  simplifiedChinese,
  thai,
  traditionalChinese,
  turkish,
  western,
} from './letters.ts'

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
  const chance = Math.log(1 / 128) * bytesBeyondAscii(best.encoding, best.text, cells) + unknownPrior
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

/** Ways of writing letters beyond ASCII as such of ASCII; null: the text does not. */
export function escapedIn(raw: Buffer): 'ISO-2022' | 'HZ' | 'UTF-7' | null {
  if (raw.includes('\x1b$') || raw.includes('\x1b(')) return 'ISO-2022'
  const text = raw.toString('latin1')
  const pairs = text.match(/~\{[^\n]*?~\}/g) ?? []
  if (pairs.length > 0 && pairs.every((run) => /^~\{(?:[\x21-\x77][\x21-\x7e])+~\}$/.test(run))) return 'HZ'
  const shifted = [...text.matchAll(/\+(?!-)([^\n]*?)(?=-|[^A-Za-z0-9+/]|$)/gm)].map(([, run]) => run!)
  const read = shifted.map(lettersInBase64)
  if (read.length === 0 || read.includes(null)) return null
  const letters = [...read.join('')]
  // "+Mac" is one, too, but makes no word of any language
  const usual = letters.filter((one) => usualAnywhere.some((set) => set.has(inLowerCase(one)))).length
  return letters.length > 1 && usual * 2 > letters.length ? 'UTF-7' : null
}

const usualAnywhere = [
  simplifiedChinese,
  traditionalChinese,
  japaneseKanji,
  koreanSyllables,
  cyrillic.usual,
  ...[...western, ...turkish, ...centralEuropean].map(({ letters }) => letters),
  new Set(
    'ぁあいうえおかがきくけこさしすせそたってとなにのはひふへほまみめもやゆよらりるれろわをんアイウエオカキクケコサシスセソタッテトナニノハヒフヘホマミムメモヤヨラリルレロワンー',
  ),
]

/** UTF-16 in Base64 without its padding; null: it is none, as a phone with + before it. */
function lettersInBase64(run: string): string | null {
  const bits = run.length * 6
  if (!/^(?=.*[A-Za-z])[A-Za-z0-9+/]+$/.test(run) || bits < 16 || bits % 16 >= 6) return null
  const bytes = Buffer.from(run, 'base64').subarray(0, Math.floor(bits / 16) * 2)
  if (bytes.toString('base64').replace(/=+$/, '') !== run) return null
  const text = bytes.swap16().toString('utf16le')
  return /^[^\0-\x7f]+$/.test(text) ? text : null
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

/** Bytes beyond ASCII, and those of ASCII that belong to a character beyond it. */
const bytesBeyondAscii = (encoding: Encoding, text: string, cells: readonly Buffer[]): number =>
  models.find((one) => one.encoding === encoding)!.wide
    ? [...text].reduce((n, one) => n + (isAscii(one) ? 0 : /[\uff61-\uff9f]/.test(one) ? 1 : 2), 0)
    : cells.reduce((sum, cell) => sum + cell.reduce((n, byte) => (byte < 0x80 ? n : n + 1), 0), 0)

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

interface Model {
  readonly encoding: Encoding
  /** How usual the encoding is, as a logarithm. */
  readonly prior: number
  /** Its letters stand in other places in encodings that are not known here: it is always asked. */
  readonly among?: true
  /** Characters have two bytes, of which the second may be one of ASCII. */
  readonly wide?: true
  /** Of values in lines that were read in it, as a logarithm. */
  likelihood(text: string): number
}

/** What is as likely as `share`, being any of `of`. */
const log = (share: number, of = 1): number => Math.log(share / of)

/** Characters of a language in which each has two bytes, by how usual they are: the first set that has one counts. */
interface Tier {
  readonly has: (character: string) => boolean
  readonly share: number
  readonly of: number
}
const tier = (share: number, characters: ReadonlySet<string>): Tier => ({
  share,
  of: characters.size,
  has: (one) => characters.has(one),
})
const like = (share: number, of: number, pattern: RegExp): Tier => ({
  share,
  of,
  has: (one) => pattern.test(one),
})

/** What an encoding has between two first bytes. */
function rowsOf(encoding: Encoding, from: number, to: number, second: number): ReadonlySet<string> {
  const bytes: number[] = []
  for (let first = from; first <= to; first++)
    for (let byte = second; byte <= 0xfe; byte++) bytes.push(first, byte, 0x0a)
  return new Set(new TextDecoder(encoding).decode(Uint8Array.from(bytes)).split('\n'))
}

const eastAsianSigns = like(
  0.02,
  60,
  /[（）【】《》「」『』、。，：；！？“”‘’…—～·・￥¥０-９Ａ-Ｚａ-ｚ\u3000]/,
)
const kana = /[\u3041-\u309f\u30a1-\u30ff]/
const han = /\p{Script=Han}/u
const hangul = /\p{Script=Hangul}/u

/** Characters of two bytes; such within a word of ASCII letters are none. */
const eastAsian =
  (tiers: () => readonly Tier[]) =>
  (text: string): number => {
    const known = tiers()
    const costs = new Map<string, number>()
    let sum = 0
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!
      if (code < 0x80 || (code >= 0x80 && code <= 0x9f) || code === 0xfffd) continue
      const one = String.fromCodePoint(code)
      let cost = costs.get(one)
      if (cost === undefined) {
        const found = known.find(({ has }) => has(one))
        cost = found ? log(found.share, found.of) : log(1e-4, 10_000)
        costs.set(one, cost)
      }
      sum += cost
      const after = text[i + one.length] ?? ''
      if (/[a-z]/.test(text[i - 1] ?? '')) sum += /[a-z]/.test(after) ? -7 : -2
      if (/[\uff61-\uff9f]/.test(one) && likeWords.test(`${text[i - 1] ?? ''}${after}`)) sum -= 5
      i += one.length - 1
    }
    return sum
  }

/** Made once, when the first text asks for it. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

const isLetter = (one: string | undefined): boolean => one !== undefined && /\p{L}/u.test(one)
const isDigit = (one: string | undefined): boolean => one !== undefined && /\d/.test(one)

/** Whether a sign stands where it does in texts; elsewhere it is a letter of another encoding. */
function isSignInPlace(text: string, at: number): boolean {
  const [before, after] = [text[at - 1], text[at + 1]]
  switch (text[at]) {
    case '’':
      return (
        !isLetter(before) ||
        !isLetter(after) ||
        !isLetter(text[at - 2]) ||
        /^(?:s|t|ll|re|ve|d|m)(?!\p{L})/iu.test(text.slice(at + 1, at + 4))
      )
    case '“':
    case '‘':
    case '„':
    case '‚':
    case '«':
    case '¿':
    case '¡':
      return !isLetter(before) && !isDigit(before) && (isLetter(after) || isDigit(after))
    case '”':
    case '»':
    case '…':
    case '™':
    case '®':
    case '©':
    case '²':
    case '³':
      return /\S/.test(before ?? '') && !isLetter(after)
    case '–':
    case '—':
      return (before === ' ' && after === ' ') || (isDigit(before) && isDigit(after))
    case '°':
    case 'º':
    case 'ª':
      return isDigit(before) || (isLetter(before) && !isLetter(after))
    case '€':
    case '£':
    case '¥':
    case '½':
    case '¼':
    case '¾':
    case '·':
    case '•':
    case '×':
    case '±':
    case '§':
    case '\u00a0':
      return !isLetter(before) && !isLetter(after)
    case '№':
      return !isLetter(before)
    default:
      return false
  }
}

/** How likely a sign beyond ASCII stands where it does. */
function sign(text: string, at: number): number {
  if (!isSignInPlace(text, at)) return log(1e-4, 100)
  const crowded = [text[at - 1], text[at + 1]].some(
    (one) => one !== undefined && !isAscii(one) && !isLetter(one),
  )
  return log(0.3, text[at] === '’' ? 3 : 30) - (crowded ? 4 : 0)
}

/** Capitals begin words or fill them, and hardly any letter stands alone. */
function letterInPlace(text: string, at: number): number {
  const [before, one, after] = [text[at - 1], text[at]!, text[at + 1]]
  const lower = (letter: string | undefined) => isLetter(letter) && letter === letter!.toLowerCase()
  const upper = (letter: string | undefined) => isLetter(letter) && letter !== letter!.toLowerCase()
  let sum = 0
  if (upper(one) && isLetter(before) && (lower(before) || lower(after))) sum -= 7
  if (lower(one) && upper(before) && upper(text[at - 2])) sum -= 5
  if (lower(one) && upper(after)) sum -= 5
  if (!isLetter(before) && !isLetter(after)) sum -= /[àéèòóÀÉÈ]/.test(one) ? 1 : 6
  return sum
}

const inLowerCase = (one: string): string => (one === 'İ' ? 'ı' : one.toLowerCase())
const isAscii = (one: string): boolean => one < '\x80'

/** Words of languages in Latin script, of which most letters are ASCII; each value is in one of them. */
const latinWords =
  (languages: readonly LatinLanguage[]) =>
  (text: string): number =>
    text.split('\n').reduce((sum, value) => {
      const letters: string[] = []
      let places = 0
      for (let i = 0; i < value.length; i++) {
        const one = value[i]!
        if (isAscii(one) || brokenOne.test(one)) continue
        if (!/[\p{Lu}\p{Ll}]/u.test(one) || /[ƒªº]/.test(one)) places += sign(value, i)
        else {
          letters.push(inLowerCase(one))
          places += letterInPlace(value, i)
          // whole words of accents are no words
          if (isBeyondAscii(value[i - 1]) && isBeyondAscii(value[i + 1])) places -= 4
          else if (!/[A-Za-z]/.test(`${value[i - 1] ?? ''}${value[i + 1] ?? ''}`)) places -= 4
        }
      }
      if (letters.length === 0) return sum + places
      const best = Math.max(
        ...languages.map(({ share, letters: own }) =>
          letters.reduce((all, one) => all + (own.has(one) ? log(0.9, own.size) : log(0.1, 400)), log(share)),
        ),
      )
      return sum + places + best
    }, 0)

const brokenOne = /[\ufffd\x80-\x9f]/
const isBeyondAscii = (one: string | undefined): boolean =>
  one !== undefined && !isAscii(one) && isLetter(one)

/** ASCII that no word of another alphabet touches, and that is the second byte of characters of two. */
const likeWords = /[A-Za-z@[\\\]^_`{|}~]/

/** Words in an alphabet of their own, which have no letter of ASCII. */
const alphabetWords =
  ({ usual, others }: Alphabet) =>
  (text: string): number => {
    let sum = 0
    for (let i = 0; i < text.length; i++) {
      const one = text[i]!
      if (isAscii(one) || brokenOne.test(one)) continue
      if (!isLetter(one)) {
        sum += sign(text, i)
        continue
      }
      const letter = one.toLowerCase()
      sum += usual.has(letter)
        ? log(0.7, usual.size)
        : others.has(letter)
          ? log(0.29, others.size)
          : log(1e-4, 100)
      sum += letterInPlace(text, i)
      if (likeWords.test(text[i - 1] ?? '')) sum -= 5
      if (likeWords.test(text[i + 1] ?? '')) sum -= 5
    }
    return sum
  }

/** Vowels before a consonant, and signs above or below one. */
function thaiWords(text: string): number {
  let sum = 0
  for (let i = 0; i < text.length; i++) {
    const one = text[i]!
    if (isAscii(one) || brokenOne.test(one)) continue
    if (!/[\u0e01-\u0e5b]/.test(one)) {
      sum += sign(text, i)
      continue
    }
    sum += thai.has(one) ? log(0.7, thai.size) : log(0.28, 67)
    const [before, after] = [text[i - 1] ?? '', text[i + 1] ?? '']
    if (/[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]/.test(one) && !/[\u0e01-\u0e3a\u0e47-\u0e4e]/.test(before))
      sum -= 5
    if (/[\u0e40-\u0e44]/.test(one) && !/[\u0e01-\u0e2e]/.test(after)) sum -= 5
    if (likeWords.test(before + after) || !/[\u0e01-\u0e5b]/.test(before + after)) sum -= 5
  }
  return sum
}

const rare = like(0.005, 14_000, han)
const japanese = (encoding: 'euc-jp' | 'shift_jis') =>
  eastAsian(
    once(() => [
      like(0.45, 170, kana),
      tier(0.4, japaneseKanji),
      tier(0.1, rowsOf('euc-jp', 0xb0, 0xcf, 0xa1)),
      eastAsianSigns,
      // one byte each in Shift_JIS, so that any bytes are some
      like(0.05, 58, /[\uff66-\uff9f]/),
      like(0.0005, 5, /[\uff61-\uff65]/),
      like(0.005, encoding === 'euc-jp' ? 9000 : 3400, han),
    ]),
  )

/** Of encodings that read a text alike the first one is named. */
const models: readonly Model[] = [
  { encoding: 'windows-1252', prior: -1, likelihood: latinWords(western) },
  {
    encoding: 'gb18030',
    wide: true,
    prior: 0,
    likelihood: eastAsian(
      once(() => [
        tier(0.62, simplifiedChinese),
        // the older set has the characters in use in front, sorted by sound, then rarer ones
        tier(0.25, rowsOf('gb18030', 0xb0, 0xd7, 0xa1)),
        tier(0.08, traditionalChinese),
        eastAsianSigns,
        tier(0.02, rowsOf('gb18030', 0xd8, 0xf7, 0xa1)),
        // exports of shops abroad that a Chinese spreadsheet has saved: four bytes, of which two are digits
        like(0.01, 40, /\p{Sc}/u),
        like(0.005, 62, /[À-ÖØ-öø-ÿ]/),
        like(0.005, 170, kana),
        rare,
      ]),
    ),
  },
  {
    encoding: 'big5',
    wide: true,
    prior: -3,
    likelihood: eastAsian(
      once(() => [
        tier(0.62, traditionalChinese),
        // the characters in use, sorted by strokes
        tier(0.33, rowsOf('big5', 0xa4, 0xc6, 0x40)),
        eastAsianSigns,
        like(0.01, 7600, han),
        like(0.005, 170, kana),
      ]),
    ),
  },
  { encoding: 'euc-jp', wide: true, prior: -4, likelihood: japanese('euc-jp') },
  {
    encoding: 'euc-kr',
    wide: true,
    prior: -4,
    likelihood: eastAsian(
      once(() => [
        tier(0.8, koreanSyllables),
        tier(0.17, rowsOf('euc-kr', 0xb0, 0xc8, 0xa1)),
        eastAsianSigns,
        like(0.005, 8800, hangul),
        like(0.005, 4900, han),
        like(0.001, 170, kana),
      ]),
    ),
  },
  { encoding: 'shift_jis', wide: true, prior: -3, likelihood: japanese('shift_jis') },
  { encoding: 'windows-1254', prior: -4, likelihood: latinWords(turkish) },
  { encoding: 'windows-1250', prior: -6, likelihood: latinWords(centralEuropean) },
  { encoding: 'windows-1251', prior: -4, among: true, likelihood: alphabetWords(cyrillic) },
  { encoding: 'windows-1253', prior: -4, among: true, likelihood: alphabetWords(greek) },
  { encoding: 'windows-1255', prior: -4, among: true, likelihood: alphabetWords(hebrew) },
  { encoding: 'windows-1256', prior: -4, among: true, likelihood: alphabetWords(arabic) },
  { encoding: 'windows-874', prior: -4, among: true, likelihood: thaiWords },
  { encoding: 'macintosh', prior: -6, likelihood: latinWords(western) },
]
