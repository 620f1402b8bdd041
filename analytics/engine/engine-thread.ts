import { parentPort, workerData } from 'node:worker_threads'
import type { DuckDbSettings } from './duckdb.ts'
import type { Row } from './engine.ts'
import { quietThread } from './priority.ts'
import type { Order, Question, Reply } from './thread.ts'

// the thread of an engine that `openInThread` opens; loading its modules takes the processor already
quietThread()
const { openDuckDb } = await import('./duckdb.ts')

const port = parentPort!
const engine = await openDuckDb(':memory:', { ...(workerData as DuckDbSettings), quiet: true })
/** What runs or is read. */
const works = new Map<number, { readonly stop: AbortController; readonly pieces?: AsyncIterator<Row[]> }>()

async function answer(question: Question): Promise<Row[] | undefined> {
  const { id } = question
  if (question.kind !== 'next') {
    const stop = new AbortController()
    const options = { signal: stop.signal, timeoutMs: question.timeoutMs, aside: true }
    if (question.kind === 'rows') {
      works.set(id, { stop })
      return engine.rows(question.query, options).finally(() => works.delete(id))
    }
    works.set(id, { stop, pieces: engine.stream(question.query, options)[Symbol.asyncIterator]() })
  }
  const piece = await works.get(id)!.pieces!.next()
  if (!piece.done) return piece.value
  works.delete(id)
  return undefined
}

async function stop(id: number): Promise<void> {
  const work = works.get(id)
  works.delete(id)
  work?.stop.abort()
  await work?.pieces?.return?.()
}

port.on('message', async (request: Question | Order) => {
  if (request.kind === 'close') {
    for (const id of works.keys()) void stop(id)
    await engine.close()
    port.close()
  } else if (request.kind === 'stop') await stop(request.id)
  else {
    const { id } = request
    const reply: Reply = await answer(request).then(
      (rows) => (rows ? { id, rows } : { id }),
      ({ name, message }: Error) => ({ id, error: { name, message } }),
    )
    port.postMessage(reply)
  }
})
port.postMessage('open')
