import { isUtf8 } from 'node:buffer'

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
] as const
export type Encoding = (typeof encodings)[number]

/**
 * What a text is written in that has no byte order mark, from its beginning; `whole` when there is no more of it.
 * UTF-8 when it is. Else one of East Asia: what is written in one of them can mostly be read in the others, too, but
 * then makes no words. Where nothing makes words, bytes beyond ASCII that stand in pairs are GB18030, and such that
 * stand alone, as accents do, Windows-1252. Null: it can't be told, and is not guessed.
 */
export function encodingOf(raw: Buffer, whole: boolean): Encoding | null {
  // A head may end inside a character.
  for (let cut = 0; cut < (whole ? 1 : 4); cut++)
    if (isUtf8(raw.subarray(0, raw.length - cut))) return isEscaped(raw) ? null : 'utf-8'
  const [chinese, ...others] = eastAsian.map((encoding) => ({
    encoding,
    ...readAs(encoding, raw),
  }))
  const other = others.reduce((best, one) => (one.share > best.share ? one : best))
  if (other.share >= plausible && other.share > 2 * chinese!.share) {
    if (other.familiar >= fewest) return other.encoding
    // A name or two of three letters may be either.
    if (other.familiar === fewest - 1 && other.share >= 0.9) return null
  }
  if (chinese!.familiar >= fewest && chinese!.share >= plausible / 3) return 'gb18030'
  if (isTraditional(raw)) return 'big5'
  const told = byPairs(raw)
  if (told === 'gb18030') {
    // Long enough to make words, and makes more of them otherwise: neither is sure.
    const otherwise = chinese!.letters > 60 && other.familiar > 3 * chinese!.familiar
    // Cyrillic, Greek, Arabic or Thai in one byte a letter: of some words one is no pairs, or hardly a name is written so.
    const foreign = !chinese!.whole || (chinese!.letters >= enough && chinese!.common * 2 < chinese!.letters)
    return otherwise || foreign || isWithinWords(raw) ? null : told
  }
  if (isLatin(raw) || (told === 'windows-1252' && !chinese!.whole)) return 'windows-1252'
  // Rare characters have second bytes like letters. Where no other encoding has such a text it is Chinese.
  return chinese!.letters > 0 && chinese!.whole && others.every(({ whole }) => !whole) ? 'gb18030' : null
}

/** The Chinese one first, which is taken in doubt. */
const eastAsian = ['gb18030', 'big5', 'euc-jp', 'euc-kr', 'shift_jis'] as const

/** A reading is believed when this share of its letters is familiar, and at least this many are. */
const plausible = 0.3
const fewest = 4
/** Names of so many characters are not of rare ones alone. */
const enough = 12
/** Enough to tell, and quickly read. */
const mostLetters = 4000

/** The syllables that Korean names, goods and headers are mostly made of. */
const koreanSyllables = new Set(
  `이가다는의에을를은지하고사도로기리자인대어한일그수아나정보시서해주전원여구게라부과조상만용제성장문화김박최유진선경우비마스국물무번호
  회명금액품량날짜매점포소울산천광세트카드현결취환불배송쿠영희민준석연미혜숙순옥철동훈재윤승태종병길홍노임오강신권황안류백남심양허손
  곽차반왕분류단가격총판매입출고객등급름생년월시간할합계방법메모`.replace(/\s/g, ''),
)
/** The characters in use that the older set of Chinese has in front, sorted by sound: nearly all of any text. */
const inUse = new Set(
  new TextDecoder('gb18030').decode(
    Uint8Array.from({ length: 40 * 94 * 2 }, (_, i) =>
      i % 2 === 0 ? 0xb0 + Math.floor(i / 188) : 0xa1 + ((i >> 1) % 94),
    ),
  ),
)
const words = new Intl.Segmenter('zh', { granularity: 'word' })

/**
 * How much of a text is familiar in an encoding, of its different runs of letters beyond ASCII: Chinese characters in
 * words of two and more (the platform's dictionary has those of Japanese, too), different common syllables of Korean, kana.
 * Where the text is hardly one in that encoding nothing is. Kana that are the same in GB18030 and EUC-JP tell
 * nothing, nor do those of half width, which are any bytes.
 */
function readAs(encoding: (typeof eastAsian)[number], raw: Buffer) {
  const text = new TextDecoder(encoding).decode(raw, { stream: true })
  const beyond = text.match(/[^\0-\x7f]/g)?.length ?? 0
  const broken = text.match(/\ufffd/g)?.length ?? 0
  const whole = broken === 0 && beyond > 0
  const nothing = { letters: 0, familiar: 0, common: 0, share: 0, whole }
  // one damaged byte says nothing against a text of some words
  if (beyond === 0 || broken > Math.max(beyond / 50, beyond < enough ? 0 : 1)) return nothing
  const runs = new Set(text.match(/[\p{L}\p{Co}ー]+/gu))
  let letters = 0
  let familiar = 0
  let common = 0
  const syllables = new Set<string>()
  for (const run of runs) {
    for (const part of run.match(/\p{Script=Han}+|\p{Script=Hangul}+|[^\0-\x7f]/gu) ?? []) {
      if (/^\p{Script=Han}/u.test(part)) {
        letters += part.length
        for (const one of part) if (inUse.has(one)) common++
        // Korean is written without them nowadays.
        if (encoding === 'euc-kr') continue
        for (const { segment } of words.segment(part)) if ([...segment].length > 1) familiar += segment.length
      } else if (/^\p{Script=Hangul}/u.test(part)) {
        for (const one of part) syllables.add(one)
      } else if (/[\uff61-\uff9f]/.test(part)) continue
      else if (/[\p{Script=Hiragana}\p{Script=Katakana}ー]/u.test(part)) {
        if (encoding === 'gb18030' || encoding === 'euc-jp') continue
        letters++
        familiar++
      } else letters++
    }
    if (letters > mostLetters) break
  }
  letters += syllables.size
  familiar += [...syllables].filter((one) => koreanSyllables.has(one)).length
  return letters === 0 ? nothing : { letters, familiar, common, share: familiar / letters, whole }
}

/**
 * Names make no words. Big5 writes the characters in use, sorted by strokes, from A4 to C6; what of such a text is
 * GB18030, too, is hardly in its older set, where programs in China find nearly all that people write.
 */
function isTraditional(raw: Buffer): boolean {
  let letters = 0
  let inUse = 0
  let older = 0
  let broken = 0
  for (let i = 0; i < raw.length - 1; i++) {
    const first = raw[i]!
    if (first < 0x80) continue
    const second = raw[++i]!
    if (first < 0xa1 || second < 0x40 || (second > 0x7e && second < 0xa1)) {
      broken++
      i--
      continue
    }
    if (first <= 0xa3) continue
    letters++
    if (first <= 0xc6) inUse++
    if (first >= 0xb0 && first <= 0xf7 && second >= 0xa1) older++
  }
  return letters >= fewest && broken <= letters / 50 && inUse >= 0.95 * letters && older < 0.75 * letters
}

/** By how bytes beyond ASCII stand: in pairs as in Chinese text, or alone between ASCII. */
function byPairs(raw: Buffer): 'gb18030' | 'windows-1252' | null {
  let paired = 0
  let alone = 0
  for (let i = 0; i < raw.length; i++) {
    if (raw[i]! < 0x80) continue
    if (isFourBytes(raw, i)) {
      paired += 4
      i += 3
    } else if (raw[i]! >= 0xa1 && (raw[i + 1] ?? 0) >= 0xa1) {
      paired += 2
      i++
    } else alone++
  }
  if (paired > 4 * alone) return 'gb18030'
  if (alone > 4 * paired && !raw.some((byte) => [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte)))
    return 'windows-1252'
  return null
}

/** One or two letters beyond ASCII beside those of ASCII, as in Größe. */
const isLatin = (raw: Buffer): boolean => {
  const text = raw.toString('latin1')
  const beyond = text.match(/[\x80-\xff]+/g) ?? []
  return (
    text.match(/[A-Za-z][\xc0-\xff]{1,2}(?![\x80-\xff])|(?<![\x80-\xff])[\xc0-\xff]{1,2}[A-Za-z]/g)
      ?.length === beyond.length
  )
}

/** Every run beyond ASCII stands between letters of one word, as in Größe. */
const isWithinWords = (raw: Buffer): boolean => {
  const text = raw.toString('latin1')
  const runs = text.match(/[\x80-\xff]+/g) ?? []
  return (text.match(/(?<=[a-z])[\xc0-\xff]{1,2}(?=[a-z])/gi)?.length ?? 0) === runs.length
}

/** ISO-2022 writes letters beyond ASCII as such of ASCII between marks. */
const isEscaped = (raw: Buffer): boolean => raw.includes('\x1b$') || raw.includes('\x1b(')

/** What GB18030 writes in four bytes: a digit between and after two beyond ASCII, as accents hardly ever stand. */
const isFourBytes = (raw: Buffer, at: number): boolean =>
  [0, 2].every((i) => (raw[at + i] ?? 0) > 0x80) &&
  [1, 3].every((i) => (raw[at + i] ?? 0) >= 0x30 && (raw[at + i] ?? 0) <= 0x39)
