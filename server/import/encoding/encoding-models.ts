import type { Encoding } from './encoding.ts'
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

/** An encoding, and how likely it would write a text. */
export interface Model {
  readonly encoding: Encoding
  /** How usual the encoding is, as a logarithm. */
  readonly prior: number
  /** Its letters stand in other places in encodings that are not known here: it is always asked. */
  readonly among?: true
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
const emoji = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f/u
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

export const inLowerCase = (one: string): string => (one === 'İ' ? 'ı' : one.toLowerCase())
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
/** How likely each encoding would write a text, by the languages that are written in it. */
export const models: readonly Model[] = [
  { encoding: 'windows-1252', prior: -1, likelihood: latinWords(western) },
  {
    encoding: 'gb18030',
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
        // of four bytes too: customers have them in their nicknames
        like(0.02, 1400, emoji),
        like(0.005, 170, kana),
        rare,
      ]),
    ),
  },
  {
    encoding: 'big5',
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
  { encoding: 'euc-jp', prior: -4, likelihood: japanese('euc-jp') },
  {
    encoding: 'euc-kr',
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
  { encoding: 'shift_jis', prior: -3, likelihood: japanese('shift_jis') },
  { encoding: 'windows-1254', prior: -4, likelihood: latinWords(turkish) },
  { encoding: 'windows-1250', prior: -6, likelihood: latinWords(centralEuropean) },
  { encoding: 'windows-1251', prior: -4, among: true, likelihood: alphabetWords(cyrillic) },
  { encoding: 'windows-1253', prior: -4, among: true, likelihood: alphabetWords(greek) },
  { encoding: 'windows-1255', prior: -4, among: true, likelihood: alphabetWords(hebrew) },
  { encoding: 'windows-1256', prior: -4, among: true, likelihood: alphabetWords(arabic) },
  { encoding: 'windows-874', prior: -4, among: true, likelihood: thaiWords },
  { encoding: 'macintosh', prior: -6, likelihood: latinWords(western) },
]
