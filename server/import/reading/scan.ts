import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RecordScanner, UnreadableRecord } from './records.ts'
import { onOneLine, readable } from './readable-records.ts'
import { type FileBegin, inItsFile } from './file-begins.ts'
import { type HeldBytes, heldBytes } from './held-bytes.ts'
import { type Refusal, refusal, Stopped } from '../refusal.ts'
import { fileHash, readSource, type Source, type ZippedPart } from './source.ts'

export interface ScanOrder {
  readonly source: Source
  readonly named: string
  readonly delimiter: number
  readonly quote: number
  /** Undefined: values stand under their columns whatever the header has. */
  readonly columns: number | undefined
  readonly needed: number
  readonly firstLine: 0 | 1
  /** What stands on this line and before it is no row. */
  readonly headerLine: number
  readonly keep: readonly number[]
  /** Questions come first. */
  readonly aside: boolean
  /** Where the blocks go. */
  readonly folder: string
}

export type ScanMessage =
  | {
      kind: 'block'
      path: string
      records: number
      bytesRead: number
      /** Records that are none, and the file with their lines and reasons, where there are any. */
      broken: number
      brokenPath: string | null
      held: HeldBytes
    }
  /** `begins`: of several files of a zip. */
  | { kind: 'done'; hash: string; bytesRead: number; begins: readonly FileBegin[] }
  | { kind: 'stopped'; refusal: Refusal }

const blockBytes = 24 << 20
/**
 * Splits a whole file into blocks, without the header and what stands before it. The next block is made when the one
 * before was taken.
 */
export async function* scan(order: ScanOrder): AsyncGenerator<ScanMessage> {
  const begins: FileBegin[] = []
  try {
    yield* blocks(order, begins)
  } catch (error) {
    if (error instanceof Stopped) yield { kind: 'stopped', refusal: inItsFile(error.refusal, begins) }
    else if (error instanceof UnreadableRecord) {
      const id = error.reason === 'too-long' ? 'long-record' : 'open-quote'
      const values = { file: order.named, line: error.line }
      yield { kind: 'stopped', refusal: inItsFile(refusal(id, values), begins) }
    } else throw error
  }
}

async function* blocks(order: ScanOrder, begins: FileBegin[]): AsyncGenerator<ScanMessage> {
  const scanner = new RecordScanner({
    delimiter: order.delimiter,
    quote: order.quote,
    ...(order.columns === undefined ? {} : { columns: order.columns }),
    needed: order.needed,
    firstLine: order.firstLine,
    keep: order.keep,
  })
  const hash = fileHash()
  // of other encodings, and of JSON, the bytes were decoded before
  const tellsBadBytes = order.source.encoding === 'utf-8' && order.source.jsonPaths === null
  let bytesRead = 0
  let made = 0
  let reported = 0
  const block = (): ScanMessage => {
    const taken = scanner.take()
    const head = made === 0 ? headOf(taken, order.headerLine) : { bytes: 0, records: 0 }
    const { text, broken } = readable(taken.subarray(head.bytes), tellsBadBytes)
    const path = join(order.folder, `block-${made}.txt`)
    const lines = onOneLine(text)
    writeFileSync(path, lines)
    const held = heldBytes(lines, order.keep.length)
    const records = scanner.records - reported - head.records - broken.length
    reported = scanner.records
    const all = scanner.broken.splice(0).filter(({ line }) => line > order.headerLine)
    for (const one of broken) all.push(one)
    // a file may have millions of them: as a message and a value of a statement they took 2 kB each
    const brokenPath = all.length > 0 ? join(order.folder, `broken-${made}.txt`) : null
    if (brokenPath) writeFileSync(brokenPath, all.map(({ line, reason }) => `${line},${reason}\n`).join(''))
    made++
    return { kind: 'block', path, records, bytesRead, broken: all.length, brokenPath, held }
  }
  const onPart = ({ name, lines, own }: ZippedPart) =>
    begins.push({
      name: `${order.named}/${name}`,
      line: order.source.jsonPaths ? lines + 1 : scanner.line,
      own,
    })
  const onRead = (bytes: number) => (bytesRead = bytes)
  for await (const piece of readSource(order.source, order.named, onRead, hash, onPart)) {
    scanner.push(piece)
    if (scanner.pending > blockBytes || scanner.broken.length > 100_000) yield block()
  }
  scanner.end()
  yield block()
  yield { kind: 'done', hash: hash.digest('hex'), bytesRead, begins }
}

/** The records that stand before the rows, and how much of the first block they are. */
function headOf(block: Buffer, headerLine: number): { bytes: number; records: number } {
  let bytes = 0
  let records = 0
  while (bytes < block.length && Number.parseInt(block.toString('latin1', bytes, bytes + 16)) <= headerLine) {
    bytes = block.indexOf(0x0a, bytes) + 1
    records++
  }
  return { bytes, records }
}
