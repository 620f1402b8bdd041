import { isUtf8 } from 'node:buffer'
import { type BrokenRecord, fieldSeparator, lineBreakInValue } from './records.ts'

/** What a decoder writes for bytes that are no text. */
const unreadable = Buffer.from('\ufffd')

/**
 * Letters that nobody sees and that programs put around what is copied: blanks without a width, marks of direction, byte
 * order marks. Within a number they would make it another's. What joins letters of a script or an emoji stays.
 */
const invisible = (block: Buffer, at: number): boolean => {
  const [first, second, third] = [block[at], block[at + 1], block[at + 2]!]
  if (first === 0xef) return second === 0xbb && third === 0xbf
  if (second === 0x80)
    return third === 0x8b || third === 0x8e || third === 0x8f || (third >= 0xaa && third <= 0xae)
  return second === 0x81 && (third === 0xa0 || (third >= 0xa6 && third <= 0xa9))
}

/** The text without letters that nobody sees; the same buffer where it has none. */
function withoutInvisible(block: Buffer): Buffer {
  const kept: Buffer[] = []
  let from = 0
  for (const begins of [0xe2, 0xef]) {
    if (kept.length > 0) return withoutInvisible(Buffer.concat([...kept, block.subarray(from)]))
    for (let at = block.indexOf(begins); at >= 0; at = block.indexOf(begins, at + 1)) {
      if (!invisible(block, at)) continue
      kept.push(block.subarray(from, at))
      from = at + 3
    }
  }
  return kept.length === 0 ? block : Buffer.concat([...kept, block.subarray(from)])
}

const lineBreak = lineBreakInValue.charCodeAt(0)
const blank = Buffer.from(' ')
/** What stands around a value in a block, and beside a break that is one blank with it. */
const [separator, newline, space] = [fieldSeparator.charCodeAt(0), 0x0a, 0x20]

/** A block with one blank for each line break inside a value; those at its ends are none. The same buffer where it has none. */
export function onOneLine(block: Buffer): Buffer {
  let at = block.indexOf(lineBreak)
  if (at < 0) return block
  const kept: Buffer[] = []
  let from = 0
  for (; at >= 0; at = block.indexOf(lineBreak, from)) {
    let [begin, end] = [at, at + 1]
    // a carriage return before it was made a space
    while (begin > from && block[begin - 1] === space) begin--
    while (block[end] === lineBreak || block[end] === space) end++
    const atEdge = block[begin - 1] === separator || block[end] === separator || block[end] === newline
    kept.push(block.subarray(from, begin))
    if (!atEdge) kept.push(blank)
    from = end
  }
  return Buffer.concat([...kept, block.subarray(from)])
}

/** Takes out the records of a block that are no text in the file's encoding, one by one, should it hold any, and letters that nobody sees. */
export function readable(block: Buffer, inUtf8: boolean): { text: Buffer; broken: BrokenRecord[] } {
  const isText = (bytes: Buffer) => isUtf8(bytes) && (inUtf8 || !bytes.includes(unreadable))
  if (isText(block)) return { text: withoutInvisible(block), broken: [] }
  const kept: Buffer[] = []
  const broken: BrokenRecord[] = []
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(0x0a, start) + 1
    const record = block.subarray(start, end)
    if (isText(record)) kept.push(record)
    else broken.push({ line: Number.parseInt(record.toString('latin1')), reason: 'not-text', columns: 0 })
    start = end
  }
  return { text: withoutInvisible(Buffer.concat(kept)), broken }
}
