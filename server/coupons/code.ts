import { randomFillSync, randomInt } from 'node:crypto'

/**
 * 31 signs: no 0, 1, I, L or O, which are read as one another. 31 is prime, so that a check sign by
 * weighted sum finds every single wrong sign and every two neighbours that changed places.
 */
const signs = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const length = 14
const firstLetter = 8

/**
 * A new coupon code: 14 signs, 63.9 bits from the system's random source, the last one a check sign.
 * It begins with a letter, so that no spreadsheet takes it for a number.
 */
export const newCode = (): string => newCodes(1)[0]!

/**
 * New codes that are written together. Each is as newCode makes it; they begin with the same two signs, so that writing a
 * thousand of them touches a few pages of the index of codes and not a thousand. Who knows one still has 54 bits to guess
 * for another.
 */
export function newCodes(count: number): string[] {
  const values = [randomInt(firstLetter, signs.length), randomInt(signs.length)]
  const shared = values.length
  const draw = drawingValues(count)
  return Array.from({ length: count }, () => {
    for (let position = shared; position < length - 1; position++) values[position] = draw()
    let code = ''
    for (const value of values) code += signs[value]
    return code + signs[checkOf(values)]
  })
}

/** Draws values of signs from the system's random source, which is asked for those of many codes at once. */
function drawingValues(codes: number): () => number {
  const bytes = new Uint8Array(Math.min(codes, 256) * 16)
  // so many multiples of the signs fit into a byte: what is above would favour the first of them
  const fair = 256 - (256 % signs.length)
  let next = bytes.length
  return () => {
    for (;;) {
      if (next === bytes.length) {
        randomFillSync(bytes)
        next = 0
      }
      const byte = bytes[next++]!
      if (byte < fair) return byte % signs.length
    }
  }
}

/**
 * The code that was meant by what somebody typed or scanned: any case or width of letters, with spaces
 * and dashes anywhere. Null when no code can read like that: too short, an unused sign, a wrong check sign.
 */
export function readCode(typed: string): string | null {
  const text = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
  const values = Array.from(text, (sign) => signs.indexOf(sign))
  if (values.length !== length || values.includes(-1)) return null
  return values.pop() === checkOf(values) ? text : null
}

/** Grouped for reading: ABCDE-FGHJK-MNPQ. A code that was made elsewhere is printed as it came. */
export const printedCode = (code: string): string =>
  readCode(code) === code ? code.replace(/^(.{5})(.{5})(.*)$/, '$1-$2-$3') : code

/** Enough of a code to be recognised by who has it: its last four signs, of a short one its last. */
export const maskedCode = (code: string): string =>
  readCode(code) === code ? `•••••-•••••-${code.slice(-4)}` : `••••${code.slice(code.length > 8 ? -4 : -1)}`

/** The longest code that may be made elsewhere. */
export const longestGiven = 60

/**
 * What a code that was made elsewhere is known by, however it is typed: any case or width of letters, with spaces and
 * dashes anywhere. Null where nothing is left of it.
 */
export function givenKey(typed: string): string | null {
  const key = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
  return key === '' ? null : key
}

/** Whether each of these codes is another one, however they are typed. */
export const areDistinct = (codes: readonly string[]): boolean =>
  new Set(codes.map((code) => givenKey(code) ?? code)).size === codes.length

function checkOf(values: readonly number[]): number {
  let sum = 0
  for (let position = 0; position < values.length; position++) sum += values[position]! * (position + 1)
  return sum % signs.length
}
