import { limits } from './ast.ts'
import { writtenRelativeDay } from './days.ts'
import { type Problem, problem } from './problems.ts'
import { quote } from './print.ts'

/**
 * A piece of a rule's text. `word` is lower case in `value`; `text` is unescaped in `value`; a `day` or `month` looks
 * like one but may not be in the calendar, a `relative` day may lie too far away; `broken` can't be read, for the
 * reason given.
 */
export interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'day' | 'month' | 'relative' | 'symbol' | 'broken' | 'end'
  readonly from: number
  readonly to: number
  /** As it stands in the text. */
  readonly raw: string
  readonly value: string
  readonly problem?: Problem
}

/** Quotes of all keyboards, those that open a text and those that close it. */
const quotes: readonly (readonly [opening: string, closing: string])[] = [
  ['"', '"'],
  ['“”', '"“”'],
  ["'", "'"],
  ['‘’', "'‘’"],
  ['「', '」'],
  ['『', '』'],
  ['＂', '＂'],
  ['＇', '＇'],
]
const textPattern = new RegExp(
  quotes
    .map(([opening, closing]) => `[${opening}](?:[^${closing}\\\\\\n]|\\\\[^\\n])*[${closing}]`)
    .join('|'),
  'y',
)
const quoteSigns = '"“”\'‘’「」『』＂＇'

/** The same text with the full-width signs, letters and digits of ASCII as ASCII: as long, each in its place. */
export const narrow = (text: string): string =>
  text.replace(/[！-～]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))

const patterns = {
  space: /[\s\u3000]+/y,
  word: /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy,
  day: /\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?![\p{L}\p{N}_])/uy,
  month: /\d{4}-\d{2}(?![-/.\p{L}\p{N}_])/uy,
  relative: writtenRelativeDay,
  // Chinese may follow without a space
  number: /[-+]?\d+(?:\.\d+)?(?!(?!\p{Script=Han})[\p{L}_])/uy,
  symbol: /[<>!=]=|<>|[=<>(),%≥≤≠、]/y,
  text: textPattern,
  openText: /["“”'‘’「『＂＇][^\n]*/y,
  logic: /&&?|\|\|?|!/y,
  other: /[-+]?[\p{L}\p{N}_.]+|[^]/uy,
}

/** The same sign from another keyboard. */
const sameSign: Readonly<Record<string, string>> = {
  '==': '=',
  '<>': '!=',
  '≥': '>=',
  '≤': '<=',
  '≠': '!=',
  '、': ',',
}
const logic: Readonly<Record<string, string>> = { '&': 'and', '|': 'or', '!': 'not' }
const unescaped: ReadonlyMap<string, string> = new Map([
  ...[...`${quoteSigns}\\`].map((sign) => [sign, sign] as const),
  ['n', '\n'],
  ['t', '\t'],
])

/** The pieces of the text, ended by one of kind `end`. Total and linear; a text over the limit is one broken piece. */
export function tokens(text: string): Token[] {
  if (text.length > limits.characters) {
    const place = { from: limits.characters, to: text.length }
    const tooLong = problem(place, 'too-long', { limit: limits.characters })
    return [{ kind: 'broken', ...place, raw: '', value: '', problem: tooLong }]
  }
  const found: Token[] = []
  let from = 0
  const plain = narrow(text)
  const take = (pattern: RegExp, of = plain): string | null => {
    pattern.lastIndex = from
    return pattern.exec(of)?.[0] ?? null
  }
  const add = (kind: Token['kind'], { length }: string, value: string, why?: Problem) => {
    const to = from + length
    found.push({ kind, from, to, raw: text.slice(from, to), value, ...(why ? { problem: why } : {}) })
    from = to
  }
  const broken = (raw: string, id: Parameters<typeof problem>[1], suggestion?: string) =>
    add(
      'broken',
      raw,
      raw,
      problem({ from, to: from + raw.length }, id, { found: shortened(raw) }, suggestion),
    )
  while (from < text.length) {
    const space = take(patterns.space)
    if (space !== null) {
      from += space.length
      continue
    }
    let raw: string | null
    if ((raw = take(patterns.text, text)) !== null) addText(raw)
    else if ((raw = take(patterns.openText, text)) !== null)
      broken(raw, 'open-quote', quote(raw.slice(1).trimEnd()))
    else if ((raw = take(patterns.word)) !== null) add('word', raw, raw.toLowerCase())
    else if ((raw = take(patterns.day)) !== null) add('day', raw, raw)
    else if ((raw = take(patterns.month)) !== null) add('month', raw, raw)
    else if ((raw = take(patterns.relative)) !== null) add('relative', raw, raw)
    else if ((raw = take(patterns.number)) !== null) add('number', raw, raw)
    else if ((raw = take(patterns.symbol)) !== null) add('symbol', raw, sameSign[raw] ?? raw)
    else if ((raw = take(patterns.logic)) !== null) broken(raw, 'bad-character', logic[raw[0]!])
    else broken(take(patterns.other)!, 'bad-character')
  }
  found.push({ kind: 'end', from: text.length, to: text.length, raw: '', value: '' })
  return found

  function addText(raw: string) {
    const inside = raw.slice(1, -1)
    const escapes = [...inside.matchAll(/\\(.)/gu)]
    const bad = escapes.find(([, escaped]) => !unescaped.has(escaped!))?.[0]
    if (bad === undefined) {
      const value = inside.replace(/\\(.)/gu, (_, escaped: string) => unescaped.get(escaped)!)
      return add('text', raw, value)
    }
    const place = { from, to: from + raw.length }
    add('broken', raw, raw, problem(place, 'bad-escape', { found: bad }, quote(raw.slice(1, -1))))
  }
}

/** A piece of the text as an error quotes it. */
export const shortened = (raw: string): string => (raw.length > 30 ? `${raw.slice(0, 29)}…` : raw)
