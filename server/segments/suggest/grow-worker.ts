import { parentPort, workerData } from 'node:worker_threads'
import { quietThread } from '../../../analytics/engine/priority.ts'
import type { ToGrow } from './grow.ts'

// a thread of its own that grows a tree; loading its modules takes the processor already
quietThread()
const { grow } = await import('./grow.ts')
parentPort!.postMessage(grow(workerData as ToGrow))
