import { parentPort, workerData } from 'node:worker_threads'
import { quietThread } from '../../../analytics/engine/priority.ts'
import type { ScanOrder } from './scan.ts'

// a thread of its own that splits a file into blocks; loading its modules takes the processor already
if ((workerData as ScanOrder).aside) quietThread()
const { scan } = await import('./scan.ts')

/** Blocks that may wait to be taken, so that disk and memory stay bounded. */
const ahead = 3

const port = parentPort!
let sent = 0
let taken = 0
let wake = () => {}
port.on('message', () => {
  taken++
  wake()
})
for await (const message of scan(workerData as ScanOrder)) {
  port.postMessage(message)
  if (message.kind !== 'block') continue
  sent++
  while (sent - taken > ahead) await new Promise<void>((resolve) => (wake = resolve))
}
port.close()
