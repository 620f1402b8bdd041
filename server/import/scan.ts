import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { type BrokenRecord, RecordScanner, UnreadableRecord } from './records.ts'
import { readable } from './readable-records.ts'
import { Stopped, type Refusal } from './refusal.ts'
import { fileHash, readSource, type Source } from './source.ts'

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
      broken: readonly BrokenRecord[]
    }
  /** `parts`: the first lines of what follows the first of several files of a zip. */
  | { kind: 'done'; hash: string; bytesRead: number; parts: readonly number[] }
  | { kind: 'stopped'; refusal: Refusal }

const blockBytes = 16 << 20
/** Blocks that may wait to be taken, so that disk and memory stay bounded. */
const ahead = 3

const port = parentPort!
let taken = 0
let wake = () => {}
port.on('message', () => {
  taken++
  wake()
})

/** Splits a whole file into blocks, without the header and what stands before it. */
async function scan(order: ScanOrder): Promise<void> {
  const scanner = new RecordScanner({
    delimiter: order.delimiter,
    quote: order.quote,
    ...(order.columns === undefined ? {} : { columns: order.columns }),
    needed: order.needed,
    firstLine: order.firstLine,
    keep: order.keep,
  })
  const hash = fileHash()
  let bytesRead = 0
  let sent = 0
  let reported = 0
  const send = async () => {
    const begins = sent === 0 ? withoutHead(scanner.take(), order.headerLine) : scanner.take()
    const { text, broken } = readable(begins, order.source.encoding === 'utf-8')
    const path = join(order.folder, `block-${sent}.txt`)
    writeFileSync(path, text)
    sent++
    if (sent === 1) reported = headRecords
    const records = scanner.records - reported - broken.length
    reported = scanner.records
    const ragged = scanner.broken.splice(0).filter(({ line }) => line > order.headerLine)
    port.postMessage({
      kind: 'block',
      path,
      records,
      bytesRead,
      broken: [...ragged, ...broken],
    } satisfies ScanMessage)
    while (sent - taken > ahead) await new Promise<void>((resolve) => (wake = resolve))
  }
  const parts: number[] = []
  const onPart = (lines: number) => parts.push(order.source.jsonPaths ? lines + 1 : scanner.line)
  const onRead = (bytes: number) => (bytesRead = bytes)
  for await (const piece of readSource(order.source, order.named, onRead, hash, onPart)) {
    scanner.push(piece)
    if (scanner.pending > blockBytes || scanner.broken.length > 100_000) await send()
  }
  scanner.end()
  await send()
  port.postMessage({ kind: 'done', hash: hash.digest('hex'), bytesRead, parts } satisfies ScanMessage)
}

/** Records that stand before the rows. */
let headRecords = 0

function withoutHead(block: Buffer, headerLine: number): Buffer {
  let start = 0
  while (start < block.length && Number.parseInt(block.toString('latin1', start, start + 16)) <= headerLine) {
    start = block.indexOf(0x0a, start) + 1
    headRecords++
  }
  return block.subarray(start)
}

try {
  await scan(workerData as ScanOrder)
} catch (error) {
  const order = workerData as ScanOrder
  if (error instanceof Stopped)
    port.postMessage({ kind: 'stopped', refusal: error.refusal } satisfies ScanMessage)
  else if (error instanceof UnreadableRecord)
    port.postMessage({
      kind: 'stopped',
      refusal: {
        kind: 'refused',
        id: error.reason === 'too-long' ? 'long-record' : 'open-quote',
        values: { file: order.named, line: error.line },
      },
    } satisfies ScanMessage)
  else throw error
}
port.close()
