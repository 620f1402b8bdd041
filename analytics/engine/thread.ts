import { Worker } from 'node:worker_threads'
import type { Sql } from '../sql/sql.ts'
import type { DuckDbSettings } from './duckdb.ts'
import { type Connection, QueryCancelled, type QueryOptions, QueryTimedOut, type Row } from './engine.ts'
import { starting } from './priority.ts'

/** What an engine's thread is asked and answers. `id` tells the work that it is about. */
export type Question =
  | {
      readonly kind: 'rows' | 'stream'
      readonly id: number
      readonly query: Sql
      readonly timeoutMs: number | undefined
    }
  | { readonly kind: 'next'; readonly id: number }
/** And what it is told. */
export type Order = { readonly kind: 'stop'; readonly id: number } | { readonly kind: 'close' }

/** The answer: rows, none at the end of a stream, or what went wrong. */
export interface Reply {
  readonly id: number
  readonly rows?: Row[]
  readonly error?: { readonly name: string; readonly message: string }
}

/**
 * Opens an empty engine in memory that plans, works and closes in quiet threads of its own: planning a long statement
 * takes tens of milliseconds of the thread that asks, in which nobody else would be answered. Everything is left aside.
 */
export async function openInThread(settings: DuckDbSettings): Promise<Connection> {
  const worker = new Worker(new URL('./engine-thread.ts', import.meta.url), { workerData: settings })
  const failed = (error: unknown) => new Error('The thread of an engine ended.', { cause: error })
  await starting(
    () =>
      new Promise<void>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', (error) => reject(failed(error)))
      }),
  )
  return new EngineThread(worker)
}

class EngineThread implements Connection {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve(reply: Reply): void; reject(error: unknown): void }>()
  readonly #ended: Promise<void>
  #works = 0

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (reply: Reply) => {
      this.#waiting.get(reply.id)?.resolve(reply)
      this.#waiting.delete(reply.id)
    })
    const fail = (error?: unknown) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error('The thread of an engine ended.', { cause: error }))
      this.#waiting.clear()
    }
    worker.on('error', fail)
    this.#ended = new Promise((resolve) =>
      worker.on('exit', () => {
        fail()
        resolve()
      }),
    )
  }

  async rows(query: Sql, { signal, timeoutMs }: QueryOptions = {}): Promise<Row[]> {
    const id = this.#works++
    return this.#stoppable(id, signal, async () => (await this.#ask({ kind: 'rows', id, query, timeoutMs }))!)
  }

  async run(statement: Sql, options?: QueryOptions): Promise<void> {
    await this.rows(statement, options)
  }

  async *stream(query: Sql, { signal, timeoutMs }: QueryOptions = {}): AsyncGenerator<Row[]> {
    const id = this.#works++
    let rows = await this.#stoppable(id, signal, () => this.#ask({ kind: 'stream', id, query, timeoutMs }))
    try {
      for (; rows; rows = await this.#stoppable(id, signal, () => this.#ask({ kind: 'next', id }))) yield rows
    } finally {
      if (rows) this.#send({ kind: 'stop', id })
    }
  }

  async close(): Promise<void> {
    this.#send({ kind: 'close' })
    await this.#ended
  }

  #send(request: Question | Order): void {
    this.#worker.postMessage(request)
  }

  async #ask(question: Question): Promise<Row[] | undefined> {
    const { rows, error } = await new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(question.id, { resolve, reject })
      this.#send(question)
    })
    if (!error) return rows
    throw new (errors[error.name] ?? Error)(error.message)
  }

  async #stoppable<T>(id: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (signal?.aborted) throw new QueryCancelled('The query was cancelled.')
    const stop = () => this.#send({ kind: 'stop', id })
    signal?.addEventListener('abort', stop, { once: true })
    try {
      return await work()
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
}

const errors: Readonly<Record<string, new (message: string) => Error>> = { QueryCancelled, QueryTimedOut }
