import { isUtf8 } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { type BrokenRecord, RecordScanner, UnreadableRecord } from './records.ts'
import { Stopped, type Refusal } from './refusal.ts'
import { type Encoding, fileHash, readSource } from './source.ts'

export interface ScanOrder {
  readonly path: string
  readonly named: string
  readonly gzip: boolean
  readonly encoding: Encoding
  readonly delimiter: number
  readonly columns: number
  readonly keep: readonly number[]
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
  | { kind: 'done'; hash: string; bytesRead: number }
  | { kind: 'stopped'; refusal: Refusal }

const blockBytes = 8 << 20
/** Blocks that may wait to be taken, so that disk and memory stay bounded. */
const ahead = 3

const port = parentPort!
let taken = 0
let wake = () => {}
port.on('message', () => {
  taken++
  wake()
})

/** Splits a whole file into blocks. The header is record 0 and is passed over. */
async function scan(order: ScanOrder): Promise<void> {
  const scanner = new RecordScanner({
    delimiter: order.delimiter,
    columns: order.columns,
    keep: order.keep,
  })
  const hash = fileHash()
  let bytesRead = 0
  let sent = 0
  let reported = 0
  const send = async () => {
    const { text, broken } = readable(sent === 0 ? withoutFirst(scanner.take()) : scanner.take())
    const path = join(order.folder, `block-${sent}.txt`)
    writeFileSync(path, text)
    sent++
    const records = scanner.records - reported
    reported = scanner.records
    const ragged = scanner.broken.splice(0)
    port.postMessage({
      kind: 'block',
      path,
      records: records - (sent === 1 ? 1 : 0),
      bytesRead,
      broken: [...ragged, ...broken],
    } satisfies ScanMessage)
    while (sent - taken > ahead) await new Promise<void>((resolve) => (wake = resolve))
  }
  for await (const piece of readSource(order, order.named, (bytes) => (bytesRead = bytes), hash)) {
    scanner.push(piece)
    if (scanner.pending > blockBytes || scanner.broken.length > 100_000) await send()
  }
  scanner.end()
  await send()
  port.postMessage({ kind: 'done', hash: hash.digest('hex'), bytesRead } satisfies ScanMessage)
}

const withoutFirst = (block: Buffer): Buffer => block.subarray(block.indexOf(0x0a) + 1)

/** Takes out the records that are not UTF-8, one by one, should the block hold any. */
function readable(block: Buffer): { text: Buffer; broken: BrokenRecord[] } {
  if (isUtf8(block)) return { text: block, broken: [] }
  const kept: Buffer[] = []
  const broken: BrokenRecord[] = []
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(0x0a, start) + 1
    const record = block.subarray(start, end)
    if (isUtf8(record)) kept.push(record)
    else broken.push({ line: Number.parseInt(record.toString('latin1')), reason: 'not-text', columns: 0 })
    start = end
  }
  return { text: Buffer.concat(kept), broken }
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
