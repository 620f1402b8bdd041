import { isUtf8 } from 'node:buffer'
import type { BrokenRecord } from './records.ts'

/** What a decoder writes for bytes that are no text. */
const unreadable = Buffer.from('\ufffd')

/** Takes out the records of a block that are no text in the file's encoding, one by one, should it hold any. */
export function readable(block: Buffer, inUtf8: boolean): { text: Buffer; broken: BrokenRecord[] } {
  const isText = (bytes: Buffer) => isUtf8(bytes) && (inUtf8 || !bytes.includes(unreadable))
  if (isText(block)) return { text: block, broken: [] }
  const kept: Buffer[] = []
  const broken: BrokenRecord[] = []
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(0x0a, start) + 1
    const record = block.subarray(start, end)
    if (isText(record)) kept.push(record)
    else broken.push({ line: Number.parseInt(record.toString('latin1')), reason: 'not-text', columns: 0 })
    start = end
  }
  return { text: Buffer.concat(kept), broken }
}
