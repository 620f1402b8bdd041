import { inLowerCase } from './encoding-models.ts'
import {
  centralEuropean,
  cyrillic,
  japaneseKanji,
  koreanSyllables,
  simplifiedChinese,
  traditionalChinese,
  turkish,
  western,
} from './letters.ts'

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
