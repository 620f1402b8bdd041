import { Worker } from 'node:worker_threads'
import { wordsFor } from './bits.ts'
import type { MemberColumns } from './columns.ts'
import { chunkMembers, type Question } from './question.ts'
import type { ThreadMessage, ThreadReply } from './question-worker.ts'

const threadCount = 2

/** A thread ended: what was held is gone. */
export class ColumnThreadEnded extends Error {
  override name = 'ColumnThreadEnded'
}

/** Threads that go through columns, which all of them see; they end with the process. */
export class ColumnThreads {
  readonly #workers: Worker[] = []
  readonly #waiting = new Map<
    number,
    { readonly worker: Worker; resolve(): void; reject(error: unknown): void }
  >()
  #asked = 0
  #isOver = false

  /** Takes columns up under a number of its own, or what has become of those under the number. */
  hold(number: number, columns: MemberColumns): void {
    this.#tell({ kind: 'hold', number, columns })
  }

  drop(number: number): void {
    this.#tell({ kind: 'drop', number })
  }

  /** Of each rule the bits of its members, over columns that are held. `signal`: nobody waits for it any more. */
  async ask(
    number: number,
    { members }: MemberColumns,
    question: Question,
    signal?: AbortSignal,
  ): Promise<readonly Uint32Array<SharedArrayBuffer>[]> {
    signal?.throwIfAborted()
    const words = wordsFor(members)
    const selected = question.rules.map(() => new Uint32Array(new SharedArrayBuffer(4 * words)))
    const next = new Int32Array(new SharedArrayBuffer(4))
    const chunks = Math.ceil(members / chunkMembers)
    const leave = () => void Atomics.store(next, 0, chunks)
    signal?.addEventListener('abort', leave, { once: true })
    try {
      await Promise.all(
        Array.from({ length: threadCount }, (_, thread) =>
          this.#ask(thread, { number, question, selected, next, chunks }),
        ),
      )
    } finally {
      signal?.removeEventListener('abort', leave)
    }
    signal?.throwIfAborted()
    return selected
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()))
  }

  #tell(message: ThreadMessage): void {
    if (!this.#isOver) for (const worker of this.#started()) worker.postMessage(message)
  }

  #ask(thread: number, asked: Omit<Extract<ThreadMessage, { kind: 'ask' }>, 'kind' | 'id'>): Promise<void> {
    if (this.#isOver) return Promise.reject(new ColumnThreadEnded('Nobody goes through orders any more.'))
    const worker = this.#started()[thread]!
    return new Promise((resolve, reject) => {
      const id = this.#asked++
      this.#waiting.set(id, { worker, resolve, reject })
      worker.ref() // the process stays for the answer
      worker.postMessage({ kind: 'ask', id, ...asked } satisfies ThreadMessage)
    })
  }

  #started(): readonly Worker[] {
    while (this.#workers.length < threadCount) this.#workers.push(this.#start())
    return this.#workers
  }

  #start(): Worker {
    const worker = new Worker(new URL('./question-worker.ts', import.meta.url))
    worker.unref()
    worker.on('message', ({ id }: ThreadReply) => {
      this.#waiting.get(id)?.resolve()
      this.#waiting.delete(id)
      if (![...this.#waiting.values()].some((one) => one.worker === worker)) worker.unref()
    })
    const fail = (error?: unknown) => {
      this.#isOver = true
      for (const [id, waiting] of this.#waiting) {
        if (waiting.worker !== worker) continue
        this.#waiting.delete(id)
        waiting.reject(new ColumnThreadEnded('A thread that goes through orders ended.', { cause: error }))
      }
    }
    worker.on('error', fail)
    worker.on('exit', () => fail())
    return worker
  }
}
