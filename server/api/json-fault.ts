/** Where a text stops being JSON: lines and columns from 1, and what stands there; null: it ends too soon. */
export interface JsonFault {
  readonly line: number
  readonly column: number
  readonly found: string | null
}

/**
 * The first place at which a text is no JSON, which V8 tells of some faults only; null where it is JSON. Of a word or a
 * number that is none its beginning is told. Takes its time by the length of the text, however deep it is.
 */
export function jsonFault(text: string): JsonFault | null {
  const at = faultAt(text)
  if (at === null) return null
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  return {
    line: before.split('\n').length,
    column: at - lineStart + 1,
    found: at < text.length ? shown(text.slice(at)) : null,
  }
}

/** A word as it begins, else the one sign; what can't be seen by its number. */
function shown(rest: string): string {
  const [word] = /^[\p{L}\p{N}_.+-]{1,20}/u.exec(rest) ?? []
  if (word !== undefined) return word
  const sign = rest.codePointAt(0)!
  return /^[\p{P}\p{S}]/u.test(rest)
    ? String.fromCodePoint(sign)
    : `U+${sign.toString(16).toUpperCase().padStart(4, '0')}`
}

const blank = /[ \t\n\r]*/y
const scalar = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\p{L}\p{N}_.+-])/uy
// eslint-disable-next-line no-control-regex
const plain = /[^"\\\u0000-\u001f]*/y
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

function faultAt(text: string): number | null {
  let at = 0
  const past = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.test(text)
    if (found) at = pattern.lastIndex
    return found
  }
  /** Behind a string that begins here; false, and at the fault, where it is none. */
  const string = (): boolean => {
    if (text[at] !== '"') return false
    at++
    do past(plain)
    while (past(escaped))
    if (text[at] !== '"') return false
    at++
    return true
  }
  const open: ('}' | ']')[] = []
  let wanted: 'value' | 'first' | 'key' | 'first-key' | 'end' = 'value'
  for (;;) {
    past(blank)
    const sign = text[at]
    if (wanted === 'end') {
      if (sign === undefined) return open.length === 0 ? null : at
      if (open.length > 0 && sign === open.at(-1)) open.pop()
      else if (open.length > 0 && sign === ',') wanted = open.at(-1) === '}' ? 'key' : 'value'
      else return at
      at++
    } else if ((wanted === 'first' && sign === ']') || (wanted === 'first-key' && sign === '}')) {
      open.pop()
      at++
      wanted = 'end'
    } else if (wanted === 'key' || wanted === 'first-key') {
      if (!string()) return at
      past(blank)
      if (text[at] !== ':') return at
      at++
      wanted = 'value'
    } else if (sign === '{' || sign === '[') {
      open.push(sign === '{' ? '}' : ']')
      at++
      wanted = sign === '{' ? 'first-key' : 'first'
    } else {
      if (!string() && (sign === '"' || !past(scalar))) return at
      wanted = 'end'
    }
  }
}
