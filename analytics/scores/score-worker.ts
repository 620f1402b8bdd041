import { parentPort, workerData } from 'node:worker_threads'
import { quietThread } from '../engine/priority.ts'
import type { ToScore, WorkerReply } from './scoring.ts'

// a thread of its own that fits the models; loading its modules takes the processor already
quietThread()
const { scored } = await import('./scores.ts')
const { histories, settings } = workerData as ToScore
const reply = (message: WorkerReply) => parentPort!.postMessage(message)
const made = scored(histories, settings, (step) => reply({ step }))
const columns = Object.values(made.scores ?? {}).flat()
parentPort!.postMessage(
  { scored: made } satisfies WorkerReply,
  columns.flatMap((column) => (column === null ? [] : [column.buffer])),
)
