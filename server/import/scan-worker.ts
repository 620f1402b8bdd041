import { workerData } from 'node:worker_threads'
import { quietThread } from '../../analytics/engine/priority.ts'
import type { ScanOrder } from './scan.ts'

// a thread of its own that splits a file into blocks; loading its modules takes the processor already
if ((workerData as ScanOrder).aside) quietThread()
await import('./scan.ts')
