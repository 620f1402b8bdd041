import { fieldSeparator } from './records.ts'

/** Of each field of a block's records, the line number first, 256 flags: which bytes stand in it. */
export type HeldBytes = Uint8Array

/**
 * Whether one of these texts, in capitals or not, may stand in a value of a column (0-based position in the file).
 * False where one of its bytes stands nowhere in that column: what begins with asking each value for it is left out.
 */
export type MayHold = (position: number, texts: readonly string[]) => boolean

/** Of rows of which nothing is known. */
export const anything: MayHold = () => true

const [separator, newline] = [fieldSeparator.charCodeAt(0), 0x0a]

/** The bytes of the `columns` columns of a block that a scanner wrote. */
export function heldBytes(block: Uint8Array, columns: number): HeldBytes {
  const held = new Uint8Array(256 * (columns + 1))
  let field = 0
  for (let i = 0; i < block.length; i++) {
    let byte = block[i]!
    // a record ends with a line break
    while (byte > separator) {
      held[field + byte] = 1
      byte = block[++i]!
    }
    if (byte === separator) field += 256
    else if (byte === newline) field = 0
  }
  return held
}

/** What the columns of a block may hold; `kept`: the positions of those that were written, in the file's order. */
export function mayHold(held: HeldBytes, kept: readonly number[]): MayHold {
  return (position, texts) => {
    const field = 256 * (kept.indexOf(position) + 1)
    const has = (letter: string) => Buffer.from(letter).every((byte) => held[field + byte] === 1)
    return texts.some((text) =>
      Array.from(text).every((letter) => has(letter.toLowerCase()) || has(letter.toUpperCase())),
    )
  }
}
